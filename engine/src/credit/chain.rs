//! The chain of one example: the factors from its loss down to a weight, whose product is the example's gradient.
//!
//! A *link* leads from one value to the next below it, through which all paths go: mostly one operation, or a whole
//! branch and what it is added to. A *layer* is an operation with parameters and the operations after it up to the
//! next one with parameters, and a *factor* is the links of one layer: ∂h₁/∂w₁ = ∂h₁/∂z₁ × ∂z₁/∂w₁.
//!
//! Of each value only those numbers count that the weight reaches. Where that is one number at both ends of a link,
//! the link's number is the local derivative. Where it is more, it is a *gain* of norms, ‖∂ℓ/∂lower‖ / ‖∂ℓ/∂upper‖,
//! with the sign of the derivative where one end is a single number; so the product is exact in every case.

use super::Expression;
use super::graph::{Cut, Graph, Unit};
use super::semiring::{Absolute, Semiring, Sum};
use super::{Snapshot, Weight, examples, formula};
use crate::expr::{Expr, Function, Role, Symbol};
use crate::kernel::Scalar;
use crate::op::By;
use serde::Serialize;

/// The factors from the loss of one example down to a weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Chain {
    /// The example's place in the batch.
    pub example: usize,
    /// What the example's own loss is called: `L` where it is the batch's, else `ℓ`.
    pub letter: &'static str,
    /// ℓₙ, the example's own loss.
    pub loss: f64,
    /// From the loss to the weight; empty where no path leads from the loss to the weight.
    pub factors: Vec<Factor>,
    /// The product of the factors.
    pub product: f64,
    /// ∂ℓₙ/∂w as backpropagation computed it.
    pub gradient: f64,
    /// product − gradient
    pub residual: f64,
    /// What rounding can make of the residual: 64·ε·(Σ |p| + |gradient| / a) over all paths p, with a the least gain of
    /// a link (or 1).
    pub rounding: f64,
    /// Whether the residual is at most 1e-10 of the gradient, or `rounding`.
    pub reconciles: bool,
    /// The first link, from the loss on, whose number is 0: factor and link inside it.
    pub zero_at: Option<(usize, usize)>,
}

/// A factor of a chain: what happens in one layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Factor {
    /// `∂ŷ/∂sigmoid1[0]`
    pub symbol: String,
    /// The product of its links' numbers.
    pub number: Option<f64>,
    /// Whether it is a derivative of single numbers all along.
    pub kind: Measure,
    /// Whether the chains of the weights of the layer above have it too: it was computed for them already.
    pub shared: bool,
    /// Its links, from the loss on.
    pub links: Vec<Link>,
}

/// From one value to the next below it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Link {
    /// The operation, `sigmoid1`; the loss's name in the first link; of several operations the last.
    pub operation: String,
    /// `∂sigmoid1[0]/∂linear1[0]`
    pub symbol: String,
    /// How it is computed, where the operation says.
    pub expression: Option<Expression>,
    /// Its number; absent for a gain of 0 over 0, below a link that is 0.
    pub number: Option<f64>,
    /// What kind of number.
    pub kind: Measure,
    /// Numbers at its lower end: those of that value which the weight reaches.
    pub width: usize,
    /// Whether the chains of the weights of the layer above have it too.
    pub shared: bool,
    /// Whether it is the slope of operations without parameters, which has no units.
    pub slope: bool,
}

/// What the number of a link or factor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The derivative of one number by one number.
    Derivative,
    /// A ratio of norms, as several numbers lie at one of its ends.
    Gain,
}

/// The example's gradient by the numbers of a cut that the weight reaches.
struct Level {
    /// The only one, with its sign; or the norm.
    size: f64,
    single: bool,
}

impl Level {
    fn of(slopes: &[f64]) -> Level {
        match slopes {
            [slope] => Level { size: *slope, single: true },
            _ => Level { size: slopes.iter().map(|x| x * x).sum::<f64>().sqrt(), single: false },
        }
    }
}

