//! What an operation says about itself.

use crate::init::Init;
use crate::shape::Shape;

/// A place where a derivative jumps, and what the engine says there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kink {
    /// The argument at which it jumps.
    pub at: f64,
    /// The slope that backward uses there.
    pub slope: f64,
}

/// Which values backward and the partials read; the rest may be gone by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Neither inputs nor output.
    Nothing,
    /// The inputs.
    Inputs,
    /// The output.
    Output,
    /// Both.
    Both,
}

impl Reads {
    /// Whether the inputs are read.
    pub fn inputs(self) -> bool {
        matches!(self, Reads::Inputs | Reads::Both)
    }

    /// Whether the output is read.
    pub fn output(self) -> bool {
        matches!(self, Reads::Output | Reads::Both)
    }
}

/// A parameter that an operation wants.
#[derive(Clone, Debug)]
pub struct ParamSpec {
    /// PyTorch's name inside the layer: `weight`, `bias`.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// How it starts.
    pub init: Init,
    /// Elements that exist; the others are held at 0. `None`: all of them.
    pub mask: Option<Vec<bool>>,
}

/// State that is not trained but travels with the network, such as running statistics.
#[derive(Clone, Debug)]
pub struct BufferSpec {
    /// PyTorch's name inside the layer: `running_mean`.
    pub name: &'static str,
    /// Its shape.
    pub shape: Shape,
    /// The number that it is filled with at the start.
    pub start: f64,
}

/// What is known of how an operation's outputs hang together with its inputs: whoever would walk all partials can
/// walk less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// Nothing.
    General,
    /// y = f(x) number by number, with one input and without parameters.
    Pointwise,
    /// y = x·Wᵀ over the last axis of its only input, plus a bias, with W [out, in] its first parameter and the bias, if
    /// it has one, its second.
    Affine,
}
