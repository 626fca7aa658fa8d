//! Every comparison that says that numbers add up fails where they do not: what makes it fail stands here.

use super::data;
use std::sync::Arc;
use whygrad::Shape;
use whygrad::author::{ElementUpdate, Numbers, Piece, Scalar, Team};
use whygrad::credit::{Chain, Ledger, Refine, Snapshot, Weight, examples, nudge, paths, update};
use whygrad::expr::Expr;
use whygrad::init::Init;
use whygrad::layers;
use whygrad::loss::{LossFunction, Mse, Pointwise, Reduction};
use whygrad::network::{Batch, Layer, Network, Rows};
use whygrad::op::{
    By, Compute, Forward, Grad, InputGrads, Linear, Misfit, Op, ParamSpec, Part, Partial, Point, Reads,
};
use whygrad::optim::{Apply, Before, Decomposition, Optimizer, Rule, Sgd, Shared, Slot, Source};
use whygrad::train::{Options, Trainer};

/// By what a planted number is wrong.
const WRONG: f64 = 1.001;

/// What an operation says wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    Nothing,
    /// Its gradient by its input.
    Backward,
    /// Its gradient by its parameter.
    Parameter,
    /// Its gradient by its parameter where it is asked for one example.
    OneExample,
    /// Its local derivatives.
    Partials,
}

/// y = γ·x with a γ [features].
#[derive(Clone, Copy, Debug)]
struct Gain(Lie);

impl Gain {
    fn factor<T: Scalar>(self, lie: Lie) -> T {
        if self.0 == lie { T::of(WRONG) } else { T::one() }
    }
}

impl Op for Gain {
    fn name(&self) -> &'static str {
        "gain"
    }
    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        Ok(x[0].clone())
    }
    fn params(&self, x: &[&Shape]) -> Vec<ParamSpec> {
        vec![ParamSpec { name: "gamma", shape: [x[0].last()].into(), init: Init::Constant(0.8), mask: None }]
    }
    fn reads(&self) -> Reads {
        Reads::Inputs
    }
}

impl<T: Scalar> Compute<T> for Gain {
    fn forward(&self, io: Forward<'_, T>, _team: &mut Team<'_, T>) {
        let (x, gamma) = (io.x.get(0), io.w.get(0).iter().cycle());
        io.y.iter_mut().zip(x).zip(gamma).for_each(|((y, x), gamma)| *y = *gamma * *x);
    }
    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _team: &mut Team<'_, T>) {
        if let Some(dx) = dx.get(0).map(Grad::sum) {
            let (factor, gamma) = (self.factor::<T>(Lie::Backward), at.w.get(0).iter().cycle());
            dx.iter_mut().zip(dy).zip(gamma).for_each(|((dx, dy), gamma)| *dx += factor * *gamma * *dy);
        }
    }
    fn backward_param(&self, at: &Point<'_, T>, dy: &[T], part: Part, dw: Grad<'_, T>, _: &mut Team<'_, T>) {
        let (n, dgamma) = (at.x.shape(0).last(), dw.sum());
        let alone = if dy.len() == n { self.factor(Lie::OneExample) } else { T::one() };
        for (x, dy) in at.x.get(0).chunks_exact(n).zip(dy.chunks_exact(n)) {
            let terms = x[part.rows.clone()].iter().zip(&dy[part.rows.clone()]);
            let factor = alone * self.factor::<T>(Lie::Parameter);
            dgamma.iter_mut().zip(terms).for_each(|(dgamma, (x, dy))| *dgamma += factor * *x * *dy);
        }
    }
    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let (gamma, n) = (at.w.get(0), at.x.shape(0).last());
        let (factor, x) = (self.factor::<T>(Lie::Partials), at.x.get(0)[row * n + of]);
        emit(Partial { by: By::Input { input: 0, row, at: of }, slope: factor * gamma[of] });
        emit(Partial { by: By::Param { param: 0, at: of }, slope: factor * x });
    }
}

/// The squared error, with a slope that may be wrong.
#[derive(Clone, Copy, Debug)]
struct Squared(f64);

impl Pointwise for Squared {
    fn name(&self) -> &'static str {
        "squared"
    }
    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }
    fn value<T: Scalar>(&self, x: T, y: T) -> T {
        (x - y).powi(2)
    }
    fn slope<T: Scalar>(&self, x: T, y: T) -> T {
        T::of(2.0 * self.0) * (x - y)
    }
    fn expression(&self, x: Expr, y: Expr) -> Expr {
        (x - y).power(2.0)
    }
    fn slope_expression(&self, x: Expr, y: Expr) -> Expr {
        2.0 * (x - y)
    }
}

/// Plain descent whose parts may not add up to what it does.
#[derive(Clone, Copy, Debug)]
struct Descent(f64);

