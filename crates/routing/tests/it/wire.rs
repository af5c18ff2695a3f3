//! The gateway's own tools and resources on all four legs: a success, an error with its hint, a protocol error.

use anyhow::Context as _;
use mcp_support::{
    client::{Recorder, call},
    testing::protocol_error,
};
use rmcp::{model::ReadResourceRequestParams, service::ServiceError};
use serde_json::{Value, json};

use crate::fixture::{LEGS, program, structure, text};

#[tokio::test]
async fn every_tool_answers() -> anyhow::Result<()> {
    let program = program();
    for leg in LEGS {
        let client = program.client(leg, Recorder::default()).await?;
        for (tool, arguments, says) in [
            (
                "route_request",
                json!({"text": "Why does the compiler refuse this program?"}),
                "code (code__search_documents)",
            ),
            ("route_explain", json!({"text": "Write a limerick"}), "creative"),
            ("route_explain", json!({"tool": "weather__get_forecast", "region": "eu"}), "weather-eu-2"),
            ("list_nodes", json!({}), "weather-us-1: healthy, 1.4.0 in us"),
            ("node_stats", json!({"node": "database-1"}), "database-1: healthy"),
            (
                "set_strategy",
                json!({"mount": "weather", "strategy": "round_robin"}),
                "weather is spread by round_robin",
            ),
            ("drain_node", json!({"node": "weather-us-1"}), "weather-us-1 is drained"),
            ("undrain_node", json!({"node": "weather-us-1"}), "weather-us-1 gets calls again"),
            ("weather__get_forecast", json!({"city": "oslo", "day": 1, "days": 2}), "oslo: "),
            ("calculator__evaluate", json!({"expression": "6 * 7"}), "42"),
            ("database__list_orders", json!({}), "orders"),
            ("scientific__search_documents", json!({"query": "half-life"}), "Half-life"),
        ] {
            let result = call(&client, tool, arguments).await?;
            assert_ne!(result.is_error, Some(true), "{leg} {tool}: {result:?}");
            assert!(text(&result).contains(says), "{leg} {tool}: {result:?}");
            assert!(structure(&result).is_object(), "{leg} {tool}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_the_model_can_mend_is_a_result_with_a_hint() -> anyhow::Result<()> {
    let program = program();
    for leg in LEGS {
        let client = program.client(leg, Recorder::default()).await?;
        for (tool, arguments, hint) in [
            ("route_request", json!({"text": ""}), "must be from 1 to 8192"),
            ("route_request", json!({}), "missing field `text`"),
            ("route_explain", json!({}), "give a text, a tool, or both"),
            ("route_explain", json!({"tool": "weather__get_forecast", "version": "newest"}), "'newest' is no version"),
            ("route_explain", json!({"tool": "weather__get_forecast", "region": "mars"}), "us, eu, asia"),
            ("route_explain", json!({"tool": "weather__nothing"}), "no node has a tool 'weather__nothing'"),
            ("route_explain", json!({"tool": "nothing"}), "no node has a tool 'nothing'"),
            ("route_explain", json!({"tool": "list_nodes"}), "by the gateway itself"),
            ("route_explain", json!({"tool": "calculator__evaluate", "key": "x".repeat(201)}), "the length of key"),
            ("node_stats", json!({"node": "nobody"}), "use one of: weather-us-1"),
            ("drain_node", json!({"node": ""}), "use one of"),
            ("undrain_node", json!({"node": 7}), "expected a string"),
            ("set_strategy", json!({"mount": "weather", "strategy": "random"}), "use one of: round_robin"),
            ("set_strategy", json!({"mount": "wether", "strategy": "latency"}), "use one of: weather"),
            ("list_nodes", json!({"all": true}), "unknown field `all`"),
            ("reload_routes", json!({}), "started without a routes.toml"),
            ("weather__get_forecast", json!({"city": "atlantis", "day": 1}), "use one of: berlin"),
        ] {
            let result = call(&client, tool, arguments.clone()).await?;
            assert_eq!(result.is_error, Some(true), "{leg} {tool} {arguments}: {result:?}");
            assert!(text(&result).contains(hint), "{leg} {tool} {arguments}: {result:?}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_routed_is_a_protocol_error() -> anyhow::Result<()> {
    let program = program();
    for leg in LEGS {
        let client = program.client(leg, Recorder::default()).await?;
        for tool in ["no_such_tool", "weather__no_such_tool", "nobody__get_forecast", "__", "weather__"] {
            let error =
                protocol_error(call(&client, tool, json!({})).await).with_context(|| format!("{leg} {tool}"))?;
            assert_eq!(error.code.0, -32602, "{leg} {tool}: {error:?}");
        }
        for uri in ["node://nobody", "nothing", "weather+docs://none"] {
            let error = client.read_resource(ReadResourceRequestParams::new(uri)).await.expect_err("there is none");
            let ServiceError::McpError(error) = error else { panic!("{leg} {uri}: {error:?}") };
            assert_eq!(error.data, Some(json!({"uri": uri})), "{leg} {uri}: {error:?}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn resources_show_the_table_and_each_node() -> anyhow::Result<()> {
    let program = program();
    for leg in LEGS {
        let client = program.client(leg, Recorder::default()).await?;
        let listed = client.list_all_resources().await?;
        assert_eq!(listed.len(), 11, "{leg}: the table, nine nodes and the orders of one of them");
        for resource in listed {
            let read = client.read_resource(ReadResourceRequestParams::new(resource.uri.clone())).await?;
            let text = serde_json::to_value(&read.contents[0])?["text"].as_str().unwrap_or_default().to_owned();
            let document: Value = serde_json::from_str(&text)?;
            let is_orders = resource.uri == "database+orders://all" && document.is_array();
            let is_own = document["strategies"].is_object() || document["state"] == "healthy";
            assert!(is_orders || is_own, "{leg}: {document}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_contract_is_the_same_on_every_leg() -> anyhow::Result<()> {
    insta::assert_json_snapshot!("contract", program().contract().await?);
    Ok(())
}

#[tokio::test]
async fn routes_that_cannot_be_used_are_one_line_and_code_2() -> anyhow::Result<()> {
    let folder = tempfile::TempDir::new()?;
    let file = folder.path().join("routes.toml");
    for (routes, why) in [
        ("[[mount]]\nname = \"a\"\ncolour = 1\nnode = []", "unknown field `colour`"),
        ("[[mount]]\nname = \"\"\nnode = []", "'' is no name of a mount"),
        ("[gateway]\nattempts = 0\n[[mount]]\nname = \"a\"\nnode = []", "attempts are from 1 to 10"),
    ] {
        std::fs::write(&file, routes)?;
        let mut command = tokio::process::Command::new(crate::fixture::BINARY);
        let output =
            command.arg("--routes").arg(&file).arg("stdio").stdin(std::process::Stdio::null()).output().await?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why) && said.lines().count() == 1 && output.stdout.is_empty(), "{said}");
    }
    Ok(())
}
