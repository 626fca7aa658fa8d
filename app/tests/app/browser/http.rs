//! Raw requests, as no browser would send them.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// What came back, and whether the server ended the connection in time.
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) closed: bool,
}

impl Answer {
    /// The status of each answer in a row, as far as one can see them.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let text = String::from_utf8_lossy(&self.bytes);
        text.split("HTTP/1.1 ").skip(1).filter_map(|part| part.get(..3)?.parse().ok()).collect()
    }
}

/// Sends the bytes and reads what comes back until the server closes the connection or the time is over.
pub(crate) fn exchange(address: &str, bytes: &[u8], time: Duration) -> Answer {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    let mut answer = Answer { bytes: Vec::new(), closed: false };
    thread::scope(|scope| {
        // A server may answer, and close, before it has taken all of it.
        let mut writer = stream.try_clone().unwrap();
        scope.spawn(move || writer.write_all(bytes));
        let mut buffer = [0; 16384];
        while let Some(left) = time.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            stream.set_read_timeout(Some(left)).unwrap();
            match stream.read(&mut buffer) {
                Ok(0) => answer.closed = true,
                Ok(count) => answer.bytes.extend(&buffer[..count]),
                Err(error) => {
                    answer.closed = !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
                }
            }
            if answer.closed {
                break;
            }
        }
        stream.shutdown(Shutdown::Both).ok();
    });
    answer
}

/// The same for many, 64 at a time: some are only ended when their time is over.
pub(crate) fn exchange_all(
    address: &str,
    requests: Vec<Malformed>,
    time: Duration,
) -> Vec<(Malformed, Answer)> {
    let (left, done) = (Mutex::new(requests.into_iter()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            // A statement of its own, or the lock would be held during the exchange.
            let next = left.lock().unwrap().next();
            let Some(request) = next else { break };
            let answer = exchange(address, &request.bytes, time);
            done.lock().unwrap().push((request, answer));
        }
    };
    thread::scope(|scope| (0..64).for_each(|_| drop(scope.spawn(work))));
    done.into_inner().unwrap()
}

/// Connections that send nothing.
pub(crate) fn silent(address: &str, count: usize) -> Vec<TcpStream> {
    (0..count).map(|_| TcpStream::connect(address).unwrap()).collect()
}

/// How many of the connections the server ends in that time.
pub(crate) fn ended(streams: &mut [TcpStream], time: Duration) -> usize {
    let start = Instant::now();
    let ended = |stream: &mut TcpStream| {
        let left = time.saturating_sub(start.elapsed()).max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left)).unwrap();
        match stream.read_to_end(&mut Vec::new()) {
            Ok(_) => true,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    };
    streams.iter_mut().map(ended).filter(|&ended| ended).count()
}

