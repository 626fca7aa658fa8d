//! The page in a real browser.

mod axe;
mod chrome;
mod driver;
mod guard;
mod http;
mod keys;
mod measured;
mod page;
mod playground;
mod server;
mod walk;

use chrome::Chrome;
use page::Page;
use server::Server;
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

/// A page of its own for a test, in the one browser of this test binary; none where there is no Chromium.
///
/// A static is never dropped: the browser ends by itself when this process does, see [`Chrome`].
fn page() -> Option<Page<'static>> {
    static SHARED: OnceLock<Option<Chrome>> = OnceLock::new();
    let page = SHARED.get_or_init(Chrome::start).as_ref().map(Chrome::page);
    if page.is_none() {
        skipped("no Chromium");
    }
    page
}

/// Says that a test checks nothing here, which must not happen in CI.
fn skipped(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}, and CI is set");
    // Not `eprintln!`: what that prints in a test that passes is never seen.
    let mut stderr = std::io::stderr();
    writeln!(stderr, "SKIPPED: {why}").unwrap();
}

/// That a page has nothing that the audit of axe-core finds, complains of nothing, and asked nobody but its server.
#[track_caller]
fn audited(page: &Page<'_>, server: &Server, what: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("page/node_modules/axe-core/axe.min.js");
    assert_eq!(axe::violations(page, &script), [""; 0], "{what}");
    assert_eq!(page.complaints(), [""; 0], "{what}");
    let own = format!("http://{}/", server.address);
    for request in page.requests() {
        assert!(request.starts_with(&own), "{what}: {request}");
    }
}
