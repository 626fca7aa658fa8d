//! What was trained as a program that predicts: `program.py`, with a run's network and data where it has texts in braces.

use super::{layers, model};
use crate::data::{MISSING, SEPARATORS, SWITCHES};
use crate::error::Result;
use crate::experiment::Experiment;
use crate::run::{Kept, Says};
use serde::Serialize;
use serde_json::json;
use whygrad::data::{Column, Encoding, Kind, Preprocessing, Scale, Scaler};
use whygrad::loss::Probability;
use whygrad::network::Network;

/// The program, of which nothing but what stands in braces depends on a run.
const TEMPLATE: &str = include_str!("program.py");

/// How it begins.
pub const BEGINS: &str = "\"\"\"A network that whygrad trained";

/// The longest line, and what stands in it around a list, at most.
const LINE: usize = 110;
const AROUND: usize = 40;

/// The program of a run. It reads its weights, by the names of our files, from `weights.safetensors` beside it.
///
/// # Errors
/// Where PyTorch has no module for a layer.
pub fn program(experiment: &Experiment, network: &Network, kept: &Kept) -> Result<String> {
    let (scaler, given) = (&kept.preprocessing.scaler, experiment.given());
    let inputs = 0..kept.preprocessing.inputs();
    let said = |given: Option<u8>| given.map_or("None".into(), |byte| text(&char::from(byte).to_string()));
    let target_scaler = &kept.preprocessing.target_scaler;
    // What 32 bits do not hold is written as 64 bits have it.
    let far = (0..target_scaler.features()).any(|target| target_scaler.is_far(target));
    let dtype = if experiment.is_double() { "float64" } else { "float32" };
    let digits = if experiment.is_double() || far { "" } else { ".9g" };
    let [no, yes] = SWITCHES.map(|words| list(&words.map(text), 0));
    // In the order in which they stand in the program, so that nothing is sought in what a run says.
    let parts = [
        ("dtype", format!("torch.{dtype}")),
        ("model", model(&layers(experiment), network)?.trim_end().to_string()),
        ("missing", list(&MISSING.map(text), 0)),
        ("switches", format!("{no}, {yes}")),
        ("columns", columns(&kept.preprocessing)),
        ("shift", numbers(inputs.clone().map(|input| scaler.shift(input)))),
        ("unit", numbers(inputs.map(|input| scaler.unit(input)))),
        ("answer", answer(experiment, network, kept)),
        ("separator", said(given.separator)),
        ("decimal", said(given.decimal)),
        ("separators", text(&String::from_utf8_lossy(&SEPARATORS))),
        ("digits", text(digits)),
    ];
    let (mut program, mut rest) = (String::new(), TEMPLATE);
    for (name, part) in parts {
        let place = format!("\"{{{name}}}\"");
        let (before, behind) =
            rest.split_once(&place).expect("the program has a place for each part, in this order");
        program += before;
        program += &part;
        rest = behind;
    }
    Ok(program + rest)
}

/// A text or a number in Python, which writes both as JSON does.
fn text<T: Serialize + ?Sized>(value: &T) -> String {
    json!(value).to_string()
}

/// A list in Python, where it is too long for a line in several, `depth` steps from the margin.
fn list(items: &[String], depth: usize) -> String {
    let line = format!("[{}]", items.join(", "));
    if line.chars().count() + AROUND <= LINE {
        return line;
    }
    let indent = "    ".repeat(depth + 1);
    let (mut lines, mut width) = (String::from("["), LINE);
    for item in items {
        let more = item.chars().count() + 2;
        if width + more > LINE {
            lines += &format!("\n{indent}");
            width = indent.len();
        } else {
            lines.push(' ');
        }
        lines += &format!("{item},");
        width += more;
    }
    format!("{lines}\n{}]", "    ".repeat(depth))
}

/// A list of numbers in Python; of many that are all the same `[0.0] * 64`.
fn numbers(numbers: impl Iterator<Item = f64>) -> String {
    let numbers: Vec<String> = numbers.map(|x| text(&x)).collect();
    match numbers.as_slice() {
        [first, others @ ..] if others.len() > 1 && others.iter().all(|other| other == first) => {
            format!("[{first}] * {}", numbers.len())
        }
        numbers => list(numbers, 0),
    }
}

