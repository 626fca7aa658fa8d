//! What training leaves behind for whoever watches it, in a form that can be kept: of a step, of an epoch. All of it
//! is told in terms of a [`Layout`], so that whoever has one can leave facts and whoever reads them needs no network.

mod layout;
mod record;
mod thinning;

pub use crate::kernel::moments::Moments;
pub use layout::{Layout, ParamLayout, ValueLayout};
pub use record::{EpochRecord, Metrics, Record, StepFacts, StepRecord};
pub use thinning::Thinning;
