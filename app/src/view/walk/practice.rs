//! Wrong answers to the question what a factor or a gradient is, each with what it would be right for. They are computed,
//! not guessed: by the same example with another loss, without the activation's slope, or with the updated weight.

use super::derivation::Wires;
use super::{Story, WeightChain};
use crate::textbook::{Textbook, Worked};
use crate::view::digits::number;
use schemars::JsonSchema;
use serde::Serialize;
use whygrad::credit::Snapshot;

/// A wrong answer.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Mistake {
    /// The answer.
    pub value: f64,
    /// What it would be right for.
    pub says: String,
}

/// A loss that is taken for another one, and what its gradient is right for.
const LOSSES: &[(&str, &str, &str)] = &[
    ("squared_error", "half_squared_error", "That would be right for half the squared error."),
    (
        "half_squared_error",
        "squared_error",
        "That would be right for the whole squared error; here it is halved.",
    ),
    ("squared_error", "mse", "That would be right for the mean over the outputs; here it is their sum."),
    ("mse", "squared_error", "That would be right for the sum over the outputs; here it is their mean."),
    ("mse", "half_squared_error", "That would be right for half the squared error."),
    ("half_squared_error", "mse", "That would be right for the mean squared error; here it is half the sum."),
];

/// Adds to every factor and product of a story its wrong answers.
pub(super) fn add(
    story: &mut Story,
    book: &Textbook,
    worked: &Worked,
    step: &Snapshot,
    learned: Option<&[f64]>,
) -> Result<(), String> {
    let mut others = vec![];
    for (_, other, says) in LOSSES.iter().filter(|(own, ..)| *own == book.loss) {
        let worked = Textbook { loss: (*other).into(), ..book.clone() }.work()?;
        let mut trainer = worked.trainer(0.0)?;
        trainer.set_weights(step.state().weights.clone()).map_err(|error| error.to_string())?;
        let snapshot = worked.hold(&trainer, true)?;
        let wires = Wires::new(&worked, &snapshot);
        others.push((*says, [wires.chains(1), wires.chains(0)]));
    }
    let layers = [&mut story.output_weights.chains, &mut story.hidden_weights.chains];
    for (layer, chains) in layers.into_iter().enumerate() {
        for (at, chain) in chains.iter_mut().enumerate() {
            let others: Vec<_> = others.iter().map(|(says, layers)| (*says, &layers[layer][at])).collect();
            let updated = learned.and_then(|learned| updated(worked, step, learned, chain));
            Answers { chain, others, updated }.add();
        }
    }
    Ok(())
}

/// The factor that has a weight of the layer above in it: its place, its value with the updated weights, and which those
/// are.
type Updated = (usize, f64, String);

fn updated(worked: &Worked, step: &Snapshot, learned: &[f64], chain: &WeightChain) -> Option<Updated> {
    let hidden = (0..worked.names[1].len()).find(|unit| step.names().unit(2, *unit) == chain.to)?;
    let by_sum = worked.unit_gradients(step, 3);
    let onward: Vec<_> = worked
        .weights
        .iter()
        .zip(learned)
        .flat_map(|(weight, learned)| weight.ends.iter().map(move |end| (end, learned)))
        .filter(|(end, _)| end.layer == 1 && end.from == Some(hidden))
        .collect();
    let names = onward.iter().map(|(end, _)| step.names().weight(worked.at(**end)));
    let names = names.collect::<Vec<_>>().join(" and ");
    // Of one output the weight is a factor by itself, of several it is in the sum that the first factor is.
    match (by_sum.len(), &onward[..]) {
        (1, [(_, learned)]) => Some((1, **learned, names)),
        (1, _) => None,
        _ => Some((0, onward.iter().map(|(end, learned)| by_sum[end.to] * *learned).sum(), names)),
    }
}

/// A chain, the same with other losses, and with the updated weight.
struct Answers<'a> {
    chain: &'a mut WeightChain,
    others: Vec<(&'static str, &'a WeightChain)>,
    updated: Option<Updated>,
}

impl Answers<'_> {
    fn add(self) {
        let Answers { chain, others, updated } = self;
        let mistake = |value: f64, says: &str| Mistake { value, says: says.into() };
        let product = |but: usize, value: f64| {
            let others = chain.factors.iter().enumerate().filter(|(f, _)| *f != but);
            others.map(|(_, factor)| factor.value).product::<f64>() * value
        };
        let mut of_product: Vec<Mistake> =
            others.iter().map(|(says, other)| mistake(other.product, says)).collect();
        of_product.push(mistake(
            -chain.product,
            "Right size, other sign: that is the direction of descent. The gradient points uphill.",
        ));
        let mut of_factors = vec![];
        for (f, factor) in chain.factors.iter().enumerate() {
            let mut of: Vec<Mistake> =
                others.iter().map(|(says, other)| mistake(other.factors[f].value, says)).collect();
            of.push(mistake(-factor.value, "Right size, other sign."));
            if let Some(slope) = factor.links.iter().find(|link| link.slope) {
                let rest = factor.links.iter().filter(|link| !link.slope);
                let value = rest.map(|link| link.number.unwrap_or(0.0)).product();
                let says = format!("That leaves out the slope of the activation, {}.", slope.symbol);
                of_product.push(mistake(product(f, value), &says));
                of.push(mistake(value, &says));
            }
            if let Some((_, value, weights)) = updated.as_ref().filter(|(at, ..)| *at == f) {
                let says = format!(
                    "That has {weights} after the update; all gradients of a step are taken at the weights before it."
                );
                of_product.push(mistake(product(f, *value), &says));
                of.push(mistake(*value, &says));
            }
            of_factors.push(wrong(factor.value, of));
        }
        chain.mistakes = wrong(chain.product, of_product);
        for (factor, mistakes) in chain.factors.iter_mut().zip(of_factors) {
            factor.mistakes = mistakes;
        }
    }
}

/// Those that are not right all the same, and the first of each answer.
fn wrong(right: f64, of: Vec<Mistake>) -> Vec<Mistake> {
    let mut seen = vec![number(right)];
    let mut wrong = vec![];
    for mistake in of {
        let printed = number(mistake.value);
        if !seen.contains(&printed) {
            seen.push(printed);
            wrong.push(mistake);
        }
    }
    wrong
}
