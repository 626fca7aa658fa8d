//! Checks of the way from the loss back to the weights. One check, one file.

pub(super) mod blocked;
pub(super) mod explodes;
pub(super) mod missing;
pub(super) mod noisy;
pub(super) mod vanishes;
pub(super) mod wrong;
