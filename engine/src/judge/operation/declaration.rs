//! Tests of what an operation declares.

use super::super::Quantity;
use super::super::difference::{Mismatch, ROUNDING, declared, each, jumps, kink, largest, one};
use super::run::{Held, Run};
use super::{Subject, exists};
use crate::expr::{Expr, Role, Symbol};
use crate::op::{By, Mode, Of, Partial, Precision, Structure};

pub(super) fn reads(subject: &Subject) -> Result<(), Mismatch> {
    let mut run = subject.run::<f64>(1);
    let dy = run.upstream();
    let reads = subject.op.reads();
    let (dx, dw) = (run.by_inputs(&dy), run.by_params(&dy));
    let all = |run: &Run<f64>| (0..dy.len()).map(|of| run.partials(of)).collect::<Result<Vec<_>, _>>();
    let expected = all(&run)?;
    if !reads.inputs() {
        run.held.x.fill(f64::NAN);
    }
    if !reads.output() {
        run.held.y.fill(f64::NAN);
    }
    let found = run.by_inputs(&dy);
    run.same_by_inputs(&found, &dx, 0.0)?;
    for ([by_inputs, by_params], [dx, dw]) in all(&run)?.iter().zip(&expected) {
        run.same_by_inputs(by_inputs, dx, 0.0)?;
        run.same_by_params(by_params, dw, 0.0)?;
    }
    // Other parts of the parameters may be on their way to their next values already.
    run.held.w.fill(f64::NAN);
    let found = run.by_params(&dy);
    run.same_by_params(&found, &dw, 0.0)
}

pub(super) fn examples(subject: &Subject) -> Result<(), Mismatch> {
    alone::<f64>(subject)?;
    alone::<f32>(subject)
}

/// Compares the output with that of each example alone, as where a batch is cut.
fn alone<T: Precision>(subject: &Subject) -> Result<(), Mismatch> {
    if subject.rows < 2 {
        return Ok(());
    }
    let mixes = subject.op.mixes_examples() && subject.mode != Mode::Eval;
    let whole = subject.run::<T>(1).held.y;
    let alone: Vec<T> = (0..subject.rows).flat_map(|row| subject.example(row).run::<T>(1).held.y).collect();
    let same = each(Quantity::Output, &alone, &whole, 0.0);
    match (mixes, same) {
        (true, Ok(())) => one(Quantity::Mixed, 0.0, whole.len() as f64, 0.0),
        (true, Err(_)) => Ok(()),
        (false, same) => same,
    }
}

/// Where kinks are looked for.
const RANGE: [f64; 2] = [-8.0, 8.0];

pub(super) fn kinks(subject: &Subject) -> Result<(), Mismatch> {
    // What only says that it acts number by number, the test of the structure finds.
    if subject.op.structure() != Structure::Pointwise || structure(subject).is_err() {
        return Ok(());
    }
    let number = Subject::new(subject.op, &[[1].into()], 1, subject.mode);
    let mut run = number.run::<f64>(1);
    let mut at = |x: f64| {
        run.held.x[0] = x;
        run.forward();
        (run.held.y[0], run.by_inputs(&[1.0])[0])
    };
    let kinks = subject.op.kinks();
    kinks.iter().try_for_each(|of| kink(*of, &mut at))?;
    jumps(RANGE, |x| at(x).1).into_iter().try_for_each(|at| declared(&kinks, at))
}

pub(super) fn structure(subject: &Subject) -> Result<(), Mismatch> {
    match subject.op.structure() {
        Structure::General => Ok(()),
        Structure::Pointwise => pointwise(&subject.run(1)),
        Structure::Affine => affine(&subject.run(1)),
    }
}

/// An output has a slope by the number of the input that stands in its place, and by no other.
fn pointwise(run: &Run<f64>) -> Result<(), Mismatch> {
    one(Quantity::Size(0), run.held.x.len() as f64, run.held.y.len() as f64, 0.0)?;
    (0..run.held.y.len()).try_for_each(|of| {
        let [dx, dw] = run.partials(of)?;
        let mut only = vec![0.0; dx.len()];
        only[of] = dx[of];
        run.same_by_inputs(&dx, &only, 0.0)?;
        run.same_by_params(&dw, &vec![0.0; dw.len()], 0.0)
    })
}

