//! What a plan keeps of a pass, as types: a plan has the methods that what it keeps allows.

/// The output, and what [`super::Plan::step`] needs; no gradient of a value, and none of the parameters.
#[derive(Clone, Copy, Debug)]
pub struct Step;

/// The output, and what the gradient of the parameters needs. All else lies in memory that is used again, and finds it in
/// a cache.
#[derive(Clone, Copy, Debug)]
pub struct Training;

/// Every value and the loss's gradient by it, the input's too.
#[derive(Clone, Copy, Debug)]
pub struct All;

/// One of [`Step`], [`Training`] and [`All`].
pub trait Keep: sealed::Sealed {
    /// Whether it is [`Step`].
    const STEP: bool = false;
    /// Whether it is [`All`].
    const ALL: bool = false;
}

/// [`Training`] or [`All`]: the gradients of values stay from which those of the parameters are made.
pub trait KeepGradients: Keep {}

impl Keep for Step {
    const STEP: bool = true;
}
impl Keep for Training {}
impl Keep for All {
    const ALL: bool = true;
}
impl KeepGradients for Training {}
impl KeepGradients for All {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Step {}
    impl Sealed for super::Training {}
    impl Sealed for super::All {}
}
