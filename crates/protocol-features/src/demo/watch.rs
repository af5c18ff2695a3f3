//! Changes: of lists, and of a row.
#![expect(deprecated, reason = "SEP-2577: resources/subscribe is how clients of 2025-11-25 watch a resource")]

use mcp_support::{
    client::{Heard, Revision, call},
    demo::Tour,
};
use rmcp::model::{SubscribeRequestParams, SubscriptionFilter};
use serde_json::json;

use super::{is_error, person::Person, text};

const ROW: &str = "db://tables/records/rows/";

pub(super) async fn changes(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("Changes come by themselves: lists that change, and a row that is watched");
    for revision in Revision::ALL {
        let person = Person::who_fills_in(json!({"confirm": true}));
        let client = tour.http(revision, person.clone()).await?;
        let record = if revision == Revision::Legacy { 7 } else { 8 };
        let row = format!("{ROW}{record}");
        let stream = match revision {
            Revision::Legacy => {
                client.subscribe(SubscribeRequestParams::new(row.clone())).await?;
                None
            }
            Revision::Modern => {
                let filter =
                    SubscriptionFilter::builder().tools_list_changed().resource_subscription(row.clone()).build();
                Some(client.listen(filter).await?)
            }
        };
        let hidden = client.list_all_tools().await?.len();
        call(&client, "set_feature", json!({"name": "dice", "enabled": true})).await?;
        call(&client, "confirm_delete", json!({"record_id": record})).await?;
        let mut heard = Vec::new();
        match stream {
            None => {
                for wanted in [Heard::ListChanged("tools"), Heard::Updated(row)] {
                    heard.push(person.recorder.wait_for(|heard| *heard == wanted).await.is_some());
                }
            }
            Some(mut stream) => {
                for _ in 0..2 {
                    let next = tokio::time::timeout(std::time::Duration::from_secs(10), stream.next()).await?;
                    heard.push(next?.is_some());
                }
            }
        }
        tour.show(&revision.to_string(), "notifications/tools/list_changed, notifications/resources/updated");
        tour.check("both were heard", heard == [true, true]);
        let rolled = call(&client, "roll_dice", json!({"dice": 3})).await?;
        tour.show("roll_dice", text(&rolled));
        tour.check(
            "the tool that was switched on is there",
            !is_error(&rolled) && client.list_all_tools().await?.len() == hidden + 1,
        );
        call(&client, "set_feature", json!({"name": "dice", "enabled": false})).await?;
        client.cancel().await?;
    }
    Ok(())
}
