//! What the columns of a file are for, decided by its first rows.

use super::Like;
use super::dialect::{Dialect, is_missing, switch, text};
use crate::data::labels::in_line;
use crate::data::origin::{merges, origin};
use crate::data::{Apart, Source, Want};
use crate::error::{DataProblem, Odd, Part, is_thousands};
use crate::terminal::harmless;
use csv::ByteRecord;
use std::collections::{HashMap, HashSet};
use whygrad::author::Scalar;
use whygrad::data::Kind;

/// Names that the target has where nobody says which column it is.
const USUAL_TARGETS: [&str; 4] = ["label", "target", "class", "y"];

/// Rows by which it is decided what a column holds.
const LOOKED_AT: usize = 10_000;

/// Rows from which on numbers that count them are no accident.
const COUNTED: usize = 10;

/// What the columns of a file are for.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub dialect: Dialect,
    /// Of every column of the file.
    pub names: Vec<String>,
    pub roles: Vec<Role>,
    pub inputs: Vec<Field>,
    pub targets: Vec<Field>,
    /// Columns that are neither.
    pub others: Vec<Other>,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing.
    Out,
    /// Input number so many.
    Input(usize),
    /// Target number so many.
    Target(usize),
    /// It says whether a row is held out.
    HeldOut,
}

/// A column of inputs or of targets.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub name: String,
    /// What its cells hold, where they are not classes.
    pub cell: Cell,
}

impl Field {
    /// From where its numbers are counted.
    pub(super) fn origin(&self) -> f64 {
        if let Cell::Number(origin) = self.cell { origin } else { 0.0 }
    }
}

/// A column that is neither an input nor a target.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) struct Other {
    pub name: String,
    pub is: Is,
}

/// What such a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum Is {
    /// It numbers the rows, and is left out unasked.
    RowNumbers,
    /// It says which rows are held out.
    HeldOut,
    /// The experiment does not ask for it.
    Dropped,
}

/// What a cell of a column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    /// A number, kept as the difference from this.
    Number(f64),
    /// No or yes.
    Switch,
    /// A text.
    Text,
}

