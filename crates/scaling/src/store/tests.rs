//! One contract for every store: in this process, and Redis' protocol against the stand-in.

use std::future::pending;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

const LONG: Duration = Duration::from_secs(60);

async fn stand_in() -> (Arc<dyn Store>, tokio::task::JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("redis://{}", listener.local_addr().expect("an address"));
    let served = tokio::spawn(serve(listener, pending()));
    (open(Some(&url.into())).expect("a store"), served)
}

#[tokio::test]
async fn in_this_process() {
    contract(Arc::new(Keyspace::default())).await.expect("kept");
}

#[tokio::test]
async fn over_redis_protocol_against_the_stand_in() {
    let (store, _served) = stand_in().await;
    contract(store).await.expect("kept");
}

#[tokio::test(start_paused = true)]
async fn connections_that_say_nothing_take_nobodys_place_for_long() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let _served = tokio::spawn(serve(listener, pending()));
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(TcpStream::connect(address).await.expect("a connection"));
    }
    let mut late = TcpStream::connect(address).await.expect("a connection");
    late.write_all(b"*1\r\n$4\r\nPING\r\n").await.expect("written");
    let mut answer = [0; 7];
    late.read_exact(&mut answer).await.expect("an answer, once there is room");
    assert_eq!(&answer, b"+PONG\r\n");
}

#[tokio::test]
async fn a_store_that_is_not_there_says_so_in_time() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let store = open(Some(&format!("redis://{free}").into())).expect("opened without a connection");
    let began = std::time::Instant::now();
    assert_eq!(store.get("a").await, Err(StoreError::Unavailable));
    assert!(began.elapsed() < 3 * COMMAND_DEADLINE);
    // It comes back by itself.
    let listener = TcpListener::bind(free).await.expect("the same port");
    let _served = tokio::spawn(serve(listener, pending()));
    let back = async {
        while store.set("a", "b", LONG).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back).await.expect("it is back");
}

#[tokio::test]
async fn a_url_with_a_password_stays_out_of_errors() {
    let error = open(Some(&"http://:hunter2@host".into())).err().expect("no URL of Redis");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
