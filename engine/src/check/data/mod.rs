//! Checks of the examples. One check, one file.

pub(super) mod constant_feature;
pub(super) mod imbalanced;
pub(super) mod label_out_of_range;
pub(super) mod labels_unrelated;
pub(super) mod leaks_into_test;
pub(super) mod non_finite;
pub(super) mod single_class;
pub(super) mod sorted_by_class;
pub(super) mod unscaled;
