//! What to say about bytes that rmcp cannot read as a message. JSON-RPC has codes for it; the SDK has not.

use rmcp::{ErrorData, model::ErrorCode};
use serde_json::Value;

/// The id to answer to, and the error. None for a notification, which is never answered.
pub(super) fn explain(bytes: &[u8]) -> Option<(Value, ErrorData)> {
    let value = match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => value,
        Err(error) => return Some((Value::Null, new(ErrorCode::PARSE_ERROR, &format!("this is no JSON: {error}")))),
    };
    if value.is_array() {
        return Some((Value::Null, new(ErrorCode::INVALID_REQUEST, "batches are not part of this protocol")));
    }
    let id = value.get("id").filter(|id| is_usable(id)).cloned();
    let has_method = value.get("method").is_some_and(Value::is_string);
    // A notification has no id at all; one that is null, a fraction or an object is a request that cannot be answered.
    if has_method && value.get("id").is_none() {
        return None;
    }
    let is_request = has_method && id.is_some() && value.get("jsonrpc").is_some_and(|version| version == "2.0");
    let error = if is_request && value.get("params").is_some_and(|params| !params.is_object()) {
        new(ErrorCode::INVALID_PARAMS, "the parameters are no object")
    } else {
        new(ErrorCode::INVALID_REQUEST, "this is no JSON-RPC message")
    };
    Some((id.unwrap_or_default(), error))
}

/// The error for a request whose id is none that JSON-RPC knows. rmcp takes it for a notification.
pub(super) fn has_unusable_id(bytes: &[u8]) -> Option<ErrorData> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let id = value.get("id").filter(|_| value.get("method").is_some())?;
    if is_usable(id) {
        return None;
    }
    Some(new(ErrorCode::INVALID_REQUEST, "the id is neither text nor a whole number"))
}

fn is_usable(id: &Value) -> bool {
    id.is_string() || id.is_i64() || id.is_u64()
}

fn new(code: ErrorCode, message: &str) -> ErrorData {
    ErrorData::new(code, message.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_ids() {
        for (bytes, id, code) in [
            ("", Value::Null, -32700),
            ("{", Value::Null, -32700),
            ("[]", Value::Null, -32600),
            ("7", Value::Null, -32600),
            (r#"{"id":"a","method":"ping"}"#, "a".into(), -32600),
            (r#"{"jsonrpc":"2.0","id":5,"method":7}"#, 5.into(), -32600),
            (r#"{"jsonrpc":"2.0","id":1.5,"result":{}}"#, Value::Null, -32600),
            (r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":[]}"#, 5.into(), -32602),
            (r#"{"jsonrpc":"2.0","id":null,"method":"tools/call","params":[]}"#, Value::Null, -32600),
        ] {
            let (found, error) = explain(bytes.as_bytes()).expect(bytes);
            assert_eq!((found, error.code.0), (id, code), "{bytes}");
        }
        for id in ["null", "1.5", "true", "{}"] {
            let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/list"}}"#);
            assert!(has_unusable_id(message.as_bytes()).is_some(), "{message}");
        }
        assert!(has_unusable_id(br#"{"jsonrpc":"2.0","method":"notifications/x"}"#).is_none());
        assert!(explain(br#"{"jsonrpc":"2.0","method":"notifications/x","params":7}"#).is_none());
    }
}
