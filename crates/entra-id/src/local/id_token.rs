//! Who has signed in: the claims of the ID token.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::cache::Account;
use crate::settings::Directory;

/// Clock skew that is forgiven, in seconds.
const LEEWAY: i64 = 120;
/// Longest token that is read, in bytes.
const MAX_TOKEN: usize = 64 * 1024;
/// Longest name that is kept, in characters.
const MAX_NAME: usize = 200;

/// Why an ID token does not say who has signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// There is none, or it is no JWT.
    #[error("Entra sent no ID token that can be read")]
    Malformed,
    /// A claim is not what was asked for.
    #[error("the ID token is not for this sign-in: its {0} is another")]
    Claim(&'static str),
    /// It is over.
    #[error("the ID token has expired; check this machine's clock")]
    Expired,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    exp: i64,
    tid: String,
    oid: String,
    nonce: Option<String>,
    preferred_username: Option<String>,
    name: Option<String>,
}

/// Reads an ID token that has just come from the token endpoint.
///
/// Spec(OpenID Connect Core, section 3.1.3.7, rule 6): it came straight from the token endpoint, so TLS vouches for its
/// issuer in place of the signature; the stand-in is plain HTTP on this machine, with nobody in between. One that comes any other way must not be given to this function.
///
/// # Errors
/// [`IdTokenError`].
pub fn read(
    token: Option<&SecretString>,
    directory: &Directory,
    nonce: Option<&str>,
    now: i64,
) -> Result<Account, IdTokenError> {
    let token = token.map(|token| token.expose_secret()).ok_or(IdTokenError::Malformed)?;
    let claims = claims(token).ok_or(IdTokenError::Malformed)?;
    let tenant = directory.authority.tenant();
    for (name, fits) in [
        ("issuer", claims.iss == directory.authority.issuer()),
        ("audience", claims.aud == directory.client_id),
        ("tenant", claims.tid == tenant),
        // The device flow sends none.
        ("nonce", nonce.is_none() || claims.nonce.as_deref() == nonce),
    ] {
        if !fits {
            return Err(IdTokenError::Claim(name));
        }
    }
    if now >= claims.exp.saturating_add(LEEWAY) {
        return Err(IdTokenError::Expired);
    }
    let text = |text: String| text.chars().filter(|letter| !letter.is_control()).take(MAX_NAME).collect::<String>();
    Ok(Account {
        object_id: text(claims.oid),
        tenant_id: claims.tid,
        username: claims.preferred_username.map(text),
        name: claims.name.map(text),
    })
}

fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let claims = BASE64URL.decode(claims).ok()?;
    (token.len() <= MAX_TOKEN).then(|| serde_json::from_slice(&claims).ok())?
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::authority::Authority;

    const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
    const CLIENT: &str = "0b0b2a3c-64b2-4c01-8f7d-b5c0e2a91f12";

    fn check(change: impl FnOnce(&mut Value)) -> Result<Account, IdTokenError> {
        let authority = Authority::new("https://login.example.com".parse().expect("a URL"), TENANT).expect("a tenant");
        let graph = "https://graph.example.com".parse().expect("a URL");
        let directory = Directory { authority, client_id: CLIENT.to_owned(), graph };
        let mut claims = json!({
            "iss": format!("https://login.example.com/{TENANT}/v2.0"), "aud": CLIENT, "exp": 1000, "tid": TENANT,
            "oid": "someone", "nonce": "n", "name": "Ada\n", "preferred_username": "ada@example.com",
        });
        change(&mut claims);
        let token = format!("e30.{}.c2ln", BASE64URL.encode(claims.to_string()));
        read(Some(&token.into()), &directory, Some("n"), 1000)
    }

    #[test]
    fn who_it_is() {
        let account = check(|_| {}).expect("good");
        assert_eq!((account.object_id.as_str(), account.name.as_deref()), ("someone", Some("Ada")));
    }

    #[test]
    fn what_does_not_fit() {
        let other = "8b7e4f52-3c19-4e0e-8a6d-52c1b9d3f602";
        for (name, value, error) in [
            ("iss", json!("https://login.example.com"), IdTokenError::Claim("issuer")),
            ("aud", json!(other), IdTokenError::Claim("audience")),
            ("tid", json!(other), IdTokenError::Claim("tenant")),
            ("nonce", json!("m"), IdTokenError::Claim("nonce")),
            ("nonce", Value::Null, IdTokenError::Claim("nonce")),
            ("exp", json!(880), IdTokenError::Expired),
            ("exp", json!("soon"), IdTokenError::Malformed),
            ("oid", Value::Null, IdTokenError::Malformed),
        ] {
            assert_eq!(check(|claims| claims[name] = value.clone()), Err(error), "{name} {value}");
        }
        let authority = Authority::new("https://login.example.com".parse().expect("a URL"), TENANT).expect("a tenant");
        let graph = "https://graph.example.com".parse().expect("a URL");
        let directory = Directory { authority, client_id: CLIENT.to_owned(), graph };
        for token in ["", "a.b", "a.b.c", "a.b.c.d"] {
            assert_eq!(read(Some(&token.into()), &directory, None, 0), Err(IdTokenError::Malformed), "{token}");
        }
        assert_eq!(read(None, &directory, None, 0), Err(IdTokenError::Malformed));
    }
}
