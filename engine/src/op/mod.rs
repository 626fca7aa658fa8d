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
mod pointwise;
mod relu;
mod sigmoid;
mod silu;
mod softmax;
mod softplus;
mod tanh;
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
pub use pointwise::Pointwise;
pub use relu::Relu;
pub use sigmoid::Sigmoid;
pub use silu::Silu;
pub use softmax::Softmax;
pub use softplus::Softplus;
pub use tanh::Tanh;

use crate::expr::{Expr, Role};
use crate::init::Init;
use crate::kernel::matmul::{Matrix, Onto};
use crate::kernel::{Scalar, Team};
use crate::setting::{Key, SettingError, Settings, Value};
use crate::shape::Shape;
use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::Range;
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

/// An operation as experiments name it, and as the generic tests meet it.
pub struct OpEntry {
    /// As it stands behind `type =`.
    pub name: &'static str,
    /// What it computes, in one sentence.
    pub doc: &'static str,
    /// What it can be told.
    pub keys: &'static [Key],
    /// Makes the operation from its settings.
    pub build: fn(&Settings) -> Result<Arc<dyn Operation>, SettingError>,
    /// Settings and input shapes that the generic tests run.
    pub cases: &'static [Case],
}

/// Makes the layer called `name` from what an experiment says about it.
pub fn read(
    name: &str,
    given: impl IntoIterator<Item = (String, Value)>,
) -> Result<Arc<dyn Operation>, SettingError> {
    let Some(entry) = LIST.iter().find(|entry| entry.name == name) else {
        let allowed = LIST.iter().map(|entry| entry.name).collect();
        return Err(SettingError::UnknownName { what: "layer type", name: name.into(), allowed });
    };
    (entry.build)(&Settings::read(entry.keys, given)?)
}

/// Settings and input shapes for the generic tests.
pub struct Case {
    /// Settings other than the defaults.
    pub given: &'static [(&'static str, Value)],
    /// Shape of one example of each input.
    pub inputs: &'static [&'static [usize]],
}

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

/// A number of an operation's output, of which a formula is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// Shape of one example of each input.
    pub x: &'a [&'a Shape],
    /// Number of examples.
    pub rows: usize,
    /// Whether the pass is part of training.
    pub training: bool,
    /// Which example.
    pub row: usize,
    /// Which of its numbers.
    pub at: usize,
}

impl Of<'_> {
    /// A letter for number `at` of the same example of an input.
    pub fn input(&self, letter: impl Into<Cow<'static, str>>, input: usize, at: usize) -> Expr {
        Expr::symbol(letter, Role::Input { input, row: self.row, at })
    }
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

/// Floating-point operations of an exponential, about: for [`Op::flops`].
const EXP: usize = 16;

/// The most numbers of one parameter, 16 GiB of f32: a larger one is a slip of the pen.
const MOST: usize = 1 << 32;

/// Why an operation refused its inputs.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Misfit {
    /// The number of inputs is wrong.
    #[error("it takes {wants} inputs and got {got}")]
    Inputs {
        /// How many it takes.
        wants: usize,
        /// How many it got.
        got: usize,
    },
    /// The features of the input are not as many as the layer was told.
    #[error("it was told {told} input features and its input has {got} (shape {shape})")]
    Features {
        /// As many as `in` or `features` says.
        told: usize,
        /// As many as there are.
        got: usize,
        /// The input's shape.
        shape: Shape,
    },
    /// Inputs that should have one shape have two.
    #[error("its inputs have the shapes {0} and {1}, which should be equal")]
    Unequal(Shape, Shape),
    /// The input has no numbers.
    #[error("its input has the shape {0}, which holds no number")]
    Empty(Shape),
    /// More numbers than a parameter may have.
    #[error("its weight would be {out} × {features}; a parameter has at most {} numbers", MOST)]
    TooLarge {
        /// Outputs of the layer.
        out: usize,
        /// Inputs of the layer.
        features: usize,
    },
    /// A mask of the wrong size.
    #[error("its mask is {rows} × {columns}; it should be out × in = {out} × {features}")]
    Mask {
        /// Rows of the mask.
        rows: usize,
        /// Columns of the mask.
        columns: usize,
        /// Outputs of the layer.
        out: usize,
        /// Inputs of the layer.
        features: usize,
    },
}

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

/// Whether a forward pass is part of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Dropout passes everything, batch norm uses its running statistics.
    Eval,
    /// Dropout drops, batch norm uses the batch's statistics.
    Train {
        /// Address of this operation's random numbers in this step.
        key: u64,
        /// Place in the batch of the first example at hand.
        first_row: usize,
    },
}

/// Where a value lies in the arena of a shard, and its shape.
#[derive(Clone, Debug)]
pub struct Place {
    /// Offset of the first number.
    pub at: usize,
    /// Shape of one example.
    pub shape: Shape,
}