/// The columns of a table; of arrays as many columns of numbers as there are inputs.
fn columns(Preprocessing { columns: Encoding { columns }, scaler, .. }: &Preprocessing) -> String {
    if columns.is_empty() && !scaler.origin().is_empty() {
        let origins = numbers(scaler.origin().iter().copied());
        return format!(
            "[Number(f\"column{{place}}\", origin=origin) for place, origin in enumerate({origins}, 1)]"
        );
    }
    if columns.is_empty() {
        return format!("[Number(f\"column{{place}}\") for place in range(1, {})]", scaler.features() + 1);
    }
    let line = |Column { name, kind }: &Column| {
        let (class, more, fill) = match kind {
            Kind::Number { origin, fill } => {
                let origin = Some(text(origin)).filter(|_| *origin != 0.0);
                ("Number", origin.map(|origin| format!("origin={origin}")), fill.map(|fill| text(&fill)))
            }
            Kind::Switch { fill } => ("Switch", None, fill.map(|fill| text(&fill))),
            Kind::Category { values, fill } => {
                let texts: Vec<String> = values.iter().map(text).collect();
                ("Category", Some(list(&texts, 1)), fill.map(|fill| texts[fill].clone()))
            }
        };
        let fill = fill.map(|fill| format!("fill={fill}"));
        let arguments: Vec<String> = [Some(text(name)), more, fill].into_iter().flatten().collect();
        format!("    {class}({}),\n", arguments.join(", "))
    };
    format!("[\n{}]", columns.iter().map(line).collect::<String>())
}

/// The function `answer`, and before it what it needs.
fn answer(experiment: &Experiment, network: &Network, kept: &Kept) -> String {
    let outputs = network.shape(network.output()).len();
    let said = match experiment.loss.probability() {
        Some(Probability::Softmax) => "torch.softmax(y, 0)",
        Some(Probability::Sigmoid) => "torch.sigmoid(y)",
        Some(Probability::Exp) => "y.exp()",
        Some(Probability::Identity) | None => "y",
    };
    let (choice, shares) = match kept.says(&*experiment.loss) {
        Says::Largest => ("y.argmax()".into(), format!("{said}.tolist()")),
        Says::Above(threshold) => {
            (format!("int(y > {threshold:?})"), format!("[1 - {said}.item(), {said}.item()]"))
        }
        Says::Values => return values(kept, outputs, said),
    };
    let classes = (0..outputs.max(2)).map(|class| text(&kept.class(class)));
    let classes = list(&classes.collect::<Vec<_>>(), 0);
    if experiment.loss.probability().is_none() {
        return format!(
            r#"CLASSES = {classes}
HEADER = ["prediction"]


def answer(y):
    """What an output of the network says: the class."""
    return {{"prediction": CLASSES[{choice}]}}"#
        );
    }
    format!(
        r#"CLASSES = {classes}
HEADER = ["prediction", "probability"]


def answer(y):
    """What an output of the network says: the class, its probability, and those of all."""
    prediction, probabilities = CLASSES[{choice}], dict(zip(CLASSES, {shares}))
    return {{"prediction": prediction, "probability": probabilities[prediction], "probabilities": probabilities}}"#
    )
}

/// The function `answer` of a network that predicts numbers.
fn values(kept: &Kept, outputs: usize, said: &str) -> String {
    let scaler = &kept.preprocessing.target_scaler;
    let (scaling, said) = match scaler.is_fitted() && scaler.kind() != Scale::None {
        true => (unscaling(scaler), format!("({said} * TARGET_UNIT + TARGET_SHIFT)")),
        false => (String::new(), said.into()),
    };
    let header = list(&kept.numbers(outputs).iter().map(text).collect::<Vec<_>>(), 0);
    format!(
        r#"HEADER = {header}
{scaling}

def answer(y):
    """What an output of the network says: each number that it predicts, in its unit."""
    return dict(zip(HEADER, {said}.tolist()))"#
    )
}

/// What makes targets of numbers that were scaled.
fn unscaling(scaler: &Scaler) -> String {
    let targets = 0..scaler.features();
    let shift = numbers(targets.clone().map(|target| scaler.unscaled(target, 0.0)));
    let unit = numbers(targets.map(|target| scaler.unit(target)));
    format!(
        "TARGET_SHIFT = torch.tensor({shift}, dtype=torch.float64)\nTARGET_UNIT = torch.tensor({unit}, \
         dtype=torch.float64)\n"
    )
}
