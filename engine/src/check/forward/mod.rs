//! Checks of the way from inputs to outputs. One check, one file.

pub(super) mod examples_mixed;
pub(super) mod non_finite;
pub(super) mod nonlinearity_missing;
pub(super) mod signal_grows;
pub(super) mod signal_shrinks;
pub(super) mod units_dead;
pub(super) mod units_identical;
pub(super) mod units_saturated;