impl Rule for Descent {
    fn name(&self) -> &'static str {
        "descent"
    }
    fn lr(&self) -> f64 {
        0.1
    }
    fn slots(&self) -> Vec<Slot> {
        vec![]
    }
    fn shared(&self, _t: u64, lr: f64) -> Shared {
        [lr, 0.0, 0.0]
    }
    fn decomposition(&self, at: &Before) -> Decomposition {
        let mut decomposition = Decomposition::new(at, 0.1);
        let g = decomposition.direction();
        decomposition.advance(Source::Momentum, "the lie", self.0 * g);
        decomposition
    }
}

impl<T: Scalar> Apply<T> for Descent {
    fn update(&self, [alpha, ..]: Shared, piece: Piece<'_, T>) {
        piece.apply(Down(T::of(-alpha)));
    }
}

#[derive(Clone, Copy)]
struct Down<T>(T);

impl<T: Scalar> ElementUpdate<T, 0> for Down<T> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, []: [N; 0]) -> (N, [N; 0]) {
        (N::all(self.0).mul_add(g, w), [])
    }
}

fn trainer(lie: Lie, loss: impl LossFunction + 'static, optimizer: impl Optimizer + 'static) -> Trainer<f64> {
    let layers: Vec<Layer> = layers![Linear::new(3), Gain(lie), Linear::new(1)];
    let network = Network::sequential([2], layers).unwrap();
    let options = Options { batch: 8, ..Options::default() };
    Trainer::new(network, Arc::new(loss), Arc::new(optimizer), options).unwrap()
}

fn hold(trainer: &Trainer<f64>) -> Snapshot {
    let data = data::<f64>(8, 2, None);
    Snapshot::take(trainer, Batch { data: &data, rows: Rows::Range(0, 8) }).unwrap()
}

#[test]
fn a_gradient_adds_up_only_where_backward_parameters_examples_and_partials_are_of_one_function() {
    // Of a weight below the operation and of the operation's own: whether nudge, chain, paths and examples hold.
    for (lie, below, own) in [
        (Lie::Nothing, [true, true, true, true], [true, true, true, true]),
        (Lie::Backward, [false, false, false, true], [true, true, true, true]),
        (Lie::Parameter, [true, true, true, true], [false, false, false, true]),
        (Lie::OneExample, [true, true, true, true], [true, false, false, false]),
        (Lie::Partials, [true, false, false, true], [true, false, false, true]),
    ] {
        let snapshot = hold(&trainer(lie, Mse::default(), Sgd::default()));
        for (name, holds) in [("linear1.weight[1,0]", below), ("gain1.gamma[1]", own)] {
            let weight = Weight::parse(name, snapshot.network()).unwrap();
            let found = [
                nudge(&snapshot, weight).agrees,
                Chain::new(&snapshot, weight, 2).reconciles,
                paths(&snapshot, weight, 2, 10).reconciles,
                examples(&snapshot, weight).reconciles,
            ];
            assert_eq!(found, holds, "{lie:?}, {name}");
        }
    }
}

#[test]
fn an_update_adds_up_only_where_its_parts_are_those_of_the_optimizer() {
    for (lie, holds) in [(1.0, true), (WRONG, false)] {
        let snapshot = hold(&trainer(Lie::Nothing, Mse::default(), Descent(lie)));
        let weight = Weight::parse("linear1.weight[1,0]", snapshot.network()).unwrap();
        let update = update(&snapshot, weight);
        assert_eq!(update.reconciles, holds, "{update:?}");
    }
}

#[test]
fn a_ledger_adds_up_only_where_gradients_are_those_of_the_loss() {
    for (lie, holds) in [(1.0, true), (WRONG, false)] {
        let mut trainer = trainer(Lie::Nothing, Squared(lie), Sgd { lr: 0.1, ..Sgd::default() });
        let snapshot = hold(&trainer);
        let weight = Weight::parse("linear1.weight[1,0]", snapshot.network()).unwrap();
        assert_eq!(nudge(&snapshot, weight).agrees, holds);
        let data = data::<f64>(8, 2, None);
        let mut ledger = Ledger::new(&trainer, data.clone(), Refine::default()).unwrap();
        for step in 1..=3 {
            trainer.step(Batch { data: &data, rows: Rows::Range(0, 8) });
            assert!(ledger.advance(step, &trainer.state().weights).is_continue());
        }
        // What the page calls a ledger that reconciles: within a millionth of the change.
        let totals = ledger.totals();
        assert_eq!(totals.relative.unwrap() <= 1e-6, holds, "{totals:?}");
        let parts = totals.allocation + totals.statistics + totals.residual;
        assert!((parts - totals.change).abs() <= 1e-12, "{totals:?}");
    }
}
