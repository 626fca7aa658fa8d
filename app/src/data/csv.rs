//! Tables of text: a header with the columns' names, then one example a row. Cells may be quoted. Numbers are
//! read as f64 and rounded to the precision wanted.

use super::{Column, Want, class, number_labels};
use crate::error::DataProblem;
use crate::terminal::harmless;
use csv::{ByteRecord, Reader, ReaderBuilder};
use std::collections::{HashMap, HashSet};
use whygrad::author::{Aligned, Scalar};
use whygrad::data::{Dataset, Targets};

/// Names that the target has where nobody says which column it is.
const USUAL_TARGETS: [&str; 4] = ["label", "target", "class", "y"];

/// A byte-order mark is no part of a name.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The columns' names, and a reader that stands behind them.
fn header(text: &[u8], separator: u8) -> Result<(Vec<String>, Reader<&[u8]>), DataProblem> {
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(DataProblem::Empty);
    }
    let mut reader = ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text);
    let names = reader.byte_headers().map_err(problem)?.iter();
    let columns = names.map(|name| harmless(String::from_utf8_lossy(name).trim()).into_owned()).collect();
    Ok((columns, reader))
}

/// The columns of a table, and what stands in them.
pub(super) fn columns(bytes: &[u8], separator: u8) -> Result<Vec<Column>, DataProblem> {
    let (names, mut reader) = header(without_mark(bytes), separator)?;
    let mut seen: Vec<(bool, HashSet<Vec<u8>>)> = vec![(true, HashSet::new()); names.len()];
    for record in reader.byte_records() {
        for (cell, (numbers, values)) in record.map_err(problem)?.iter().zip(&mut seen) {
            let cell = cell.trim_ascii();
            *numbers &= number(cell).is_some();
            if values.len() <= MOST_CLASSES && !values.contains(cell) {
                values.insert(cell.to_vec());
            }
        }
    }
    let column = |(name, (numbers, values)): (String, (bool, HashSet<Vec<u8>>))| {
        let count = Some(values.len()).filter(|count| *count <= MOST_CLASSES);
        let label = |value: &Vec<u8>| class(number(value)?);
        let largest = || values.iter().map(label).collect::<Option<Vec<u32>>>()?.into_iter().max();
        let classes = if numbers { largest().map(|largest| largest as usize + 1) } else { count };
        Column { name, numbers, values: count, classes: count.and(classes) }
    };
    Ok(names.into_iter().zip(seen).map(column).collect())
}

/// Different values of a column that are counted.
const MOST_CLASSES: usize = 100;

/// Reads a table. `target` names the target's columns; `like` is the training data where this is held out.
pub(super) fn read<T: Scalar>(
    bytes: Vec<u8>,
    separator: u8,
    target: &[String],
    want: Want,
    like: Option<&Dataset<T>>,
) -> Result<Dataset<T>, DataProblem> {
    let text = without_mark(&bytes);
    let (columns, reader) = header(text, separator)?;
    let targets = find_targets(&columns, target, want)?;
    let is_target: Vec<bool> = (0..columns.len()).map(|i| targets.contains(&i)).collect();
    let feature_names: Vec<String> =
        columns.iter().zip(&is_target).filter(|(_, is)| !**is).map(|(name, _)| name.clone()).collect();
    let pieces = pieces(&text[reader.position().byte() as usize..]);
    let read_piece = |bytes| Piece::<T>::read(bytes, separator, &columns, &is_target, want);
    let pieces: Vec<Result<Piece<T>, DataProblem>> = std::thread::scope(|scope| {
        let others: Vec<_> =
            pieces[1..].iter().map(|&bytes| scope.spawn(move || read_piece(bytes))).collect();
        let first = read_piece(pieces[0]);
        let others = others.into_iter().map(|other| other.join().expect("a reader does not panic"));
        std::iter::once(first).chain(others).collect()
    });
    let mut all = Piece { lines: reader.position().line() - 1, ..Piece::default() };
    drop(bytes); // a table's numbers go where its text was: memory that the system never gave out takes longer to get
    let mut inputs = vec![];
    for piece in pieces {
        inputs.push(all.append(piece.map_err(|problem| moved(problem, all.rows, all.lines))?));
    }
    let Piece { values, ids, labels, rows, .. } = all;
    if rows == 0 {
        return Err(DataProblem::NoRows);
    }
    let (targets, class_names) = match want {
        Want::Values => (Targets::Values { data: values, width: targets.len() }, vec![]),
        Want::Classes => {
            let (number, names) = number_labels(&labels, like.map(|like| like.class_names()))?;
            (Targets::Classes(ids.into_iter().map(|id| number[id as usize]).collect()), names)
        }
    };
    let inputs = Aligned::concat(inputs.iter().map(Vec::as_slice));
    let data = Dataset::new(inputs, [feature_names.len()], targets)?;
    Ok(data.with_class_names(class_names).with_feature_names(feature_names)?)
}

/// Bytes below which another thread is not worth its start.
const PIECE: usize = 1 << 20;

/// Cuts rows into as many pieces as there are processors. Only quotes can hide the end of a line from whoever
/// starts in the middle: where there are any, all is one piece.
fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let count = if bytes.contains(&b'"') { 1 } else { processors.min(bytes.len() / PIECE).max(1) };
    let mut rest = bytes;
    let mut cut = |left: usize| {
        let at = rest.len() / left;
        let end = rest[at..].iter().position(|&byte| byte == b'\n').map_or(rest.len(), |i| at + i + 1);
        let (piece, after) = rest.split_at(end);
        rest = after;
        piece
    };
    (1..=count).rev().map(&mut cut).collect()
}

