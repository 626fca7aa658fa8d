//! What a step left behind, in a form that can be kept.
