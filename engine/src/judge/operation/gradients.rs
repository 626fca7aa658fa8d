//! Tests of gradients: whether they are right, and whether they go where they belong.

use super::super::Quantity;
use super::super::difference::{Mismatch, ROUNDING, each, gradient, largest};
use super::run::START;
use super::{Subject, exists, rows};
use crate::op::{Grad, GradReq, Part};

pub(super) fn inputs(subject: &Subject) -> Result<(), Mismatch> {
    let mut run = subject.run::<f64>(1);
    let dy = run.upstream();
    let dx = run.by_inputs(&dy);
    for input in 0..subject.places.len() {
        let range = subject.input(input);
        let x = &subject.x[range.clone()];
        gradient(Quantity::ByInput(input), x, None, &dx[range.clone()], |x| {
            run.held.x[range.clone()].copy_from_slice(x);
            run.sum(&dy)
        })?;
        run.held.x[range].copy_from_slice(x);
    }
    Ok(())
}

pub(super) fn params(subject: &Subject) -> Result<(), Mismatch> {
    let mut run = subject.run::<f64>(1);
    let dy = run.upstream();
    let dw = run.by_params(&dy);
    for (param, (spec, range)) in subject.params.iter().zip(subject.param_ranges()).enumerate() {
        let (of, w, dw) = (Quantity::ByParam(param), &subject.w[range.clone()], &dw[range.clone()]);
        gradient(of.clone(), w, spec.mask.as_deref(), dw, |w| {
            run.held.w[range.clone()].copy_from_slice(w);
            run.sum(&dy)
        })?;
        run.held.w[range].copy_from_slice(w);
        // What does not exist is held at 0.
        let held: Vec<f64> = (0..dw.len()).map(|i| if exists(spec, i) { dw[i] } else { 0.0 }).collect();
        each(of, dw, &held, 0.0)?;
    }
    Ok(())
}

pub(super) fn partials(subject: &Subject) -> Result<(), Mismatch> {
    let mut run = subject.run::<f64>(1);
    let outputs = run.held.y.len();
    for of in 0..outputs {
        let mut dy = vec![0.0; outputs];
        dy[of] = 1.0;
        let (dx, dw) = (run.by_inputs(&dy), run.by_params(&dy));
        let [by_inputs, by_params] = run.partials(of)?;
        run.same_by_inputs(&by_inputs, &dx, ROUNDING * largest(&dx))?;
        run.same_by_params(&by_params, &dw, ROUNDING * largest(&dw))?;
    }
    Ok(())
}

pub(super) fn parts(subject: &Subject) -> Result<(), Mismatch> {
    let mut run = subject.run::<f64>(1);
    let dy = run.upstream();
    let whole = run.by_params(&dy);
    let mut found = vec![f64::NAN; whole.len()];
    for (param, range) in subject.param_ranges().into_iter().enumerate() {
        let width = range.len() / rows(&subject.params[param]).max(1);
        for (row, dw) in found[range].chunks_exact_mut(width.max(1)).enumerate() {
            run.by_part(&dy, Part { param, rows: row..row + 1 }, Grad::empty(dw));
        }
    }
    run.same_by_params(&found, &whole, 0.0)
}

pub(super) fn adds(subject: &Subject) -> Result<(), Mismatch> {
    let mut run = subject.run::<f64>(1);
    let dy = run.upstream();
    let more = |x: &[f64]| x.iter().map(|x| START + x).collect::<Vec<f64>>();
    let dx = run.by_inputs(&dy);
    let found = run.backward(&dy, &vec![GradReq::Add; subject.places.len()]);
    run.same_by_inputs(&found, &more(&dx), ROUNDING * (START + largest(&dx)))?;
    let dw = run.by_params(&dy);
    let mut found = vec![START; dw.len()];
    let mut expected = more(&dw);
    for (param, range) in subject.param_ranges().into_iter().enumerate() {
        let spec = &subject.params[param];
        run.by_part(&dy, Part { param, rows: 0..rows(spec) }, Grad::new(&mut found[range.clone()]));
        // What does not exist is held at 0, whatever was there.
        let held = expected[range].iter_mut().enumerate().filter(|(i, _)| !exists(spec, *i));
        held.for_each(|(_, dw)| *dw = 0.0);
    }
    run.same_by_params(&found, &expected, ROUNDING * (START + largest(&dw)))
}

pub(super) fn wanted(subject: &Subject) -> Result<(), Mismatch> {
    let mut run = subject.run::<f64>(1);
    let dy = run.upstream();
    let dx = run.by_inputs(&dy);
    for input in 0..subject.places.len() {
        for others in [GradReq::Null, GradReq::Add] {
            let mut requests = vec![others; subject.places.len()];
            requests[input] = GradReq::Write;
            let (found, range) = (run.backward(&dy, &requests), subject.input(input));
            each(Quantity::ByInput(input), &found[range.clone()], &dx[range], 0.0)?;
        }
    }
    Ok(())
}

pub(super) fn twice(subject: &Subject) -> Result<(), Mismatch> {
    let [first, second, ..] = &subject.places[..] else { return Ok(()) };
    if first.shape != second.shape {
        return Ok(());
    }
    let (first, second) = (subject.input(0), subject.input(1));
    let mut apart = subject.clone();
    apart.x.copy_within(first.clone(), second.start);
    let mut together = apart.clone();
    together.places[1] = together.places[0].clone();
    let mut run = apart.run::<f64>(1);
    let dy = run.upstream();
    let dx = run.by_inputs(&dy);
    let sum: Vec<f64> = dx[first.clone()].iter().zip(&dx[second]).map(|(a, b)| a + b).collect();
    let mut requests = vec![GradReq::Write; subject.places.len()];
    requests[1] = GradReq::Add;
    let found = together.run::<f64>(1).backward(&dy, &requests);
    each(Quantity::ByInput(0), &found[first], &sum, ROUNDING * largest(&dx))
}
