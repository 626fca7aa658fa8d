//! Local derivatives, and the formulas that are asked for.

use crate::expr::{Expr, Role};
use crate::shape::Shape;
use std::borrow::Cow;

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

    /// A letter for number `at` of what the forward pass left, which is the `nth` of `count` that are called so: `mean[3]`.
    pub(super) fn saved(&self, name: &str, [nth, count]: [usize; 2], at: usize) -> Expr {
        let index = if count == 1 { String::new() } else { format!("[{nth}]") };
        Expr::symbol(format!("{name}{index}"), Role::Saved { at })
    }
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
