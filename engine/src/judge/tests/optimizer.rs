//! Optimizers: the list, and planted faults.

use super::super::optimizer::{TESTS, faults, optimizer};
use super::{Planted, Test, assert_caught};
use crate::kernel::update::{ElementUpdate, Piece};
use crate::kernel::{Numbers, Scalar};
use crate::optim::{self, Apply, Before, Decomposition, LIST, Rule, Shared, Slot, Source};
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn every_optimizer_of_the_list_passes() {
    for entry in LIST {
        assert!(!entry.cases.is_empty(), "{} has no cases", entry.name);
        for case in entry.cases {
            let given = case.iter().map(|(key, value)| (key.to_string(), value.clone()));
            if let Err(fault) = optimizer(&*optim::read(entry.name, given).unwrap()) {
                panic!("{fault}, with {case:?}");
            }
        }
    }
}

/// What is wrong with m ← ½·m + g, s ← s + |g|; w ← w − α·(m + s/8).
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Nothing,
    /// The sum of the parts is off by one in ten million.
    Decomposition,
    /// A part that the optimizer has is missing.
    PartMissing,
    /// The slots are taken apart in another order than they are kept.
    SlotsSwapped,
    /// The update is off by a thousandth.
    Update,
    IgnoresClipping,
    IgnoresSchedule,
    /// In f32 the update is off by a thousandth.
    Single,
    /// It reads a slot that it does not declare,
    ReadsUndeclared,
    /// or writes there.
    WritesUndeclared,
    TooManySlots,
    /// A piece of one weight is updated otherwise than one of many.
    ShortPiece,
    /// It counts its updates itself.
    Counts,
    HidesNaN,
    SymbolMissing,
    SymbolTwice,
}

#[derive(Debug)]
struct Broken(Wrong, AtomicU64);

const RATE: f64 = 0.125;

impl Rule for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn lr(&self) -> f64 {
        RATE
    }

    fn slots(&self) -> Vec<Slot> {
        let count = if self.0 == Wrong::TooManySlots { 4 } else { 2 };
        ["m", "s", "a", "b"].into_iter().take(count).map(|name| Slot { name, start: 0.0 }).collect()
    }

    fn shared(&self, _t: u64, lr: f64) -> Shared {
        [if self.0 == Wrong::IgnoresSchedule { RATE } else { lr }, 0.0, 0.0]
    }

    fn decomposition(&self, at: &Before) -> Decomposition {
        let mut decomposition = Decomposition::new(at, RATE);
        let d = decomposition.name("d", "gradient after clipping", decomposition.direction());
        let [m, s] = if self.0 == Wrong::SlotsSwapped {
            [at.slots[1], at.slots[0]]
        } else {
            [at.slots[0], at.slots[1]]
        };
        if self.0 != Wrong::SymbolMissing {
            decomposition.name("m", "momentum before the update", m);
        }
        if self.0 == Wrong::SymbolTwice {
            decomposition.name("d", "the same again", d);
        }
        decomposition.name("s", "sum before the update", s);
        if self.0 != Wrong::PartMissing {
            decomposition.advance(Source::Momentum, "−α₀·½·m", 0.5 * m + d);
        }
        let factor = if self.0 == Wrong::Decomposition { 1.0 + 1e-7 } else { 1.0 };
        let direction = decomposition.direction();
        decomposition.advance(
            Source::AdaptiveScale,
            "−α₀·(s + |d|)/8",
            (direction + (s + d.abs()) / 8.0) * factor,
        );
        if let Some(alpha) = at.scheduled {
            decomposition.scheduled("−(α − α₀)·u", alpha);
        }
        decomposition
    }
}

impl<T: Scalar> Apply<T> for Broken {
    fn update(&self, [alpha, ..]: Shared, piece: Piece<'_, T>) {
        let off = match self.0 {
            Wrong::Update => true,
            Wrong::Single => T::NAME == "f32",
            Wrong::ShortPiece => piece.w.len() == 1,
            Wrong::Counts => self.1.fetch_add(1, Ordering::Relaxed) > 0,
            _ => false,
        };
        let step = Step { alpha: T::of(if off { -1.001 * alpha } else { -alpha }), wrong: self.0 };
        match self.0 {
            Wrong::ReadsUndeclared | Wrong::WritesUndeclared => piece.apply::<3>(step),
            Wrong::IgnoresClipping => Piece { clipping: None, ..piece }.apply::<2>(step),
            _ => piece.apply::<2>(step),
        }
    }
}

/// With −α for α.
#[derive(Clone, Copy)]
struct Step<T> {
    alpha: T,
    wrong: Wrong,
}

impl<T: Scalar> ElementUpdate<T, 2> for Step<T> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, [m, s]: [N; 2]) -> (N, [N; 2]) {
        let [half, eighth] = [0.5, 0.125].map(|x| N::all(T::of(x)));
        let magnitude = (N::all(T::zero()) - g).max(g);
        let (m, s) = (half.mul_add(m, g), s + magnitude);
        let direction = eighth.mul_add(s, m);
        let limit = N::all(T::of(1e6));
        let direction = if self.wrong == Wrong::HidesNaN { direction.min(limit) } else { direction };
        (N::all(self.alpha).mul_add(direction, w), [m, s])
    }
}

impl<T: Scalar> ElementUpdate<T, 3> for Step<T> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, [m, s, other]: [N; 3]) -> (N, [N; 3]) {
        let (w, [m, s]) = self.update(w, g, [m, s]);
        if self.wrong == Wrong::ReadsUndeclared { (w + other, [m, s, other]) } else { (w, [m, s, g]) }
    }
}

#[test]
fn every_planted_fault_is_caught_by_the_tests_that_have_to() {
    use Test::{Alone, Decomposition, NotANumber, Single, Slots, Symbols};
    let both: &[Test] = &[Decomposition, Single];
    let planted: &[(Wrong, &[Test])] = &[
        (Wrong::Nothing, &[]),
        (Wrong::Decomposition, &[Decomposition]),
        (Wrong::PartMissing, both),
        (Wrong::SlotsSwapped, both),
        (Wrong::Update, both),
        (Wrong::IgnoresClipping, both),
        (Wrong::IgnoresSchedule, both),
        (Wrong::Single, &[Single]),
        (Wrong::ReadsUndeclared, &[Slots]),
        (Wrong::WritesUndeclared, &[Slots]),
        (Wrong::TooManySlots, &[Slots]),
        (Wrong::ShortPiece, &[Alone]),
        (Wrong::Counts, &[Slots, Decomposition, Single]),
        (Wrong::HidesNaN, &[NotANumber]),
        (Wrong::SymbolMissing, &[Symbols]),
        (Wrong::SymbolTwice, &[Symbols]),
    ];
    let planted: Vec<Planted> = planted
        .iter()
        .map(|(wrong, expected)| Planted::new(wrong, faults(&Broken(*wrong, AtomicU64::new(0))), expected))
        .collect();
    assert_caught(&planted, TESTS.iter().map(|(test, _)| *test));
}