impl Layout {
    /// Of the file to train on.
    pub(super) fn of(
        dialect: Dialect,
        rows: &[ByteRecord],
        source: &Source,
        want: Want,
        apart: Apart,
    ) -> Result<Layout, DataProblem> {
        let first = rows.first().filter(|row| row.len() == 1).and_then(|row| row.get(0));
        if let Some(cell) = first {
            let cell: String = harmless(&String::from_utf8_lossy(cell)).chars().take(40).collect();
            return Err(DataProblem::OneColumn { cell, given: source.given.separator.is_some() });
        }
        let (names, rows) = names(dialect, rows)?;
        let places: HashMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (&**name, at)).collect();
        let find = |name: &String| {
            let named = dialect.header;
            let unknown = || DataProblem::UnknownColumn { name: name.clone(), columns: names.clone(), named };
            places.get(&**name).copied().ok_or_else(unknown)
        };
        let find_all =
            |names: &[String]| names.iter().map(find).collect::<Result<HashSet<usize>, DataProblem>>();
        let (wanted, dropped) = (find_all(&source.columns)?, find_all(&source.drop)?);
        let held_out = source.test_column.as_ref().map(find).transpose()?;
        let mut targets = find_all(&source.target)?;
        if targets.is_empty() {
            let usual = USUAL_TARGETS.iter().find_map(|usual| names.iter().position(|name| name == usual));
            targets.insert(
                usual.ok_or_else(|| DataProblem::WhichTarget {
                    columns: names.clone(),
                    named: dialect.header,
                })?,
            );
        }
        let among = |at: &&usize| dropped.contains(*at) || wanted.contains(*at) || held_out == Some(**at);
        if let Some(at) = targets.iter().find(among) {
            let key = match held_out {
                Some(held_out) if held_out == *at => "test_column",
                _ if dropped.contains(at) => "drop",
                _ => "columns",
            };
            return Err(DataProblem::TargetAmong { column: names[*at].clone(), key });
        }
        let roles = vec![Role::Out; names.len()];
        let mut layout = Layout { dialect, roles, names, inputs: vec![], targets: vec![], others: vec![] };
        for (at, name) in layout.names.iter().enumerate() {
            let mut other = |is| layout.others.push(Other { name: name.clone(), is });
            layout.roles[at] = if targets.contains(&at) {
                layout.targets.push(match want {
                    Want::Values => {
                        let field = field(dialect, rows, at, name, apart.targets, true);
                        field.map_err(|odd| odd_column(name, Part::Targets, odd))?
                    }
                    Want::Classes => Field { name: name.clone(), cell: Cell::Text },
                });
                Role::Target(layout.targets.len() - 1)
            } else if Some(at) == held_out {
                other(Is::HeldOut);
                Role::HeldOut
            } else if dropped.contains(&at) || !(wanted.is_empty() || wanted.contains(&at)) {
                other(Is::Dropped);
                Role::Out
            } else if dialect.header && is_unnamed(at, name) && is_index(dialect, rows, at) {
                other(Is::RowNumbers);
                Role::Out
            } else {
                let of = || Part::Inputs(source.drop.as_slice().into());
                let field = field(dialect, rows, at, name, apart.inputs, false);
                layout.inputs.push(field.map_err(|odd| odd_column(name, of(), odd))?);
                Role::Input(layout.inputs.len() - 1)
            };
        }
        if layout.inputs.is_empty() {
            return Err(DataProblem::NoInputs);
        }
        Ok(layout)
    }

    /// Of another file: its columns by the names of these.
    pub(super) fn like(
        dialect: Dialect,
        rows: &[ByteRecord],
        Like { columns, targets, origins, switches }: Like<'_>,
    ) -> Result<Layout, DataProblem> {
        let wanted: Vec<&str> =
            columns.iter().map(|column| &*column.name).chain(targets.iter().map(|name| &**name)).collect();
        let numbered = wanted.iter().all(|name| name.starts_with("column"));
        // As names are read, should its first line have some.
        let first = match names(Dialect { header: true, ..dialect }, rows) {
            Ok((names, _)) => names,
            // What was not recognised as names need not be good ones.
            Err(_) if !dialect.header => vec![],
            Err(problem) => return Err(problem),
        };
        let first: HashSet<&str> = first.iter().map(String::as_str).collect();
        let known = wanted.iter().filter(|name| first.contains(*name)).count();
        if known == 0 && !numbered {
            return Err(DataProblem::NoHeader {
                columns: wanted.iter().map(|name| name.to_string()).collect(),
            });
        }
        let dialect = Dialect { header: known > 0, ..dialect };
        let (names, _) = names(dialect, rows)?;
        let at: HashMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (&**name, at)).collect();
        let missing: Vec<String> =
            wanted.iter().filter(|name| !at.contains_key(*name)).map(|name| name.to_string()).collect();
        if !missing.is_empty() {
            let targets = missing.iter().all(|name| targets.contains(name));
            return Err(DataProblem::MissingColumns { missing, columns: names.clone(), targets });
        }
        let mut roles = vec![Role::Out; names.len()];
        columns.iter().enumerate().for_each(|(place, column)| roles[at[&*column.name]] = Role::Input(place));
        targets.iter().enumerate().for_each(|(place, name)| roles[at[&**name]] = Role::Target(place));
        let inputs = columns.iter().map(|column| {
            let cell = match column.kind {
                Kind::Number { origin, .. } => Cell::Number(origin),
                Kind::Switch { .. } => Cell::Switch,
                Kind::Category { .. } => Cell::Text,
            };
            Field { name: column.name.clone(), cell }
        });
        let targets = targets.iter().enumerate().map(|(at, name)| {
            let origin = origins.get(at).copied().unwrap_or(0.0);
            Field { name: name.clone(), cell: if switches { Cell::Switch } else { Cell::Number(origin) } }
        });
        let (inputs, targets) = (inputs.collect(), targets.collect());
        Ok(Layout { dialect, names, roles, inputs, targets, others: vec![] })
    }

    /// Columns of numbers, many of which rounding makes equal: their names, and whether they are targets.
    pub(super) fn merging<T: Scalar>(&self, rows: &[ByteRecord]) -> Vec<(String, bool)> {
        let rows = &rows[usize::from(self.dialect.header).min(rows.len())..];
        let merges = |at: usize| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            merges::<T>(cells.filter_map(|cell| self.dialect.number(cell)).filter(|x| x.is_finite()))
        };
        let of = |(at, role): (usize, &Role)| {
            let (field, is_target) = match *role {
                Role::Input(place) => (&self.inputs[place], false),
                Role::Target(place) => (&self.targets[place], true),
                Role::Out | Role::HeldOut => return None,
            };
            (field.cell == Cell::Number(0.0) && merges(at)).then(|| (field.name.clone(), is_target))
        };
        self.roles.iter().enumerate().filter_map(of).collect()
    }

    /// Inputs whose points could stand between thousands, with a cell and the place of each: behind every point three digits,
    /// beside whole numbers, or in a file as they write it who separate thousands so.
    pub(super) fn perhaps_thousands(
        &self,
        rows: &[ByteRecord],
    ) -> impl Iterator<Item = (String, String, usize)> {
        let rows = &rows[usize::from(self.dialect.header).min(rows.len())..];
        let used = self
            .names
            .iter()
            .enumerate()
            .filter(|(at, _)| matches!(self.roles[*at], Role::Input(_) | Role::Target(_)));
        used.filter_map(move |(at, name)| {
            let cells = || rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.trim_ascii());
            let pointed = || cells().filter(|cell| cell.contains(&b'.'));
            let whole = cells().any(|cell| !cell.is_empty() && cell.iter().all(u8::is_ascii_digit));
            let usual = whole || self.dialect.separator == b';';
            let first = String::from_utf8_lossy(pointed().next()?).into_owned();
            let all = usual && pointed().count() >= COUNTED && pointed().all(|cell| is_thousands(cell, b'.'));
            all.then(|| (name.clone(), first, at))
        })
    }

    /// Inputs that number the rows, and have a name: those that count them, and those that are called so and are another one
    /// in each.
    pub(super) fn counting(&self, rows: &[ByteRecord]) -> Vec<String> {
        let rows = &rows[usize::from(self.dialect.header).min(rows.len())..];
        let named = self.names.iter().enumerate().filter(|(at, _)| matches!(self.roles[*at], Role::Input(_)));
        let numbers = |at: usize, name: &str| {
            counts(self.dialect, rows, at) || is_called_id(name) && is_index(self.dialect, rows, at)
        };
        named.filter(|(at, name)| numbers(*at, name)).map(|(_, name)| name.clone()).collect()
    }
}

