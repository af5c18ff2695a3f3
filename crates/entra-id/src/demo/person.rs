//! A client with a person in front of it, who has a browser.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use mcp_support::{
    client::{Recorder, Revision, this_client},
    web::{Arrived, Browser},
};
use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{
        ClientCapabilities, ClientConfig, CustomNotification, ElicitRequestParams, ElicitResult, ElicitationAction,
        ElicitationCapability, ProgressNotificationParam,
    },
    service::{NotificationContext, RequestContext},
};

/// What the person does with a link.
#[derive(Clone)]
pub enum Does {
    /// Signs in under this name, and allows what is asked.
    SignsIn(&'static str),
    /// Signs in, and refuses what is asked.
    Refuses(&'static str),
    /// Agrees, and does something else.
    Nothing,
    /// Says no to the client.
    Declines,
}

/// The client's handler: it can send its person to pages, and records what it hears.
#[derive(Clone)]
pub struct Person {
    /// What the server told the client besides its answers.
    pub recorder: Recorder,
    does: Does,
    password: String,
    asked: Arc<Mutex<Vec<(String, String)>>>,
    pages: Arc<Mutex<Vec<String>>>,
    done: Arc<Mutex<usize>>,
}

impl Person {
    /// Somebody who does this with every link, with the stand-in's password.
    pub fn who(does: Does, password: &str) -> Self {
        Self {
            recorder: Recorder::default(),
            does,
            password: password.to_owned(),
            asked: Arc::default(),
            pages: Arc::default(),
            done: Arc::default(),
        }
    }

    /// The messages and the links so far.
    pub fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first link, which comes within ten seconds.
    ///
    /// # Errors
    /// It does not.
    pub async fn link(&self) -> anyhow::Result<String> {
        soon(|| self.asked().first().map(|(_, link)| link.clone())).await
    }

    /// The last page that was shown, which comes within ten seconds.
    ///
    /// # Errors
    /// It does not.
    pub async fn page(&self) -> anyhow::Result<String> {
        soon(|| self.pages.lock().unwrap_or_else(PoisonError::into_inner).last().cloned()).await
    }

    /// How often the client was told that a page is done with.
    pub fn done(&self) -> usize {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn soon(found: impl Fn() -> Option<String>) -> anyhow::Result<String> {
    for _ in 0..1000 {
        if let Some(found) = found() {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    anyhow::bail!("nothing came in time")
}

/// The code that a message asks to enter.
pub fn code_in(message: &str) -> Option<String> {
    let code = message.split("the code ").nth(1)?.split([',', ' ']).next()?;
    Some(code.to_owned())
}

/// Opens a link of Entra, and walks until a page of another site, or one that asks for nothing more.
///
/// # Errors
/// Nothing answers there, or another page comes.
pub async fn visit(url: &str, does: &Does, password: &str) -> anyhow::Result<String> {
    let mut browser = browser(url)?;
    let arrived = browser.open(url).await?;
    walk(browser, arrived, does, password).await
}

/// Opens the page for codes, and enters one.
///
/// # Errors
/// Nothing answers there, or another page comes.
pub async fn enter(url: &str, code: &str, does: &Does, password: &str) -> anyhow::Result<String> {
    let mut browser = browser(url)?;
    let Arrived::Page(page) = browser.open(url).await? else { anyhow::bail!("no page for codes") };
    let arrived = browser.submit(&page, &[("otc", code)]).await?;
    walk(browser, arrived, does, password).await
}

fn browser(url: &str) -> anyhow::Result<Browser> {
    Browser::new(&url::Url::parse(url)?.origin().ascii_serialization())
}

async fn walk(mut browser: Browser, mut arrived: Arrived, does: &Does, password: &str) -> anyhow::Result<String> {
    arrived = match does {
        Does::SignsIn(name) => browser.walk(arrived, name, password).await?,
        Does::Refuses(name) => {
            if let Arrived::Page(page) = &arrived {
                arrived = browser.submit(&page.clone(), &[("username", name), ("password", password)]).await?;
            }
            match &arrived {
                Arrived::Page(page) => browser.submit(&page.clone(), &[("decision", "deny")]).await?,
                Arrived::Left(_) => arrived,
            }
        }
        Does::Nothing | Does::Declines => arrived,
    };
    match arrived {
        Arrived::Page(page) => Ok(page.html),
        Arrived::Left(url) => come_back(&url).await.map(|(_, html)| html),
    }
}

/// Brings an answer to the port that the server waits at.
///
/// # Errors
/// Nothing answers there, or another page comes.
pub async fn come_back(url: &str) -> anyhow::Result<(u16, String)> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let response = client.get(url).send().await?;
    Ok((response.status().as_u16(), response.text().await?))
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let mut elicitation = ElicitationCapability::new();
        elicitation.url = Some(Default::default());
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = Some(elicitation);
        ClientConfig::new(capabilities, this_client()).with_protocol_version(Revision::Legacy.version())
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::UrlElicitationParams { message, url, .. } = request else {
            return Ok(ElicitResult::new(ElicitationAction::Cancel));
        };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((message.clone(), url.clone()));
        if matches!(self.does, Does::Declines) {
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        }
        let person = self.clone();
        tokio::spawn(async move {
            let page = match code_in(&message) {
                Some(code) => enter(&url, &code, &person.does, &person.password).await,
                None => visit(&url, &person.does, &person.password).await,
            };
            let page = page.unwrap_or_else(|error| format!("{error:#}"));
            person.pages.lock().unwrap_or_else(PoisonError::into_inner).push(page);
        });
        Ok(ElicitResult::new(ElicitationAction::Accept))
    }

    async fn on_progress(&self, params: ProgressNotificationParam, context: NotificationContext<RoleClient>) {
        self.recorder.on_progress(params, context).await;
    }

    async fn on_custom_notification(&self, notification: CustomNotification, _: NotificationContext<RoleClient>) {
        if notification.method == "notifications/elicitation/complete" {
            *self.done.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
    }
}
