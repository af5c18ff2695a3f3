//! What stands in `deploy/` fits together and fits the server. Nothing is applied: this looks at structure alone, and a script
//! of the workspace at the published schemas. nginx is another matter, and is run.

use std::{collections::BTreeMap, path::Path};

use mcp_support::client::HttpServer;
use serde_json::{Value, json};

use crate::fixture::BINARY;

const KUBERNETES: &str = include_str!("../../deploy/kubernetes.yaml");
const BICEP: &str = include_str!("../../deploy/main.bicep");
const DOCKERFILE: &str = include_str!("../../deploy/Dockerfile");
const VARIABLES: &str = include_str!("../../.env.example");

/// The documents, by kind.
fn documents() -> BTreeMap<String, Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(KUBERNETES).expect("YAML");
    let of_kind = |document: Value| (document["kind"].as_str().expect("a kind").to_owned(), document);
    documents.into_iter().map(of_kind).collect()
}

fn container(deployment: &Value) -> &Value {
    &deployment["spec"]["template"]["spec"]["containers"][0]
}

fn is_known(variable: &str) -> bool {
    VARIABLES.lines().any(|line| line.starts_with(&format!("#{variable}=")))
}

#[test]
fn all_parts_are_about_the_same_pods() {
    let documents = documents();
    let kinds: Vec<&str> = documents.keys().map(String::as_str).collect();
    let expected = ["Deployment", "HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget", "Service"];
    assert_eq!(kinds, expected);
    let versions = ["apps/v1", "autoscaling/v2", "networking.k8s.io/v1", "policy/v1", "v1"];
    for (document, version) in documents.values().zip(versions) {
        assert_eq!(document["apiVersion"], version);
        assert_eq!(document["metadata"]["name"], "mcp-scaling");
    }
    let labels = json!({"app": "mcp-scaling"});
    let deployment = &documents["Deployment"]["spec"];
    for labelled in [
        &deployment["selector"]["matchLabels"],
        &deployment["template"]["metadata"]["labels"],
        &deployment["template"]["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
        &documents["Service"]["spec"]["selector"],
        &documents["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        &documents["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ] {
        assert_eq!(*labelled, labels);
    }
    let scaled = &documents["HorizontalPodAutoscaler"]["spec"];
    assert_eq!(scaled["scaleTargetRef"], json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "mcp-scaling"}));
    let least = scaled["minReplicas"].as_u64().expect("a number");
    assert_eq!(deployment["replicas"], least, "applying it again does not undo the autoscaler's work");
    assert!(documents["PodDisruptionBudget"]["spec"]["minAvailable"].as_u64() < Some(least), "a node can be drained");
    let port = &container(&documents["Deployment"])["ports"][0];
    assert_eq!(documents["Service"]["spec"]["ports"][0]["targetPort"], port["name"]);
    assert_eq!(documents["NetworkPolicy"]["spec"]["ingress"][0]["ports"][0]["port"], port["containerPort"]);
}

#[test]
fn nodes_run_with_little_and_end_in_time() {
    let documents = documents();
    let deployment = &documents["Deployment"];
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["automountServiceAccountToken"], false);
    let container = container(deployment);
    let rights = &container["securityContext"];
    assert_eq!(rights["allowPrivilegeEscalation"], false);
    assert_eq!(rights["readOnlyRootFilesystem"], true);
    assert_eq!(rights["capabilities"], json!({"drop": ["ALL"]}));
    let variables = container["env"].as_array().expect("variables");
    let value = |name: &str| {
        let found = variables.iter().find(|variable| variable["name"] == name);
        found.and_then(|variable| variable["value"].as_str()).expect(name).to_owned()
    };
    for variable in variables {
        let name = variable["name"].as_str().expect("a name");
        assert!(name == "POD_IP" || is_known(name), "{name} is not in .env.example");
        assert!(
            name != "REDIS_URL" || variable["valueFrom"]["secretKeyRef"]["name"].is_string(),
            "no secret stands here"
        );
    }
    let ends = value("SCALING_NOTICE_MS").parse::<u64>().expect("a number") / 1000
        + value("MCP_DRAIN_SECONDS").parse::<u64>().expect("a number");
    assert!(pod["terminationGracePeriodSeconds"].as_u64() > Some(ends + 5), "it is not killed while it drains");
    assert_eq!(container["resources"]["limits"]["cpu"], value("SCALING_WORKERS"), "one worker for each processor");
    assert!(value("MCP_BIND").ends_with(&format!(":{}", container["ports"][0]["containerPort"])));
    let user = format!("USER {0}:{0}\n", pod["securityContext"]["runAsUser"]);
    assert!(DOCKERFILE.contains(&user), "the image's user");
}

#[tokio::test]
async fn probes_and_the_metric_are_there() -> anyhow::Result<()> {
    let node = HttpServer::start_with(Path::new(BINARY), &[], &[]).await?;
    let documents = documents();
    let container = container(&documents["Deployment"]);
    for probe in ["livenessProbe", "readinessProbe"] {
        let path = container[probe]["httpGet"]["path"].as_str().expect("a path");
        assert!(BICEP.contains(&format!("path: '{path}'")), "{path}");
        let asked = reqwest::Client::new().get(format!("{}{path}", node.origin())).header("host", "localhost");
        assert_eq!(asked.send().await?.status(), 200, "{path}");
    }
    let metrics = reqwest::get(format!("{}/metrics", node.origin())).await?.text().await?;
    let wanted = &documents["HorizontalPodAutoscaler"]["spec"]["metrics"][0]["pods"]["metric"]["name"];
    let wanted = format!("\n{} ", wanted.as_str().expect("a name"));
    assert!(metrics.contains(&wanted), "{wanted} in {metrics}");
    Ok(())
}

#[test]
fn the_container_app_knows_the_same_variables_and_holds_no_secret() {
    let names = BICEP.lines().filter_map(|line| line.trim().strip_prefix("name: '")?.strip_suffix('\''));
    let variables: Vec<&str> = names.filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_')).collect();
    assert!(variables.len() >= 6, "{variables:?}");
    for name in variables {
        assert!(is_known(name), "{name} is not in .env.example");
    }
    let after = BICEP.split("name: 'REDIS_URL'").nth(1).expect("the store").trim_start();
    assert!(after.starts_with("secretRef: 'redis-url'"));
    for (open, close) in [('{', '}'), ('[', ']'), ('(', ')')] {
        let code = BICEP.lines().filter(|line| !line.trim_start().starts_with("//"));
        let count = code.fold((0, 0), |(opened, closed), line| {
            (opened + line.matches(open).count(), closed + line.matches(close).count())
        });
        assert_eq!(count.0, count.1, "{open} and {close}");
    }
}
