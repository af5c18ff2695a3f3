//! A person signs in and decides: what the two forms bring about.

use rusqlite::{Transaction, params};

use super::{
    AuthorizationServer, ErrorCode, OAuthError,
    grants::CodeDocument,
    just_done,
    requests::{Opened, Request},
    secret,
    tokens::GrantDocument,
};

/// Seconds that a sign-in lasts.
pub const BROWSER_SECONDS: i64 = 3600;

impl AuthorizationServer {
    /// Signs somebody in, and returns the browser's new cookie: the old one may have been planted.
    ///
    /// # Errors
    /// The name and password do not fit, or there were too many attempts.
    pub async fn sign_in(
        &self,
        number: &str,
        browser: &str,
        name: &str,
        password: String,
    ) -> Result<String, OAuthError> {
        let now = self.shared.clock.now();
        self.check_password(name, password, now).await?;
        let form = self.open(number, browser).await?.map(|form| just_done::form(number, browser, &form.csrf, name));
        let (this, old, number, name) = (self.clone(), secret::hash(browser), number.to_owned(), name.to_owned());
        let work = move |transaction: &Transaction<'_>| {
            let cookie = secret::random();
            let moved = params![secret::hash(&cookie), secret::random(), number, old];
            let sql = "UPDATE requests SET browser = ?1, csrf = ?2 WHERE id = ?3 AND browser = ?4";
            if transaction.execute(sql, moved)? == 0
                && let Some(first) = form.as_ref().and_then(|form| this.shared.just_done.again(form, now))
            {
                // Of two clicks at the same time, the other one was first.
                return Ok(first);
            }
            transaction.execute("DELETE FROM browsers WHERE hash = ?1", [&old])?;
            transaction.execute(
                "INSERT INTO browsers (hash, user, expires) VALUES (?1, ?2, ?3)",
                params![secret::hash(&cookie), name, now + BROWSER_SECONDS],
            )?;
            if let Some(form) = form {
                this.shared.just_done.keep(form, &cookie, now);
            }
            Ok(cookie)
        };
        self.shared.store.run(work).await
    }

    /// The cookie of whoever signed in with the same form a moment ago, and knows the password once more.
    ///
    /// # Errors
    /// As [`AuthorizationServer::sign_in`].
    pub async fn sign_in_again(
        &self,
        number: &str,
        browser: &str,
        csrf: &str,
        name: &str,
        password: String,
    ) -> Result<Option<String>, OAuthError> {
        let now = self.shared.clock.now();
        let Some(cookie) = self.shared.just_done.again(&just_done::form(number, browser, csrf, name), now) else {
            return Ok(None);
        };
        self.check_password(name, password, now).await?;
        Ok(Some(cookie))
    }

    /// Counts an attempt, and checks it.
    async fn check_password(&self, name: &str, password: String, now: i64) -> Result<(), OAuthError> {
        // Counted before the password is looked at, so that attempts at the same time count too.
        self.shared.sign_ins.count(name, now)?;
        if password.len() > super::users::MAX_PASSWORD_BYTES || !self.shared.users.check(name, password).await? {
            return Err(OAuthError::new(ErrorCode::AccessDenied, "the name or the password is wrong"));
        }
        self.shared.sign_ins.forget(name);
        Ok(())
    }

    /// Decides a request, and returns where the browser goes next; none when it is over, or was decided before.
    ///
    /// # Errors
    /// Nobody has signed in, or the database fails.
    pub async fn decide(&self, number: &str, browser: &str, allow: bool) -> Result<Option<String>, OAuthError> {
        let Some(Opened { request, user, csrf }) = self.open(number, browser).await? else { return Ok(None) };
        let Some(user) = user else {
            return Err(OAuthError::new(ErrorCode::AccessDenied, "nobody has signed in"));
        };
        let (this, number) = (self.clone(), number.to_owned());
        let form = just_done::form(&number, browser, &csrf, chosen(allow));
        // One transaction, which ends whether or not the browser still waits for the answer.
        let work = move |transaction: &Transaction<'_>| {
            let now = this.shared.clock.now();
            // Of two clicks, one deletes the row.
            if transaction.execute("DELETE FROM requests WHERE id = ?1", [number])? == 0 {
                return Ok(this.shared.just_done.again(&form, now));
            }
            let redirect = this.redirect_of(transaction, request, user, allow)?;
            this.shared.just_done.keep(form, &redirect, now);
            Ok(Some(redirect))
        };
        self.shared.store.run(work).await
    }

    /// Where the same form has led a moment ago.
    pub fn decided(&self, number: &str, browser: &str, csrf: &str, allow: bool) -> Option<String> {
        self.shared.just_done.again(&just_done::form(number, browser, csrf, chosen(allow)), self.shared.clock.now())
    }

    fn redirect_of(
        &self,
        transaction: &Transaction<'_>,
        request: Request,
        user: String,
        allow: bool,
    ) -> rusqlite::Result<String> {
        if !allow {
            let error = OAuthError::new(ErrorCode::AccessDenied, "the person said no");
            return Ok(self.error_redirect(&request.redirect_uri, request.state.as_deref(), &error));
        }
        let grant = GrantDocument {
            client: request.client_id,
            subject: user,
            resource: request.resource,
            scopes: request.scopes,
            refresh: request.refresh,
            refresh_key: None,
        };
        let document = CodeDocument {
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.challenge,
            key: request.dpop_jkt,
        };
        let code = self.new_code(transaction, &grant, &document)?;
        Ok(self.redirect(&request.redirect_uri, &[("code", &code)], request.state.as_deref()))
    }
}

fn chosen(allow: bool) -> &'static str {
    if allow { "allow" } else { "deny" }
}
