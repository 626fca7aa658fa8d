//! Keys as the DevTools protocol names them.

/// The key, its place on the keyboard, its number, the text that it writes, and the modifiers that are held.
pub(super) struct Press<'a> {
    pub(super) key: &'a str,
    pub(super) code: String,
    pub(super) number: u32,
    pub(super) text: &'a str,
    pub(super) held: u32,
}

const NAMED: [(&str, u32); 13] = [
    ("Backspace", 8),
    ("Tab", 9),
    ("Enter", 13),
    ("Escape", 27),
    ("PageUp", 33),
    ("PageDown", 34),
    ("End", 35),
    ("Home", 36),
    ("ArrowLeft", 37),
    ("ArrowUp", 38),
    ("ArrowRight", 39),
    ("ArrowDown", 40),
    ("Delete", 46),
];

impl Press<'_> {
    /// Of `a`, `ŷ`, `+`, `Space`, `ArrowLeft`, `Shift+Tab`.
    pub(super) fn parse(keys: &str) -> Press<'_> {
        let (held, key) = keys.rsplit_once('+').filter(|(_, key)| !key.is_empty()).unwrap_or(("", keys));
        let held = modifiers(held);
        let named = NAMED.iter().find(|(name, _)| *name == key);
        let letter = key.chars().next().filter(|letter| key.len() == letter.len_utf8());
        let (key, code, number, text) = match (named, letter) {
            (Some((name, number)), _) => {
                (key, name.to_string(), *number, if key == "Enter" { "\r" } else { "" })
            }
            (None, _) if ["Space", " "].contains(&key) => (" ", "Space".to_string(), 32, " "),
            (None, Some(c)) if c.is_ascii_digit() => (key, format!("Digit{c}"), c.into(), key),
            (None, Some(c)) if c.is_ascii_alphabetic() => {
                let c = c.to_ascii_uppercase();
                (key, format!("Key{c}"), c.into(), key)
            }
            // Other numbers are other keys' letters: a point's is that of Delete.
            (None, Some(_)) => (key, String::new(), 0, key),
            (None, None) => panic!("no key: {key}"),
        };
        let text = if held & !modifiers("Shift") == 0 { text } else { "" };
        Press { key, code, number, text, held }
    }
}

/// Of `Shift`, `Control+Alt`, or nothing.
pub(super) fn modifiers(held: &str) -> u32 {
    let bit = |name| match name {
        "" => 0,
        "Alt" => 1,
        "Control" => 2,
        "Meta" => 4,
        "Shift" => 8,
        _ => panic!("no modifier: {name}"),
    };
    held.split('+').map(bit).sum()
}
