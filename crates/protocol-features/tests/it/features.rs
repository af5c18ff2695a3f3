//! What can be switched, and who hears of it.
#![expect(deprecated, reason = "SEP-2577: resources/subscribe is how clients of 2025-11-25 watch a resource")]

use std::time::Duration;

use mcp_protocol_features::demo::person::Person;
use mcp_support::{
    client::{Heard, Revision, call},
    testing::Leg,
};
use rmcp::model::{ServerNotification, SubscribeRequestParams, SubscriptionFilter};
use serde_json::json;

use crate::{program, structure};

const FEATURES: [(&str, &str); 3] = [("dice", "tools"), ("plan_day", "prompts"), ("tip", "resources")];

#[tokio::test]
async fn lists_change_and_say_so() -> anyhow::Result<()> {
    for leg in Leg::ALL {
        let program = program();
        let person = Person::who_fills_in(json!({"confirm": true}));
        let client = program.client(leg, person.clone()).await?;
        let row = "db://tables/records/rows/2";
        let mut stream = match leg.revision {
            Revision::Legacy => {
                client.subscribe(SubscribeRequestParams::new(row)).await?;
                None
            }
            Revision::Modern => {
                let filter = SubscriptionFilter::builder()
                    .tools_list_changed()
                    .prompts_list_changed()
                    .resources_list_changed()
                    .resource_subscription(row)
                    .build();
                Some(client.listen(filter).await?)
            }
        };
        for (feature, list) in FEATURES {
            for enabled in [true, false] {
                let result = call(&client, "set_feature", json!({"name": feature, "enabled": enabled})).await?;
                assert_eq!(structure(&result)["changed"], true, "{leg} {feature}");
                let again = call(&client, "set_feature", json!({"name": feature, "enabled": enabled})).await?;
                assert_eq!(structure(&again)["changed"], false, "{leg} {feature}");
                if let Some(stream) = &mut stream {
                    let next = tokio::time::timeout(Duration::from_secs(10), stream.next()).await??;
                    let fits = matches!(
                        (list, &next),
                        ("tools", Some(ServerNotification::ToolListChangedNotification(_)))
                            | ("prompts", Some(ServerNotification::PromptListChangedNotification(_)))
                            | ("resources", Some(ServerNotification::ResourceListChangedNotification(_)))
                    );
                    assert!(fits, "{leg} {feature}: {next:?}");
                }
                let has = match list {
                    "tools" => client.list_all_tools().await?.iter().any(|tool| tool.name == "roll_dice"),
                    "prompts" => client.list_all_prompts().await?.iter().any(|prompt| prompt.name == "plan_day"),
                    _ => client.list_all_resources().await?.iter().any(|resource| resource.uri == "feature://tip"),
                };
                assert_eq!(has, enabled, "{leg} {feature}");
            }
            if stream.is_none() {
                let heard = person.recorder.wait_for(|heard| *heard == Heard::ListChanged(list)).await;
                assert!(heard.is_some(), "{leg} {feature}");
            }
        }
        call(&client, "confirm_delete", json!({"record_id": 2})).await?;
        match &mut stream {
            None => assert!(
                person.recorder.wait_for(|heard| *heard == Heard::Updated(row.to_owned())).await.is_some(),
                "{leg}"
            ),
            Some(stream) => {
                let next = tokio::time::timeout(Duration::from_secs(10), stream.next()).await??;
                assert!(matches!(next, Some(ServerNotification::ResourceUpdatedNotification(_))), "{leg}: {next:?}");
            }
        }
        client.cancel().await?;
    }
    Ok(())
}
