use std::sync::Mutex;

use async_trait::async_trait;
use mcp_support::llm::{ChatRequest, Message, Sampling, StopReason, Usage};
use serde_json::{Value, json};

use super::*;
use crate::{
    completer::Preferences,
    host::{budget::Limits, choice::Card, models::Answers, prompt::Edit, review::Policy},
    task::Task,
};

const LIMITS: Limits = Limits { requests_per_minute: 10, tokens_per_hour: 10_000, cost_per_hour: None };

/// Answers with what it was asked, and remembers it.
#[derive(Default)]
struct Echo {
    seen: Mutex<Vec<Prompt>>,
    tool_calls: Vec<ToolCall>,
    hangs: bool,
}

#[async_trait]
impl Answers for Echo {
    async fn answer(&self, prompt: &Prompt) -> Result<ChatReply, ModelError> {
        self.seen.lock().expect("seen").push(prompt.clone());
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Ok(ChatReply {
            text: prompt.last_user().unwrap_or_default(),
            tool_calls: self.tool_calls.clone(),
            stop_reason: StopReason::EndTurn,
            usage: Usage { input_tokens: 5, output_tokens: 7 },
            model: "echo-1".to_owned(),
            applied: Sampling::default(),
        })
    }
}

/// Says what a test wants, in order; then yes.
#[derive(Default)]
struct Script {
    prompts: Mutex<Vec<Verdict<Edit>>>,
    completions: Mutex<Vec<Verdict<String>>>,
    shown: Mutex<Vec<String>>,
}

#[async_trait]
impl Reviewer for Script {
    async fn prompt(&self, sheet: &Sheet<'_>) -> Verdict<Edit> {
        self.shown.lock().expect("shown").push(crate::host::screen::prompt(sheet));
        self.prompts.lock().expect("prompts").pop().unwrap_or(Verdict::Approved)
    }

    async fn completion(&self, draft: &Draft) -> Verdict<String> {
        self.shown.lock().expect("shown").push(crate::host::screen::completion(draft));
        self.completions.lock().expect("completions").pop().unwrap_or(Verdict::Approved)
    }
}

fn desk(model: Arc<Echo>, reviewer: Arc<dyn Reviewer>, limits: Limits) -> Desk {
    let card = Card { name: "echo".into(), cost: 0.0, speed: 1.0, intelligence: 0.0, images: false, audio: false };
    Desk {
        models: vec![Model { card, price: 1.0, answers: model }],
        budget: Budget::new(limits, Arc::new(Instant::now)),
        audit: Audit::default(),
        reviewer,
        redact: true,
        restore: false,
        timeout: Duration::from_secs(5),
        queue: Semaphore::new(2),
        slots: Semaphore::new(1),
        count: AtomicU64::new(0),
    }
}

fn asker() -> Asker {
    Asker { key: "test".into(), title: "test".into(), purpose: Some("asked during your call of x".into()) }
}

fn asked(text: &str) -> Result<Asked, Denied> {
    let sampling = Sampling { max_tokens: Some(100), ..Sampling::default() };
    let messages = vec![Message::System("Be brief.".into()), Message::user(text)];
    let chat = ChatRequest { messages, sampling, ..ChatRequest::default() };
    let prompt = Prompt { chat: Chat(chat), task: Task::Summarize { text: text.to_owned(), max_words: 5 } };
    Ok(Asked { prompt, preferences: Preferences::default() })
}

async fn answer(desk: &Desk, text: &str) -> Result<Answer, Denied> {
    desk.answer(&asker(), || asked(text), std::future::pending()).await
}

#[tokio::test]
async fn a_model_sees_placeholders_and_the_server_gets_them_unless_restored() {
    let model = Arc::new(Echo::default());
    let mut desk = desk(model.clone(), Arc::new(Policy::Auto(None)), LIMITS);
    assert_eq!(answer(&desk, "to ada@example.com").await.expect("an answer").text, "to [email 1]");
    desk.restore = true;
    assert_eq!(answer(&desk, "to ada@example.com").await.expect("an answer").text, "to ada@example.com");
    assert!(!format!("{:?}", model.seen.lock().expect("seen")).contains("ada@"));
    desk.redact = false;
    answer(&desk, "to ada@example.com").await.expect("an answer");
    assert!(format!("{:?}", model.seen.lock().expect("seen")).contains("ada@"));
}

