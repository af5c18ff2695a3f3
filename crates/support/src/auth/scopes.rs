//! Which scopes an operation needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::serve::Operation;

/// Scopes by operation. A tool without an entry of its own needs what every request needs.
#[derive(Debug, Clone, Default)]
pub struct ScopePolicy {
    every: BTreeSet<String>,
    methods: BTreeMap<String, BTreeSet<String>>,
    tools: BTreeMap<String, BTreeSet<String>>,
    implied: BTreeMap<String, BTreeSet<String>>,
}

impl ScopePolicy {
    /// No operation needs any scope, until told otherwise.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every request to `/mcp` needs these.
    #[must_use]
    pub fn every_request<'a>(mut self, scopes: impl IntoIterator<Item = &'a str>) -> Self {
        self.every.extend(owned(scopes));
        self
    }

    /// This method, such as `resources/read`, needs these.
    #[must_use]
    pub fn method<'a>(mut self, method: &str, scopes: impl IntoIterator<Item = &'a str>) -> Self {
        self.methods.entry(method.to_owned()).or_default().extend(owned(scopes));
        self
    }

    /// Calling this tool needs these.
    #[must_use]
    pub fn tool<'a>(mut self, tool: &str, scopes: impl IntoIterator<Item = &'a str>) -> Self {
        self.tools.entry(tool.to_owned()).or_default().extend(owned(scopes));
        self
    }

    /// Who has the broad scope has the narrow ones too, and what these imply in turn.
    #[must_use]
    pub fn implies<'a>(mut self, broad: &str, narrow: impl IntoIterator<Item = &'a str>) -> Self {
        self.implied.entry(broad.to_owned()).or_default().extend(owned(narrow));
        self
    }

    /// All scopes that an operation needs, in order.
    pub fn required(&self, operation: Operation<'_>) -> BTreeSet<&str> {
        let method = self.methods.get(operation.method);
        let tool = match operation {
            Operation { method: "tools/call", name: Some(name) } => self.tools.get(name),
            _ => None,
        };
        let sets = [Some(&self.every), method, tool];
        sets.into_iter().flatten().flatten().map(String::as_str).collect()
    }

    /// What a token is good for: its scopes and all that they imply.
    /// Spec(2026-07-28, authorization): servers MUST account for scope hierarchies.
    pub fn effective(&self, granted: &BTreeSet<String>) -> BTreeSet<String> {
        let mut all = granted.clone();
        let mut open: Vec<&String> = granted.iter().collect();
        while let Some(scope) = open.pop() {
            for implied in self.implied.get(scope).into_iter().flatten() {
                if all.insert(implied.clone()) {
                    open.push(implied);
                }
            }
        }
        all
    }
}

fn owned<'a>(scopes: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = String> {
    scopes.into_iter().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(scopes: &[&str]) -> BTreeSet<String> {
        owned(scopes.iter().copied()).collect()
    }

    #[test]
    fn an_operation_needs_the_scopes_of_its_method_its_tool_and_every_request() {
        let policy = ScopePolicy::new()
            .every_request(["access"])
            .method("resources/read", ["read"])
            .tool("remove", ["write", "admin"]);
        let needs = |method, name| policy.required(Operation { method, name }).into_iter().collect::<Vec<_>>();
        assert_eq!(needs("tools/call", Some("remove")), ["access", "admin", "write"]);
        assert_eq!(needs("tools/call", Some("other")), ["access"]);
        assert_eq!(needs("prompts/get", Some("remove")), ["access"]);
        assert_eq!(needs("resources/read", Some("a://b")), ["access", "read"]);
        assert_eq!(needs("", None), ["access"]);
    }

    #[test]
    fn a_broad_scope_implies_narrow_ones_through_any_number_of_steps() {
        let policy =
            ScopePolicy::new().implies("admin", ["write"]).implies("write", ["read"]).implies("read", ["admin"]);
        assert_eq!(policy.effective(&set(&["write", "x"])), set(&["admin", "read", "write", "x"]));
        assert_eq!(policy.effective(&set(&["x"])), set(&["x"]));
    }
}
