//! What is wrong with what is exchanged.

use super::super::errors::EntraError;
use super::person::declined;

pub(in super::super) fn bad_grant(what: &str) -> EntraError {
    let text = format!("The provided value for the '{what}' parameter is not valid.");
    EntraError::new(70_000, "invalid_grant", text)
}

pub(in super::super) fn expired() -> EntraError {
    let text = "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive \
                authorization request for this user and resource.";
    EntraError::new(70_008, "invalid_grant", text)
}

pub(in super::super) fn redeemed() -> EntraError {
    let text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing \
                refresh token.";
    EntraError::new(54_005, "invalid_grant", text)
}

pub(in super::super) fn wrong_verifier() -> EntraError {
    let text = "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
    EntraError::new(501_481, "invalid_grant", text)
}

pub(in super::super) fn other_reply_address(now: &str, before: &str) -> EntraError {
    let text = format!(
        "The reply address '{now}' does not match the reply address '{before}' provided when requesting Authorization \
         code."
    );
    EntraError::new(500_112, "invalid_grant", text)
}

pub(in super::super) fn revoked() -> EntraError {
    let text = "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might \
                have changed or reset their password.";
    EntraError::new(50_173, "invalid_grant", text).suberror("bad_token")
}

pub(in super::super) fn no_jwt() -> EntraError {
    EntraError::new(50_027, "invalid_request", "JWT token is invalid or malformed.")
}

pub(in super::super) fn bad_assertion() -> EntraError {
    let text = "Assertion failed signature validation. [Reason - The provided signature value did not match the \
                expected signature value.]";
    EntraError::new(50_013, "invalid_grant", text)
}

pub(in super::super) fn old_assertion() -> EntraError {
    let text = "Assertion is not within its valid time range. Ensure that the access token is not expired before using \
                it for user assertion, or request a new token.";
    EntraError::new(500_133, "invalid_grant", text)
}

pub(in super::super) fn other_audience(found: &str, uri: &str, id: &str, name: &str) -> EntraError {
    let text = format!(
        "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was \
         '{found}' and the expected audience is '{uri}' or one of the Application Uris of this application with App ID \
         '{id}'({name}). The downstream client must request a token for the expected audience (the application that \
         made the OBO request) and this application should use that token as the assertion."
    );
    EntraError::new(500_131, "invalid_grant", text)
}

pub(in super::super) fn no_person(id: &str) -> EntraError {
    let text = format!("Application '{id}' is not allowed to make application on-behalf-of calls.");
    EntraError::new(7_000_114, "invalid_grant", text)
}

pub(in super::super) fn pending() -> EntraError {
    let text = "OAuth 2.0 device flow error. Authorization is pending. Continue polling.";
    EntraError::new(70_016, "authorization_pending", text)
}

pub(in super::super) fn device_expired() -> EntraError {
    let text = "The provided value for the input parameter 'device_code' is not valid. This device code has expired.";
    EntraError::new(70_020, "expired_token", text)
}

pub(in super::super) fn device_declined() -> EntraError {
    EntraError { error: "authorization_declined", ..declined() }
}

pub(in super::super) fn unknown_device() -> EntraError {
    let text = "The provided value for the input parameter 'device_code' is not valid.";
    EntraError::new(70_018, "bad_verification_code", text)
}
