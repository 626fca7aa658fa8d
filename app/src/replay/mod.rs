//! What a run did, from what it left and by training its steps again: one step held still, and the ledger of many.

mod divergence;
mod ledger;
mod step;

pub use divergence::Divergence;
pub use ledger::{RunLedger, Work};
pub use step::{Chosen, Origin, Step};
