//! The tables of an experiment and their keys, but for those that depend on a `type`.

use super::text::Text;
use crate::data::{self, Nature};
use crate::error::Result;
use whygrad::loss::{LossFunction, TargetKind};
use whygrad::setting::{Default, Key, Kind, Settings};

/// Keys of `[data]` that only some sources know, with those sources.
const OF_SOURCES: &[(&str, &[Nature])] = &[
    ("target", &[Nature::BuiltIn, Nature::Table]),
    ("columns", &[Nature::BuiltIn, Nature::Table]),
    ("drop", &[Nature::BuiltIn, Nature::Table]),
    ("missing", &[Nature::Table]),
    ("separator", &[Nature::Table]),
    ("decimal", &[Nature::Table]),
    ("header", &[Nature::Table]),
    ("test_column", &[Nature::Table]),
    ("inputs", &[Nature::Archive]),
    ("targets", &[Nature::Archive, Nature::Array]),
    ("test_source", &[Nature::Table, Nature::Archive, Nature::Array]),
    ("test_targets", &[Nature::Archive, Nature::Array]),
    ("size", &[Nature::Generated]),
    ("noise", &[Nature::Generated]),
    ("arms", &[Nature::Generated]),
];

/// Keys that say exactly which examples are held out. `data.test` is a share where none of them is given.
const HELD_OUT: [&str; 2] = ["test_source", "test_column"];

/// Refuses keys that are given and have no effect.
pub(super) fn refuse_without_effect(
    text: &Text,
    [data, schedule, train]: [&Settings; 3],
    loss: &dyn LossFunction,
) -> Result<()> {
    if train.get("clip_norm").is_some() && train.get("clip_value").is_some() {
        return Err(text.error("train.clip_value", "give `clip_norm` or `clip_value`, not both"));
    }
    let given_in =
        |table| -> Result<Vec<String>> { Ok(text.given(table)?.into_iter().map(|(key, _)| key).collect()) };
    let given = given_in("data")?;
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let of_schedule = given_in("schedule")?;
    let of_schedule: Vec<&str> = of_schedule.iter().map(String::as_str).collect();
    if let Some((key, why)) = without_effect_on_schedule(&of_schedule, schedule.word("type")) {
        return Err(text.error(&format!("schedule.{key}"), &why));
    }
    let last = schedule.numbers_if("restarts").and_then(|restarts| restarts.last().copied());
    let end = schedule.count_if("t_max").unwrap_or(train.count("epochs"));
    if last.is_some_and(|last| last >= end as f64) {
        let why = format!("`restarts` has no effect from epoch {end} on, where the cosine ends");
        return Err(text.error("schedule.restarts", &why));
    }
    let nature = data::nature(data.word("source"));
    if let Some((key, why)) = nature.and_then(|nature| without_effect(&given, nature)) {
        return Err(text.error(&format!("data.{key}"), &why));
    }
    let has = |key: &str, word: &str| data.get(key).is_some() && data.word(key) != word;
    if loss.wants() == TargetKind::Classes && has("scale_target", "none") {
        let why = "`scale_target` has no effect on classes: it is for targets that are numbers";
        return Err(text.error("data.scale_target", why));
    }
    if loss.probability().is_some() && has("scale_target", "none") {
        let why = format!(
            "`scale_target` is for targets that may be any numbers: those of {} are from 0 to 1 as they are",
            loss.name()
        );
        return Err(text.error("data.scale_target", &why));
    }
    if data.get("arms").is_some() && data.word("source") != "spiral" {
        return Err(text.error("data.arms", "`arms` has no effect: it is for source = \"spiral\""));
    }
    Ok(())
}

/// The first of the keys that are given in `[data]` which has no effect, and why.
fn without_effect<'a>(given: &[&'a str], nature: Nature) -> Option<(&'a str, String)> {
    let of = |key: &&&str| OF_SOURCES.iter().find(|(name, _)| *name == **key);
    let elsewhere = given.iter().find(|key| of(key).is_some_and(|(_, natures)| !natures.contains(&nature)));
    if let Some(key) = elsewhere {
        let natures = of(&key).map_or(&[][..], |(_, natures)| natures);
        let natures: Vec<&str> = natures.iter().map(|nature| nature.name()).collect();
        let why =
            format!("`{key}` has no effect on {}: it is for {}", nature.name(), natures.join(" and for "));
        return Some((key, why));
    }
    if [Nature::Array, Nature::Archive].contains(&nature)
        && given.contains(&"test_targets")
        && !given.contains(&"test_source")
    {
        let why = "`test_targets` has no effect without `test_source`, the file that they are the targets of";
        return Some(("test_targets", why.into()));
    }
    let mut deciding = HELD_OUT.iter().filter_map(|key| given.iter().find(|given| *given == key));
    let first = deciding.next()?;
    // Nothing is drawn or generated then.
    let second = deciding.next().or_else(|| given.iter().find(|given| ["test", "seed"].contains(given)))?;
    Some((second, format!("`{second}` has no effect, as `{first}` says which examples are held out")))
}

