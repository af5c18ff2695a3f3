//! Contexts as resources and prompts: lists, templates, completion, what is not there, and news of changes.
#![expect(deprecated, reason = "SEP-2577: resources/subscribe is how clients of 2025-11-25 watch a resource")]

use std::time::Duration;

use mcp_support::{
    client::{Heard, Recorder, Revision, call},
    testing::Leg,
};
use rmcp::model::{SubscribeRequestParams, SubscriptionFilter};
use serde_json::{Value, json};

use crate::contexts::{answer, context, program, structure};

#[tokio::test]
async fn contexts_are_listed_read_and_completed_on_every_leg() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let id = context(&client, "Resource case").await?;
        let listed = client.list_all_resources().await?;
        let uri = format!("context://{id}");
        let found = listed.iter().find(|resource| resource.uri == uri).expect("in the list");
        assert_eq!(found.title.as_deref(), Some("Resource case"));
        for (uri, pointer, wanted) in [
            (uri.clone(), "/insights/0/text", "We decided to refund it."),
            (format!("{uri}/messages"), "/messages/1/content", "We decided to refund it."),
        ] {
            let read = client.read_resource(rmcp::model::ReadResourceRequestParams::new(uri.clone())).await?;
            let contents = serde_json::to_value(&read.contents[0])?;
            let json: Value = serde_json::from_str(contents["text"].as_str().expect("a text"))?;
            assert_eq!(json.pointer(pointer), Some(&json!(wanted)), "{leg} {uri}: {json}");
        }
        for (reference, name, value) in [
            (json!({"type": "ref/resource", "uri": "context://{id}"}), "id", &id[..8]),
            (json!({"type": "ref/resource", "uri": "context://{id}/messages"}), "id", "resource ca"),
            (json!({"type": "ref/prompt", "name": "technical_assistant"}), "context_id", &id[..8]),
        ] {
            let params: rmcp::model::CompleteRequestParams =
                serde_json::from_value(json!({"ref": reference, "argument": {"name": name, "value": value}}))?;
            let values = client.complete(params).await?.completion.values;
            assert!(values.contains(&id), "{leg} {reference} {value}: {values:?}");
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_list_comes_in_pages_that_hold_each_context_once() -> anyhow::Result<()> {
    let client = program().client(Leg::ALL[1], Recorder::default()).await?;
    for number in 0..120 {
        call(&client, "create_context", json!({"name": format!("number {number}")})).await?;
    }
    let all = client.list_all_resources().await?;
    let contexts = all.iter().filter(|resource| resource.uri.starts_with("context:"));
    let names: Vec<&str> = contexts.filter_map(|resource| resource.title.as_deref()).collect();
    assert_eq!(names, (0..120).rev().map(|number| format!("number {number}")).collect::<Vec<_>>());
    let first = client.list_resources(None).await?;
    assert_eq!((first.resources.len(), first.next_cursor.is_some()), (51, true), "the allowed folder, and a page");
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_has_the_code_of_the_revision() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        for uri in [
            "context://0123456789abcdef0123456789abcdef",
            "context://0123456789abcdef0123456789abcdef/messages",
            "context://0123456789abcdef0123456789abcdef/messages/1",
            "context://x",
            "context://",
            "context://..%2f..",
            "contexts://0123456789abcdef0123456789abcdef",
            "nothing",
        ] {
            let error = answer(&program, leg, "resources/read", json!({"uri": uri})).await?["error"].clone();
            let wanted = if leg.revision == Revision::Legacy { -32002 } else { -32602 };
            assert_eq!((&error["code"], &error["data"]["uri"]), (&json!(wanted), &json!(uri)), "{leg}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn changes_are_told_to_whoever_watches() -> anyhow::Result<()> {
    let program = program();
    for revision in Revision::ALL {
        let recorder = Recorder::default();
        let client = program.client(Leg { http: true, revision }, recorder.clone()).await?;
        let id = context(&client, "watched").await?;
        let uri = format!("context://{id}");
        let stream = match revision {
            Revision::Legacy => {
                client.subscribe(SubscribeRequestParams::new(uri.clone())).await?;
                None
            }
            Revision::Modern => {
                let filter =
                    SubscriptionFilter::builder().resources_list_changed().resource_subscription(uri.clone()).build();
                Some(client.listen(filter).await?)
            }
        };
        call(&client, "append_message", json!({"context_id": id, "role": "user", "content": "News."})).await?;
        call(&client, "create_context", json!({"name": "another"})).await?;
        match stream {
            None => {
                for wanted in [Heard::Updated(uri.clone()), Heard::ListChanged("resources")] {
                    assert!(recorder.wait_for(|heard| *heard == wanted).await.is_some(), "{wanted:?}");
                }
            }
            Some(mut stream) => {
                for _ in 0..2 {
                    assert!(tokio::time::timeout(Duration::from_secs(10), stream.next()).await??.is_some());
                }
            }
        }
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn prompts_name_tools_that_exist_and_hold_the_context() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let id = context(&client, "case").await?;
        let tools: Vec<String> =
            client.list_all_tools().await?.into_iter().map(|tool| tool.name.into_owned()).collect();
        for (prompt, arguments) in [
            ("customer_support", json!({"customer": "Acme", "issue": "A charge stands twice"})),
            ("financial_analysis", json!({"company": "Contoso", "period": "quarter"})),
            ("technical_assistant", json!({"technology": "python", "question": "Why is it slow?"})),
        ] {
            for with_context in [false, true] {
                let mut params = rmcp::model::GetPromptRequestParams::new(prompt);
                let mut arguments = arguments.as_object().cloned().expect("an object");
                if with_context {
                    arguments.insert("context_id".to_owned(), json!(id));
                }
                params.arguments = Some(arguments);
                let result = serde_json::to_value(client.get_prompt(params).await?)?;
                let messages = result["messages"].as_array().expect("messages");
                let text = messages.last().expect("a message")["content"]["text"].as_str().expect("a text");
                assert_eq!(messages.len(), 1 + usize::from(with_context), "{leg} {prompt}");
                if with_context {
                    let embedded = &messages[0]["content"]["resource"];
                    assert_eq!(embedded["uri"], format!("context://{id}"), "{leg} {prompt}");
                    assert!(embedded["text"].as_str().expect("a text").contains("We decided to refund it."));
                    assert!(text.contains(&id), "{text}");
                } else {
                    assert!(text.contains("create_context"), "{text}");
                }
                let named: Vec<&str> = text
                    .split(|letter: char| !letter.is_ascii_lowercase() && letter != '_')
                    .filter(|word| {
                        word.ends_with("_context") || word.ends_with("_contexts") || word.ends_with("_message")
                    })
                    .collect();
                assert!(
                    named.len() >= 4 && named.iter().all(|name| tools.iter().any(|tool| tool == name)),
                    "{named:?}"
                );
            }
        }
        client.cancel().await?;
    }
    Ok(())
}

/// What a caller has used before is proposed before the usual values; nothing is, where nothing fits.
#[tokio::test]
async fn arguments_of_prompts_are_completed() -> anyhow::Result<()> {
    let client = program().client(Leg::ALL[1], Recorder::default()).await?;
    let made = call(&client, "create_context", json!({"name": "x", "metadata": {"technology": "python 3.14"}})).await?;
    assert!(structure(&made)["context"].is_object());
    for (prompt, name, value, wanted) in [
        ("technical_assistant", "technology", "Py", json!(["python 3.14", "python"])),
        ("technical_assistant", "question", "", json!([])),
        ("financial_analysis", "period", "q", json!(["quarter"])),
        ("financial_analysis", "company", "c", json!([])),
        ("customer_support", "context_id", "zzz", json!([])),
    ] {
        let params = json!({"ref": {"type": "ref/prompt", "name": prompt}, "argument": {"name": name, "value": value}});
        let completed = client.complete(serde_json::from_value(params)?).await?.completion.values;
        assert_eq!(json!(completed), wanted, "{prompt} {name}");
    }
    Ok(())
}
