//! An update taken apart: its parts add up to what training did, and a wrong update is caught.

use super::data;
use std::sync::{Arc, LazyLock};
use whygrad::author::Piece;
use whygrad::credit::{Snapshot, Update, Weight, update};
use whygrad::layers;
use whygrad::loss::{CrossEntropy, LossFunction};
use whygrad::network::{Batch, Network, Rows};
use whygrad::op::{Linear, Tanh};
use whygrad::optim::{
    self, Before, Clip, Decay, Decomposition, Optimizer, Rule, Schedule, Shared, Slot, Source,
};
use whygrad::setting::Literal;
use whygrad::train::{Options, Real, Trainer};

type Given = &'static [(&'static str, Literal)];

const LR: (&str, Literal) = ("lr", Literal::Number(0.02));
const DECAY: (&str, Literal) = ("weight_decay", Literal::Number(0.1));
const MOMENTUM: (&str, Literal) = ("momentum", Literal::Number(0.9));
const LR_DECAY: (&str, Literal) = ("lr_decay", Literal::Number(0.3));

const CLIPS: [Clip; 3] = [Clip::Off, Clip::Norm(0.1), Clip::Value(0.01)];

static SCHEDULES: LazyLock<[Schedule; 3]> = LazyLock::new(|| {
    [
        Schedule { warmup: 0, decay: Decay::Constant },
        Schedule { warmup: 4, decay: Decay::Cosine { ends: vec![7, 20], min: 1e-4 } },
        Schedule { warmup: 0, decay: Decay::Step { every: 2, gamma: 0.5 } },
    ]
});

fn optimizer(name: &str, given: Given) -> Arc<dyn Optimizer> {
    optim::read(name, given.iter().map(|(key, value)| (key.to_string(), value.clone()))).unwrap()
}

/// The network of these tests; its first bias is frozen.
fn network() -> Network {
    let mut network = Network::sequential([5], layers![Linear::new(7), Tanh, Linear::new(3)]).unwrap();
    network.freeze("linear1.bias").unwrap();
    network
}

/// An optimizer that says what another does, and does one `fault` more.
#[derive(Debug)]
struct Faulty {
    of: Arc<dyn Optimizer>,
    fault: f64,
}

impl Rule for Faulty {
    fn name(&self) -> &'static str {
        self.of.name()
    }

    fn lr(&self) -> f64 {
        self.of.lr()
    }

    fn slots(&self) -> Vec<Slot> {
        self.of.slots()
    }

    fn shared(&self, t: u64, lr: f64) -> Shared {
        self.of.shared(t, lr)
    }

    fn decomposition(&self, at: &Before) -> Decomposition {
        self.of.decomposition(at)
    }
}

impl<T: Real> optim::Apply<T> for Faulty {
    fn update(&self, shared: Shared, piece: Piece<'_, T>) {
        let Piece { w, g, slots, clipping, facts } = piece;
        let before = w.to_vec();
        T::of_optimizer(&*self.of).update(shared, Piece { w: &mut *w, g, slots, clipping, facts });
        w.iter_mut().zip(before).for_each(|(w, before)| *w += T::of(self.fault) * (*w - before));
    }
}

/// Trains ten steps, and calls `f` with the updates of the first, second and last, by an optimizer that does one
/// `fault` more than it says.
fn trained<T: Real>(name: &str, given: Given, how: &(Clip, Schedule), fault: f64, mut f: impl FnMut(Update)) {
    let loss: Arc<dyn LossFunction> = Arc::new(CrossEntropy::default());
    let (clip, schedule) = how.clone();
    let options = Options { batch: 16, clip, schedule, seed: 4, ..Options::default() };
    let optimizer = match fault {
        0.0 => optimizer(name, given),
        fault => Arc::new(Faulty { of: optimizer(name, given), fault }),
    };
    let mut trainer = Trainer::<T>::new(network(), loss, optimizer, options).unwrap();
    let data = data::<T>(160, 5, Some(3));
    for t in 1..=10 {
        let batch = Batch { data: &data, rows: Rows::Range(16 * (t - 1), 16 * t) };
        if [1, 2, 10].contains(&t) {
            let snapshot = Snapshot::take(&trainer, batch).unwrap();
            for (param, of) in trainer.network().params().iter().enumerate() {
                (0..of.shape.len()).for_each(|at| f(update(&snapshot, Weight { param, at })));
            }
        }
        trainer.step(batch);
    }
}

/// Every optimizer and its settings.
fn cases() -> impl Iterator<Item = (&'static str, Given)> {
    optim::LIST.iter().flat_map(|entry| entry.cases.iter().map(|given| (entry.name, *given)))
}

