//! Classes: texts and whole numbers as labels, in order.

use super::table::Dialect;
use crate::error::{CellProblem, DataProblem};
use crate::terminal::harmless;
use std::collections::HashMap;
use whygrad::author::Scalar;

/// The most classes.
const MOST: usize = 65_536;

/// A label in a cell; whole numbers are the same however they are written.
pub(super) fn of_text(cell: &str, dialect: &Dialect) -> Result<String, CellProblem> {
    let cell = cell.trim();
    match dialect.number(cell.as_bytes()).filter(|x| x.is_finite()) {
        Some(number) => of_number(number),
        None => Ok(harmless(cell).into_owned()),
    }
}

/// A number as a label.
pub(super) fn of_number(number: f64) -> Result<String, CellProblem> {
    // Beyond that not every whole number is one of its own.
    match number.fract() == 0.0 && number.abs() <= 2f64.powi(53) {
        true => Ok((number as i64).to_string()),
        false => Err(CellProblem::NotWhole(number.to_string())),
    }
}

/// Labels of an array, each once, and of each number its label.
pub(super) fn of_numbers<T: Scalar>(numbers: &[T]) -> Result<(Vec<u32>, Vec<String>), DataProblem> {
    let (mut seen, mut labels) = (HashMap::new(), vec![]);
    let mut id = |(example, x): (usize, &T)| -> Result<u32, DataProblem> {
        match seen.get(&x.f64().to_bits()) {
            Some(id) => Ok(*id),
            None => {
                let label = of_number(x.f64()).map_err(|problem| DataProblem::Label { example, problem })?;
                labels.push(label);
                seen.insert(x.f64().to_bits(), labels.len() as u32 - 1);
                Ok(labels.len() as u32 - 1)
            }
        }
    };
    let ids = numbers.iter().enumerate().map(&mut id).collect::<Result<_, _>>()?;
    Ok((ids, labels))
}

/// The same of rows of which one number is 1 and the others 0: its place is the label.
pub(super) fn of_one_hot<T: Scalar>(
    numbers: &[T],
    width: usize,
) -> Result<(Vec<u32>, Vec<String>), DataProblem> {
    let id = |(example, row): (usize, &[T])| {
        let hot = row.iter().position(|x| *x == T::one());
        let others = row.iter().filter(|x| **x != T::zero()).count();
        let hot = hot.filter(|_| others == 1).map(|hot| hot as u32);
        hot.ok_or(DataProblem::Label { example, problem: CellProblem::NotOneHot })
    };
    let ids = numbers.chunks_exact(width).enumerate().map(id).collect::<Result<_, _>>()?;
    Ok((ids, (0..width).map(|place| place.to_string()).collect()))
}

/// The class of each label, and the classes in order: the known ones or, where none are known, all labels, numbers
/// ascending before texts by the alphabet.
pub(super) fn in_order(
    labels: &[String],
    known: Option<&[String]>,
) -> Result<(Vec<u32>, Vec<String>), DataProblem> {
    let mut names = known.unwrap_or(labels).to_vec();
    if known.is_none() {
        let number = |label: &String| label.parse::<i64>().map_err(|_| label.clone());
        names.sort_by_cached_key(number);
        names.dedup();
        if names.len() > MOST {
            return Err(DataProblem::TooManyClasses { classes: names.len(), most: MOST });
        }
    }
    let class: HashMap<&str, u32> =
        names.iter().enumerate().map(|(class, name)| (&**name, class as u32)).collect();
    let of = |label: &String| {
        let unknown = || DataProblem::UnknownClass { label: label.clone(), known: names.clone() };
        class.get(&**label).copied().ok_or_else(unknown)
    };
    Ok((labels.iter().map(of).collect::<Result<_, _>>()?, names.clone()))
}
