//! Scenario 1: the server on stdio.

use std::time::Duration;

use mcp_support::{
    client::{Recorder, Revision, call},
    demo::Tour,
};
use rmcp::model::CallToolResult;
use secrecy::ExposeSecret;
use serde_json::json;

use super::{
    Stage, parameter,
    person::{Does, code_in, come_back, enter, visit},
    text,
};
use crate::tenant::{Control, known};

const TOOL: &str = "get_user_details_from_graph";

pub(super) async fn steps(tour: &mut Tour, stage: &Stage) -> anyhow::Result<()> {
    first_call(tour, stage).await?;
    forged_answer(tour, stage).await?;
    second_factor(tour, stage).await?;
    by_link(tour, stage).await?;
    device_code(tour, stage).await
}

fn is_of(result: &CallToolResult, user: &str) -> bool {
    result.structured_content.as_ref().is_some_and(|user_details| user_details["user_principal_name"] == user)
}

async fn first_call(tour: &mut Tour, stage: &Stage) -> anyhow::Result<()> {
    tour.step("The first call sends the person to Entra; the model and the client see a link, and never a token");
    let person = stage.person(Does::SignsIn(known::ADA));
    let client = stage.local(tour, Revision::Modern, person.clone(), &[]).await?;
    let result = call(&client, TOOL, json!({})).await?;
    let link = person.link().await?;
    for name in ["scope", "redirect_uri", "code_challenge_method", "code_challenge"] {
        tour.show(name, parameter(&link, name));
    }
    tour.show("the answer", text(&result));
    tour.check("Ada has signed in, and Graph says who she is", is_of(&result, known::ADA));

    tour.step("The second call is silent: the token is in the cache");
    let result = call(&client, TOOL, json!({})).await?;
    let status = call(&client, "auth_status", json!({})).await?;
    tour.show("auth_status", text(&status));
    tour.check("nobody was asked again", is_of(&result, known::ADA) && person.asked().len() == 1);

    tour.step("An administrator ends the session: Graph refuses the token, and says what the next one has to fulfil");
    // A sign-in counts from the second in which it was made.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    stage.tenant.control(Control::RevokeSessions { user: known::ADA.to_owned() }).await?;
    let result = call(&client, TOOL, json!({})).await?;
    let claims = person.asked().last().map(|(_, link)| parameter(link, "claims")).unwrap_or_default();
    tour.show("claims", &claims);
    tour.check("the challenge went along, and Ada has signed in anew", is_of(&result, known::ADA));
    tour.check("it is a sign-in that has to be newer", claims.contains("nbf"));

    tour.step("Signing out forgets every token here, and shows where the browser's session ends");
    let result = call(&client, "sign_out", json!({})).await?;
    let status = call(&client, "auth_status", json!({})).await?;
    tour.show("the answer", text(&result));
    let signed_in = status.structured_content.as_ref().map(|status| status["signed_in"].clone());
    tour.check("nobody is signed in", signed_in == Some(json!(false)));
    client.cancel().await?;
    Ok(())
}

async fn forged_answer(tour: &mut Tour, stage: &Stage) -> anyhow::Result<()> {
    tour.step("Somebody else's code at the waiting port changes nothing: `state` tells the answer from a forgery");
    let person = stage.person(Does::Nothing);
    let client = stage.local(tour, Revision::Legacy, person.clone(), &[]).await?;
    let forging = async {
        let link = person.link().await?;
        let forged = format!("{}/?code=of-a-thief&state=made-up", parameter(&link, "redirect_uri"));
        let (status, _) = come_back(&forged).await?;
        let password = stage.tenant.password().expose_secret();
        visit(&link, &Does::SignsIn(known::GRACE), password).await?;
        anyhow::Ok(status)
    };
    let (result, status) = tokio::join!(call(&client, TOOL, json!({})), forging);
    tour.check("the forgery is refused (400)", status? == 400);
    tour.check("and the person's own answer still counts", is_of(&result?, known::GRACE));
    client.cancel().await?;
    Ok(())
}

async fn second_factor(tour: &mut Tour, stage: &Stage) -> anyhow::Result<()> {
    tour.step(
        "Conditional Access: who has to prove more does it on Entra's pages, and this server knows nothing of it",
    );
    let person = stage.person(Does::SignsIn(known::MIA));
    let client = stage.local(tour, Revision::Legacy, person, &[]).await?;
    let result = call(&client, TOOL, json!({})).await?;
    tour.check("Mia has shown a second factor", is_of(&result, known::MIA));
    client.cancel().await?;
    Ok(())
}

async fn by_link(tour: &mut Tour, stage: &Stage) -> anyhow::Result<()> {
    tour.step("A client that cannot send anybody to a page gets the link in the answer, for its person");
    let client = stage.local(tour, Revision::Modern, Recorder::default(), &[]).await?;
    let result = call(&client, TOOL, json!({})).await?;
    tour.show("the answer", text(&result).split('?').next().unwrap_or_default());
    tour.check("it is an error that says what helps", result.is_error == Some(true));
    let link = text(&result).split("then call again: ").nth(1).unwrap_or_default();
    visit(link, &Does::SignsIn(known::ADA), stage.tenant.password().expose_secret()).await?;
    let result = call(&client, TOOL, json!({})).await?;
    tour.check("the next call has the profile", is_of(&result, known::ADA));
    client.cancel().await?;
    Ok(())
}

async fn device_code(tour: &mut Tour, stage: &Stage) -> anyhow::Result<()> {
    tour.step("A machine without a browser: the person enters a code on another one");
    let client = stage.local(tour, Revision::Modern, Recorder::default(), &[("ENTRA_DEVICE_CODE", "true")]).await?;
    let result = call(&client, TOOL, json!({})).await?;
    tour.show("the answer", text(&result));
    let code = code_in(text(&result)).unwrap_or_default();
    let page = format!("{}devicelogin", stage.tenant.authority());
    enter(&page, &code, &Does::SignsIn(known::ADA), stage.tenant.password().expose_secret()).await?;
    let result = call(&client, TOOL, json!({})).await?;
    tour.check("the server has asked until it was done", is_of(&result, known::ADA));
    client.cancel().await?;
    Ok(())
}
