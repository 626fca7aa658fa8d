//! The rows of a block, and the cells of a row.

use super::dialect::Dialect;
use crate::error::DataProblem;
use csv::{ByteRecord, ByteRecordIter, Position};
use memchr::{memchr, memchr_iter, memchr2};

/// A row of a block.
pub(super) struct Row<'a> {
    /// Where it begins, or ends of lines before it.
    pub at: usize,
    /// How many cells it has.
    pub count: usize,
    pub cells: Cells<'a>,
}

/// The cells of a row.
pub(super) enum Cells<'a> {
    /// Cut at each separator, of what is left of a row.
    Cut { rest: Option<&'a [u8]>, separator: u8 },
    /// Perhaps quoted.
    Read(ByteRecordIter<'a>),
}

impl<'a> Iterator for Cells<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        match self {
            Cells::Cut { rest, separator } => {
                let row = (*rest)?;
                let end = memchr(*separator, row);
                *rest = end.map(|end| &row[end + 1..]);
                Some(&row[..end.unwrap_or(row.len())])
            }
            Cells::Read(cells) => cells.next(),
        }
    }
}

impl Dialect {
    /// Gives out the rows of a block, one after the other.
    pub(super) fn each_row(
        &self,
        block: &[u8],
        mut each: impl FnMut(Row<'_>) -> Result<(), DataProblem>,
    ) -> Result<(), DataProblem> {
        // Without a quote every separator and every end of a line is one, and nothing has to be copied.
        if memchr(b'"', block).is_none() {
            return cut(block, self.separator).try_for_each(each);
        }
        let (mut reader, mut record) = (self.reader(block), ByteRecord::new());
        while reader.read_byte_record(&mut record).map_err(|error| DataProblem::Csv(error.to_string()))? {
            let at = record.position().map_or(0, Position::byte) as usize;
            each(Row { at, count: record.len(), cells: Cells::Read(record.iter()) })?;
        }
        Ok(())
    }
}

/// The rows of a block without quotes; lines in which nothing stands are none.
fn cut(block: &[u8], separator: u8) -> impl Iterator<Item = Row<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += block[at..].iter().take_while(|byte| b"\r\n".contains(byte)).count();
        let rest = &block[at..];
        let row = &rest[..memchr2(b'\r', b'\n', rest).unwrap_or(rest.len())];
        let count = memchr_iter(separator, row).count() + 1;
        let cut = Row { at, count, cells: Cells::Cut { rest: Some(row), separator } };
        at += row.len();
        (!row.is_empty()).then_some(cut)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Rows that are cut are those that a reader of quotes finds.
        #[test]
        fn rows_without_quotes_are_cut_as_a_reader_of_csv_reads_them(block in "[a\u{e9}, ;\n\r]{0,60}") {
            for separator in [b',', b';'] {
                let dialect = Dialect { separator, decimal: b'.', header: false, line_end: b'\n' };
                let mut found = vec![];
                dialect.each_row(block.as_bytes(), |row| {
                    let cells: Vec<Vec<u8>> = row.cells.map(<[u8]>::to_vec).collect();
                    assert_eq!(cells.len(), row.count);
                    assert!(block.as_bytes()[row.at..].starts_with(&cells[0]));
                    found.push(cells);
                    Ok(())
                }).unwrap();
                let records = dialect.reader(block.as_bytes()).into_byte_records().map(Result::unwrap);
                let wanted: Vec<Vec<Vec<u8>>> =
                    records.map(|record| record.iter().map(<[u8]>::to_vec).collect()).collect();
                prop_assert_eq!(found, wanted);
            }
        }
    }
}
