//! The paths from the loss of one example down to a weight. A path takes one local derivative from each operation on
//! its way; its product is what flows along it, and the sum over all paths is the gradient.
//!
//! Their number is about the product of the layers' widths, so they are never listed. [`Flows`] gets what is true of
//! all of them by backward passes in other semirings, and a search finds the strongest.

use super::chain::{self, Chain};
use super::examples::CHANCE;
use super::graph::{Graph, Sweep};
use super::semiring::{Count, Entropy, Magnitude, Max, PathCount, Semiring, Spread, Sum};
use super::strongest::strongest;
use super::{Expression, Snapshot, Verdict, Weight};
use serde::Serialize;
use std::sync::{Arc, OnceLock};

/// The paths from one example's loss to a weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Paths {
    /// The example's place in the batch.
    pub example: usize,
    /// ∂ℓₙ/∂w as backpropagation computed it, which the sum over all paths should equal.
    pub gradient: f64,
    /// The strongest paths, strongest first. Paths on which a derivative is 0 are not among them.
    pub shown: Vec<Path>,
    /// The sum of their products.
    pub shown_sum: f64,
    /// The sum of all other paths: what a backward pass over all paths gives, less `shown_sum`; 0 where all are shown.
    pub remainder: f64,
    /// shown_sum + remainder − gradient
    pub residual: f64,
    /// What rounding can make of the residual, as of that of the chain.
    pub rounding: f64,
    /// Whether the residual is at most 1e-10 of the gradient, or `rounding`.
    pub reconciles: bool,
    /// What is true of all paths.
    pub flow: Flow,
    /// |gradient| / flow.total: 1 where all paths push the same way, near 0 where they cancel; absent where nothing
    /// flows.
    pub agreement: Option<f64>,
    /// Whether the gradient is small, and why.
    pub diagnosis: Diagnosis,
}

/// One path.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Path {
    /// From the loss to the weight. Paths that take the same step share it.
    pub steps: Vec<Arc<PathStep>>,
    /// The product of the slopes.
    pub product: f64,
    /// |product| / flow.total
    pub share: f64,
}

/// One local derivative of a path.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PathStep {
    /// What the path comes to: `sigmoid1[3]`, at last the weight; `sigmoid1[3]@5` of example 5 where examples mix.
    pub to: String,
    /// The operation whose output that is: `sigmoid1`; absent for the weight.
    pub operation: Option<String>,
    /// The derivative of what it came from, at first of the loss.
    pub slope: f64,
    /// How that is computed, where the operation says.
    pub expression: Option<Expression>,
}

/// What is true of all paths together, from the semirings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Flow {
    /// How many there are, also those on which a derivative is 0.
    pub paths: Magnitude,
    /// Σ |p|
    pub total: f64,
    /// max |p|
    pub strongest: f64,
    /// H = −Σ s·ln s over the shares s = |p| / Σ |p|.
    pub entropy: f64,
    /// e^H: as many paths of equal share have this entropy.
    pub effective: f64,
}

/// Why a gradient is small, if it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// The answer.
    pub verdict: Verdict,
    /// Where it is blocked: a link of the chain, as factor and link inside it.
    pub link: Option<(usize, usize)>,
    /// That link: `∂softmax1/∂linear1`.
    pub symbol: Option<String>,
    /// Its number.
    pub number: Option<f64>,
    /// Between which paths it cancels.
    pub groups: Option<Groups>,
    /// The limit of `agreement` for the verdict `cancelled`: a hundredth of 1/√n with n = `effective` paths. The sum of n
    /// numbers of random sign is about 1/√n of what flows, and below a hundredth of that in fewer than 1 of 100 cases.
    pub cancelled_below: f64,
    /// The limit of a link's number for the verdict `blocked`, in operations without parameters: σ′ and tanh′ are below
    /// a thousandth only past |x| = 6.9 and 4.1, where they are flat to three digits. Other links block only where they
    /// are exactly 0, for their size depends on the units of what they compute with.
    pub blocked_below: f64,
}

/// Paths that cancel, by the unit of one value through which they go.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Groups {
    /// The value at which the groups cancel most.
    pub value: String,
    /// The strongest groups, strongest first: at most 8. See [`GROUPS`].
    pub strongest: Vec<Group>,
    /// The sum of all groups above 0.
    pub positive: f64,
    /// The sum of all groups below 0.
    pub negative: f64,
    /// The paths that do not go through this value; they are in one of the sums too.
    pub elsewhere: f64,
}

/// The paths through one unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Group {
    /// The unit: `linear2[7]`.
    pub through: String,
    /// The sum of their products.
    pub sum: f64,
}