#[tokio::test]
async fn what_is_edited_is_shown_again_and_only_that_is_sent() {
    let (model, script) = (Arc::new(Echo::default()), Arc::new(Script::default()));
    script.prompts.lock().expect("prompts").push(Verdict::Edited(Edit::LastUser("better".into())));
    script.completions.lock().expect("completions").push(Verdict::Edited("best".into()));
    let desk = desk(model.clone(), script.clone(), LIMITS);
    assert_eq!(answer(&desk, "worse").await.expect("an answer").text, "best");
    let shown = script.shown.lock().expect("shown").clone();
    assert_eq!(shown.len(), 4, "{shown:?}");
    assert!(shown[0].contains("| worse") && shown[1].contains("| better") && !shown[1].contains("worse"), "{shown:?}");
    assert!(shown[2].contains("| better") && shown[3].contains("| best"), "{shown:?}");
    let seen = format!("{:?}", model.seen.lock().expect("seen"));
    assert!(seen.contains("better") && !seen.contains("worse"), "{seen}");
}

#[tokio::test]
async fn a_refusal_before_or_after_ends_it() {
    let (model, script) = (Arc::new(Echo::default()), Arc::new(Script::default()));
    let desk = desk(model.clone(), script.clone(), LIMITS);
    script.prompts.lock().expect("prompts").push(Verdict::Refused(Rejection::TimedOut(3)));
    assert_eq!(answer(&desk, "x").await, Err(Denied::Rejected(Rejection::TimedOut(3))));
    assert!(model.seen.lock().expect("seen").is_empty(), "nothing was sent");
    script.completions.lock().expect("completions").push(Verdict::Refused(Rejection::Person));
    assert_eq!(answer(&desk, "x").await, Err(Denied::Rejected(Rejection::Person)));
}

