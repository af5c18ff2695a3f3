//! The course module "Advanced topics in MCP": what its lessons are called here.

/// A lesson of the course.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    /// Folder under `crates/`.
    pub(crate) folder: &'static str,
    /// Number in the course.
    pub(crate) number: &'static str,
    /// Title.
    pub(crate) title: &'static str,
    /// Whether 2026-07-28 deprecates what it is about (SEP-2577: roots, sampling, logging).
    pub(crate) deprecated: bool,
}

/// The lesson of the course that has this folder.
pub(crate) fn known(folder: &str) -> Option<Course> {
    LESSONS.into_iter().find(|lesson| lesson.folder == folder)
}

/// The folders of all lessons of the course, for a message.
pub(crate) fn folders() -> String {
    LESSONS.map(|lesson| lesson.folder).join(", ")
}

const fn lesson(number: &'static str, folder: &'static str, title: &'static str) -> Course {
    Course { folder, number, title, deprecated: false }
}

const fn deprecated(number: &'static str, folder: &'static str, title: &'static str) -> Course {
    Course { folder, number, title, deprecated: true }
}

const LESSONS: [Course; 17] = [
    lesson("5.1", "azure-integration", "Azure integration"),
    lesson("5.2", "multi-modal", "Multi-modal"),
    lesson("5.3", "oauth2", "OAuth 2"),
    deprecated("5.4", "root-contexts", "Root contexts"),
    lesson("5.5", "routing", "Routing"),
    deprecated("5.6", "sampling", "Sampling"),
    lesson("5.7", "scaling", "Scaling"),
    lesson("5.8", "security", "Security"),
    lesson("5.9", "web-search", "Web search"),
    lesson("5.10", "realtime-streaming", "Real-time streaming"),
    lesson("5.11", "realtime-search", "Real-time search"),
    lesson("5.12", "entra-id", "Entra ID"),
    lesson("5.13", "foundry-agents", "Foundry agents"),
    lesson("5.14", "context-engineering", "Context engineering"),
    lesson("5.15", "custom-transport", "Custom transport"),
    lesson("5.16", "protocol-features", "Protocol features"),
    lesson("5.17", "adversarial-agents", "Adversarial agents"),
];
