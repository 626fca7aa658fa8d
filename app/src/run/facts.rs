//! The file of facts: what a run's steps and epochs left, as it goes. It can be read without the network, and while it
//! grows.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `whyfacts` |
//! | 4 | [`VERSION`] of the format |
//! | 4 | how many times the run was resumed: the file is then another one, with fewer records or the same |
//! | a block | the [`Layout`] |
//! | blocks | each of some [`Record`]s, in the order in which they were left |
//!
//! A block is a head and a payload, which postcard writes. The head has four numbers: `MARK`, the payload's length,
//! the payload's checksum, and the checksum of these three. So a head is known for one wherever it stands, and what is
//! broken costs no more than its own block. Blocks are only ever appended: the last one may be torn, or not be there as
//! a whole yet.
//!
//! All numbers outside of payloads have 4 bytes, the lowest first. Checksums are CRC32C.

use crate::error::{Error, Result};
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use whygrad::facts::{Layout, Record};

/// What the file begins with.
const MAGIC: &[u8; 8] = b"whyfacts";

/// The format that is written, and the only one that is read.
pub const VERSION: u32 = 2;

/// What a block begins with.
const MARK: u32 = u32::from_le_bytes(*b"\xf1blk");

/// Bytes before the first block.
const START: usize = 16;

/// Bytes of a block's head.
const HEAD: usize = 16;

/// Records in a block.
const BLOCK: usize = 64;

/// A block is written after this time, however few records it has: a crash loses no more than that.
const PATIENCE: Duration = Duration::from_millis(250);

fn numbers<const N: usize>(numbers: [u32; N]) -> impl Iterator<Item = u8> {
    numbers.into_iter().flat_map(u32::to_le_bytes)
}

/// Appends a block of this.
fn encode(what: &(impl Serialize + ?Sized), bytes: &mut Vec<u8>) {
    seal(&postcard::to_stdvec(what).expect("names and numbers can always be written"), bytes);
}

/// Appends a block with this payload.
fn seal(payload: &[u8], bytes: &mut Vec<u8>) {
    let from = bytes.len();
    bytes.extend(numbers([MARK, payload.len() as u32, crc32c::crc32c(payload)]));
    bytes.extend(numbers([crc32c::crc32c(&bytes[from..])]));
    bytes.extend(payload);
}

/// The bytes of a file that was resumed so many times and has these records.
fn file(resumed: u32, layout: &Layout, records: &[Record]) -> Vec<u8> {
    let mut bytes: Vec<u8> = MAGIC.iter().copied().chain(numbers([VERSION, resumed])).collect();
    encode(layout, &mut bytes);
    records.chunks(BLOCK).for_each(|block| encode(block, &mut bytes));
    bytes
}

/// Length and checksum of the payload behind the head that begins these bytes, if one does.
fn head(bytes: &[u8]) -> Option<(usize, u32)> {
    let (head, _) = bytes.split_first_chunk::<HEAD>()?;
    let ([mark, length, sum, own], []) = head.as_chunks::<4>() else { return None };
    let whole = *mark == MARK.to_le_bytes() && crc32c::crc32c(&head[..12]) == u32::from_le_bytes(*own);
    whole.then(|| (u32::from_le_bytes(*length) as usize, u32::from_le_bytes(*sum)))
}

/// The payload of the block that begins these bytes, if it is there as it was written.
fn payload(bytes: &[u8]) -> Option<&[u8]> {
    let (length, sum) = head(bytes)?;
    bytes.get(HEAD..)?.get(..length).filter(|payload| crc32c::crc32c(payload) == sum)
}

/// The length of the broken block that begins these bytes; none where one may begin them that is torn, or not there yet.
fn broken(bytes: &[u8]) -> Option<usize> {
    match head(bytes) {
        Some((length, _)) => Some(HEAD + length).filter(|length| *length <= bytes.len()),
        None if bytes.len() < HEAD => None,
        None => (1..bytes.len()).find(|at| head(&bytes[*at..]).is_some()).or(Some(bytes.len())),
    }
}

