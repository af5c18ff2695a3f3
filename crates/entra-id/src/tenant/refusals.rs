//! The refusals by name: what is wrong, in the words of Entra, with the code that people search for.

use super::errors::EntraError;

// The request.

pub(super) fn missing(parameter: &str) -> EntraError {
    let text = format!("The request body must contain the following parameter: '{parameter}'.");
    EntraError::new(900_144, "invalid_request", text)
}

pub(super) fn malformed(why: &str) -> EntraError {
    EntraError::new(9_002_313, "invalid_request", format!("Invalid request. Request is malformed or invalid. {why}"))
}

pub(super) fn unknown_tenant(tenant: &str) -> EntraError {
    let text = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
         correct cloud. Check with your subscription administrator, this may happen if there are no active \
         subscriptions for the tenant."
    );
    EntraError::new(90_002, "invalid_request", text)
}

pub(super) fn no_tenant() -> EntraError {
    let text = "Tenant-identifying information not found in either the request or implied by any provided credentials.";
    EntraError::new(50_059, "invalid_request", text)
}

pub(super) fn unsupported_grant(grant: &str) -> EntraError {
    EntraError::new(70_003, "unsupported_grant_type", format!("The app requested an unsupported grant type '{grant}'."))
}

// The app.

pub(super) fn unknown_app(id: &str, tenant: &str) -> EntraError {
    let text = format!(
        "Application with identifier '{id}' was not found in the directory '{tenant}'. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You may have sent your authentication request to the wrong tenant."
    );
    EntraError::new(700_016, "unauthorized_client", text)
}

pub(super) fn single_tenant(id: &str, name: &str) -> EntraError {
    let text = format!(
        "Application '{id}'({name}) is not configured as a multi-tenant application. Usage of the /common endpoint is \
         not supported for such apps. Use a tenant-specific endpoint or configure the application to be multi-tenant."
    );
    EntraError::new(50_194, "invalid_request", text)
}

pub(super) fn no_credential() -> EntraError {
    let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
    EntraError::new(7_000_218, "invalid_client", text)
}

pub(super) fn wrong_secret(id: &str) -> EntraError {
    let text = format!(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not \
         the client secret ID, for a secret added to app '{id}'."
    );
    EntraError::new(7_000_215, "invalid_client", text)
}

pub(super) fn credential_of_a_public_client() -> EntraError {
    let text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
    EntraError::new(700_025, "invalid_client", text)
}

pub(super) fn wrong_redirect(uri: &str, app: &str) -> EntraError {
    let text = format!(
        "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the \
         application '{app}'. Make sure the redirect URI sent in the request matches one added to your application."
    );
    EntraError::new(50_011, "invalid_request", text)
}

// What is asked for.

pub(super) fn invalid_scope(scope: &str) -> EntraError {
    let text =
        format!("The provided value for the input parameter 'scope' is not valid. The scope '{scope}' is not valid.");
    EntraError::new(70_011, "invalid_scope", text)
}

pub(super) fn not_default(scope: &str) -> EntraError {
    let text = format!(
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
         /.default suffixed to the resource identifier (application ID URI)."
    );
    EntraError::new(1_002_012, "invalid_scope", text)
}

pub(super) fn several_resources(scope: &str) -> EntraError {
    let text = format!(
        "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope \
         {scope} is not valid."
    );
    EntraError::new(28_000, "invalid_request", text)
}

pub(super) fn unknown_resource(resource: &str, tenant: &str) -> EntraError {
    let text = format!(
        "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You might have sent your authentication request to the wrong tenant."
    );
    EntraError::new(500_011, "invalid_resource", text)
}

pub(super) fn unknown_scope(app: &str, scope: &str, resource: &str) -> EntraError {
    let text = format!(
        "The application '{app}' asked for scope '{scope}' that doesn't exist on the resource '{resource}'. Contact \
         the app vendor."
    );
    EntraError::new(650_053, "invalid_client", text)
}

pub(super) fn other_resource() -> EntraError {
    let text = "The resource parameter provided in the request doesn't match with the requested scopes.";
    EntraError::new(9_010_010, "invalid_target", text)
}

pub(super) fn for_itself(id: &str, name: &str) -> EntraError {
    let text = format!(
        "Application '{id}'({name}) is requesting a token for itself. This scenario is supported only if resource is \
         specified using the GUID based App Identifier."
    );
    EntraError::new(90_009, "invalid_request", text)
}

// The person.

pub(super) fn wrong_password() -> EntraError {
    EntraError::new(50_126, "invalid_grant", "Error validating credentials due to invalid username or password.")
}

pub(super) fn locked() -> EntraError {
    let text = "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.";
    EntraError::new(50_053, "invalid_grant", text)
}

