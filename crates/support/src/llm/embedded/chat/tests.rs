use std::{collections::HashSet, time::Instant};

use bytes::Bytes;

use super::*;
use crate::llm::{Tool, ToolCall};

fn asking(messages: Vec<Message>, sampling: Sampling) -> ChatRequest {
    ChatRequest { messages, sampling, ..ChatRequest::default() }
}

async fn reply(prompt: &str, sampling: Sampling) -> ChatReply {
    Embedded::shared().chat(&asking(vec![Message::user(prompt)], sampling)).await.expect("an answer")
}

async fn refusal(request: &ChatRequest) -> String {
    let error = Embedded::shared().chat(request).await.expect_err("refused");
    assert!(matches!(error, ModelError::Request { .. }), "{error:?}");
    error.to_string()
}

fn seed(seed: u64) -> Sampling {
    Sampling { seed: Some(seed), max_tokens: Some(40), ..Sampling::default() }
}

#[tokio::test]
async fn it_is_there_at_once() {
    let begin = Instant::now();
    let model = Embedded::train(&corpus::training());
    let reply = model.chat(&asking(vec![Message::user("The server")], seed(1))).await.expect("an answer");
    assert!(!reply.text.is_empty());
    // It takes some 30 ms without optimization; a slow machine may take much more.
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn it_says_what_it_is() {
    let reply = reply("The server", Sampling::default()).await;
    assert_eq!(reply.model, "ngram-3");
    let title = Embedded::shared().title();
    assert_eq!(title, "ngram-3 (embedded; trained at start on 40 KB; not a large language model)");
}

#[tokio::test]
async fn defaults_are_filled_in_and_give_the_answer_again() {
    let first = reply("The weather in the north", Sampling::default()).await;
    let Sampling { seed: Some(seed), .. } = first.applied else { panic!("{:?}", first.applied) };
    let expected = Sampling {
        temperature: Some(1.0),
        top_p: Some(1.0),
        top_k: None,
        frequency_penalty: Some(0.0),
        presence_penalty: Some(0.0),
        stop: Vec::new(),
        max_tokens: Some(128),
        seed: Some(seed),
    };
    assert_eq!(first.applied, expected);
    assert_eq!(reply("The weather in the north", first.applied.clone()).await, first);
    let long = reply("The", Sampling { max_tokens: Some(1_000_000), ..Sampling::default() }).await;
    assert_eq!(long.applied.max_tokens, Some(1024));
}

#[tokio::test]
async fn equal_seeds_give_equal_texts_and_others_others() {
    let mut texts = HashSet::new();
    for number in 0..30 {
        let text = reply("The customer wants", seed(number)).await.text;
        assert_eq!(reply("The customer wants", seed(number)).await.text, text);
        texts.insert(text);
    }
    assert!(texts.len() > 25, "{texts:?}");
}

#[tokio::test]
async fn greedy_is_the_same_whatever_the_seed() {
    let mut texts = HashSet::new();
    for number in 0..10 {
        texts.insert(reply("In the morning", Sampling { temperature: Some(0.0), ..seed(number) }).await.text);
        // Of one token, there is nothing to draw.
        texts.insert(reply("In the morning", Sampling { top_k: Some(1), ..seed(number) }).await.text);
    }
    assert_eq!(texts.len(), 1, "{texts:?}");
}

#[tokio::test]
async fn penalties_end_repetition() {
    let kinds = async |frequency_penalty| {
        let sampling = Sampling { temperature: Some(0.0), frequency_penalty: Some(frequency_penalty), ..seed(1) };
        let text = reply("The server", sampling).await.text;
        text.split_whitespace().collect::<HashSet<_>>().len()
    };
    let (without, with) = (kinds(0.0).await, kinds(2.0).await);
    assert!(with > 2 * without, "{with} and {without} different words");
}

#[tokio::test]
async fn it_stops_when_told() {
    let reply_to = async |stop: &str, max_tokens| {
        let sampling = Sampling { stop: vec![stop.to_owned()], max_tokens: Some(max_tokens), ..seed(3) };
        reply("The server", sampling).await
    };
    let whole = reply_to("no such text", 30).await;
    assert!(whole.usage.output_tokens > 4, "{whole:?}");
    let words: Vec<&str> = whole.text.split(' ').collect();
    let stop = format!("{} {}", words[2], words[3]);
    let stopped = reply_to(&stop, 30).await;
    assert_eq!(stopped.stop_reason, StopReason::StopSequence);
    assert_eq!(stopped.text, whole.text.split(&stop).next().expect("a beginning"));
    let short = reply_to("no such text", 2).await;
    assert_eq!((short.stop_reason, short.usage.output_tokens), (StopReason::MaxTokens, 2));
    assert!(whole.text.starts_with(&short.text));
}

#[tokio::test]
async fn texts_end_by_themselves_at_a_sentence() {
    let mut ends = 0;
    for number in 0..20 {
        let reply = reply("Thank you for your message.", Sampling { max_tokens: Some(500), ..seed(number) }).await;
        if reply.stop_reason == StopReason::EndTurn {
            ends += 1;
            assert!(reply.text.ends_with(['.', '?', '!']), "{reply:?}");
        }
    }
    assert!(ends > 15, "{ends} of 20");
}

#[tokio::test]
async fn pieces_add_up_to_the_text() {
    let mut pieces = Vec::new();
    let request = asking(vec![Message::user("Cut the onions")], seed(5));
    let reply =
        Embedded::shared().stream(&request, &mut |piece| pieces.push(piece.to_owned())).await.expect("an answer");
    assert!(pieces.len() > 3, "{pieces:?}");
    assert_eq!(pieces.concat(), reply.text);
    assert_eq!(Embedded::shared().chat(&request).await.expect("an answer"), reply);
}

#[tokio::test]
async fn the_last_user_message_counts() {
    let tool_calls = vec![ToolCall { id: "1".into(), name: "add".into(), arguments: serde_json::json!({}) }];
    let conversation = vec![
        Message::System("Be kind.".to_owned()),
        Message::user("Warm the milk."),
        Message::Assistant { text: "Yes.".to_owned(), tool_calls },
        Message::ToolResult { call_id: "1".to_owned(), text: "3".to_owned(), is_error: false },
        Message::User(vec![Part::Text("The old".to_owned()), Part::Text("man".to_owned())]),
    ];
    let long = Embedded::shared().chat(&asking(conversation, seed(2))).await.expect("an answer");
    let short = reply("The old man", seed(2)).await;
    assert_eq!(long.text, short.text);
    assert_eq!((long.usage.input_tokens, short.usage.input_tokens), (3 + 4 + 2 + 1 + 3, 3));
}

#[tokio::test]
async fn what_it_cannot_do_is_refused() {
    let user = |part: Part| asking(vec![Message::User(vec![part])], Sampling::default());
    let (media_type, data) = ("image/png".to_owned(), Bytes::from_static(b"x"));
    let cases = [
        (user(Part::Image { media_type: media_type.clone(), data: data.clone() }), "neither pictures nor sounds"),
        (user(Part::Audio { media_type, data }), "neither pictures nor sounds"),
        (asking(vec![], seed(1)), "there is no user message that it could continue"),
        (asking(vec![Message::user("x".repeat(MOST_BYTES + 1))], seed(1)), "longer than 1048576 bytes"),
        (
            asking(vec![Message::user("x")], Sampling { top_k: Some(0), ..seed(1) }),
            "top_k is 0, and must be at least 1",
        ),
    ];
    for (request, expected) in cases {
        let error = refusal(&request).await;
        assert!(error.contains(expected), "{error}");
    }
    let tool = Tool { name: "add".into(), description: String::new(), parameters: serde_json::json!({}) };
    let mut request = ChatRequest { tools: vec![tool], ..asking(vec![Message::user("The server")], seed(1)) };
    assert!(Embedded::shared().chat(&request).await.expect("an answer").tool_calls.is_empty());
    request.tool_choice = ToolChoice::Required;
    assert!(refusal(&request).await.contains("cannot call tools"));
}

#[tokio::test]
async fn nobody_listens() {
    let model = Embedded::train(&corpus::training());
    let request = asking(vec![Message::user("The server")], Sampling { max_tokens: Some(1024), ..seed(1) });
    // Asked once, so that the work begins, and then dropped.
    let mut answer = Box::pin(model.chat(&request));
    assert!(futures::poll!(&mut answer).is_pending());
    assert_eq!(model.places.available_permits(), PLACES - 1);
    drop(answer);
    // The place is free again when the work has seen it.
    let all = model.places.acquire_many(PLACES as u32).await;
    assert!(all.is_ok());
}

#[tokio::test]
async fn a_model_without_text_has_nothing_to_say() {
    let reply = Embedded::train("").chat(&asking(vec![Message::user("Hello?")], seed(1))).await.expect("an answer");
    assert_eq!((reply.text.as_str(), reply.stop_reason), ("", StopReason::EndTurn));
}
