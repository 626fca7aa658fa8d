//! Operations. One operation is one file, and the whole truth about it stands there: shape rule, forward,
//! backward, partials, formula, cases. To add one: its file, and its line in [`LIST`].

mod add;
mod batch_norm;
mod dropout;
mod elu;
mod gelu;
mod identity;
mod layer_norm;
mod leaky_relu;
mod linear;
mod log_softmax;
mod relu;
mod sigmoid;
mod silu;
mod softmax;
mod softplus;
mod tanh;

mod gradient;
mod misfit;
mod partial;
mod point;
mod pointwise;
mod spec;
#[cfg(test)]
mod tests;

pub use add::Add;
pub use batch_norm::BatchNorm;
pub use dropout::Dropout;
pub use elu::Elu;
pub use gelu::Gelu;
pub use identity::Identity;
pub use layer_norm::LayerNorm;
pub use leaky_relu::LeakyRelu;
pub use linear::Linear;
pub use log_softmax::LogSoftmax;
pub use relu::Relu;
pub use sigmoid::Sigmoid;
pub use silu::Silu;
pub use softmax::Softmax;
pub use softplus::Softplus;
pub use tanh::Tanh;

pub use gradient::{Grad, GradReq, InputGrads, Part};
pub use misfit::Misfit;
pub use partial::{By, Of, Partial};
pub use point::{BuffersMut, Forward, Inputs, Mode, Parts, Place, Point};
pub use pointwise::Pointwise;
pub use spec::{BufferSpec, Kink, ParamSpec, Reads, Structure};

use crate::expr::Expr;
use crate::kernel::{Scalar, Team};
use crate::setting::{Key, Literal, SettingError, Settings};
use crate::shape::Shape;
use gradient::sum_vectors;
use misfit::{MOST, features, only};
use std::fmt::Debug;
use std::sync::Arc;

/// All operations, in the order in which the manual lists them.
// A static, for what a constant refers to is compiled again in every crate that reads it.
pub static LIST: &[OpEntry] = &[
    linear::ENTRY,
    identity::ENTRY,
    relu::ENTRY,
    leaky_relu::ENTRY,
    elu::ENTRY,
    sigmoid::ENTRY,
    tanh::ENTRY,
    gelu::ENTRY,
    silu::ENTRY,
    softplus::ENTRY,
    softmax::ENTRY,
    log_softmax::ENTRY,
    dropout::ENTRY,
    layer_norm::ENTRY,
    batch_norm::ENTRY,
    add::ENTRY,
];

/// An operation as experiments name it, and as the judge meets it.
pub struct OpEntry {
    /// As it stands behind `type =`.
    pub name: &'static str,
    /// What it computes, in one sentence.
    pub doc: &'static str,
    /// What it can be told.
    pub keys: &'static [Key],
    /// Makes the operation from its settings.
    pub build: fn(&Settings) -> Result<Arc<dyn Operation>, SettingError>,
    /// Settings and input shapes that the judge runs.
    pub cases: &'static [Case],
}

impl OpEntry {
    /// How many inputs it has.
    pub fn inputs(&self) -> usize {
        self.cases.first().map_or(1, |case| case.inputs.len())
    }
}

/// Makes the layer called `name` from what an experiment says about it.
pub fn read(
    name: &str,
    given: impl IntoIterator<Item = (String, Literal)>,
) -> Result<Arc<dyn Operation>, SettingError> {
    let Some(entry) = LIST.iter().find(|entry| entry.name == name) else {
        let allowed = LIST.iter().map(|entry| entry.name).collect();
        return Err(SettingError::UnknownName { what: "layer type", name: name.into(), allowed });
    };
    (entry.build)(&Settings::read(entry.keys, given)?)
}

/// Settings and input shapes for the judge.
pub struct Case {
    /// Settings other than the defaults.
    pub given: &'static [(&'static str, Literal)],
    /// Shape of one example of each input.
    pub inputs: &'static [&'static [usize]],
}

/// Floating-point operations of an exponential, about: for [`Op::flops`].
const EXP: usize = 16;