/// A request that no server may answer with success.
pub(crate) struct Malformed {
    /// What is wrong with it.
    pub(crate) what: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Malformed requests, always the same ones. Half of them carry the `credentials` (header lines that end with CRLF):
/// those have to be refused for what is wrong with them.
pub(crate) fn malformed(address: &str, credentials: &str, count: usize) -> Vec<Malformed> {
    let mut random = Random(0x5eed);
    (0..count).map(|at| one(&mut random, address, credentials, at)).collect()
}

fn one(random: &mut Random, address: &str, credentials: &str, at: usize) -> Malformed {
    let good = random.of(&["", credentials]);
    let host = format!("Host: {address}\r\n{good}");
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\n{host}\r\n");
    let (what, text) = match at % 13 {
        0 => {
            let method = random.of(&["get", "G\tT", "", "DELETE", "PATCH", "BREW", "CONNECT", "GËT", "@@@"]);
            ("method", format!("{method} / HTTP/1.1\r\n{host}\r\n"))
        }
        1 => {
            let version =
                random.of(&["HTTP/9.9", "HTTP/1.", "HTTQ/1.1", "", "http/1.1", "HTTP/1.1 x", "HTTP/2.0"]);
            ("version", format!("GET / {version}\r\n{host}\r\n"))
        }
        2 => match random.below(3) {
            0 => ("many headers", format!("GET / HTTP/1.1\r\n{host}{}\r\n", "X: y\r\n".repeat(5000))),
            1 => ("long header", format!("GET / HTTP/1.1\r\n{host}X: {}\r\n\r\n", "y".repeat(2_000_000))),
            _ => ("long path", get(&format!("/{}", "y".repeat(100_000)))),
        },
        3 => {
            let text =
                random.of(&["GET /\0 HTTP/1.1\r\n", "GET / HTTP/1.1\0\r\n", "GET / HTTP/1.1\r\nX: a\0b\r\n"]);
            ("NUL", format!("{text}{host}\r\n"))
        }
        4 => {
            let up =
                random.of(&["..", "%2e%2e", ".%2E", "..%2f..", "..\\..", "%2e%2e%5c..", "%252e%252e", "..;"]);
            let file = random.of(&["Cargo.toml", "etc/passwd", "%00", "proc/self/environ"]);
            let start = random.of(&["/", "//", "/walk/", "/lib/", "/runs/", "/style/../"]);
            ("path", get(&format!("{start}{}{file}", format!("{up}/").repeat(1 + random.below(12)))))
        }
        5 => {
            let name = random.of(&["evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "[::]"]);
            ("host", format!("GET / HTTP/1.1\r\nHost: {name}\r\n{good}\r\n"))
        }
        6 => {
            // What follows a refused request is refused, too.
            let next = random.of(&[
                "\0\0\0",
                "GET",
                "/ HTTP/1.1\r\n\r\n",
                "DELETE / HTTP/1.1\r\nHost: evil\r\n\r\n",
            ]);
            ("pipelined", get("/nothing-here").repeat(1 + random.below(40)) + next)
        }
        7 => {
            // The first byte is none that a method may have.
            let noise = (0..random.below(3000)).map(|_| random.next().to_be_bytes()[0]);
            return Malformed { what: "noise", bytes: std::iter::once(1).chain(noise).collect() };
        }
        kind => bad_post(random, &host, kind),
    };
    Malformed { what, bytes: text.into_bytes() }
}

fn bad_post(random: &mut Random, host: &str, kind: usize) -> (&'static str, String) {
    let post = |headers: &str, body: &str| {
        format!("POST /api/walk HTTP/1.1\r\n{host}Content-Type: application/json\r\n{headers}\r\n{body}")
    };
    match kind {
        8 => {
            let length = random.of(&[
                "-1",
                "1e3",
                "99999999999999999999999",
                "5, 6",
                "0x10",
                "5\r\nContent-Length: 6",
            ]);
            ("length", post(&format!("Content-Length: {length}\r\n"), "{\"lr\"}"))
        }
        9 => {
            let origin =
                random.of(&["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1", "x"]);
            ("origin", post(&format!("Origin: {origin}\r\nContent-Length: 2\r\n"), "{}"))
        }
        10 => {
            let whole = post("Content-Length: 100\r\n", "{\"lr\": 0.5");
            ("half", whole[..1 + random.below(whole.len())].to_string())
        }
        11 => {
            let body = random.of(&[
                "zz\r\n{}\r\n0\r\n\r\n",
                "-1\r\n",
                "ffffffffffffffffff\r\n{}",
                "2;\r\n{}x",
                "0\r\n",
            ]);
            let both = random.of(&["", "Content-Length: 3\r\n"]);
            ("chunks", post(&format!("{both}Transfer-Encoding: chunked\r\n"), body))
        }
        _ => match random.below(5) {
            0 => ("10 MB", post("Content-Length: 10000000\r\n", &"[".repeat(10_000_000))),
            _ => ("JSON", post("Content-Length: 50000\r\n", &"[".repeat(50_000))),
        },
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}