/// Why a file of facts cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Unreadable {
    #[error(
        "an older whygrad wrote these facts, and this one does not read them; move the file away to go on without them"
    )]
    Older,
    #[error(
        "these facts have the format {0}; this whygrad reads {VERSION}; move the file away to go on without them"
    )]
    Version(u32),
    #[error("its beginning is broken, and with it what the facts are of")]
    Broken,
}

/// Whether these bytes begin as the first format did, which had no magic: length and checksum of a block, and the block.
fn is_first_format(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk() else { return false };
    let Some((sum, rest)) = rest.split_first_chunk() else { return false };
    let payload = rest.get(..u32::from_le_bytes(*length) as usize);
    payload.is_some_and(|payload| !payload.is_empty() && crc32c::crc32c(payload) == u32::from_le_bytes(*sum))
}

/// Reads a file of facts, and reads on as it grows.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    resumed: u32,
    layout: Layout,
    /// Where the block begins that is read next.
    at: u64,
    /// The step of the last record, and whether it is an epoch's.
    last: Option<(u64, bool)>,
    broken: Vec<Range<u64>>,
}

impl Reader {
    /// Opens a file of facts, for [`Reader::poll`] to read.
    ///
    /// # Errors
    /// Where it cannot be read, an older or newer whygrad wrote it, or its beginning is broken.
    pub fn open(path: &Path) -> Result<Reader> {
        Reader::try_open(path)?.map_err(|why| Error::Facts { path: path.into(), problem: why.to_string() })
    }

    fn try_open(path: &Path) -> Result<Result<Reader, Unreadable>> {
        let file = File::open(path).map_err(Error::file("read", path))?;
        let mut bytes = vec![];
        // First up to the head of the layout's block, then its payload.
        for _ in 0..2 {
            let layout = bytes.get(START..).and_then(head);
            let count = layout.map_or(START + HEAD, |(length, _)| length) as u64;
            (&file).take(count).read_to_end(&mut bytes).map_err(Error::file("read", path))?;
        }
        if let (false, Some(length)) = (bytes.starts_with(MAGIC), bytes.first_chunk()) {
            // All of what would be the first block of the first format.
            let length = u64::from(u32::from_le_bytes(*length));
            (&file).take(length).read_to_end(&mut bytes).map_err(Error::file("read", path))?;
        }
        Ok(Reader::begin(path, &bytes))
    }

