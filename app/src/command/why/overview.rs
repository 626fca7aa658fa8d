//! What moved, earned and hurt most in a step.

use super::step::{Names, Origin, Step};
use crate::error::Result;
use crate::terminal::{Page, bar, fit, width};
use crate::view::digits::{count, number, short, signed};
use serde::Serialize;
use whygrad::credit::{self, Totals, overview};
use whygrad::train::Real;

/// Weights of a list.
const TOP: usize = 10;

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
        };
        let found = if step.moves { Some(overview(&step.snapshot, &step.train, TOP)?) } else { None };
        let list = |of: fn(&credit::Overview) -> &Vec<credit::Moved>| {
            found.iter().flat_map(of).cloned().map(Moved::from).collect()
        };
        Ok(Overview {
            run,
            case,
            step: step.number,
            last_step,
            weights: step.snapshot.network().param_count(),
            moved: list(|found| &found.moved),
            earned: list(|found| &found.earned),
            hurt: list(|found| &found.hurt),
            totals: found.map(|found| found.totals),
        })
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
