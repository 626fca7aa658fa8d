//! Tests of one computation done in two ways.

use super::super::Quantity;
use super::super::difference::{FAR, Mismatch, SINGLE, each, largest};
use super::Subject;
use crate::shape::Shape;

/// Numbers that are worth several threads.
const MANY: usize = 1 << 16;

pub(super) fn threads(subject: &Subject) -> Result<(), Mismatch> {
    let shapes: Vec<Shape> = subject.shapes().into_iter().cloned().collect();
    let widest = shapes.iter().map(Shape::len).max().unwrap_or(1);
    let subject = Subject::new(subject.op, &shapes, MANY / widest.max(1), subject.mode);
    let (mut alone, mut shared) = (subject.run::<f64>(1), subject.run::<f64>(3));
    let dy = alone.upstream();
    each(Quantity::Output, &shared.held.y, &alone.held.y, 0.0)?;
    let (found, expected) = (shared.by_inputs(&dy), alone.by_inputs(&dy));
    shared.same_by_inputs(&found, &expected, 0.0)?;
    let (found, expected) = (shared.by_params(&dy), alone.by_params(&dy));
    shared.same_by_params(&found, &expected, 0.0)
}

pub(super) fn single(subject: &Subject) -> Result<(), Mismatch> {
    let (mut single, mut double) = (subject.run::<f32>(1), subject.run::<f64>(1));
    // What f32 cannot hold is infinite there.
    let rounded = |x: &[f64]| x.iter().map(|x| *x as f32).collect::<Vec<f32>>();
    let near = |x: &[f32]| SINGLE * largest(x);
    let (dy, exact_dy) = (single.upstream(), double.upstream());
    let y = rounded(&double.held.y);
    each(Quantity::Output, &single.held.y, &y, near(&y))?;
    let (found, expected) = (single.by_inputs(&dy), rounded(&double.by_inputs(&exact_dy)));
    single.same_by_inputs(&found, &expected, near(&expected))?;
    let (found, expected) = (single.by_params(&dy), rounded(&double.by_params(&exact_dy)));
    single.same_by_params(&found, &expected, near(&expected))
}

pub(super) fn far(subject: &Subject) -> Result<(), Mismatch> {
    FAR.iter().try_for_each(|far| {
        let x = (0..subject.x.len()).map(|i| if i % 2 == 0 { *far } else { 0.5 }).collect();
        single(&Subject { x, ..subject.clone() })
    })
}
