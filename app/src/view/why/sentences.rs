//! What the numbers of a why say, in words.

use super::super::digits::{apart, count, magnitude, number, short, signed};
use super::{Why, most};
use crate::replay::{Chosen, Origin, Step};
use crate::terminal::harmless;
use schemars::JsonSchema;
use serde::Serialize;
use whygrad::credit::{Chain, Crossing, Effect, Examples, Magnitude, Measure, Paths, Update, Verdict};
use whygrad::data::Targets;
use whygrad::train::Real;

/// The share of a step that rounding takes or adds, from which on that is said.
const ROUNDED: f64 = 0.01;

/// What the numbers say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Sentences {
    /// What the weight did.
    pub weight: String,
    /// In which step, and the loss of its batch.
    pub step: String,
    /// Why it is not the run's last step, where nobody named one.
    pub chosen: Option<String>,
    /// Kinks that lie inside the nudge.
    pub kinks: Vec<String>,
    /// Whose chain it is, where the batch has several examples.
    pub example: Option<String>,
    /// What the signs of the chain mean, those that occur.
    pub chain: Vec<String>,
    /// How many paths there are, and how evenly they share the flow.
    pub paths: String,
    /// How units are named where examples mix.
    pub units: Option<String>,
    /// Whether the gradient is small, and why.
    pub diagnosis: String,
    /// Where paths cancel.
    pub groups: Option<String>,
    /// Who pushed the weight up or down.
    pub examples: String,
    /// Whether examples cancel.
    pub agreement: Option<String>,
    /// What made the step.
    pub update: String,
    /// What predicted and measured are.
    pub effect: String,
    /// What the step did.
    pub measured: Option<String>,
}

impl Sentences {
    pub(super) fn of(why: &Why, mixes: bool) -> Sentences {
        let (examples, agreement) = examples_say(&why.examples, mixes);
        let (effect, measured) = effect_says(why.effect.as_ref());
        Sentences {
            weight: weight_says(why),
            step: String::new(),
            chosen: None,
            kinks: why.nudge.crossings.iter().map(kink).collect(),
            example: example_says(why, mixes),
            chain: chain_says(&why.chain),
            paths: paths_say(&why.paths),
            units: mixes.then(|| {
                "@n: from there on the units are those of example n; examples mix in this network.".into()
            }),
            diagnosis: diagnosis(&why.paths),
            groups: why.paths.diagnosis.groups.as_ref().map(|groups| {
                format!(
                    "Through {} the paths above 0 sum to {} and those below 0 to {}:",
                    groups.value,
                    signed(groups.positive),
                    signed(groups.negative)
                )
            }),
            examples,
            agreement,
            update: match &why.update {
                None => "The source gives no learning rate.".into(),
                Some(update) if update.frozen => {
                    "The weight is frozen: the optimizer leaves it alone.".into()
                }
                Some(update) => format!(
                    "By {}; its parts in the order in which they apply.{}",
                    update.optimizer,
                    rounded(update, why.precision).map_or(String::new(), |says| format!(" {says}"))
                ),
            },
            effect,
            measured,
        }
    }
}

fn weight_says(why: &Why) -> String {
    let Why { weight, step, before, .. } = why;
    match why.after.zip(why.moved) {
        None => {
            format!("{weight} is {}; the source gives no learning rate, so no step is made", number(*before))
        }
        Some((_, 0.0)) => {
            let lost =
                why.update.as_ref().filter(|update| update.sum != 0.0).map_or(String::new(), |update| {
                    format!(
                        ": its step of {} is lost in the rounding of {}",
                        signed(update.sum),
                        why.precision
                    )
                });
            format!("{weight} stayed at {} at step {step}{lost}", number(*before))
        }
        Some((after, moved)) => {
            let [from, to] = apart(*before, after);
            let way = if moved > 0.0 { "up" } else { "down" };
            format!("{weight} moved from {from} to {to} at step {step}: {way} by {}", short(moved.abs()))
        }
    }
}

