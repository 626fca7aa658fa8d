//! Operations: the list, and planted faults.

use super::super::operation::{TESTS, faults, operation};
use super::{Planted, Test, assert_caught};
use crate::expr::{Expr, Relation};
use crate::init::Init;
use crate::kernel::{Scalar, Team};
use crate::op::{
    self, By, Compute, Forward, Grad, InputGrads, Kink, LIST, LayerNorm, Linear, Misfit, Op, Operation,
    ParamSpec, Part, Partial, Point, Pointwise, Reads, Softmax, Structure,
};
use crate::shape::Shape;

fn shapes(inputs: &[&[usize]]) -> Vec<Shape> {
    inputs.iter().map(|dims| Shape::from(dims.to_vec())).collect()
}

fn read(name: &str, case: &op::Case) -> std::sync::Arc<dyn Operation> {
    op::read(name, case.given.iter().map(|(key, value)| (key.to_string(), value.clone()))).unwrap()
}

#[test]
fn every_operation_of_the_list_passes() {
    for entry in LIST {
        assert!(!entry.cases.is_empty(), "{} has no cases", entry.name);
        for case in entry.cases {
            if let Err(fault) = operation(&*read(entry.name, case), &shapes(case.inputs), 5) {
                panic!("{fault}");
            }
        }
    }
}

#[test]
fn a_mask_passes() {
    let mask = vec![vec![true, false, true], vec![false, true, true]];
    operation(&Linear { mask: Some(mask), ..Linear::new(2) }, &shapes(&[&[4, 3]]), 3).unwrap();
}

#[test]
fn gradients_hold_for_any_shape_and_number_of_examples() {
    let gradients = &TESTS[..2];
    assert!(gradients.iter().all(|(test, _)| matches!(test, Test::Inputs | Test::Params)));
    for entry in LIST {
        let op = read(entry.name, &entry.cases[0]);
        for lead in 1..4 {
            for features in [1, 2, 7, 8, 9, 15, 16, 17] {
                for rows in 1..6 {
                    // Two numbers close to each other, normalised, bend too sharply for differences.
                    let count = if entry.name == "batch_norm" { rows * lead } else { features };
                    if entry.name.ends_with("_norm") && (features == 1 || count < 3) {
                        continue;
                    }
                    let shapes = vec![Shape::from([lead, features]); entry.cases[0].inputs.len()];
                    let found = faults(&*op, &shapes, rows, gradients).next();
                    assert_eq!(found, None, "{} {rows} × {}", entry.name, shapes[0]);
                }
            }
        }
    }
}

/// What is wrong with y = w·tanh(a) + b, with a weight for each number of the last axis.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Nothing,
    /// Forward is another function than the one that is differentiated.
    Forward,
    /// Backward and partials by a are off by one in ten million.
    Slope,
    /// Only backward is wrong:
    ByATenthOfAPercent,
    ArgumentsSwapped,
    SignFlipped,
    TermMissing,
    NotANumber,
    /// The gradient by w and its partials are off by one in ten million.
    Weight,
    /// Only the gradient by w is.
    WeightInBackward,
    PartialsOfAnother,
    PartialOfNothing,
    /// A part of the weight gets the gradient of the first rows.
    PartIgnored,
    OverwritesInput,
    OverwritesParam,
    /// No gradient by b where none by a is wanted.
    ReturnsEarly,
    /// The gradient by b is made before that by a.
    SecondFirst,
    ReadsUndeclared,
    ReadsParam,
    /// An example adds the b of the one before it.
    Mixes,
    /// It says that it mixes examples, and does not.
    SaysMixes,
    /// An example adds its number in the shard.
    CountsInShard,
    /// A thread reads the inputs of another.
    Threads,
    /// In f32 tanh is off between 1 and 2.
    Single,
    /// tanh(a) = (eᵃ − e⁻ᵃ)/(eᵃ + e⁻ᵃ)
    Overflows,
}

#[derive(Clone, Copy, Debug)]
struct Broken(Wrong);