/// y = x·Wᵀ + b over the last axis, and the slopes are W, x and 1.
fn affine(run: &Run<f64>) -> Result<(), Mismatch> {
    let Held { subject, param_ranges, x, w, y, .. } = &run.held;
    let features = subject.places[0].shape.last();
    let size = subject.params.first().map_or(0, |spec| spec.shape.len());
    let out = subject.op.shape(&subject.shapes()).map_or(1, |shape| shape.last());
    one(Quantity::Size(0), size as f64, (out * features) as f64, 0.0)?;
    let spec = &subject.params[0];
    let row_of_w = |o: usize| o * features..(o + 1) * features;
    for of in 0..y.len() {
        // Which feature vector, which output.
        let (vector, o) = (of / out, of % out);
        let from = vector * features;
        let (mut dx, mut dw, mut value) = (vec![0.0; x.len()], vec![0.0; w.len()], 0.0);
        dx[from..from + features].copy_from_slice(&w[row_of_w(o)]);
        for (x, at) in x[from..from + features].iter().zip(row_of_w(o)).filter(|(_, at)| exists(spec, *at)) {
            dw[at] = *x;
            value += x * w[at];
        }
        if let Some(bias) = param_ranges.get(1) {
            dw[bias.start + o] = 1.0;
            value += w[bias.start + o];
        }
        let [by_inputs, by_params] = run.partials(of)?;
        run.same_by_inputs(&by_inputs, &dx, 0.0)?;
        run.same_by_params(&by_params, &dw, 0.0)?;
        one(Quantity::Output, y[of], value, ROUNDING * largest(y)).map_err(|m| m.at(of))?;
    }
    Ok(())
}

pub(super) fn expression(subject: &Subject) -> Result<(), Mismatch> {
    let run = subject.run::<f64>(1);
    let Held { param_ranges, x, w, y, saved, .. } = &run.held;
    let width = y.len() / subject.rows;
    let place = |input: usize, row: usize, at: usize| {
        let place = &subject.places[input];
        place.at + row * place.shape.len() + at
    };
    let value = |symbol: &Symbol| match symbol.role {
        Role::Input { input, row, at } => x.get(place(input, row, at)).copied(),
        Role::Output { row, at } => y.get(row * width + at).copied(),
        Role::Param { param, at } => w.get(param_ranges[param].start + at).copied(),
        Role::Saved { at } => saved.get(at).copied(),
        _ => None,
    };
    let worth = |expression: Expr| expression.evaluate(&value).unwrap_or(f64::NAN);
    let shapes = subject.shapes();
    for i in 0..y.len() {
        let (row, at) = (i / width, i % width);
        let training = subject.mode != Mode::Eval;
        let of = Of { x: &shapes, rows: subject.rows, training, row, at };
        if let Some(expression) = subject.op.expression(of) {
            one(Quantity::Output, y[i], worth(expression), ROUNDING * largest(y)).map_err(|m| m.at(i))?;
        }
        let mut slopes = vec![];
        f64::of_op(subject.op).partials(&run.held.point(), row, at, &mut |partial| slopes.push(partial));
        let scale = slopes.iter().map(|partial| partial.slope.abs()).fold(0.0, f64::max);
        for Partial { by, slope } in slopes {
            let Some(expression) = subject.op.slope(of, by) else { continue };
            let (quantity, at) = match by {
                By::Input { input, row, at } => {
                    (Quantity::ByInput(input), place(input, row, at) - subject.places[input].at)
                }
                By::Param { param, at } => (Quantity::ByParam(param), at),
            };
            one(quantity, slope, worth(expression), ROUNDING * scale).map_err(|m| m.at(at))?;
        }
    }
    Ok(())
}