/// The columns' names, and the rows below them.
pub(super) fn names(
    dialect: Dialect,
    rows: &[ByteRecord],
) -> Result<(Vec<String>, &[ByteRecord]), DataProblem> {
    let Some((first, below)) = rows.split_first() else { return Err(DataProblem::Empty) };
    let numbered = |at: usize| format!("column{}", at + 1);
    if !dialect.header {
        return Ok(((0..first.len()).map(numbered).collect(), rows));
    }
    let mut names = vec![];
    for (at, name) in first.iter().enumerate() {
        let name = text(name).map_err(|encoding| DataProblem::NotUtf8 { line: 1, encoding })?.trim();
        names.push(if name.is_empty() { numbered(at) } else { in_line(name) });
    }
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(name) => Err(DataProblem::DuplicateColumn(name.clone())),
        None => Ok((names, below)),
    }
}

/// Whether a column has no name, or the one that pandas gives to one that has none.
fn is_unnamed(at: usize, name: &str) -> bool {
    name == format!("column{}", at + 1) || name == format!("Unnamed: {at}")
}

/// Whether a column is called as those are that number rows: `id`, `customer_id`, `rowId`, `index`.
fn is_called_id(name: &str) -> bool {
    let usual = ["id", "index", "row", "nr", "no"];
    let last = name.rsplit(['_', ' ', '-', '.']).next().unwrap_or_default();
    usual.iter().any(|usual| last.eq_ignore_ascii_case(usual)) || name.ends_with("Id") || name.ends_with("ID")
}

