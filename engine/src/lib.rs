//! Backpropagation that shows, for any weight, in numbers that add up, why it moved.
//!
//! Everything hangs on the chain of a training step: data → forward → loss → gradient → update. This page is a guide that
//! runs: train on your own data, write your own operation, loss and optimizer, have them judged, watch, and ask why.
//!
//! # Train
//!
//! A [`Dataset`](data::Dataset) is numbers of known shape and as many targets; a [`Network`](network::Network) says what
//! is computed, and prints itself; a [`Trainer`](train::Trainer) holds the weights and makes steps; [`fit`](train::fit)
//! calls them, epoch by epoch.
//!
//! ```
//! use std::sync::Arc;
//! use whygrad::data::{Dataset, Targets, split};
//! use whygrad::train::{Fit, Options, Progress, Trainer, fit};
//! use whygrad::{layers, loss::CrossEntropy, network::Network, op::*, optim::Adam};
//!
//! // Points of the plane, of class 1 inside a circle.
//! let side = |i: usize| i as f32 / 9.5 - 1.0;
//! let points: Vec<[f32; 2]> = (0..400).map(|i| [side(i % 20), side(i / 20)]).collect();
//! let classes = points.iter().map(|[x, y]| u32::from(x * x + y * y < 0.5)).collect();
//! let data = Dataset::new(points.concat(), [2], Targets::Classes(classes))?.with_class_names(["outside", "inside"]);
//! let (train, test) = split(data, 0.25, true, 1);
//!
//! let network = Network::sequential([2], layers![Linear::new(16), Tanh, Linear::new(2)])?;
//! println!("{network}");
//! let adam = Arc::new(Adam { lr: 0.02, ..Adam::default() });
//! let options = Options { batch: 20, seed: 1, ..Options::default() };
//! let mut trainer = Trainer::new(network, Arc::new(CrossEntropy::default()), adam, options)?;
//! let how = Fit { epochs: 60, ..Fit::default() };
//! let fitted = fit(&mut trainer, &train, Some(&test), &how, &mut Progress::default(), &mut [])?;
//! assert_eq!(fitted.steps, 60 * 15);
//! assert!(trainer.evaluate(&test)?.accuracy > Some(0.9));
//!
//! let logits = trainer.predict(&[0.1, 0.1])?;
//! assert!(logits[1] > logits[0], "the middle is inside");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Equal seeds give equal bits, for any number of [`Threads`]. [`Trainer::state`](train::Trainer::state) is all that a
//! step changes, and goes to bytes and back ([`State::to_safetensors`](train::State::to_safetensors)); PyTorch reads the
//! weights.
//!
//! # Your own operation
//!
//! An operation that acts number by number is its value and its slope ([`op::Pointwise`]):
//!
//! ```
//! use whygrad::author::Scalar;
//! use whygrad::expr::{Expr, Function};
//! use whygrad::op::{Pointwise, Reads};
//!
//! /// Softsign: y = x / (1 + |x|).
//! #[derive(Clone, Copy, Debug)]
//! struct Softsign;
//!
//! impl Pointwise for Softsign {
//!     fn name(&self) -> &'static str {
//!         "softsign"
//!     }
//!     /// Of x and y, the slope is computed from x.
//!     fn reads(&self) -> Reads {
//!         Reads::Inputs
//!     }
//!     fn value<T: Scalar>(&self, x: T) -> T {
//!         x / (T::one() + x.abs())
//!     }
//!     fn slope<T: Scalar>(&self, x: T, _y: T) -> T {
//!         (T::one() + x.abs()).powi(-2)
//!     }
//!     // How both are written in `why`.
//!     fn expression(&self, x: Expr) -> Expr {
//!         x.clone() / (1.0 + Expr::call(Function::Abs, [x]))
//!     }
//!     fn slope_expression(&self, x: Expr, _y: Expr) -> Expr {
//!         Expr::Number(1.0) / (1.0 + Expr::call(Function::Abs, [x])).power(2.0)
//!     }
//!     fn flops(&self) -> usize {
//!         3
//!     }
//! }
//!
//! let layers = whygrad::layers![whygrad::op::Linear::new(4), Softsign];
//! # whygrad::network::Network::sequential([2], layers)?;
//! # whygrad::judge::operation(&Softsign, &[[5].into()], 3)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Any other says its shapes and parameters ([`op::Op`]), and computes in both precisions ([`op::Compute`]): forward,
//! backward by its inputs, backward by its parameters, and its partials, the local derivatives one by one, from which
//! chains and paths are made. A backward adds, as a value may be used twice; it reads what [`Op::reads`](op::Op::reads)
//! declares and nothing else. Here y = a + γ·b, of two inputs, with a γ for each feature that is learned: a residual that
//! starts near the identity.
//!
//! ```
//! use std::sync::Arc;
//! use whygrad::Shape;
//! use whygrad::author::{Scalar, Team};
//! use whygrad::expr::{Expr, Role};
//! use whygrad::init::Init;
//! use whygrad::network::Network;
//! use whygrad::op::*;
//!
//! /// y = a + γ·b with γ [features] (LayerScale: Touvron et al. 2021).
//! #[derive(Clone, Copy, Debug)]
//! struct ScaledAdd {
//!     /// What γ starts with.
//!     start: f64,
//! }
//!
//! impl Op for ScaledAdd {
//!     fn name(&self) -> &'static str {
//!         "scaled_add"
//!     }
//!     fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
//!         match x {
//!             [a, b] if a == b => Ok((*a).clone()),
//!             [a, b] => Err(Misfit::Unequal((*a).clone(), (*b).clone())),
//!             _ => Err(Misfit::Inputs { wants: 2, got: x.len() }),
//!         }
//!     }
//!     fn params(&self, x: &[&Shape]) -> Vec<ParamSpec> {
//!         let shape = [x[0].last()].into();
//!         vec![ParamSpec { name: "gamma", shape, init: Init::Constant(self.start), mask: None }]
//!     }
//!     fn reads(&self) -> Reads {
//!         Reads::Inputs
//!     }
//!     fn expression(&self, of: Of<'_>) -> Option<Expr> {
//!         Some(of.input("a", 0, of.at) + gamma(of) * of.input("b", 1, of.at))
//!     }
//!     fn slope(&self, of: Of<'_>, by: By) -> Option<Expr> {
//!         Some(match by {
//!             By::Input { input: 0, .. } => Expr::Number(1.0),
//!             By::Input { .. } => gamma(of),
//!             By::Param { .. } => of.input("b", 1, of.at),
//!         })
//!     }
//! }
//!
//! fn gamma(of: Of<'_>) -> Expr {
//!     Expr::symbol("γ", Role::Param { param: 0, at: of.at % of.x[0].last() })
//! }
//!
//! impl<T: Scalar> Compute<T> for ScaledAdd {
//!     fn forward(&self, io: Forward<'_, T>, _team: &mut Team<'_, T>) {
//!         let (a, b, gamma) = (io.x.get(0), io.x.get(1), io.w.get(0).iter().cycle());
//!         for (((y, a), b), gamma) in io.y.iter_mut().zip(a).zip(b).zip(gamma) {
//!             *y = *a + *gamma * *b;
//!         }
//!     }
//!     fn backward(&self, at: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _team: &mut Team<'_, T>) {
//!         // An input whose gradient nobody needs has none.
//!         if let Some(da) = dx.get(0).map(Grad::sum) {
//!             da.iter_mut().zip(dy).for_each(|(da, dy)| *da += *dy);
//!         }
//!         if let Some(db) = dx.get(1).map(Grad::sum) {
//!             let gamma = at.w.get(0).iter().cycle();
//!             db.iter_mut().zip(dy).zip(gamma).for_each(|((db, dy), gamma)| *db += *gamma * *dy);
//!         }
//!     }
//!     fn backward_param(&self, at: &Point<'_, T>, dy: &[T], part: Part, dw: Grad<'_, T>, _: &mut Team<'_, T>) {
//!         // A part of the parameter: some of its rows.
//!         let (n, dgamma) = (at.x.shape(0).last(), dw.sum());
//!         for (b, dy) in at.x.get(1).chunks_exact(n).zip(dy.chunks_exact(n)) {
//!             let terms = b[part.rows.clone()].iter().zip(&dy[part.rows.clone()]);
//!             dgamma.iter_mut().zip(terms).for_each(|(dgamma, (b, dy))| *dgamma += *b * *dy);
//!         }
//!     }
//!     fn partials(&self, at: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
//!         let (gamma, place) = (at.w.get(0), of % at.x.shape(0).last());
//!         let b = at.x.get(1)[row * at.x.shape(1).len() + of];
//!         emit(Partial { by: By::Input { input: 0, row, at: of }, slope: T::one() });
//!         emit(Partial { by: By::Input { input: 1, row, at: of }, slope: gamma[place] });
//!         emit(Partial { by: By::Param { param: 0, at: place }, slope: b });
//!     }
//! }
//!
//! // A graph that is no list of layers is built value by value; the name is what files call its parameters.
//! let mut network = Network::new([8]);
//! let x = network.input();
//! let fx = network.add("f".into(), Arc::new(Linear::new(8)), &[x])?;
//! network.add("scale".into(), Arc::new(ScaledAdd { start: 0.1 }), &[x, fx])?;
//! assert_eq!(network.params()[2].name, "scaled_add1.gamma");
//!
//! // The judge compares gradients with finite differences, f32 with f64, what is read with what is declared, …
//! whygrad::judge::operation(&ScaledAdd { start: 0.1 }, &[[8].into(), [8].into()], 3)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`judge::operation`] puts an operation through a closed list of tests; [`judge::loss()`] and [`judge::optimizer`] do the
//! same below. What fails says which number is wrong, and what it should be.
//!
//! What is worth more than one thread is shared with the [`Team`](author::Team); loops that should become vectors are run
//! by [`wide`](author::wide). The crate's own operations are examples of both.
//!
//! # Your own loss
//!
//! A loss that compares number by number is a [`loss::Pointwise`]; any other is a [`loss::Loss`] that computes
//! ([`loss::ComputeLoss`]).
//!
//! ```
//! use whygrad::author::Scalar;
//! use whygrad::expr::{Expr, Function, Role};
//! use whygrad::loss::{Pointwise, Reduction};
//!
//! /// Charbonnier's loss: √((x − y)² + ε²), the absolute error without its kink.
//! #[derive(Clone, Copy, Debug)]
//! struct Charbonnier {
//!     epsilon: f64,
//! }
//!
//! impl Charbonnier {
//!     fn root(self, error: Expr) -> Expr {
//!         let epsilon = Expr::symbol("ε", Role::Setting(self.epsilon));
//!         Expr::call(Function::Sqrt, [error.power(2.0) + epsilon.power(2.0)])
//!     }
//! }
//!
//! impl Pointwise for Charbonnier {
//!     fn name(&self) -> &'static str {
//!         "charbonnier"
//!     }
//!     fn reduction(&self) -> Reduction {
//!         Reduction::Mean
//!     }
//!     fn value<T: Scalar>(&self, x: T, y: T) -> T {
//!         ((x - y).powi(2) + T::of(self.epsilon.powi(2))).sqrt()
//!     }
//!     fn slope<T: Scalar>(&self, x: T, y: T) -> T {
//!         (x - y) / self.value(x, y)
//!     }
//!     fn expression(&self, x: Expr, y: Expr) -> Expr {
//!         self.root(x - y)
//!     }
//!     fn slope_expression(&self, x: Expr, y: Expr) -> Expr {
//!         let error = x - y;
//!         error.clone() / self.root(error)
//!     }
//! }
//!
//! whygrad::judge::loss(&Charbonnier { epsilon: 0.1 }, 3, 5, whygrad::loss::Made::Real)?;
//! # Ok::<(), whygrad::judge::Fault>(())
//! ```
//!
//! # Your own optimizer
//!
//! An optimizer says what it keeps for each weight ([`optim::Slot`]) and writes the update of one, on
//! [`Numbers`](author::Numbers), as many as a vector holds. From the formula alone it says a second time what the update
//! is made of ([`optim::Decomposition`]): the step −α₀·g, and what each of its ideas adds to that.
//!
//! ```
//! use whygrad::author::{ElementUpdate, Numbers, Piece, Scalar};
//! use whygrad::optim::{Before, Decomposition, Rule, Shared, Slot, Source, Apply};
//!
//! /// Quasi-hyperbolic momentum (Ma, Yarats 2019): m ← β·m + (1 − β)·g; w ← w − α·((1 − ν)·g + ν·m).
//! #[derive(Clone, Copy, Debug)]
//! struct Qhm {
//!     lr: f64,
//!     beta: f64,
//!     nu: f64,
//! }
//!
//! impl Rule for Qhm {
//!     fn name(&self) -> &'static str {
//!         "qhm"
//!     }
//!     fn lr(&self) -> f64 {
//!         self.lr
//!     }
//!     fn slots(&self) -> Vec<Slot> {
//!         vec![Slot { name: "momentum_buffer", start: 0.0 }]
//!     }
//!     /// α, which the schedule changes.
//!     fn shared(&self, _t: u64, lr: f64) -> Shared {
//!         [lr, 0.0, 0.0]
//!     }
//!     fn decomposition(&self, at: &Before) -> Decomposition {
//!         let mut decomposition = Decomposition::new(at, self.lr);
//!         let d = decomposition.gradient();
//!         let beta = decomposition.name("β", "decay of the mean", self.beta);
//!         let nu = decomposition.name("ν", "share of the mean", self.nu);
//!         let before = decomposition.name("m₋", "mean of the gradients before the update", at.slots[0]);
//!         let m = decomposition.name("m", "β·m₋ + (1 − β)·d", beta * before + (1.0 - beta) * d);
//!         decomposition.advance(Source::Momentum, "−α₀·ν·(m − d)", (1.0 - nu) * d + nu * m);
//!         if let Some(alpha) = at.scheduled {
//!             decomposition.scheduled("−(α − α₀)·u", alpha);
//!         }
//!         decomposition
//!     }
//! }
//!
//! impl<T: Scalar> Apply<T> for Qhm {
//!     fn update(&self, [alpha, ..]: Shared, piece: Piece<'_, T>) {
//!         piece.apply(Step { minus_alpha: T::of(-alpha), beta: T::of(self.beta), nu: T::of(self.nu) });
//!     }
//! }
//!
//! #[derive(Clone, Copy)]
//! struct Step<T> {
//!     minus_alpha: T,
//!     beta: T,
//!     nu: T,
//! }
//!
//! impl<T: Scalar> ElementUpdate<T, 1> for Step<T> {
//!     #[inline(always)]
//!     fn update<N: Numbers<T>>(&self, w: N, g: N, [m]: [N; 1]) -> (N, [N; 1]) {
//!         let m = N::all(self.beta).mul_add(m - g, g);
//!         let u = N::all(self.nu).mul_add(m - g, g);
//!         (N::all(self.minus_alpha).mul_add(u, w), [m])
//!     }
//! }
//!
//! whygrad::judge::optimizer(&Qhm { lr: 0.1, beta: 0.999, nu: 0.7 })?;
//! # Ok::<(), whygrad::judge::Fault>(())
//! ```
//!
//! # Watch
//!
//! Whoever watches training is an [`Observer`](train::Observer): asked before a step what it wants of it, told after the
//! step and after the epoch, free to stop.
//!
//! ```
//! use std::ops::ControlFlow;
//! use whygrad::train::{Detail, Epoch, Observer, StepDone};
//!
//! /// Keeps the norm of every step's update, and stops when the loss is low enough.
//! struct Watch {
//!     enough: f64,
//!     norms: Vec<f64>,
//! }
//!
//! impl<T> Observer<T> for Watch {
//!     fn wants(&mut self, _step: u64) -> Detail {
//!         Detail::Facts
//!     }
//!     fn step(&mut self, done: &StepDone<'_, T>) -> ControlFlow<()> {
//!         let updates = done.facts.iter().flat_map(|facts| &facts.param_updates);
//!         self.norms.push(updates.map(|update| update.norm().powi(2)).sum::<f64>().sqrt());
//!         ControlFlow::Continue(())
//!     }
//!     fn epoch(&mut self, done: &Epoch<'_, T>) -> ControlFlow<()> {
//!         if done.train.loss <= self.enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
//!     }
//! }
//! # use std::sync::Arc;
//! # use whygrad::{data::generate::GENERATED, layers, loss::Mse, network::Network, op::*, optim::Sgd, train::*};
//! # let sine = GENERATED.iter().find(|set| set.name == "sine").ok_or("no such set")?;
//! # let data = sine.make::<f32>(100, 0.0, 1, 1)?;
//! # let network = Network::sequential([1], layers![Linear::new(8), Tanh, Linear::new(1)])?;
//! # let sgd = Arc::new(Sgd { lr: 0.1, ..Sgd::default() });
//! # let mut trainer = Trainer::new(network, Arc::new(Mse::default()), sgd, Options::default())?;
//!
//! let mut watch = Watch { enough: 0.1, norms: vec![] };
//! let how = Fit { epochs: 1000, ..Fit::default() };
//! let fitted = fit(&mut trainer, &data, None, &how, &mut Progress::default(), &mut [&mut watch])?;
//! assert_eq!(fitted.end, End::Observer);
//! assert_eq!(watch.norms.len() as u64, fitted.steps);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Why
//!
//! A [`Snapshot`](credit::Snapshot) holds one step still; of any weight it is asked for the chain of factors from the loss
//! of one example, for what every example contributed, for what the optimizer made of the gradient, and for what the move
//! did to the loss. Each part adds up, and says by how much it does not. A [`Ledger`](credit::Ledger) is an observer that
//! does it for a whole run.
//!
//! ```
//! use whygrad::credit::{Chain, Ledger, Refine, Snapshot, Weight, effect, examples, update};
//! use whygrad::network::{Batch, Rows};
//! # use std::sync::Arc;
//! # use whygrad::{data::generate::GENERATED, layers, loss::Mse, network::Network, op::*, optim::Sgd, train::*};
//! # let sine = GENERATED.iter().find(|set| set.name == "sine").ok_or("no such set")?;
//! # let data = sine.make::<f32>(100, 0.0, 1, 1)?;
//! # let network = Network::sequential([1], layers![Linear::new(8), Tanh, Linear::new(1)])?;
//! # let sgd = Arc::new(Sgd { lr: 0.1, ..Sgd::default() });
//! # let mut trainer = Trainer::new(network, Arc::new(Mse::default()), sgd, Options::default())?;
//!
//! // The step that the trainer would make next; it does not move.
//! let snapshot = Snapshot::take(&trainer, Batch { data: &data, rows: Rows::Index(&[3, 14, 15]) })?;
//! let weight = Weight::parse("linear1.weight[2,0]", snapshot.network())?;
//! let chain = Chain::new(&snapshot, weight, 0);
//! for factor in &chain.factors {
//!     println!("{} = {:?}", factor.symbol, factor.number);
//! }
//! assert!(chain.reconciles && examples(&snapshot, weight).reconciles && update(&snapshot, weight).reconciles);
//! println!("its move changed the loss by {}", effect(&snapshot, weight).alone.measured);
//!
//! let mut ledger = Ledger::new(&trainer, data.cast::<f64>(), Refine::default())?;
//! fit(&mut trainer, &data, None, &Fit::default(), &mut Progress::default(), &mut [&mut ledger])?;
//! println!("{} earned most", ledger.earned_most(1)[0].name);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How things are made, and what fails
//!
//! - What is only told is a struct with public fields, and what differs from the usual is written in the literal:
//!   `Adam { lr: 0.01, ..Adam::default() }`, `Linear { bias: false, ..Linear::new(10) }` (where something has no usual
//!   value, `new` takes it).
//! - What is checked or compiled has private fields and a function that makes it, or says in an error what does not fit:
//!   [`Dataset::new`](data::Dataset::new), [`Network::sequential`](network::Network::sequential),
//!   [`Trainer::new`](train::Trainer::new), [`Snapshot::take`](credit::Snapshot::take).
//! - Data, networks and files that do not fit are errors, with both clashing facts. A batch that is larger than
//!   [`Options::batch`](train::Options) or has rows that the data lacks is a mistake in the program, and panics.

// No printing, no files, no clock, no environment: `clippy.toml` lists how it would be done.
#![cfg_attr(not(test), warn(clippy::disallowed_macros, clippy::disallowed_methods))]

pub mod author;
pub mod check;
pub mod credit;
pub mod data;
pub mod expr;
pub mod facts;
pub mod init;
pub mod judge;
mod kernel;
pub mod loss;
pub mod network;
pub mod op;
pub mod optim;
pub mod probe;
pub mod setting;
mod shape;
pub mod train;

pub use kernel::{Threads, vectors};
pub use shape::Shape;

/// The README's example is compiled and run with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
