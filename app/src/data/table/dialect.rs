//! How a table is written: what separates its cells, how its numbers are written, whether its first line names the
//! columns.

use super::decimal::short;
use crate::error::{DataProblem, Encoding, is_thousands};
use csv::{ByteRecord, ReaderBuilder};
use memchr::memchr2;

/// What may separate cells; of several that would do, the first.
pub const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Rows that are looked at to find the separator.
const LOOKED_AT: usize = 100;

/// What people write for a value that is missing: what pandas takes for it, and UCI's question mark.
pub const MISSING: [&str; 17] = [
    "", "#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "NA", "NULL", "NaN", "-NaN", "None", "n/a", "nan", "-nan",
    "null", "-1.#IND", "?",
];

/// What people write for no and yes.
pub const SWITCHES: [[&str; 3]; 2] = [["false", "no", "f"], ["true", "yes", "t"]];

/// How a table is written, as far as somebody said it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// What separates cells.
    pub separator: Option<u8>,
    /// What stands before the decimals of a number.
    pub decimal: Option<u8>,
    /// Whether the first line names the columns.
    pub header: Option<bool>,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(super) separator: u8,
    pub(super) decimal: u8,
    pub(super) header: bool,
    /// The last byte of a line.
    pub(super) line_end: u8,
}

impl Dialect {
    /// Recognises what nobody said by the first rows; `head` ends where a row does.
    pub(super) fn recognise(head: &[u8], given: Given) -> Dialect {
        let line_end = if head.contains(&b'\n') || !head.contains(&b'\r') { b'\n' } else { b'\r' };
        let separator = given.separator.unwrap_or_else(|| separator(head));
        let mut dialect = Dialect { separator, decimal: b'.', header: true, line_end };
        let rows = dialect.rows(head, LOOKED_AT);
        // Decimals may be rare.
        dialect.decimal =
            given.decimal.unwrap_or_else(|| decimal(separator, &dialect.rows(head, 100 * LOOKED_AT)));
        dialect.header = given.header.unwrap_or_else(|| dialect.names_columns(&rows));
        dialect
    }

    /// The first rows, the header among them.
    pub(super) fn rows(&self, head: &[u8], most: usize) -> Vec<ByteRecord> {
        self.reader(head).into_byte_records().take(most).map_while(Result::ok).collect()
    }

    /// A reader of rows that are written so, the header among them.
    pub(super) fn reader<'a>(&self, rows: &'a [u8]) -> csv::Reader<&'a [u8]> {
        ReaderBuilder::new().delimiter(self.separator).flexible(true).has_headers(false).from_reader(rows)
    }

    /// A cell that is a number, as [`str::parse`] reads it.
    #[inline]
    pub(in crate::data) fn number(&self, cell: &[u8]) -> Option<f64> {
        short(cell, self.decimal).or_else(|| self.long(cell))
    }

    /// A cell that is a number, however it is written.
    fn long(&self, cell: &[u8]) -> Option<f64> {
        // Most cells need no text and no trimming.
        let trimmed = |cell: &[u8]| std::str::from_utf8(cell).ok()?.trim().parse().ok();
        if self.decimal == b'.' {
            return fast_float2::parse(cell).ok().or_else(|| trimmed(cell));
        }
        if cell.contains(&b'.') {
            return None; // a separator of thousands
        }
        let mut cell = cell.to_vec();
        cell.iter_mut().filter(|byte| **byte == self.decimal).for_each(|byte| *byte = b'.');
        fast_float2::parse(&cell).ok().or_else(|| trimmed(&cell))
    }

    /// Whether the first row names the columns: it does so where it has a text above numbers, and where it has no number.
    fn names_columns(&self, rows: &[ByteRecord]) -> bool {
        let Some((first, others)) = rows.split_first() else { return true };
        let is_number = |cell: &[u8]| self.number(cell).is_some();
        let above_numbers = |(at, name): (usize, &[u8])| {
            let below = || others.iter().filter_map(|row| row.get(at)).filter(|cell| !is_missing(cell));
            !is_number(name) && !is_missing(name) && below().next().is_some() && below().all(is_number)
        };
        first.iter().enumerate().any(above_numbers) || !first.iter().any(is_number)
    }
}

