//! The file of facts: blocks of up to 64 steps, each with its length and checksum (CRC32C), only ever appended.
//! A block that was torn by a crash ends the file for whoever reads it.

use crate::error::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use whygrad::facts::Record;

/// Steps in a block.
const BLOCK: usize = 64;

/// A block is written after this time, however few steps it has: a crash loses no more than that.
const PATIENCE: Duration = Duration::from_millis(250);

/// Appends records.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
    block: Vec<Record>,
    since: Instant,
}

impl Writer {
    /// Goes on with the file at `path`, from the record of step `step` on: what comes after it is dropped.
    pub fn resume(path: &Path, step: u64) -> Result<Writer> {
        let mut bytes = vec![];
        for record in
            read(path)?.into_iter().filter(|record| record.step() <= step).collect::<Vec<_>>().chunks(BLOCK)
        {
            encode(record, &mut bytes);
        }
        super::write_whole(path, &bytes)?;
        let file = OpenOptions::new().append(true).open(path).map_err(Error::file("write", path))?;
        Ok(Writer { path: path.into(), file, block: vec![], since: Instant::now() })
    }

    /// Adds a record; it reaches the file with its block.
    pub fn push(&mut self, record: Record) -> Result<()> {
        self.block.push(record);
        if self.block.len() >= BLOCK || self.since.elapsed() >= PATIENCE { self.flush() } else { Ok(()) }
    }

    /// Writes what is not written yet.
    pub fn flush(&mut self) -> Result<()> {
        let mut bytes = vec![];
        encode(&self.block, &mut bytes);
        self.file.write_all(&bytes).map_err(Error::file("write", &self.path))?;
        self.block.clear();
        self.since = Instant::now();
        Ok(())
    }
}

fn encode(records: &[Record], bytes: &mut Vec<u8>) {
    if records.is_empty() {
        return;
    }
    let payload = postcard::to_stdvec(records).expect("records are numbers, which can always be written");
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(crc32c::crc32c(&payload).to_le_bytes());
    bytes.extend(payload);
}

/// All records of a file, up to the first torn block; none where there is no file.
pub fn read(path: &Path) -> Result<Vec<Record>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(decode(&bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(vec![]),
        Err(error) => Err(Error::file("read", path)(error)),
    }
}

fn decode(mut bytes: &[u8]) -> Vec<Record> {
    let mut records = vec![];
    while let Some((length, rest)) = bytes.split_first_chunk::<4>()
        && let Some((checksum, rest)) = rest.split_first_chunk::<4>()
        && let Some((payload, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)
        && crc32c::crc32c(payload) == u32::from_le_bytes(*checksum)
        && let Ok(block) = postcard::from_bytes::<Vec<Record>>(payload)
    {
        records.extend(block);
        bytes = rest;
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use whygrad::facts::StepRecord;

    fn records(n: u64) -> Vec<Record> {
        let record = |step| StepRecord { step, loss: 1.0 / step as f64, lr: 0.1, facts: None };
        (1..=n).map(|step| Record::Step(record(step))).collect()
    }

    #[test]
    fn a_torn_or_changed_tail_loses_its_block_only() {
        let all = records(130);
        let mut bytes = vec![];
        all.chunks(BLOCK).for_each(|block| encode(block, &mut bytes));
        assert_eq!(decode(&bytes), all);
        for cut in [1, 7, 20] {
            assert_eq!(decode(&bytes[..bytes.len() - cut]), all[..128]);
        }
        let at = bytes.len() - 3;
        bytes[at] ^= 1;
        assert_eq!(decode(&bytes), all[..128]);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            decode(&bytes);
        }
    }
}