impl Place {
    /// Where `rows` examples of it lie.
    #[inline]
    pub fn range(&self, rows: usize) -> Range<usize> {
        self.at..self.at + rows * self.shape.len()
    }
}

/// The inputs of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a, T> {
    /// What stands for the first numbers of the arena.
    lent: &'a [T],
    /// The arena, or what of it lies before and after the output's place.
    before: &'a [T],
    after: &'a [T],
    /// Where the part after it starts.
    end: usize,
    places: &'a [Place],
    rows: usize,
}

impl<'a, T> Inputs<'a, T> {
    /// One input at each of the `places`, `rows` examples of each; `lent` stands for the first numbers of the arena.
    #[inline]
    pub fn new(lent: &'a [T], arena: &'a [T], places: &'a [Place], rows: usize) -> Inputs<'a, T> {
        Inputs { lent, before: arena, after: &[], end: arena.len(), places, rows }
    }

    /// The same in an arena that has the output too, at `y`; and that output.
    #[inline]
    pub fn and_output(
        lent: &'a [T],
        arena: &'a mut [T],
        y: Range<usize>,
        places: &'a [Place],
        rows: usize,
    ) -> (Inputs<'a, T>, &'a mut [T]) {
        let (before, rest) = arena.split_at_mut(y.start);
        let (output, after) = rest.split_at_mut(y.len());
        (Inputs { lent, before, after, end: y.end, places, rows }, output)
    }

    /// Input `i`: [rows, shape].
    #[inline(always)]
    pub fn get(&self, i: usize) -> &'a [T] {
        let place = self.places[i].range(self.rows);
        if place.start < self.lent.len() {
            &self.lent[place]
        } else if place.start < self.end {
            &self.before[place]
        } else {
            &self.after[place.start - self.end..][..place.len()]
        }
    }

    /// Shape of one example of input `i`.
    #[inline]
    pub fn shape(&self, i: usize) -> &'a Shape {
        &self.places[i].shape
    }

    /// Number of inputs.
    pub fn count(&self) -> usize {
        self.places.len()
    }
}

/// Parameters or buffers of an operation, in the order in which it listed them.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a, T> {
    all: &'a [T],
    ranges: &'a [Range<usize>],
}

impl<'a, T> Parts<'a, T> {
    /// Pieces `ranges` of `all`.
    pub fn new(all: &'a [T], ranges: &'a [Range<usize>]) -> Parts<'a, T> {
        Parts { all, ranges }
    }

    /// Piece `i`.
    #[inline]
    pub fn get(&self, i: usize) -> &'a [T] {
        &self.all[self.ranges[i].clone()]
    }

    /// Number of pieces.
    pub fn count(&self) -> usize {
        self.ranges.len()
    }
}

/// Buffers of an operation, to be changed.
#[derive(Debug)]
pub struct BuffersMut<'a, T> {
    all: &'a mut [T],
    ranges: &'a [Range<usize>],
}

impl<'a, T> BuffersMut<'a, T> {
    /// Pieces `ranges` of `all`.
    pub fn new(all: &'a mut [T], ranges: &'a [Range<usize>]) -> BuffersMut<'a, T> {
        BuffersMut { all, ranges }
    }

    /// Piece `i`.
    pub fn get(&mut self, i: usize) -> &mut [T] {
        &mut self.all[self.ranges[i].clone()]
    }
}

/// What forward gets.
#[derive(Debug)]
pub struct Forward<'a, T> {
    /// Number of examples.
    pub rows: usize,
    /// Inputs.
    pub x: Inputs<'a, T>,
    /// Parameters.
    pub w: Parts<'a, T>,
    /// Untrained state.
    pub buffers: Parts<'a, T>,
    /// Output: [rows, shape].
    pub y: &'a mut [T],
    /// What it leaves for backward.
    pub saved: &'a mut [T],
    /// Training or evaluation.
    pub mode: Mode,
}

/// The point at which an operation is differentiated. What it does not declare in [`Op::reads`] may be garbage.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a, T> {
    /// Number of examples.
    pub rows: usize,
    /// Inputs.
    pub x: Inputs<'a, T>,
    /// Parameters.
    pub w: Parts<'a, T>,
    /// Untrained state.
    pub buffers: Parts<'a, T>,
    /// Output.
    pub y: &'a [T],
    /// What forward left.
    pub saved: &'a [T],
    /// Training or evaluation.
    pub mode: Mode,
}

/// A gradient that an operation adds to.
#[derive(Debug)]
pub struct Grad<'a, T> {
    numbers: &'a mut [T],
    empty: bool,
}

