//! A device code (RFC 8628): the person signs in on another device, and types in a short code that the first one shows.

use serde_json::{Value, json};

use super::{
    super::{
        Service,
        claims_request::ClaimsRequest,
        directory::Segment,
        errors::{Correlation, EntraError},
        interaction::{Back, Request, home},
        random, refusals,
        scopes::Wanted,
    },
    Client, For,
};

/// Seconds that a device code is good.
const DEVICE_SECONDS: i64 = 900;
/// How long it is remembered after that, so that whoever polls hears why.
const REMEMBERED_SECONDS: i64 = 900;
/// Letters and digits that nobody mixes up.
const LETTERS: &[u8; 30] = b"BCDFGHJKLMNPQRSTVWXZ2346789AEU";
const USER_CODE_LENGTH: usize = 9;

/// What a device code stands for.
#[derive(Clone)]
pub(in super::super) struct Device {
    client: &'static str,
    segment: Segment,
    wanted: Wanted,
    claims: ClaimsRequest,
    user_code: String,
    expires: i64,
    answer: Answer,
    correlation: Correlation,
}

impl Device {
    pub(in super::super) fn expire(&mut self, now: i64) {
        self.expires = now;
    }
}

/// What the person has said.
#[derive(Clone, PartialEq, Eq)]
enum Answer {
    None,
    /// Yes, in this session.
    Allowed(String),
    Declined,
}

impl Service {
    /// A device code, and what the person has to be told.
    pub(in super::super) fn new_device_code(
        &self,
        segment: Segment,
        client: Client<'_>,
        scope: &str,
        claims: ClaimsRequest,
        correlation: &Correlation,
    ) -> Result<Value, EntraError> {
        let tenant = match segment {
            Segment::Of(tenant) => tenant.name,
            Segment::Any => "common",
        };
        let wanted = Wanted::read(&self.shared.directory, client.app, tenant, scope)?;
        let (name, user_code, now) = (random::secret(), user_code(), self.now());
        let device = Device {
            client: client.app.id,
            segment,
            wanted,
            claims,
            user_code: user_code.clone(),
            expires: now + DEVICE_SECONDS,
            answer: Answer::None,
            correlation: correlation.clone(),
        };
        self.shared.devices.put(&name, device, now + DEVICE_SECONDS + REMEMBERED_SECONDS, now);
        let page = format!("{}/devicelogin", self.shared.authority);
        Ok(json!({
            "user_code": user_code,
            "device_code": name,
            "verification_uri": page,
            "expires_in": DEVICE_SECONDS,
            "interval": self.shared.device_interval,
            "message": format!(
                "To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
            ),
        }))
    }

    /// What a person is asked who has typed in a code; none where there is no such code, or it is answered.
    pub(in super::super) fn device_request(&self, user_code: &str, browser: &str) -> Option<Request> {
        let (typed, now) = (user_code.trim().to_uppercase(), self.now());
        let is_open = |device: &Device| {
            device.expires > now && device.answer == Answer::None && random::is_same(&device.user_code, &typed)
        };
        let (name, device) = self.shared.devices.find(now, is_open)?;
        Some(Request {
            segment: device.segment,
            client: device.client,
            wanted: device.wanted,
            claims: device.claims,
            ask_consent: false,
            login_hint: None,
            back: Back::Device(name),
            is_confirmed: false,
            browser: browser.to_owned(),
            csrf: random::secret(),
            session: None,
            code: None,
            correlation: device.correlation,
        })
    }

    /// Tells whoever polls what the person has said: a session, or no.
    pub(in super::super) fn answer_device(&self, name: &str, session: Option<String>) {
        self.shared.devices.change(name, self.now(), |device| {
            if device.answer == Answer::None {
                device.answer = session.map_or(Answer::Declined, Answer::Allowed);
            }
        });
    }

    /// Somebody polls. As with the real one, polling too often is not punished.
    pub(in super::super) fn poll_device(&self, client: Client<'_>, name: &str) -> Result<Value, EntraError> {
        let now = self.now();
        let device = self.shared.devices.get(name, now).filter(|device| device.client == client.app.id);
        let device = device.ok_or_else(refusals::unknown_device)?;
        let session = match device.answer {
            Answer::Declined => return Err(refusals::device_declined()),
            Answer::None | Answer::Allowed(_) if device.expires <= now => return Err(refusals::device_expired()),
            Answer::None => return Err(refusals::pending()),
            Answer::Allowed(session) => session,
        };
        // Of two who poll at once, one gets the tokens.
        self.shared.devices.take(name, now).ok_or_else(refusals::unknown_device)?;
        let session = self.shared.sessions.get(&session, now).ok_or_else(refusals::revoked)?;
        let tenant = home(session.user);
        self.shared.sessions.keep(&session, now);
        let (wanted, claims) = (&device.wanted, &device.claims);
        self.answer(&For { tenant, client, session: &session, wanted, claims, nonce: None })
    }
}

fn user_code() -> String {
    let bytes: [u8; USER_CODE_LENGTH] = rand::random();
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}
