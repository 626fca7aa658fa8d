//! What people are shown, as plain data: names, numbers and sentences. `--json` prints a view as it is; a terminal, or
//! a page, lays it out.

pub mod check;
pub mod digits;
pub mod divergence;
pub mod evaluate;
pub mod export;
mod fields;
pub mod ledger;
pub mod new;
pub mod overview;
pub mod playground;
pub mod runs;
pub mod shared;
#[cfg(test)]
mod tests;
pub mod train;
pub mod verify;
pub mod walk;
pub mod weight;
pub mod why;

pub use fields::{Field, fields};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Version of what `--json` prints. It changes where a field goes or changes its meaning; a field may come without.
pub const VERSION: u32 = 1;

/// A view with its version.
#[derive(Serialize)]
pub struct Versioned<'a, V> {
    version: u32,
    #[serde(flatten)]
    view: &'a V,
}

/// A view as `--json` prints it: one object, its version first.
pub fn versioned<V: Serialize>(view: &V) -> Versioned<'_, V> {
    Versioned { version: VERSION, view }
}

/// What belongs to each of some names, in their order: one object in JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ByName<V>(pub Vec<(String, V)>);

impl<V: Serialize> Serialize for ByName<V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<V: JsonSchema> JsonSchema for ByName<V> {
    fn schema_name() -> Cow<'static, str> {
        BTreeMap::<String, V>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, V>::json_schema(generator)
    }

    fn inline_schema() -> bool {
        true
    }
}
