//! What the weights did in a step.

use super::digits::{count, number};
use super::divergence::Divergence;
use super::ledger::residual;
use super::why::chosen_says;
use crate::error::Result;
use crate::replay::{Origin, Step};
use crate::terminal::harmless;
use schemars::JsonSchema;
use serde::Serialize;
use whygrad::credit::{self, Totals, overview};
use whygrad::train::Real;

/// Weights of a list.
const TOP: usize = 10;

/// The weights that moved, earned and hurt most in a step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Overview {
    /// Folder of the run; null for a worked example.
    pub run: Option<String>,
    /// The worked example.
    pub case: Option<String>,
    /// Number of the step, from 1.
    pub step: u64,
    /// The run's last step.
    pub last_step: Option<u64>,
    /// Number of weights in the network.
    pub weights: usize,
    /// The weights that moved most, by |Δw|.
    pub moved: Vec<Moved>,
    /// The weights that earned most: the loss fell along their moves.
    pub earned: Vec<Moved>,
    /// The weights that hurt most: the loss rose along their moves.
    pub hurt: Vec<Moved>,
    /// The ledger of the step as a whole; null where no step is made, or where the loss of these training examples is not
    /// finite.
    pub totals: Option<Totals>,
    /// Where the run diverged, in the step that was asked for or before it.
    pub diverged: Option<Divergence>,
    /// What the numbers say, in words.
    pub sentences: Sentences,
}

/// A weight, and what it did in the step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Moved {
    /// The weight.
    pub weight: String,
    /// w before the step.
    pub before: f64,
    /// w after it.
    pub after: f64,
    /// Δw = after − before.
    pub moved: f64,
    /// ∂L/∂w of the batch, before clipping.
    pub gradient: f64,
    /// Its share of the change of the loss of some training examples: negative where it earned, positive where it hurt.
    pub allocation: f64,
}

/// What the numbers say.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Sentences {
    /// Of which step.
    pub step: String,
    /// Why it is not the run's last step, where nobody named one.
    pub chosen: Option<String>,
    /// What allocations add up to; null where no step is made.
    pub totals: Option<String>,
}

impl From<credit::Moved> for Moved {
    fn from(of: credit::Moved) -> Moved {
        let credit::Moved { name, before, after, moved, gradient, allocation, .. } = of;
        Moved { weight: name, before, after, moved, gradient, allocation }
    }
}

impl Overview {
    /// Of a step; the ledger is that of this step alone, on a probe set of the training part.
    pub fn new<T: Real>(step: &Step<T>) -> Result<Overview> {
        let (run, last_step, case) = match &step.origin {
            Origin::Run { path, last } => (Some(path.clone()), Some(*last), None),
            Origin::Case { name, .. } => (None, None, Some(name.clone())),
            Origin::Played { .. } => (None, None, None),
        };
        let found = if step.moves { Some(overview(&step.snapshot, &step.train, TOP)?) } else { None };
        let list = |of: fn(&credit::Overview) -> &Vec<credit::Moved>| {
            found.iter().flat_map(of).cloned().map(Moved::from).collect()
        };
        let of = &*harmless(run.as_ref().or(case.as_ref()).map_or("", String::as_str));
        let sentences = Sentences {
            chosen: chosen_says(step),
            ..Sentences::new(step.number, last_step, of, run.as_deref(), found.as_ref())
        };
        Ok(Overview {
            step: step.number,
            last_step,
            weights: step.snapshot.network().param_count(),
            moved: list(|found| &found.moved),
            earned: list(|found| &found.earned),
            hurt: list(|found| &found.hurt),
            sentences,
            run,
            case,
            totals: found.and_then(|found| found.totals),
            diverged: step.diverged.as_ref().map(Divergence::from),
        })
    }
}

impl Sentences {
    fn new(
        step: u64,
        last: Option<u64>,
        of: &str,
        run: Option<&str>,
        found: Option<&credit::Overview>,
    ) -> Sentences {
        let Some(found) = found else {
            let step = format!("{of}: the source gives no learning rate, so no weight moves");
            return Sentences { step, chosen: None, totals: None };
        };
        let last = last.map_or(String::new(), |last| format!(" of {last}"));
        let more = run
            .map_or(String::new(), |run| format!(" Of many steps: whygrad ledger --run {}", harmless(run)));
        let sum = |totals: &Totals| {
            let statistics = match totals.statistics {
                0.0 => String::new(),
                statistics => format!(", the new running statistics made {}", number(statistics)),
            };
            format!(
                "Allocations split the change of the loss of {} along the step: they add up to {}{statistics}, and {} was \
                 measured. {}{more}",
                count(totals.examples, "training example"),
                number(totals.allocation),
                number(totals.change),
                residual(totals),
            )
        };
        let nothing = || {
            "The loss of the training examples is not finite after this step: there is nothing to split."
                .into()
        };
        let sum = found.totals.as_ref().map_or_else(nothing, sum);
        let step = format!("Step {step}{last} of {of}: what each of its weights did");
        Sentences { step, chosen: None, totals: Some(sum) }
    }
}
