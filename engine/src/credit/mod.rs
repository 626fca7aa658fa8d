//! Why weights moved: what a step was made of, and what it earned.

mod update;

pub use update::{Update, Updates};
