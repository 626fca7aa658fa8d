//! The list of checks, the checks that no experiment can fail, and the judge of trials.

use super::{Budget, Change, Evidence, LIST, Light, Link, Live, Place, Source, Told, Unable, Wanted};
use crate::author::{Scalar, Team};
use crate::data::{Dataset, Targets, generate::GENERATED};
use crate::init::Init;
use crate::kernel::Numbers;
use crate::kernel::update::{ElementUpdate, Piece};
use crate::loss::{CrossEntropy, Mse};
use crate::network::{Network, Value};
use crate::op::{
    BatchNorm, By, Compute, Forward, Grad, InputGrads, Linear, Misfit, Op, Partial, Point, Reads, Relu, Tanh,
};
use crate::optim::{Adam, Apply, Before, Decomposition, Optimizer, Rule, Sgd, Shared, Slot};
use crate::probe::Score;
use crate::shape::Shape;
use crate::train::{HeldOut, Progress, Setup, fit};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

#[test]
fn every_check_is_one_file_in_the_room_of_its_link() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check");
    let mut files = BTreeSet::new();
    for link in Link::ALL {
        for entry in std::fs::read_dir(folder.join(link.name())).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap().replace(".rs", "").replace('_', "-");
            if name != "mod" {
                files.insert((link, name));
            }
        }
    }
    assert_eq!(files.len(), LIST.len());
    for check in LIST {
        let name = check.name;
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
        let ends = |(link, file): &&(Link, String)| *link == check.link && name.ends_with(file.as_str());
        assert!(
            files.iter().any(|file| ends(&file)),
            "{name} has no file of its name in {}",
            check.link.name()
        );
        assert!(
            check.question.ends_with('?') && !check.limit.is_empty() && !check.source.is_empty(),
            "{name}"
        );
    }
    let names: BTreeSet<&str> = LIST.iter().map(|check| check.name).collect();
    assert_eq!(names.len(), LIST.len(), "two checks of one name");
    let links: Vec<Link> = LIST.iter().map(|check| check.link).collect();
    assert!(links.is_sorted(), "the list goes along the chain");
}

fn moons() -> Dataset<f64> {
    GENERATED.iter().find(|set| set.name == "moons").unwrap().make(200, 0.1, 2, 1).unwrap()
}

fn setup(network: Network) -> Setup<f64> {
    let adam = Adam { lr: 0.02, ..Adam::default() };
    let mut setup = Setup::new(moons(), network, CrossEntropy::default(), adam);
    setup.held_out = HeldOut::Share { share: 0.3, seed: 1 };
    setup.fit.epochs = 20;
    setup
}

fn plain() -> Network {
    Network::sequential([2], crate::layers![Linear::new(8), Tanh, Linear::new(2)]).unwrap()
}

/// What the checks find, as `(check, place)`.
fn found(setup: &mut Setup<f64>) -> Vec<(&'static str, Place)> {
    let evidence = setup.evidence(&[], &Budget::UNLIMITED).unwrap();
    let findings = LIST.iter().filter_map(|check| check.find(&evidence).ok()).flatten();
    findings.filter(|finding| finding.certain).map(|finding| (finding.check, finding.place)).collect()
}

/// What is wrong with an operation y = x.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Nothing,
    /// Backward gives the gradient times 1.01.
    Slope,
    /// An example gets a share of the one before it.
    Mixes,
}

#[derive(Clone, Copy, Debug)]
struct Passes(Wrong);

impl Op for Passes {
    fn name(&self) -> &'static str {
        "passes"
    }
    fn shape(&self, x: &[&Shape]) -> Result<Shape, Misfit> {
        Ok(x[0].clone())
    }
    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

impl<T: Scalar> Compute<T> for Passes {
    fn forward(&self, io: Forward<'_, T>, _: &mut Team<'_, T>) {
        let (x, width) = (io.x.get(0), io.x.shape(0).len());
        for (i, y) in io.y.iter_mut().enumerate() {
            let before = if self.0 == Wrong::Mixes && i >= width { x[i - width] } else { T::zero() };
            *y = x[i] + T::of(0.1) * before;
        }
    }
    fn backward(&self, _: &Point<'_, T>, dy: &[T], mut dx: InputGrads<'_, T>, _: &mut Team<'_, T>) {
        let factor = if self.0 == Wrong::Slope { T::of(1.01) } else { T::one() };
        if let Some(dx) = dx.get(0).map(Grad::sum) {
            dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += factor * *dy);
        }
    }
    fn partials(&self, _: &Point<'_, T>, row: usize, of: usize, emit: &mut dyn FnMut(Partial<T>)) {
        emit(Partial { by: By::Input { input: 0, row, at: of }, slope: T::one() });
    }
}

