//! Decisions that are told, and an access around the resource server that asks for more before the answer begins.

use std::sync::{Arc, Mutex};

use axum::response::Response;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures::{FutureExt, future::BoxFuture};
use http::{Extensions, request::Parts};
use mcp_support::{
    auth::{Event, ResourceServer, ResourceServerSettings, TrustedIssuer, claims_in, token_in},
    serve::{Access, Operation},
    testing::auth::TestIssuer,
};
use serde_json::json;
use tokio::net::TcpListener;

use crate::{BOTH, Rig, bearer, call, parameter, quick, said, serve};

#[tokio::test]
async fn every_decision_is_told_once_with_what_it_is_about() -> anyhow::Result<()> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = told.clone();
    let rig = Rig::start_with(move |settings| {
        *settings = settings.clone().with_observer(move |_, event| {
            let line = match event {
                Event::Refused { error, reason } => format!("refused {error}: {reason}"),
                Event::Denied(claims, operation) => format!("denied {} {:?}", claims.subject, operation.name),
                Event::Permitted(claims, operation) => {
                    format!("permitted {} {} {:?}", claims.subject, operation.method, operation.name)
                }
            };
            telling.lock().expect("no panic").push(line);
        });
    })
    .await?;
    for revision in BOTH {
        let client = rig.client(revision, &rig.token("access")?).await?;
        told.lock().expect("no panic").clear();
        client.request(1, "tools/call", call("whoami")).await?;
        client.request(2, "tools/call", call("write")).await?;
        client.clone().with_headers(bearer("x.y.z")?).request(3, "tools/list", json!({})).await?;
        client.with_headers(Default::default()).request(4, "tools/list", json!({})).await?;
        let expected = [
            "permitted alice tools/call Some(\"whoami\")",
            "denied alice Some(\"write\")",
            "refused invalid_token: the token is no JSON Web Token",
            "refused : a token is required",
        ];
        assert_eq!(*told.lock().expect("no panic"), expected, "{revision}");
    }
    Ok(())
}

/// Asks for claims before one tool, and leaves a word for the others.
struct Careful(ResourceServer);

impl Access for Careful {
    fn admit<'a>(&'a self, request: &'a mut Parts) -> BoxFuture<'a, Result<(), Box<Response>>> {
        self.0.admit(request)
    }

    fn permit(&self, caller: &Extensions, operation: Operation<'_>) -> Result<(), Box<Response>> {
        self.0.permit(caller, operation)
    }

    fn prepare<'a>(
        &'a self,
        request: &'a mut Parts,
        operation: Operation<'a>,
    ) -> BoxFuture<'a, Result<(), Box<Response>>> {
        async move {
            self.0.prepare(request, operation).await?;
            assert_eq!(claims_in(&request.extensions).map(|claims| claims.subject.as_str()), Some("alice"));
            assert!(token_in(&request.extensions).is_some());
            tokio::task::yield_now().await;
            match operation.name {
                Some("write") => Err(self.0.claims_challenge(&request.extensions, "{\"a\": \"\u{e4}\"}")),
                _ => Ok(()),
            }
        }
        .boxed()
    }
}

#[tokio::test]
async fn what_needs_more_claims_is_a_401_however_the_answer_would_have_come() -> anyhow::Result<()> {
    let issuer = TestIssuer::start().await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/mcp", listener.local_addr()?);
    let mut settings = ResourceServerSettings::new(url.parse()?, vec![TrustedIssuer::discovered(issuer.issuer())]);
    settings.keys = quick();
    settings.keep_token = true;
    let server = serve(listener, Careful(ResourceServer::new(settings)?))?;
    let rig = Rig { issuer, url, _server: server };
    for revision in BOTH {
        let client = rig.client(revision, &rig.token("")?).await?;
        let mut streamed = call("write");
        streamed["_meta"] = json!({ "progressToken": "p" });
        for params in [call("write"), streamed] {
            let reply = client.request(1, "tools/call", params).await?;
            assert_eq!(reply.status, 401, "{revision}: {}", reply.text);
            assert_eq!(parameter(&reply, "error"), Some("insufficient_claims"), "{revision}");
            let claims = BASE64_STANDARD.decode(parameter(&reply, "claims").expect("claims"))?;
            assert_eq!(claims, "{\"a\": \"\u{e4}\"}".as_bytes(), "{revision}");
        }
        let reply = client.request(2, "tools/call", call("whoami")).await?;
        assert_eq!(said(&reply)["tool"], "whoami", "{revision}: others go on");
    }
    Ok(())
}
