//! The tools that a model may use for a question. They are not tools of this server's protocol: they exist for one
//! request, and run here.

use chrono::NaiveDate;
use mcp_support::llm::{Tool, ToolCall};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::calculator;
use crate::error::quoted;

/// Longest expression, in characters.
const MAX_EXPRESSION: usize = 500;

/// A tool for a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentTool {
    /// Arithmetic.
    Calculator,
    /// Units of length, mass and temperature.
    ConvertUnit,
    /// Days between two dates.
    DaysBetween,
    /// What a word of this course means.
    LookUp,
}

/// Why a tool gave no result; the model reads it, and may try again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolFailure {
    /// No tool has this name.
    #[error("there is no tool {0}; there are calculator, convert_unit, days_between and look_up")]
    Unknown(String),
    /// The arguments do not fit the tool.
    #[error("{0}")]
    Arguments(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Calculate {
    expression: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Convert {
    value: f64,
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Between {
    from: NaiveDateText,
    to: NaiveDateText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookUp {
    term: String,
}

struct NaiveDateText(NaiveDate);

impl<'de> Deserialize<'de> for NaiveDateText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d");
        date.map(Self).map_err(|_| serde::de::Error::custom(format!("{} is no date like 2026-11-26", quoted(&text))))
    }
}

/// Units, their kind, and how many of the kind's base unit each has. Temperatures are converted by formula.
const UNITS: [(&str, &str, f64); 12] = [
    ("mm", "length", 0.001),
    ("cm", "length", 0.01),
    ("m", "length", 1.0),
    ("km", "length", 1000.0),
    ("inch", "length", 0.0254),
    ("foot", "length", 0.3048),
    ("mile", "length", 1609.344),
    ("g", "mass", 0.001),
    ("kg", "mass", 1.0),
    ("pound", "mass", 0.453_592_37),
    ("celsius", "temperature", 1.0),
    ("fahrenheit", "temperature", 1.0),
];

/// What words of this course mean.
const GLOSSARY: [(&str, &str); 8] = [
    ("sampling", "a server asks the client's model for a completion; deprecated in MCP 2026-07-28"),
    ("root", "a folder that the client says matters; deprecated in MCP 2026-07-28"),
    ("elicitation", "a server asks the person in front of the client, in a form or on a page"),
    ("resource", "something that a server lets be read, named by a URI"),
    ("prompt", "a conversation that a server has prepared, to be started by a person"),
    ("temperature", "divides the log-odds of tokens before one is drawn; 0 always takes the likeliest"),
    ("perplexity", "among how many tokens a model is undecided, on average"),
    ("token", "a piece of text that a model reads or writes at once"),
];

impl AgentTool {
    const ALL: [Self; 4] = [Self::Calculator, Self::ConvertUnit, Self::DaysBetween, Self::LookUp];

    /// All, as a model is told about them.
    pub fn all() -> Vec<Tool> {
        Self::ALL.map(Self::described).to_vec()
    }

    fn name(self) -> &'static str {
        match self {
            Self::Calculator => "calculator",
            Self::ConvertUnit => "convert_unit",
            Self::DaysBetween => "days_between",
            Self::LookUp => "look_up",
        }
    }

    fn described(self) -> Tool {
        let units: Vec<&str> = UNITS.iter().map(|(unit, ..)| *unit).collect();
        let terms: Vec<&str> = GLOSSARY.iter().map(|(term, _)| *term).collect();
        let date = json!({"type": "string", "format": "date"});
        let (description, properties) = match self {
            Self::Calculator => (
                "How much is an expression: calculate a sum, a difference, a product or a quotient of numbers",
                json!({"expression": {"type": "string", "pattern": "^[0-9+*/(). -]+$", "maxLength": MAX_EXPRESSION}}),
            ),
            Self::ConvertUnit => (
                "Convert a value from one unit of length, mass or temperature to another",
                json!({"value": {"type": "number"}, "from": {"type": "string", "enum": units},
                       "to": {"type": "string", "enum": units}}),
            ),
            Self::DaysBetween => (
                "How many days lie between two dates: how long from one day to another",
                json!({ "from": date, "to": date }),
            ),
            Self::LookUp => (
                "Look up what a term of the Model Context Protocol means: its meaning, its definition",
                json!({"term": {"type": "string", "enum": terms}}),
            ),
        };
        let required: Vec<&String> = properties.as_object().into_iter().flat_map(|it| it.keys()).collect();
        let parameters =
            json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
        Tool { name: self.name().to_owned(), description: description.to_owned(), parameters }
    }

    /// Carries out what a model called for.
    ///
    /// # Errors
    /// See [`ToolFailure`].
    pub fn run(call: &ToolCall) -> Result<String, ToolFailure> {
        let tool = Self::ALL.into_iter().find(|tool| tool.name() == call.name);
        match tool.ok_or_else(|| ToolFailure::Unknown(quoted(&call.name)))? {
            Self::Calculator => calculate(&arguments(call)?),
            Self::ConvertUnit => convert(&arguments(call)?),
            Self::DaysBetween => {
                let Between { from: NaiveDateText(from), to: NaiveDateText(to) } = arguments(call)?;
                Ok(format!("{} days", (to - from).num_days()))
            }
            Self::LookUp => look_up(&arguments(call)?),
        }
    }
}

fn arguments<T: DeserializeOwned>(call: &ToolCall) -> Result<T, ToolFailure> {
    T::deserialize(&call.arguments).map_err(|error: serde_json::Error| {
        let what = if matches!(call.arguments, Value::Object(_)) { error.to_string() } else { "no object".to_owned() };
        ToolFailure::Arguments(format!("the arguments do not fit: {what}"))
    })
}

fn calculate(Calculate { expression }: &Calculate) -> Result<String, ToolFailure> {
    if expression.chars().count() > MAX_EXPRESSION {
        return Err(ToolFailure::Arguments(format!("the expression is longer than {MAX_EXPRESSION} characters")));
    }
    let value = calculator::evaluate(expression).map_err(ToolFailure::Arguments)?;
    Ok(format!("{} = {}", expression.trim(), shown(value)))
}

fn convert(Convert { value, from, to }: &Convert) -> Result<String, ToolFailure> {
    let known = |name: &str| {
        let unit = UNITS.iter().find(|(unit, ..)| *unit == name);
        unit.ok_or_else(|| ToolFailure::Arguments(format!("there is no unit {}", quoted(name))))
    };
    let ((_, kind, factor), (_, other_kind, other_factor)) = (known(from)?, known(to)?);
    if kind != other_kind {
        return Err(ToolFailure::Arguments(format!("{from} is a unit of {kind}, and {to} one of {other_kind}")));
    }
    let converted = match (from.as_str(), to.as_str()) {
        ("celsius", "fahrenheit") => value * 9.0 / 5.0 + 32.0,
        ("fahrenheit", "celsius") => (value - 32.0) * 5.0 / 9.0,
        _ => value * factor / other_factor,
    };
    Ok(format!("{} {from} = {} {to}", shown(*value), shown(converted)))
}

fn look_up(LookUp { term }: &LookUp) -> Result<String, ToolFailure> {
    let found = GLOSSARY.iter().find(|(known, _)| known.eq_ignore_ascii_case(term));
    let (term, meaning) = found.ok_or_else(|| {
        let terms: Vec<&str> = GLOSSARY.iter().map(|(term, _)| *term).collect();
        ToolFailure::Arguments(format!("{} is not in the glossary: it has {}", quoted(term), terms.join(", ")))
    })?;
    Ok(format!("{term}: {meaning}"))
}

/// At most six decimals, and none for nothing.
fn shown(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, arguments: Value) -> Result<String, ToolFailure> {
        AgentTool::run(&ToolCall { id: "1".to_owned(), name: name.to_owned(), arguments })
    }

    #[test]
    fn tools_compute() {
        for (name, arguments, expected) in [
            ("calculator", json!({"expression": "17 * 3"}), "17 * 3 = 51"),
            ("convert_unit", json!({"value": 5, "from": "km", "to": "mile"}), "5 km = 3.106856 mile"),
            (
                "convert_unit",
                json!({"value": 212, "from": "fahrenheit", "to": "celsius"}),
                "212 fahrenheit = 100 celsius",
            ),
            ("days_between", json!({"from": "2026-02-27", "to": "2026-03-01"}), "2 days"),
            ("look_up", json!({"term": "Token"}), "token: a piece of text that a model reads or writes at once"),
        ] {
            assert_eq!(run(name, arguments), Ok(expected.to_owned()));
        }
    }

    #[test]
    fn wrong_arguments_are_told_to_the_model() {
        for (name, arguments, expected) in [
            ("hammer", json!({}), "there is no tool 'hammer'"),
            ("calculator", json!({}), "expression"),
            ("calculator", json!({"expression": "1/0"}), "division by zero"),
            ("calculator", json!([]), "no object"),
            ("calculator", json!({"expression": "1", "more": 1}), "more"),
            ("convert_unit", json!({"value": 1, "from": "km", "to": "kg"}), "mass"),
            ("convert_unit", json!({"value": 1, "from": "km", "to": "parsec"}), "parsec"),
            ("days_between", json!({"from": "yesterday", "to": "2026-03-01"}), "yesterday"),
            ("look_up", json!({"term": "x"}), "glossary"),
        ] {
            let failure = run(name, arguments).expect_err(expected).to_string();
            assert!(failure.contains(expected), "{failure}");
        }
    }
}