impl<'a, T: Scalar> Grad<'a, T> {
    /// One that has `numbers` already.
    pub fn new(numbers: &'a mut [T]) -> Grad<'a, T> {
        Grad { numbers, empty: false }
    }

    /// One that nothing has been added to: what `numbers` hold does not count.
    pub fn empty(numbers: &'a mut [T]) -> Grad<'a, T> {
        Grad { numbers, empty: true }
    }

    /// The numbers, to be added to.
    pub fn sum(self) -> &'a mut [T] {
        if self.empty {
            self.numbers.fill(T::zero());
        }
        self.numbers
    }

    /// The numbers, and whether to overwrite them instead of adding: what [`Grad::sum`] does, without writing zeros
    /// first.
    pub fn overwrite(self) -> (&'a mut [T], bool) {
        (self.numbers, self.empty)
    }

    /// The numbers as what a matrix product is written to, and what it is added to.
    pub fn onto(self) -> (&'a mut [T], Onto<'static, T>) {
        (self.numbers, if self.empty { Onto::Zero } else { Onto::C })
    }
}

/// What becomes of the gradient of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradReq {
    /// Nobody needs it.
    Null,
    /// Nothing has been added to it yet.
    Write,
    /// It has something already.
    Add,
}

/// The gradients of an operation's inputs, each to be taken once, in order: two inputs may be the same value (x·x).
#[derive(Debug)]
pub struct InputGrads<'a, T> {
    /// What of the arena lies before and after the place of the output's gradient.
    before: &'a mut [T],
    after: &'a mut [T],
    /// Where the part after it starts.
    end: usize,
    places: &'a [Place],
    pulls: &'a [GradReq],
    rows: usize,
}

impl<'a, T: Scalar> InputGrads<'a, T> {
    /// Gradients of the inputs at `places`, and what becomes of each; and the gradient of the output, which lies at `dy`.
    #[inline]
    pub fn and_output(
        arena: &'a mut [T],
        dy: Range<usize>,
        places: &'a [Place],
        pulls: &'a [GradReq],
        rows: usize,
    ) -> (InputGrads<'a, T>, &'a [T]) {
        let (before, rest) = arena.split_at_mut(dy.start);
        let (output, after) = rest.split_at_mut(dy.len());
        (InputGrads { before, after, end: dy.end, places, pulls, rows }, output)
    }

    /// Gradient of input `i`, [rows, shape]; `None` where nobody needs it.
    #[inline(always)]
    pub fn get(&mut self, i: usize) -> Option<Grad<'_, T>> {
        let pull = self.pulls[i];
        (pull != GradReq::Null).then(|| {
            let place = self.places[i].range(self.rows);
            let numbers = if place.start < self.end {
                &mut self.before[place]
            } else {
                &mut self.after[place.start - self.end..][..place.len()]
            };
            Grad { numbers, empty: pull == GradReq::Write }
        })
    }
}

/// A part of a parameter: some of its rows (along the first axis).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which of the operation's parameters.
    pub param: usize,
    /// Which of its rows.
    pub rows: Range<usize>,
}

/// A local derivative: of one output number by one number that it was computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partial<T> {
    /// By what.
    pub by: By,
    /// The derivative.
    pub slope: T,
}

/// A number that an output was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// Number `at` of example `row` of input `input`.
    Input {
        /// Which input.
        input: usize,
        /// Which example.
        row: usize,
        /// Which of its numbers.
        at: usize,
    },
    /// Number `at` of parameter `param`.
    Param {
        /// Which parameter.
        param: usize,
        /// Which of its numbers.
        at: usize,
    },
}

/// dw ← dw + Σ dy over all vectors of n features, for the part's features: what a number that is added to every vector gets.
#[inline(always)]
fn sum_vectors<T: Scalar>(n: usize, dy: &[T], part: Part, dw: Grad<'_, T>, team: &mut Team<'_, T>) {
    let (dw, onto) = dw.onto();
    let these = Matrix::rows(dy.get(part.rows.start..).unwrap_or(&[]), n);
    team.matmul([1, part.rows.len(), dy.len() / n], Matrix::all(&T::one()), these, dw, onto);
}

/// The only input's shape, for operations that take one.
fn only<'a>(x: &[&'a Shape]) -> Result<&'a Shape, Misfit> {
    match x {
        [x] if x.is_empty() => Err(Misfit::Empty((*x).clone())),
        [x] => Ok(x),
        _ => Err(Misfit::Inputs { wants: 1, got: x.len() }),
    }
}

/// Refuses an input whose features are not as many as the layer was told.
fn features(x: &Shape, told: Option<usize>) -> Result<(), Misfit> {
    match told {
        Some(told) if told != x.last() => Err(Misfit::Features { told, got: x.last(), shape: x.clone() }),
        _ => Ok(()),
    }
}
