//! Backpropagation that shows, for any weight, in numbers that add up, why it moved.
//!
//! Everything hangs on the chain of a training step: data → forward → loss → gradient → update.

pub mod author;
pub mod credit;
pub mod data;
pub mod expr;
pub mod facts;
pub mod init;
mod kernel;
pub mod loss;
pub mod network;
pub mod op;
pub mod optim;
pub mod setting;
mod shape;
pub mod train;

pub use kernel::Threads;
pub use shape::Shape;

/// The README's example is compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
