//! What some consecutive rows of a table say.

use super::dialect::{is_missing, switch, text};
use super::layout::{Cell, Layout, Role};
use super::rows::{Cells, Row};
use crate::data::{Missing, Want, labels};
use crate::error::{CellProblem, DataProblem, Odd, Part};
use memchr::memchr_iter;
use std::borrow::Cow;
use std::collections::{HashMap, TryReserveError};
use whygrad::author::Scalar;

/// How rows are read.
pub(super) struct Reading<'a> {
    pub layout: &'a Layout,
    pub missing: Missing,
    pub want: Want,
    /// The classes that there may be; all, where nobody says which.
    pub known: Option<&'a [String]>,
    /// Of a file to train on the columns that the experiment leaves out.
    pub dropped: Option<&'a [String]>,
}

/// What some consecutive rows say.
#[derive(Debug)]
pub(super) struct Piece<T> {
    /// [rows, inputs], as [`whygrad::data::Table`] has them.
    pub cells: Vec<T>,
    /// The texts of each input.
    pub texts: Vec<Numbered>,
    /// Cells of each input that are missing.
    pub missing: Vec<usize>,
    /// [rows, targets], where targets are numbers.
    pub values: Vec<T>,
    /// Of each row its class by number in `labels`, where targets are classes.
    pub ids: Vec<u32>,
    pub labels: Numbered,
    /// The first words for no and yes of a target.
    pub words: [Option<String>; 2],
    /// Of each row whether it is held out, where a column says so.
    pub held_out: Vec<bool>,
    /// Of each row that is kept its number, from 1.
    pub rows: Vec<u32>,
    /// Rows that were read.
    pub read: u64,
    /// Lines that were read.
    pub lines: u64,
}

/// Different texts, numbered in the order in which they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbered {
    numbers: HashMap<Vec<u8>, u32>,
}

impl Numbered {
    /// The number of a text, and whether it is new.
    fn number(&mut self, text: &[u8]) -> (u32, bool) {
        match self.numbers.get(text) {
            Some(number) => (*number, false),
            None => {
                let next = self.numbers.len() as u32;
                self.numbers.insert(text.to_vec(), next);
                (next, true)
            }
        }
    }

    /// All of them, in order.
    pub(super) fn in_order(self) -> Vec<Vec<u8>> {
        let mut texts: Vec<(Vec<u8>, u32)> = self.numbers.into_iter().collect();
        texts.sort_unstable_by_key(|(_, number)| *number);
        texts.into_iter().map(|(text, _)| text).collect()
    }

    /// Takes in others; of each of them the number that it has now.
    fn join(&mut self, others: Numbered) -> Vec<u32> {
        others.in_order().iter().map(|text| self.number(text).0).collect()
    }
}

impl<T: Scalar> Piece<T> {
    /// Nothing yet, of so many inputs.
    pub(super) fn new(inputs: usize) -> Piece<T> {
        Piece {
            cells: vec![],
            texts: vec![Numbered::default(); inputs],
            missing: vec![0; inputs],
            values: vec![],
            ids: vec![],
            labels: Numbered::default(),
            words: [None, None],
            held_out: vec![],
            rows: vec![],
            read: 0,
            lines: 0,
        }
    }

    /// Reads rows; a problem names row and line as if nothing stood before.
    pub(super) fn read(how: &Reading<'_>, bytes: &[u8]) -> Result<Piece<T>, DataProblem> {
        let Layout { dialect, inputs, names, .. } = how.layout;
        let mut piece = Piece::new(inputs.len());
        let lines = memchr_iter(dialect.line_end, bytes).count();
        piece.lines = lines as u64;
        // Room at once, but no more than cells can be: each has a byte beside it.
        piece.cells.reserve((lines + 1).saturating_mul(inputs.len()).min(bytes.len() + 1));
        dialect.each_row(bytes, |Row { at, count, cells }| {
            piece.read += 1;
            let row = piece.read;
            let line = || line(bytes, at, dialect.line_end);
            if count != names.len() {
                return Err(DataProblem::Ragged { row, line: line(), got: count, wants: names.len() });
            }
            piece.row(how, cells).map_err(|(at, problem)| {
                let of = match (how.dropped, how.layout.roles[at]) {
                    (None, _) => Part::Other,
                    (Some(_), Role::Target(_)) => Part::Targets,
                    (Some(dropped), _) => Part::Inputs(dropped.into()),
                };
                let problem = Box::new(match problem {
                    CellProblem::NotANumber { cell, odd } => CellProblem::NotANumber {
                        cell,
                        odd: odd.map(|odd| odd.in_column(at, dialect.separator)),
                    },
                    problem => problem,
                });
                DataProblem::Cell { row, line: line(), column: names[at].clone(), of, problem }
            })
        })?;
        Ok(piece)
    }