impl Chain {
    /// The chain from the loss of `example` (its place in the batch) to `weight`.
    ///
    /// # Panics
    /// Where the batch has no such example, or the network no such weight.
    pub fn new(snapshot: &Snapshot, weight: Weight, example: usize) -> Chain {
        let graph = Graph::of_example(snapshot, example, Some(weight));
        let cuts = graph.cuts(weight);
        let links = links(&graph, &cuts, weight, example);
        let factors = factors(&graph, &cuts, snapshot.names().weight(weight), links);
        let product = match factors.is_empty() {
            true => 0.0,
            // Nothing passes a factor of 0 over 0.
            false => factors.iter().map(|factor| factor.number.unwrap_or(0.0)).product(),
        };
        let zero = |(f, factor): (usize, &Factor)| {
            factor.links.iter().position(|link| link.number == Some(0.0)).map(|l| (f, l))
        };
        let gradient = examples::example_gradient(snapshot, weight, example);
        let residual = product - gradient;
        // A gain that is small may be a difference of terms of order 1 (as in a normalisation of few numbers): ε of
        // those is more of it.
        let gains = factors.iter().flat_map(|factor| &factor.links).filter(|link| link.kind == Measure::Gain);
        let least = gains.filter_map(|link| link.number).filter(|gain| *gain != 0.0);
        let least = least.fold(1.0f64, |least, gain| least.min(gain.abs()));
        let rounding = super::rounding(graph.total::<Absolute>(weight, example) + gradient.abs() / least);
        Chain {
            example,
            letter: letter(snapshot),
            loss: snapshot.plan().example_losses().nth(example).map_or(f64::NAN, Scalar::f64),
            zero_at: factors.iter().enumerate().find_map(zero),
            factors,
            product,
            gradient,
            residual,
            rounding,
            reconciles: super::reconciles(residual, gradient, rounding),
        }
    }

    /// All links, from the loss to the weight.
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.factors.iter().flat_map(|factor| &factor.links)
    }
}

/// What an example's own loss is called.
fn letter(snapshot: &Snapshot) -> &'static str {
    if snapshot.examples() == 1 && snapshot.plan().divisor() == 1.0 { "L" } else { "ℓ" }
}

/// The links from the loss to the weight: one above each cut, and the weight's own.
fn links(graph: &Graph<'_>, cuts: &[Cut], weight: Weight, example: usize) -> Vec<Link> {
    let (Some(top), Some(bottom)) = (cuts.first(), cuts.last()) else { return vec![] };
    let seeds = graph.loss_slopes::<Sum>(Some(example));
    let slopes = graph.back::<Sum>(top.value, &seeds, bottom.value);
    let of = |cut: &Cut| cut.cone.iter().map(|&place| slopes.get(cut.value)[place]).collect::<Vec<f64>>();
    // The layer above begins at the lowest cut that an operation with parameters lies above.
    let trained = |pair: &[Cut]| (pair[1].value + 1..=pair[0].value).any(|v| has_params(graph, v));
    let above = cuts.windows(2).rposition(trained);
    let mut links = vec![];
    let mut upper = Level::of(&of(top));
    links.push(Link {
        operation: graph.snapshot().loss().name().into(),
        symbol: format!("∂{}/∂{}", letter(graph.snapshot()), end(graph, top)),
        expression: formula::loss_slope(
            graph.snapshot(),
            example,
            &outputs(graph, top, example),
            upper.single,
        ),
        number: Some(upper.size),
        kind: if upper.single { Measure::Derivative } else { Measure::Gain },
        width: top.cone.len(),
        shared: above.is_some(),
        slope: false,
    });
    for (i, pair) in cuts.windows(2).enumerate() {
        let lower = Level::of(&of(&pair[1]));
        let mut link = Link {
            operation: graph.node(pair[0].value).name.clone(),
            symbol: format!("∂{}/∂{}", end(graph, &pair[0]), end(graph, &pair[1])),
            expression: None,
            number: (upper.size != 0.0).then(|| lower.size / upper.size),
            kind: Measure::Gain,
            width: pair[1].cone.len(),
            shared: above.is_some_and(|above| i < above),
            slope: !trained(pair),
        };
        if upper.single && lower.single {
            link.kind = Measure::Derivative;
            link.number = Some(derivative(graph, &pair[0], &pair[1]));
            link.expression = local_expression(graph, &pair[0], &pair[1]);
        } else {
            link.expression = Some(gain(graph, [&pair[0], &pair[1]], [upper.size, lower.size]));
        }
        links.push(link);
        upper = lower;
    }
    let edges = graph.edges(weight);
    let total: f64 =
        edges.iter().map(|edge| slopes.get(bottom.value)[graph.place(edge.of)] * edge.slope).sum();
    let (number, kind, expression) = match edges.as_slice() {
        [edge] => {
            let (_, param) = weight.node(graph.snapshot().network());
            let written = graph.slope_formula(edge.of, By::Param { param, at: weight.at });
            (Some(edge.slope), Measure::Derivative, written)
        }
        _ => ((upper.size != 0.0).then(|| total / upper.size), Measure::Gain, None),
    };
    links.push(Link {
        operation: graph.node(bottom.value).name.clone(),
        symbol: format!("∂{}/∂{}", end(graph, bottom), graph.names().weight(weight)),
        expression,
        number,
        kind,
        width: 1,
        shared: false,
        slope: false,
    });
    links
}