impl Broken {
    fn tanh<T: Scalar>(self, x: T) -> T {
        match self.0 {
            Wrong::Single if T::NAME == "f32" && x > T::one() && x < T::of(2.0) => x.tanh() * T::of(1.0001),
            Wrong::Overflows => (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()),
            _ => x.tanh(),
        }
    }

    fn slope_factor<T: Scalar>(self) -> T {
        T::of(if self.0 == Wrong::Slope { 1.0 + 1e-7 } else { 1.0 })
    }

    /// ∂y/∂a, as backward has it.
    fn by_a<T: Scalar>(self, w: T, a: T) -> T {
        let y = self.tanh(a);
        let right = w * (T::one() - y * y);
        match self.0 {
            Wrong::ByATenthOfAPercent => right * T::of(1.001),
            Wrong::ArgumentsSwapped => w * (T::one() - a * a),
            Wrong::SignFlipped => -right,
            Wrong::TermMissing => w,
            Wrong::NotANumber => T::nan(),
            _ => right * self.slope_factor(),
        }
    }
}

impl Op for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        Ok(x[0].clone())
    }

    fn params(&self, x: &[&Shape]) -> Vec<ParamSpec> {
        vec![ParamSpec { name: "weight", shape: [x[0].last()].into(), init: Init::Zeros, mask: None }]
    }

    fn reads(&self) -> Reads {
        if self.0 == Wrong::ReadsUndeclared { Reads::Nothing } else { Reads::Inputs }
    }

    fn mixes_examples(&self) -> bool {
        self.0 == Wrong::SaysMixes
    }
}

impl<T: Scalar> Compute<T> for Broken {
    fn forward(&self, io: Forward<'_, T>, team: &mut Team<'_, T>) {
        let (a, b, w) = (io.x.get(0), io.x.get(1), io.w.get(0));
        let width = a.len() / io.rows;
        team.split(a.len(), [io.y], |range, [y]| {
            for (y, i) in y.iter_mut().zip(range.clone()) {
                let from = if self.0 == Wrong::Threads { i - range.start } else { i };
                *y = w[i % w.len()] * self.tanh(a[from]) + b[i];
                match self.0 {
                    Wrong::Forward => *y *= T::of(1.0 + 1e-7),
                    Wrong::Mixes if i >= width => *y += b[i - width],
                    Wrong::CountsInShard => *y += T::of((i / width) as f64),
                    _ => {}
                }
            }
        });
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _team: &mut Team<'_, T>) {
        let (a, w) = (at.x.get(0), at.w.get(0));
        let width = a.len() / at.rows;
        for input in if self.0 == Wrong::SecondFirst { [1, 0] } else { [0, 1] } {
            let Some(dx) = dx.get(input).map(Grad::sum) else {
                if self.0 == Wrong::ReturnsEarly {
                    return;
                }
                continue;
            };
            for (i, dx) in dx.iter_mut().enumerate() {
                if input == 1 {
                    *dx += dy[i];
                    if self.0 == Wrong::Mixes && i + width < dy.len() {
                        *dx += dy[i + width];
                    }
                    continue;
                }
                let more = dy[i] * self.by_a(w[i % w.len()], a[i]);
                *dx = if self.0 == Wrong::OverwritesInput { more } else { *dx + more };
            }
        }
    }

