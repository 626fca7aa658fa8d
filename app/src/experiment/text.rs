//! The text of an experiment: overrides, and where in it something stands.

use crate::error::{Error, Place, Result, nearest};
use std::borrow::Cow;
use toml_edit::{Array, Document, DocumentMut, InlineTable, Item, TableLike, Value as Toml};
use whygrad::setting::{Key, Literal, SettingError, Settings};

/// Nesting that no experiment needs; deeper text could overflow the stack.
const DEEPEST: usize = 64;

/// The text of an experiment. Places in it are paths such as `network.layers.2.out`.
#[derive(Clone, Debug)]
pub(super) struct Text {
    file: String,
    original: String,
    effective: DocumentMut,
    overrides: Vec<(String, String)>,
}

impl Text {
    /// Reads the text and applies the overrides (`optimizer.lr=0.1`).
    pub(super) fn parse(file: &str, text: &str, overrides: &[String]) -> Result<Text> {
        let at = |span: Option<std::ops::Range<usize>>| place(file, text, span.map_or(0, |span| span.start));
        if text.bytes().filter(|byte| b"[{".contains(byte)).count() > 100_000 {
            let problem = "too many brackets for an experiment".into();
            return Err(Error::Experiment { place: Place::File(file.into()), problem });
        }
        let mut effective: DocumentMut = Document::parse(text)
            .map_err(|error| Error::Experiment {
                place: at(error.span()),
                problem: error.message().trim_end().replace('\n', ", "),
            })?
            .into_mut();
        let mut applied = vec![];
        for given in overrides {
            let refuse = |problem: &str| Error::Experiment {
                place: Place::Override(given.clone()),
                problem: problem.into(),
            };
            let (path, value) = given.split_once('=').ok_or_else(|| refuse("it should read KEY=VALUE"))?;
            let path = path.trim();
            if path.split('.').any(str::is_empty) {
                return Err(refuse("the key should read TABLE.KEY, such as optimizer.lr"));
            }
            let value = value.trim().parse::<Toml>().unwrap_or_else(|_| Toml::from(value.trim()));
            set(effective.as_item_mut(), path, value).map_err(|problem| refuse(&problem))?;
            applied.push((path.to_string(), given.clone()));
        }
        Ok(Text { file: file.into(), original: text.into(), effective, overrides: applied })
    }

    /// The text with the overrides in it.
    pub(super) fn effective(&self) -> String {
        self.effective.to_string()
    }

