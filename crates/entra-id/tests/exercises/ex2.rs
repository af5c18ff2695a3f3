//! Several tenants, and no others.

use crate::ex2_several_tenants::is_allowed;

const TEMPLATE: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";
const OURS: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
const PARTNER: &str = "f2ba8434-0d21-4ba6-9f5c-6a3df1b0f9a2";
const STRANGER: &str = "00ec0ffe-604b-40ac-a9d7-9fd97c0b779f";

fn issuer(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

#[test]
fn tenants_on_the_list() {
    for tenant in [OURS, PARTNER] {
        assert!(is_allowed(TEMPLATE, &[OURS, PARTNER], &issuer(tenant), tenant), "{tenant}");
    }
    assert!(is_allowed(TEMPLATE, &[&OURS.to_uppercase()], &issuer(OURS), OURS), "the list's upper case is no matter");
}

#[test]
fn nobody_else() {
    assert!(!is_allowed(TEMPLATE, &[OURS], &issuer(STRANGER), STRANGER), "not on the list");
    assert!(!is_allowed(TEMPLATE, &[OURS], &issuer(STRANGER), OURS), "the issuer is another's");
    assert!(!is_allowed(TEMPLATE, &[OURS, PARTNER], &issuer(OURS), PARTNER), "the two do not fit");
    assert!(!is_allowed(TEMPLATE, &[], &issuer(OURS), OURS), "an empty list lets nobody in");
    for iss in [TEMPLATE.to_owned(), format!("{}/", issuer(OURS)), issuer(OURS).replace("v2.0", "v1.0"), String::new()]
    {
        assert!(!is_allowed(TEMPLATE, &[OURS], &iss, OURS), "{iss}");
    }
    assert!(!is_allowed(
        "https://login.microsoftonline.com/v2.0",
        &[OURS],
        "https://login.microsoftonline.com/v2.0",
        OURS
    ));
}
