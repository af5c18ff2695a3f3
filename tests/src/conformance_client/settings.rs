//! What the suite tells the client, in the place of settings.

use anyhow::Context as _;
use rmcp::{
    ClientLifecycleMode,
    model::{JsonObject, ProtocolVersion},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The suite's environment variables.
#[derive(clap::Args)]
pub(crate) struct Settings {
    #[arg(long, env = "MCP_CONFORMANCE_SCENARIO", default_value = "tools_call")]
    scenario: String,
    /// A JSON object
    #[arg(long, env = "MCP_CONFORMANCE_CONTEXT", default_value = "{}", hide_env_values = true)]
    context: String,
    #[arg(long, env = "MCP_CONFORMANCE_PROTOCOL_VERSION", default_value = "2026-07-28")]
    protocol_version: String,
}

/// A call that the suite wants to see.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: Option<JsonObject>,
}

/// How this client proves who it is.
pub(crate) enum Identity {
    /// A person at a browser, and a client that registers itself.
    Person,
    /// A person, and a client that is registered already: its id and its secret.
    Registered(String, String),
    /// No person: a secret of the client's own.
    Secret(String, String),
    /// No person: a key of the client's own (PEM), and the algorithm to sign with.
    Key { client_id: String, pem: String, algorithm: String },
    /// The employer's identity provider has said who the person is.
    Employee(Employee),
    /// No person: the platform that runs the client says what it is.
    Workload(String),
}

/// Enterprise-managed authorization: what the person's employer has set up.
#[derive(Deserialize)]
pub(crate) struct Employee {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) idp_client_id: String,
    pub(crate) idp_id_token: String,
    pub(crate) idp_issuer: String,
    pub(crate) idp_token_endpoint: String,
}

impl Settings {
    /// 2026-07-28 with the older handshake for servers that do not know it, or the older handshake alone.
    pub(crate) fn lifecycle(&self) -> ClientLifecycleMode {
        let modern = ProtocolVersion::V_2026_07_28;
        if self.protocol_version.as_str() < modern.as_str() {
            return ClientLifecycleMode::Initialize;
        }
        ClientLifecycleMode::Auto {
            preferred_versions: vec![modern],
            legacy_version: Some(ProtocolVersion::V_2025_11_25),
        }
    }

    pub(crate) fn calls(&self) -> anyhow::Result<Vec<Call>> {
        let context = self.context()?;
        let calls = context.get("toolCalls").or_else(|| context.get("tool_calls"));
        calls.map_or_else(|| Ok(Vec::new()), |calls| Ok(serde_json::from_value(calls.clone())?))
    }

    pub(crate) fn identity(&self) -> anyhow::Result<Identity> {
        let context = self.context()?;
        let text = |name: &str| -> anyhow::Result<String> { field(&context, name) };
        Ok(match self.scenario.as_str() {
            "auth/client-credentials-basic" => Identity::Secret(text("client_id")?, text("client_secret")?),
            "auth/client-credentials-jwt" => Identity::Key {
                client_id: text("client_id")?,
                pem: text("private_key_pem")?,
                algorithm: text("signing_algorithm")?,
            },
            "auth/enterprise-managed-authorization" => {
                Identity::Employee(serde_json::from_value(Value::Object(context))?)
            }
            "auth/wif-jwt-bearer" => Identity::Workload(text("valid_jwt")?),
            _ if context.contains_key("client_secret") => {
                Identity::Registered(text("client_id")?, text("client_secret")?)
            }
            _ => Identity::Person,
        })
    }

    fn context(&self) -> anyhow::Result<Map<String, Value>> {
        serde_json::from_str(&self.context).context("MCP_CONFORMANCE_CONTEXT is no JSON object")
    }
}

fn field<T: DeserializeOwned>(context: &Map<String, Value>, name: &str) -> anyhow::Result<T> {
    let value = context.get(name).with_context(|| format!("the context has no {name}"))?;
    serde_json::from_value(value.clone()).with_context(|| format!("the context's {name}"))
}
