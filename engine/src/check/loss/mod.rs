//! Checks of how outputs are judged. One check, one file.

pub(super) mod at_init;
pub(super) mod mismatch;
pub(super) mod non_finite;
pub(super) mod unreachable;