/// The most groups that are named.
pub const GROUPS: usize = 8;

/// See [`Diagnosis::blocked_below`].
const FLAT: f64 = 1e-3;

/// The `k` strongest paths from the loss of `example` (its place in the batch) to `weight`, and what is true of all.
///
/// # Panics
/// Where the batch has no such example, or the network no such weight.
pub fn paths(snapshot: &Snapshot, weight: Weight, example: usize, k: usize) -> Paths {
    let chain = Chain::new(snapshot, weight, example);
    let graph = Graph::of_example(snapshot, example, Some(weight));
    let flow = Sweeps::new(&graph, Some(example)).at(&graph, weight, None);
    let shown = strongest(&graph, weight, example, k, flow.total);
    let shown_sum = shown.iter().map(|path| path.product).sum::<f64>();
    let all_shown = flow.paths.exact == Some(shown.len() as u64);
    let remainder = if all_shown { 0.0 } else { graph.total::<Sum>(weight, example) - shown_sum };
    let residual = shown_sum + remainder - chain.gradient;
    let agreement = (flow.total > 0.0).then(|| chain.gradient.abs() / flow.total);
    Paths {
        example,
        gradient: chain.gradient,
        shown_sum,
        remainder,
        residual,
        rounding: chain.rounding,
        reconciles: super::reconciles(residual, chain.gradient, chain.rounding),
        shown,
        flow,
        agreement,
        diagnosis: diagnose(&graph, weight, &chain, &flow, agreement),
    }
}

/// The flow from every example's loss to every weight of a step, from one backward pass in each semiring.
pub struct Flows<'a> {
    shards: Vec<(Graph<'a>, Sweeps)>,
}

impl<'a> Flows<'a> {
    /// All semirings' passes, over all examples of the batch.
    pub fn new(snapshot: &'a Snapshot) -> Flows<'a> {
        let shard = |(shard, examples)| {
            let graph = Graph::of_shard(snapshot, shard, examples);
            let sweeps = Sweeps::new(&graph, None);
            (graph, sweeps)
        };
        Flows { shards: snapshot.plan().shards().enumerate().map(shard).collect() }
    }

    /// What flows from the loss of `example` (its place in the batch) to `weight`. Where operations mix examples: from all losses, through that
    /// example's row of the weight's operation.
    pub fn at(&self, weight: Weight, example: usize) -> Flow {
        let shard = self.shards.iter().find(|(graph, _)| graph.examples().contains(&example));
        let (graph, sweeps) = shard.expect("an example of the batch");
        sweeps.at(graph, weight, Some(example))
    }
}

/// What the semirings make of all paths from the loss to each number.
struct Sweeps {
    spread: Sweep<Spread>,
    max: Sweep<f64>,
    count: Sweep<PathCount>,
}

impl Sweeps {
    fn new(graph: &Graph<'_>, example: Option<usize>) -> Sweeps {
        fn back<S: Semiring>(graph: &Graph<'_>, example: Option<usize>) -> Sweep<S::Number> {
            graph.back::<S>(graph.output(), &graph.loss_slopes::<S>(example), 0)
        }
        // The number of paths is the same in every row, where rows do not mix.
        let one = graph.one_row();
        let count = || match &one {
            Some(one) => back::<Count>(one, None),
            None => back::<Count>(graph, example),
        };
        let (spread, max, counted) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        // The first takes about as long as the other two.
        let mut passes: [&(dyn Fn() + Sync); 3] = [
            &|| drop(spread.set(back::<Entropy>(graph, example))),
            &|| drop(max.set(back::<Max>(graph, example))),
            &|| drop(counted.set(count())),
        ];
        let threads = graph.threads();
        let locals = &mut vec![(); threads.count()];
        threads.for_each(&mut passes, locals, |_, pass, ()| pass());
        let done = "every pass ran";
        Sweeps {
            spread: spread.into_inner().expect(done),
            max: max.into_inner().expect(done),
            count: counted.into_inner().expect(done),
        }
    }

