//! A table in blocks of whole rows, so that a file larger than memory can be read, and several threads read one.

use memchr::{memchr, memrchr};
use std::io::{self, Read};

/// Bytes of a block: long enough that starting a thread for it costs nothing.
const BLOCK: usize = 4 << 20;

/// The most bytes of a row: what is longer is no table.
const ROW: usize = 64 << 20;

/// Bytes by which a table is recognised, unless fewer rows than this lie in them.
const HEAD: usize = 1 << 20;
const ROWS: usize = 4;

/// Cuts what is read into blocks.
pub(super) struct Blocks<R> {
    reader: R,
    /// What was read and not given out.
    bytes: Vec<u8>,
    done: bool,
}

impl<R: Read> Blocks<R> {
    /// Reads enough that a table can be recognised.
    pub(super) fn new(reader: R) -> io::Result<Blocks<R>> {
        let mut blocks = Blocks { reader, bytes: vec![], done: false };
        while !blocks.done {
            blocks.read(HEAD)?;
            let ends = blocks.bytes.iter().filter(|byte| b"\r\n".contains(byte)).count();
            if ends > 2 * ROWS || blocks.bytes.len() > ROW {
                break;
            }
        }
        if blocks.bytes.starts_with(b"\xef\xbb\xbf") {
            blocks.bytes.drain(..3); // a byte-order mark is no part of a name
        }
        Ok(blocks)
    }

    /// What was read so far.
    pub(super) fn head(&self) -> &[u8] {
        match self.bytes.iter().rposition(|byte| b"\r\n".contains(byte)) {
            Some(at) if !self.done => &self.bytes[..=at],
            _ => &self.bytes,
        }
    }

    /// Passes over bytes of the head.
    pub(super) fn skip(&mut self, count: usize) {
        self.bytes.drain(..count);
    }

    /// The next whole rows, as long as there are any.
    pub(super) fn next(&mut self, separator: u8, line_end: u8) -> io::Result<Option<Vec<u8>>> {
        while !self.done && self.bytes.len() < BLOCK {
            self.read(BLOCK)?;
        }
        loop {
            if self.done {
                if let Some(at) = rows_end(&self.bytes, separator, line_end).1 {
                    let cell: String = String::from_utf8_lossy(&self.bytes[at..]).chars().take(20).collect();
                    return Err(io::Error::other(format!(
                        "the quote that opens {cell:?} is never closed, so that all behind it would be one cell; close it, or \
                         take it out"
                    )));
                }
                return Ok(Some(std::mem::take(&mut self.bytes)).filter(|bytes| !bytes.is_empty()));
            }
            if let (Some(end), _) = rows_end(&self.bytes, separator, line_end) {
                let rest = self.bytes.split_off(end);
                return Ok(Some(std::mem::replace(&mut self.bytes, rest)));
            }
            if self.bytes.len() > ROW {
                return Err(io::Error::other("a row is longer than 64 MiB, so it is no table of text"));
            }
            self.read(self.bytes.len())?; // as much again: each byte is looked at twice at most
        }
    }

    fn read(&mut self, count: usize) -> io::Result<()> {
        self.bytes.try_reserve_exact(count)?; // at once: what grows is copied
        let read = self.reader.by_ref().take(count as u64).read_to_end(&mut self.bytes)?;
        self.done = read < count;
        Ok(())
    }
}

/// Where the last row of some bytes that begin with a row ends, and where a quote opens that is not closed. Within quotes the
/// end of a line is none of a row; a quote opens at the start of a cell only, and two of them within quotes are one that is
/// meant.
fn rows_end(bytes: &[u8], separator: u8, line_end: u8) -> (Option<usize>, Option<usize>) {
    if memchr(b'"', bytes).is_none() {
        return (memrchr(line_end, bytes).map(|at| at + 1), None);
    }
    let (mut quoted, mut starts, mut end, mut opened) = (false, true, None, 0);
    let mut bytes = bytes.iter().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' if quoted => quoted = bytes.next_if(|(_, next)| **next == b'"').is_some(),
            b'"' if starts => (quoted, opened) = (true, at),
            _ if quoted => {}
            byte if *byte == line_end => end = Some(at + 1),
            _ => {}
        }
        starts = !quoted && (*byte == separator || b"\r\n".contains(byte));
    }
    (end, quoted.then_some(opened))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What the rows of each block say is what the rows of the whole say.
        #[test]
        fn a_table_cut_into_blocks_has_the_same_rows(bytes in "[a\",\n\r]{0,60}", size in 1usize..9) {
            let rows = |bytes: &[u8]| -> Vec<Vec<Vec<u8>>> {
                let mut builder = csv::ReaderBuilder::new();
                builder.has_headers(false).flexible(true);
                let records = builder.from_reader(bytes).into_byte_records();
                records.map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
            };
            let (mut from, mut all) = (0, vec![]);
            while from < bytes.len() {
                let mut to = (from + size).min(bytes.len());
                let end = loop {
                    match rows_end(&bytes.as_bytes()[from..to], b',', b'\n').0 {
                        Some(end) => break from + end,
                        None if to == bytes.len() => break to,
                        None => to += 1,
                    }
                };
                all.extend(rows(&bytes.as_bytes()[from..end]));
                from = end;
            }
            prop_assert_eq!(all, rows(bytes.as_bytes()));
        }
    }
}
