//! A page, and input as a person's hands would give it.

use super::chrome::{Chrome, PATIENCE};
use super::keys::{Press, modifiers};
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

/// One page. What cannot be done to it is a panic: it is a test's hand.
pub(crate) struct Page<'a> {
    chrome: &'a Chrome,
    session: String,
    context: Json,
    events: Receiver<Json>,
    heard: RefCell<Heard>,
}

#[derive(Default)]
struct Heard {
    complaints: Vec<String>,
    requests: Vec<String>,
    /// The last document that was loaded with all that it asks for.
    loaded: Json,
}

impl<'a> Page<'a> {
    pub(super) fn new(
        chrome: &'a Chrome,
        session: String,
        context: Json,
        events: Receiver<Json>,
    ) -> Page<'a> {
        let page = Page { chrome, session, context, events, heard: RefCell::default() };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.call("Page.setLifecycleEventsEnabled", json!({"enabled": true}));
        // Each page takes itself for the one in front.
        page.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
        page.emulate(1280, 800, 1.0, false, false);
        page
    }

    /// A command of the DevTools protocol.
    #[track_caller]
    pub(crate) fn call(&self, method: &str, params: Json) -> Json {
        match self.chrome.call(&self.session, method, params) {
            Ok(answer) => answer,
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens an address and waits until it is loaded.
    #[track_caller]
    pub(crate) fn goto(&self, url: &str) {
        let document = self.call("Page.navigate", json!({"url": url}));
        assert!(document.get("errorText").is_none(), "{url}: {document}");
        // There is none where only the part after # is new.
        if let Some(document) = document.get("loaderId") {
            self.listen_until(|heard| heard.loaded == *document, "the page is not loaded");
        }
    }

    /// Loads the page again.
    #[track_caller]
    pub(crate) fn reload(&self) {
        self.listen();
        let before = self.heard.borrow().loaded.clone();
        self.call("Page.reload", json!({}));
        self.listen_until(|heard| heard.loaded != before, "the page is not loaded again");
    }

    /// The value of an expression or of its promise, as JSON; an exception is an error.
    ///
    /// A NaN or an infinity is a string; inside of a list or an object it is null, and −0 is 0 there: where bits matter
    /// ask for text. Statements may stand before the expression, in braces if they declare something:
    /// `{ const a = 1; a + 1 }`.
    pub(crate) fn eval(&self, js: &str) -> Result<Json, String> {
        let params =
            json!({"expression": js, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let mut answer = self.chrome.call(&self.session, "Runtime.evaluate", params)?;
        if let Some(error) = answer.get("exceptionDetails") {
            let text = error.pointer("/exception/description").or(error.pointer("/exception/value"));
            return Err(text.map_or_else(|| error["text"].to_string(), text_of));
        }
        let result = &mut answer["result"];
        Ok(match result["unserializableValue"].as_str() {
            Some("-0") => json!(-0.0),
            Some(other) => other.into(),
            None => result["value"].take(),
        })
    }

    /// Waits until the expression is true in JavaScript's sense, and gives its value.
    #[track_caller]
    pub(crate) fn wait_for(&self, js: &str) -> Json {
        let start = Instant::now();
        loop {
            let found = self.eval(js);
            let no = [json!(null), json!(false), json!(0), json!("")];
            match found {
                Ok(value) if !no.contains(&value) => return value,
                _ => {}
            }
            if start.elapsed() > PATIENCE {
                panic!("never true: {js}\nin the end: {found:?}\nconsole: {:#?}", self.complaints());
            }
            thread::sleep(Duration::from_millis(4));
        }
    }

    /// Presses and releases a key, such as `a`, `ArrowLeft`, `Shift+Tab`.
    #[track_caller]
    pub(crate) fn press(&self, keys: &str) {
        let Press { key, code, number, text, held } = Press::parse(keys);
        let kind = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        for (kind, text) in [(kind, text), ("keyUp", "")] {
            let mut event = json!({"type": kind, "key": key, "code": code, "modifiers": held});
            event["windowsVirtualKeyCode"] = number.into();
            event["text"] = text.into();
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Types into what has the focus, key by key.
    #[track_caller]
    pub(crate) fn type_text(&self, text: &str) {
        for letter in text.chars() {
            self.press(letter.encode_utf8(&mut [0; 4]));
        }
    }

    /// Clicks in the middle of an element, of a line in the middle of its length.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str) {
        self.drag(selector, 0.0, "");
    }

    /// Drags an element to the right, by CSS pixels, in ten moves; `held` is such as `Shift` or empty.
    #[track_caller]
    pub(crate) fn drag(&self, selector: &str, dx: f64, held: &str) {
        let (x, y) = self.hover(selector);
        let held = modifiers(held);
        let mouse = |kind: &str, x: f64| {
            let mut event = json!({"type": kind, "x": x, "y": y, "modifiers": held});
            event["button"] = "left".into();
            event["buttons"] = u64::from(kind != "mouseReleased").into();
            event["clickCount"] = 1.into();
            self.call("Input.dispatchMouseEvent", event);
        };
        mouse("mousePressed", x);
        if dx != 0.0 {
            (1..=10).for_each(|part| mouse("mouseMoved", x + dx * f64::from(part) / 10.0));
        }
        mouse("mouseReleased", x + dx);
    }

    /// Moves the mouse to an element, which has to be visible and on top; gives where that is.
    #[track_caller]
    pub(crate) fn hover(&self, selector: &str) -> (f64, f64) {
        let place = self.on(selector, POINT);
        let (x, y) = (place[0].as_f64().unwrap(), place[1].as_f64().unwrap());
        self.call("Input.dispatchMouseEvent", json!({"type": "mouseMoved", "x": x, "y": y}));
        (x, y)
    }

    /// Gives an element the focus.
    #[track_caller]
    pub(crate) fn focus(&self, selector: &str) {
        let taken =
            self.on(selector, "element => { element.focus(); return document.activeElement === element; }");
        assert_eq!(taken, true, "{selector} does not take the focus");
    }

    /// Calls a JavaScript function with an element.
    #[track_caller]
    fn on(&self, selector: &str, function: &str) -> Json {
        let element = format!("document.querySelector({})", json!(selector));
        match self.eval(&format!("({function})({element})")) {
            Ok(value) => value,
            Err(error) => panic!("{selector}: {error}"),
        }
    }

    /// The size of the window, pixels of the screen for each of its own, and what the person prefers. A new page has
    /// 1280 × 800, 1, light, and motion.
    pub(crate) fn emulate(&self, width: u32, height: u32, scale: f64, dark: bool, reduced_motion: bool) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let motion = if reduced_motion { "reduce" } else { "no-preference" };
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion},
        ]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// Writes what is to be seen as PNG.
    #[track_caller]
    pub(crate) fn screenshot(&self, path: &Path) {
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        std::fs::write(path, base64(picture["data"].as_str().unwrap())).unwrap();
    }

    /// The warnings, errors and uncaught exceptions since the last call. An answer of a server with status 400 or more
    /// is an error, too.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.listen();
        std::mem::take(&mut self.heard.borrow_mut().complaints)
    }

    /// Every address that the page has asked for.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.listen();
        self.heard.borrow().requests.clone()
    }

    /// Takes in what the page has said so far: the browser says it before it answers.
    fn listen(&self) {
        self.eval("0").ok();
        self.events.try_iter().for_each(|event| self.heard.borrow_mut().note(&event));
    }

    #[track_caller]
    fn listen_until(&self, good: impl Fn(&Heard) -> bool, otherwise: &str) {
        while !good(&self.heard.borrow()) {
            let event = self.events.recv_timeout(PATIENCE);
            self.heard.borrow_mut().note(&event.unwrap_or_else(|_| panic!("{otherwise}")));
        }
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        self.chrome.close(&self.session, &self.context);
    }
}

