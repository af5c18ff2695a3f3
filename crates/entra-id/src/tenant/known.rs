//! What stands in the stand-in's directory: tenants, apps and people, by the ids that every start has.

/// The tenant of Meadow Works, whose people and apps are at home here.
pub const TENANT_ID: &str = "5d0c5bb4-9d0f-4c55-9a35-0d5a6c1e7a01";
/// Its domain.
pub const TENANT_DOMAIN: &str = "meadow.example";
/// The tenant of another company.
pub const OTHER_TENANT_ID: &str = "8b7e4f52-3c19-4e0e-8a6d-52c1b9d3f602";
/// Its domain.
pub const OTHER_TENANT_DOMAIN: &str = "harbor.example";

/// The API app of the MCP server: confidential, and calls Graph on behalf of its callers.
pub const SERVER_APP: &str = "2f6c0a1e-71d4-4b8f-b0a6-3e9d5c847b10";
/// The public client of the local server.
pub const LOCAL_APP: &str = "c41d7b93-0e5a-4f26-9b83-7a1f2d60e511";
/// The public client of an MCP host that was registered beforehand.
pub const HOST_APP: &str = "9e3a5d78-64b2-4c01-8f7d-b5c0e2a91f12";
/// A confidential client that acts in its own name.
pub const DAEMON_APP: &str = "71b8e6f4-2a9c-4d37-a5e0-c8f413d62b13";
/// Microsoft Graph, under its real id.
pub const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";
/// The App ID URI of Graph.
pub const GRAPH_URI: &str = "https://graph.microsoft.com";

/// Scope of the API app: look.
pub const SCOPE_READ: &str = "mcp.tools.read";
/// Scope of the API app: act.
pub const SCOPE_EXECUTE: &str = "mcp.tools.execute";
/// App role of people who administer the MCP server.
pub const ROLE_ADMIN: &str = "Mcp.Admin";
/// App role of programs that use the MCP server in their own name.
pub const ROLE_DAEMON: &str = "Mcp.Tools.Read.All";

/// An ordinary employee.
pub const ADA: &str = "ada@meadow.example";
/// Holds the app role [`ROLE_ADMIN`], and administers the tenant: she may grant consent for everybody.
pub const GRACE: &str = "grace@meadow.example";
/// Is under conditional access: Graph is hers only after a second factor.
pub const MIA: &str = "mia@meadow.example";
/// Is under conditional access too, and has no second factor yet.
pub const NOOR: &str = "noor@meadow.example";
/// Is in more groups than a token holds.
pub const OTTO: &str = "otto@meadow.example";
/// Belongs to the other tenant.
pub const VERA: &str = "vera@harbor.example";

/// The group of everybody in Meadow Works who builds things.
pub const GROUP_ENGINEERING: &str = "a1000000-0000-4000-8000-000000000001";
/// The group of those who keep the services running.
pub const GROUP_OPERATIONS: &str = "a1000000-0000-4000-8000-000000000002";
