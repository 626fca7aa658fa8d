//! Bytes of files and of standard input, unpacked where they are packed. Reading ends where Ctrl-C is pressed.

use crate::error::{DataProblem, Error, Result};
use crate::terminal::is_interrupted;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read, Take};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// The most bytes that a compressed file may unpack to: 16 GiB, so that a crafted one cannot fill the memory.
const UNPACKED: u64 = 16 << 30;

/// Bytes that are taken from standard input at once.
const PIECE: usize = 1 << 18;

/// How long standard input is waited for before Ctrl-C is looked for.
const WAIT: Duration = Duration::from_millis(100);

/// Whether there is memory for so many bytes, as far as the system says so before they are used.
pub fn has_memory(bytes: u128) -> bool {
    usize::try_from(bytes).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok())
}

/// A file to read from, unpacked where its name ends in .gz; `-` is standard input.
pub(super) fn open(path: &str) -> Result<Box<dyn Read>> {
    if path == "-" {
        return Ok(Box::new(Waiting::new()));
    }
    let file = Stoppable(File::open(path).map_err(Error::file("read", path))?);
    Ok(match path.ends_with(".gz") {
        true => Box::new(Bounded(MultiGzDecoder::new(file).take(UNPACKED))),
        false => Box::new(file),
    })
}

/// The bytes of a file, unpacked where its name ends in .gz.
pub(super) fn bytes(path: &str) -> Result<Vec<u8>> {
    // Of what is read as a whole there are up to four at one time: bytes, numbers, and copies of both.
    let size = std::fs::metadata(path).map_or(0, |file| u128::from(file.len()));
    if !has_memory(4 * size) {
        return Err(Error::Data { file: path.into(), problem: DataProblem::Memory });
    }
    let mut bytes = Vec::with_capacity(size as usize);
    let mut file = Stoppable(File::open(path).map_err(Error::file("read", path))?);
    file.read_to_end(&mut bytes).map_err(Error::file("read", path))?;
    if !path.ends_with(".gz") {
        return Ok(bytes);
    }
    unpack(MultiGzDecoder::new(&*bytes)).map_err(|why| {
        let problem = DataProblem::Array { format: "gzip", why: why.to_string() };
        Error::Data { file: path.into(), problem }
    })
}

/// What comes out of an unpacker.
pub(super) fn unpack(unpacker: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    Bounded(unpacker.take(UNPACKED)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What comes out of an unpacker, which ends with an error where that is too much.
struct Bounded<R>(Take<R>);

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 if self.0.limit() == 0 => Err(io::Error::other("it unpacks to more than 16 GiB")),
            read => Ok(read),
        }
    }
}

/// What ends with an error where Ctrl-C was pressed.
struct Stoppable<R>(R);

impl<R: Read> Read for Stoppable<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        go_on()?;
        self.0.read(buffer)
    }
}

/// An error where Ctrl-C was pressed.
pub(super) fn go_on() -> io::Result<()> {
    if is_interrupted() { Err(io::Error::other("ended by Ctrl-C")) } else { Ok(()) }
}

/// Standard input: a thread waits for it, so that Ctrl-C is seen while nothing comes.
struct Waiting {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Cursor<Vec<u8>>,
}

impl Waiting {
    fn new() -> Waiting {
        let (give, pieces) = sync_channel(4);
        thread::spawn(move || {
            let mut stdin = io::stdin().lock();
            loop {
                let mut piece = vec![0; PIECE];
                let read = match stdin.read(&mut piece) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    read => read,
                };
                let is_last = !matches!(read, Ok(1..));
                let piece = read.map(|count| {
                    piece.truncate(count);
                    piece
                });
                // Nobody may want the rest.
                if give.send(piece).is_err() || is_last {
                    return;
                }
            }
        });
        Waiting { pieces, piece: Cursor::default() }
    }
}

impl Read for Waiting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            go_on()?;
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.pieces.recv_timeout(WAIT) {
                Ok(piece) => self.piece = Cursor::new(piece?),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
    }
}
