//! `whygrad ui`, for as long as a test needs it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

pub(crate) struct Server {
    child: Mutex<Child>,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    pub(crate) token: String,
}

impl Server {
    /// Starts the server in `folder`, on a free port.
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whygrad"));
        command
            .args(["ui", "--no-open"])
            .args(args)
            .current_dir(folder)
            .env("TMPDIR", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        // It reads on when nobody listens any more: the server must not trip over a closed pipe.
        thread::spawn(move || said.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let mut server = Server { child: Mutex::new(child), address: String::new(), token: String::new() };
        while server.token.is_empty() {
            let line = lines.recv_timeout(Duration::from_secs(30)).expect("whygrad ui tells no address");
            let Some((_, url)) = line.split_once("http://") else { continue };
            let url = url.split_whitespace().next().unwrap_or_default();
            let (address, token) = url.split_once("/?token=").expect(url);
            (server.address, server.token) = (address.to_string(), token.to_string());
        }
        server
    }

    /// Ctrl-C, and the status with which it then ends.
    pub(crate) fn interrupt(&self) -> Option<i32> {
        let mut child = self.child.lock().unwrap();
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        child.wait().unwrap().code()
    }

    /// The address of a page that may be asked for, such as `/` or `/playground`, with what stands after `#` if any.
    pub(crate) fn url(&self, path: &str) -> String {
        let (path, hash) = path.split_at(path.find('#').unwrap_or(path.len()));
        format!("http://{}{path}?token={}{hash}", self.address, self.token)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap();
        child.kill().ok();
        child.wait().ok();
    }
}
