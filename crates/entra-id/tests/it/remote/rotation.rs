//! Keys that rotate while requests are in flight.

use mcp_support::{client::Revision, testing::auth::SigningKey};

use super::fixture::{READ, Running};

#[tokio::test]
async fn key_rotation_in_flight_loses_no_request() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let old = running.token("ada", READ);
    assert_eq!(running.call(Revision::Modern, &old, "whoami").await?.status, 200);
    running.fake.state().keys.push(SigningKey::rs256("key-2")?);
    let new = running.token("ada", READ);
    // Both kinds at once: the new key is fetched once for all who need it, and the old one stays good.
    let calls = (0..30)
        .map(|number| running.call(Revision::ALL[number % 2], if number % 3 == 0 { &old } else { &new }, "whoami"));
    for reply in futures::future::join_all(calls).await {
        let reply = reply?;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    Ok(())
}