/// What an operation says about itself, the same in both precisions.
pub trait Op: Debug + Send + Sync {
    /// As experiments name it.
    fn name(&self) -> &'static str;

    /// Shape of one example's output for these shapes of its inputs.
    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit>;

    /// The parameters it wants for inputs of these shapes (which [`Op::shape`] accepted).
    fn params(&self, _x: &[&Shape]) -> Vec<ParamSpec> {
        vec![]
    }

    /// The untrained state it wants for inputs of these shapes.
    fn buffers(&self, _x: &[&Shape]) -> Vec<BufferSpec> {
        vec![]
    }

    /// How many numbers forward leaves for backward, beside inputs and output, for `rows` examples.
    fn saved(&self, _rows: usize, _x: &[&Shape]) -> usize {
        0
    }

    /// What backward and the partials read.
    fn reads(&self) -> Reads;

    /// Whether an example's output depends on the other examples of its batch.
    fn mixes_examples(&self) -> bool {
        false
    }

    /// How its outputs hang together with its inputs.
    fn structure(&self) -> Structure {
        Structure::General
    }

    /// Where its derivative jumps, in terms of any number of its first input.
    fn kinks(&self) -> Vec<Kink> {
        vec![]
    }

    /// Between what two numbers each number of its output lies, whatever its inputs are; they themselves may be reached
    /// by rounding only.
    fn range(&self) -> [f64; 2] {
        [f64::NEG_INFINITY, f64::INFINITY]
    }

    /// Floating-point operations of forward for `rows` examples, about: whether they are worth more than one thread.
    /// One for each number of the output, unless the operation says otherwise.
    fn flops(&self, rows: usize, x: &[&Shape]) -> usize {
        rows * self.shape(x).map_or(0, |y| y.len())
    }

    /// How a number of the output is computed, written with the numbers that it is computed from; `None` where the
    /// operation does not say.
    fn expression(&self, _of: Of<'_>) -> Option<Expr> {
        None
    }

    /// ∂of/∂by, for any of the [`Compute::partials`], written with inputs, output, parameters and what forward left;
    /// `None` where the operation does not say.
    fn slope(&self, _of: Of<'_>, _by: By) -> Option<Expr> {
        None
    }
}

/// What an operation computes in one precision.
pub trait Compute<T: Scalar>: Op {
    /// y ← f(x). Overwrites all of `y` and `saved`.
    fn forward(&self, io: Forward<'_, T>, _team: &mut Team<'_, T>);

    /// dx ← dx + (∂y/∂x)ᵀ·dy for each wanted input. Adds, never overwrites.
    fn backward(&self, at: &Point<'_, T>, dy: &[T], dx: InputGrads<'_, T>, team: &mut Team<'_, T>);

    /// dw ← dw + (∂y/∂w)ᵀ·dy for a part of a parameter. Adds, never overwrites. The parameters themselves are not
    /// there: other parts of them may already be on their way to their next values.
    fn backward_param(
        &self,
        _at: &Point<'_, T>,
        _dy: &[T],
        _part: Part,
        _dw: Grad<'_, T>,
        _team: &mut Team<'_, T>,
    ) {
    }

    /// The local derivatives ∂y[row, of]/∂· that are not structurally zero, one call of `emit` for each.
    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>));

    /// After the forward pass of a training step: brings the untrained state up to date.
    fn track(&self, _rows: usize, _saved: &[T], _buffers: BuffersMut<'_, T>) {}
}

/// An operation, complete. Implemented for whatever computes in both precisions.
pub trait Operation: Compute<f32> + Compute<f64> {}

impl<O: Compute<f32> + Compute<f64>> Operation for O {}

/// A precision in which operations compute.
pub trait Precision: Scalar {
    /// The operation's computations in this precision.
    fn of_op(op: &dyn Operation) -> &dyn Compute<Self>;
}

impl Precision for f32 {
    fn of_op(op: &dyn Operation) -> &dyn Compute<f32> {
        op
    }
}

impl Precision for f64 {
    fn of_op(op: &dyn Operation) -> &dyn Compute<f64> {
        op
    }
}
