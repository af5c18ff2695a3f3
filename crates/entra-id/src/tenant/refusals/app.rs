//! What is wrong with an app, or with its proof.

use super::super::errors::EntraError;

pub(in super::super) fn unknown_app(id: &str, tenant: &str) -> EntraError {
    let text = format!(
        "Application with identifier '{id}' was not found in the directory '{tenant}'. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You may have sent your authentication request to the wrong tenant."
    );
    EntraError::new(700_016, "unauthorized_client", text)
}

pub(in super::super) fn single_tenant(id: &str, name: &str) -> EntraError {
    let text = format!(
        "Application '{id}'({name}) is not configured as a multi-tenant application. Usage of the /common endpoint is \
         not supported for such apps. Use a tenant-specific endpoint or configure the application to be multi-tenant."
    );
    EntraError::new(50_194, "invalid_request", text)
}

pub(in super::super) fn no_credential() -> EntraError {
    let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
    EntraError::new(7_000_218, "invalid_client", text)
}

pub(in super::super) fn wrong_secret(id: &str) -> EntraError {
    let text = format!(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not \
         the client secret ID, for a secret added to app '{id}'."
    );
    EntraError::new(7_000_215, "invalid_client", text)
}

pub(in super::super) fn credential_of_a_public_client() -> EntraError {
    let text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
    EntraError::new(700_025, "invalid_client", text)
}

pub(in super::super) fn wrong_redirect(uri: &str, app: &str) -> EntraError {
    let text = format!(
        "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the \
         application '{app}'. Make sure the redirect URI sent in the request matches one added to your application."
    );
    EntraError::new(50_011, "invalid_request", text)
}

pub(in super::super) fn unknown_certificate(reason: &str) -> EntraError {
    let text = format!(
        "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - \
         {reason}]"
    );
    EntraError::new(700_027, "invalid_client", text)
}

pub(in super::super) fn other_app_asserted() -> EntraError {
    let text = "Client assertion application identifier doesn't match 'client_id' parameter.";
    EntraError::new(700_021, "invalid_client", text)
}

pub(in super::super) fn other_realm() -> EntraError {
    EntraError::new(700_023, "invalid_client", "Client assertion audience claim does not match Realm issuer.")
}

pub(in super::super) fn old_client_assertion() -> EntraError {
    EntraError::new(700_024, "invalid_client", "Client assertion is not within its valid time range.")
}

pub(in super::super) fn not_federated(code: u32, what: &str, found: &str) -> EntraError {
    let found: String = found.chars().take(200).collect();
    let text = format!("No matching federated identity record found for presented assertion {what} '{found}'.");
    EntraError::new(code, "invalid_client", text)
}
