//! Which link is broken: data → forward → loss → gradient → update.
//!
//! A [`Check`] asks one question of one link. It reads [`Evidence`], plain data that a [`Source`] provides, never a network's
//! internals, so that the same checks are made of a live training, of a recorded run, and of a run of another framework.
//! What it finds is a suspicion; *a cause is what, when changed, changes the outcome*: [`check()`] trains again with what
//! the finding proposes, from several starting points, beside the unchanged training from the same ones, and calls a link
//! broken where that is better by more than the spread and by enough to matter ([`MATTERS`]). Without a trial it does so
//! only for what contradicts itself: numbers that are not finite, a wrong gradient, a target out of reach.
//!
//! ```
//! use whygrad::check::{Budget, check};
//! use whygrad::data::{Scale, generate::GENERATED};
//! use whygrad::train::{HeldOut, Setup};
//! use whygrad::{layers, loss::CrossEntropy, network::Network, op::{Linear, Tanh}, optim::Sgd};
//!
//! let moons = GENERATED.iter().find(|set| set.name == "moons").ok_or("no such set")?;
//! let network = Network::sequential([2], layers![Linear::new(8), Tanh, Linear::new(2)])?;
//! let mut setup = Setup::<f32>::new(
//!     moons.make(300, 0.1, 2, 1)?,
//!     network,
//!     CrossEntropy::default(),
//!     Sgd { lr: 1e-5, ..Sgd::default() },
//! );
//! (setup.held_out, setup.fit.epochs) = (HeldOut::Share { share: 0.3, seed: 1 }, 20);
//!
//! let verdict = check(&mut setup, &Budget::UNLIMITED).map_err(|unable| format!("{unable:?}"))?;
//! assert_eq!(verdict.causes[0].finding.check, "step-too-small");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod change;
mod evidence;
mod judge;
mod live;
mod source;
#[cfg(test)]
mod tests;
mod verdict;

mod data;
mod forward;
mod gradient;
mod loss;
mod update;

pub use change::{Change, HIDDEN, Start};
pub use evidence::{Diverged, Evidence, Told};
pub use judge::{MATTERS, check, is_better};
pub use live::{Light, Live};
pub use source::{Budget, Source, Unable, Wanted};
pub use verdict::{Cause, Finding, Link, NotChecked, Place, Trial, Verdict};

/// All checks, link by link, in the order in which findings of equal weight are named.
pub static LIST: &[&Check] = &[
    &data::non_finite::CHECK,
    &data::label_out_of_range::CHECK,
    &data::single_class::CHECK,
    &data::labels_unrelated::CHECK,
    &data::leaks_into_test::CHECK,
    &data::sorted_by_class::CHECK,
    &data::constant_feature::CHECK,
    &data::unscaled::CHECK,
    &data::imbalanced::CHECK,
    &forward::non_finite::CHECK,
    &forward::examples_mixed::CHECK,
    &forward::units_identical::CHECK,
    &forward::nonlinearity_missing::CHECK,
    &forward::units_dead::CHECK,
    &forward::units_saturated::CHECK,
    &forward::signal_grows::CHECK,
    &forward::signal_shrinks::CHECK,
    &loss::non_finite::CHECK,
    &loss::unreachable::CHECK,
    &loss::mismatch::CHECK,
    &loss::at_init::CHECK,
    &gradient::wrong::CHECK,
    &gradient::missing::CHECK,
    &gradient::blocked::CHECK,
    &gradient::vanishes::CHECK,
    &gradient::explodes::CHECK,
    &gradient::noisy::CHECK,
    &update::wrong::CHECK,
    &update::accumulates::CHECK,
    &update::missing::CHECK,
    &update::clip_dominates::CHECK,
    &update::decay_dominates::CHECK,
    &update::step_too_large::CHECK,
    &update::step_too_small::CHECK,
    &update::stopped_early::CHECK,
    &update::overfits::CHECK,
    &update::not_learning::CHECK,
];

/// One question of one link.
pub struct Check {
    /// Its name; a public interface.
    pub name: &'static str,
    /// The link that it asks about.
    pub link: Link,
    /// What it asks.
    pub question: &'static str,
    /// What of the evidence it reads; without any of it, it is not made.
    pub reads: &'static [Reads],
    /// When it finds something.
    pub limit: &'static str,
    /// Where the limit comes from.
    pub source: &'static str,
    /// What it proposes to change.
    pub change: &'static str,
    /// An experiment on which it is the first to be named, and one that differs in nothing else and is healthy; `None`
    /// where an experiment cannot be faulty in this way.
    pub example: Option<Example>,
    find: fn(&Evidence) -> Vec<Finding>,
}

