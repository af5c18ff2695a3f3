//! Mail, newest first.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use serde_json::{Value, json};

use super::{
    super::{
        Service,
        directory::{self, people::User},
        random,
    },
    error::GraphError,
    guard::Caller,
    mailbox::{MESSAGES, Message},
    query::Query,
    reply,
};

const PROPERTIES: [&str; 11] = [
    "body",
    "bodyPreview",
    "from",
    "hasAttachments",
    "id",
    "importance",
    "isRead",
    "receivedDateTime",
    "sender",
    "subject",
    "toRecipients",
];
const MESSAGES_OF_A_PAGE: usize = 10;
const MOST_MESSAGES: usize = 1000;

/// `GET /me/messages`
pub(super) async fn list(State(service): State<Service>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let answer = caller.person().and_then(|user| {
        if !caller.may(&["Mail.Read"]) {
            return Err(GraphError::mail_denied());
        }
        let query = Query::read(query.as_deref(), &PROPERTIES, MOST_MESSAGES)?;
        let mine = MESSAGES.iter().filter(|message| message.from != user.principal_name);
        let entities = mine.map(|message| entity(message, user)).collect();
        let base = service.graph_url();
        let context = format!("{base}/$metadata#users('{}')/messages", user.id);
        Ok(query.page(&context, &format!("{base}/me/messages"), entities, MESSAGES_OF_A_PAGE, "$skip"))
    });
    reply(&service, &caller, answer)
}

fn entity(message: &Message, to: &User) -> Value {
    let from = directory::user(message.from).map(User::display_name).unwrap_or_default();
    let id = random::digest(&format!("{} {}", to.id, message.subject));
    let sender = address(&from, message.from);
    json!({
        "@odata.etag": format!("W/\"{}\"", &id[..16]),
        "id": id,
        "receivedDateTime": message.received,
        "hasAttachments": false,
        "subject": message.subject,
        "bodyPreview": message.text.chars().take(255).collect::<String>(),
        "importance": if message.is_urgent { "high" } else { "normal" },
        "isRead": message.is_read,
        "body": {"contentType": "text", "content": message.text},
        "sender": sender,
        "from": sender,
        "toRecipients": [address(&to.display_name(), to.principal_name)],
    })
}

fn address(name: &str, address: &str) -> Value {
    json!({"emailAddress": {"name": name, "address": address}})
}
