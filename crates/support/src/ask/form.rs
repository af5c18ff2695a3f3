//! A form from a Rust type, in the shape that both revisions ask for.

use rmcp::model::{ElicitRequestParams, ElicitationSchema};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

/// A form whose fields are those of `T`: texts, numbers, booleans and plain enums, the optional ones not required.
///
/// The SDK's own conversion says draft-07 and OpenAPI's `nullable`; the specification's forms know neither.
///
/// # Errors
/// `T` has a field that a form cannot show.
pub fn form<T: JsonSchema>(message: impl Into<String>) -> Result<ElicitRequestParams, serde_json::Error> {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(without_null);
        properties.values_mut().for_each(titled);
    }
    let Value::Object(schema) = schema else {
        return Err(serde::de::Error::custom("a form is an object"));
    };
    Ok(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: message.into(),
        requested_schema: ElicitationSchema::from_json_schema(schema)?,
    })
}

/// An optional field may be left out; it is never null.
fn without_null(property: &mut Value) {
    let is_null = |value: &Value| value == "null" || value["type"] == "null";
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|kind| !is_null(kind));
        if let [kind] = types.as_slice() {
            property["type"] = kind.clone();
        }
    }
    if let Some(Value::Array(values)) = property.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(choices)) = property.get_mut("anyOf") {
        choices.retain(|choice| !is_null(choice));
        if let [choice] = choices.as_mut_slice() {
            let mut choice = choice.take();
            if let (Some(into), Some(from)) = (choice.as_object_mut(), property.as_object()) {
                let own = from.iter().filter(|(name, _)| *name != "anyOf");
                own.for_each(|(name, value)| {
                    into.entry(name.clone()).or_insert_with(|| value.clone());
                });
            }
            *property = choice;
        }
    }
    if let Some(object) = property.as_object_mut()
        && object.get("default") == Some(&Value::Null)
    {
        object.remove("default");
    }
}

/// The variants of a documented enum: a form shows what each is called, where a schema describes it.
fn titled(property: &mut Value) {
    let Some(Value::Array(choices)) = property.get_mut("oneOf") else { return };
    for choice in choices.iter_mut().filter_map(Value::as_object_mut) {
        choice.remove("type");
        if let Some(Value::String(about)) = choice.remove("description") {
            choice.insert("title".to_owned(), about.trim_end_matches('.').into());
        }
    }
    property["type"] = "string".into();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Booking {
        /// Who travels.
        name: String,
        /// How many come along.
        #[schemars(range(min = 0, max = 9))]
        companions: Option<u32>,
        /// Where to sit.
        seat: Option<Seat>,
    }

    #[derive(JsonSchema)]
    #[serde(rename_all = "lowercase")]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Seat {
        Window,
        Aisle,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Order {
        size: Size,
    }

    #[derive(JsonSchema)]
    #[serde(rename_all = "lowercase")]
    #[schemars(inline)]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Size {
        /// Fits into a pocket.
        Small,
        /// Needs a bag.
        Large,
    }

    #[test]
    fn documented_variants_become_titles() {
        let form = serde_json::to_value(form::<Order>("Which?").expect("a form")).expect("JSON");
        let size = &form["requestedSchema"]["properties"]["size"];
        let choices =
            json!([{"const": "small", "title": "Fits into a pocket"}, {"const": "large", "title": "Needs a bag"}]);
        assert_eq!((&size["type"], &size["oneOf"]), (&json!("string"), &choices), "{size}");
    }

    #[test]
    fn a_form_has_neither_draft_07_nor_nullable() {
        let form = serde_json::to_value(form::<Booking>("Book?").expect("a form")).expect("JSON");
        let text = form.to_string();
        for foreign in ["$schema", "nullable", "null", "draft-07", "$ref"] {
            assert!(!text.contains(foreign), "{foreign}: {text}");
        }
        let schema = &form["requestedSchema"];
        assert_eq!(schema["required"], json!(["name"]));
        assert_eq!(schema["properties"]["companions"]["type"], "integer");
        assert_eq!(schema["properties"]["seat"]["enum"], json!(["window", "aisle"]), "{schema}");
    }
}
