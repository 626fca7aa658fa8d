//! The driver itself, on a tiny page.

use super::{axe, page};
use serde_json::{Value as Json, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

pub(crate) const PAGE: &str = r#"<!doctype html><html lang="en"><title>Tiny</title><link rel="icon" href="/icon.svg">
<script type="module" src="/main.js"></script>
<main><h1>Tiny</h1><button id="button">Press</button>
<label>Text <input id="text"></label> <label>Rate <input id="range" type="range" min="0" max="9" value="4"></label>
<div id="number">drag</div>
<svg width="100" height="100"><path id="wire" d="M 0 50 L 50 50 L 50 100" stroke="black" stroke-width="3" fill="none"/></svg>
<p id="far">Far below</p></main></html>"#;

const SCRIPT: &str = "
globalThis.heard = [];
const names = ['click', 'pointerdown', 'pointerup', 'keydown', 'pointerover'];
for (const name of names) addEventListener(name, event => heard.push([name, event.target.id, event.key ?? event.clientX]));
addEventListener('pointermove', event => { globalThis.moved = [event.clientX, event.shiftKey, event.buttons]; });
document.querySelector('#far').style.marginTop = '3000px';
document.querySelector('#number').style.width = '50px';";

/// Serves the page, its script, and whatever else is asked for as not there; until the tests end.
pub(crate) fn tiny(page: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut asked = [0; 4096];
            let count = stream.read(&mut asked).unwrap_or(0);
            let asked = String::from_utf8_lossy(&asked[..count]);
            let (status, kind, body) = match asked.split(' ').nth(1).unwrap_or_default() {
                "/" => ("200 OK", "text/html", page.as_str()),
                "/main.js" => ("200 OK", "text/javascript", SCRIPT),
                "/icon.svg" => ("200 OK", "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
                _ => ("404 Not Found", "text/plain", "none"),
            };
            let csp = "Content-Security-Policy: default-src 'self'";
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\n{csp}");
            write!(stream, "{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
                .ok();
        }
    });
    url
}

