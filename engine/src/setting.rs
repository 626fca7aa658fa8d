//! What an operation, a loss, an optimizer can be told, as data: from these lists an experiment file is
//! read, a wrong key is named, and the manual is written.

use std::borrow::Cow;
use std::fmt;

/// A value as an experiment file gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `true` or `false`
    Switch(bool),
    /// A whole number.
    Whole(i64),
    /// Any other number.
    Number(f64),
    /// A text or the name of something.
    Text(Cow<'static, str>),
    /// `[…]`
    List(Cow<'static, [Literal]>),
    /// `{ type = "…", … }`
    Table(Vec<(String, Literal)>),
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, open: &str, items: Vec<String>, close: &str| {
            write!(f, "{open}{}{close}", items.join(", "))
        };
        match self {
            Literal::Switch(x) => write!(f, "{x}"),
            Literal::Whole(x) => write!(f, "{x}"),
            Literal::Number(x) => write!(f, "{x}"),
            Literal::Text(x) => write!(f, "\"{x}\""),
            Literal::List(items) => list(f, "[", items.iter().map(Literal::to_string).collect(), "]"),
            Literal::Table(items) => {
                list(f, "{ ", items.iter().map(|(key, value)| format!("{key} = {value}")).collect(), " }")
            }
        }
    }
}

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A whole number from 1.
    Count,
    /// A whole number from 0.
    Index,
    /// Any finite number.
    Finite,
    /// A number above 0.
    Positive,
    /// A number from 0.
    NonNegative,
    /// A number from 0 up to, not including, 1.
    Share,
    /// Two shares, as Adam's betas.
    TwoShares,
    /// A list of numbers above 0.
    PositiveList,
    /// A list of whole numbers from 1, each larger than the one before.
    Ascending,
    /// A text.
    Text,
    /// A text or a list of texts.
    Texts,
    /// Rows of 0 and 1.
    Mask,
    /// `true` or `false`.
    Switch,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of an initialiser, or a table with its `type` and settings.
    Init,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Count => "a whole number from 1 to 2^31",
            Kind::Index => "a whole number from 0 to 2^53",
            Kind::Text => "a text",
            Kind::Texts => "a text or a list of texts",
            Kind::Finite => "a finite number",
            Kind::Positive => "a finite number above 0",
            Kind::NonNegative => "a finite number from 0",
            Kind::Share => "a number from 0 up to, not including, 1",
            Kind::TwoShares => "two numbers from 0 up to, not including, 1",
            Kind::PositiveList => "a list of finite numbers above 0",
            Kind::Ascending => "a list of whole numbers from 1, each larger than the one before",
            Kind::Mask => "rows of 0 and 1, all of one length",
            Kind::Switch => "true or false",
            Kind::Init => "the name of an initialiser, or a table with its type",
            Kind::Word(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                return write!(f, "one of {}", quoted.join(", "));
            }
        })
    }
}

/// What stands where a key is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// It has to be given.
    Required,
    /// It may be left out; nothing stands for it.
    Absent,
    /// A number.
    Number(f64),
    /// Two numbers.
    Two(f64, f64),
    /// A switch.
    Switch(bool),
    /// A word.
    Word(&'static str),
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it stands in an experiment file.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What stands where it is not given.
    pub default: Default,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

impl Key {
    /// A key with all its parts.
    pub const fn new(name: &'static str, kind: Kind, default: Default, doc: &'static str) -> Key {
        Key { name, kind, default, doc }
    }
}

/// Why settings were refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SettingError {
    /// No such key.
    #[error("unknown key `{key}`; allowed: {}", .allowed.join(", "))]
    Unknown {
        /// The key that was given.
        key: String,
        /// The keys there are.
        allowed: Vec<&'static str>,
    },
    /// A key that has to be given is not.
    #[error("`{key}` is missing; it takes {kind}")]
    Missing {
        /// The key.
        key: &'static str,
        /// What it takes.
        kind: Kind,
    },
    /// A value of the wrong kind or outside its range.
    #[error("`{key}` is {given}; it takes {kind}")]
    Wrong {
        /// The key.
        key: String,
        /// What was given.
        given: String,
        /// What it takes.
        kind: Kind,
    },
    /// No initialiser, operation, … of that name.
    #[error("unknown {what} \"{name}\"; allowed: {}", .allowed.join(", "))]
    UnknownName {
        /// What was looked for: `initialiser`.
        what: &'static str,
        /// The name that was given.
        name: String,
        /// The names there are.
        allowed: Vec<&'static str>,
    },
    /// Two settings that exclude or need each other.
    #[error("{0}")]
    Clash(&'static str),
}

/// Settings that were checked against a list of keys, with defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    values: Vec<(&'static str, Literal)>,
}

