//! What the guide of the front page says is enough: an operation, a loss and an optimizer that stand outside the crate
//! work wherever its own do. And its programs run.

use super::data;
use std::sync::Arc;
use whygrad::author::{ElementUpdate, Numbers, Piece, Scalar, Team};
use whygrad::credit::{Chain, Ledger, Refine, Snapshot, Weight, effect, examples, nudge, update};
use whygrad::data::Dataset;
use whygrad::expr::{Expr, Function, Role};
use whygrad::init::Init;
use whygrad::judge;
use whygrad::loss::{self, ComputeLoss, Loss, Made, Reduction, Target, TargetKind};
use whygrad::network::{Batch, Network, Rows};
use whygrad::op::{
    By, Compute, Forward, Grad, InputGrads, Linear, Misfit, Of, Op, ParamSpec, Part, Partial, Point, Reads,
    Tanh,
};
use whygrad::optim::{Apply, Before, Decomposition, Rule, Shared, Slot, Source};
use whygrad::train::{End, Fit, Options, Progress, State, Trainer, fit};
use whygrad::{Shape, Threads};

#[path = "../../examples/circle.rs"]
mod circle;
#[path = "../../examples/quantiles.rs"]
mod quantiles;
#[path = "../../examples/why.rs"]
mod why;

/// y = a·σ(b) + w·b, with a w for each feature.
#[derive(Clone, Copy, Debug)]
struct Gated;

impl Op for Gated {
    fn name(&self) -> &'static str {
        "gated"
    }

    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        match x {
            [a, b] if a == b => Ok((*a).clone()),
            [a, b] => Err(Misfit::Unequal((*a).clone(), (*b).clone())),
            _ => Err(Misfit::Inputs { wants: 2, got: x.len() }),
        }
    }

    fn params(&self, x: &[&Shape]) -> Vec<ParamSpec> {
        let shape = [x[0].last()].into();
        vec![ParamSpec { name: "weight", shape, init: Init::Uniform(-0.5, 0.5), mask: None }]
    }

    fn reads(&self) -> Reads {
        Reads::Inputs
    }

    fn expression(&self, of: Of<'_>) -> Option<Expr> {
        let b = of.input("b", 1, of.at);
        Some(of.input("a", 0, of.at) * Expr::call(Function::Sigmoid, [b.clone()]) + weight(of) * b)
    }

    fn slope(&self, of: Of<'_>, by: By) -> Option<Expr> {
        let (a, b) = (of.input("a", 0, of.at), of.input("b", 1, of.at));
        let open = Expr::call(Function::Sigmoid, [b.clone()]);
        Some(match by {
            By::Input { input: 0, .. } => open,
            By::Input { .. } => a * open.clone() * (1.0 - open) + weight(of),
            By::Param { .. } => b,
        })
    }
}

fn sigmoid<T: Scalar>(x: T) -> T {
    (T::one() + (-x).exp()).recip()
}

fn weight(of: Of<'_>) -> Expr {
    Expr::symbol("w", Role::Param { param: 0, at: of.at % of.x[0].last() })
}

impl<T: Scalar> Compute<T> for Gated {
    fn forward(&self, io: Forward<'_, T>, _team: &mut Team<'_, T>) {
        let (a, b, w) = (io.x.get(0), io.x.get(1), io.w.get(0).iter().cycle());
        for (((y, a), b), w) in io.y.iter_mut().zip(a).zip(b).zip(w) {
            *y = *a * sigmoid(*b) + *w * *b;
        }
    }

    fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _team: &mut Team<'_, T>) {
        let (a, b, w) = (at.x.get(0), at.x.get(1), at.w.get(0).iter().cycle());
        if let Some(da) = dx.get(0).map(Grad::sum) {
            for ((da, dy), b) in da.iter_mut().zip(dy).zip(b) {
                *da += sigmoid(*b) * *dy;
            }
        }
        if let Some(db) = dx.get(1).map(Grad::sum) {
            for ((((db, dy), a), b), w) in db.iter_mut().zip(dy).zip(a).zip(b).zip(w) {
                let open = sigmoid(*b);
                *db += (*a * open * (T::one() - open) + *w) * *dy;
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
        let (n, dw) = (at.x.shape(0).last(), dw.sum());
        for (b, dy) in at.x.get(1).chunks_exact(n).zip(dy.chunks_exact(n)) {
            let terms = b[part.rows.clone()].iter().zip(&dy[part.rows.clone()]);
            dw.iter_mut().zip(terms).for_each(|(dw, (b, dy))| *dw += *b * *dy);
        }
    }

    fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        let (n, i) = (at.x.shape(0).last(), row * at.x.shape(0).len() + of);
        let (a, b, w) = (at.x.get(0)[i], at.x.get(1)[i], at.w.get(0)[of % n]);
        let open = sigmoid(b);
        emit(Partial { by: By::Input { input: 0, row, at: of }, slope: open });
        emit(Partial { by: By::Input { input: 1, row, at: of }, slope: a * open * (T::one() - open) + w });
        emit(Partial { by: By::Param { param: 0, at: of % n }, slope: b });
    }
}

/// Brier's score of classes: ℓₙ = Σⱼ (pⱼ − [j = y])² with p = softmax(ŷ).
#[derive(Clone, Copy, Debug)]
struct Brier;

/// p = softmax(x) and pⱼ − [j = class]; what is 1 − pⱼ is the sum of the others, so that no digits cancel.
fn errors<T: Scalar>(x: &[T], class: u32) -> (Vec<T>, Vec<T>) {
    let most = x.iter().fold(T::neg_infinity(), |most, x| most.max(*x));
    let powers: Vec<T> = x.iter().map(|x| (*x - most).exp()).collect();
    let sum = powers.iter().copied().sum::<T>();
    let p: Vec<T> = powers.iter().map(|x| *x / sum).collect();
    let error = |j: usize| if j == class as usize { -others(&p, j, |_| T::one()) } else { p[j] };
    let errors = (0..p.len()).map(error).collect();
    (p, errors)
}

/// Σ pᵢ·f(i) over all i but j.
fn others<T: Scalar>(p: &[T], j: usize, f: impl Fn(usize) -> T) -> T {
    (0..p.len()).filter(|i| *i != j).map(|i| p[i] * f(i)).sum()
}

impl Loss for Brier {
    fn name(&self) -> &'static str {
        "brier"
    }

    fn wants(&self) -> TargetKind {
        TargetKind::Classes
    }

    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }

    fn expression(&self, outputs: usize, _at: usize) -> Option<Expr> {
        Some(Expr::Sum((0..outputs).map(|j| error(outputs, j).power(2.0)).collect()))
    }

    fn slope(&self, outputs: usize, at: Option<usize>) -> Option<Expr> {
        let mean = Expr::Sum((0..outputs).map(|j| share(outputs, j) * error(outputs, j)).collect());
        at.map(|at| 2.0 * share(outputs, at) * (error(outputs, at) - mean))
    }
}

fn share(outputs: usize, at: usize) -> Expr {
    Expr::call(Function::Softmax, [loss::output(outputs, None)]).item(at as f64)
}

fn error(outputs: usize, at: usize) -> Expr {
    share(outputs, at) - loss::one_hot(Some(at))
}

impl<T: Scalar> ComputeLoss<T> for Brier {
    fn divisor(&self, _width: usize, y: Target<'_, T>) -> f64 {
        self.reduction().divisor(y.classes().len() as f64)
    }

    fn forward(&self, x: &[T], y: Target<'_, T>, each: &mut [T]) {
        let width = x.len() / each.len().max(1);
        for ((each, x), class) in each.iter_mut().zip(x.chunks_exact(width)).zip(y.classes()) {
            *each = errors(x, *class).1.iter().map(|error| *error * *error).sum();
        }
    }

    fn backward(&self, x: &[T], y: Target<'_, T>, scale: T, each: &mut [T], dx: &mut [T]) {
        self.forward(x, y, each);
        let width = x.len() / each.len().max(1);
        for ((dx, x), class) in dx.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(y.classes()) {
            let (p, errors) = errors(x, *class);
            for (j, dx) in dx.iter_mut().enumerate() {
                // eⱼ − Σ pᵢ·eᵢ
                let above = errors[j] * others(&p, j, |_| T::one()) - others(&p, j, |i| errors[i]);
                *dx = scale * T::of(2.0) * p[j] * above;
            }
        }
    }
}

