//! The loop: steps, epochs, evaluation, and whoever wants to watch.

mod fit;
mod setup;
mod state;
mod trainer;

pub use fit::{Detail, End, Epoch, Fit, Fitted, Observer, Progress, StepDone, fit};
pub use setup::{Course, HeldOut, Prepared, Setup};
pub use state::{Slots, State};
pub use trainer::{Options, Trainer};

use crate::loss::LossPrecision;
use crate::op::Precision;
use crate::optim::UpdatePrecision;

/// A precision in which networks are trained: `f32` or `f64`.
pub trait Real: Precision + LossPrecision + UpdatePrecision {}
impl<T: Precision + LossPrecision + UpdatePrecision> Real for T {}
