//! Why an operation refuses its inputs.

use crate::shape::Shape;

/// The most numbers of one parameter, 16 GiB of f32: a larger one is a slip of the pen.
pub(super) const MOST: usize = 1 << 32;

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

/// The only input's shape, for operations that take one.
pub(super) fn only<'a>(x: &[&'a Shape]) -> Result<&'a Shape, Misfit> {
    match x {
        [x] if x.is_empty() => Err(Misfit::Empty((*x).clone())),
        [x] => Ok(x),
        _ => Err(Misfit::Inputs { wants: 1, got: x.len() }),
    }
}

/// Refuses an input whose features are not as many as the layer was told.
pub(super) fn features(x: &Shape, told: Option<usize>) -> Result<(), Misfit> {
    match told {
        Some(told) if told != x.last() => Err(Misfit::Features { told, got: x.last(), shape: x.clone() }),
        _ => Ok(()),
    }
}
