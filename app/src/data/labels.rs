//! Classes: texts and whole numbers as labels, in order.

use super::table::{Dialect, switch};
use crate::error::{CellProblem, DataProblem};
use crate::terminal::harmless;
use std::collections::HashMap;

/// The most classes.
const MOST: usize = 65_536;

/// A label in a cell; whole numbers are the same however they are written.
pub(super) fn of_text(cell: &str, dialect: &Dialect) -> Result<String, CellProblem> {
    let cell = cell.trim();
    match dialect.number(cell.as_bytes()).filter(|x| x.is_finite()) {
        Some(number) => of_number(number),
        None => Ok(in_line(cell)),
    }
}

/// A name or a text as it is kept: in one line, and without what a terminal would obey.
pub(super) fn in_line(text: &str) -> String {
    let text = text.replace("\r\n", " ").replace(['\n', '\r'], " ");
    harmless(&text).into_owned()
}

/// The place of a label among known ones; no and yes are the same however they are written.
pub(super) fn place(label: &str, known: &[String]) -> Option<usize> {
    known.iter().position(|name| name == label).or_else(|| {
        let yes = switch(label.as_bytes())?;
        let mut same = (0..known.len()).filter(|at| switch(known[*at].as_bytes()) == Some(yes));
        same.next().filter(|_| same.next().is_none())
    })
}

/// A number as a label.
pub(super) fn of_number(number: f64) -> Result<String, CellProblem> {
    // Beyond that not every whole number is one of its own.
    match number.fract() == 0.0 && number.abs() < 2f64.powi(53) {
        true => Ok((number as i64).to_string()),
        false => Err(CellProblem::NotWhole(number.to_string())),
    }
}

/// Labels of an array, each once, and of each number its label.
pub(super) fn of_numbers(numbers: &[f64]) -> Result<(Vec<u32>, Vec<String>), DataProblem> {
    let (mut seen, mut labels) = (HashMap::new(), vec![]);
    let mut id = |(example, x): (usize, &f64)| -> Result<u32, DataProblem> {
        match seen.get(&x.to_bits()) {
            Some(id) => Ok(*id),
            None => {
                let label = of_number(*x).map_err(|problem| DataProblem::Label { example, problem })?;
                labels.push(label);
                seen.insert(x.to_bits(), labels.len() as u32 - 1);
                Ok(labels.len() as u32 - 1)
            }
        }
    };
    let ids = numbers.iter().enumerate().map(&mut id).collect::<Result<_, _>>()?;
    Ok((ids, labels))
}

/// The same of rows of which one number is 1 and the others 0: its place is the label.
pub(super) fn of_one_hot(numbers: &[f64], width: usize) -> Result<(Vec<u32>, Vec<String>), DataProblem> {
    let id = |(example, row): (usize, &[f64])| {
        let hot = row.iter().position(|x| *x == 1.0);
        let others = row.iter().filter(|x| **x != 0.0).count();
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
        let other = || place(label, &names).map(|class| class as u32);
        class.get(&**label).copied().or_else(other).ok_or_else(unknown)
    };
    Ok((labels.iter().map(of).collect::<Result<_, _>>()?, names.clone()))
}