pub(super) fn stranger(user: &str, tenant: &str, app: &str, name: &str) -> EntraError {
    let text = format!(
        "User account '{user}' does not exist in tenant '{tenant}' and cannot access the application '{app}'({name}) \
         in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in \
         again with a different account."
    );
    EntraError::new(50_020, "invalid_request", text)
}

pub(super) fn sign_in_needed() -> EntraError {
    let text = "Session information is not sufficient for single-sign-on.";
    EntraError::new(50_058, "login_required", text)
}

pub(super) fn not_consented(app: &str, name: &str) -> EntraError {
    let text = format!(
        "The user or administrator has not consented to use the application with ID '{app}' named '{name}'. Send an \
         interactive authorization request for this user and resource."
    );
    EntraError::new(65_001, "invalid_grant", text).suberror("consent_required")
}

pub(super) fn declined() -> EntraError {
    EntraError::new(65_004, "access_denied", "User declined to consent to access the app.").suberror("cancel")
}

pub(super) fn admin_needed(name: &str) -> EntraError {
    let text = format!(
        "{name} needs permission to access resources in your organization that only an admin can grant. Please ask an \
         admin to grant permission to this app before you can use it."
    );
    EntraError::new(90_094, "access_denied", text)
}

/// Conditional access: `claims` is what the next authorization request has to carry.
pub(super) fn second_factor(resource: &str, has_one: bool, claims: String) -> EntraError {
    let (code, what) = if has_one { (50_076, "use") } else { (50_079, "enroll in") };
    let text = format!(
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must \
         {what} multi-factor authentication to access '{resource}'."
    );
    let error = EntraError::new(code, "interaction_required", text).suberror("basic_action");
    EntraError { claims: Some(claims), ..error }
}

// What is exchanged.

pub(super) fn bad_grant(what: &str) -> EntraError {
    let text = format!("The provided value for the '{what}' parameter is not valid.");
    EntraError::new(70_000, "invalid_grant", text)
}

pub(super) fn expired() -> EntraError {
    let text = "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive \
                authorization request for this user and resource.";
    EntraError::new(70_008, "invalid_grant", text)
}

pub(super) fn redeemed() -> EntraError {
    let text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing \
                refresh token.";
    EntraError::new(54_005, "invalid_grant", text)
}

pub(super) fn wrong_verifier() -> EntraError {
    let text = "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
    EntraError::new(501_481, "invalid_grant", text)
}

pub(super) fn other_reply_address(now: &str, before: &str) -> EntraError {
    let text = format!(
        "The reply address '{now}' does not match the reply address '{before}' provided when requesting Authorization \
         code."
    );
    EntraError::new(500_112, "invalid_grant", text)
}

pub(super) fn revoked() -> EntraError {
    let text = "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might \
                have changed or reset their password.";
    EntraError::new(50_173, "invalid_grant", text).suberror("bad_token")
}

// On behalf of somebody.

pub(super) fn no_jwt() -> EntraError {
    EntraError::new(50_027, "invalid_request", "JWT token is invalid or malformed.")
}

pub(super) fn bad_assertion() -> EntraError {
    let text = "Assertion failed signature validation. [Reason - The provided signature value did not match the \
                expected signature value.]";
    EntraError::new(50_013, "invalid_grant", text)
}

pub(super) fn old_assertion() -> EntraError {
    let text = "Assertion is not within its valid time range. Ensure that the access token is not expired before using \
                it for user assertion, or request a new token.";
    EntraError::new(500_133, "invalid_grant", text)
}

pub(super) fn other_audience(found: &str, uri: &str, id: &str, name: &str) -> EntraError {
    let text = format!(
        "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was \
         '{found}' and the expected audience is '{uri}' or one of the Application Uris of this application with App ID \
         '{id}'({name}). The downstream client must request a token for the expected audience (the application that \
         made the OBO request) and this application should use that token as the assertion."
    );
    EntraError::new(500_131, "invalid_grant", text)
}

pub(super) fn no_person(id: &str) -> EntraError {
    let text = format!("Application '{id}' is not allowed to make application on-behalf-of calls.");
    EntraError::new(7_000_114, "invalid_grant", text)
}

// The authorization request.

pub(super) fn response_type() -> EntraError {
    let text = "response_type 'code' is the only one that is enabled for the application.";
    EntraError::new(700_051, "unsupported_response_type", text)
}

pub(super) fn no_challenge() -> EntraError {
    let text = "Proof Key for Code Exchange is required for authorization code redemption.";
    EntraError::new(9_002_325, "invalid_request", text)
}

pub(super) fn bad_challenge() -> EntraError {
    EntraError::new(501_491, "invalid_request", "Invalid size of Code_Challenge parameter.")
}

pub(super) fn not_s256() -> EntraError {
    EntraError::new(50_147, "invalid_request", "The code challenge is missing, or its method is not S256.")
}