/// The separator with which most rows have as many cells as the first, and more than one.
fn separator(head: &[u8]) -> u8 {
    let cells = |separator: u8| {
        let dialect = Dialect { separator, decimal: b'.', header: true, line_end: b'\n' };
        let rows = dialect.rows(head, LOOKED_AT);
        let first = rows.first().map_or(0, ByteRecord::len);
        let same = rows.iter().filter(|row| row.len() == first).count();
        // In hundredths, so that a row that is cut off does not decide.
        (if first > 1 { same * 100 / rows.len() } else { 0 }, first)
    };
    let best = SEPARATORS.into_iter().rev().max_by_key(|separator| cells(*separator));
    // Where another one does as well, and each comma then stands before decimals, that is what it is for.
    let decimals = |separator: &u8| {
        let dialect = Dialect { separator: *separator, decimal: b'.', header: true, line_end: b'\n' };
        let rows = dialect.rows(head, LOOKED_AT);
        let mut commas = rows.iter().skip(1).flatten().filter(|cell| cell.contains(&b',')).peekable();
        commas.peek().is_some() && commas.all(is_decimal_comma)
    };
    if best == Some(b',')
        && let Some(other) = SEPARATORS[1..].iter().find(|of| cells(**of).0 == cells(b',').0 && decimals(of))
    {
        return *other;
    }
    best.filter(|separator| cells(*separator).0 > 0).unwrap_or(b',')
}

/// The comma, where cells are separated by something else and some number can only be read so.
fn decimal(separator: u8, rows: &[ByteRecord]) -> u8 {
    let mut comma = false;
    for cell in rows.iter().skip(1).flatten() {
        match cell.iter().position(|byte| *byte == b',') {
            None if cell.contains(&b'.')
                && !is_thousands(cell, b'.')
                && fast_float2::parse::<f64, _>(cell).is_ok() =>
            {
                return b'.';
            }
            // Three digits could be thousands, but behind a 0.
            Some(at) => {
                let zero =
                    cell.trim_ascii().strip_prefix(b"-").unwrap_or(cell.trim_ascii()).starts_with(b"0,");
                comma |= is_decimal_comma(cell) && (zero || cell[at + 1..].trim_ascii().len() != 3);
            }
            None => {}
        }
    }
    if comma && separator != b',' { b',' } else { b'.' }
}

/// Whether a cell is a number with a comma before its decimals.
fn is_decimal_comma(cell: &[u8]) -> bool {
    let Some(at) = cell.iter().position(|byte| *byte == b',') else { return false };
    let [before, after] = [&cell[..at], &cell[at + 1..]].map(|part| part.trim_ascii());
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    digits(before.strip_prefix(b"-").unwrap_or(before)) && digits(after)
}

/// Whether a cell stands for a value that is missing.
pub(super) fn is_missing(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    cell.len() < 9 && MISSING.iter().any(|missing| missing.as_bytes() == cell)
}

/// Whether a cell says no or yes.
pub(in crate::data) fn switch(cell: &[u8]) -> Option<bool> {
    let cell = cell.trim_ascii();
    let is = |words: &[&str]| words.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(cell));
    SWITCHES.iter().position(|words| is(words)).map(|at| at == 1)
}

/// A text, refused where its bytes are not UTF-8.
pub(super) fn text(bytes: &[u8]) -> Result<&str, Encoding> {
    std::str::from_utf8(bytes).map_err(|_| match bytes.iter().any(|byte| (0x80..0xa0).contains(byte)) {
        true => Encoding::Windows1252,
        false => Encoding::Latin1,
    })
}

/// What a first line `sep=;` says, as Excel writes and reads it, and how long that line is.
pub(super) fn said_by_excel(head: &[u8]) -> Option<(u8, usize)> {
    let end = memchr2(b'\r', b'\n', head)?;
    // A tab at its end is what it says.
    let blanks = head[..end].iter().rev().take_while(|byte| **byte == b' ').count();
    let line = &head[..end - blanks];
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (said, separator) = line.split_at_checked(4)?;
    let &[separator] = separator else { return None };
    let length = end + if head[end..].starts_with(b"\r\n") { 2 } else { 1 };
    (said.eq_ignore_ascii_case(b"sep=") && SEPARATORS.contains(&separator)).then_some((separator, length))
}

/// Refuses what is text in two bytes a character, or no text.
pub(super) fn refuse_wide(head: &[u8]) -> Result<(), DataProblem> {
    let wide = match head {
        [0xff, 0xfe, 0, 0, ..] | [0x20..0x7f, 0, 0, 0, ..] => Encoding::Utf32Le,
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, 0x20..0x7f, ..] => Encoding::Utf32Be,
        [0xff, 0xfe, ..] | [0x20..0x7f, 0, ..] => Encoding::Utf16Le,
        [0xfe, 0xff, ..] | [0, 0x20..0x7f, ..] => Encoding::Utf16Be,
        [b'P', b'K', 3, 4, ..] => return Err(DataProblem::Workbook),
        [0x1f, 0x8b, ..] => return Err(DataProblem::Packed),
        _ => return Ok(()),
    };
    Err(DataProblem::NotUtf8 { line: 1, encoding: wide })
}
