use super::*;

async fn ask(prompt: &str, sampling: Sampling) -> ChatReply {
    let request = ChatRequest { messages: vec![Message::user(prompt)], sampling, ..ChatRequest::default() };
    Embedded::shared().chat(&request).await.expect("an answer")
}

#[tokio::test]
async fn look() {
    let begin = std::time::Instant::now();
    let model = Embedded::shared();
    eprintln!("trained in {:?}, {} tokens", begin.elapsed(), model.model().vocabulary_size());
    for t in [0.0, 0.7, 1.0] {
        let begin = std::time::Instant::now();
        let reply = ask("The server", Sampling { temperature: Some(t), seed: Some(1), ..Sampling::default() }).await;
        eprintln!("{:?} {reply:?}", begin.elapsed());
    }
    let text = corpus::training();
    for order in 1..=4 {
        let m = NgramModel::train(&text, order);
        eprintln!(
            "{order}: {} {} adapted {}",
            m.perplexity(corpus::HELD_OUT),
            m.perplexity(&text),
            m.adapted(corpus::HELD_OUT).perplexity(corpus::HELD_OUT)
        );
        let a = m.adapted("The zebra eats servers.");
        eprintln!(
            "{} {}",
            m.distribution("of the").iter().map(|x| x.1).sum::<f64>(),
            a.distribution("eats the").iter().map(|x| x.1).sum::<f64>()
        );
    }
}