fn with(wrong: Wrong) -> Network {
    Network::sequential([2], crate::layers![Linear::new(8), Passes(wrong), Tanh, Linear::new(2)]).unwrap()
}

#[test]
fn a_wrong_backward_is_named_with_its_operation_and_a_right_one_is_not() {
    assert_eq!(found(&mut setup(with(Wrong::Nothing))), []);
    assert_eq!(found(&mut setup(with(Wrong::Slope))), [("gradient-wrong", Place::operation("passes1"))]);
}

#[test]
fn an_operation_that_mixes_examples_is_named_and_batch_norm_which_says_so_is_not() {
    let of = found(&mut setup(with(Wrong::Mixes)));
    assert_eq!(of[0], ("examples-mixed", Place::operation("passes1")));
    let normed = crate::layers![Linear::new(8), BatchNorm::default(), Tanh, Linear::new(2)];
    assert_eq!(found(&mut setup(Network::sequential([2], normed).unwrap())), []);
}

#[test]
fn a_parameter_that_no_path_reaches_is_named() {
    let mut network = Network::new([2]);
    let x: Value = network.input();
    network.add("lost".into(), Arc::new(Linear::new(3)), &[x]).unwrap();
    let hidden = network.add("0".into(), Arc::new(Linear::new(8)), &[x]).unwrap();
    let hidden = network.add("1".into(), Arc::new(Tanh), &[hidden]).unwrap();
    network.add("2".into(), Arc::new(Linear::new(2)), &[hidden]).unwrap();
    assert_eq!(found(&mut setup(network)), [("gradient-missing", Place::parameter("linear1.weight"))]);
    assert_eq!(found(&mut setup(plain())), []);
}

/// Gradient descent by `factor` of what its formula says.
#[derive(Clone, Copy, Debug)]
struct Off {
    factor: f64,
}

impl Rule for Off {
    fn name(&self) -> &'static str {
        "off"
    }
    fn lr(&self) -> f64 {
        0.1
    }
    fn slots(&self) -> Vec<Slot> {
        vec![]
    }
    fn shared(&self, _: u64, lr: f64) -> Shared {
        [lr * self.factor, 0.0, 0.0]
    }
    fn decomposition(&self, at: &Before) -> Decomposition {
        Decomposition::new(at, self.lr())
    }
}

impl<T: Scalar> Apply<T> for Off {
    fn update(&self, [alpha, ..]: Shared, piece: Piece<'_, T>) {
        piece.apply(Down(T::of(-alpha)));
    }
}

#[derive(Clone, Copy)]
struct Down<T>(T);

impl<T: Scalar> ElementUpdate<T, 0> for Down<T> {
    fn update<N: Numbers<T>>(&self, w: N, g: N, slots: [N; 0]) -> (N, [N; 0]) {
        (N::all(self.0).mul_add(g, w), slots)
    }
}

#[test]
fn a_step_that_is_not_what_the_formula_gives_is_named_with_a_weight() {
    let of = |factor| {
        let mut setup = setup(plain());
        setup.optimizer = Arc::new(Off { factor }) as Arc<dyn Optimizer>;
        found(&mut setup)
    };
    assert_eq!(of(1.0), []);
    let wrong = of(1.001);
    assert_eq!(wrong[0].0, "update-wrong");
    assert!(wrong[0].1.weight.as_ref().is_some_and(|weight| weight.starts_with("linear")), "{wrong:?}");
}

#[test]
fn a_gradient_with_earlier_ones_in_it_is_found_where_it_was_computed_a_second_time() {
    let check = LIST.iter().find(|check| check.name == "gradient-accumulates").unwrap();
    let of = |applied: Option<Vec<f64>>| check.find(&Evidence { applied, ..Evidence::default() });
    assert_eq!(of(Some(vec![1.0, 2.0, 2.9, 4.1])).unwrap().len(), 1);
    assert_eq!(of(Some(vec![1.0, 1.0, 0.99, 1.01])).unwrap(), []);
    assert_eq!(of(None), Err("its gradients were not computed a second time"));
}

