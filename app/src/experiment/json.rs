//! An experiment as JSON, as the page composes it: the same tables and keys as the file.

use serde_json::{Map, Number, Value as Json};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value as Toml};

/// The text of the file that says the same. What is null is left out.
pub fn written(experiment: &Map<String, Json>) -> Result<String, String> {
    let mut document = DocumentMut::new();
    // Keys of the file itself stand before its tables.
    let (tables, keys): (Vec<_>, Vec<_>) = experiment.iter().partition(|(_, value)| value.is_object());
    for (key, value) in keys.into_iter().filter(|(_, value)| !value.is_null()) {
        document.insert(key, Item::Value(toml(value)?));
    }
    for (name, table) in tables {
        let mut into = Table::new();
        for (key, value) in table.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            into.insert(key, Item::Value(toml(value)?));
        }
        // A layer a line, as people write them.
        if let Some(Item::Value(Toml::Array(layers))) = into.get_mut("layers") {
            layers.iter_mut().for_each(|layer| layer.decor_mut().set_prefix("\n  "));
            layers.set_trailing("\n");
            layers.set_trailing_comma(true);
        }
        document.insert(name, Item::Table(into));
    }
    Ok(document.to_string())
}

fn toml(value: &Json) -> Result<Toml, String> {
    Ok(match value {
        Json::Null => return Err("a list has no place for null".into()),
        Json::Bool(switch) => Toml::from(*switch),
        Json::String(text) => Toml::from(text.as_str()),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Toml::from(whole),
            (None, Some(number)) => Toml::from(number),
            (None, None) => return Err(format!("{number} is no number that fits")),
        },
        Json::Array(items) => Toml::Array(items.iter().map(toml).collect::<Result<Array, _>>()?),
        Json::Object(keys) => {
            let given = keys.iter().filter(|(_, value)| !value.is_null());
            Toml::InlineTable(
                given.map(|(key, value)| Ok((key, toml(value)?))).collect::<Result<InlineTable, String>>()?,
            )
        }
    })
}

/// A file as JSON; its dates as texts.
///
/// # Errors
/// Where it is no TOML.
pub fn read(text: &str) -> Result<Map<String, Json>, String> {
    let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    Ok(table(document.as_table()))
}

fn table(of: &dyn TableLike) -> Map<String, Json> {
    of.iter().map(|(key, item)| (key.to_string(), item_json(item))).collect()
}

fn item_json(item: &Item) -> Json {
    match item {
        Item::None => Json::Null,
        Item::Value(value) => json(value),
        Item::Table(of) => Json::Object(table(of)),
        Item::ArrayOfTables(of) => of.iter().map(|of| Json::Object(table(of))).collect(),
    }
}

fn json(value: &Toml) -> Json {
    match value {
        Toml::String(text) => Json::from(text.value().as_str()),
        Toml::Integer(number) => Json::from(*number.value()),
        Toml::Float(number) => Number::from_f64(*number.value()).map_or(Json::Null, Json::Number),
        Toml::Boolean(switch) => Json::from(*switch.value()),
        Toml::Datetime(date) => Json::from(date.value().to_string()),
        Toml::Array(items) => items.iter().map(json).collect(),
        Toml::InlineTable(of) => Json::Object(table(of)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{BUILTIN, Experiment};

    #[test]
    fn every_built_in_experiment_says_the_same_as_json() {
        for (name, text) in BUILTIN {
            let as_json = read(text).unwrap();
            let again = written(&as_json).unwrap();
            assert_eq!(read(&again).unwrap(), as_json, "{again}");
            let load = |text| Experiment::parse("file", name, text, &[]).unwrap();
            assert_eq!(format!("{:?}", load(text).loss), format!("{:?}", load(&again).loss), "{again}");
        }
        let layers = r#"{"seed": 1, "network": {"layers": [{"type": "linear", "out": 3}, {"type": "tanh"}]}, "a": null}"#;
        let text = "seed = 1\n\n[network]\nlayers = [\n  { type = \"linear\", out = 3 },\n  { type = \"tanh\" },\n]\n";
        assert_eq!(written(&serde_json::from_str(layers).unwrap()).unwrap(), text);
    }
}