#[tokio::test]
async fn over_budget_nothing_is_asked_and_nothing_is_sent() {
    let (model, script) = (Arc::new(Echo::default()), Arc::new(Script::default()));
    let limits = Limits { requests_per_minute: 2, tokens_per_hour: 110, cost_per_hour: None };
    let desk = desk(model.clone(), script.clone(), limits);
    answer(&desk, "x").await.expect("within the budget");
    let denied = answer(&desk, "x").await.expect_err("98 tokens are left, and 104 may be needed");
    assert!(matches!(denied, Denied::OverBudget(_)) && denied.to_string().contains("98 of 110"), "{denied}");
    let denied = answer(&desk, "x").await.expect_err("the third in a minute");
    assert!(denied.to_string().contains("2 requests in a minute"), "{denied}");
    assert_eq!((model.seen.lock().expect("seen").len(), script.shown.lock().expect("shown").len()), (1, 2));
    let error = rmcp::ErrorData::from(&denied);
    assert_eq!((error.code.0, error.data), (-32603, Some(json!({"reason": "over_budget"}))));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_hangs_costs_its_reservation() {
    let model = Arc::new(Echo { hangs: true, ..Echo::default() });
    let limits = Limits { tokens_per_hour: 150, ..LIMITS };
    let desk = desk(model, Arc::new(Policy::Auto(None)), limits);
    let denied = answer(&desk, "x").await.expect_err("it hangs");
    assert_eq!(denied, Denied::Model("nothing within 5 s".into()));
    assert!(matches!(answer(&desk, "x").await, Err(Denied::OverBudget(_))));
}

#[tokio::test]
async fn several_at_once_wait_for_one_another() {
    let model = Arc::new(Echo::default());
    let desk = desk(model, Arc::new(Policy::Auto(None)), LIMITS);
    let (first, second) = tokio::join!(answer(&desk, "x"), answer(&desk, "y"));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_call_or_a_free_place_nothing_is_sent() {
    let model = Arc::new(Echo::default());
    let desk = desk(model.clone(), Arc::new(Policy::Auto(None)), LIMITS);
    let uncalled = desk.answer(&Asker { purpose: None, ..asker() }, || asked("x"), std::future::pending()).await;
    assert_eq!(uncalled, Err(Denied::Uncalled));
    let held = desk.queue.try_acquire_many(2).expect("every place");
    let busy = answer(&desk, "x").await;
    assert!(matches!(busy, Err(Denied::Unavailable(_))), "{busy:?}");
    drop(held);
    let _held = desk.slots.try_acquire().expect("the only slot");
    let late = answer(&desk, "x").await;
    assert!(matches!(late, Err(Denied::Unavailable(_))), "{late:?}");
    assert!(model.seen.lock().expect("seen").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_withdrawn_is_written_down_and_gives_its_tokens_back() -> anyhow::Result<()> {
    /// Thinks for ever.
    struct Undecided;
    #[async_trait]
    impl Reviewer for Undecided {
        async fn prompt(&self, _: &Sheet<'_>) -> Verdict<Edit> {
            std::future::pending().await
        }
        async fn completion(&self, _: &Draft) -> Verdict<String> {
            std::future::pending().await
        }
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("audit.jsonl");
    let limits = Limits { tokens_per_hour: 110, ..LIMITS };
    let mut desk = desk(Arc::default(), Arc::new(Undecided), limits);
    desk.audit = Audit::open(Some(&path))?;
    for _ in 0..2 {
        let withdrawn = tokio::time::sleep(Duration::from_secs(9));
        assert_eq!(desk.answer(&asker(), || asked("x"), withdrawn).await, Err(Denied::Withdrawn));
    }
    let text = std::fs::read_to_string(&path)?;
    assert_eq!(text.matches("\"decision\":\"withdrawn\"").count(), 2, "{text}");
    Ok(())
}

#[tokio::test]
async fn a_tool_that_was_not_offered_is_not_passed_on() {
    let call = ToolCall { id: "1".into(), name: "delete_all".into(), arguments: json!({}) };
    let model = Arc::new(Echo { tool_calls: vec![call], ..Echo::default() });
    let denied = answer(&desk(model, Arc::new(Policy::Auto(None)), LIMITS), "x").await.expect_err("not offered");
    assert!(denied.to_string().contains("not offered"), "{denied}");
}

#[tokio::test]
async fn the_audit_trail_holds_every_decision_and_nothing_that_was_said() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("audit.jsonl");
    let (model, script) = (Arc::new(Echo::default()), Arc::new(Script::default()));
    let mut desk = desk(model, script.clone(), LIMITS);
    desk.audit = Audit::open(Some(&path))?;
    answer(&desk, "secret plan of ada@example.com").await?;
    script.prompts.lock().expect("prompts").push(Verdict::Refused(Rejection::Person));
    let _ = answer(&desk, "secret plan").await;
    let text = std::fs::read_to_string(&path)?;
    let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let decisions: Vec<_> = lines.iter().map(|line| (line["stage"].as_str(), line["decision"].as_str())).collect();
    let expected = [("prompt", "approved"), ("completion", "approved"), ("prompt", "refused")];
    assert_eq!(decisions, expected.map(|(stage, decision)| (Some(stage), Some(decision))));
    assert_eq!((&lines[0]["redacted"]["email"], &lines[1]["output_tokens"]), (&json!(1), &json!(7)));
    assert_ne!(lines[0]["prompt_sha256"], lines[0]["sent_sha256"]);
    assert!(!text.contains("plan") && !text.contains("ada"), "{text}");
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_an_audit_trail_nothing_is_sent() -> anyhow::Result<()> {
    let model = Arc::new(Echo::default());
    let mut desk = desk(model.clone(), Arc::new(Policy::Auto(None)), LIMITS);
    desk.audit = Audit::open(Some(std::path::Path::new("/dev/full")))?;
    let denied = answer(&desk, "x").await.expect_err("nothing can be written");
    assert!(denied.to_string().contains("audit trail"), "{denied}");
    assert!(model.seen.lock().expect("seen").is_empty());
    Ok(())
}
