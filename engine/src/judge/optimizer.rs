//! The tests of optimizers.

use super::difference::{Mismatch, each, numbers, one};
use super::{Fault, Quantity, Test};
use crate::kernel::update::{Clipping, Piece};
use crate::optim::{Before, Optimizer, SLOTS, UpdatePrecision, tolerance};

/// A test of an optimizer.
type Comparison = fn(&dyn Optimizer) -> Result<(), Mismatch>;

/// The tests, in their order.
pub(super) const TESTS: &[(Test, Comparison)] = &[
    (Test::Slots, slots),
    (Test::Decomposition, decomposition),
    (Test::Single, single),
    (Test::Alone, alone),
    (Test::NotANumber, not_a_number),
    (Test::Symbols, symbols),
];

/// Judges an optimizer over the first updates of some weights, with and without clipping, at its own learning rate and at
/// others that a schedule gives.
///
/// Its update and its [`decomposition`](crate::optim::Rule::decomposition) are written apart from each other, and each
/// judges the other: what is wrong in both in the same way is not seen.
///
/// ```
/// use whygrad::judge;
/// use whygrad::optim::Adam;
///
/// judge::optimizer(&Adam::default())?;
/// # Ok::<(), judge::Fault>(())
/// ```
///
/// # Errors
/// The first test that it fails.
pub fn optimizer(optimizer: &dyn Optimizer) -> Result<(), Fault> {
    faults(optimizer).next().map_or(Ok(()), Err)
}

/// Everything that is wrong with an optimizer.
pub(super) fn faults(optimizer: &dyn Optimizer) -> impl Iterator<Item = Fault> {
    TESTS.iter().filter_map(|(test, f)| {
        f(optimizer).err().map(|mismatch| Fault::new(optimizer.name(), None, *test, mismatch))
    })
}

/// How many weights are judged: vectors of any length, and a rest.
const WEIGHTS: usize = 37;

/// How many updates.
const UPDATES: u64 = 8;

/// What an update is told.
#[derive(Clone, Copy)]
struct How {
    clipping: Option<Clipping<f64>>,
    scheduled: bool,
}

/// With a schedule and without, for each kind of clipping and none.
fn all() -> impl Iterator<Item = How> {
    let clippings = [None, Some((0.3, f64::INFINITY)), Some((1.0, 0.5))];
    let clippings = clippings.map(|clipping| clipping.map(|(scale, limit)| Clipping { scale, limit }));
    clippings.into_iter().flat_map(|clipping| [false, true].map(|scheduled| How { clipping, scheduled }))
}

impl How {
    /// The gradient of the update number `t`.
    fn gradient(self, t: u64) -> Vec<f64> {
        numbers(20 + t, WEIGHTS, &[])
    }

    /// The gradient as clipping leaves it.
    fn clipped(self, g: f64) -> Option<f64> {
        self.clipping.map(|Clipping { scale, limit }| (g * scale).clamp(-limit, limit))
    }

    /// The learning rate of the update number `t`, where it is another than the optimizer's.
    fn scheduled(self, optimizer: &dyn Optimizer, t: u64) -> Option<f64> {
        self.scheduled.then(|| optimizer.lr() * 0.25 * t as f64)
    }
}

/// Some weights, and what is kept for them.
#[derive(Clone)]
struct State<T> {
    w: Vec<T>,
    /// What the optimizer does not declare is there too, and holds `undeclared`.
    slots: [Vec<T>; SLOTS],
}

impl<T: UpdatePrecision> State<T> {
    fn new(optimizer: &dyn Optimizer, undeclared: f64) -> State<T> {
        let starts = optimizer.slots();
        let start = |i: usize| starts.get(i).map_or(undeclared, |slot| slot.start);
        State {
            w: numbers(1, WEIGHTS, &[]).into_iter().map(T::of).collect(),
            slots: std::array::from_fn(|i| vec![T::of(start(i)); WEIGHTS]),
        }
    }

    /// Update number `t`.
    fn update(&mut self, optimizer: &dyn Optimizer, how: How, t: u64, g: &[f64]) {
        let shared = optimizer.shared(t, how.scheduled(optimizer, t).unwrap_or_else(|| optimizer.lr()));
        let clipping = how
            .clipping
            .map(|Clipping { scale, limit }| Clipping { scale: T::of(scale), limit: T::of(limit) });
        let g: Vec<T> = g.iter().map(|g| T::of(*g)).collect();
        let slots = self.slots.each_mut().map(Vec::as_mut_slice);
        let piece = Piece { w: &mut self.w, g: &g, slots, clipping, facts: None };
        T::of_optimizer(optimizer).update(shared, piece);
    }

    /// One of the weights.
    fn one(&self, at: usize) -> State<T> {
        State { w: vec![self.w[at]], slots: self.slots.each_ref().map(|slot| vec![slot[at]]) }
    }

    /// Compares all its numbers.
    fn same(&self, expected: &State<T>) -> Result<(), Mismatch> {
        each(Quantity::Weights, &self.w, &expected.w, 0.0)?;
        let mut slots = self.slots.iter().zip(&expected.slots).enumerate();
        slots.try_for_each(|(i, (slot, expected))| each(Quantity::Slot(i), slot, expected, 0.0))
    }
}