/// Adadelta (Zeiler 2012; `torch.optim.Adadelta`): v ← ρ·v + (1 − ρ)·g²; d = √(u + ε) / √(v + ε) · g;
/// u ← ρ·u + (1 − ρ)·d²; w ← w − α·d.
#[derive(Clone, Copy, Debug)]
struct Adadelta {
    lr: f64,
    rho: f64,
    eps: f64,
}

impl Rule for Adadelta {
    fn name(&self) -> &'static str {
        "adadelta"
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn slots(&self) -> Vec<Slot> {
        ["square_avg", "acc_delta"].map(|name| Slot { name, start: 0.0 }).to_vec()
    }

    fn shared(&self, _t: u64, lr: f64) -> Shared {
        [lr, 0.0, 0.0]
    }

    fn decomposition(&self, at: &Before) -> Decomposition {
        let mut decomposition = Decomposition::new(at, self.lr);
        let d = decomposition.gradient();
        let rho = decomposition.name("ρ", "decay of the means", self.rho);
        let eps = decomposition.name("ε", "added to the means", self.eps);
        let before = decomposition.name("v₋", "mean square of the gradient before the update", at.slots[0]);
        let v = decomposition.name("v", "ρ·v₋ + (1 − ρ)·d²", rho * before + (1.0 - rho) * d * d);
        let s = decomposition.name("s", "mean square of the direction before the update", at.slots[1]);
        let scaled = (s + eps).sqrt() / (v + eps).sqrt() * d;
        decomposition.advance(Source::AdaptiveScale, "−α₀·(√(s + ε)/√(v + ε)·d − d)", scaled);
        if let Some(alpha) = at.scheduled {
            decomposition.scheduled("−(α − α₀)·u", alpha);
        }
        decomposition
    }
}

impl<T: Scalar> Apply<T> for Adadelta {
    fn update(&self, [alpha, ..]: Shared, piece: Piece<'_, T>) {
        let [minus_alpha, rho, rest, eps] = [-alpha, self.rho, 1.0 - self.rho, self.eps].map(T::of);
        piece.apply(Step { minus_alpha, rho, rest, eps });
    }
}

#[derive(Clone, Copy)]
struct Step<T> {
    minus_alpha: T,
    rho: T,
    /// 1 − ρ
    rest: T,
    eps: T,
}

impl<T: Scalar> ElementUpdate<T, 2> for Step<T> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, [v, u]: [N; 2]) -> (N, [N; 2]) {
        let [minus_alpha, rho, rest, eps] =
            [self.minus_alpha, self.rho, self.rest, self.eps].map(|setting| N::all(setting));
        let v = rho.mul_add(v, rest * g * g);
        let d = ((u + eps).sqrt() * g).over((v + eps).sqrt());
        (minus_alpha.mul_add(d, w), [v, rho.mul_add(u, rest * d * d)])
    }
}

const OPTIMIZER: Adadelta = Adadelta { lr: 1.0, rho: 0.9, eps: 1e-4 };

/// Two branches of the input, and one gates the other.
fn network() -> Network {
    let mut network = Network::new([5]);
    let x = network.input();
    let mut branch = |path: &str| network.add(path.into(), Arc::new(Linear::new(6)), &[x]).unwrap();
    let (a, b) = (branch("a"), branch("b"));
    let a = network.add("tanh".into(), Arc::new(Tanh), &[a]).unwrap();
    let gated = network.add("gate".into(), Arc::new(Gated), &[a, b]).unwrap();
    network.add("out".into(), Arc::new(Linear::new(3)), &[gated]).unwrap();
    network
}

fn trainer<T: whygrad::train::Real>(threads: usize) -> Trainer<T> {
    let options = Options { threads: Threads::new(threads), seed: 2, ..Options::default() };
    Trainer::new(network(), Arc::new(Brier), Arc::new(OPTIMIZER), options).unwrap()
}

