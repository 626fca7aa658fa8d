//! What was understood of a table, column by column.

use super::table::{Is, Other};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use whygrad::author::Scalar;
use whygrad::data::{Encoding, Kind, Table, Targets};

/// What was understood of a column, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Understood {
    /// Its name.
    pub column: String,
    /// What it holds: `numbers`, `yes or no`, `texts`, `classes`, `row numbers`, `part` (held out or not), `unused`.
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
    /// Of the columns of a table that become inputs so.
    pub(super) fn of<T: Scalar>(table: &Table<T>, encoding: &Encoding) -> Vec<Understood> {
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
                        [only] => format!("1 input, {only}"),
                        [] => "no input".into(),
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
        inputs.collect()
    }

    /// Of the targets in these columns: the names of their classes, or from where their numbers are counted.
    pub(super) fn of_targets<T: Scalar>(
        targets: &Targets<T>,
        columns: &[String],
        classes: &[String],
        origins: &[f64],
    ) -> Vec<Understood> {
        let of = |(at, column): (usize, &String)| {
            let (kind, range) = match targets {
                Targets::Classes(_) => ("classes", None),
                Targets::Values { .. } if !classes.is_empty() => ("yes or no", None),
                Targets::Values { data, width } => {
                    let of = || data.iter().skip(at).step_by(*width).map(|y| y.f64());
                    let range = [of().fold(f64::INFINITY, f64::min), of().fold(f64::NEG_INFINITY, f64::max)];
                    let origin = origins.get(at).copied().unwrap_or(0.0);
                    ("numbers", Some(range.map(|y| y + origin)))
                }
            };
            let becomes = match classes {
                _ if columns.len() > 1 => "the target".into(),
                [first, .., last] if classes.len() > 4 => {
                    format!("the target: {} classes, {first} to {last}", classes.len())
                }
                [_, _, ..] => format!("the target: {}", classes.join(", ")),
                _ => "the target".into(),
            };
            Understood { column: column.clone(), kind: kind.into(), missing: 0, range, inputs: 0, becomes }
        };
        columns.iter().enumerate().map(of).collect()
    }

    /// Of a column that is neither an input nor a target.
    pub(super) fn of_other(Other { name, is }: &Other) -> Understood {
        let (kind, becomes) = match is {
            Is::RowNumbers => ("row numbers", "left out"),
            Is::HeldOut => ("part", "says which rows are held out"),
            Is::Dropped => ("unused", "left out"),
        };
        let (column, kind, becomes) = (name.clone(), kind.into(), becomes.into());
        Understood { column, kind, missing: 0, range: None, inputs: 0, becomes }
    }
}
