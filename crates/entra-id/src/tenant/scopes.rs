//! What a scope parameter asks for: one app's permissions, and what OpenID Connect knows besides.

use super::{
    directory::{Directory, apps::App},
    errors::EntraError,
    known, refusals,
};

/// Longest scope parameter, in bytes.
const MAX_BYTES: usize = 4096;
/// All permissions that are consented to.
const DEFAULT: &str = ".default";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Id of the app that the token is for.
    pub(super) resource: &'static str,
    /// Its App ID URI in the form that was asked for; none where scopes came without one, which are Graph's.
    pub(super) uri: Option<String>,
    pub(super) scopes: Scopes,
    pub(super) openid: OpenId,
}

/// Permissions of one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scopes {
    /// `.default`: all that are consented to.
    Consented,
    /// These.
    Named(Vec<String>),
}

/// The scopes of OpenID Connect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct OpenId {
    pub(super) openid: bool,
    pub(super) profile: bool,
    pub(super) email: bool,
    pub(super) offline_access: bool,
}

impl Wanted {
    /// Reads a scope parameter of a request that `client` sends to `tenant`.
    pub(super) fn read(directory: &Directory, client: &App, tenant: &str, text: &str) -> Result<Self, EntraError> {
        if text.len() > MAX_BYTES {
            return Err(refusals::malformed("The scope is too long."));
        }
        let mut openid = OpenId::default();
        let mut found: Option<(&App, Option<&str>)> = None;
        let (mut named, mut is_default) = (Vec::new(), false);
        for word in text.split_whitespace() {
            if openid.takes(word) {
                continue;
            }
            let (app, uri, name) = resource(directory, tenant, word)?;
            if found.is_some_and(|(before, _)| before.id != app.id) {
                return Err(refusals::several_resources(text));
            }
            found = found.or(Some((app, uri)));
            if name == DEFAULT {
                is_default = true;
            } else if app.scope(name).is_some() {
                named.push(name.to_owned());
            } else {
                return Err(refusals::unknown_scope(client.name, name, app.id));
            }
        }
        if is_default && !named.is_empty() {
            return Err(refusals::invalid_scope(text));
        }
        named.sort_unstable();
        named.dedup();
        let (resource, uri) = match found {
            Some((app, uri)) => (app.id, uri.map(str::to_owned)),
            None => (known::GRAPH_APP, None),
        };
        let scopes = if is_default { Scopes::Consented } else { Scopes::Named(named) };
        Ok(Self { resource, uri, scopes, openid })
    }

    /// Compares with a `resource` parameter (RFC 8707), which every MCP client sends: it has to be the App ID URI that
    /// the scopes begin with, and another name of the same app is not enough.
    pub(super) fn check_resource(&self, resource: Option<&str>) -> Result<(), EntraError> {
        let same = |resource: &str| {
            let uri = self.uri.as_deref().unwrap_or(known::GRAPH_URI);
            resource.trim_end_matches('/') == uri.trim_end_matches('/')
        };
        if resource.is_none_or(same) { Ok(()) } else { Err(refusals::other_resource()) }
    }

    /// The same scopes as they stand in an answer: with the App ID URI where they were asked for with one, and with
    /// `.default` where that was asked for, by which clients find the token in their cache.
    pub(super) fn written(&self, granted: &[String]) -> String {
        let with_uri = |scope: &String| match &self.uri {
            Some(uri) => format!("{}/{scope}", uri.trim_end_matches('/')),
            None => scope.clone(),
        };
        let openid = self.openid.names().map(str::to_owned);
        let default = (self.scopes == Scopes::Consented).then(|| with_uri(&DEFAULT.to_owned()));
        openid.chain(granted.iter().map(with_uri)).chain(default).collect::<Vec<_>>().join(" ")
    }
}

