//! Who earned the loss change of a run.

use super::ByName;
use super::digits::{apart, count, number, short};
use super::divergence::Divergence;
use crate::replay::{RunLedger, Work};
use crate::terminal::harmless;
use indicatif::HumanCount;
use schemars::JsonSchema;
use serde::Serialize;
use whygrad::credit::{Account, Earned, LedgerStep, Opposed, Totals};

/// Weights of a list.
const TOP: usize = 10;

/// Neurons of a list, and pairs of layers.
const FEW: usize = 5;

/// Pieces in which the steps are shown.
const PIECES: usize = 10;

/// The largest residual, as a share of the change, of a ledger that reconciles.
const RECONCILES: f64 = 1e-6;

/// And of one that says something: a hundredth is what the bars of a page show.
const USELESS: f64 = 1e-2;

/// Who earned the loss change of a run, or of some of its steps. What earned is below 0, what hurt above 0.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Ledger {
    /// Folder of the run.
    pub run: String,
    /// The first step.
    pub first: u64,
    /// The last step.
    pub last: u64,
    /// Where the run diverged; the ledger ends before.
    pub diverged: Option<Divergence>,
    /// Of all steps and weights.
    pub totals: Totals,
    /// Of each layer.
    pub layers: Vec<Account>,
    /// Of each neuron.
    pub neurons: Vec<Account>,
    /// The weights that earned most.
    pub earned: Vec<Earned>,
    /// The weights that hurt most.
    pub hurt: Vec<Earned>,
    /// Pairs of layers of which one earned while the other hurt, those that did most first.
    pub opposed: Vec<Opposed>,
    /// Of each step.
    pub steps: Vec<LedgerStep>,
    /// Loss change by each example of the probe set.
    pub examples: Vec<f64>,
    /// Allocation of every weight, by parameter, in the order in which they lie.
    pub allocation: ByName<Vec<f64>>,
    /// What training these steps took.
    pub training_seconds: f64,
    /// What the ledger took beside that.
    pub ledger_seconds: f64,
    /// The second over the first.
    pub cost: f64,
    /// What the numbers say, in words.
    pub sentences: Sentences,
}

/// What the numbers of a ledger say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Sentences {
    /// What the loss did.
    pub change: String,
    /// How signs are read.
    pub signs: String,
    /// Whether the ledger reconciles.
    pub residual: String,
    /// Layers that worked against each other.
    pub opposed: Vec<String>,
    /// What the ledger took.
    pub cost: String,
}

impl Ledger {
    /// Of some steps of a run.
    pub fn new(run: String, of: &RunLedger) -> Ledger {
        let RunLedger { steps, network, ledger: kept, training, keeping, diverged } = of;
        let (first, last, allocation) = (*steps.start(), *steps.end(), kept.allocation());
        let by_param =
            network.params().iter().map(|p| (p.name.clone(), allocation[p.range.clone()].to_vec()));
        let mut ledger = Ledger {
            run,
            first,
            last,
            diverged: diverged.as_ref().map(Divergence::from),
            totals: kept.totals(),
            layers: kept.layers(),
            neurons: kept.neurons(),
            earned: kept.earned_most(TOP),
            hurt: kept.hurt_most(TOP),
            opposed: kept.opposed(),
            steps: kept.steps().to_vec(),
            examples: kept.examples(),
            allocation: ByName(by_param.collect()),
            training_seconds: training.as_secs_f64(),
            ledger_seconds: keeping.as_secs_f64(),
            cost: keeping.as_secs_f64() / training.as_secs_f64(),
            sentences: Sentences::default(),
        };
        ledger.sentences = Sentences::of(&ledger);
        ledger
    }

    /// The neurons that earned most, and those that hurt most.
    pub fn top_neurons(&self) -> [Vec<&Account>; 2] {
        let mut neurons: Vec<&Account> = self.neurons.iter().collect();
        neurons.sort_by(|a, b| a.allocation.total_cmp(&b.allocation));
        let earned = neurons.iter().copied().filter(|neuron| neuron.allocation < 0.0).take(FEW);
        let hurt = neurons.iter().rev().copied().filter(|neuron| neuron.allocation > 0.0).take(FEW);
        [earned.collect(), hurt.collect()]
    }