#[test]
fn hands_do_what_hands_do() {
    let Some(page) = page() else { return };
    page.goto(&tiny(PAGE.to_string()));
    let value = |js: &str| page.eval(js).unwrap();
    page.click("#button");
    page.click("#far");
    assert!(value("scrollY").as_f64().unwrap() > 1000.0);
    assert_eq!(
        value("heard.filter(([name]) => name === 'click').map(([, id]) => id)"),
        json!(["button", "far"])
    );
    page.focus("#text");
    page.type_text("ŷ = 0.5, ∂L");
    page.press("Home");
    page.press("Delete");
    assert_eq!(value("document.activeElement.value"), " = 0.5, ∂L");
    page.press("Control+a");
    page.type_text("-");
    assert_eq!(value("document.activeElement.value"), "-");
    page.press("Tab");
    assert_eq!(value("document.activeElement.id"), "range");
    page.press("ArrowRight");
    page.press("ArrowUp");
    assert_eq!(value("document.activeElement.value"), "6");
    page.press("Shift+Tab");
    page.press("Shift+Tab");
    page.press("Enter");
    page.press("Space");
    let clicks = "heard.filter(([name, id]) => name === 'click' && id === 'button').length";
    assert_eq!(value(clicks), 3);
    page.hover("#wire");
    assert_eq!(value("heard.at(-1).slice(0, 2)"), json!(["pointerover", "wire"]));
    let (x, _) = page.hover("#number");
    page.drag("#number", 37.5, "Shift");
    assert_eq!(value("moved"), json!([x + 37.5, true, 1]));
    assert_eq!(value("heard.at(-1)[0]"), "click");
    page.eval("setTimeout(() => { globalThis.late = 7 }, 100)").unwrap();
    assert_eq!(page.wait_for("globalThis.late"), 7);
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn values_come_back_as_they_are_and_exceptions_as_text() {
    let Some(page) = page() else { return };
    page.goto(&tiny(PAGE.to_string()));
    assert_eq!(
        page.eval("{ const a = [0.1 + 0.2, 'ŷ', null]; a }").unwrap(),
        json!([0.30000000000000004, "ŷ", null])
    );
    assert_eq!(page.eval("{ const a = 5e-324; Promise.resolve(a) }").unwrap(), 5e-324);
    assert!(page.eval("-0").unwrap().as_f64().unwrap().is_sign_negative());
    assert_eq!(page.eval("0 / 0").unwrap(), "NaN");
    assert_eq!(page.eval("undefined").unwrap(), Json::Null);
    assert!(page.eval("nothing.at.all").unwrap_err().starts_with("ReferenceError: nothing is not defined"));
    assert_eq!(page.eval("throw 'a string'").unwrap_err(), "a string");
    assert!(page.eval("Promise.reject(new Error('no'))").unwrap_err().starts_with("Error: no"));
    page.eval("globalThis.kept = 1; location.hash = '#step=2'").unwrap();
    let here = page.eval("location.href").unwrap();
    page.goto(&here.as_str().unwrap().replace("=2", "=3"));
    assert_eq!(page.eval("kept").unwrap(), 1);
    page.reload();
    assert_eq!(page.eval("[location.hash, typeof kept]").unwrap(), json!(["#step=3", "undefined"]));
}

#[test]
fn nothing_goes_unheard() {
    let Some(page) = page() else { return };
    let url = tiny(PAGE.to_string());
    page.goto(&url);
    assert_eq!(page.complaints(), [""; 0]);
    page.eval("console.log('fine'); console.warn('careful', 3); console.error(new Error('bad'))").unwrap();
    page.eval("setTimeout(() => { throw new TypeError('thrown') }); Promise.reject(new Error('lost')); 0")
        .unwrap();
    page.eval("fetch('/missing').then(() => new Promise(done => setTimeout(done, 50)))").unwrap();
    page.eval(
        "fetch('http://example.com/spy').catch(() => 0); new Image().src = 'https://example.org/pixel'; 0",
    )
    .unwrap();
    page.eval("new Promise(done => setTimeout(done, 50))").unwrap();
    let said = page.complaints();
    for part in [
        "warning: careful 3",
        "error: Error: bad",
        "uncaught: TypeError: thrown",
        "uncaught: Error: lost",
        "404",
    ] {
        assert!(said.iter().any(|text| text.contains(part)), "{part}: {said:#?}");
    }
    assert_eq!(page.complaints(), [""; 0]);
    let requests = page.requests();
    assert_eq!(requests[0], url);
    for path in ["main.js", "missing"] {
        assert!(requests.contains(&format!("{url}{path}")), "{requests:?}");
    }
}

#[test]
fn a_picture_has_the_size_and_the_look_that_were_asked_for() {
    let Some(page) = page() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiny.png");
    page.goto(&tiny(PAGE.to_string()));
    let seen = "['(prefers-color-scheme: dark)', '(prefers-reduced-motion: reduce)'].map(text => matchMedia(text).matches)";
    for (width, height, scale, dark, still) in [(390, 844, 2.0, true, false), (1280, 800, 1.0, false, true)] {
        page.emulate(width, height, scale, dark, still);
        assert_eq!(page.eval(seen).unwrap(), json!([dark, still]));
        assert_eq!(
            page.eval("[innerWidth, innerHeight, devicePixelRatio]").unwrap(),
            json!([width, height, scale as u32])
        );
        page.screenshot(&file);
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
        let pixels = [width, height].map(|length| (length * scale as u32).to_be_bytes()).concat();
        assert_eq!(bytes[16..24], pixels);
        assert!(bytes.ends_with(b"IEND\xae\x42\x60\x82"));
    }
}

#[test]
fn the_audit_finds_a_picture_without_words_and_nothing_on_a_clean_page() {
    let Some(page) = page() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("page/node_modules/axe-core/axe.min.js");
    page.goto(&tiny(PAGE.to_string()));
    assert_eq!(axe::violations(&page, &script), [""; 0]);
    page.eval("document.querySelector('h1').append(new Image())").unwrap();
    let found = axe::violations(&page, &script);
    assert!(found.len() == 1 && found[0].starts_with("image-alt (critical)"), "{found:#?}");
    assert_eq!(page.complaints(), [""; 0]);
}
