//! From a template's text to its parts.

use super::{TemplateError, URI_LIMIT, percent};

/// A stretch of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Stands in the URI as it is.
    Literal(String),
    /// `{name}`
    Simple(String),
    /// `{+name}`
    Reserved(String),
}

/// Literals and variables in turn. No two variables are neighbours.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, TemplateError> {
    if text.is_empty() || text.len() > URI_LIMIT {
        return Err(TemplateError::Length(text.len()));
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let part = match rest.strip_prefix('{') {
            Some(inner) => {
                let (expression, after) = inner.split_once('}').ok_or(TemplateError::Open)?;
                rest = after;
                variable(expression)?
            }
            None => {
                let (literal, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
                rest = after;
                Part::Literal(checked(literal)?)
            }
        };
        check_neighbours(parts.last(), &part)?;
        parts.push(part);
    }
    check_whole(&parts)?;
    Ok(parts)
}

fn variable(expression: &str) -> Result<Part, TemplateError> {
    let (name, is_reserved) = expression.strip_prefix('+').map_or((expression, false), |name| (name, true));
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match (is_name, is_reserved) {
        (false, _) => Err(TemplateError::Expression(expression.to_owned())),
        (true, true) => Ok(Part::Reserved(name.to_owned())),
        (true, false) => Ok(Part::Simple(name.to_owned())),
    }
}

/// Literals hold what a URI may hold, so that `expand` need not encode them and `matches` can compare them.
fn checked(literal: &str) -> Result<String, TemplateError> {
    let is_allowed =
        |c: char| c == '%' || u8::try_from(c).is_ok_and(|b| percent::is_unreserved(b) || percent::is_reserved(b));
    match literal.chars().find(|c| !is_allowed(*c)) {
        Some(character) => Err(TemplateError::Literal(character)),
        None if !percent::is_encoded(literal) => Err(TemplateError::Literal('%')),
        None => Ok(literal.to_owned()),
    }
}

/// After `{name}` comes something that no encoded value contains; otherwise nobody knows where the value ends.
fn check_neighbours(before: Option<&Part>, part: &Part) -> Result<(), TemplateError> {
    match (before, part) {
        (None | Some(Part::Literal(_)), _) => Ok(()),
        (Some(Part::Simple(name)), Part::Literal(text)) if !text.bytes().next().is_some_and(percent::is_reserved) => {
            Err(TemplateError::Ambiguous(name.clone()))
        }
        (Some(_), Part::Literal(_)) => Ok(()),
        (Some(Part::Simple(name) | Part::Reserved(name)), _) => Err(TemplateError::Ambiguous(name.clone())),
    }
}

fn check_whole(parts: &[Part]) -> Result<(), TemplateError> {
    for (index, part) in parts.iter().enumerate() {
        let (Part::Simple(name) | Part::Reserved(name)) = part else { continue };
        let later = parts.iter().skip(index + 1);
        let mut names = later.filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Simple(name) | Part::Reserved(name) => Some(name),
        });
        if names.clone().any(|other| other == name) {
            return Err(TemplateError::Twice(name.clone()));
        }
        if matches!(part, Part::Reserved(_)) && names.next().is_some() {
            return Err(TemplateError::Ambiguous(name.clone()));
        }
    }
    Ok(())
}