/// Every optimizer, setting, clip and schedule of these tests.
fn each(mut f: impl FnMut(&'static str, Given, &(Clip, Schedule))) {
    for (name, given) in cases() {
        for clip in CLIPS {
            SCHEDULES.iter().for_each(|schedule| f(name, given, &(clip, schedule.clone())));
        }
    }
}

#[test]
fn the_parts_of_every_update_add_up_to_what_training_did() {
    each(|name, given, how| {
        trained::<f64>(name, given, how, 0.0, |update| {
            let told = format!("{name} {given:?} {how:?}: {update:#?}");
            assert!(update.reconciles, "{told}");
            // A weight is only as fine as its own last bit, and so is what it moved by.
            let floor = 2.0 * f64::EPSILON * update.before.abs();
            assert!(update.residual.abs() <= 1e-10 * update.moved.abs() + floor, "{told}");
            let after = update.before + update.sum;
            assert!((after - update.after).abs() <= 1e-12 * update.before.abs().max(after.abs()), "{told}");
            let sum: f64 = update.parts.iter().map(|part| part.amount).sum();
            assert_eq!((sum, update.moved - update.sum), (update.sum, update.residual), "{told}");
        });
    });
}

#[test]
fn updates_in_f32_reconcile_within_their_rounding() {
    each(|name, given, how| {
        let (mut caught, mut all) = (0, 0);
        trained::<f32>(name, given, how, 0.0, |update| {
            assert!(update.reconciles, "{name} {given:?} {how:?}: {update:#?}");
            all += 1;
            caught += usize::from(update.tolerance < 0.01 * update.moved.abs());
        });
        assert!(2 * caught > all, "{name} {given:?} {how:?}: 1 % would be seen in {caught} of {all}");
    });
}

#[test]
fn an_update_that_is_off_by_a_thousandth_is_caught() {
    each(|name, given, how| {
        trained::<f64>(name, given, how, 1e-3, |update| {
            assert_eq!(update.reconciles, update.frozen, "{name} {given:?} {how:?}: {update:#?}");
        });
    });
}

#[test]
fn parts_that_an_optimizer_does_not_have_are_absent() {
    let sources = |name, given, how: &_| {
        let mut found = vec![];
        trained::<f64>(name, given, how, 0.0, |update| {
            if !update.frozen {
                found = update.parts.iter().map(|part| part.source).collect();
            }
        });
        found
    };
    use Source::*;
    let (plain, full) = ((CLIPS[0], SCHEDULES[0].clone()), (CLIPS[1], SCHEDULES[1].clone()));
    assert_eq!(sources("sgd", &[LR], &plain), [Data]);
    assert_eq!(sources("sgd", &[LR, MOMENTUM], &plain), [Data, Momentum]);
    assert_eq!(
        sources("sgd", &[LR, MOMENTUM, DECAY], &full),
        [Data, Clipping, WeightDecay, Momentum, Schedule]
    );
    assert_eq!(
        sources("adamw", &[], &full),
        [Data, Clipping, WeightDecay, Momentum, AdaptiveScale, Schedule]
    );
    assert_eq!(sources("adam", &[], &plain), [Data, Momentum, AdaptiveScale]);
    assert_eq!(sources("rmsprop", &[LR, MOMENTUM], &plain), [Data, AdaptiveScale, Momentum]);
    assert_eq!(sources("adagrad", &[LR_DECAY], &plain), [Data, AdaptiveScale, Schedule]);
}

#[test]
fn a_frozen_weight_says_so_and_stays() {
    let mut frozen = 0;
    trained::<f64>("adamw", &[], &(Clip::Off, Schedule::default()), 0.0, |update| {
        if update.frozen {
            frozen += 1;
            assert!(update.parts.is_empty() && update.moved == 0.0 && update.reconciles);
        }
    });
    assert_eq!(frozen, 3 * 7);
}

#[test]
fn what_is_not_a_number_never_reconciles() {
    let loss: Arc<dyn LossFunction> = Arc::new(CrossEntropy::default());
    let data = data::<f64>(16, 5, Some(3));
    let batch = Batch { data: &data, rows: Rows::Range(0, 16) };
    for (name, given) in cases() {
        for clip in CLIPS {
            let options = Options { batch: 16, clip, ..Options::default() };
            let mut trainer =
                Trainer::<f64>::new(network(), Arc::clone(&loss), optimizer(name, given), options).unwrap();
            let mut weights = trainer.state().weights.clone();
            weights.params.fill(f64::NAN);
            trainer.set_weights(weights).unwrap();
            let snapshot = Snapshot::take(&trainer, batch).unwrap();
            let update = update(&snapshot, Weight { param: 0, at: 0 });
            assert!(!update.reconciles, "{name} {given:?} {clip:?}: {update:?}");
        }
    }
}
