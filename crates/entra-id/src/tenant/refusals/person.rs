//! What a person has not done yet, or will not do.

use super::super::errors::EntraError;

pub(in super::super) fn wrong_password() -> EntraError {
    EntraError::new(50_126, "invalid_grant", "Error validating credentials due to invalid username or password.")
}

pub(in super::super) fn locked() -> EntraError {
    let text = "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.";
    EntraError::new(50_053, "invalid_grant", text)
}

pub(in super::super) fn stranger(user: &str, tenant: &str, app: &str, name: &str) -> EntraError {
    let text = format!(
        "User account '{user}' does not exist in tenant '{tenant}' and cannot access the application '{app}'({name}) \
         in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in \
         again with a different account."
    );
    EntraError::new(50_020, "invalid_request", text)
}

pub(in super::super) fn sign_in_needed() -> EntraError {
    let text = "Session information is not sufficient for single-sign-on.";
    EntraError::new(50_058, "login_required", text)
}

pub(in super::super) fn not_consented(app: &str, name: &str) -> EntraError {
    let text = format!(
        "The user or administrator has not consented to use the application with ID '{app}' named '{name}'. Send an \
         interactive authorization request for this user and resource."
    );
    EntraError::new(65_001, "invalid_grant", text).suberror("consent_required")
}

pub(in super::super) fn declined() -> EntraError {
    EntraError::new(65_004, "access_denied", "User declined to consent to access the app.").suberror("cancel")
}

pub(in super::super) fn admin_needed(name: &str) -> EntraError {
    let text = format!(
        "{name} needs permission to access resources in your organization that only an admin can grant. Please ask an \
         admin to grant permission to this app before you can use it."
    );
    EntraError::new(90_094, "access_denied", text)
}

/// Conditional access: `claims` is what the next authorization request has to carry.
pub(in super::super) fn second_factor(resource: &str, has_one: bool, claims: String) -> EntraError {
    let (code, what) = if has_one { (50_076, "use") } else { (50_079, "enroll in") };
    let text = format!(
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must \
         {what} multi-factor authentication to access '{resource}'."
    );
    let error = EntraError::new(code, "interaction_required", text).suberror("basic_action");
    EntraError { claims: Some(claims), ..error }
}
