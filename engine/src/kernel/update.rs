//! The update of weights, one pass over weights, gradient and whatever else is kept for each weight; and in the same
//! pass what is to be known of it.

use super::Scalar;
use super::moments::{BLOCK, Moments, Sums, Total, totals};
use super::numbers::{Numbers, Packed};
use super::simd::{Kernel, Lanes, Level, Vector, vectored};

/// The most numbers that are kept for each weight.
pub const SLOTS: usize = 3;

/// The update of a weight, with `S` numbers kept for it.
pub trait ElementUpdate<T, const S: usize>: Copy {
    /// The weight and its slots after the update, from the weight w, its gradient g and its slots. `#[inline(always)]`,
    /// or it is not compiled for the vectors of the processor.
    fn update<N: Numbers<T>>(&self, w: N, g: N, slots: [N; S]) -> (N, [N; S]);
}

/// Weights that stay as they are.
#[derive(Clone, Copy)]
pub(crate) struct Frozen;

impl<T> ElementUpdate<T, 0> for Frozen {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, _g: N, slots: [N; 0]) -> (N, [N; 0]) {
        (w, slots)
    }
}

/// The gradient is multiplied by `scale`, and then held within ±`limit`; NaN stays NaN.
#[derive(Clone, Copy, Debug)]
pub struct Clipping<T> {
    /// The factor.
    pub scale: T,
    /// The largest magnitude.
    pub limit: T,
}

/// An update from a gradient that is clipped.
#[derive(Clone, Copy)]
struct Clipped<T, E> {
    clipping: Clipping<T>,
    update: E,
}

impl<T: Scalar, E: ElementUpdate<T, S>, const S: usize> ElementUpdate<T, S> for Clipped<T, E> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, slots: [N; S]) -> (N, [N; S]) {
        let Clipping { scale, limit } = self.clipping;
        self.update.update(w, N::all(-limit).max(N::all(limit).min(g * N::all(scale))), slots)
    }
}

/// What an update leaves to be known.
#[derive(Clone, Debug, Default)]
pub struct UpdateFacts {
    /// Of the weights before it.
    pub weight: Moments,
    /// Of their gradient g, unclipped.
    pub gradient: Moments,
    /// Of the changes Δ that it made.
    pub change: Moments,
    /// Σ g·Δ
    pub predicted: f64,
}

/// Some weights that are to be updated.
#[derive(Debug)]
pub struct Piece<'a, T> {
    /// The weights.
    pub w: &'a mut [T],
    /// Their gradient.
    pub g: &'a [T],
    /// What is kept for each of them; empty where the optimizer keeps less.
    pub slots: [&'a mut [T]; SLOTS],
    /// What is done to the gradient first.
    pub clipping: Option<Clipping<T>>,
    /// Where facts are added, if they are wanted, with `BLOCK` numbers of scratch.
    pub facts: Option<(&'a mut UpdateFacts, &'a mut [T])>,
}

impl<T: Scalar> Piece<'_, T> {
    /// Updates every weight.
    ///
    /// # Panics
    /// Where gradient or slots have other counts of numbers: a mistake of the caller.
    pub fn apply<const S: usize>(self, update: impl ElementUpdate<T, S>) {
        match self.clipping {
            None => self.walk(update),
            Some(clipping) => self.walk(Clipped { clipping, update }),
        }
    }

    fn walk<const S: usize>(self, update: impl ElementUpdate<T, S>) {
        let Piece { w, g, slots, facts, .. } = self;
        let mut slots = slots.into_iter();
        let mut slots: [&mut [T]; S] = std::array::from_fn(|_| slots.next().expect("at most SLOTS"));
        let level = Level::detect();
        let Some((facts, scratch)) = facts else {
            vectored(level, Walk::<_, _, S, false> { update, w, g, slots, before: &mut [] });
            return;
        };
        let every = Moments::every(w.len());
        for from in (0..w.len()).step_by(BLOCK) {
            let block = from..(from + BLOCK).min(w.len());
            let (w, g, before) = (&mut w[block.clone()], &g[block.clone()], &mut scratch[..block.len()]);
            let slots = slots.each_mut().map(|slot| &mut slot[block.clone()]);
            let run = Walk::<_, _, S, true> { update, w: &mut *w, g, slots, before: &mut *before };
            let ([of_w, of_g, of_change], dot) = vectored(level, run);
            facts.weight.put(&of_w, T::zero(), every, w.len(), |i| before[i]);
            facts.gradient.put(&of_g, T::zero(), every, w.len(), |i| g[i]);
            facts.change.put(&of_change, T::zero(), every, w.len(), |i| w[i] - before[i]);
            facts.predicted += dot.f64();
        }
    }
}

