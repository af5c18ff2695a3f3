//! Where a tenant is: the addresses of Microsoft Entra ID, or of the stand-in, for one tenant.

use mcp_support::fetch::service::is_safe_base_url;
use url::Url;

/// Microsoft's cloud for everybody. Sovereign clouds have others, such as `https://login.microsoftonline.us`.
pub const MICROSOFT: &str = "https://login.microsoftonline.com";

/// A tenant at an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    base: Url,
    tenant: String,
}

/// The endpoints that the client of a person speaks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Where the person signs in.
    pub authorize: String,
    /// Where tokens are issued.
    pub token: String,
    /// Where a device without a browser begins.
    pub device_code: String,
    /// The public keys.
    pub keys: String,
}

/// Why there is no such authority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// It would send secrets in clear.
    #[error("the authority must be https (http on this machine only), without user name, query and fragment")]
    Base,
    /// The tenant is no GUID and no domain.
    #[error("'{0}' is no tenant; use its id (a GUID) or one of its domains")]
    Tenant(String),
}

impl Authority {
    /// The tenant with this id or domain.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn new(base: Url, tenant: &str) -> Result<Self, AuthorityError> {
        if !is_safe_base_url(&base) {
            return Err(AuthorityError::Base);
        }
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.';
        // `common` and its like would make tokens of every tenant look alike.
        let is_shared = ["common", "organizations", "consumers"].contains(&tenant);
        if tenant.is_empty()
            || tenant.len() > 255
            || is_shared
            || !tenant.chars().all(is_plain)
            || !tenant.contains(['-', '.'])
        {
            return Err(AuthorityError::Tenant(tenant.chars().take(80).collect()));
        }
        Ok(Self { base, tenant: tenant.to_owned() })
    }

    /// The id or the domain of the tenant.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The same authority for another tenant.
    ///
    /// # Errors
    /// It is none.
    pub fn of_tenant(&self, tenant: &str) -> Result<Self, AuthorityError> {
        Self::new(self.base.clone(), tenant)
    }

    /// The issuer of v2.0 access tokens and ID tokens. Only with the tenant's GUID is it the `iss` of a token.
    pub fn issuer(&self) -> String {
        format!("{}/v2.0", self.root())
    }

    /// The issuer of v1.0 access tokens: an app gets these unless its `requestedAccessTokenVersion` is 2. Microsoft's
    /// is at another host than the authority; the stand-in has but one.
    pub fn issuer_v1(&self) -> String {
        let base = self.base.as_str().trim_end_matches('/');
        let host = if base == MICROSOFT { "https://sts.windows.net" } else { base };
        format!("{host}/{}/", self.tenant)
    }

    /// The tenant's public keys.
    pub fn keys(&self) -> String {
        format!("{}/discovery/v2.0/keys", self.root())
    }

    /// Where a person signs in.
    pub fn authorize(&self) -> String {
        format!("{}/oauth2/v2.0/authorize", self.root())
    }

    /// Where tokens are issued.
    pub fn token(&self) -> String {
        format!("{}/oauth2/v2.0/token", self.root())
    }

    /// Where a device without a browser begins (RFC 8628).
    pub fn device_code(&self) -> String {
        format!("{}/oauth2/v2.0/devicecode", self.root())
    }

    /// Where a browser's session at the authority is ended.
    pub fn logout(&self) -> String {
        format!("{}/oauth2/v2.0/logout", self.root())
    }

    /// Where people sign in to an app: of this tenant, or of any organization, where the app lets in several tenants.
    pub fn sign_in(&self, any_organization: bool) -> SignIn {
        let tenant = if any_organization { "organizations" } else { &self.tenant };
        let root = format!("{}/{tenant}", self.base.as_str().trim_end_matches('/'));
        SignIn {
            authorize: format!("{root}/oauth2/v2.0/authorize"),
            token: format!("{root}/oauth2/v2.0/token"),
            device_code: format!("{root}/oauth2/v2.0/devicecode"),
            keys: format!("{root}/discovery/v2.0/keys"),
        }
    }

    fn root(&self) -> String {
        format!("{}/{}", self.base.as_str().trim_end_matches('/'), self.tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";

    #[test]
    fn the_addresses_of_microsoft() {
        let authority = Authority::new(MICROSOFT.parse().expect("a URL"), TENANT).expect("a tenant");
        assert_eq!(authority.issuer(), format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
        assert_eq!(authority.issuer_v1(), format!("https://sts.windows.net/{TENANT}/"));
        assert_eq!(authority.token(), format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"));
        assert_eq!(authority.sign_in(false).token, authority.token());
        let any = authority.sign_in(true).authorize;
        assert_eq!(any, "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize");
    }

    #[test]
    fn what_is_no_tenant() {
        let base: Url = "http://127.0.0.1:8400".parse().expect("a URL");
        for bad in ["", "common", "organizations", "a/b-c", "a?b-c", "../a-b", "contoso", &"a-".repeat(200)] {
            assert!(Authority::new(base.clone(), bad).is_err(), "{bad}");
        }
        for good in [TENANT, "contoso.onmicrosoft.com"] {
            assert!(Authority::new(base.clone(), good).is_ok(), "{good}");
        }
        let plain = "http://login.example.com".parse().expect("a URL");
        assert_eq!(Authority::new(plain, TENANT), Err(AuthorityError::Base));
    }
}
