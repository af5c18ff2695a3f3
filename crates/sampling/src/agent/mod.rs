//! A question, a model, and tools: at most five turns, and each tool use is answered by exactly one tool result.

mod calculator;
mod tools;

use std::collections::HashSet;

use mcp_support::llm::{Message, ToolCall, ToolChoice};

pub use self::tools::{AgentTool, ToolFailure};
use crate::completer::{CompleterError, Completion, Request, chain::Chain};

/// Turns of the model. The last one has to be an answer.
pub const MAX_TURNS: usize = 5;
/// Tool uses in one turn that are carried out. More are answered with an error.
const MAX_CALLS: usize = 8;
/// Tool uses in one turn that are read at all, and bytes of all their arguments.
const MOST_CALLS: usize = 32;
const MAX_ARGUMENTS: usize = 64 * 1024;
/// Longest name of a call that is repeated to the model, in characters.
const MAX_ID_CHARS: usize = 128;

/// How a question was answered.
#[derive(Debug)]
pub struct Answer {
    /// The last turn, whose text is the answer.
    pub last: Completion,
    /// Turns of the model.
    pub turns: usize,
    /// The tools that were used, with what they said.
    pub uses: Vec<ToolUse>,
    /// Tokens of all turns together: read, written.
    pub tokens: (u64, u64),
}

/// A tool that was used.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolUse {
    /// The call, as the model made it.
    pub call: ToolCall,
    /// What the tool said, or what went wrong.
    pub result: Result<String, String>,
}

/// Lets a model answer `request`, which offers the tools of [`AgentTool::all`]. `None`: the client has to be asked.
///
/// # Errors
/// No back end answers, or none of the turns is an answer.
pub async fn answer(chain: &mut Chain<'_>, mut request: Request) -> Result<Option<Answer>, CompleterError> {
    let (mut uses, mut tokens) = (Vec::new(), (0, 0));
    for turn in 1..=MAX_TURNS {
        // Spec(both, sampling): `none` on the last turn forces a final result.
        request.tool_choice = if turn == MAX_TURNS { ToolChoice::None } else { ToolChoice::Auto };
        let Some(completion) = chain.complete(&format!("turn-{turn}"), &request).await? else { return Ok(None) };
        tokens.0 += completion.usage.input_tokens;
        tokens.1 += completion.usage.output_tokens;
        if completion.tool_calls.is_empty() {
            return Ok(Some(Answer { last: completion, turns: turn, uses, tokens }));
        }
        if turn == MAX_TURNS {
            break;
        }
        check_calls(&completion.tool_calls)?;
        request.messages.push(Message::Assistant { text: completion.text, tool_calls: completion.tool_calls.clone() });
        // In 2026-07-28 every round comes through here again: the tools give the same results each time.
        for (place, call) in completion.tool_calls.into_iter().enumerate() {
            let result = match place {
                ..MAX_CALLS => AgentTool::run(&call).map_err(|failure| failure.to_string()),
                _ => Err(format!("at most {MAX_CALLS} tool uses in one turn")),
            };
            let (Ok(text) | Err(text)) = &result;
            request.messages.push(Message::ToolResult {
                call_id: call.id.clone(),
                text: text.clone(),
                is_error: result.is_err(),
            });
            uses.push(ToolUse { call, result });
        }
    }
    Err(CompleterError::Unavailable(format!("the model gave no answer within {MAX_TURNS} turns")))
}

/// Two uses with one id cannot both be answered by one result each, and endless ones not at all.
fn check_calls(calls: &[ToolCall]) -> Result<(), CompleterError> {
    let bytes: usize = calls.iter().take(MOST_CALLS).map(|call| call.arguments.to_string().len()).sum();
    if calls.len() > MOST_CALLS || bytes > MAX_ARGUMENTS {
        let what = format!("more than {MOST_CALLS} tool uses or {MAX_ARGUMENTS} bytes of arguments in one turn");
        return Err(CompleterError::Unavailable(what));
    }
    let mut seen = HashSet::new();
    let is_good = |call: &ToolCall| !call.id.is_empty() && call.id.chars().count() <= MAX_ID_CHARS;
    if calls.iter().all(|call| is_good(call) && seen.insert(&call.id)) {
        return Ok(());
    }
    Err(CompleterError::Unavailable("the model's tool uses cannot be told apart by their ids".to_owned()))
}
