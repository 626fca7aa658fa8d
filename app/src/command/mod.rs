//! One command, one file: its arguments and what it prints.

pub mod ledger;
pub mod new;
pub mod train;
pub mod verify;
pub mod walk;
pub mod why;
