//! What was understood of a table, column by column.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use whygrad::author::Scalar;
use whygrad::data::{Encoding, Kind, Table};

/// What was understood of a column, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Understood {
    /// Its name.
    pub column: String,
    /// What it holds: `numbers`, `yes or no`, `texts`, `row numbers`.
    pub kind: String,
    /// Cells that are missing.
    pub missing: usize,
    /// The least and the largest of its numbers; null where it has none.
    pub range: Option<[f64; 2]>,
    /// How many inputs it becomes.
    pub inputs: usize,
    /// What becomes of it, in words.
    pub becomes: String,
}

impl Understood {
    /// Of a table whose columns become inputs so, and of columns that are left out.
    pub(super) fn of<T: Scalar>(
        table: &Table<T>,
        encoding: &Encoding,
        left_out: &[String],
    ) -> Vec<Understood> {
        let [mut low, mut high] = [T::infinity(), T::neg_infinity()].map(|x| vec![x; table.columns.len()]);
        for row in table.cells.chunks_exact(table.columns.len().max(1)) {
            for ((low, high), x) in low.iter_mut().zip(&mut high).zip(row) {
                (*low, *high) = (low.min(*x), high.max(*x)); // NaN is no number's minimum
            }
        }
        let ranges = low.iter().zip(&high).map(|(low, high)| [low.f64(), high.f64()]);
        let inputs =
            encoding.columns.iter().zip(&table.columns).zip(ranges).map(|((column, read), range)| {
                let (kind, range) = match &column.kind {
                    Kind::Number { origin, .. } => ("numbers", Some(range.map(|x| x + origin))),
                    Kind::Switch { .. } => ("yes or no", None),
                    Kind::Category { .. } => ("texts", None),
                };
                let mut becomes = match &column.kind {
                    Kind::Number { .. } => "a number".into(),
                    Kind::Switch { .. } => "1 for yes, 0 for no".into(),
                    Kind::Category { values, .. } => match values.as_slice() {
                        [first, .., last] => format!("{} inputs, {first} to {last}", values.len()),
                        _ => format!("{} input", values.len()),
                    },
                };
                let fill = match &column.kind {
                    // As short as the precision allows: 44.9, not 44.900001525.
                    Kind::Number { fill: Some(fill), origin: 0.0 } => Some(T::of(*fill).to_string()),
                    Kind::Number { fill: Some(fill), origin } => Some((fill + origin).to_string()),
                    Kind::Switch { fill } => {
                        fill.map(|fill| (if fill > 0.0 { "yes" } else { "no" }).to_string())
                    }
                    Kind::Category { fill: Some(fill), values } => Some(values[*fill].clone()),
                    _ => None,
                };
                if let Some(fill) = fill.filter(|_| read.missing > 0) {
                    becomes += &format!("; missing: {fill}");
                }
                let (column, kind, inputs) = (column.name.clone(), kind.to_string(), column.kind.width());
                let range = range.filter(|[low, high]| low <= high);
                Understood { column, kind, missing: read.missing, range, inputs, becomes }
            });
        let left_out = left_out.iter().map(|name| Understood {
            column: name.clone(),
            kind: "row numbers".into(),
            missing: 0,
            range: None,
            inputs: 0,
            becomes: "left out".into(),
        });
        inputs.chain(left_out).collect()
    }
}