/// Whether the numbers of a column count the rows, from 0 or 1.
fn counts(dialect: Dialect, rows: &[ByteRecord], at: usize) -> bool {
    let mut numbers = rows.iter().map(|row| row.get(at).and_then(|cell| dialect.number(cell)));
    let Some(Some(first)) = numbers.next() else { return false };
    let count = |(i, x): (usize, Option<f64>)| x == Some(first + 1.0 + i as f64);
    rows.len() >= COUNTED && [0.0, 1.0].contains(&first) && numbers.enumerate().all(count)
}

/// Whether the numbers of a column are whole, from 0 on, and each another one, as an index is also where rows were shuffled or
/// left out.
fn is_index(dialect: Dialect, rows: &[ByteRecord], at: usize) -> bool {
    let mut seen = HashSet::new();
    let mut numbers = rows.iter().map(|row| row.get(at).and_then(|cell| dialect.number(cell)));
    let other = |x: Option<f64>| x.is_some_and(|x| x >= 0.0 && x.fract() == 0.0 && seen.insert(x.to_bits()));
    rows.len() >= COUNTED && numbers.all(other)
}

/// A column of inputs or of numbers that are targets; `apart` says whether its numbers may be kept as differences.
fn field(
    dialect: Dialect,
    rows: &[ByteRecord],
    at: usize,
    name: &str,
    apart: bool,
    is_target: bool,
) -> Result<Field, Odd> {
    let cell = match cell(dialect, rows, at)? {
        Cell::Number(_) if !apart => Cell::Number(0.0),
        // A target that mostly says no or yes says something else by mistake.
        Cell::Text if is_target && is_mostly_switches(rows, at) => Cell::Switch,
        cell => cell,
    };
    Ok(Field { name: name.into(), cell })
}

fn odd_column(name: &str, of: Part, odd: Odd) -> DataProblem {
    DataProblem::OddColumn { column: name.into(), of, odd: odd.into() }
}

/// Whether most cells of a column say no or yes.
fn is_mostly_switches(rows: &[ByteRecord], at: usize) -> bool {
    let switches = rows.iter().filter_map(|row| row.get(at)).filter(|cell| switch(cell).is_some());
    2 * switches.count() > rows.len()
}

/// What the cells of a column hold.
fn cell(dialect: Dialect, rows: &[ByteRecord], at: usize) -> Result<Cell, Odd> {
    let (mut present, mut switches, mut odd) = (0, 0, vec![]);
    let mut numbers = vec![];
    for cell in rows.iter().take(LOOKED_AT).filter_map(|row| row.get(at)) {
        if is_missing(cell) {
            continue;
        }
        present += 1;
        match dialect.number(cell) {
            Some(number) => numbers.push(number),
            None if switch(cell).is_some() => switches += 1,
            None => odd.extend(Odd::of(cell).map(|odd| odd.in_column(at, dialect.separator))),
        }
    }
    // What mostly has numbers has texts by mistake.
    if 2 * numbers.len() >= present {
        return Ok(Cell::Number(origin(numbers.into_iter())));
    }
    match odd.first() {
        _ if switches == present => Ok(Cell::Switch),
        Some(example) if 2 * odd.len() > present - numbers.len() => Err(example.clone()),
        _ => Ok(Cell::Text),
    }
}
