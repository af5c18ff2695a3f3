//! What is wrong with a request.

use super::super::errors::EntraError;

pub(in super::super) fn missing(parameter: &str) -> EntraError {
    let text = format!("The request body must contain the following parameter: '{parameter}'.");
    EntraError::new(900_144, "invalid_request", text)
}

pub(in super::super) fn malformed(why: &str) -> EntraError {
    EntraError::new(9_002_313, "invalid_request", format!("Invalid request. Request is malformed or invalid. {why}"))
}

pub(in super::super) fn unknown_tenant(tenant: &str) -> EntraError {
    let text = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
         correct cloud. Check with your subscription administrator, this may happen if there are no active \
         subscriptions for the tenant."
    );
    EntraError::new(90_002, "invalid_request", text)
}

pub(in super::super) fn no_tenant() -> EntraError {
    let text = "Tenant-identifying information not found in either the request or implied by any provided credentials.";
    EntraError::new(50_059, "invalid_request", text)
}

pub(in super::super) fn unsupported_grant(grant: &str) -> EntraError {
    EntraError::new(70_003, "unsupported_grant_type", format!("The app requested an unsupported grant type '{grant}'."))
}

pub(in super::super) fn invalid_scope(scope: &str) -> EntraError {
    let text =
        format!("The provided value for the input parameter 'scope' is not valid. The scope '{scope}' is not valid.");
    EntraError::new(70_011, "invalid_scope", text)
}

pub(in super::super) fn not_default(scope: &str) -> EntraError {
    let text = format!(
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
         /.default suffixed to the resource identifier (application ID URI)."
    );
    EntraError::new(1_002_012, "invalid_scope", text)
}

pub(in super::super) fn several_resources(scope: &str) -> EntraError {
    let text = format!(
        "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope \
         {scope} is not valid."
    );
    EntraError::new(28_000, "invalid_request", text)
}

pub(in super::super) fn unknown_resource(resource: &str, tenant: &str) -> EntraError {
    let text = format!(
        "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You might have sent your authentication request to the wrong tenant."
    );
    EntraError::new(500_011, "invalid_resource", text)
}

pub(in super::super) fn unknown_scope(app: &str, scope: &str, resource: &str) -> EntraError {
    let text = format!(
        "The application '{app}' asked for scope '{scope}' that doesn't exist on the resource '{resource}'. Contact \
         the app vendor."
    );
    EntraError::new(650_053, "invalid_client", text)
}

pub(in super::super) fn other_resource() -> EntraError {
    let text = "The resource parameter provided in the request doesn't match with the requested scopes.";
    EntraError::new(9_010_010, "invalid_target", text)
}

pub(in super::super) fn for_itself(id: &str, name: &str) -> EntraError {
    let text = format!(
        "Application '{id}'({name}) is requesting a token for itself. This scenario is supported only if resource is \
         specified using the GUID based App Identifier."
    );
    EntraError::new(90_009, "invalid_request", text)
}

pub(in super::super) fn response_type() -> EntraError {
    let text = "response_type 'code' is the only one that is enabled for the application.";
    EntraError::new(700_051, "unsupported_response_type", text)
}

pub(in super::super) fn no_challenge() -> EntraError {
    let text = "Proof Key for Code Exchange is required for authorization code redemption.";
    EntraError::new(9_002_325, "invalid_request", text)
}

pub(in super::super) fn bad_challenge() -> EntraError {
    EntraError::new(501_491, "invalid_request", "Invalid size of Code_Challenge parameter.")
}

pub(in super::super) fn not_s256() -> EntraError {
    EntraError::new(50_147, "invalid_request", "The code challenge is missing, or its method is not S256.")
}
