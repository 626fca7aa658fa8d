//! The judge: whether an operation, a loss or an optimizer computes what it says, be it one of this crate's or one that was
//! written outside.
//!
//! Each is put through a closed list of comparisons ([`Test`]) in f64, of gradients with finite differences, of the two
//! precisions, of what is read with what is declared. The first that fails is the answer ([`Fault`]): which number is
//! wrong, what it should be, and by how much the two may differ. What passes is right at the numbers where it was looked
//! at: inputs, outputs and weights between −2 and 2 unless a test says otherwise, the same ones every time.
//!
//! | to judge | |
//! |---|---|
//! | an operation | [`operation`] |
//! | a loss | [`loss()`] |
//! | an optimizer | [`optimizer`] |

mod difference;
mod loss;
mod operation;
mod optimizer;
#[cfg(test)]
mod tests;

pub use loss::{loss, loss_gradient};
pub use operation::{operation, operation_gradients};
pub use optimizer::optimizer;

use crate::op::Mode;
use difference::Mismatch;
use std::fmt;

/// Writes what a test claims once, for the documentation and for whoever prints a [`Fault`].
macro_rules! tests {
    ($($test:ident, $name:literal, $claim:literal;)*) => {
        /// A comparison. All that belong to one subject stand in the order in which they are made.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Test {
            $(#[doc = $claim] $test,)*
        }

        impl Test {
            /// Its name, in a word or two.
            pub fn name(self) -> &'static str {
                match self {
                    $(Test::$test => $name,)*
                }
            }

            /// What has to hold, in a sentence.
            pub fn claim(self) -> &'static str {
                match self {
                    $(Test::$test => $claim,)*
                }
            }
        }
    };
}

tests! {
    Inputs, "gradient by inputs", "Backward's gradient by every input is that of finite differences of forward.";
    Params, "gradient by parameters", "The gradient by every parameter is that of finite differences of forward.";
    Partials, "partials", "The partials of every output are its gradient by every input and parameter.";
    Parts, "parts of a parameter", "A parameter's gradient is the same where it is taken row by row.";
    Adds, "adding", "Where a gradient has something already, backward adds to it.";
    Wanted, "unwanted gradients", "An input's gradient is the same whatever becomes of the other inputs' gradients.";
    Twice, "one value twice", "A value that is two inputs at once gets the gradients of both.";
    Reads, "reads", "Backward reads what is declared and no more, and a parameter's gradient reads no parameter.";
    Examples, "examples", "An example's numbers depend on the others of its batch where that is declared, and only there.";
    Threads, "threads", "Every bit is the same for any number of threads.";
    Single, "single precision", "f32 computes what f64 computes.";
    Far, "far out", "Far out too f32 computes what f64 computes, and neither makes NaN.";
    NotANumber, "NaN", "Where NaN goes in, NaN comes out.";
    Kinks, "kinks", "What acts number by number has its kinks where they are declared, only there, and with the declared slope.";
    Structure, "structure", "Outputs hang together with inputs and parameters as the declared structure has it.";
    Expression, "expression", "What is computed, and its slopes, are worth what their expressions are.";
    Values, "values", "Backward has the values of forward.";
    Divisor, "divisor", "The divisor of a mean is the sum of its examples' divisors, and above 0; that of a sum is 1.";
    Decomposition, "parts of an update", "The parts of an update add up to it.";
    Slots, "slots", "An update keeps what it declares for each weight and no more.";
    Alone, "one weight alone", "A weight's update depends on nothing but its own numbers: it is the same alone, and again.";
    Symbols, "symbols", "Every symbol of a formula is told, once.";
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What was compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    /// Outputs of an operation: [rows, shape].
    Output,
    /// How many outputs depend on other examples.
    Mixed,
    /// The gradient by an input, [rows, shape]; of a loss, which has one, by the network's output.
    ByInput(usize),
    /// The gradient by a parameter, in its own shape.
    ByParam(usize),
    /// How many numbers a parameter has.
    Size(usize),
    /// The loss of each example.
    Losses,
    /// The divisor of a batch's loss.
    Divisor,
    /// How many kinks are declared at this argument.
    Kinks(f64),
    /// The slope at the kink at this argument.
    Slope(f64),
    /// Weights after an update.
    Weights,
    /// The change of each weight, as the sum of its parts.
    Change,
    /// A slot after an update.
    Slot(usize),
    /// How many slots there are.
    Slots,
    /// How often a symbol of a formula is told.
    Symbol(String),
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quantity::Output => write!(f, "the output"),
            Quantity::Mixed => write!(f, "the count of outputs that depend on other examples"),
            Quantity::ByInput(input) => write!(f, "the gradient by input {input}"),
            Quantity::ByParam(param) => write!(f, "the gradient by parameter {param}"),
            Quantity::Size(param) => write!(f, "the count of numbers of parameter {param}"),
            Quantity::Losses => write!(f, "the losses"),
            Quantity::Divisor => write!(f, "the divisor"),
            Quantity::Kinks(at) => write!(f, "the count of kinks declared at {at}"),
            Quantity::Slope(at) => write!(f, "the slope at the kink {at}"),
            Quantity::Weights => write!(f, "the weights"),
            Quantity::Change => write!(f, "the sum of the parts of the change of the weights"),
            Quantity::Slot(slot) => write!(f, "slot {slot}"),
            Quantity::Slots => write!(f, "the count of slots"),
            Quantity::Symbol(symbol) => write!(f, "the count of `{symbol}` among the symbols"),
        }
    }
}

/// What the judge found wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What was judged: `linear`.
    pub subject: &'static str,
    /// Where an operation was judged: in training or in evaluation.
    pub mode: Option<Mode>,
    /// The comparison that failed.
    pub test: Test,
    /// What it compared.
    pub of: Quantity,
    /// Which number of it, from 0; `None` where it is one number, or all of them together along a random direction.
    pub at: Option<usize>,
    /// What was found.
    pub found: f64,
    /// What it should have been.
    pub expected: f64,
    /// By how much the two may differ.
    pub tolerance: f64,
}

impl Fault {
    fn new(subject: &'static str, mode: Option<Mode>, test: Test, mismatch: Mismatch) -> Fault {
        let Mismatch { of, at, found, expected, tolerance } = mismatch;
        Fault { subject, mode, test, of, at, found, expected, tolerance }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { subject, mode, test, of, at, found, expected, tolerance } = self;
        let mode = match mode {
            Some(Mode::Train { .. }) => " in training",
            Some(Mode::Eval) => " in evaluation",
            None => "",
        };
        write!(f, "`{subject}`{mode} fails the test \"{test}\": ")?;
        if let Some(at) = at {
            write!(f, "number {at} of ")?;
        }
        write!(f, "{of} is {found:?} and should be {expected:?}, to within {tolerance:.1e}. {}", test.claim())
    }
}

impl std::error::Error for Fault {}