#[test]
fn a_training_that_is_watched_or_checked_is_the_same_bit_for_bit() {
    let make = || setup(plain()).start().unwrap();
    let trained = |watched: bool| {
        let mut prepared = make();
        let (train, test, how) = (prepared.train.clone(), prepared.test.clone(), prepared.fit);
        let told = Told::of(&prepared.trainer, train.len(), how, prepared.preprocessing.scaler.kind(), false);
        let mut live = Live::new(&prepared.trainer, &train, test.as_ref(), told, false).unwrap();
        let mut observers: Vec<&mut dyn crate::train::Observer<f64>> =
            if watched { vec![&mut live] } else { vec![] };
        fit(&mut prepared.trainer, &train, test.as_ref(), &how, &mut Progress::default(), &mut observers)
            .unwrap();
        prepared.trainer.state().clone()
    };
    assert_eq!(trained(true), trained(false));

    // The evidence's score is that of the training without a look at it.
    let mut setup = setup(plain());
    let score = setup.evidence(&[], &Budget::UNLIMITED).unwrap().score;
    assert_eq!(score, score_of(&mut setup, &[]).ok());
}

#[test]
fn what_starts_dead_is_named_before_the_tenth_step() {
    let dead = Linear { bias_init: Some(Init::Constant(-50.0)), ..Linear::new(8) };
    let network = Network::sequential([2], crate::layers![dead, Relu, Linear::new(2)]).unwrap();
    let mut prepared = setup(network).start().unwrap();
    let (train, how) = (prepared.train.clone(), prepared.fit);
    let told = Told::of(&prepared.trainer, train.len(), how, prepared.preprocessing.scaler.kind(), false);
    let mut live = Live::new(&prepared.trainer, &train, None, told, true).unwrap();
    fit(&mut prepared.trainer, &train, None, &how, &mut Progress::default(), &mut [&mut live]).unwrap();
    assert!(prepared.trainer.state().steps <= 10);
    assert_eq!(live.first_broken().map(|finding| finding.check), Some("units-dead"));
    assert_eq!((live.light(Link::Forward), live.light(Link::Data)), (Light::Red, Light::Green));
}

fn is_better(before: &[Option<f64>], after: &[f64]) -> bool {
    super::judge::is_better(before, after, 1000)
}

#[test]
fn a_trial_is_better_only_by_enough_by_more_than_chance_and_from_nearly_every_start() {
    let some = |before: &[f64]| before.iter().map(|x| Some(*x)).collect::<Vec<_>>();
    assert!(is_better(&some(&[0.5, 0.6, 0.55]), &[0.9, 0.91, 0.92]));
    // Too little, near a perfect result and far from it.
    assert!(!is_better(&some(&[0.97, 0.97, 0.97, 0.97, 0.97]), &[0.98, 0.98, 0.98, 0.98, 0.98]));
    assert!(!is_better(&some(&[0.2, 0.2, 0.2, 0.2, 0.2]), &[0.24, 0.24, 0.24, 0.24, 0.24]));
    // Worse from one of them; as good from one is not worse, where the others gain much.
    assert!(!is_better(&some(&[0.5, 0.5, 0.5, 0.5, 0.5]), &[0.9, 0.9, 0.9, 0.9, 0.4]));
    assert!(is_better(&some(&[0.5, 0.5, 0.5, 0.9, 0.5]), &[0.9, 0.9, 0.9, 0.9, 0.9]));
    // Within the spread.
    assert!(!is_better(&some(&[0.5, 0.5, 0.5, 0.5, 0.5]), &[0.51, 0.9, 0.55, 0.51, 0.95]));
    assert!(!is_better(&some(&[0.5, 0.5, 0.5]), &[f64::NAN, 0.9, 0.9]));
    // What cannot begin is worth nothing.
    assert!(is_better(&[None, None, None], &[0.9, 0.91, 0.92]));
}

fn score_of(setup: &mut Setup<f64>, changes: &[Vec<Change>]) -> Result<Score, Unable> {
    setup.scores(&[Wanted { changes: changes.to_vec(), from: 0 }], &Budget::UNLIMITED).remove(0)
}

#[test]
fn what_no_change_can_be_made_of_is_no_trial() {
    let mut setup = setup(plain());
    let gone = vec![vec![Change::Remove("relu7".into())]];
    assert_eq!(score_of(&mut setup, &gone), Err(Unable::NoTrial));
    let values = Targets::Values { data: vec![0.5; 200], width: 1 };
    setup.data = Arc::new(moons().with_targets(values).unwrap());
    setup.network = Network::sequential([2], crate::layers![Linear::new(1)]).unwrap();
    setup.loss = Arc::new(Mse::default());
    setup.optimizer = Arc::new(Sgd { lr: 0.1, ..Sgd::default() });
    let weights = vec![vec![Change::ClassWeights(vec![1.0, 2.0])]];
    assert_eq!(score_of(&mut setup, &weights), Err(Unable::NoTrial));
}
