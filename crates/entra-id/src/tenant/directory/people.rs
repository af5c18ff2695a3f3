//! The people of both tenants. All are made up.

use super::super::known;

/// Somebody.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct User {
    /// Object id.
    pub(in super::super) id: &'static str,
    pub(in super::super) tenant: &'static str,
    /// What is typed in to sign in.
    pub(in super::super) principal_name: &'static str,
    pub(in super::super) given_name: &'static str,
    pub(in super::super) surname: &'static str,
    pub(in super::super) job_title: &'static str,
    pub(in super::super) department: &'static str,
    pub(in super::super) office: &'static str,
    /// App roles that the API app has given.
    pub(in super::super) roles: &'static [&'static str],
    pub(in super::super) groups: Groups,
    /// Whether Graph is theirs only after a second factor.
    pub(in super::super) policy: Policy,
}

/// Groups that somebody is in.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum Groups {
    /// These.
    Few(&'static [&'static str]),
    /// So many that no token holds them.
    Many,
}

/// Conditional access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Policy {
    /// The password is enough.
    None,
    /// Graph takes a second factor, which is there.
    SecondFactor,
    /// Graph takes a second factor, which has to be set up.
    Enrolment,
}

/// Groups of the person who is in many.
const MANY: usize = 240;

impl User {
    pub(in super::super) fn display_name(&self) -> String {
        format!("{} {}", self.given_name, self.surname)
    }

    pub(in super::super) fn is_admin(&self) -> bool {
        self.roles.contains(&known::ROLE_ADMIN)
    }

    /// The ids of all groups.
    pub(in super::super) fn group_ids(&self) -> Vec<String> {
        match self.groups {
            Groups::Few(groups) => groups.iter().map(|group| (*group).to_owned()).collect(),
            Groups::Many => (1..=MANY).map(|number| format!("a2000000-0000-4000-8000-{number:012}")).collect(),
        }
    }
}

const ENGINEERING: Groups = Groups::Few(&[known::GROUP_ENGINEERING]);
const OPERATIONS: Groups = Groups::Few(&[known::GROUP_OPERATIONS]);

const BASE: User = User {
    id: "",
    tenant: known::TENANT_ID,
    principal_name: "",
    given_name: "",
    surname: "",
    job_title: "",
    department: "",
    office: "Mill Lane 4",
    roles: &[],
    groups: Groups::Few(&[]),
    policy: Policy::None,
};

/// Everybody. The first six are the ones that tests and the tour know by name.
pub(in super::super) static PEOPLE: [User; 14] = [
    User {
        id: "b1000000-0000-4000-8000-000000000001",
        principal_name: known::ADA,
        given_name: "Ada",
        surname: "Brook",
        job_title: "Bridge engineer",
        department: "Engineering",
        groups: ENGINEERING,
        ..BASE
    },
    User {
        id: "b1000000-0000-4000-8000-000000000002",
        principal_name: known::GRACE,
        given_name: "Grace",
        surname: "Field",
        job_title: "Head of operations",
        department: "Operations",
        roles: &[known::ROLE_ADMIN],
        groups: OPERATIONS,
        ..BASE
    },
    User {
        id: "b1000000-0000-4000-8000-000000000003",
        principal_name: known::MIA,
        given_name: "Mia",
        surname: "Thorn",
        job_title: "Accountant",
        department: "Finance",
        policy: Policy::SecondFactor,
        ..BASE
    },
    User {
        id: "b1000000-0000-4000-8000-000000000004",
        principal_name: known::NOOR,
        given_name: "Noor",
        surname: "Heath",
        job_title: "Trainee",
        department: "Finance",
        policy: Policy::Enrolment,
        ..BASE
    },
    User {
        id: "b1000000-0000-4000-8000-000000000005",
        principal_name: known::OTTO,
        given_name: "Otto",
        surname: "Marsh",
        job_title: "Auditor",
        department: "Audit",
        groups: Groups::Many,
        ..BASE
    },
    User {
        id: "b2000000-0000-4000-8000-000000000001",
        tenant: known::OTHER_TENANT_ID,
        principal_name: known::VERA,
        given_name: "Vera",
        surname: "Quay",
        job_title: "Dispatcher",
        department: "Dispatch",
        office: "Pier 9",
        ..BASE
    },
    employee("b1000000-0000-4000-8000-000000000006", "ben@meadow.example", "Ben", "Alder", "Surveyor", "Engineering"),
    employee(
        "b1000000-0000-4000-8000-000000000007",
        "cleo@meadow.example",
        "Cleo",
        "Birch",
        "Draughtsman",
        "Engineering",
    ),
    employee("b1000000-0000-4000-8000-000000000008", "dora@meadow.example", "Dora", "Cedar", "Welder", "Workshop"),
    employee("b1000000-0000-4000-8000-000000000009", "emil@meadow.example", "Emil", "Dale", "Driver", "Operations"),
    employee("b1000000-0000-4000-8000-00000000000a", "fay@meadow.example", "Fay", "Elm", "Buyer", "Finance"),
    employee("b1000000-0000-4000-8000-00000000000b", "gus@meadow.example", "Gus", "Fern", "Foreman", "Workshop"),
    employee("b1000000-0000-4000-8000-00000000000c", "hana@meadow.example", "Hana", "Glen", "Geologist", "Engineering"),
    employee("b1000000-0000-4000-8000-00000000000d", "ivan@meadow.example", "Ivan", "Holt", "Archivist", "Audit"),
];

const fn employee(
    id: &'static str,
    principal_name: &'static str,
    given_name: &'static str,
    surname: &'static str,
    job_title: &'static str,
    department: &'static str,
) -> User {
    User { id, principal_name, given_name, surname, job_title, department, ..BASE }
}