/// What some consecutive rows say.
#[derive(Default)]
struct Piece<T> {
    inputs: Vec<T>,
    /// Targets that are numbers.
    values: Vec<T>,
    /// Targets that are classes, by number in `labels`.
    ids: Vec<u32>,
    /// Numbered in the order in which they come.
    labels: HashMap<Vec<u8>, u32>,
    rows: u64,
    lines: u64,
}

impl<T: Scalar> Piece<T> {
    /// Reads rows; a problem names row and line as if nothing came before.
    fn read(
        bytes: &[u8],
        separator: u8,
        columns: &[String],
        is_target: &[bool],
        want: Want,
    ) -> Result<Piece<T>, DataProblem> {
        let mut piece = Piece::default();
        let mut reader =
            ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(bytes);
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(problem)? {
            piece.rows += 1;
            let row = piece.rows;
            let line = record.position().map_or(0, csv::Position::line);
            if record.len() != columns.len() {
                return Err(DataProblem::Ragged { row, line, got: record.len(), wants: columns.len() });
            }
            for ((cell, is_target), column) in record.iter().zip(is_target).zip(columns) {
                if *is_target && want == Want::Classes {
                    let cell = cell.trim_ascii();
                    if cell.is_empty() {
                        return Err(not_a_number(row, line, column, cell, " and names no class"));
                    }
                    piece.ids.push(number_of(&mut piece.labels, cell));
                    continue;
                }
                let Some(number) = number(cell) else {
                    let hint = if cell.trim_ascii().is_empty() {
                        "; fill the gap or leave the row out"
                    } else if *is_target {
                        "; a text target needs a loss that compares with classes, such as cross_entropy"
                    } else {
                        "; a text input has to be turned into numbers first, one column for each of its values"
                    };
                    return Err(not_a_number(row, line, column, cell, hint));
                };
                let number = T::of(number);
                if !number.is_finite() {
                    let hint = " in 32 bits; train with train.precision = \"f64\"";
                    return Err(not_a_number(row, line, column, cell, hint));
                }
                if *is_target { piece.values.push(number) } else { piece.inputs.push(number) }
            }
        }
        piece.lines = reader.position().line() - 1;
        Ok(piece)
    }

    /// Puts the targets of `next` below these and counts its rows; its inputs come back, to be joined once all are
    /// there.
    fn append(&mut self, mut next: Piece<T>) -> Vec<T> {
        let mut labels: Vec<(Vec<u8>, u32)> = next.labels.into_iter().collect();
        labels.sort_unstable_by_key(|(_, id)| *id);
        let number: Vec<u32> = labels.iter().map(|(label, _)| number_of(&mut self.labels, label)).collect();
        self.ids.extend(next.ids.into_iter().map(|id| number[id as usize]));
        self.values.append(&mut next.values);
        self.rows += next.rows;
        self.lines += next.lines;
        next.inputs
    }
}

/// A label's number, the next one where it is new.
fn number_of(labels: &mut HashMap<Vec<u8>, u32>, label: &[u8]) -> u32 {
    let next = labels.len() as u32;
    match labels.get(label) {
        Some(number) => *number,
        None => *labels.entry(label.to_vec()).or_insert(next),
    }
}

/// A problem so many rows and lines further down.
fn moved(problem: DataProblem, rows: u64, lines: u64) -> DataProblem {
    match problem {
        DataProblem::Ragged { row, line, got, wants } => {
            DataProblem::Ragged { row: row + rows, line: line + lines, got, wants }
        }
        DataProblem::NotANumber { row, line, column, cell, hint } => {
            DataProblem::NotANumber { row: row + rows, line: line + lines, column, cell, hint }
        }
        other => other,
    }
}

/// A cell that is a finite number, as [`str::parse`] reads it; most cells need no text and no trimming.
fn number(cell: &[u8]) -> Option<f64> {
    let trimmed = || std::str::from_utf8(cell).ok()?.trim().parse().ok();
    fast_float2::parse(cell).ok().or_else(trimmed).filter(|x: &f64| x.is_finite())
}

fn not_a_number(row: u64, line: u64, column: &str, cell: &[u8], hint: &'static str) -> DataProblem {
    let cell: String = String::from_utf8_lossy(cell).chars().take(40).collect();
    DataProblem::NotANumber { row, line, column: column.into(), cell, hint }
}

fn find_targets(columns: &[String], wanted: &[String], want: Want) -> Result<Vec<usize>, DataProblem> {
    if columns.iter().all(|name| number(name.as_bytes()).is_some()) {
        return Err(DataProblem::NoHeader);
    }
    let mut seen = HashSet::new();
    if let Some(name) = columns.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(DataProblem::DuplicateColumn(name.clone()));
    }
    let find = |name: &String| {
        let unknown = || DataProblem::UnknownColumn { name: name.clone(), columns: columns.to_vec() };
        columns.iter().position(|column| column == name).ok_or_else(unknown)
    };
    let mut targets = wanted.iter().map(find).collect::<Result<Vec<usize>, _>>()?;
    if wanted.is_empty() {
        let usual = USUAL_TARGETS.iter().find_map(|usual| columns.iter().position(|name| name == usual));
        targets.push(usual.ok_or_else(|| DataProblem::WhichTarget(columns.to_vec()))?);
    }
    targets.sort_unstable();
    targets.dedup();
    if targets.len() == columns.len() {
        return Err(DataProblem::NoInputs);
    }
    if want == Want::Classes && targets.len() > 1 {
        return Err(DataProblem::WhichTarget(targets.iter().map(|&i| columns[i].clone()).collect()));
    }
    Ok(targets)
}

fn problem(error: csv::Error) -> DataProblem {
    DataProblem::Csv(error.to_string())
}