fn slots(optimizer: &dyn Optimizer) -> Result<(), Mismatch> {
    let declared = optimizer.slots().len();
    one(Quantity::Slots, declared as f64, declared.min(SLOTS) as f64, 0.0)?;
    let how = How { clipping: None, scheduled: false };
    // Whatever stands in the others, it is not read, and stays.
    let [mut a, mut b] = [0.0, 1.0].map(|undeclared| State::<f64>::new(optimizer, undeclared));
    let kept = b.clone();
    for t in 1..=UPDATES {
        [&mut a, &mut b].into_iter().for_each(|state| state.update(optimizer, how, t, &how.gradient(t)));
    }
    each(Quantity::Weights, &b.w, &a.w, 0.0)?;
    (declared..SLOTS).try_for_each(|i| each(Quantity::Slot(i), &b.slots[i], &kept.slots[i], 0.0))
}

fn decomposition(optimizer: &dyn Optimizer) -> Result<(), Mismatch> {
    reconcile::<f64>(optimizer)
}

fn single(optimizer: &dyn Optimizer) -> Result<(), Mismatch> {
    reconcile::<f32>(optimizer)
}

/// Compares the changes that updates in a precision make with the sums of their parts.
fn reconcile<T: UpdatePrecision>(optimizer: &dyn Optimizer) -> Result<(), Mismatch> {
    all().try_for_each(|how| {
        let mut state = State::<T>::new(optimizer, 0.0);
        (1..=UPDATES).try_for_each(|t| {
            let (before, g) = (state.clone(), how.gradient(t));
            state.update(optimizer, how, t, &g);
            let kept = optimizer.slots().len();
            (0..WEIGHTS).try_for_each(|at| {
                let before = Before {
                    w: before.w[at].f64(),
                    g: g[at],
                    clipped: how.clipped(g[at]),
                    slots: std::array::from_fn(|i| if i < kept { before.slots[i][at].f64() } else { 0.0 }),
                    t,
                    scheduled: how.scheduled(optimizer, t),
                };
                let after = state.w[at].f64();
                let sum = optimizer.decomposition(&before).sum();
                let precision = [T::epsilon().f64(), T::min_positive_value().f64()];
                let tolerance = tolerance(optimizer, &before, after, precision);
                one(Quantity::Change, sum, after - before.w, tolerance).map_err(|m| m.at(at))
            })
        })
    })
}

fn alone(optimizer: &dyn Optimizer) -> Result<(), Mismatch> {
    all().try_for_each(|how| {
        let mut state = State::<f64>::new(optimizer, 0.0);
        let mut states = vec![state.clone()];
        for t in 1..=UPDATES {
            state.update(optimizer, how, t, &how.gradient(t));
            states.push(state.clone());
        }
        // From any of them again, in any order.
        for t in (1..=UPDATES).rev() {
            let pair = &states[t as usize - 1..];
            let g = how.gradient(t);
            for at in 0..WEIGHTS {
                let mut weight = pair[0].one(at);
                weight.update(optimizer, how, t, &g[at..at + 1]);
                weight.same(&pair[1].one(at)).map_err(|m| m.at(at))?;
            }
        }
        Ok(())
    })
}

fn not_a_number(optimizer: &dyn Optimizer) -> Result<(), Mismatch> {
    all().try_for_each(|how| {
        let mut state = State::<f64>::new(optimizer, 0.0);
        state.update(optimizer, how, 1, &[f64::NAN; WEIGHTS]);
        match state.w.iter().position(|w| !w.is_nan()) {
            None => Ok(()),
            Some(at) => one(Quantity::Weights, state.w[at], f64::NAN, 0.0).map_err(|m| m.at(at)),
        }
    })
}

fn symbols(optimizer: &dyn Optimizer) -> Result<(), Mismatch> {
    all().try_for_each(|how| {
        let g = how.gradient(2)[0];
        let before = Before {
            w: 0.5,
            g,
            clipped: how.clipped(g),
            slots: [0.0; SLOTS],
            t: 2,
            scheduled: how.scheduled(optimizer, 2),
        };
        let decomposition = optimizer.decomposition(&before);
        let symbols = decomposition.symbols();
        let meanings = symbols.iter().map(|symbol| symbol.meaning).filter(|meaning| meaning.contains('·'));
        let formulas = decomposition.parts().iter().map(|part| part.formula).chain(meanings);
        formulas.flat_map(letters).try_for_each(|letter| {
            let told = symbols.iter().filter(|symbol| symbol.symbol == letter).count();
            one(Quantity::Symbol(letter), told as f64, 1.0, 0.0)
        })
    })
}

/// The symbols of a formula: letters with their marks and indices. `ᵗ` is a power, `max` a function.
fn letters(formula: &str) -> Vec<String> {
    let mark = |c: char| "₀₁₂₋⁺\u{302}".contains(c);
    let formula = formula.replace('ᵗ', "").replace("max", "");
    let letters = formula.split(|c: char| !(c.is_alphabetic() || mark(c)));
    letters.filter(|letter| !letter.is_empty()).map(str::to_string).collect()
}
