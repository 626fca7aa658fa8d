//! For authors of operations, losses and optimizers: what they compute with.
//!
//! - Numbers: [`Scalar`] is `f32` or `f64`; [`Aligned`] a slice of them that starts on a cache line.
//! - Threads: an operation gets a [`Team`], and shares its work with it ([`Team::split`], [`Team::split_columns`]).
//! - Products: [`Team::matmul`] computes C ← A·B + what [`Onto`] says, of each [`Matrix`] as it lies.
//! - Loops: [`wide`] compiles a loop for the widest vectors of the processor.
//! - Formulas that neither overflow nor cancel: [`stable`].
//! - Random numbers that are addressed, not drawn: [`random`].
//! - Updates: an optimizer writes what becomes of one weight as an [`ElementUpdate`] on [`Numbers`], as many as a vector
//!   holds, and applies it to the [`Piece`] that it is given.

pub use crate::kernel::matmul::{Matrix, Onto, SCRATCH};
pub use crate::kernel::update::{Clipping, ElementUpdate, Piece, UpdateFacts};
pub use crate::kernel::{Aligned, Columns, Numbers, Scalar, Team, Wide, random, stable, wide};
