//! Tables of text: one example a row, cells separated by commas, semicolons, tabs or bars, perhaps quoted. A table is
//! recognised by its first rows, cut into blocks of whole rows, and read block by block by several threads, so that it may
//! be larger than memory.

mod blocks;
mod decimal;
mod dialect;
mod layout;
mod piece;
mod rows;

pub use dialect::{Given, MISSING, SEPARATORS, SWITCHES};

pub(super) use dialect::{Dialect, switch};
pub(super) use layout::{Is, Other};

use super::origin::merged;
use super::{Apart, Column, Missing, Source, Want, has_memory, labels};
use crate::error::{DataProblem, dropping, without};
use blocks::Blocks;
use csv::ByteRecord;
use indicatif::HumanCount;
use layout::{Cell, Field, Layout};
use memchr::memchr_iter;
use piece::{Numbered, Piece, Reading};
use std::collections::{HashSet, VecDeque};
use std::io::{self, Read};
use std::ops::ControlFlow;
use whygrad::author::{Aligned, Scalar};
use whygrad::data::{Column as Encoded, Table, TableColumn, Targets};

/// A table whose rows are not read yet.
pub(super) struct Opened<R> {
    blocks: Blocks<R>,
    dialect: Dialect,
    /// The first rows, the header among them.
    rows: Vec<ByteRecord>,
    /// Lines before them.
    above: u64,
}

/// What another file has to have.
#[derive(Clone, Copy, Default)]
pub(super) struct Like<'a> {
    /// Columns of inputs.
    pub columns: &'a [Encoded],
    /// Names of the targets' columns; none, where nobody needs them.
    pub targets: &'a [String],
    /// From where targets are counted; empty: from 0.
    pub origins: &'a [f64],
    /// Whether targets say no or yes.
    pub switches: bool,
}

/// What a table says.
#[derive(Debug)]
pub(super) struct Rows<T> {
    pub inputs: Table<T>,
    pub targets: Targets<T>,
    /// Names of the classes, where targets are classes, or of no and yes.
    pub classes: Vec<String>,
    /// Names of the targets' columns.
    pub target_columns: Vec<String>,
    /// From where targets are counted; empty: from 0.
    pub target_origins: Vec<f64>,
    /// Of each row whether it is held out, where a column says so.
    pub held_out: Option<Vec<bool>>,
    /// The number of each row in its file, from 1.
    pub numbers: Vec<u32>,
    /// Columns that are neither inputs nor targets.
    pub others: Vec<Other>,
    /// Rows that are left out, as a cell of theirs is missing.
    pub left_out: u64,
    /// What has to be said beside.
    pub remarks: Vec<String>,
}

/// Rows that are looked at before any is read.
const LOOKED_AT: usize = 10_000;

impl<R: Read> Opened<R> {
    /// Reads enough to recognise the table.
    pub(super) fn new(reader: R, given: Given) -> Result<Opened<R>, DataProblem> {
        let mut blocks = Blocks::new(reader).map_err(unreadable)?;
        dialect::refuse_wide(blocks.head())?;
        if blocks.head().iter().all(u8::is_ascii_whitespace) {
            return Err(DataProblem::Empty);
        }
        // A spreadsheet's word for what separates cells, before the header.
        let (mut given, mut above) = (given, 0);
        if let Some((separator, length)) = dialect::said_by_excel(blocks.head()) {
            given.separator.get_or_insert(separator);
            blocks.skip(length);
            above = 1;
        }
        let dialect = Dialect::recognise(blocks.head(), given);
        let rows = dialect.rows(blocks.head(), LOOKED_AT);
        Ok(Opened { blocks, dialect, rows, above })
    }

    /// Reads all rows, of the file to train on.
    pub(super) fn train<T: Scalar>(
        self,
        source: &Source,
        want: Want,
        apart: Apart,
    ) -> Result<Rows<T>, DataProblem> {
        let layout = Layout::of(self.dialect, &self.rows, source, want, apart);
        let layout = layout.map_err(|problem| self.at_its_head(problem))?;
        let counting = layout.counting(&self.rows);
        let mut remarks: Vec<String> = counting.iter().map(|name| counts(name, &source.drop)).collect();
        remarks.extend(layout.perhaps_thousands(&self.rows).map(|(name, cell, at)| {
            perhaps_thousands(&name, &cell, &without('.', (at + 1, layout.dialect.separator)))
        }));
        if size_of::<T>() < size_of::<f64>() {
            remarks.extend(layout.merging::<T>(&self.rows).into_iter().map(|(name, is_target)| {
                let (is_scaled, key) =
                    if is_target { (apart.targets, "scale_target") } else { (apart.inputs, "scale") };
                merged(&format!("column \"{name}\""), Some(key).filter(|_| !is_scaled))
            }));
        }
        let rows = self.all(&Reading {
            layout: &layout,
            missing: source.missing,
            want,
            known: None,
            dropped: Some(&source.drop),
        })?;
        if rows.left_out > 0 {
            let left_out = HumanCount(rows.left_out);
            remarks.push(format!(
                "{left_out} rows are left out, as a cell of theirs is missing (data.missing = \"drop\")"
            ));
        }
        Ok(Rows { remarks, ..rows })
    }

