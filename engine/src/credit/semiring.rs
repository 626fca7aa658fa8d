//! What is added up over paths, and how: the same backward pass, with other numbers in the places of + and ×
//! (Du, Torroba Hennigen, Stoehr, Warstadt, Cotterell, "Generalizing Backpropagation for Gradient-Based
//! Interpretability", ACL 2023).
//!
//! A path p from the loss to a number has the product of the local derivatives on it. The sum over all paths is the
//! gradient; the other semirings here see only its magnitude |p|.

use serde::Serialize;
use std::fmt::Debug;

/// Numbers that are combined along a path (`times`) and over paths (`plus`). All functions are inlined into loops
/// that are compiled for wide vectors.
pub(super) trait Semiring {
    /// What is kept for each number of the graph.
    type Number: Copy + Debug + Default + PartialEq;

    /// No path.
    const ZERO: Self::Number;

    /// The path of one link, with this local derivative.
    fn edge(slope: f64) -> Self::Number;

    /// Paths a, and paths b beside them.
    fn plus(a: Self::Number, b: Self::Number) -> Self::Number;

    /// Paths a, continued by b.
    fn times(a: Self::Number, b: Self::Number) -> Self::Number;
}

/// Σ p: the gradient.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum;

impl Semiring for Sum {
    type Number = f64;
    const ZERO: f64 = 0.0;

    #[inline(always)]
    fn edge(slope: f64) -> f64 {
        slope
    }

    #[inline(always)]
    fn plus(a: f64, b: f64) -> f64 {
        a + b
    }

    #[inline(always)]
    fn times(a: f64, b: f64) -> f64 {
        a * b
    }
}

/// Σ |p|: the total flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Absolute;

impl Semiring for Absolute {
    type Number = f64;
    const ZERO: f64 = 0.0;

    #[inline(always)]
    fn edge(slope: f64) -> f64 {
        slope.abs()
    }

    #[inline(always)]
    fn plus(a: f64, b: f64) -> f64 {
        a + b
    }

    #[inline(always)]
    fn times(a: f64, b: f64) -> f64 {
        a * b
    }
}

/// max |p|: the strongest path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Max;

impl Semiring for Max {
    type Number = f64;
    const ZERO: f64 = 0.0;

    #[inline(always)]
    fn edge(slope: f64) -> f64 {
        slope.abs()
    }

    #[inline(always)]
    fn plus(a: f64, b: f64) -> f64 {
        if a > b { a } else { b }
    }

    #[inline(always)]
    fn times(a: f64, b: f64) -> f64 {
        a * b
    }
}

/// Σ |p| and Σ |p|·ln |p|, from which its entropy follows: along a path logarithms add up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entropy;

/// A number of [`Entropy`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spread {
    /// Σ |p|
    pub flow: f64,
    /// Σ |p|·ln |p|
    pub log: f64,
}

impl Spread {
    /// H = −Σ s·ln s over the shares s = |p| / Σ |p|; 0 where nothing flows.
    pub(super) fn entropy(self) -> f64 {
        if self.flow > 0.0 { (self.flow.ln() - self.log / self.flow).max(0.0) } else { 0.0 }
    }
}

impl Semiring for Entropy {
    type Number = Spread;
    const ZERO: Spread = Spread { flow: 0.0, log: 0.0 };

    #[inline(always)]
    fn edge(slope: f64) -> Spread {
        let flow = slope.abs();
        // 0·ln 0 = 0
        Spread { flow, log: if flow > 0.0 { flow * flow.ln() } else { 0.0 } }
    }

    #[inline(always)]
    fn plus(a: Spread, b: Spread) -> Spread {
        Spread { flow: a.flow + b.flow, log: a.log + b.log }
    }

    #[inline(always)]
    fn times(a: Spread, b: Spread) -> Spread {
        Spread { flow: a.flow * b.flow, log: a.flow * b.log + a.log * b.flow }
    }
}

