//! The resource templates: RFC 6570, matched in order, the first that fits.

use rmcp::model::ResourceTemplate;

use crate::uri_template::{Template, TemplateError, VarError, Vars};

/// What a URI names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    User,
    Row,
    File,
    Weather,
    Issue,
}

/// Kind, template, name, title, type and description of each.
const ALL: [(Kind, &str, &str, &str, &str, &str); 6] = [
    (
        Kind::Number,
        "catalog://numbers/{number}",
        "catalog-number",
        "A number",
        "text/plain",
        "What can be computed about a whole number from 1 to 50000",
    ),
    (
        Kind::User,
        "db://users/{user_id}",
        "db-user",
        "A user",
        "application/json",
        "A user of the sample database, made up for this lesson",
    ),
    (
        Kind::Row,
        "db://tables/{table}/rows/{id}",
        "db-row",
        "A row",
        "application/json",
        "A row of the sample database; its changes can be subscribed to",
    ),
    (
        Kind::File,
        "file://{+path}",
        "file",
        "A file",
        "application/octet-stream",
        "A file inside the allowed folder, at most 1 MiB",
    ),
    (
        Kind::Weather,
        "api://weather/{city}/{date}",
        "weather",
        "Sun, moon and weather",
        "application/json",
        "Sun and moon at a city on a day, computed; with a weather service, the forecast too",
    ),
    (
        Kind::Issue,
        "github://repos/{owner}/{repo}/issues/{issue_number}",
        "github-issue",
        "An issue",
        "text/markdown",
        "An issue on GitHub; without GitHub, the changelog's entries as issues of local/workspace",
    ),
];

/// The templates, read once.
pub(super) struct Templates(Vec<(Kind, Template)>);

impl Templates {
    pub(super) fn new() -> Result<Self, TemplateError> {
        let read = |(kind, text, ..): &(Kind, &str, _, _, _, _)| Ok((*kind, Template::parse(text)?));
        Ok(Self(ALL.iter().map(read).collect::<Result<_, _>>()?))
    }

    /// As they are listed.
    pub(super) fn list(&self) -> Vec<ResourceTemplate> {
        let template = |(_, text, name, title, mime, about): &(Kind, &str, &str, &str, &str, &str)| {
            ResourceTemplate::new(*text, *name).with_title(*title).with_mime_type(*mime).with_description(*about)
        };
        ALL.iter().map(template).collect()
    }

    /// What `uri` names, with the values of its variables.
    pub(super) fn find(&self, uri: &str) -> Result<Option<(Kind, Vars)>, VarError> {
        for (kind, template) in &self.0 {
            if let Some(vars) = template.matches(uri)? {
                return Ok(Some((*kind, vars)));
            }
        }
        Ok(None)
    }

    /// The kind of the template that is written so, if it has this variable.
    pub(super) fn with_variable(&self, text: &str, variable: &str) -> Option<Kind> {
        let (kind, template) = self.0.iter().find(|(_, template)| template.as_str() == text)?;
        template.variables().any(|name| name == variable).then_some(*kind)
    }
}