    /// Reads all rows of another file.
    pub(super) fn like<T: Scalar>(
        mut self,
        like: Like<'_>,
        known: Option<&[String]>,
        missing: Missing,
        want: Want,
    ) -> Result<Rows<T>, DataProblem> {
        let layout =
            Layout::like(self.dialect, &self.rows, like).map_err(|problem| self.at_its_head(problem))?;
        self.dialect = layout.dialect;
        self.all(&Reading { layout: &layout, missing, want, known, dropped: None })
    }

    /// A problem of the first rows, as it is in the file.
    fn at_its_head(&self, problem: DataProblem) -> DataProblem {
        match problem.further_down(0, self.above) {
            DataProblem::OneColumn { cell, given } => {
                DataProblem::OneColumn { cell, given: given || self.above > 0 }
            }
            problem => problem,
        }
    }

    /// Gives out the rows of another file with such columns, block by block; its targets are not looked at.
    pub(super) fn stream<T: Scalar>(
        mut self,
        columns: &[Encoded],
        missing: Missing,
        mut each: impl FnMut(Table<T>, Vec<u32>, u64) -> ControlFlow<()>,
    ) -> Result<(), DataProblem> {
        let layout = Layout::like(self.dialect, &self.rows, Like { columns, ..Like::default() })?;
        self.dialect = layout.dialect;
        let how = Reading { layout: &layout, missing, want: Want::Values, known: None, dropped: None };
        let mut read = 0;
        self.each(&how, |piece: Piece<T>| {
            let rows = piece.rows.iter().map(|row| row + read as u32).collect();
            read += piece.read;
            let cells = piece.cells.into();
            each(Table { columns: table_columns(&layout, piece.texts, &piece.missing), cells }, rows, read)
        })
    }

    /// What stands in each column.
    pub(super) fn columns(mut self) -> Result<Vec<Column>, DataProblem> {
        let Dialect { separator, line_end, .. } = self.dialect;
        let (names, _) = layout::names(self.dialect, &self.rows)?;
        let mut seen: Vec<(bool, HashSet<Vec<u8>>)> = vec![(true, HashSet::new()); names.len()];
        self.skip_header()?;
        while let Some(block) = self.blocks.next(separator, line_end).map_err(unreadable)? {
            self.dialect.each_row(&block, |row| {
                for (cell, (numbers, values)) in row.cells.zip(&mut seen) {
                    let cell = cell.trim_ascii();
                    *numbers &= self.dialect.number(cell).is_some_and(f64::is_finite);
                    if values.len() <= MOST_TEXTS && !values.contains(cell) {
                        values.insert(cell.to_vec());
                    }
                }
                Ok(())
            })?;
        }
        let column = |(name, (numbers, values)): (String, (bool, HashSet<Vec<u8>>))| {
            let label = |value: &Vec<u8>| labels::of_text(str::from_utf8(value).ok()?, &self.dialect).ok();
            let labels = || values.iter().map(label).collect::<Option<HashSet<String>>>();
            let count = Some(values.len()).filter(|count| *count <= MOST_TEXTS);
            let classes = count.and_then(|_| labels()).map(|labels| labels.len());
            Column { name, numbers, values: count, classes }
        };
        Ok(names.into_iter().zip(seen).map(column).collect())
    }

    /// The line of a row, from 1; absent where there is no such row.
    pub(super) fn line_of(mut self, wanted: u64) -> Option<u64> {
        let Dialect { separator, line_end, .. } = self.dialect;
        let (mut row, mut lines, mut found) = (0, self.skip_header().ok()?, None);
        while let (None, Some(block)) = (found, self.blocks.next(separator, line_end).ok()?) {
            let each = self.dialect.each_row(&block, |of| {
                row += 1;
                found = found.or((row == wanted).then(|| lines + piece::line(&block, of.at, line_end)));
                Ok(())
            });
            each.ok()?;
            lines += memchr_iter(line_end, &block).count() as u64;
        }
        found
    }

    /// Passes over the header, where there is one; returns how many lines stand before the rows.
    fn skip_header(&mut self) -> Result<u64, DataProblem> {
        if !self.dialect.header {
            return Ok(self.above);
        }
        let head = self.blocks.head();
        let mut reader = self.dialect.reader(head);
        reader
            .read_byte_record(&mut ByteRecord::new())
            .map_err(|error| DataProblem::Csv(error.to_string()))?;
        let end = reader.position().byte() as usize;
        let lines = head[..end].iter().filter(|byte| **byte == self.dialect.line_end).count();
        self.blocks.skip(end);
        Ok(self.above + lines as u64)
    }

