//! What a run did, from what it left and by training its steps again: one step held still, and the ledger of many.

mod ledger;
mod step;

pub use ledger::RunLedger;
pub use step::{Origin, Step};