/// An experiment on which a check is named, and its healthy twin.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// A built-in experiment.
    pub experiment: &'static str,
    /// What is changed in it, so that it is faulty.
    pub faulty: &'static [&'static str],
    /// What is changed in it, so that it is the twin.
    pub twin: &'static [&'static str],
}

/// What a check reads of the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// What the training was told.
    Told,
    /// The data.
    Data,
    /// The network at some moments.
    Moments,
    /// The steps' losses and facts.
    Steps,
    /// How well it does.
    Score,
    /// Derivatives beside finite differences.
    Faults,
    /// Whether examples mix.
    Mixed,
    /// A step beside the optimizer's formula.
    Unlike,
    /// The applied gradient beside the batch's own.
    Applied,
}

/// All checks as a page in Markdown: what each asks, its limit and where that comes from, an experiment on which it is
/// found, and what it proposes.
pub fn page() -> String {
    let mut page = String::from(
        "# Checks\n\nGenerated from the checks: data → forward → loss → gradient → update. What a check finds is a suspicion \
         until a trial shows that removing it helps; what contradicts itself needs none. The names are stable.\n",
    );
    for link in Link::ALL {
        page += &format!("\n## {}\n", link.name());
        for check in LIST.iter().filter(|check| check.link == link) {
            let Check { name, question, limit, source, change, example, .. } = check;
            page += &format!(
                "\n### `{name}`\n\n{question}\n\n- *limit*: {limit}\n- *from*: {source}\n- *change*: {change}\n"
            );
            if let Some(Example { experiment, faulty, .. }) = example {
                let set: String = faulty.iter().map(|of| format!(" --set '{of}'")).collect();
                page += &format!("- *found in*: `whygrad check {experiment}{set}`\n");
            }
        }
    }
    page
}

impl Reads {
    /// Whether the evidence has it.
    fn is_there(self, evidence: &Evidence) -> bool {
        match self {
            Reads::Told => evidence.told.is_some(),
            Reads::Data => evidence.data.is_some(),
            Reads::Moments => !evidence.moments.is_empty(),
            Reads::Steps => !evidence.steps.is_empty(),
            Reads::Score => evidence.score.is_some(),
            Reads::Faults => evidence.faults.is_some(),
            Reads::Mixed => evidence.mixed.is_some(),
            Reads::Unlike => evidence.unlike.is_some(),
            Reads::Applied => evidence.applied.is_some(),
        }
    }

    /// Why a check is not made without it.
    fn lack(self) -> &'static str {
        match self {
            Reads::Told => "it is not known what the training was told",
            Reads::Data => "its data are not there",
            Reads::Moments => "its network cannot be asked",
            Reads::Steps => "it has no steps on record",
            Reads::Score => "it did not come to its end",
            Reads::Faults => "its operations cannot be computed here",
            Reads::Mixed => "its network cannot be asked",
            Reads::Unlike => "its steps cannot be made again",
            Reads::Applied => "its gradients were not computed a second time",
        }
    }
}

impl Check {
    /// What it finds; or why it cannot be made.
    ///
    /// # Errors
    /// What the evidence lacks.
    pub fn find(&self, evidence: &Evidence) -> Result<Vec<Finding>, &'static str> {
        match self.reads.iter().find(|reads| !reads.is_there(evidence)) {
            Some(lacks) => Err(lacks.lack()),
            None => Ok((self.find)(evidence)),
        }
    }

    /// A finding of it, to be filled.
    fn finding(&self, place: Place, [measure, limit]: [f64; 2], sentence: String) -> Finding {
        Finding {
            check: self.name,
            link: self.link,
            place,
            step: None,
            measure,
            limit,
            sentence,
            certain: false,
            grave: false,
            changes: vec![],
        }
    }
}

impl Finding {
    /// It breaks the training by itself.
    fn certain(self) -> Finding {
        Finding { certain: true, grave: true, ..self }
    }

    /// It need not go on, if this is so.
    fn grave_if(self, so: bool) -> Finding {
        Finding { grave: self.grave || so, ..self }
    }

    /// In this step.
    fn in_step(self, step: u64) -> Finding {
        Finding { step: Some(step), ..self }
    }

    /// These could be changed, in alternatives.
    fn proposes(self, changes: Vec<Vec<Change>>) -> Finding {
        Finding { changes, ..self }
    }
}