fn has_params(graph: &Graph<'_>, value: usize) -> bool {
    !graph.node(value).params.is_empty()
}

/// Puts links together, layer by layer: a factor ends below an operation with parameters.
fn factors(graph: &Graph<'_>, cuts: &[Cut], weight: String, links: Vec<Link>) -> Vec<Factor> {
    let name = |cut: &Cut| if cut.value == graph.output() { output(graph, cut) } else { end(graph, cut) };
    let mut factors: Vec<Factor> = vec![];
    let (mut open, mut upper) = (vec![], letter(graph.snapshot()).to_string());
    let last = links.len().saturating_sub(1);
    for (i, link) in links.into_iter().enumerate() {
        open.push(link);
        // Link 0 ends at the output, cut 0; link i at cut i; the last one at the weight.
        let ends = i == 0
            || i == last
            || (cuts[i].value + 1..=cuts[i - 1].value).any(|value| has_params(graph, value));
        if !ends {
            continue;
        }
        let lower = if i == last { weight.clone() } else { name(&cuts[i]) };
        let links = std::mem::take(&mut open);
        factors.push(Factor {
            symbol: format!("∂{upper}/∂{lower}"),
            number: links.iter().map(|link: &Link| link.number).product(),
            kind: if links.iter().all(|link| link.kind == Measure::Derivative) {
                Measure::Derivative
            } else {
                Measure::Gain
            },
            shared: links.iter().all(|link| link.shared),
            links,
        });
        upper = lower;
    }
    factors
}

/// How a cut is written: as a unit where the weight reaches one number, else as the value.
fn end(graph: &Graph<'_>, cut: &Cut) -> String {
    only(graph, cut).map_or_else(|| graph.names().value(cut.value), |unit| graph.name(unit))
}

/// The network's output: `ŷ`, `ŷ[3]`.
fn output(graph: &Graph<'_>, cut: &Cut) -> String {
    only(graph, cut).map_or_else(|| graph.names().prediction(None), |unit| graph.prediction(unit))
}

/// Those of an example's outputs that the weight reaches.
fn outputs(graph: &Graph<'_>, top: &Cut, example: usize) -> Vec<usize> {
    let units = top.cone.iter().map(|place| graph.unit(top.value, *place));
    units.filter(|unit| unit.row == graph.row(example)).map(|unit| unit.at).collect()
}

/// The only number of a cut that the weight reaches, if it is one.
fn only(graph: &Graph<'_>, cut: &Cut) -> Option<Unit> {
    match cut.cone.as_slice() {
        [place] => Some(graph.unit(cut.value, *place)),
        _ => None,
    }
}

/// The derivative of the only number of one cut by the only number of the next.
fn derivative(graph: &Graph<'_>, upper: &Cut, lower: &Cut) -> f64 {
    let mut seeds = vec![Sum::ZERO; graph.len(upper.value)];
    seeds[upper.cone[0]] = 1.0;
    graph.back::<Sum>(upper.value, &seeds, lower.value).get(lower.value)[lower.cone[0]]
}

/// How that derivative is written, where it is one partial of one operation.
fn local_expression(graph: &Graph<'_>, upper: &Cut, lower: &Cut) -> Option<Expression> {
    let (of, by) = (graph.unit(upper.value, upper.cone[0]), graph.unit(lower.value, lower.cone[0]));
    let mut ways =
        graph.node(upper.value).inputs.iter().enumerate().filter(|(_, value)| graph.keeps(**value));
    let (input, value) = ways.next()?;
    let alone = ways.next().is_none() && *value == lower.value;
    alone.then(|| graph.slope_formula(of, By::Input { input, row: by.row, at: by.at }))?
}

/// How a gain is written, from the sizes of the gradient at its two ends.
fn gain(graph: &Graph<'_>, [upper, lower]: [&Cut; 2], sizes: [f64; 2]) -> Expression {
    let size = |cut: &Cut| {
        let symbol = format!("∂{}/∂{}", letter(graph.snapshot()), end(graph, cut));
        let gradient = Expr::symbol(symbol, Role::Named);
        if cut.cone.len() == 1 { gradient } else { Expr::call(Function::Norm, [gradient]) }
    };
    let [upper, lower] = [upper, lower].map(size);
    let mut sizes = [sizes[1], sizes[0]].into_iter();
    let size = |letter: &Symbol| Some((letter.letter.to_string(), vec![sizes.next()?]));
    Expression::new(lower / upper, str::to_string, size)
}
