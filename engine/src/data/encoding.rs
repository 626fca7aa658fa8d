//! How the columns of a table become the inputs of a network: fitted on training rows alone, plain data that a program can
//! keep, read, and apply to other rows.

use super::{DataError, Table};
use crate::kernel::{Aligned, Scalar};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What stands for a missing cell; for one of texts, under each of the three, the most frequent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fill {
    /// The mean of the column's numbers.
    Mean,
    /// Their median; between two the middle.
    Median,
    /// The most frequent; of several the smallest.
    MostFrequent,
}

/// How one column becomes inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Numbers: one input, x − origin.
    Number {
        /// See [`super::TableColumn::origin`].
        origin: f64,
        /// What stands for a missing cell, less the origin; absent where none was asked for.
        fill: Option<f64>,
    },
    /// No or yes: one input, 0 or 1, which is not scaled.
    Switch {
        /// What stands for a missing cell.
        fill: Option<f64>,
    },
    /// Texts: one input for each, 1 where it stands and else 0, which is not scaled. Of a text that training did not see
    /// all are 0.
    Category {
        /// The texts that stand in training rows, ascending.
        values: Vec<String>,
        /// The place among them of what stands for a missing cell.
        fill: Option<usize>,
    },
}

/// How the columns of a table become inputs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Encoding {
    /// Column by column.
    pub columns: Vec<Column>,
}

/// The inputs of some rows.
#[derive(Clone, Debug)]
pub struct Encoded<T> {
    /// [rows, inputs].
    pub inputs: Aligned<T>,
    /// For each column, the cells whose text training did not see.
    pub unseen: Vec<usize>,
}

impl Encoding {
    /// Fits on some rows of a table, which should be those of the training part alone.
    ///
    /// # Errors
    /// Where a column has nothing that a missing cell could be filled with.
    pub fn fit<T: Scalar>(
        table: &Table<T>,
        rows: &[usize],
        fill: Option<Fill>,
    ) -> Result<Encoding, DataError> {
        let columns = table.columns.iter().enumerate().map(|(at, column)| {
            let kind = match &column.texts {
                Some(texts) => category(texts, table.present(at, rows), fill.is_some()),
                None => {
                    let fill = fill.and_then(|fill| fill.of(table.present(at, rows).map(Scalar::f64)));
                    match column.is_switch {
                        true => Kind::Switch { fill: fill.map(|fill| f64::from(fill >= 0.5)) },
                        false => Kind::Number { origin: column.origin, fill },
                    }
                }
            };
            if fill.is_some() && !kind.is_filled() {
                return Err(DataError::NothingToFill { column: column.name.clone() });
            }
            Ok(Column { name: column.name.clone(), kind })
        });
        Ok(Encoding { columns: columns.collect::<Result<_, _>>()? })
    }

    /// How many inputs there are.
    pub fn width(&self) -> usize {
        self.columns.iter().map(|column| column.kind.width()).sum()
    }