    /// Reads all rows into memory.
    fn all<T: Scalar>(self, how: &Reading<'_>) -> Result<Rows<T>, DataProblem> {
        let Layout { targets, others, .. } = how.layout;
        let mut all = Piece::new(how.layout.inputs.len());
        let (mut inputs, mut fits) = (Aligned::default(), true);
        self.each(how, |piece: Piece<T>| match all.append(piece).and_then(|cells| inputs.append(&cells)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => {
                fits = false;
                ControlFlow::Break(())
            }
        })?;
        if !fits {
            return Err(DataProblem::Memory);
        }
        if all.rows.is_empty() {
            return Err(if all.read == 0 { DataProblem::NoRows } else { DataProblem::AllDropped });
        }
        let columns = table_columns(how.layout, all.texts, &all.missing);
        let target_columns: Vec<String> = targets.iter().map(|field| field.name.clone()).collect();
        let origins = targets.iter().map(|field| field.origin());
        let far = how.want == Want::Values && origins.clone().any(|origin| origin != 0.0);
        let target_origins = if far { origins.collect() } else { vec![] };
        let (targets, classes) = match how.want {
            Want::Values => {
                let classes = match all.words {
                    [Some(no), Some(yes)] if targets.len() == 1 && targets[0].cell == Cell::Switch => {
                        vec![no, yes]
                    }
                    _ => vec![],
                };
                (Targets::Values { data: all.values, width: targets.len() }, classes)
            }
            // Of several columns that one whose cell is 1 names the class.
            Want::Classes if targets.len() > 1 => (Targets::Classes(all.ids), target_columns.clone()),
            Want::Classes => {
                // Each was found to be one when it was first met.
                let of_text = |label: String| labels::of_text(&label, &how.layout.dialect).unwrap_or(label);
                let labels: Vec<String> = names(all.labels).into_iter().map(of_text).collect();
                let (class, classes) = labels::in_order(&labels, how.known)?;
                (Targets::Classes(all.ids.iter().map(|id| class[*id as usize]).collect()), classes)
            }
        };
        Ok(Rows {
            inputs: Table { columns, cells: inputs },
            targets,
            classes,
            target_columns,
            target_origins,
            held_out: (!all.held_out.is_empty()).then_some(all.held_out),
            left_out: all.read - all.rows.len() as u64,
            numbers: all.rows,
            others: others.clone(),
            remarks: vec![],
        })
    }

    /// Gives out what the rows say, piece by piece in their order; problems have the file's row and line.
    fn each<T: Scalar>(
        mut self,
        how: &Reading<'_>,
        mut take: impl FnMut(Piece<T>) -> ControlFlow<()>,
    ) -> Result<(), DataProblem> {
        let Dialect { separator, line_end, .. } = self.dialect;
        let (mut rows, mut lines) = (0, self.skip_header()?);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            // Blocks that threads read, in order; one more than threads, so that none waits for this one.
            let mut reading = VecDeque::new();
            loop {
                while reading.len() <= threads {
                    let Some(block) = self.blocks.next(separator, line_end).map_err(unreadable)? else {
                        break;
                    };
                    // What a thread takes; nobody can end in good order once there is no memory at all.
                    if !has_memory(ROOM * (reading.len() as u128 + 1) * block.len() as u128) {
                        return Err(DataProblem::Memory);
                    }
                    reading.push_back(scope.spawn(move || Piece::read(how, &block)));
                }
                let Some(first) = reading.pop_front() else { return Ok(()) };
                let piece = first.join().expect("a reader does not panic");
                let piece = piece.map_err(|problem| problem.further_down(rows, lines))?;
                rows += piece.read;
                lines += piece.lines;
                if take(piece).is_break() {
                    return Ok(());
                }
            }
        })
    }
}

/// The most different texts of a column, each of which becomes an input.
pub(super) const MOST_TEXTS: usize = 100;

/// Bytes of memory that there has to be for each byte of a block that is read.
const ROOM: u128 = 16;

/// Texts that were found to be such when they were first met.
fn names(texts: Numbered) -> Vec<String> {
    texts.in_order().iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

/// The columns of inputs, with what stood in them.
fn table_columns(layout: &Layout, texts: Vec<Numbered>, missing: &[usize]) -> Vec<TableColumn> {
    let column = |((input, texts), missing): ((&Field, Numbered), &usize)| TableColumn {
        name: input.name.clone(),
        origin: input.origin(),
        texts: (input.cell == Cell::Text).then(|| names(texts)),
        is_switch: input.cell == Cell::Switch,
        missing: *missing,
    };
    layout.inputs.iter().zip(texts).zip(missing).map(column).collect()
}

fn counts(name: &str, dropped: &[String]) -> String {
    format!(
        "column \"{name}\" numbers the rows, or what they are of, which tells nothing of an example; leave it out: {}",
        dropping(name, dropped)
    )
}

fn perhaps_thousands(name: &str, cell: &str, without: &str) -> String {
    format!(
        "column \"{name}\" has numbers such as {cell}, which is read with decimals; where its point stands between \
         thousands take it out{without}"
    )
}

fn unreadable(error: io::Error) -> DataProblem {
    DataProblem::Unreadable(error.to_string())
}
