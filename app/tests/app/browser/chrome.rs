//! Chromium without a window, and the DevTools protocol over two pipes.

use super::page::Page;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// For an answer of the browser, and for what a page is awaited to do: two cores may be busy compiling.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Chromium reads commands from descriptor 3, writes to 4, and ends when 3 is closed: so it cannot outlive the tests,
/// however they end, and the shell then removes all that it wrote. Ctrl-C in a terminal reaches the shell, too.
const LAUNCH: &str = r#"
    trap '' INT TERM HUP
    folder=$(mktemp -d) || exit
    export HOME="$folder" TMPDIR="$folder"
    "$0" "$@" --user-data-dir="$folder/profile" 3<&0 4>&1 >"$folder/said" 2>&1 </dev/null ||
        tail -n 5 "$folder/said" >&2
    rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }"#;

/// Offline, the same picture everywhere, and no page asleep because another one is in front. It shows only this
/// project's own page: as root, which CI often is, it would not start with its sandbox.
const FLAGS: &str = "
    --headless=new --remote-debugging-pipe --no-startup-window --no-first-run
    --no-sandbox --disable-gpu
    --no-proxy-server --disable-quic --disable-background-networking --disable-component-update --disable-sync
    --disable-domain-reliability --disable-extensions --disable-features=Translate,OptimizationHints,MediaRouter
    --lang=en-US --force-color-profile=srgb --font-render-hinting=none --hide-scrollbars
    --disable-background-timer-throttling --disable-backgrounding-occluded-windows --disable-renderer-backgrounding";

/// The browser finds no other host, whatever a page asks for.
const HOSTS: &str = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost";

/// A headless browser, which is gone when this or the process is.
pub(crate) struct Chrome {
    child: Child,
    commands: Mutex<Option<ChildStdin>>,
    listeners: Arc<Mutex<Listeners>>,
    count: AtomicU64,
}

/// Whom the reading thread hands what the browser says.
#[derive(Default)]
struct Listeners {
    answers: HashMap<u64, Sender<Json>>,
    events: HashMap<String, Sender<Json>>,
}

impl Chrome {
    /// Starts the browser, if there is one.
    pub(crate) fn start() -> Option<Chrome> {
        let mut command = Command::new("sh");
        command.args(["-c", LAUNCH]).arg(chromium()?).args(FLAGS.split_whitespace()).arg(HOSTS);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let commands = Mutex::new(child.stdin.take());
        let listeners = Arc::new(Mutex::new(Listeners::default()));
        let (said, handed) = (child.stdout.take().unwrap(), Arc::clone(&listeners));
        thread::spawn(move || hand_on(said, &handed));
        Some(Chrome { child, commands, listeners, count: AtomicU64::new(0) })
    }

    /// A new page with cookies and storage of its own: cookies do not tell the ports of 127.0.0.1 apart.
    pub(crate) fn page(&self) -> Page<'_> {
        let ask = |method: &str, params: Json| self.call("", method, params).unwrap();
        let context = ask("Target.createBrowserContext", json!({}))["browserContextId"].clone();
        let target = json!({"url": "about:blank", "browserContextId": context});
        let target = ask("Target.createTarget", target)["targetId"].clone();
        let session = ask("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        let session = session["sessionId"].as_str().unwrap().to_string();
        let (sender, events) = mpsc::channel();
        self.listeners.lock().unwrap().events.insert(session.clone(), sender);
        Page::new(self, session, context, events)
    }

    pub(super) fn close(&self, session: &str, context: &Json) {
        self.call("", "Target.disposeBrowserContext", json!({"browserContextId": context})).ok();
        self.listeners.lock().unwrap().events.remove(session);
    }

    /// A command to the page of that session, or to the browser where it is empty.
    pub(super) fn call(&self, session: &str, method: &str, params: Json) -> Result<Json, String> {
        let id = self.count.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({"id": id, "method": method, "params": params});
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let (sender, answer) = mpsc::channel();
        self.listeners.lock().unwrap().answers.insert(id, sender);
        let message = format!("{message}\0");
        let sent = self.commands.lock().unwrap().as_mut().unwrap().write_all(message.as_bytes());
        let answer = sent.ok().and_then(|()| answer.recv_timeout(PATIENCE).ok());
        let mut answer = answer.ok_or_else(|| format!("{method}: the browser is gone or stuck"))?;
        match answer.get("error") {
            Some(error) => Err(format!("{method}: {error}")),
            None => Ok(answer["result"].take()),
        }
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        drop(self.commands.lock().unwrap().take());
        self.child.wait().ok();
    }
}

fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

/// Hands answers to those who wait and events to their page, until the browser ends.
fn hand_on(said: ChildStdout, listeners: &Mutex<Listeners>) {
    for message in BufReader::new(said).split(0).map_while(Result::ok) {
        let message: Json = serde_json::from_slice(&message).unwrap();
        let mut listeners = listeners.lock().unwrap();
        let listener = match message["id"].as_u64() {
            Some(id) => listeners.answers.remove(&id),
            None => message["sessionId"].as_str().and_then(|session| listeners.events.get(session)).cloned(),
        };
        // A page may be gone before the last that is said of it.
        listener.and_then(|listener| listener.send(message).ok());
    }
    *listeners.lock().unwrap() = Listeners::default();
}
