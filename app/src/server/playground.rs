//! The playground: trainings of this page, each on a thread of its own.

mod uploads;

use super::{FILE_BYTES, answer, beside, json, worked_out};
use crate::data::Column;
use crate::error::Error;
use crate::experiment::{self, Experiment};
use crate::playground::{Player, Session, State as Does, Told, Viewer};
use crate::view::playground::{Choices, Frame, Playground, packed};
use crate::view::weight;
use crate::view::why::Why;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
pub(super) use uploads::Uploads;

/// Trainings at a time; the oldest makes room.
const TRAININGS: usize = 8;
/// Between two things that are told: 60 a second.
const TELLING: Duration = Duration::from_millis(16);
/// What a network of the page may have at most; more is for `whygrad train`.
const LAYERS: usize = 32;
const UNITS: u64 = 1024;
const EXAMPLES: u64 = 100_000;
const WEIGHTS: usize = 1 << 20;

/// The trainings and files of this page.
#[derive(Default)]
struct Playgrounds {
    /// The oldest first.
    running: Mutex<Vec<Arc<Running>>>,
    made: Mutex<u64>,
    uploads: Arc<Uploads>,
    choices: OnceLock<Choices>,
}

/// A training that is watched.
struct Running {
    id: String,
    session: Session,
    viewer: Mutex<Viewer>,
}

type Shared = State<Arc<Playgrounds>>;

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn routes(uploads: Arc<Uploads>) -> Router {
    Router::new()
        .route("/api/playground/choices", get(choices))
        .route("/api/playground", post(start))
        .route("/api/playground/{id}/act", post(act))
        .route("/api/playground/{id}/events", get(events))
        .route("/api/playground/{id}/frame", get(frame))
        .route("/api/playground/{id}/why", post(why))
        .route("/api/playground/data", post(upload).layer(DefaultBodyLimit::max(FILE_BYTES)))
        .with_state(Arc::new(Playgrounds { uploads, ..Playgrounds::default() }))
}

impl Playgrounds {
    fn find(&self, id: &str) -> Result<Arc<Running>, String> {
        let running = locked(&self.running);
        let found = running.iter().find(|running| running.id == id);
        found.cloned().ok_or("this training is over; any change starts another one".into())
    }

    /// Puts a training where a former one was.
    fn add(&self, session: Session, viewer: Viewer, instead: Option<&str>) -> String {
        let mut made = locked(&self.made);
        *made += 1;
        let id = made.to_string();
        let mut running = locked(&self.running);
        running.retain(|running| Some(running.id.as_str()) != instead);
        if running.len() >= TRAININGS {
            running.remove(0);
        }
        running.push(Arc::new(Running { id: id.clone(), session, viewer: Mutex::new(viewer) }));
        id
    }
}

async fn choices(State(all): Shared) -> Response {
    worked_out(move || Ok(all.choices.get_or_init(Choices::all).clone())).await
}

/// An experiment, and whose place it takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    experiment: Map<String, Json>,
    #[serde(default)]
    instead: Option<String>,
}

#[derive(Serialize)]
struct Started {
    id: String,
    /// Of a table that was dropped.
    columns: Option<Vec<Column>>,
    #[serde(flatten)]
    playground: Playground,
}

/// Why a weight moves, and the inputs of the batch's examples where those are many: a picture.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    why: Why,
    inputs: Option<Vec<Vec<f32>>>,
}

/// Inputs from which on they are shown as a picture.
const PICTURE: usize = 16;

/// An error without its place: the page has no lines.
fn sentence(error: Error) -> String {
    match error {
        Error::Experiment { problem, .. } => problem,
        Error::Data { file, problem } => {
            let name = std::path::Path::new(&file).file_name().unwrap_or_default();
            format!("{}: {problem}", name.to_string_lossy())
        }
        error => error.to_string(),
    }
}

async fn start(State(all): Shared, body: Bytes) -> Response {
    worked_out(move || {
        let Start { experiment, instead } = json(&body)?;
        bounded(&experiment, &all.uploads)?;
        let source = experiment.get("data").and_then(|data| data.get("source")?.as_str()).map(str::to_string);
        let text = experiment::json::written(&experiment)?;
        let experiment = Experiment::parse("experiment", "playground", &text, &[]).map_err(sentence)?;
        if experiment.is_double() {
            return Err("the playground trains in f32; `whygrad train` also in f64".into());
        }
        let placed = experiment.clone().in_folder(all.uploads.folder());
        let player = Player::new(&placed).map_err(sentence)?;
        let weights = player.prepared.trainer.network().param_count();
        if weights > WEIGHTS {
            return Err(format!(
                "the network has {weights} weights; in the playground it has at most {WEIGHTS}"
            ));
        }
        let viewer = Viewer::new(&player.prepared).map_err(sentence)?;
        let playground = Playground::new(&experiment, &player, &viewer);
        let columns = source.and_then(|source| all.uploads.columns(&source));
        Ok(Started { id: all.add(Session::new(player), viewer, instead.as_deref()), columns, playground })
    })
    .await
}

