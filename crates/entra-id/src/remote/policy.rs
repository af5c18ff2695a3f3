//! Who may call what, in one table.

use std::collections::BTreeSet;

use mcp_support::auth::ScopePolicy;

use super::identity::{Groups, Identity, Kind};

/// Scope of people's clients: tools that only look.
pub const READ: &str = "mcp.tools.read";
/// Scope of people's clients: everything else. Asked for when it is needed (step-up).
pub const EXECUTE: &str = "mcp.tools.execute";
/// App role of programs that use this server in their own name.
pub const PROGRAM_ROLE: &str = "Mcp.Tools.Read.All";
/// App role of people who administer it.
pub const ADMIN_ROLE: &str = "Mcp.Admin";

/// Which people may call a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    /// Whoever has the scope.
    All,
    /// Holders of [`ADMIN_ROLE`], and members of the group that is set.
    Admins,
}

/// Whether programs may call a tool in their own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Programs {
    /// With [`PROGRAM_ROLE`].
    Welcome,
    /// What it does, it does on behalf of a person.
    Never,
}

/// What one tool needs.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The tool.
    pub tool: &'static str,
    /// The scope of the caller's token.
    pub scope: &'static str,
    /// Which people.
    pub people: People,
    /// Whether programs.
    pub programs: Programs,
    /// What it needs of Graph, on behalf of the person.
    pub graph: &'static [&'static str],
}

/// (4) The whole policy. Scopes say what a client may do for somebody; roles and groups say what that somebody may do.
pub const RULES: [Rule; 5] = [
    rule("whoami", READ, People::All, Programs::Welcome, &[]),
    rule("explain_token", READ, People::All, Programs::Welcome, &[]),
    rule("get_user_details", READ, People::All, Programs::Never, &["User.Read"]),
    rule("list_my_messages", EXECUTE, People::All, Programs::Never, &["Mail.Read"]),
    rule("list_users", READ, People::Admins, Programs::Never, &["User.Read.All"]),
];

const fn rule(
    tool: &'static str,
    scope: &'static str,
    people: People,
    programs: Programs,
    graph: &'static [&'static str],
) -> Rule {
    Rule { tool, scope, people, programs, graph }
}

/// Why somebody may not call a tool although the token has the scope. Only an administrator can mend it, so it is told
/// in a result, which reaches the person, and not in a challenge, which would send the client for scopes that do not
/// help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// A program has called.
    #[error(
        "this tool acts on behalf of a person, and the token is a program's own; hint: have a person sign in to the \
         client (authorization code), instead of client credentials"
    )]
    NeedsPerson,
    /// The person is no administrator of this server.
    #[error(
        "this tool is for administrators; hint: an administrator of the tenant assigns you the app role Mcp.Admin \
         (Enterprise applications, Users and groups), and then you sign in again"
    )]
    NeedsAdmin,
    /// The person is in more groups than a token names, so nobody knows.
    #[error(
        "your token does not name your groups, because there are too many, so it cannot show that you are an \
         administrator; hint: have the app role Mcp.Admin assigned to you or to your group, or have the app's token \
         configuration changed to 'groups assigned to the application'"
    )]
    GroupsUnknown,
}

impl Rule {
    /// The rule of a tool.
    pub fn of(tool: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.tool == tool)
    }

    /// Decides about a caller whose token has the scope.
    ///
    /// # Errors
    /// See [`Denial`].
    pub fn decide(&self, caller: &Identity, admin_group: Option<&str>) -> Result<(), Denial> {
        if caller.kind == Kind::Program {
            return if self.programs == Programs::Welcome { Ok(()) } else { Err(Denial::NeedsPerson) };
        }
        if self.people == People::All || caller.roles.contains(ADMIN_ROLE) {
            return Ok(());
        }
        match (&caller.groups, admin_group) {
            (Groups::Listed(groups), Some(admins)) if groups.contains(admins) => Ok(()),
            (Groups::Overage, Some(_)) => Err(Denial::GroupsUnknown),
            _ => Err(Denial::NeedsAdmin),
        }
    }
}

/// What a token is worth here: the scopes of a person that are this server's, or what the roles of a program stand for.
pub fn effective(caller: &Identity) -> BTreeSet<String> {
    match caller.kind {
        Kind::Person => {
            [READ, EXECUTE].into_iter().filter(|scope| caller.scopes.contains(*scope)).map(str::to_owned).collect()
        }
        Kind::Program if caller.roles.contains(PROGRAM_ROLE) => [READ.to_owned()].into(),
        Kind::Program => BTreeSet::new(),
    }
}

/// The same table, for the resource server: which scopes a request needs.
pub fn scopes() -> ScopePolicy {
    let every = ScopePolicy::new().every_request([READ]);
    RULES.iter().fold(every, |policy, rule| policy.tool(rule.tool, [rule.scope]))
}

#[cfg(test)]
mod tests {
    use super::{super::identity::Version, *};

    const GROUP: &str = "a1000000-0000-4000-8000-000000000002";

    fn caller(kind: Kind, roles: &[&str], groups: Groups) -> Identity {
        Identity {
            version: Version::V2,
            kind,
            tenant: "t".to_owned(),
            object_id: "o".to_owned(),
            client: "c".to_owned(),
            name: None,
            username: None,
            scopes: BTreeSet::new(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            groups,
        }
    }

    fn listed(groups: &[&str]) -> Groups {
        Groups::Listed(groups.iter().map(|group| (*group).to_owned()).collect())
    }

    #[test]
    fn decisions() {
        use Kind::{Person, Program};
        for (tool, caller, expected) in [
            ("whoami", caller(Program, &[PROGRAM_ROLE], listed(&[])), Ok(())),
            ("get_user_details", caller(Program, &[PROGRAM_ROLE], listed(&[])), Err(Denial::NeedsPerson)),
            ("list_users", caller(Program, &[ADMIN_ROLE], listed(&[])), Err(Denial::NeedsPerson)),
            ("get_user_details", caller(Person, &[], Groups::Overage), Ok(())),
            ("list_users", caller(Person, &[], listed(&[])), Err(Denial::NeedsAdmin)),
            ("list_users", caller(Person, &["Mcp.Reader"], listed(&["other"])), Err(Denial::NeedsAdmin)),
            ("list_users", caller(Person, &[ADMIN_ROLE], listed(&[])), Ok(())),
            ("list_users", caller(Person, &[], listed(&[GROUP])), Ok(())),
            ("list_users", caller(Person, &[], Groups::Overage), Err(Denial::GroupsUnknown)),
            ("list_users", caller(Person, &[ADMIN_ROLE], Groups::Overage), Ok(())),
        ] {
            let rule = Rule::of(tool).expect(tool);
            assert_eq!(rule.decide(&caller, Some(GROUP)), expected, "{tool}: {caller:?}");
        }
        let member = caller(Person, &[], listed(&[GROUP]));
        let rule = Rule::of("list_users").expect("a tool");
        assert_eq!(rule.decide(&member, None), Err(Denial::NeedsAdmin), "no group is set");
    }

    #[test]
    fn a_role_of_a_program_is_worth_the_scope_to_read_and_nothing_more() {
        let worth = |kind, roles: &[&str]| effective(&caller(kind, roles, listed(&[])));
        assert_eq!(worth(Kind::Program, &[PROGRAM_ROLE]), [READ.to_owned()].into());
        assert!(worth(Kind::Program, &[ADMIN_ROLE]).is_empty() && worth(Kind::Person, &[PROGRAM_ROLE]).is_empty());
    }
}