    /// Reads the beginning of a file, or says what is wrong with it.
    fn begin(path: &Path, bytes: &[u8]) -> Result<Reader, Unreadable> {
        let Some(bytes) = bytes.strip_prefix(MAGIC) else {
            return Err(if is_first_format(bytes) { Unreadable::Older } else { Unreadable::Broken });
        };
        let (version, bytes) = bytes.split_first_chunk().ok_or(Unreadable::Broken)?;
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(Unreadable::Version(version));
        }
        let (resumed, bytes) = bytes.split_first_chunk().ok_or(Unreadable::Broken)?;
        let payload = payload(bytes).ok_or(Unreadable::Broken)?;
        let layout = postcard::from_bytes(payload).ok().filter(Layout::is_sound);
        let layout = layout.ok_or(Unreadable::Broken)?;
        Ok(Reader {
            path: path.into(),
            resumed: u32::from_le_bytes(*resumed),
            layout,
            at: (START + HEAD + payload.len()) as u64,
            last: None,
            broken: vec![],
        })
    }

    /// What the facts are of.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What was passed over so far: the bytes of blocks that are broken, whose records are lost.
    pub fn broken(&self) -> &[Range<u64>] {
        &self.broken
    }

    /// The records that came since the last call, at the first call all, in their order. A block that is torn or not yet
    /// there as a whole waits for a later call. Of a run that was resumed, the steps that it did again are not told again:
    /// they are the same.
    pub fn poll(&mut self) -> Result<Vec<Record>> {
        let failed = || Error::file("read", &self.path);
        let mut file = File::open(&self.path).map_err(failed())?;
        let mut beginning = [0; START];
        file.read_exact(&mut beginning).map_err(failed())?;
        if !beginning.ends_with(&self.resumed.to_le_bytes()) {
            let (last, path) = (self.last, self.path.clone());
            *self = Reader { last, ..Reader::open(&path)? };
            return self.poll();
        }
        let mut bytes = vec![];
        file.seek(SeekFrom::Start(self.at)).map_err(failed())?;
        file.read_to_end(&mut bytes).map_err(failed())?;
        Ok(self.take(&bytes))
    }

    /// The records in what stands behind all that was read.
    fn take(&mut self, mut bytes: &[u8]) -> Vec<Record> {
        let mut records = vec![];
        loop {
            let length = if let Some((block, length)) = self.block(bytes) {
                records.extend(block);
                length
            } else if let Some(length) = broken(bytes) {
                self.broken.push(self.at..self.at + length as u64);
                length
            } else {
                break;
            };
            bytes = &bytes[length..];
            self.at += length as u64;
        }
        let place = |record: &Record| Some((record.step(), matches!(record, Record::Epoch(_))));
        records.retain(|record| place(record) > self.last);
        self.last = records.last().map_or(self.last, place);
        records
    }

    /// The records of the block that begins these bytes, and its length; none where it is not whole.
    fn block(&self, bytes: &[u8]) -> Option<(Vec<Record>, usize)> {
        let payload = payload(bytes)?;
        let records: Vec<Record> = postcard::from_bytes(payload).ok()?;
        let fits = |record: &Record| match record {
            Record::Step(step) => step.facts.as_ref().is_none_or(|facts| self.layout.fits(facts)),
            Record::Epoch(_) => true,
        };
        records.iter().all(fits).then_some((records, HEAD + payload.len()))
    }
}

/// Appends records to a file of facts.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
    block: Vec<Record>,
    since: Instant,
}

impl Writer {
    /// Goes on with the file at `path` behind what step `step` left: what comes after it is dropped, as is what is broken,
    /// of which the bytes are returned. Begins the file where there is none, or one whose beginning is broken.
    ///
    /// # Errors
    /// Where it cannot be read, an older or newer whygrad wrote it, or it has another layout.
    pub fn resume(path: &Path, layout: &Layout, step: u64) -> Result<(Writer, Vec<Range<u64>>)> {
        let (resumed, records, broken) = match Reader::try_open(path) {
            Err(Error::File { source, .. }) if source.kind() == ErrorKind::NotFound => (0, vec![], vec![]),
            Err(error) => return Err(error),
            Ok(Err(Unreadable::Broken)) => {
                let length = std::fs::metadata(path).map_err(Error::file("read", path))?.len();
                let all = std::iter::once(0..length);
                (0, vec![], all.collect())
            }
            Ok(Err(why)) => return Err(Error::Facts { path: path.into(), problem: why.to_string() }),
            Ok(Ok(mut reader)) => {
                if reader.layout() != layout {
                    let problem = "these facts are of another network than experiment.toml describes".into();
                    return Err(Error::Facts { path: path.into(), problem });
                }
                let mut records = reader.poll()?;
                records.retain(|record| record.step() <= step);
                (reader.resumed.wrapping_add(1), records, reader.broken().to_vec())
            }
        };
        super::write_whole(path, &file(resumed, layout, &records))?;
        let file = OpenOptions::new().append(true).open(path).map_err(Error::file("write", path))?;
        Ok((Writer { path: path.into(), file, block: vec![], since: Instant::now() }, broken))
    }

    /// Adds a record; it reaches the file with its block.
    pub fn push(&mut self, record: Record) -> Result<()> {
        self.block.push(record);
        if self.block.len() >= BLOCK || self.since.elapsed() >= PATIENCE { self.flush() } else { Ok(()) }
    }

    /// Writes what is not written yet.
    pub fn flush(&mut self) -> Result<()> {
        if !self.block.is_empty() {
            let mut bytes = vec![];
            encode(&self.block, &mut bytes);
            self.file.write_all(&bytes).map_err(Error::file("write", &self.path))?;
            self.block.clear();
        }
        self.since = Instant::now();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};
    use whygrad::facts::{EpochRecord, Metrics, Moments, StepFacts, StepRecord};
    use whygrad::network::Network;
    use whygrad::{layers, op};