impl OpenId {
    fn takes(&mut self, word: &str) -> bool {
        let flag = match word {
            "openid" => &mut self.openid,
            "profile" => &mut self.profile,
            "email" => &mut self.email,
            "offline_access" => &mut self.offline_access,
            _ => return false,
        };
        *flag = true;
        true
    }

    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        [(self.openid, "openid"), (self.profile, "profile"), (self.email, "email")]
            .into_iter()
            .filter_map(|(is_there, name)| is_there.then_some(name))
    }
}

/// The app, the App ID URI in front of the scope, and the scope's own name.
fn resource<'a, 'd>(
    directory: &'d Directory,
    tenant: &str,
    word: &'a str,
) -> Result<(&'d App, Option<&'a str>, &'a str), EntraError> {
    if let Some((app, uri, name)) = directory.resource(word) {
        return Ok((app, Some(uri), name));
    }
    match word.rsplit_once('/') {
        Some((unknown, _)) => Err(refusals::unknown_resource(unknown, tenant)),
        // A scope without an App ID URI is one of Graph, whoever's it was meant to be.
        None => match directory.by_id(known::GRAPH_APP) {
            Some(graph) => Ok((graph, None, word)),
            None => Err(refusals::invalid_scope(word)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{super::TenantSettings, *};

    const URL: &str = "http://127.0.0.1:8000/mcp";

    fn read(text: &str) -> Result<Wanted, u32> {
        let directory = Directory::new(&TenantSettings::default(), Default::default());
        let client = directory.by_id(known::HOST_APP).expect("known");
        Wanted::read(&directory, client, "Meadow Works", text).map_err(|error| error.code)
    }

    #[test]
    fn whose_scopes_they_are() {
        let api = format!("api://{}", known::SERVER_APP);
        let wanted = read(&format!("openid {api}/mcp.tools.read offline_access")).expect("a scope");
        assert_eq!((wanted.resource, wanted.uri.as_deref()), (known::SERVER_APP, Some(&*api)));
        assert_eq!(wanted.scopes, Scopes::Named(vec!["mcp.tools.read".to_owned()]));
        assert!(wanted.openid.openid && wanted.openid.offline_access && !wanted.openid.email);
        assert_eq!(wanted.written(&["mcp.tools.read".to_owned()]), format!("openid {api}/mcp.tools.read"));

        let by_url = read(&format!("{URL}/mcp.tools.read")).expect("a scope");
        assert_eq!((by_url.resource, by_url.uri.as_deref()), (known::SERVER_APP, Some(URL)));
        assert_eq!(read("User.Read").expect("a scope").resource, known::GRAPH_APP);
        assert_eq!(read("https://graph.microsoft.com/.default").expect("a scope").scopes, Scopes::Consented);
        assert_eq!(read("https://graph.microsoft.com//.default").expect("a scope").scopes, Scopes::Consented);
        assert_eq!(read("openid").expect("a scope").resource, known::GRAPH_APP);
    }

    #[test]
    fn what_is_none() {
        for (text, code) in [
            ("mcp.tools.read", 650_053),
            (&*format!("{URL}/mcp.tools.write"), 650_053),
            (&*format!("{URL}/mcp.tools.read User.Read"), 28_000),
            (&*format!("{URL}/mcp.tools.read {URL}/.default"), 70_011),
            ("https://other.example/read", 500_011),
            (&*"x".repeat(5000), 9_002_313),
        ] {
            assert_eq!(read(text), Err(code), "{text}");
        }
    }

    #[test]
    fn the_resource_parameter_has_to_be_the_uri_of_the_scopes() {
        let by_url = read(&format!("{URL}/mcp.tools.read")).expect("a scope");
        let by_id = read(&format!("api://{}/mcp.tools.read", known::SERVER_APP)).expect("a scope");
        assert!(by_url.check_resource(Some(URL)).is_ok() && by_url.check_resource(None).is_ok());
        assert_eq!(by_id.check_resource(Some(URL)).map_err(|error| error.code), Err(9_010_010));
        let openid_only = read("openid profile").expect("scopes");
        assert_eq!(openid_only.check_resource(Some(URL)).map_err(|error| error.code), Err(9_010_010));
    }
}
