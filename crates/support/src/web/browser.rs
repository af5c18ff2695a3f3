//! A browser without a window: it keeps a cookie, follows redirects within one site, and fills in the real forms.

use anyhow::{Context as _, bail};
use reqwest::{
    Client, Response,
    header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE},
    redirect::Policy,
};
use url::Url;

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 5;
/// Pages of one flow: a sign-in, a second factor, a consent, and some more.
const MAX_PAGES: usize = 6;

/// A browser with one site's cookie.
pub struct Browser {
    client: Client,
    origin: String,
    /// The cookie, as it is sent.
    pub cookie: Option<String>,
}

/// A page that was shown.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its text.
    pub html: String,
    url: Url,
}

/// Where a step has led.
#[derive(Debug)]
pub enum Arrived {
    /// To a page of the site.
    Page(Page),
    /// Out of the site, to this URL.
    Left(String),
}

impl Page {
    /// The hidden fields of its form.
    pub fn fields(&self) -> Vec<(String, String)> {
        let inputs = self.html.split("<input ").skip(1).filter(|input| input.contains(r#"type="hidden""#));
        inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?))).collect()
    }
}

impl Browser {
    /// A browser for the site `origin`.
    ///
    /// # Errors
    /// There is no HTTP client on this platform.
    pub fn new(origin: &str) -> anyhow::Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(std::time::Duration::from_secs(30))
            .build()?;
        Ok(Self { client, origin: origin.to_owned(), cookie: None })
    }

    /// Goes to `url`.
    ///
    /// # Errors
    /// Nothing answers, or redirects do not end.
    pub async fn open(&mut self, url: &str) -> anyhow::Result<Arrived> {
        let mut url = Url::parse(url)?;
        for _ in 0..MAX_REDIRECTS {
            if url.origin().ascii_serialization() != self.origin {
                return Ok(Arrived::Left(url.into()));
            }
            let request = self.client.get(url.clone()).headers(self.cookies()?);
            match self.arrived(url, request.send().await?).await? {
                Ok(page) => return Ok(Arrived::Page(page)),
                Err(next) => url = next,
            }
        }
        bail!("too many redirects")
    }

    /// Sends the form of `page` with its hidden fields and these.
    ///
    /// # Errors
    /// As [`Browser::open`].
    pub async fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> anyhow::Result<Arrived> {
        let mut all = page.fields();
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post(page, &all, &self.origin.clone()).await
    }

    /// Sends any fields to where the form of `page` leads, as a page of `origin` would.
    ///
    /// # Errors
    /// As [`Browser::open`].
    pub async fn post(&mut self, page: &Page, fields: &[(String, String)], origin: &str) -> anyhow::Result<Arrived> {
        let action = page.html.split("<form ").nth(1).and_then(|form| attribute(form, "action"));
        let url = page.url.join(&action.context("the page has no form")?)?;
        let request = self.client.post(url.clone()).headers(self.cookies()?).header(ORIGIN, origin).form(fields);
        match self.arrived(url, request.send().await?).await? {
            Ok(page) => Ok(Arrived::Page(page)),
            Err(next) => self.open(next.as_str()).await,
        }
    }

    /// Goes to `url`, signs in where that is asked for, and stops at the consent page.
    ///
    /// # Errors
    /// Another page comes.
    pub async fn to_consent(&mut self, url: &str, name: &str, password: &str) -> anyhow::Result<Page> {
        let mut arrived = self.open(url).await?;
        if let Arrived::Page(page) = &arrived
            && page.html.contains(r#"type="password""#)
        {
            arrived = self.submit(&page.clone(), &[("username", name), ("password", password)]).await?;
        }
        match arrived {
            Arrived::Page(page) if page.html.contains(r#"value="allow""#) => Ok(page),
            other => bail!("no consent page: {other:?}"),
        }
    }

    /// Goes to `url`, signs in and allows what is asked for, on as many pages as there are. Returns the redirect to the
    /// client.
    ///
    /// # Errors
    /// Another page comes.
    pub async fn approve(&mut self, url: &str, name: &str, password: &str) -> anyhow::Result<String> {
        let arrived = self.open(url).await?;
        match self.walk(arrived, name, password).await? {
            Arrived::Left(url) => Ok(url),
            Arrived::Page(page) => bail!("this page asks for something else: {} {}", page.status, page.html),
        }
    }

    /// Goes on from where it has arrived: signs in, once, and allows what is asked for, until a page asks for neither.
    ///
    /// # Errors
    /// As [`Browser::open`], or there is no end to the pages.
    pub async fn walk(&mut self, mut arrived: Arrived, name: &str, password: &str) -> anyhow::Result<Arrived> {
        let mut has_signed_in = false;
        for _ in 0..MAX_PAGES {
            let Arrived::Page(page) = &arrived else { return Ok(arrived) };
            let fields = if page.html.contains(r#"type="password""#) && !has_signed_in {
                has_signed_in = true;
                vec![("username", name), ("password", password)]
            } else if page.html.contains(r#"value="allow""#) {
                vec![("decision", "allow")]
            } else {
                return Ok(arrived);
            };
            arrived = self.submit(&page.clone(), &fields).await?;
        }
        bail!("too many pages")
    }

    fn cookies(&self) -> anyhow::Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = &self.cookie {
            headers.insert(COOKIE, cookie.parse()?);
        }
        Ok(headers)
    }

    async fn arrived(&mut self, url: Url, response: Response) -> anyhow::Result<Result<Page, Url>> {
        let headers = response.headers().clone();
        if let Some(set) = headers.get(SET_COOKIE) {
            self.cookie = set.to_str()?.split(';').next().map(str::to_owned);
        }
        if response.status().is_redirection() {
            let to = headers.get(LOCATION).context("a redirect without a target")?.to_str()?;
            return Ok(Err(url.join(to)?));
        }
        let status = response.status().as_u16();
        Ok(Ok(Page { status, headers, html: response.text().await?, url }))
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = tag.split('>').next()?;
    let value = tag.split_once(&format!("{name}=\""))?.1.split('"').next()?;
    Some(value.replace("&amp;", "&"))
}