    fn layout() -> Layout {
        let layers = layers![op::Linear::new(3), op::Tanh, op::Linear::new(1)];
        Network::sequential([2], layers).unwrap().layout()
    }

    /// Of so many steps, every 32nd with facts, every tenth the last of an epoch.
    fn records(steps: u64) -> Vec<Record> {
        let layout = layout();
        let moments = |count: usize| vec![Moments::of(&[1.0, -2.0, 0.0]); count];
        let (values, params) = (layout.values.len(), layout.params.len());
        let facts = StepFacts {
            values: moments(values),
            value_gradients: moments(values),
            params: moments(params),
            param_gradients: moments(params),
            param_updates: moments(params),
            predicted: -0.5,
            measured: Some(-0.25),
        };
        let mut records = vec![];
        for step in 1..=steps {
            let facts = step.is_multiple_of(32).then(|| facts.clone());
            records.push(Record::Step(StepRecord { step, loss: 1.0 / step as f64, lr: 0.1, facts }));
            if step.is_multiple_of(10) {
                let [train, test] = [0.1, 0.5].map(|loss| Metrics { loss, accuracy: None });
                let record = EpochRecord { epoch: step / 10, step, train, test: Some(test) };
                records.push(Record::Epoch(record));
            }
        }
        records
    }

    /// Reads all that some bytes have, as from a file.
    fn read(bytes: &[u8]) -> Result<(Vec<Record>, Reader), Unreadable> {
        let mut reader = Reader::begin(Path::new("facts.bin"), bytes)?;
        let records = reader.take(&bytes[reader.at as usize..]);
        Ok((records, reader))
    }

    /// Where the blocks of records begin, and the end.
    fn starts(bytes: &[u8]) -> Vec<usize> {
        (START + 1..bytes.len()).filter(|at| head(&bytes[*at..]).is_some()).chain([bytes.len()]).collect()
    }