    /// Reads one row; a problem comes with the number of its column.
    fn row(&mut self, how: &Reading<'_>, cells: Cells<'_>) -> Result<(), (usize, CellProblem)> {
        let (width, start) = (how.layout.inputs.len(), self.cells.len());
        let (values, ids, held_out) = (self.values.len(), self.ids.len(), self.held_out.len());
        self.cells.resize(start + width, T::nan());
        let mut gap = false;
        let mut hot: Option<usize> = None;
        for (at, (cell, role)) in cells.zip(&how.layout.roles).enumerate() {
            let wrong = |problem| (at, problem);
            match *role {
                Role::Out => {}
                Role::Input(place) => match self.input(how, place, cell).map_err(wrong)? {
                    Some(x) => self.cells[start + place] = x,
                    None if how.missing == Missing::Error => {
                        return Err(wrong(CellProblem::Missing(shown(cell.trim_ascii()))));
                    }
                    None => {
                        self.missing[place] += usize::from(how.missing != Missing::Drop);
                        gap = true;
                    }
                },
                Role::Target(place) => match self.target(how, place, cell, &mut hot).map_err(wrong)? {
                    true => {}
                    false if how.missing == Missing::Drop => gap = true,
                    false => return Err(wrong(CellProblem::MissingTarget)),
                },
                Role::HeldOut => self.held_out.push(held_out_by(cell).map_err(wrong)?),
            }
        }
        if gap && how.missing == Missing::Drop {
            self.cells.truncate(start);
            self.values.truncate(values);
            self.ids.truncate(ids);
            self.held_out.truncate(held_out);
            return Ok(());
        }
        if how.want == Want::Classes && how.layout.targets.len() > 1 {
            let last = how.layout.roles.iter().rposition(|role| matches!(role, Role::Target(_)));
            let class = hot.ok_or_else(|| (last.unwrap_or(0), CellProblem::NotOneHot))?;
            self.ids.push(class as u32);
        }
        self.rows.push(self.read as u32);
        Ok(())
    }

    /// What stands in a cell of an input; `None` where it is missing.
    fn input(&mut self, how: &Reading<'_>, place: usize, cell: &[u8]) -> Result<Option<T>, CellProblem> {
        match how.layout.inputs[place].cell {
            Cell::Number(origin) => number(how, cell, origin),
            _ if is_missing(cell) => Ok(None),
            Cell::Switch => {
                let yes = switch(cell).ok_or_else(|| CellProblem::NoSwitch(shown(cell)))?;
                Ok(Some(T::of(f64::from(yes))))
            }
            Cell::Text => {
                let (number, new) = self.texts[place].number(&in_line(cell.trim_ascii()));
                if new {
                    text(cell).map_err(CellProblem::NotUtf8)?;
                }
                Ok(Some(T::of(f64::from(number))))
            }
        }
    }

    /// Takes in what stands in a cell of a target; `false` where it is missing.
    fn target(
        &mut self,
        how: &Reading<'_>,
        place: usize,
        cell: &[u8],
        hot: &mut Option<usize>,
    ) -> Result<bool, CellProblem> {
        if is_missing(cell) {
            return Ok(false);
        }
        match how.want {
            Want::Values => {
                let value =
                    match switch(cell) {
                        Some(yes) => {
                            let word = || String::from_utf8_lossy(cell.trim_ascii()).into_owned();
                            self.words[usize::from(yes)].get_or_insert_with(word);
                            Some(T::of(f64::from(yes) - how.layout.targets[place].origin()))
                        }
                        None => number(how, cell, how.layout.targets[place].origin()).map_err(|problem| {
                            match problem {
                                CellProblem::NotANumber { cell, .. }
                                    if how.layout.targets[place].cell == Cell::Switch =>
                                {
                                    CellProblem::NoSwitch(cell)
                                }
                                CellProblem::NotANumber { cell, odd: None } => CellProblem::TextTarget(cell),
                                problem => problem,
                            }
                        })?,
                    };
                self.values.extend(value);
                Ok(value.is_some())
            }
            Want::Classes if how.layout.targets.len() > 1 => {
                match how.layout.dialect.number(cell).or_else(|| switch(cell).map(f64::from)) {
                    Some(0.0) => {}
                    Some(1.0) if hot.is_none() => *hot = Some(place),
                    _ => return Err(CellProblem::NotOneHot),
                }
                Ok(true)
            }
            Want::Classes => {
                let (number, new) = self.labels.number(cell.trim_ascii());
                if new {
                    let label =
                        labels::of_text(text(cell).map_err(CellProblem::NotUtf8)?, &how.layout.dialect)?;
                    if let Some(known) = how.known.filter(|known| labels::place(&label, known).is_none()) {
                        return Err(CellProblem::UnknownClass { label, known: known.to_vec() });
                    }
                }
                self.ids.push(number);
                Ok(true)
            }
        }
    }