    fn backward_param(
        &self,
        at: &Point<'_, T>,
        dy: &[T],
        part: Part,
        dw: Grad<'_, T>,
        _team: &mut Team<'_, T>,
    ) {
        let (a, n) = (at.x.get(0), at.x.shape(0).last());
        let off = match self.0 {
            Wrong::Weight => T::of(1.0 + 1e-7),
            Wrong::WeightInBackward => T::of(1.0 + 1e-7),
            Wrong::ReadsParam => at.w.get(0)[0] / at.w.get(0)[0],
            _ => T::one(),
        };
        let first = if self.0 == Wrong::PartIgnored { 0 } else { part.rows.start };
        for (j, dw) in dw.sum().iter_mut().enumerate() {
            let each = dy.iter().zip(a).skip(first + j).step_by(n);
            let sum: T = each.map(|(dy, a)| *dy * self.tanh(*a) * off).sum();
            *dw = if self.0 == Wrong::OverwritesParam { sum } else { *dw + sum };
        }
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let (a, b) = (at.x.get(0), at.x.get(1));
        let (width, w) = (at.x.shape(0).len(), at.w.get(0));
        let (i, j) = (row * width + of, of % w.len());
        let y = self.tanh(a[i]);
        let slope = match self.0 {
            Wrong::PartialsOfAnother => w[j],
            _ => w[j] * (T::one() - y * y) * self.slope_factor(),
        };
        let weight = if self.0 == Wrong::Weight { y * T::of(1.0 + 1e-7) } else { y };
        let nowhere = if self.0 == Wrong::PartialOfNothing { b.len() } else { 0 };
        emit(Partial { by: By::Input { input: 0, row, at: of }, slope });
        emit(Partial { by: By::Input { input: 1, row, at: of + nowhere }, slope: T::one() });
        emit(Partial { by: By::Param { param: 0, at: j }, slope: weight });
        if self.0 == Wrong::Mixes && row > 0 {
            emit(Partial { by: By::Input { input: 1, row: row - 1, at: of }, slope: T::one() });
        }
    }
}

/// y = x above 0 and α·x below.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bent {
    Right,
    Undeclared,
    OtherSlope,
    /// A second kink is declared.
    NoSuchKink,
    OtherExpression,
    OtherSlopeExpression,
}

const ALPHA: f64 = 0.25;

impl Pointwise for Bent {
    fn name(&self) -> &'static str {
        "bent"
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn expression(&self, x: Expr) -> Expr {
        let factor = if *self == Bent::OtherExpression { ALPHA + 1e-7 } else { ALPHA };
        x.clone().cases(x.clone(), Relation::Above, 0.0, Expr::Number(factor) * x)
    }

    fn slope_expression(&self, x: Expr, _y: Expr) -> Expr {
        let slope = if *self == Bent::OtherSlopeExpression { ALPHA + 1e-7 } else { ALPHA };
        Expr::Number(1.0).cases(x, Relation::Above, 0.0, slope)
    }

    fn kinks(&self) -> Vec<Kink> {
        let kink = Kink { at: 0.0, slope: ALPHA };
        match self {
            Bent::Undeclared => vec![],
            Bent::OtherSlope => vec![Kink { slope: 1.0, ..kink }],
            Bent::NoSuchKink => vec![kink, Kink { at: 1.0, slope: 1.0 }],
            _ => vec![kink],
        }
    }

    fn flops(&self) -> usize {
        1
    }

    fn value<T: Scalar>(&self, x: T) -> T {
        if x > T::zero() { x } else { T::of(ALPHA) * x }
    }

    fn slope<T: Scalar>(&self, x: T, _y: T) -> T {
        if x > T::zero() { T::one() } else { T::of(ALPHA) }
    }
}

/// An operation times a factor, with another structure than its own.
#[derive(Clone, Debug)]
struct Says<O>(Structure, f64, O);

impl<O: Op> Op for Says<O> {
    fn name(&self) -> &'static str {
        "says"
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        self.2.shape(x)
    }

    fn params(&self, x: &[&Shape]) -> Vec<ParamSpec> {
        self.2.params(x)
    }

    fn saved(&self, rows: usize, x: &[&Shape]) -> usize {
        self.2.saved(rows, x)
    }

    fn reads(&self) -> Reads {
        Reads::Both
    }

    fn structure(&self) -> Structure {
        self.0
    }
}

impl<O> Says<O> {
    fn times<T: Scalar>(&self, x: &[T]) -> Vec<T> {
        x.iter().map(|x| *x * T::of(self.1)).collect()
    }
}