impl Settings {
    /// Checks `given` against `keys`.
    pub fn read(
        keys: &[Key],
        given: impl IntoIterator<Item = (String, Literal)>,
    ) -> Result<Settings, SettingError> {
        let mut values: Vec<(&'static str, Literal)> = Vec::new();
        for (name, value) in given {
            let Some(key) = keys.iter().find(|key| key.name == name) else {
                return Err(SettingError::Unknown {
                    key: name,
                    allowed: keys.iter().map(|key| key.name).collect(),
                });
            };
            if !fits(&value, key.kind) {
                return Err(SettingError::Wrong { key: name, given: value.to_string(), kind: key.kind });
            }
            values.retain(|(name, _)| *name != key.name);
            values.push((key.name, value));
        }
        for key in keys {
            if values.iter().any(|(name, _)| *name == key.name) {
                continue;
            }
            match key.default {
                Default::Required => {
                    return Err(SettingError::Missing { key: key.name, kind: key.kind });
                }
                Default::Absent => {}
                Default::Number(x) => values.push((key.name, Literal::Number(x))),
                Default::Two(a, b) => {
                    values
                        .push((key.name, Literal::List(vec![Literal::Number(a), Literal::Number(b)].into())));
                }
                Default::Switch(x) => values.push((key.name, Literal::Switch(x))),
                Default::Word(x) => values.push((key.name, Literal::Text(Cow::Borrowed(x)))),
            }
        }
        Ok(Settings { values })
    }

    /// The value of a key, if it was given or has a default.
    pub fn get(&self, key: &str) -> Option<&Literal> {
        self.values.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The value of a key that takes a number, where it has one.
    pub fn number_if(&self, key: &str) -> Option<f64> {
        number(self.get(key)?)
    }

    /// The value of a key that takes a number and is required or has a default.
    pub fn number(&self, key: &str) -> f64 {
        self.number_if(key).unwrap_or_else(|| unread(key))
    }

    /// The value of a key that takes a whole number, where it has one.
    pub fn count_if(&self, key: &str) -> Option<usize> {
        self.number_if(key).map(|x| x as usize)
    }

    /// The value of a key that takes a whole number and is required or has a default.
    pub fn count(&self, key: &str) -> usize {
        self.number(key) as usize
    }

    /// The value of a switch with a default.
    pub fn switch(&self, key: &str) -> bool {
        match self.get(key) {
            Some(Literal::Switch(x)) => *x,
            _ => unread(key),
        }
    }

    /// The value of a key that takes a word and has a default.
    pub fn word(&self, key: &str) -> &str {
        self.text_if(key).unwrap_or_else(|| unread(key))
    }

    /// The text of a key, where it has one.
    pub fn text_if(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Literal::Text(x) => Some(x),
            _ => None,
        }
    }

    /// The texts of a key; none where it is absent.
    pub fn texts(&self, key: &str) -> Vec<String> {
        let text = |value: &Literal| match value {
            Literal::Text(x) => Some(x.to_string()),
            _ => None,
        };
        match self.get(key) {
            Some(Literal::List(items)) => items.iter().filter_map(text).collect(),
            Some(value) => text(value).into_iter().collect(),
            None => vec![],
        }
    }

    /// The numbers of a key that takes a list, where it has one.
    pub fn numbers_if(&self, key: &str) -> Option<Vec<f64>> {
        match self.get(key)? {
            Literal::List(items) => items.iter().map(number).collect(),
            _ => None,
        }
    }

    /// The rows of a mask, where there is one: true keeps the connection.
    pub fn mask_if(&self, key: &str) -> Option<Vec<Vec<bool>>> {
        let Some(Literal::List(rows)) = self.get(key) else { return None };
        let row = |row: &Literal| match row {
            Literal::List(cells) => cells.iter().map(|cell| number(cell).map(|x| x != 0.0)).collect(),
            _ => None,
        };
        rows.iter().map(row).collect()
    }
}

/// `Settings::read` put a value of the right kind there; an operation that asks for a key it did not list
/// is a mistake in that operation's file.
fn unread<T>(key: &str) -> T {
    panic!("`{key}` is not in this list of keys, or may be absent")
}

fn number(value: &Literal) -> Option<f64> {
    match value {
        Literal::Whole(x) => Some(*x as f64),
        Literal::Number(x) => Some(*x),
        _ => None,
    }
}

fn fits(value: &Literal, kind: Kind) -> bool {
    let whole = |least: i64, most: i64| matches!(value, Literal::Whole(x) if (least..=most).contains(x));
    let text = |value: &Literal| matches!(value, Literal::Text(_));
    let finite = |value: &Literal| number(value).filter(|x| x.is_finite());
    let share = |value: &Literal| finite(value).is_some_and(|x| (0.0..1.0).contains(&x));
    match kind {
        Kind::Count => whole(1, 1 << 31),
        Kind::Index => whole(0, 1 << 53),
        Kind::Text => text(value),
        Kind::Texts => text(value) || matches!(value, Literal::List(items) if items.iter().all(text)),
        Kind::Finite => finite(value).is_some(),
        Kind::Positive => finite(value).is_some_and(|x| x > 0.0),
        Kind::NonNegative => finite(value).is_some_and(|x| x >= 0.0),
        Kind::Share => share(value),
        Kind::TwoShares => {
            matches!(value, Literal::List(items) if items.len() == 2 && items.iter().all(share))
        }
        Kind::PositiveList => matches!(value, Literal::List(items)
            if !items.is_empty() && items.iter().all(|x| finite(x).is_some_and(|x| x > 0.0))),
        Kind::Ascending => {
            let whole = |x: &Literal| if let Literal::Whole(x) = x { *x } else { 0 };
            matches!(value, Literal::List(items) if !items.is_empty() && whole(&items[0]) > 0
                && items.windows(2).all(|two| whole(&two[0]) < whole(&two[1])))
        }
        Kind::Mask => {
            let cell = |cell: &Literal| matches!(cell, Literal::Whole(0 | 1));
            let width = |row: &Literal| match row {
                Literal::List(cells) if !cells.is_empty() && cells.iter().all(cell) => Some(cells.len()),
                _ => None,
            };
            matches!(value, Literal::List(rows) if !rows.is_empty()
                && width(&rows[0]).is_some() && rows.iter().all(|row| width(row) == width(&rows[0])))
        }
        Kind::Switch => matches!(value, Literal::Switch(_)),
        Kind::Word(words) => matches!(value, Literal::Text(x) if words.contains(&x.as_ref())),
        Kind::Init => matches!(value, Literal::Text(_) | Literal::Table(_)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[Key] = &[
        Key::new("out", Kind::Count, Default::Required, ""),
        Key::new("p", Kind::Share, Default::Number(0.5), ""),
        Key::new("bias", Kind::Switch, Default::Switch(true), ""),
    ];

    #[test]
    fn defaults_fill_in_and_given_values_win() {
        let settings =
            Settings::read(KEYS, [("out".into(), Literal::Whole(3)), ("p".into(), Literal::Whole(0))])
                .unwrap();
        assert_eq!((settings.count("out"), settings.number("p"), settings.switch("bias")), (3, 0.0, true));
    }

    #[test]
    fn unknown_missing_and_wrong_settings_are_named() {
        let message = |given: &[(&str, Literal)]| {
            let given = given.iter().map(|(key, value)| (key.to_string(), value.clone()));
            Settings::read(KEYS, given).unwrap_err().to_string()
        };
        assert_eq!(message(&[("outt", Literal::Whole(1))]), "unknown key `outt`; allowed: out, p, bias");
        assert_eq!(message(&[]), "`out` is missing; it takes a whole number from 1 to 2^31");
        assert_eq!(
            message(&[("out", Literal::Whole(0))]),
            "`out` is 0; it takes a whole number from 1 to 2^31"
        );
        let nan = [("out", Literal::Whole(1)), ("p", Literal::Number(f64::NAN))];
        assert_eq!(message(&nan), "`p` is NaN; it takes a number from 0 up to, not including, 1");
    }
}
