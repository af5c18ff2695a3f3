//! (9) Completion, for every variable of every template and every argument of every prompt.

use rmcp::{
    ErrorData,
    model::{CompleteRequestParams, CompletionInfo, Reference},
};

use super::{ProtocolFeatures, prompts, templates::Kind};
use crate::{
    database::TABLES,
    error::{Refusal, quoted},
    facts, weather,
};

/// Longest text that is completed, in bytes.
const MAX_BYTES: usize = 1024;
/// Values that are looked at for one completion.
const MOST: usize = CompletionInfo::MAX_VALUES;

/// What fits, and how many there are in all.
type Fitting = (Vec<String>, usize);

impl ProtocolFeatures {
    pub(super) async fn completion(&self, request: CompleteRequestParams) -> Result<CompletionInfo, ErrorData> {
        let (name, value) = (request.argument.name.as_str(), request.argument.value.as_str());
        if value.len() > MAX_BYTES {
            return Err(ErrorData::invalid_params(format!("the value is longer than {MAX_BYTES} bytes"), None));
        }
        let resolved = request.context.and_then(|context| context.arguments).unwrap_or_default();
        let resolved = |name: &str| resolved.get(name).map(String::as_str).unwrap_or_default();
        let found = match &request.r#ref {
            Reference::Resource(reference) => {
                let Some(kind) = self.shared.templates.with_variable(&reference.uri, name) else {
                    return Err(unknown(&reference.uri, name));
                };
                self.of_template(kind, name, value, &resolved).await
            }
            Reference::Prompt(reference) => {
                let found = prompts::complete(&reference.name, name, value);
                Ok(limited(found.ok_or_else(|| unknown(&reference.name, name))?))
            }
            _ => return Err(ErrorData::invalid_params("only templates and prompts can be completed", None)),
        };
        let (values, all) = found.map_err(|refusal| ErrorData::invalid_params(refusal.to_string(), None))?;
        let has_more = all > values.len();
        CompletionInfo::with_pagination(values, u32::try_from(all).ok(), has_more)
            .map_err(|error| ErrorData::internal_error(error, None))
    }

    async fn of_template<'a>(
        &self,
        kind: Kind,
        name: &str,
        value: &str,
        resolved: &impl Fn(&str) -> &'a str,
    ) -> Result<Fitting, Refusal> {
        let database = &self.shared.database;
        Ok(match (kind, name) {
            (Kind::Number, _) => limited(starting(value, (1..=facts::LISTED).map(|number| number.to_string()))),
            (Kind::User, _) => database.ids("users", value, MOST).await?,
            (Kind::Row, "table") => limited(starting(value, TABLES.map(str::to_owned))),
            // The table that was chosen before decides which rows there are.
            (Kind::Row, _) if TABLES.contains(&resolved("table")) => {
                database.ids(resolved("table"), value, MOST).await?
            }
            (Kind::Row, _) => (Vec::new(), 0),
            (Kind::File, _) => {
                let (files, prefix) = (self.shared.files.clone(), value.to_owned());
                let looking = tokio::task::spawn_blocking(move || files.begin_with(&prefix, 10 * MOST));
                let found = looking.await.map_err(|error| Refusal::internal("looking for files", error))?;
                // The path of `file://{+path}` begins with a slash, as the path of every file: URI.
                limited(found.into_iter().map(|path| format!("/{path}")))
            }
            (Kind::Weather, "city") => limited(cities(value)),
            (Kind::Weather, _) => limited(dates(value)),
            (Kind::Issue, "owner") => limited(starting(value, self.shared.issues.owners().map(str::to_owned))),
            (Kind::Issue, "repo") => {
                limited(starting(value, self.shared.issues.repos(resolved("owner")).map(str::to_owned)))
            }
            (Kind::Issue, _) => {
                let numbers = self.shared.issues.numbers(resolved("owner"), resolved("repo"));
                limited(starting(value, numbers.into_iter().map(|number| number.to_string())))
            }
        })
    }
}

/// Cities whose slug begins so.
pub(super) fn cities(value: &str) -> Vec<String> {
    let value = value.to_lowercase();
    starting(&value, weather::cities().iter().map(|city| city.slug.to_owned()))
}

/// Days that begin so: years, then months, then days.
pub(super) fn dates(value: &str) -> Vec<String> {
    let parts: Vec<&str> = value.split('-').collect();
    let days: Vec<String> = match parts.as_slice() {
        [year] => {
            let years = (2020..=2035).map(|year| format!("{year}-06-21"));
            let typed = (year.len() == 4).then(|| format!("{year}-01-01"));
            years.chain(typed).collect()
        }
        [year, _] => (1..=12).map(|month| format!("{year}-{month:02}-01")).collect(),
        [year, month, _] => (1..=28).map(|day| format!("{year}-{month}-{day:02}")).collect(),
        _ => Vec::new(),
    };
    let mut fitting = starting(value, days);
    fitting.dedup();
    fitting.retain(|day| day.parse::<DayShape>().is_ok());
    fitting
}

/// Digits where a day has digits.
struct DayShape;

impl std::str::FromStr for DayShape {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let fits = text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
        if fits { Ok(Self) } else { Err(()) }
    }
}

/// Those that begin with `value`.
pub(super) fn starting(value: &str, all: impl IntoIterator<Item = String>) -> Vec<String> {
    all.into_iter().filter(|candidate| candidate.starts_with(value)).collect()
}

fn limited(found: impl IntoIterator<Item = String>) -> Fitting {
    let mut values: Vec<String> = found.into_iter().collect();
    let all = values.len();
    values.truncate(MOST);
    (values, all)
}

fn unknown(reference: &str, name: &str) -> ErrorData {
    ErrorData::invalid_params(format!("{} has no argument {}", quoted(reference), quoted(name)), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_completed_part_by_part() {
        assert_eq!(dates("203").len(), 6);
        assert_eq!(dates("1999"), ["1999-01-01"]);
        assert_eq!(dates("2026-1"), ["2026-10-01", "2026-11-01", "2026-12-01"]);
        assert_eq!(dates("2026-11-3"), Vec::<String>::new());
        assert_eq!(dates("2026-11-28"), ["2026-11-28"]);
        for odd in ["x", "2026-xx-", "-", "----", "2026-11-28-"] {
            assert_eq!(dates(odd), Vec::<String>::new(), "{odd}");
        }
        assert_eq!(dates("").len(), 16);
    }
}
