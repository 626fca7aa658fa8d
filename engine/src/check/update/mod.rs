//! Checks of what the optimizer makes of the gradient, how often, and for how long. One check, one file.

pub(super) mod accumulates;
pub(super) mod clip_dominates;
pub(super) mod decay_dominates;
pub(super) mod missing;
pub(super) mod not_learning;
pub(super) mod overfits;
pub(super) mod step_too_large;
pub(super) mod step_too_small;
pub(super) mod stopped_early;
pub(super) mod wrong;