    /// Something is wrong at `path`.
    pub(super) fn error(&self, path: &str, problem: &str) -> Error {
        let within = |(key, _): &&(String, String)| {
            path == key || path.strip_prefix(key.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        let about = |(key, _): &&(String, String)| {
            path.contains('.') && key.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
        };
        let overrides = || self.overrides.iter().rev();
        let place = match overrides().find(within).or_else(|| overrides().find(about)) {
            Some((_, given)) => Place::Override(given.clone()),
            None => match span(&self.original, path) {
                Some(at) => place(&self.file, &self.original, at),
                None => Place::File(self.file.clone()),
            },
        };
        Error::Experiment { place, problem: problem.into() }
    }

    /// Refuses keys of the table at `path` that are not `known`.
    pub(super) fn only(&self, path: &str, known: &[&str]) -> Result<()> {
        let Some(table) = self.table(path)? else { return Ok(()) };
        match table.iter().find(|(key, _)| !known.contains(key)) {
            Some((key, _)) => {
                let hint = nearest(key, known);
                let problem = format!("unknown key `{key}`{hint}; allowed: {}", known.join(", "));
                Err(self.error(&join(path, key), &problem))
            }
            None => Ok(()),
        }
    }

    /// The settings of the table at `path` (none, where there is no such table); the keys in `beside` may stand
    /// there too and are not among them.
    pub(super) fn settings(&self, path: &str, keys: &[Key], beside: &[&str]) -> Result<Settings> {
        let known: Vec<&str> = keys.iter().map(|key| key.name).chain(beside.iter().copied()).collect();
        self.only(path, &known)?;
        let mut given = self.given(path)?;
        given.retain(|(key, _)| !beside.contains(&key.as_str()));
        self.checked(path, Settings::read(keys, given))
    }

    /// The `type` of the table at `path`, and its other keys.
    pub(super) fn typed(&self, path: &str) -> Result<(String, Vec<(String, Literal)>)> {
        let mut given = self.given(path)?;
        let example = match path {
            "loss" => "such as type = \"cross_entropy\" for classes, type = \"mse\" for numbers",
            "optimizer" => "such as type = \"adam\"",
            _ => "such as type = \"linear\"",
        };
        match given.iter().position(|(key, _)| key == "type") {
            Some(at) => match given.remove(at).1 {
                Literal::Text(kind) => Ok((kind.into_owned(), given)),
                other => {
                    let problem = format!("`type` is {other}; it takes a name in quotes");
                    Err(self.error(&join(path, "type"), &problem))
                }
            },
            None => Err(self.error(path, &format!("`{path}` needs a `type`, {example}"))),
        }
    }

    /// Length of the list at `path`.
    pub(super) fn length(&self, path: &str) -> Result<usize> {
        let wrong = |problem: &str| Err(self.error(path, problem));
        let list = "it takes a list of layers, such as [{ type = \"linear\", out = 10 }]";
        match find(self.effective.as_item(), path) {
            None => wrong(&format!("`{path}` is missing; {list}")),
            Some(Found::Value(Toml::Array(items))) if items.is_empty() => {
                wrong("there are no layers; it needs at least one")
            }
            Some(Found::Value(Toml::Array(items))) => Ok(items.len()),
            Some(Found::Item(Item::ArrayOfTables(tables))) => Ok(tables.len()),
            Some(_) => wrong(&format!("`{path}` is no list; {list}")),
        }
    }

    /// What a reader of settings said of the table at `path`.
    pub(super) fn checked<S>(&self, path: &str, result: Result<S, SettingError>) -> Result<S> {
        result.map_err(|error| match &error {
            SettingError::Unknown { key, allowed } => {
                let hint = nearest(key, allowed);
                let problem = format!("unknown key `{key}`{hint}; allowed: {}", allowed.join(", "));
                self.error(&join(path, key), &problem)
            }
            SettingError::UnknownName { what, name, allowed } => {
                let hint = match nearest(name, allowed) {
                    close if close.is_empty() => format!("; known: {}", allowed.join(", ")),
                    close => close.replace('"', "`").replace(" (", "; ").replace(')', ""),
                };
                let key = if *what == "initialiser" { "init" } else { "type" };
                self.error(&join(path, key), &format!("unknown {what} `{name}`{hint}"))
            }
            SettingError::Wrong { key, .. } => self.error(&join(path, key), &error.to_string()),
            SettingError::Missing { .. } | SettingError::Clash(_) => self.error(path, &error.to_string()),
        })
    }

    fn table(&self, path: &str) -> Result<Option<&dyn TableLike>> {
        match find(self.effective.as_item(), path) {
            None => Ok(None),
            Some(found) => match found.table() {
                Some(table) => Ok(Some(table)),
                None => Err(self.error(path, &format!("`{path}` is no table; it takes keys with values"))),
            },
        }
    }

    /// The keys that are given in the table at `path`, and their values.
    pub(super) fn given(&self, path: &str) -> Result<Vec<(String, Literal)>> {
        let Some(table) = self.table(path)? else { return Ok(vec![]) };
        let mut given = vec![];
        for (key, item) in table.iter() {
            let deep = || self.error(&join(path, key), "nested too deeply for an experiment");
            given.push((key.to_string(), item_value(item, 0).ok_or_else(deep)?));
        }
        Ok(given)
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.into() } else { format!("{path}.{key}") }
}

/// A part of a document.
#[derive(Clone, Copy)]
enum Found<'a> {
    Item(&'a Item),
    Value(&'a Toml),
    Table(&'a dyn TableLike),
}

impl<'a> Found<'a> {
    fn table(self) -> Option<&'a dyn TableLike> {
        match self {
            Found::Item(item) => item.as_table_like(),
            Found::Value(Toml::InlineTable(table)) => Some(table),
            Found::Value(_) => None,
            Found::Table(table) => Some(table),
        }
    }

    fn step(self, key: &str) -> Option<Found<'a>> {
        let index = || key.parse::<usize>().ok();
        let found = match self {
            Found::Item(Item::ArrayOfTables(tables)) => Found::Table(tables.get(index()?)?),
            Found::Item(Item::Value(Toml::Array(items))) | Found::Value(Toml::Array(items)) => {
                Found::Value(items.get(index()?)?)
            }
            other => Found::Item(other.table()?.get(key)?),
        };
        Some(match found {
            Found::Item(Item::Value(value)) => Found::Value(value),
            found => found,
        })
    }
}

fn find<'a>(root: &'a Item, path: &str) -> Option<Found<'a>> {
    let steps = path.split('.').filter(|step| !step.is_empty());
    steps.into_iter().try_fold(Found::Item(root), |found, step| found.step(step))
}

/// Where `path` stands in the text: its key, or where that is missing, the table that should have it.
fn span(text: &str, path: &str) -> Option<usize> {
    let document = Document::parse(text).ok()?;
    let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
    let Some(parent_found) = find(document.as_item(), parent) else { return span(text, parent) };
    if let Some((key, _)) = parent_found.table().and_then(|table| table.get_key_value(key)) {
        return Some(key.span()?.start);
    }
    let found = match parent_found.step(key) {
        Some(Found::Value(value)) => value.span(),
        Some(Found::Item(item)) => item.span(),
        Some(Found::Table(_)) => None,
        None if parent.is_empty() => None,
        None => return span(text, parent),
    };
    found.map(|span| span.start)
}