/// Number of paths, whatever their derivatives are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count;

/// A number of paths, which may be far beyond 2^64: mantissa · 2^(512·scale).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct PathCount {
    mantissa: f64,
    scale: u32,
}

/// 2^512
const SCALE: f64 = f64::from_bits((1023 + 512) << 52);

impl PathCount {
    const ONE: PathCount = PathCount { mantissa: 1.0, scale: 0 };

    #[inline(always)]
    fn scaled(mantissa: f64, scale: u32) -> PathCount {
        if mantissa < SCALE {
            PathCount { mantissa, scale }
        } else {
            PathCount { mantissa: mantissa / SCALE, scale: scale + 1 }
        }
    }

    /// Whether there is none.
    pub(super) fn is_none(self) -> bool {
        self.mantissa == 0.0
    }

    /// For people and programs.
    pub(super) fn magnitude(self) -> Magnitude {
        let exact = (self.scale == 0 && self.mantissa <= (1u64 << 53) as f64).then_some(self.mantissa as u64);
        let log10 = self.mantissa.log10() + f64::from(self.scale) * SCALE.log10();
        Magnitude { exact, log10: (!self.is_none()).then_some(log10) }
    }
}

/// A number that may be far beyond 2^64.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Magnitude {
    /// The number, up to 2^53.
    pub exact: Option<u64>,
    /// Its logarithm to the base 10; absent for 0.
    pub log10: Option<f64>,
}

impl Semiring for Count {
    type Number = PathCount;
    const ZERO: PathCount = PathCount { mantissa: 0.0, scale: 0 };

    #[inline(always)]
    fn edge(_slope: f64) -> PathCount {
        PathCount::ONE
    }

    #[inline(always)]
    fn plus(a: PathCount, b: PathCount) -> PathCount {
        let (large, small) = if a.scale >= b.scale { (a, b) } else { (b, a) };
        match large.scale - small.scale {
            0 => PathCount::scaled(large.mantissa + small.mantissa, large.scale),
            1 => PathCount::scaled(large.mantissa + small.mantissa / SCALE, large.scale),
            _ => large,
        }
    }

    #[inline(always)]
    fn times(a: PathCount, b: PathCount) -> PathCount {
        if a.is_none() || b.is_none() {
            return Count::ZERO;
        }
        PathCount::scaled(a.mantissa * b.mantissa, a.scale + b.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_counted_exactly_and_far_beyond_what_a_number_holds() {
        // 3^n by doubling and adding, 3^1000 = 10^477.1…
        let mut paths = PathCount::ONE;
        for n in 1..=1000 {
            paths = Count::plus(paths, Count::plus(paths, paths));
            let magnitude = paths.magnitude();
            assert_eq!(magnitude.exact, (n <= 33).then(|| 3u64.pow(n)));
            assert!((magnitude.log10.unwrap() - f64::from(n) * 3f64.log10()).abs() <= 1e-10);
        }
        let squared = Count::times(paths, paths).magnitude().log10.unwrap();
        assert!((squared - 2000.0 * 3f64.log10()).abs() <= 1e-9);
        assert_eq!(Count::times(paths, Count::ZERO).magnitude(), Magnitude { exact: Some(0), log10: None });
    }

    #[test]
    fn entropy_is_that_of_the_shares() {
        // Two paths of two links, 0.5·0.5 and 2·1: shares 1/9 and 8/9.
        let path = |a, b| Entropy::times(Entropy::edge(a), Entropy::edge(b));
        let spread = Entropy::plus(path(0.5, -0.5), path(2.0, 1.0));
        let shares: [f64; 2] = [1.0 / 9.0, 8.0 / 9.0];
        let entropy: f64 = shares.iter().map(|s| -s * s.ln()).sum();
        assert!((spread.flow - 2.25).abs() <= 1e-15 && (spread.entropy() - entropy).abs() <= 1e-15);
        assert_eq!(Entropy::edge(0.0), Entropy::ZERO);
    }
}