/// The pass. With `FACTS` it leaves the weights before it in `before`, and returns the sums of weights, gradient and
/// changes, whose means are small beside their spread: there is no pivot; and Σ g·Δ.
struct Walk<'a, T, E, const S: usize, const FACTS: bool> {
    update: E,
    w: &'a mut [T],
    g: &'a [T],
    slots: [&'a mut [T]; S],
    before: &'a mut [T],
}

impl<T: Scalar, E: ElementUpdate<T, S>, const S: usize, const FACTS: bool> Walk<'_, T, E, S, FACTS> {
    /// Updates `some` weights from number `at` on, at most a vector of them; returns them, their gradient and changes.
    ///
    /// # Safety
    /// All slices have so many numbers; the processor has `V`'s instructions.
    #[inline(always)]
    unsafe fn step<V: Vector<T>>(&mut self, at: usize, some: usize) -> [V; 3] {
        // SAFETY: the caller vouches for the numbers and the instructions.
        unsafe {
            let [w, g] = [self.w.as_ptr(), self.g.as_ptr()].map(|x| V::load_some(x.add(at), some));
            let slots = self.slots.each_ref().map(|x| Packed::new(V::load_some(x.as_ptr().add(at), some)));
            let (to, slots) = self.update.update(Packed::new(w), Packed::new(g), slots);
            for (slot, to) in self.slots.iter_mut().zip(slots) {
                to.0.store_some(slot.as_mut_ptr().add(at), some);
            }
            to.0.store_some(self.w.as_mut_ptr().add(at), some);
            if FACTS {
                w.store_some(self.before.as_mut_ptr().add(at), some);
            }
            [w, g, to.0.sub(w)]
        }
    }
}