fn batch<T>(data: &Dataset<T>) -> Batch<'_, T> {
    Batch { data, rows: Rows::Range(40, 60) }
}

#[test]
fn parts_of_others_train_and_resume_to_the_same_bits() {
    let data = data::<f32>(200, 5, Some(3));
    let how = Fit { epochs: 40, ..Fit::default() };
    let run = |threads| {
        let mut trainer = trainer::<f32>(threads);
        let before = trainer.evaluate(&data).unwrap().loss;
        let fitted = fit(&mut trainer, &data, None, &how, &mut Progress::default(), &mut []).unwrap();
        assert_eq!(fitted.end, End::Epochs);
        let after = trainer.evaluate(&data).unwrap().loss;
        assert!(after < 0.95 * before, "{before} {after}");
        trainer.state().clone()
    };
    let state = run(1);
    assert_eq!(state, run(2));
    let mut half = trainer::<f32>(1);
    let mut progress = Progress::default();
    fit(&mut half, &data, None, &Fit { epochs: 20, ..how }, &mut progress, &mut []).unwrap();
    let bytes = half.state().to_safetensors(half.network(), &progress);
    let (kept, mut progress) = State::from_safetensors(half.network(), &OPTIMIZER, &bytes).unwrap();
    let mut other = trainer::<f32>(1);
    other.restore(kept).unwrap();
    fit(&mut other, &data, None, &how, &mut progress, &mut []).unwrap();
    assert_eq!(*other.state(), state);
}

#[test]
fn parts_of_others_say_why_a_weight_moved() {
    let data = data::<f32>(200, 5, Some(3));
    let mut trainer = trainer::<f32>(1);
    trainer.step(batch(&data));
    let snapshot = Snapshot::take(&trainer, batch(&data)).unwrap();
    let network = snapshot.network();
    for name in ["linear1.weight[2,3]", "linear2.weight[0,4]", "gated1.weight[5]", "linear3.bias[1]"] {
        let weight = Weight::parse(name, network).unwrap();
        let (chain, batch) = (Chain::new(&snapshot, weight, 3), examples(&snapshot, weight));
        assert!(chain.reconciles && batch.reconciles, "{name}: {chain:?} {batch:?}");
        let (nudged, update) = (nudge(&snapshot, weight), update(&snapshot, weight));
        assert!(nudged.agrees && update.reconciles, "{name}: {nudged:?} {update:?}");
        assert!(effect(&snapshot, weight).all.measured < 0.0);
    }
    // The operation and the loss write themselves.
    let weight = Weight::parse("gated1.weight[5]", network).unwrap();
    let chain = Chain::new(&snapshot, weight, 3);
    let last = chain.links().last().unwrap().expression.clone().unwrap();
    assert_eq!(last.symbols(), "linear2[5]");
    let update = update(&snapshot, weight);
    assert_eq!(
        update.parts.iter().map(|part| part.source).collect::<Vec<_>>(),
        [Source::Data, Source::AdaptiveScale]
    );
}

#[test]
fn parts_of_others_have_a_ledger() {
    let data = data::<f32>(200, 5, Some(3));
    let mut trainer = trainer::<f32>(1);
    let mut ledger = Ledger::new(&trainer, data.cast::<f64>(), Refine::default()).unwrap();
    let how = Fit { epochs: 3, ..Fit::default() };
    fit(&mut trainer, &data, None, &how, &mut Progress::default(), &mut [&mut ledger]).unwrap();
    let totals = ledger.totals();
    assert!(totals.change < 0.0 && totals.relative.unwrap() <= 1e-5, "{totals:?}");
}

#[test]
fn parts_of_others_are_judged() {
    judge::operation(&Gated, &[[2, 3].into(), [2, 3].into()], 4).unwrap();
    judge::loss(&Brier, 3, 5, Made::Real).unwrap();
    judge::optimizer(&OPTIMIZER).unwrap();
}

#[test]
fn the_programs_of_the_guide_run() {
    circle::main().unwrap();
    quantiles::main().unwrap();
    why::main().unwrap();
}