    /// At most ten pieces of the steps: which steps, and the loss change of each piece.
    pub fn pieces(&self) -> Vec<(String, f64)> {
        let size = self.steps.len().div_ceil(PIECES).max(1);
        let piece = |steps: &[LedgerStep]| {
            let (a, b) = (steps[0].step, steps[steps.len() - 1].step);
            let name = if a == b { format!("{a}") } else { format!("{a} to {b}") };
            (name, steps.iter().map(|step| step.change).sum())
        };
        self.steps.chunks(size).map(piece).collect()
    }
}

/// What a ledger of a run will take, before it begins.
pub fn cost(work: Work, run: &str) -> String {
    let Work { steps, examples, batch, .. } = work;
    format!(
        "{run}: splitting {} takes 2 gradients of {} each, and more where the loss bends; training made one of {batch}. \
         That is {} × its work at least.",
        count(steps as usize, "step"),
        count(examples, "training example"),
        short(2.0 * examples as f64 / batch as f64),
    )
}

impl Sentences {
    fn of(ledger: &Ledger) -> Sentences {
        let Ledger { totals, first, last, .. } = ledger;
        let run = harmless(&ledger.run);
        let examples = count(totals.examples, "training example");
        let [before, after] = apart(totals.before, totals.after);
        let moved = match totals.change {
            0.0 => format!("stayed at {after}"),
            change => {
                let way = if change > 0.0 { "rose" } else { "fell" };
                format!("{way} from {before} to {after}: by {}", number(change.abs()))
            }
        };
        let steps = HumanCount(totals.steps);
        let pair = |pair: &Opposed| {
            let ([a, b], often, amount) = (&pair.layers, HumanCount(pair.steps), number(pair.amount));
            format!("{a} and {b}: in {often} of {steps} steps, {amount} in all")
        };
        Sentences {
            change: format!("In steps {first} to {last} of {run} the loss of {examples} {moved}"),
            signs: "Below 0: earned, the loss fell along these moves. Above 0: hurt, it rose.".into(),
            residual: residual(totals) + &worst(&ledger.steps),
            opposed: match &ledger.opposed[..] {
                [] => vec!["none: in every step all layers earned or all hurt".into()],
                pairs => pairs.iter().take(FEW).map(pair).collect(),
            },
            cost: format!(
                "The ledger took {} s, {} × as long as training these steps ({} s): {} gradients of the {examples} a step{}.",
                short(ledger.ledger_seconds),
                short(ledger.cost),
                short(ledger.training_seconds),
                short(totals.gradients / totals.steps as f64),
                match totals.forwards / totals.steps as f64 {
                    0.0 => String::new(),
                    forwards => format!(", and {} passes for their losses alone", short(forwards)),
                },
            ),
        }
    }
}

/// Whether a ledger reconciles.
pub(super) fn residual(totals: &Totals) -> String {
    let relative =
        totals.relative.map_or(String::new(), |relative| format!(", {} of the change", short(relative)));
    // What every step's losses can leave by their rounding.
    let rounding = 4.0 * f64::EPSILON * (totals.before.abs() + totals.after.abs()) * totals.steps as f64;
    let does = match totals.relative {
        _ if totals.residual.abs() <= rounding => "It reconciles: the residual",
        Some(relative) if relative <= RECONCILES => "It reconciles: the residual",
        Some(relative) if relative <= USELESS => "It does not reconcile to a millionth: the residual",
        _ => {
            "It does not reconcile, and its allocations are of no use: the loss bends more along these steps than can be \
             followed. The residual"
        }
    };
    format!("{does} is {}{relative}.", short(totals.residual))
}

/// The step of which a ledger misses most.
fn worst(steps: &[LedgerStep]) -> String {
    let worst = steps.iter().max_by(|a, b| a.residual.abs().total_cmp(&b.residual.abs()));
    worst.map_or(String::new(), |step| {
        format!(" The largest of a step is {} (step {}).", short(step.residual), step.step)
    })
}