/// Line and column of a byte.
fn place(file: &str, text: &str, at: usize) -> Place {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    Place::Line { file: file.into(), line, column }
}

/// Puts `value` at `path`, making the tables on the way.
fn set(root: &mut Item, path: &str, value: Toml) -> Result<(), String> {
    let (parents, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut at = root;
    for step in parents.split('.').filter(|step| !step.is_empty()) {
        if let Some(items) = at.as_array_mut() {
            return set_in_array(items, &path[path.find(step).unwrap_or(0)..], value);
        }
        if at.as_inline_table().is_some() {
            break;
        }
        let table =
            at.as_table_mut().ok_or_else(|| format!("`{step}` is inside something that is no table"))?;
        at = table.entry(step).or_insert_with(toml_edit::table);
    }
    if let Some(items) = at.as_array_mut() {
        return set_in_array(items, last, value);
    }
    let table = at.as_table_like_mut().ok_or_else(|| format!("`{parents}` is no table"))?;
    match table.get_mut(last) {
        Some(item) => *item = Item::Value(value),
        None => drop(table.insert(last, Item::Value(value))),
    }
    Ok(())
}

/// As [`set`], from an index on.
fn set_in_array(items: &mut Array, path: &str, value: Toml) -> Result<(), String> {
    let (index, rest) = path.split_once('.').unwrap_or((path, ""));
    let count = items.len();
    let item = index.parse::<usize>().ok().and_then(|index| items.get_mut(index));
    let item = item.ok_or_else(|| format!("there is no item {index}; the list has {count}, from 0"))?;
    if rest.is_empty() {
        *item = value;
        return Ok(());
    }
    let (key, behind) = rest.split_once('.').unwrap_or((rest, ""));
    let table: &mut InlineTable =
        item.as_inline_table_mut().ok_or_else(|| format!("item {index} of the list is no table"))?;
    match table.get_mut(key) {
        Some(Toml::Array(items)) if !behind.is_empty() => set_in_array(items, behind, value),
        _ if !behind.is_empty() => Err(format!("`{key}` of item {index} is no list")),
        Some(old) => {
            *old = value;
            Ok(())
        }
        None => {
            table.insert(key, value);
            Ok(())
        }
    }
}

/// A name and its settings in one line: `sgd, momentum = 0.9`.
pub fn named(text: &str) -> Result<(String, Vec<(String, Literal)>), String> {
    let (name, rest) = text.split_once(',').unwrap_or((text, ""));
    let refuse = || format!("\"{text}\" should read NAME or NAME,KEY=VALUE, such as sgd,momentum=0.9");
    let table: InlineTable = match format!("{{{rest}}}").parse() {
        Ok(Toml::InlineTable(table)) => table,
        _ => return Err(refuse()),
    };
    match table_value(&table, 0) {
        Some(Literal::Table(given)) => Ok((name.trim().into(), given)),
        _ => Err(refuse()),
    }
}

/// An item as settings take it; `None` where it is nested too deeply.
fn item_value(item: &Item, depth: usize) -> Option<Literal> {
    match item {
        Item::Value(value) => toml_value(value, depth),
        Item::Table(table) => table_value(table, depth),
        Item::ArrayOfTables(tables) => {
            let items =
                tables.iter().map(|table| table_value(table, depth + 1)).collect::<Option<Vec<_>>>()?;
            Some(Literal::List(items.into()))
        }
        Item::None => Some(Literal::Text(Cow::Borrowed(""))),
    }
}

fn table_value(table: &dyn TableLike, depth: usize) -> Option<Literal> {
    let items = table.iter().map(|(key, item)| Some((key.to_string(), item_value(item, depth + 1)?)));
    (depth < DEEPEST).then(|| items.collect::<Option<Vec<_>>>().map(Literal::Table))?
}

fn toml_value(value: &Toml, depth: usize) -> Option<Literal> {
    Some(match value {
        Toml::String(text) => Literal::Text(Cow::Owned(text.value().clone())),
        Toml::Integer(number) => Literal::Whole(*number.value()),
        Toml::Float(number) => Literal::Number(*number.value()),
        Toml::Boolean(switch) => Literal::Switch(*switch.value()),
        Toml::Datetime(date) => Literal::Text(Cow::Owned(date.value().to_string())),
        Toml::Array(items) if depth < DEEPEST => {
            let items = items.iter().map(|item| toml_value(item, depth + 1)).collect::<Option<Vec<_>>>()?;
            Literal::List(items.into())
        }
        Toml::Array(_) => return None,
        Toml::InlineTable(table) => table_value(table, depth)?,
    })
}
