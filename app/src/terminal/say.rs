//! What is said beside the answer.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// A text whose control characters, which a terminal would obey, are written out: `\u{1b}[31m`.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c.is_control() && c != '\n';
    if !text.contains(obeyed) {
        return text.into();
    }
    let written =
        text.chars().map(|c| if obeyed(c) { c.escape_default().to_string() } else { c.to_string() });
    written.collect::<String>().into()
}

/// Says a sentence on standard error, once, however often a command comes upon it. Where nobody can be told, the exit
/// status has to do.
pub fn warn(text: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(text.into()) {
        let _ = writeln!(std::io::stderr(), "{}", harmless(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        assert_eq!(harmless("a\u{1b}[31mb\r\u{9b}1m\u{7}"), "a\\u{1b}[31mb\\r\\u{9b}1m\\u{7}");
        assert!(matches!(harmless("Größe\n in m²"), Cow::Borrowed(_)));
    }
}