impl<T: Scalar, E: ElementUpdate<T, S>, const S: usize, const FACTS: bool> Kernel<T>
    for Walk<'_, T, E, S, FACTS>
{
    type Out = ([Total<T>; 3], T);

    #[inline(always)]
    unsafe fn run<V: Vector<T>>(mut self) -> ([Total<T>; 3], T) {
        let count = self.w.len();
        assert!(self.g.len() == count && self.slots.iter().all(|slot| slot.len() == count));
        assert!(!FACTS || self.before.len() == count);
        let whole = count - count % V::LANES;
        // SAFETY: the caller vouches for the instructions; every vector lies inside the slices.
        unsafe {
            let (mut sums, mut dot) = ([Sums::<V>::new(); 3], V::zero());
            for at in (0..whole).step_by(V::LANES) {
                let [w, g, change] = self.step::<V>(at, V::LANES);
                if FACTS {
                    sums[0].take(w, w);
                    sums[1].take(g, g);
                    sums[2].take(change, change);
                    dot = g.mul_add(change, dot);
                }
            }
            if whole < count {
                self.step::<V>(whole, count - whole);
            }
            let (mut rest, mut last) = ([Sums::<Lanes<T, 1>>::new(); 3], Lanes::<T, 1>::zero());
            if FACTS {
                for at in whole..count {
                    let [w, g, to] =
                        [self.before[at], self.g[at], self.w[at]].map(|x| Lanes::<T, 1>::splat(x));
                    let change = Vector::<T>::sub(to, w);
                    [w, g, change].into_iter().zip(&mut rest).for_each(|(x, rest)| rest.take(x, x));
                    last = g.mul_add(change, last);
                }
            }
            totals(sums, rest, (dot, last), FACTS && whole > 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::moments::tests::assert_sums;

    /// b ← b + g; w ← w − 2·b
    #[derive(Clone, Copy)]
    struct Rule;

    impl<T: Scalar> ElementUpdate<T, 1> for Rule {
        #[inline(always)]
        fn update<N: Numbers<T>>(&self, w: N, g: N, [b]: [N; 1]) -> (N, [N; 1]) {
            let b = b + g;
            (N::all(T::of(-2.0)).mul_add(b, w), [b])
        }
    }

    /// Whole numbers: their sums are exact in any order.
    fn numbers<T: Scalar>(factor: usize, count: usize) -> Vec<T> {
        (0..count).map(|i| T::of((i * factor % 13) as f64 - 5.0)).collect()
    }

    #[test]
    fn every_level_updates_every_weight_and_takes_in_what_it_did() {
        fn check<T: Scalar>() {
            for level in Level::all() {
                for count in [0, 1, 7, 16, 33, 100] {
                    let [old, g, start] = [3, 5, 7].map(|factor| numbers::<T>(factor, count));
                    let b: Vec<T> = start.iter().zip(&g).map(|(b, g)| *b + *g).collect();
                    let new: Vec<T> = old.iter().zip(&b).map(|(w, b)| *w - *b - *b).collect();
                    let change: Vec<T> = new.iter().zip(&old).map(|(new, old)| *new - *old).collect();
                    for facts in [false, true] {
                        let note = format!("{level:?}, {count}, {facts}");
                        let (mut w, mut slot, mut before) =
                            (old.clone(), start.clone(), vec![T::nan(); count]);
                        let (update, slots) = (Rule, [&mut slot[..]]);
                        if !facts {
                            vectored(
                                level,
                                Walk::<_, _, 1, false> { update, w: &mut w, g: &g, slots, before: &mut [] },
                            );
                        } else {
                            let run = Walk::<_, _, 1, true> {
                                update,
                                w: &mut w,
                                g: &g,
                                slots,
                                before: &mut before,
                            };
                            let (totals, dot) = vectored(level, run);
                            if count > 0 {
                                for (total, x) in totals.iter().zip([&old, &g, &change]) {
                                    assert_sums(total, x, T::zero(), &note);
                                }
                            }
                            assert_eq!(dot, g.iter().zip(&change).map(|(g, d)| *g * *d).sum(), "{note}");
                            assert_eq!(before, old, "{note}");
                        }
                        assert_eq!((&w, &slot), (&new, &b), "{note}");
                    }
                }
            }
        }
        check::<f32>();
        check::<f64>();
    }

    #[test]
    fn facts_change_no_bit_of_an_update_of_any_length() {
        for count in [1, 15, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5] {
            let g: Vec<f32> = (0..count).map(|i| (i as f32).sin()).collect();
            let update = |facts| {
                let (mut w, mut b) = (vec![0.1; count], vec![0.3; count]);
                let clipping = Some(Clipping { scale: 0.7, limit: 0.5 });
                let slots = [&mut b[..], &mut [], &mut []];
                Piece { w: &mut w, g: &g, slots, clipping, facts }.apply(Rule);
                (w, b)
            };
            let (mut facts, mut scratch) = (UpdateFacts::default(), vec![0.0; BLOCK]);
            assert!(update(None) == update(Some((&mut facts, &mut scratch))), "{count}");
            assert_eq!(facts.weight.count, count as u64);
            let exact = |g: &f32| f64::from(*g) * f64::from(-2.0 * (0.3 + (g * 0.7).clamp(-0.5, 0.5)));
            let predicted: f64 = g.iter().map(exact).sum();
            assert!((facts.predicted - predicted).abs() <= 1e-4 * count as f64, "{count}");
        }
    }

    #[test]
    fn facts_are_right_where_sums_would_cancel_or_a_gradient_is_not_finite() {
        let count = BLOCK + 100;
        let old: Vec<f32> = (0..count).map(|i| 1.0 + 1e-4 * (i as f32).sin()).collect();
        let mut g: Vec<f32> = (0..count).map(|i| (i as f32).cos()).collect();
        g[7] = f32::NAN;
        let (mut w, mut b, mut scratch) = (old.clone(), vec![0.0; count], vec![0.0; BLOCK]);
        let mut facts = UpdateFacts::default();
        let (slots, of) = ([&mut b[..], &mut [], &mut []], Some((&mut facts, &mut scratch[..])));
        Piece { w: &mut w, g: &g, slots, clipping: None, facts: of }.apply(Rule);
        let change: Vec<f32> = w.iter().zip(&old).map(|(new, old)| new - old).collect();
        for (found, x) in [(&facts.weight, &old), (&facts.gradient, &g), (&facts.change, &change)] {
            let exact = x.iter().map(|x| f64::from(*x)).filter(|x| x.is_finite()).collect::<Vec<f64>>();
            let mean = exact.iter().sum::<f64>() / exact.len() as f64;
            let std =
                (exact.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / exact.len() as f64).sqrt();
            assert_eq!((found.count, found.non_finite), (count as u64, (count - exact.len()) as u64));
            assert!((found.mean - mean).abs() <= 1e-5 * std, "{} is not {mean}", found.mean);
            assert!((found.std() - std).abs() <= 1e-5 * std, "{} is not {std}", found.std());
        }
    }

    #[test]
    fn a_clipped_gradient_stays_inside_the_limit_and_nan_stays_nan() {
        for level in Level::all() {
            let g = [1.0, -8.0, f64::NAN, f64::INFINITY, 0.5, -0.25, f64::NEG_INFINITY, 2.0, 3.0];
            let (mut w, mut b) = ([0.0; 9], [0.0; 9]);
            let update = Clipped { clipping: Clipping { scale: 0.5, limit: 1.0 }, update: Rule };
            vectored(
                level,
                Walk::<_, _, 1, false> { update, w: &mut w, g: &g, slots: [&mut b], before: &mut [] },
            );
            assert!(b[2].is_nan(), "{level:?}");
            b[2] = 0.0;
            assert_eq!(b, [0.5, -1.0, 0.0, 1.0, 0.25, -0.125, -1.0, 1.0, 1.0], "{level:?}");
        }
    }

    #[test]
    fn quotients_are_right_to_two_units_in_the_last_place_and_exact_at_the_ends() {
        /// w ← w / g
        #[derive(Clone, Copy)]
        struct Quotient;
        impl<T: Scalar> ElementUpdate<T, 0> for Quotient {
            #[inline(always)]
            fn update<N: Numbers<T>>(&self, w: N, g: N, slots: [N; 0]) -> (N, [N; 0]) {
                (w.over(g), slots)
            }
        }
        let ends = [(1.0, 0.0), (-1.0, 0.0), (1.0, f32::INFINITY), (0.0, 1e-3), (f32::INFINITY, 2.0)];
        let middle = (0..2000)
            .map(|i| ((i as f32 - 1000.0) * 1.37e-3, 1.17f32.powi(i % 500 - 250) * (1.0 + i as f32)));
        let (a, b): (Vec<f32>, Vec<f32>) = ends.into_iter().chain(middle).unzip();
        for level in Level::all() {
            let mut w = a.clone();
            vectored(
                level,
                Walk::<_, _, 0, false> { update: Quotient, w: &mut w, g: &b, slots: [], before: &mut [] },
            );
            for ((w, a), b) in w.iter().zip(&a).zip(&b) {
                let right = a / b;
                let unit = right.abs() * f32::EPSILON;
                assert!(*w == right || (w - right).abs() <= 2.0 * unit, "{level:?}: {a} / {b} is not {w}");
            }
            let mut w = [0.0, f32::INFINITY];
            let b = [0.0, f32::INFINITY];
            vectored(
                level,
                Walk::<_, _, 0, false> { update: Quotient, w: &mut w, g: &b, slots: [], before: &mut [] },
            );
            assert!(w[0].is_nan() && w[1].is_nan(), "{level:?}");
        }
    }
}