/// Where the precision of training left little of a step: what is left, and how fine its numbers are.
fn rounded(update: &Update, precision: &str) -> Option<String> {
    let (sum, moved, w) = (update.sum, update.moved, update.before.abs());
    let gap = if precision == "f32" { f64::from((w as f32).next_up()) - w } else { w.next_up() - w };
    (update.reconciles && update.residual.abs() > ROUNDED * sum.abs()).then(|| {
        format!(
            "Of the sum {} rounding leaves Δw {}: next to w the numbers of {precision} are {} apart.",
            signed(sum),
            signed(moved),
            short(gap)
        )
    })
}

/// Whose step it is, of which batch, and what the batch's loss is.
pub(in crate::view) fn step_says<T: Real>(step: &Step<T>) -> String {
    let (snapshot, number_of) = (&step.snapshot, step.number);
    let of = match &step.origin {
        Origin::Run { path, last } => format!("{}, step {number_of} of {last}; ", harmless(path)),
        Origin::Case { name, .. } => format!("{name}; "),
        Origin::Played { name } => format!("{}, step {number_of}; ", harmless(name)),
    };
    let (examples, divisor) = (snapshot.examples(), snapshot.plan().divisor());
    let batch = match examples {
        1 => "one example".into(),
        n => format!("a batch of {}", count(n, "example")),
    };
    let targets = snapshot.batch().targets();
    let reduced = match targets {
        _ if (examples, divisor) == (1, 1.0) => String::new(),
        _ if divisor == examples as f64 => ", the mean of its examples' losses".into(),
        _ if divisor == 1.0 => ", the sum of its examples' losses".into(),
        Targets::Values { width, .. } if divisor == (examples * width) as f64 => {
            format!(", the sum of its examples' losses over {divisor} (one for each of their outputs)")
        }
        Targets::Classes(_) => {
            format!(", the sum of its examples' losses over {divisor} (the sum of their class weights)")
        }
        Targets::Values { .. } => format!(", the sum of its examples' losses over {divisor}"),
    };
    format!("{of}{batch}; its loss L is {}{reduced}", number(snapshot.batch_loss()))
}

/// Why a run's last step is not the one that is shown.
pub(in crate::view) fn chosen_says<T: Real>(step: &Step<T>) -> Option<String> {
    let (Some(Chosen { lr, last_lr }), Origin::Run { last, .. }) = (step.chosen, &step.origin) else {
        return None;
    };
    Some(format!(
        "It is the last step of which the learning rate ({}) was not next to nothing beside the run's highest; at step \
         {last} it was {}. Another one: --step {last}",
        short(lr),
        short(last_lr)
    ))
}

fn kink(crossing: &Crossing) -> String {
    let more = match crossing.count {
        1 => String::new(),
        n => format!(", and {} more", n - 1),
    };
    format!(
        "A kink lies inside the nudge: {} of example {} goes from {} to {} across {} of {}{more}. There the slopes on \
         both sides differ, and nudging gives a mixture of them.",
        crossing.argument,
        crossing.example,
        number(crossing.below),
        number(crossing.above),
        number(crossing.at),
        crossing.operation
    )
}

fn example_says(why: &Why, mixes: bool) -> Option<String> {
    let (chain, examples) = (&why.chain, &why.examples);
    let reason = match examples.each[chain.example].abs() {
        c if c == most(examples) && c > 0.0 && mixes => ", through whose row most comes",
        c if c == most(examples) && c > 0.0 => ", which contributes most",
        _ => "",
    };
    let (name, letter, divisor) = (&why.batch[chain.example].name, &chain.letter, examples.divisor);
    let reason = if why.batch.len() > 1 { reason } else { "" };
    let share = match divisor {
        1.0 => String::new(),
        _ => format!(
            " L has {letter} / {divisor} of it, and so ∂L/∂w has ∂{letter}/∂w / {divisor} = {}.",
            number(chain.gradient / divisor)
        ),
    };
    let own = *letter != "L";
    own.then(|| format!("Of {name}{reason}; its own loss {letter} is {}.{share}", number(chain.loss)))
}

fn chain_says(chain: &Chain) -> Vec<String> {
    if chain.factors.is_empty() {
        return vec!["No path leads from the loss to the weight: there are no factors.".into()];
    }
    let mut says = vec![];
    if chain.factors.iter().any(|factor| factor.shared) {
        says.push(
            "↺ was computed for the weights of the layer above and is used again here: that reuse is why it is called \
             backpropagation."
                .into(),
        );
    }
    if chain.factors.iter().any(|factor| factor.kind == Measure::Gain) {
        says.push(
            "A gain stands where several numbers lie at an end of a factor: the ratio of the norms ‖·‖ of the \
             gradients there."
                .into(),
        );
    }
    says
}

