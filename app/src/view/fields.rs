//! The fields of a view, from its type and from what is written about them there.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value as Json;

/// A field of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// In how many other fields it is.
    pub depth: usize,
    /// Its name; `name[]` for each of a list, `name{}` for each of an object whose keys are names.
    pub name: String,
    /// The first sentence about it.
    pub about: String,
}

/// The fields of what `--json` prints of a view, each before the fields inside it.
pub fn fields<V: JsonSchema>() -> Vec<Field> {
    let settings =
        SchemaSettings::draft2020_12().for_serialize().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<V>().to_value();
    let about = "Version of this list: it changes where a field goes or changes its meaning".to_string();
    let mut fields = vec![Field { depth: 0, name: "version".into(), about }];
    collect(&schema, 0, &mut fields);
    fields
}

/// The fields of an object.
fn collect(schema: &Json, depth: usize, into: &mut Vec<Field>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let (mut name, mut about) = (name.clone(), first_sentence(field));
        let mut inner = field;
        loop {
            // An optional field is its schema or null.
            let options = inner["anyOf"].as_array();
            let some = options.and_then(|options| options.iter().find(|option| option["type"] != "null"));
            if let Some(some) = some {
                inner = some;
            } else if inner["items"].is_object() {
                name += "[]";
                inner = &inner["items"];
            } else if let Some(first) = inner["prefixItems"].get(0) {
                name += "[]";
                inner = first;
            } else if inner["additionalProperties"].is_object() {
                name += "{}";
                inner = &inner["additionalProperties"];
            } else {
                break;
            }
        }
        let words: Vec<&str> = words(inner);
        if !words.is_empty() {
            about += &format!(": {}", words.join(", "));
        }
        into.push(Field { depth, name, about });
        collect(inner, depth + 1, into);
    }
}

/// The words that a field can have, where it is one of a few.
fn words(schema: &Json) -> Vec<&str> {
    let plain = schema["enum"].as_array().into_iter().flatten();
    let described = schema["oneOf"].as_array().into_iter().flatten().map(|option| &option["const"]);
    plain.chain(described).filter_map(Json::as_str).collect()
}

/// What is written about a field, up to the end of its first sentence, and without marks for links and code.
fn first_sentence(schema: &Json) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    let text = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let text = text.replace("[`", "").replace("`]", "").replace('`', "");
    let end =
        text.match_indices(". ").map(|(at, _)| at).find(|at| text[at + 2..].starts_with(char::is_uppercase));
    text[..end.unwrap_or(text.len())].trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::ByName;

    /// One of two.
    #[derive(JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is looked at")]
    enum Verdict {
        /// It did.
        WentWell,
        /// It did not.
        Failed,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Inner {
        /// See [`Verdict::Failed`] and `more`: 0.5 of it, e.g. half. This is left out.
        verdict: Option<Verdict>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Outer {
        /// A list
        /// of lists.
        lists: Vec<Vec<f64>>,
        /// By name.
        named: Option<ByName<Inner>>,
        /// The end.
        last: (usize, usize),
    }

    #[test]
    fn a_type_lists_its_fields() {
        let field = |depth, name: &str, about: &str| Field { depth, name: name.into(), about: about.into() };
        assert_eq!(
            fields::<Outer>()[1..],
            [
                field(0, "lists[][]", "A list of lists"),
                field(0, "named{}", "By name"),
                field(1, "verdict", "See Verdict::Failed and more: 0.5 of it, e.g. half: went_well, failed"),
                field(0, "last[]", "The end"),
            ]
        );
    }
}