    /// What comes to a weight, through all rows or through one example's.
    fn at(&self, graph: &Graph<'_>, weight: Weight, example: Option<usize>) -> Flow {
        let spread = graph.at_weight::<Entropy>(&self.spread, weight, example);
        let count = match graph.one_row() {
            Some(one) => one.at_weight::<Count>(&self.count, weight, None),
            None => graph.at_weight::<Count>(&self.count, weight, example),
        };
        Flow {
            paths: count.magnitude(),
            total: spread.flow,
            strongest: graph.at_weight::<Max>(&self.max, weight, example),
            entropy: spread.entropy(),
            effective: if spread.flow > 0.0 { spread.entropy().exp() } else { 0.0 },
        }
    }
}

fn diagnose(
    graph: &Graph<'_>,
    weight: Weight,
    chain: &Chain,
    flow: &Flow,
    agreement: Option<f64>,
) -> Diagnosis {
    let cancelled_below = CHANCE / flow.effective.max(1.0).sqrt();
    let mut diagnosis = Diagnosis {
        verdict: Verdict::Neither,
        link: None,
        symbol: None,
        number: None,
        groups: None,
        cancelled_below,
        blocked_below: FLAT,
    };
    let link = match agreement {
        _ if chain.factors.is_empty() => {
            diagnosis.verdict = Verdict::NoPath;
            return diagnosis;
        }
        None => Some(blocking(graph, weight, chain)),
        Some(agreement) if agreement <= cancelled_below => {
            diagnosis.verdict = Verdict::Cancelled;
            diagnosis.groups = Some(groups(graph, weight, chain));
            return diagnosis;
        }
        Some(_) => {
            let links = chain.links().enumerate().filter(|(_, link)| link.slope && link.number.is_some());
            let size = |link: &chain::Link| link.number.unwrap_or(f64::NAN).abs();
            let flat = links.min_by(|(_, a), (_, b)| size(a).total_cmp(&size(b)));
            flat.filter(|(_, link)| size(link) <= FLAT).map(|(i, _)| i)
        }
    };
    if let Some(link) = link {
        let inside: Vec<(usize, usize)> = chain
            .factors
            .iter()
            .enumerate()
            .flat_map(|(f, factor)| (0..factor.links.len()).map(move |l| (f, l)))
            .collect();
        let at = chain.links().nth(link);
        diagnosis.verdict = Verdict::Blocked;
        diagnosis.link = Some(inside[link]);
        diagnosis.symbol = at.map(|link| link.symbol.clone());
        // Below a link whose gain is 0 over 0, nothing came to it.
        diagnosis.number = at.map(|link| link.number.unwrap_or(0.0));
    }
    diagnosis
}

/// The first link, from the loss on, that no path passes, where none comes through.
fn blocking(graph: &Graph<'_>, weight: Weight, chain: &Chain) -> usize {
    let cuts = graph.cuts(weight);
    let flow = graph.back::<Max>(graph.output(), &graph.loss_slopes::<Max>(Some(chain.example)), 0);
    let none = |cut: &super::graph::Cut| cut.cone.iter().all(|&place| flow.get(cut.value)[place] == 0.0);
    // Link i ends at cut i, and the last one at the weight.
    cuts.iter().position(none).unwrap_or(cuts.len())
}

/// The groups of paths that cancel, at the value where they do so most.
fn groups(graph: &Graph<'_>, weight: Weight, chain: &Chain) -> Groups {
    let below = graph.forth::<Sum>(weight);
    let above = graph.back::<Sum>(graph.output(), &graph.loss_slopes::<Sum>(Some(chain.example)), 0);
    let mut best: Option<(f64, usize, Vec<f64>, f64)> = None;
    for value in below.values().filter(|value| graph.keeps(*value)) {
        let through: Vec<f64> = above.get(value).iter().zip(below.get(value)).map(|(a, b)| a * b).collect();
        let elsewhere = chain.gradient - through.iter().sum::<f64>();
        let size = through.iter().map(|sum| sum.abs()).sum::<f64>() + elsewhere.abs();
        // The nearest to the weight of those that are equal but for rounding.
        if best.as_ref().is_none_or(|(most, ..)| size > most * (1.0 + 1e-9)) {
            best = Some((size, value, through, elsewhere));
        }
    }
    let (_, value, through, elsewhere) = best.unwrap_or_default();
    // What rounding left of paths that all go through this value is not elsewhere.
    let elsewhere = if graph.is_cut(weight, value) { 0.0 } else { elsewhere };
    let parts = || through.iter().copied().chain([elsewhere]);
    let mut strongest: Vec<usize> = (0..through.len()).filter(|&place| through[place] != 0.0).collect();
    strongest.sort_by(|&a, &b| through[b].abs().total_cmp(&through[a].abs()));
    strongest.truncate(GROUPS);
    let group = |place: usize| Group { through: graph.name(graph.unit(value, place)), sum: through[place] };
    Groups {
        value: graph.names().value(value),
        strongest: strongest.into_iter().map(group).collect(),
        positive: parts().filter(|sum| *sum > 0.0).sum(),
        negative: parts().filter(|sum| *sum < 0.0).sum(),
        elsewhere,
    }
}
