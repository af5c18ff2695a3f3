//! 10 000 token requests within a minute: the limits hold, and whoever has not sent them does not notice.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use mcp_support::testing::PATIENCE;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::watch,
};

use crate::fixture::{CONFIDENTIAL, Running, SECRET};

const CONNECTIONS: usize = 8;
/// Of each connection: requests of one client with its right secret, and requests under names that nobody has.
const OWN: usize = 250;
const STRANGERS: usize = 1000;
const ALL: usize = CONNECTIONS * (OWN + STRANGERS);
const _: () = assert!(ALL == 10_000);

/// Sends a form over a kept connection, and returns the status of the answer once it is whole.
async fn post(stream: &mut BufReader<TcpStream>, authorization: &str) -> anyhow::Result<u16> {
    let form = "grant_type=client_credentials&scope=mcp.access";
    let request = format!(
        "POST /oauth2/token HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic {}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        BASE64_STANDARD.encode(authorization),
        form.len()
    );
    stream.get_mut().write_all(request.as_bytes()).await?;
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        anyhow::ensure!(stream.read_line(&mut line).await? > 0, "the connection was closed");
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest.split(' ').next().unwrap_or_default().parse()?;
        } else if let Some(rest) = line.strip_prefix("content-length: ") {
            length = rest.parse()?;
        } else if line.is_empty() {
            break;
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    Ok(status)
}

/// Answers, by status.
type Counts = BTreeMap<u16, usize>;

async fn flood(address: String, connection: usize, answered: watch::Sender<usize>) -> anyhow::Result<(Counts, Counts)> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    let (mut own, mut strangers) = (Counts::new(), Counts::new());
    for number in 0..OWN + STRANGERS {
        // Both kinds from the beginning to the end.
        if number % 5 == 0 {
            *own.entry(post(&mut stream, &format!("{CONFIDENTIAL}:{SECRET}")).await?).or_default() += 1;
        } else {
            *strangers.entry(post(&mut stream, &format!("{connection}-{number}:x")).await?).or_default() += 1;
        }
        answered.send_modify(|answered| *answered += 1);
    }
    Ok((own, strangers))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_token_requests_a_minute() -> anyhow::Result<()> {
    let running = Running::start().await?;
    // What a good client does afterwards, and how it begins.
    let codes = [running.code("ada").await?, running.code("grace").await?];
    let began = Instant::now();
    let (answered, mut count) = watch::channel(0);
    let address = running.server.address();
    let floods = (0..CONNECTIONS).map(|number| tokio::spawn(flood(address.to_owned(), number, answered.clone())));
    let flooding = futures::future::join_all(floods);
    let during = async {
        count.wait_for(|answered| *answered >= ALL / 5).await?;
        let asked = Instant::now();
        let answer = running.exchange(&codes[0], &[]).await?;
        anyhow::Ok((answer, asked.elapsed(), *count.borrow()))
    };
    let (floods, during) = tokio::join!(flooding, during);
    let took = began.elapsed();
    let (during, waited, answered) = during?;
    assert_eq!(during.status, 200, "in the middle of it: {during:?}");
    assert!(waited < PATIENCE && answered < ALL, "and soon: {waited:?}, {answered}");

    let (mut own, mut strangers) = (Counts::new(), Counts::new());
    for one in floods {
        let (some_own, some_strangers) = one??;
        for (all, some) in [(&mut own, some_own), (&mut strangers, some_strangers)] {
            some.into_iter().for_each(|(status, count)| *all.entry(status).or_insert(0) += count);
        }
    }
    assert_eq!(own.values().chain(strangers.values()).sum::<usize>(), ALL);
    assert!(took < Duration::from_secs(60), "it has to fit into one window: {took:?}");
    assert_eq!(own, BTreeMap::from([(200, 600), (429, CONNECTIONS * OWN - 600)]), "its own limit");
    assert_eq!(
        strangers,
        BTreeMap::from([(401, 6000), (429, CONNECTIONS * STRANGERS - 6000)]),
        "that of all strangers"
    );

    let form = [("grant_type", "x"), ("client_id", CONFIDENTIAL)];
    let answer = running.post("/oauth2/token", None, &form).await?;
    assert_eq!((answer.status.as_u16(), answer.headers["retry-after"].to_str()?), (429, "60"));
    let after = running.exchange(&codes[1], &[]).await?;
    assert_eq!(after.status, 200, "another client, after it: {after:?}");
    assert_eq!(running.json("/oauth2/jwks").await?["keys"].as_array().map(Vec::len), Some(2));
    Ok(())
}