/// The first of the keys that are given in `[schedule]` which has no effect under its `type`, and why.
fn without_effect_on_schedule<'a>(given: &[&'a str], kind: &str) -> Option<(&'a str, String)> {
    const OF_TYPES: [(&str, &str); 5] = [
        ("step_size", "step"),
        ("gamma", "step"),
        ("t_max", "cosine"),
        ("eta_min", "cosine"),
        ("restarts", "cosine"),
    ];
    let (key, of) = OF_TYPES.iter().find(|(key, of)| given.contains(key) && *of != kind)?;
    let given = given.iter().find(|given| *given == key)?;
    Some((given, format!("`{key}` has no effect with type = \"{kind}\": it is for \"{of}\"")))
}

/// The tables of an experiment and the keys that do not depend on a `type`.
pub const TABLES: &[(&str, &[Key])] =
    &[("", TOP), ("data", DATA), ("network", NETWORK), ("schedule", SCHEDULE), ("train", TRAIN)];

pub(super) const TOP: &[Key] = &[
    Key::new("name", Kind::Text, Default::Absent, "what the run is called"),
    Key::new(
        "seed",
        Kind::Index,
        Default::Number(0.0),
        "decides starting weights, order of examples, dropout",
    ),
];

pub(super) const DATA: &[Key] = &[
    Key::new("source", Kind::Text, Default::Required, "a built-in set, or a file"),
    Key::new("target", Kind::Texts, Default::Absent, "column(s) of a table to predict"),
    Key::new(
        "columns",
        Kind::Texts,
        Default::Absent,
        "column(s) of a table that are inputs, by default all others",
    ),
    Key::new("drop", Kind::Texts, Default::Absent, "column(s) of a table that are left out"),
    Key::new(
        "missing",
        Kind::Word(&["error", "mean", "median", "most_frequent", "drop"]),
        Default::Word("error"),
        "what stands for missing cells of a table; drop leaves their rows out",
    ),
    Key::new(
        "separator",
        Kind::Word(&[",", ";", "tab", "|"]),
        Default::Absent,
        "what separates the cells of a table, where that is not recognised",
    ),
    Key::new(
        "decimal",
        Kind::Word(&[".", ","]),
        Default::Absent,
        "what stands before decimals, where that is not recognised",
    ),
    Key::new(
        "header",
        Kind::Switch,
        Default::Absent,
        "whether the first line names the columns, where that is not recognised",
    ),
    Key::new("test_column", Kind::Text, Default::Absent, "column that says which rows are held out"),
    Key::new("inputs", Kind::Text, Default::Absent, "name of the array with the inputs (npz)"),
    Key::new(
        "targets",
        Kind::Text,
        Default::Absent,
        "file with the targets (npy, IDX) or array's name (npz)",
    ),
    Key::new("test_source", Kind::Text, Default::Absent, "file with the held-out examples"),
    Key::new("test_targets", Kind::Text, Default::Absent, "as `targets`, of the held-out examples"),
    Key::new("size", Kind::Count, Default::Absent, "examples of a generated set"),
    Key::new("noise", Kind::NonNegative, Default::Absent, "noise of a generated set, a standard deviation"),
    Key::new("arms", Kind::Count, Default::Absent, "arms of the spiral"),
    Key::new("seed", Kind::Index, Default::Number(0.0), "decides what is held out and what is generated"),
    Key::new("test", Kind::Share, Default::Number(0.2), "share of the examples held out"),
    Key::new(
        "scale",
        Kind::Word(&["none", "standard", "minmax"]),
        Default::Word("none"),
        "scaling of inputs",
    ),
    Key::new(
        "scale_target",
        Kind::Word(&["none", "standard", "minmax"]),
        Default::Word("none"),
        "scaling of targets that are numbers; losses are told of what is scaled",
    ),
    Key::new(
        "shuffle",
        Kind::Switch,
        Default::Switch(true),
        "whether to shuffle before the split and each epoch",
    ),
];

pub(super) const NETWORK: &[Key] =
    &[Key::new("weights", Kind::Text, Default::Absent, "safetensors file to start from, by PyTorch's names")];

pub(super) const SCHEDULE: &[Key] = &[
    Key::new(
        "type",
        Kind::Word(&["constant", "step", "cosine"]),
        Default::Word("constant"),
        "what the learning rate does",
    ),
    Key::new("step_size", Kind::Count, Default::Number(1.0), "step: epochs between two drops"),
    Key::new("gamma", Kind::NonNegative, Default::Number(0.1), "step: factor of a drop"),
    Key::new("t_max", Kind::Count, Default::Absent, "cosine: epochs to the minimum, by default all"),
    Key::new("eta_min", Kind::NonNegative, Default::Number(0.0), "cosine: the minimum"),
    Key::new("restarts", Kind::Ascending, Default::Absent, "cosine: epochs after which it begins anew"),
    Key::new("warmup", Kind::Index, Default::Number(0.0), "steps over which the rate rises from 0"),
];

pub(super) const TRAIN: &[Key] = &[
    Key::new("epochs", Kind::Count, Default::Number(10.0), "times that every example is visited"),
    Key::new("batch", Kind::Count, Default::Number(32.0), "examples in a batch"),
    Key::new("clip_norm", Kind::Positive, Default::Absent, "largest norm of the gradient"),
    Key::new("clip_value", Kind::Positive, Default::Absent, "largest magnitude of a number of the gradient"),
    Key::new("threads", Kind::Count, Default::Absent, "threads; the result does not depend on it"),
    Key::new(
        "patience",
        Kind::Count,
        Default::Absent,
        "epochs without a better held-out loss before it stops",
    ),
    Key::new("precision", Kind::Word(&["f32", "f64"]), Default::Word("f32"), "of all numbers"),
];
