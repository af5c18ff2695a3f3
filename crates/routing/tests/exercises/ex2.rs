//! A region from a header.

use mcp_routing::context::Region;

use crate::ex2_region_header::region_of;

#[test]
fn any_case_and_no_header_at_all() {
    for name in ["mcp-param-region", "Mcp-Param-Region", "MCP-PARAM-REGION"] {
        assert_eq!(region_of(&[("accept", "*/*"), (name, "eu")]), Ok(Some(Region::Eu)), "{name}");
    }
    assert_eq!(region_of(&[("mcp-param-city", "oslo")]), Ok(None));
    assert_eq!(region_of(&[]), Ok(None));
}

#[test]
fn encoded_values() {
    assert_eq!(region_of(&[("Mcp-Param-Region", "=?base64?YXNpYQ==?=")]), Ok(Some(Region::Asia)));
    for bad in ["=?base64?!!!?=", "=?base64?/w==?=", "=?base64?bWFycw==?="] {
        assert!(region_of(&[("Mcp-Param-Region", bad)]).is_err(), "{bad}");
    }
}

#[test]
fn what_could_mean_two_things_is_refused() {
    assert!(region_of(&[("mcp-param-region", "eu"), ("Mcp-Param-Region", "us")]).is_err());
    assert!(region_of(&[("mcp-param-region", "eu"), ("mcp-param-region", "eu")]).is_err());
    for bad in ["", "EU", " eu", "mars", "eu,us"] {
        assert!(region_of(&[("mcp-param-region", bad)]).is_err(), "{bad:?}");
    }
}