/// Refuses what is larger than a page can show, and files that are not the page's own.
fn bounded(experiment: &Map<String, Json>, uploads: &Uploads) -> Result<(), String> {
    let at = |table: &str, key: &str| experiment.get(table).and_then(|table| table.get(key));
    for (table, key) in
        [("data", "targets"), ("data", "test_source"), ("data", "test_targets"), ("network", "weights")]
    {
        if at(table, key).is_some_and(|value| !value.is_null()) {
            return Err(format!("the playground reads no other files, so {table}.{key} has no place in it"));
        }
    }
    if let Some(source) = at("data", "source").and_then(Json::as_str)
        && !crate::data::names().any(|name| name == source)
        && !uploads.has(source)
    {
        return Err(format!(
            "there is no set {source}; drop a CSV file on the page, or choose a built-in set"
        ));
    }
    let most = |name: &str, value: Option<&Json>, most: u64| match value.and_then(Json::as_f64) {
        Some(n) if n > most as f64 => Err(format!("{name} is {n}; in the playground it is at most {most}")),
        _ => Ok(()),
    };
    most("data.size", at("data", "size"), EXAMPLES)?;
    most("train.batch", at("train", "batch"), EXAMPLES)?;
    let layers = at("network", "layers").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    most("the number of layers", Some(&Json::from(layers.len())), LAYERS as u64)?;
    let outs: Vec<f64> = layers.iter().filter_map(|layer| layer.get("out")?.as_f64()).collect();
    let between = outs.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>();
    most("the number of weights", Some(&Json::from(between)), WEIGHTS as u64)?;
    layers.iter().try_for_each(|layer| {
        if layer.get("type").and_then(Json::as_str) == Some("residual") {
            return Err("the playground has no residual layers; `whygrad train` has".into());
        }
        most("the number of units", layer.get("out"), UNITS)
    })
}

/// What a training is to do.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
enum Act {
    Step { steps: u64 },
    Play { speed: Option<f64> },
    Pause,
    To { step: u64 },
}

/// Steps that one request may make: what is further away is played to.
const STEPS: u64 = 10_000;

async fn act(State(all): Shared, Path(id): Path<String>, body: Bytes) -> Response {
    worked_out(move || {
        let running = all.find(&id)?;
        let session = &running.session;
        match json(&body)? {
            Act::Play { speed: Some(speed) } if speed <= 0.0 => {
                return Err(format!("speed is {speed}; it takes a number above 0"));
            }
            Act::Play { speed } => session.set(Does::Playing(speed)),
            Act::Pause => session.set(Does::Paused),
            Act::Step { steps } => to(session, |player| player.step() + steps.min(STEPS))?,
            Act::To { step } => to(session, |player| step.min(player.known() + STEPS))?,
        }
        Ok(session.told().borrow().clone())
    })
    .await
}

/// Pauses, and goes to a step.
fn to(session: &Session, step: impl FnOnce(&Player) -> u64) -> Result<(), String> {
    session.set(Does::Paused);
    session.with(|player| player.to(step(player))).map_err(|error| error.to_string())
}

async fn events(State(all): Shared, Path(id): Path<String>) -> Response {
    let running = match all.find(&id) {
        Ok(running) => running,
        Err(error) => return answer::<()>(Err(error)),
    };
    let mut told = running.session.told();
    told.mark_changed();
    drop(running); // who only listens does not keep it alive
    let stream = unfold(told, |mut told| async move {
        told.changed().await.ok()?;
        let now: Told = told.borrow_and_update().clone();
        // Whoever is slow to read finds the newest: what came between is skipped.
        tokio::time::sleep(TELLING).await;
        let event = Event::default().data(serde_json::to_string(&now).ok()?);
        Some((Ok::<_, Infallible>(event), told))
    });
    Sse::new(stream).keep_alive(KeepAlive::default()).into_response()
}

async fn frame(State(all): Shared, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    beside(move || match frame_of(&all, &id, query.as_deref().unwrap_or_default()) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response(),
        Err(error) => answer::<()>(Err(error)),
    })
    .await
}

fn frame_of(all: &Playgrounds, id: &str, query: &str) -> Result<Vec<u8>, String> {
    let row = match query.strip_prefix("example=") {
        Some(row) => Some(row.parse().map_err(|_| format!("example is {row}; it takes a row"))?),
        None => None,
    };
    let running = all.find(id)?;
    // The training waits only while its state is copied.
    let copy =
        |player: &mut Player| (Frame::new(player), player.prepared.trainer.state().clone(), player.rows());
    let (frame, state, rows) = running.session.with(copy);
    let seen = locked(&running.viewer).look(state, &rows, row).map_err(|error| error.to_string())?;
    Ok(packed(&frame.with(&seen, row), &seen))
}

/// Which weight, for which example of the batch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    weight: String,
    #[serde(default)]
    example: Option<usize>,
}

/// Paths that are shown.
const PATHS: usize = 8;

async fn why(State(all): Shared, Path(id): Path<String>, body: Bytes) -> Response {
    worked_out(move || {
        let Asked { weight, example } = json(&body)?;
        let running = all.find(&id)?;
        let step = running.session.with(|player| player.hold()).map_err(sentence)?;
        if !step.snapshot.is_finite() {
            return Err("not all numbers of this step are finite: take a smaller learning rate or other starting weights, \
                        or go back to an earlier step"
                .into());
        }
        let found = weight::find(&weight, &step).map_err(sentence)?;
        let weight = *found.first().ok_or("there is no such weight")?;
        if let Some(example) = example.filter(|example| *example >= step.rows.len()) {
            return Err(format!(
                "the batch has the examples 0 to {}, and not {example}",
                step.rows.len() - 1
            ));
        }
        let width = step.train.shape().len();
        let inputs = |row: &usize| step.train.inputs()[row * width..(row + 1) * width].to_vec();
        let inputs = (width >= PICTURE).then(|| step.rows.iter().map(inputs).collect());
        Ok(Explained { why: Why::new(&step, weight, example, PATHS), inputs })
    })
    .await
}

async fn upload(State(all): Shared, RawQuery(query): RawQuery, body: Bytes) -> Response {
    worked_out(move || {
        let name = query.as_deref().and_then(|query| query.strip_prefix("name="));
        all.uploads.keep(name.unwrap_or_default(), &body)
    })
    .await
}
