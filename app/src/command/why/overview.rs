//! What moved, earned and hurt most in a step.

use super::step::{Names, Origin, Step};
use crate::error::Result;
use crate::terminal::{Page, bar, fit, width};
use crate::view::digits::{count, number, short, signed};
use serde::Serialize;
use std::sync::Arc;
use whygrad::credit::{Ledger, PROBE, Refine, Totals, Weight, probe};
use whygrad::train::Real;

/// Weights of a list.
const TOP: usize = 10;

/// How fine the ledger of the step is: no more than sixteen gradients, so that a large network answers too.
const REFINE: Refine = Refine { tolerance: 5e-7, halvings: 3 };

/// The weights that moved, earned and hurt most in a step.
#[derive(Serialize)]
pub struct Overview {
    run: Option<String>,
    case: Option<String>,
    step: u64,
    last_step: Option<u64>,
    weights: usize,
    moved: Vec<Moved>,
    earned: Vec<Moved>,
    hurt: Vec<Moved>,
    totals: Option<Totals>,
}

#[derive(Serialize)]
struct Moved {
    weight: String,
    before: f64,
    after: f64,
    moved: f64,
    gradient: f64,
    allocation: f64,
}

impl Overview {
    /// Of a step; the ledger is that of this step alone, on a probe set of the training part.
    pub fn new<T: Real>(step: &Step<T>) -> Result<Overview> {
        let (still, network) = (&step.still, step.still.network());
        let (run, last_step, case) = match &step.origin {
            Origin::Run { path, last } => (Some(path.clone()), Some(*last), None),
            Origin::Case { name, .. } => (None, None, Some(name.clone())),
        };
        let mut overview = Overview {
            run,
            case,
            step: step.number,
            last_step,
            weights: network.param_count(),
            moved: vec![],
            earned: vec![],
            hurt: vec![],
            totals: None,
        };
        let (Some(moves), Some(after)) = (step.moves(), &step.after) else { return Ok(overview) };
        let data = probe::<T, f64>(&step.train, PROBE, still.options().seed);
        let (loss, threads) = (Arc::clone(&step.loss), still.options().threads);
        let mut ledger = Ledger::new(network, loss, data, &step.before.weights, REFINE, threads)?;
        ledger.advance(step.number, after);
        let of = |weight: Weight| {
            let place = weight.place(network);
            let before = still.value(weight);
            Moved {
                weight: weight.name(network),
                before,
                after: after.params[place].f64(),
                moved: moves[place],
                gradient: still.slope(weight),
                allocation: ledger.allocation()[place],
            }
        };
        let mut places: Vec<usize> = (0..moves.len()).filter(|&place| moves[place] != 0.0).collect();
        let order = |a: &usize, b: &usize| moves[*b].abs().total_cmp(&moves[*a].abs()).then(a.cmp(b));
        if places.len() > TOP {
            places.select_nth_unstable_by(TOP, order);
            places.truncate(TOP);
        }
        places.sort_unstable_by(order);
        let at = |place: usize| {
            let param = network.params().partition_point(|param| param.range.end <= place);
            Weight { param, at: place - network.params()[param].range.start }
        };
        overview.moved = places.into_iter().map(|place| of(at(place))).collect();
        overview.earned = ledger.earned_most(TOP).iter().map(|earned| of(earned.weight)).collect();
        overview.hurt = ledger.hurt_most(TOP).iter().map(|hurt| of(hurt.weight)).collect();
        overview.totals = Some(ledger.totals());
        Ok(overview)
    }

    /// As a page.
    pub fn show(&self, names: &Names, page: &mut Page) {
        let (width, of) = (width(), self.run.as_deref().or(self.case.as_deref()).unwrap_or_default());
        let last = self.last_step.map_or(String::new(), |last| format!(" of {last}"));
        let Some(totals) = &self.totals else {
            return page
                .paragraph(&format!("{of}: the source gives no learning rate, so no weight moves"), width);
        };
        page.paragraph(&format!("Step {}{last} of {of}: what each of its weights did", self.step), width);
        let moved: fn(&Moved) -> f64 = |weight| weight.moved;
        let allocation: fn(&Moved) -> f64 = |weight| weight.allocation;
        let lists = [
            ("Moved most, by |Δw|", &self.moved, moved),
            ("Earned most: the loss fell along their moves", &self.earned, allocation),
            ("Hurt most: the loss rose along their moves", &self.hurt, allocation),
        ];
        for (title, list, size) in lists {
            page.line("");
            page.heading(title);
            if list.is_empty() {
                page.line("  none");
                continue;
            }
            let most = list.iter().map(|weight| size(weight).abs()).fold(0.0, f64::max);
            let named: Vec<String> = list.iter().map(|weight| names.say(&weight.weight, true)).collect();
            let columns =
                named.iter().map(|name| name.chars().count()).max().unwrap_or(0).clamp(6, width / 3);
            let [w, moved, allocation] = ["w", "Δw", "allocation"];
            page.line(format!("  {:columns$} {w:>11} {moved:>11} {allocation:>11}", "weight"));
            for (weight, name) in list.iter().zip(&named) {
                page.line(format!(
                    "  {:columns$} {:>11} {:>11} {:>11}  {}",
                    fit(name, columns),
                    number(weight.before),
                    signed(weight.moved),
                    signed(weight.allocation),
                    bar(size(weight).abs() / most, width.saturating_sub(columns + 40).clamp(1, 20)),
                ));
            }
        }
        let text = format!(
            "Allocations split the change of the loss of {} along the step: they add up to {}, and {} was measured \
             (residual {}).",
            count(totals.examples, "training example"),
            number(totals.allocation),
            number(totals.change),
            short(totals.residual),
        );
        let more = match &self.run {
            Some(run) => format!(" Of many steps: whygrad ledger --run {run}"),
            None => String::new(),
        };
        let text = text + &more;
        page.line("");
        page.paragraph(&text, width);
    }
}