    /// What each input is called: as its column, of a text `column=text`.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.columns.iter().flat_map(|column| match &column.kind {
            Kind::Category { values, .. } => {
                values.iter().map(|value| format!("{}={value}", column.name)).collect()
            }
            _ => vec![column.name.clone()],
        })
    }

    /// Of each input whether it is 0 or 1 by what it means, and is not scaled.
    pub fn indicators(&self) -> impl Iterator<Item = bool> {
        self.columns.iter().flat_map(|column| {
            std::iter::repeat_n(!matches!(column.kind, Kind::Number { .. }), column.kind.width())
        })
    }

    /// The inputs of a table with these columns, in their order. A cell that is missing where no fill is known stays NaN.
    ///
    /// # Panics
    /// Where the table has another number of columns.
    pub fn apply<T: Scalar>(&self, table: Table<T>) -> Encoded<T> {
        let (count, width) = (self.columns.len(), self.width());
        assert_eq!(table.columns.len(), count, "a table of the encoding's columns");
        let mut unseen = vec![0; count];
        let Table { columns, mut cells } = table;
        let fill = |kind: &Kind, x: T| match kind {
            Kind::Number { fill: Some(fill), .. } | Kind::Switch { fill: Some(fill) } if x.is_nan() => {
                T::of(*fill)
            }
            _ => x,
        };
        if !self.columns.iter().any(|column| matches!(column.kind, Kind::Category { .. })) {
            if columns.iter().any(|column| column.missing > 0) {
                for row in cells.chunks_exact_mut(count) {
                    for (x, column) in row.iter_mut().zip(&self.columns) {
                        *x = fill(&column.kind, *x);
                    }
                }
            }
            return Encoded { inputs: cells, unseen };
        }
        // Of each text of the table its place among the values.
        let places: Vec<Vec<Option<usize>>> = columns
            .iter()
            .zip(&self.columns)
            .map(|(column, known)| match (&known.kind, &column.texts) {
                (Kind::Category { values, .. }, Some(texts)) => {
                    let of = |text: &String| values.binary_search(text).ok();
                    texts.iter().map(of).collect()
                }
                _ => vec![],
            })
            .collect();
        let mut inputs = Aligned::zeros(cells.len() / count * width);
        for (row, out) in cells.chunks_exact(count).zip(inputs.chunks_exact_mut(width)) {
            let mut out = out;
            for (at, (x, column)) in row.iter().zip(&self.columns).enumerate() {
                let (mine, rest) = out.split_at_mut(column.kind.width());
                out = rest;
                match &column.kind {
                    Kind::Category { fill, .. } => {
                        let place = if x.is_nan() { *fill } else { places[at][x.f64() as usize] };
                        match place {
                            Some(place) => mine[place] = T::one(),
                            None => unseen[at] += 1,
                        }
                    }
                    kind => mine[0] = fill(kind, *x),
                }
            }
        }
        Encoded { inputs, unseen }
    }
}

impl Kind {
    /// How many inputs it becomes.
    pub fn width(&self) -> usize {
        match self {
            Kind::Category { values, .. } => values.len(),
            _ => 1,
        }
    }

    fn is_filled(&self) -> bool {
        match self {
            Kind::Number { fill, .. } | Kind::Switch { fill } => fill.is_some(),
            Kind::Category { fill, .. } => fill.is_some(),
        }
    }
}

impl Fill {
    /// Of numbers, where there are any.
    fn of(self, numbers: impl Iterator<Item = f64>) -> Option<f64> {
        let mut numbers: Vec<f64> = numbers.collect();
        if self != Fill::Mean {
            numbers.sort_unstable_by(f64::total_cmp);
        }
        let middle = numbers.len() / 2;
        match self {
            _ if numbers.is_empty() => None,
            Fill::Mean => Some(numbers.iter().sum::<f64>() / numbers.len() as f64),
            Fill::Median if numbers.len() % 2 == 1 => Some(numbers[middle]),
            Fill::Median => Some((numbers[middle - 1] + numbers[middle]) / 2.0),
            Fill::MostFrequent => {
                let same = numbers.chunk_by(|a, b| a == b);
                // The first of the longest: `max_by_key` would give the last.
                same.rev().max_by_key(|same| same.len()).map(|same| same[0])
            }
        }
    }
}

/// A column of texts, by what stands in its training rows.
fn category<T: Scalar>(texts: &[String], cells: impl Iterator<Item = T>, fill: bool) -> Kind {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    cells.for_each(|x| *counts.entry(x.f64() as usize).or_default() += 1);
    let mut seen: Vec<(&String, usize)> =
        counts.into_iter().map(|(text, count)| (&texts[text], count)).collect();
    seen.sort_unstable();
    let most = (0..seen.len()).rev().max_by_key(|at| seen[*at].1);
    let values = seen.into_iter().map(|(text, _)| text.clone()).collect();
    Kind::Category { values, fill: most.filter(|_| fill) }
}
