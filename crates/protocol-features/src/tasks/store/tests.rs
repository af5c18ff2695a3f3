//! The store by itself.

use serde_json::json;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn object(value: Value) -> JsonObject {
    value.as_object().cloned().expect("an object")
}

#[tokio::test]
async fn a_task_is_its_owners_and_ends_once() -> Result<(), StoreError> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path())?;
    let id = store.create("ana", json!({"rows": 1}), false, HOUR).await?.task_id;
    assert!(store.get("bo", &id).await?.is_none() && !store.cancel("bo", &id).await?);
    assert!(!store.answer("bo", &id, InputResponses::new()).await?);
    assert!(store.checkpoint(&id, json!(1), "half".into()).await?);
    assert!(store.finish(&id, Ok(object(json!({"content": []})))).await?);
    assert!(!store.finish(&id, Err(object(json!({})))).await?, "it has ended");
    assert!(!store.checkpoint(&id, json!(2), "more".into()).await?);
    assert!(store.cancel("ana", &id).await?, "acknowledged, and without effect");
    let task = store.get("ana", &id).await?.expect("it is there");
    assert_eq!(task.status(), TaskStatus::Completed);
    Ok(())
}

#[tokio::test]
async fn what_the_dead_left_is_taken_over_once_and_given_up_in_the_end() -> Result<(), StoreError> {
    let folder = tempfile::tempdir()?;
    let first = Store::open(folder.path())?;
    let id = first.create("ana", json!({}), false, HOUR).await?.task_id;
    first.checkpoint(&id, json!({"done": 5}), String::new()).await?;
    let second = Store::open(folder.path())?;
    assert!(second.adopt().await?.is_empty(), "the first still lives");
    drop(first);
    assert_eq!(second.adopt().await?, std::slice::from_ref(&id));
    assert_eq!(second.work(&id).await?.expect("mine").checkpoint, json!({"done": 5}));
    assert!(second.adopt().await?.is_empty());
    assert!(second.checkpoint(&id, json!({"done": 6}), String::new()).await?, "it gets further, so it is not given up");
    drop(second);
    for _ in 1..MAX_STARTS {
        let next = Store::open(folder.path())?;
        assert_eq!(next.adopt().await?.len(), 1);
    }
    let last = Store::open(folder.path())?;
    assert!(last.adopt().await?.is_empty(), "nobody got any further with it");
    let task = last.get("ana", &id).await?.expect("it is there");
    assert_eq!(task.status(), TaskStatus::Failed);
    Ok(())
}

#[tokio::test]
async fn questions_wait_for_their_own_answers() -> Result<(), StoreError> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path())?;
    let id = store.create("ana", json!({}), true, HOUR).await?.task_id;
    let question = json!({"color": {"method": "elicitation/create", "params": {"mode": "form", "message": "?",
        "requestedSchema": {"type": "object", "properties": {}}}}});
    let questions: InputRequests = serde_json::from_value(question)?;
    assert!(store.ask(&id, &questions, "waiting".into()).await?);
    assert_eq!(store.get("ana", &id).await?.map(|task| task.status()), Some(TaskStatus::InputRequired));
    let answer =
        |key: &str| -> InputResponses { serde_json::from_value(json!({key: {"action": "decline"}})).expect("answers") };
    assert!(store.answer("ana", &id, answer("other")).await?);
    assert_eq!(store.get("ana", &id).await?.map(|task| task.status()), Some(TaskStatus::InputRequired));
    assert!(store.answer("ana", &id, answer("color")).await?);
    assert_eq!(store.get("ana", &id).await?.map(|task| task.status()), Some(TaskStatus::Working));
    assert_eq!(store.work(&id).await?.expect("mine").answers.len(), 1);
    Ok(())
}

#[tokio::test]
async fn their_number_and_their_life_are_bounded() -> Result<(), StoreError> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path())?;
    for _ in 0..MAX_UNFINISHED {
        store.create("ana", json!({}), false, HOUR).await?;
    }
    assert!(matches!(store.create("ana", json!({}), false, HOUR).await, Err(StoreError::TooMany)));
    let gone = store.create("bo", json!({}), false, Duration::ZERO).await?.task_id;
    assert!(store.get("bo", &gone).await?.is_none() && store.work(&gone).await?.is_none());
    Ok(())
}