fn paths_say(paths: &Paths) -> String {
    let flow = &paths.flow;
    match flow.paths {
        Magnitude { exact: Some(0), .. } | Magnitude { log10: None, .. } => "There is none.".into(),
        all if flow.total == 0.0 => {
            format!("Paths from the loss to the weight: {}; nothing comes through.", magnitude(all))
        }
        Magnitude { exact: Some(1), .. } => "One path leads from the loss to the weight.".into(),
        all => format!(
            "{} paths lead from the loss to the weight; the gradient is the sum of their products. Together they carry \
             Σ|p| = {}, as evenly as {} paths of equal share would (entropy {}).",
            magnitude(all),
            number(flow.total),
            short(flow.effective),
            short(flow.entropy),
        ),
    }
}

fn diagnosis(paths: &Paths) -> String {
    let diagnosis = &paths.diagnosis;
    let agreement = short(paths.agreement.unwrap_or(0.0));
    match diagnosis.verdict {
        Verdict::NoPath => "No path leads from the loss to the weight.".into(),
        Verdict::Blocked => {
            let symbol = diagnosis.symbol.as_deref().unwrap_or_default();
            match diagnosis.number.unwrap_or(0.0) {
                0.0 => format!("Blocked at {symbol} = 0: no path comes through that link."),
                x => format!(
                    "Blocked at {symbol} = {}: next to nothing comes through that link (its limit is {}).",
                    number(x),
                    number(diagnosis.blocked_below)
                ),
            }
        }
        Verdict::Cancelled => format!(
            "Cancelled: |Σ p| / Σ|p| = {agreement}, below {} (a hundredth of what random signs give).",
            short(diagnosis.cancelled_below)
        ),
        Verdict::Neither => format!("Neither blocked nor cancelled: |Σ p| / Σ|p| = {agreement}."),
    }
}

/// Who pushed the weight up or down, and whether examples cancel.
fn examples_say(examples: &Examples, mixes: bool) -> (String, Option<String>) {
    let ([above, below, zero], n) = (examples.signs, examples.each.len());
    let agreement = short(examples.agreement.unwrap_or(0.0));
    let verdict = match examples.verdict {
        Verdict::Blocked => Some("Nothing comes to the weight from any example.".into()),
        Verdict::Cancelled => {
            let limit = short(examples.limit);
            Some(format!("Cancelled between examples: |Σ| / Σ|·| = {agreement}, below {limit}."))
        }
        _ if n == 1 => None,
        _ => Some(format!("Of what comes from the examples, |Σ| / Σ|·| = {agreement} is left in the sum.")),
    };
    if n == 1 {
        return ("The batch has one example.".into(), verdict);
    }
    let divided = match (mixes, examples.divisor) {
        (true, _) => {
            " Examples mix in this network: a contribution is what comes through the example's row.".into()
        }
        (_, 1.0) => String::new(),
        (_, divisor) => format!(" A contribution is an example's ∂ℓ/∂w / {divisor}."),
    };
    let pushes = format!(
        "A contribution above 0 pushes the weight down, one below 0 pushes it up: {below} of {n} push up, {above} down, \
         {zero} not at all.{divided}"
    );
    (pushes, verdict)
}

fn effect_says(effect: Option<&Effect>) -> (String, Option<String>) {
    let Some(effect) = effect else { return ("No step is made.".into(), None) };
    let [before, after] = apart(effect.before, effect.before + effect.all.measured);
    let went = match effect.all.measured {
        0.0 => format!("stayed at {after}"),
        _ => format!("went from {before} to {after}"),
    };
    let measured = format!(
        "The batch's loss {went}. Rounding alone can make {} of a measured change.",
        short(effect.rounding)
    );
    let how = "The gradient predicts a change of Σ g·Δw; measured is the loss after minus before. Their difference is \
               the curvature along the step.";
    (how.into(), Some(measured))
}