impl Heard {
    fn note(&mut self, event: &Json) {
        let said = &event["params"];
        let url = |place: &str| said.pointer(place).map(text_of).unwrap_or_default();
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => self.requests.push(url("/request/url")),
            "Network.webSocketCreated" => self.requests.push(url("/url")),
            "Page.lifecycleEvent" if said["name"] == "load" => self.loaded = said["loaderId"].clone(),
            "Runtime.consoleAPICalled" if said["type"] != "log" => {
                let parts = said["args"].as_array().into_iter().flatten();
                let parts = parts.map(|part| text_of(part.get("value").unwrap_or(&part["description"])));
                let kind = text_of(&said["type"]);
                if ["warning", "error", "assert"].contains(&kind.as_str()) {
                    self.complaints.push(format!("{kind}: {}", parts.collect::<Vec<_>>().join(" ")));
                }
            }
            "Runtime.exceptionThrown" => {
                let error = &said["exceptionDetails"];
                let text = error.pointer("/exception/description").unwrap_or(&error["text"]);
                self.complaints.push(format!("uncaught: {}", text_of(text)));
            }
            "Log.entryAdded" if ["warning", "error"].map(Json::from).contains(&said["entry"]["level"]) => {
                let entry = &said["entry"];
                self.complaints.push(format!("{}: {}", text_of(&entry["text"]), text_of(&entry["url"])));
            }
            "Inspector.targetCrashed" => self.complaints.push("the page crashed".to_string()),
            _ => {}
        }
    }
}

/// Where the mouse has to go for an element, as soon as it stands still.
const POINT: &str = r#"async element => {
    element.scrollIntoViewIfNeeded();
    const middle = () => {
        if (element.matches("path, line, polyline")) {
            const half = element.getPointAtLength(element.getTotalLength() / 2);
            const { x, y } = half.matrixTransform(element.getScreenCTM());
            return [x, y];
        }
        const box = element.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2];
    };
    let before, now = middle();
    do {
        await new Promise(requestAnimationFrame);
        [before, now] = [now, middle()];
    } while (`${before}` !== `${now}`);
    const top = document.elementFromPoint(...now);
    if (!element.contains(top)) throw new Error(`at ${now} there is ${top?.outerHTML.slice(0, 200)}`);
    return now;
}"#;

fn text_of(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let text = text.trim_end_matches('=').as_bytes();
    let four = |four: &[u8]| {
        let bits = four.iter().fold(0, |bits, &byte| bits << 6 | u32::from(digit(byte)));
        let bytes = (bits << (6 * (4 - four.len()))).to_be_bytes();
        bytes[1..four.len()].to_vec()
    };
    text.chunks(4).flat_map(four).collect()
}