/// The factor is a power of 2: nothing is rounded.
impl<T: Scalar, O: Compute<T>> Compute<T> for Says<O> {
    fn forward(&self, io: Forward<'_, T>, team: &mut Team<'_, T>) {
        let Forward { rows, x, w, buffers, y, saved, mode } = io;
        self.2.forward(Forward { rows, x, w, buffers, y: &mut *y, saved, mode }, team);
        y.copy_from_slice(&self.times(y));
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], dx: InputGrads<'_, T>, team: &mut Team<'_, T>) {
        let y: Vec<T> = at.y.iter().map(|y| *y / T::of(self.1)).collect();
        self.2.backward(&Point { y: &y, ..*at }, &self.times(dy), dx, team);
    }

    fn backward_param(
        &self,
        at: &Point<'_, T>,
        dy: &[T],
        part: Part,
        dw: Grad<'_, T>,
        team: &mut Team<'_, T>,
    ) {
        self.2.backward_param(at, &self.times(dy), part, dw, team);
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let y: Vec<T> = at.y.iter().map(|y| *y / T::of(self.1)).collect();
        let times =
            &mut |partial: Partial<T>| emit(Partial { slope: partial.slope * T::of(self.1), ..partial });
        self.2.partials(&Point { y: &y, ..*at }, row, of, times);
    }
}

#[test]
fn every_planted_fault_is_caught_by_the_tests_that_have_to() {
    use Test::{
        Adds, Examples, Expression, Far, Inputs, Kinks, Params, Partials, Parts, Reads, Single, Threads,
        Twice, Wanted,
    };
    let gradient: &[Test] = &[Inputs, Partials];
    let broken: &[(Wrong, &[Test])] = &[
        (Wrong::Nothing, &[]),
        (Wrong::Forward, &[Inputs, Params]),
        (Wrong::Slope, &[Inputs]),
        (Wrong::ByATenthOfAPercent, gradient),
        (Wrong::ArgumentsSwapped, gradient),
        (Wrong::SignFlipped, gradient),
        (Wrong::TermMissing, gradient),
        (Wrong::NotANumber, &[Inputs, Partials, Adds, Wanted, Twice, Reads, Threads, Single, Far]),
        (Wrong::Weight, &[Params]),
        (Wrong::WeightInBackward, &[Params, Partials]),
        (Wrong::PartialsOfAnother, &[Partials]),
        (Wrong::PartialOfNothing, &[Partials, Reads]),
        (Wrong::PartIgnored, &[Parts]),
        (Wrong::OverwritesInput, &[Adds]),
        (Wrong::OverwritesParam, &[Adds]),
        (Wrong::ReturnsEarly, &[Wanted]),
        (Wrong::SecondFirst, &[Twice]),
        (Wrong::ReadsUndeclared, &[Reads]),
        (Wrong::ReadsParam, &[Reads]),
        (Wrong::Mixes, &[Examples]),
        (Wrong::SaysMixes, &[Examples]),
        (Wrong::CountsInShard, &[Examples]),
        (Wrong::Threads, &[Threads]),
        (Wrong::Single, &[Single]),
        (Wrong::Overflows, &[Far]),
    ];
    let bent: &[(Bent, &[Test])] = &[
        (Bent::Right, &[]),
        (Bent::Undeclared, &[Kinks]),
        (Bent::OtherSlope, &[Kinks]),
        (Bent::NoSuchKink, &[Kinks]),
        (Bent::OtherExpression, &[Expression]),
        (Bent::OtherSlopeExpression, &[Expression]),
    ];
    let mut planted: Vec<Planted> = vec![];
    for (wrong, expected) in broken {
        let shapes = [[2, 3].into(), [2, 3].into()];
        planted.push(Planted::new(wrong, faults(&Broken(*wrong), &shapes, 4, TESTS), expected));
    }
    for (wrong, expected) in bent {
        planted.push(Planted::new(wrong, faults(wrong, &[[7].into()], 3, TESTS), expected));
    }
    let says: [(Box<dyn Operation>, &[Test]); 4] = [
        (Box::new(Says(Structure::Affine, 1.0, Linear::new(2))), &[]),
        (Box::new(Says(Structure::Affine, 2.0, Linear::new(2))), &[Test::Structure]),
        (Box::new(Says(Structure::Affine, 1.0, LayerNorm::default())), &[Test::Structure]),
        (Box::new(Says(Structure::Pointwise, 1.0, Softmax)), &[Test::Structure]),
    ];
    for (op, expected) in says {
        planted.push(Planted::new(&op, faults(&*op, &[[5].into()], 3, TESTS), expected));
    }
    assert_caught(&planted, TESTS.iter().map(|(test, _)| *test));
}
