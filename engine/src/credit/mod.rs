//! Why weights moved: what a step was made of, and what it earned.

mod ledger;
mod update;
mod weight;

pub use ledger::{Account, Earned, Ledger, LedgerStep, Opposed, PROBE, Refine, Totals, Watched, probe};
pub use update::{Update, Updates};
pub use weight::Weight;
