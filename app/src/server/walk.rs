//! The walk: a worked example with the visitor's numbers.

use super::{answer, json, worked_out};
use crate::textbook::{Example, Textbook};
use crate::view::walk::{Choices, Nudged, Push, Walk};
use axum::body::Bytes;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The most updates before a step: some milliseconds.
const UPDATES: u64 = 10_000;

/// A walk, and how to get there.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    walk: Walk,
    settings: Settings,
    /// The command that shows the same.
    command: String,
    /// What was nudged, and what that did.
    nudges: Vec<Nudged>,
}

/// What the example is made of.
#[derive(Serialize)]
struct Settings {
    activation: String,
    loss: String,
    optimizer: String,
    lr: Option<f64>,
}

/// Which example, which of its steps, and what is nudged in it.
struct Asked {
    example: Example,
    after: u64,
    updates: u64,
    nudges: Vec<Push>,
}

/// Numbers that one request may nudge.
const NUDGES: usize = 32;

impl Asked {
    fn read(body: &[u8]) -> Result<Asked, String> {
        let mut keys: Map<String, Json> = json(body)?;
        let mut count = |key: &str, most: u64| match keys.remove(key) {
            None => Ok(0),
            Some(n) => n
                .as_u64()
                .filter(|n| *n <= most)
                .ok_or(format!("{key} is {n}; it takes a whole number from 0 to {most}")),
        };
        let (after, updates) = (count("after", UPDATES)?, count("updates", UPDATES + 1)?);
        let nudges: Vec<Push> = match keys.remove("nudges") {
            None => vec![],
            Some(list) => serde_json::from_value(list).map_err(|error| format!("nudges: {error}"))?,
        };
        if nudges.len() > NUDGES {
            return Err(format!("there are {} nudges; at most {NUDGES} fit into one request", nudges.len()));
        }
        let example = Example::deserialize(Json::Object(keys)).map_err(|error| error.to_string())?;
        Ok(Asked { example, after, updates, nudges })
    }

    fn book(&self) -> Result<Textbook, String> {
        self.example.book().map_err(|error| error.to_string())
    }
}

/// `POST /api/walk`
pub(super) async fn walk(body: Bytes) -> Response {
    worked_out(move || {
        let asked = Asked::read(&body)?;
        let book = asked.book()?;
        let named = |problem| format!("{}: {problem}", book.name);
        let walk = Walk::new(&book, asked.after, asked.updates, true).map_err(named)?;
        let nudges = Nudged::all(&book, asked.after, &asked.nudges)?;
        let after = if asked.after > 0 { format!(" --after {}", asked.after) } else { String::new() };
        let optimizer = if book.optimizer.is_empty() { "sgd".into() } else { book.optimizer };
        Ok(Shown {
            walk,
            settings: Settings {
                activation: book.hidden,
                loss: book.loss,
                optimizer,
                lr: book.learning_rate,
            },
            command: format!("whygrad walk{}{after}", asked.example.options()),
            nudges,
        })
    })
    .await
}

/// `GET /api/walk/choices`
pub(super) async fn choices() -> Response {
    answer(Ok(Choices::all()))
}