    /// Puts the rows of `next` below these; its cells come back, with the numbers that their texts have now.
    pub(super) fn append(&mut self, mut next: Piece<T>) -> Result<Vec<T>, TryReserveError> {
        self.ids.try_reserve(next.ids.len())?;
        self.rows.try_reserve(next.rows.len())?;
        self.values.try_reserve(next.values.len())?;
        let width = next.texts.len();
        for (place, texts) in next.texts.into_iter().enumerate() {
            let number = self.texts[place].join(texts);
            if number.iter().enumerate().any(|(old, new)| old != *new as usize) {
                for x in next.cells.iter_mut().skip(place).step_by(width).filter(|x| !x.is_nan()) {
                    *x = T::of(f64::from(number[x.f64() as usize]));
                }
            }
        }
        let number = self.labels.join(next.labels);
        let one_hot = number.is_empty();
        self.ids.extend(next.ids.iter().map(|id| if one_hot { *id } else { number[*id as usize] }));
        self.missing.iter_mut().zip(&next.missing).for_each(|(all, more)| *all += more);
        self.values.append(&mut next.values);
        self.words.iter_mut().zip(next.words).for_each(|(word, later)| *word = word.take().or(later));
        self.held_out.append(&mut next.held_out);
        self.rows.extend(next.rows.iter().map(|row| row + self.read as u32));
        self.read += next.read;
        self.lines += next.lines;
        Ok(next.cells)
    }
}

/// A cell that is a number, less its column's origin; `None` where it is missing.
fn number<T: Scalar>(how: &Reading<'_>, cell: &[u8], origin: f64) -> Result<Option<T>, CellProblem> {
    match how.layout.dialect.number(cell) {
        Some(x) if x.is_finite() => {
            let near = T::of(x - origin);
            if near.is_finite() { Ok(Some(near)) } else { Err(CellProblem::TooLarge(shown(cell))) }
        }
        _ if is_missing(cell) => Ok(None),
        Some(_) => Err(CellProblem::NotFinite(shown(cell))),
        None => Err(CellProblem::NotANumber { cell: shown(cell), odd: Odd::of(cell) }),
    }
}

/// A text as it is kept; see [`labels::in_line`].
fn in_line(cell: &[u8]) -> Cow<'_, [u8]> {
    // Control characters are one byte, or two of which this is the first.
    let plain = !cell.iter().any(|byte| byte.is_ascii_control() || *byte == 0xc2);
    match std::str::from_utf8(if plain { b"" } else { cell }) {
        Ok(text) if !plain => labels::in_line(text).into_bytes().into(),
        _ => cell.into(),
    }
}

/// Whether a row is held out, by the cell that says so.
fn held_out_by(cell: &[u8]) -> Result<bool, CellProblem> {
    const WORDS: [[&str; 5]; 2] =
        [["train", "false", "no", "0", "training"], ["test", "true", "yes", "1", "held_out"]];
    let is =
        |words: &[&str]| words.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(cell.trim_ascii()));
    match WORDS.iter().position(|words| is(words)) {
        Some(at) => Ok(at == 1),
        None => Err(CellProblem::NeitherPart(shown(cell))),
    }
}

/// A cell as a message shows it.
fn shown(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).chars().take(40).collect()
}

/// The line of a row that the reader meets at a byte, from 1; ends of lines that stand there are of the line before.
pub(super) fn line(bytes: &[u8], at: usize, line_end: u8) -> u64 {
    let at = at + bytes[at..].iter().take_while(|byte| b"\r\n".contains(byte)).count();
    memchr_iter(line_end, &bytes[..at]).count() as u64 + 1
}