    #[test]
    fn a_layout_and_records_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.bin");
        let (mut writer, broken) = Writer::resume(&path, &layout(), 0).unwrap();
        records(130).into_iter().for_each(|record| writer.push(record).unwrap());
        writer.flush().unwrap();
        let mut reader = Reader::open(&path).unwrap();
        assert_eq!(reader.poll().unwrap(), records(130));
        assert_eq!(reader.layout(), &layout());
        assert!(broken.is_empty() && reader.broken().is_empty());
    }

    #[test]
    fn a_torn_tail_loses_its_block_only() {
        let (all, bytes) = (records(130), file(0, &layout(), &records(130)));
        let starts = starts(&bytes);
        for cut in starts[0]..bytes.len() {
            let (found, reader) = read(&bytes[..cut]).unwrap();
            let whole = starts.iter().filter(|start| **start <= cut).count() - 1;
            assert_eq!(found, all[..whole * BLOCK], "cut at {cut}");
            assert!(reader.broken().is_empty());
        }
    }

    #[test]
    fn a_changed_byte_loses_its_block_only_and_the_block_is_named() {
        let (all, bytes) = (records(130), file(0, &layout(), &records(130)));
        let starts = starts(&bytes);
        for (i, block) in starts.windows(2).enumerate() {
            for at in block[0]..block[1] {
                let mut bytes = bytes.clone();
                bytes[at] ^= 4;
                let (found, reader) = read(&bytes).unwrap();
                let lost = i * BLOCK..((i + 1) * BLOCK).min(all.len());
                let rest: Vec<&Record> = all[..lost.start].iter().chain(&all[lost.end..]).collect();
                assert_eq!(found.iter().collect::<Vec<_>>(), rest, "byte {at}");
                let named: Vec<_> = reader.broken().iter().map(|bytes| [bytes.start, bytes.end]).collect();
                assert_eq!(named, [[block[0] as u64, block[1] as u64]], "byte {at}");
            }
        }
    }

    #[test]
    fn a_broken_beginning_is_an_error() {
        let bytes = file(0, &layout(), &records(1));
        let first = starts(&bytes)[0];
        for at in (0..first).filter(|at| !(12..16).contains(at)) {
            let mut bytes = bytes.clone();
            bytes[at] ^= 4;
            assert!(read(&bytes).is_err(), "byte {at}");
            assert!(read(&bytes[..at]).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn a_file_whose_beginning_is_broken_is_begun_anew_and_that_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.bin");
        let mut bytes = file(0, &layout(), &records(70));
        bytes[20] ^= 1;
        for bytes in
            [&bytes[..], &[], &[0; 1000], b"whyfac", b"a text that is longer than any head of a file"]
        {
            std::fs::write(&path, bytes).unwrap();
            let (mut writer, broken) = Writer::resume(&path, &layout(), 70).unwrap();
            assert_eq!((broken.len(), broken[0].end), (1, bytes.len() as u64));
            records(80).into_iter().skip(77).for_each(|record| writer.push(record).unwrap());
            writer.flush().unwrap();
            assert_eq!(Reader::open(&path).unwrap().poll().unwrap(), records(80)[77..]);
        }
    }

    #[test]
    fn a_file_that_grows_is_followed_byte_by_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.bin");
        let bytes = file(0, &layout(), &records(130));
        let starts = starts(&bytes);
        std::fs::write(&path, &bytes[..starts[0]]).unwrap();
        let mut reader = Reader::open(&path).unwrap();
        let mut growing = OpenOptions::new().append(true).open(&path).unwrap();
        let mut found = vec![];
        for (at, byte) in bytes.iter().enumerate().skip(starts[0]) {
            growing.write_all(&[*byte]).unwrap();
            let new = reader.poll().unwrap();
            assert_eq!(!new.is_empty(), starts.contains(&(at + 1)), "byte {at}");
            found.extend(new);
        }
        assert_eq!(found, records(130));
        assert!(reader.broken().is_empty());
    }

    #[test]
    fn a_run_that_is_resumed_is_followed_and_tells_no_step_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.bin");
        let write = |from: u64, to: u64| {
            let (mut writer, _) = Writer::resume(&path, &layout(), from).unwrap();
            let new = records(to).into_iter().filter(|record| record.step() > from);
            new.for_each(|record| writer.push(record).unwrap());
            writer.flush().unwrap();
        };
        write(0, 70);
        let mut reader = Reader::open(&path).unwrap();
        let mut found = reader.poll().unwrap();
        assert_eq!(found, records(70));
        write(50, 60);
        assert_eq!(reader.poll().unwrap(), []);
        write(60, 200); // longer than what was read before
        found.extend(reader.poll().unwrap());
        assert_eq!(found, records(200));
        assert_eq!(Reader::open(&path).unwrap().poll().unwrap(), records(200));
    }

    #[test]
    fn facts_of_another_network_are_not_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.bin");
        Writer::resume(&path, &layout(), 0).unwrap();
        let other = Network::sequential([2], layers![op::Linear::new(3)]).unwrap().layout();
        let message = Writer::resume(&path, &other, 0).unwrap_err().to_string();
        assert!(message.contains("of another network"), "{message}");
    }

    #[test]
    fn a_newer_format_is_named() {
        let mut bytes = file(0, &layout(), &[]);
        bytes[8] = 7;
        let message = read(&bytes).unwrap_err();
        assert_eq!(message, Unreadable::Version(7));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn arbitrary_bytes_are_read_without_a_panic(bytes: Vec<u8>, whole in any::<bool>(), sealed in any::<bool>()) {
            // As a file, behind a sound beginning, and with a sound head of their own.
            let mut file = if whole { vec![] } else { file(0, &layout(), &records(3)) };
            match sealed {
                true => seal(&bytes, &mut file),
                false => file.extend(bytes),
            }
            prop_assert!(read(&file).map_or(whole, |(found, _)| found.starts_with(&records(3))));
        }
    }
}
