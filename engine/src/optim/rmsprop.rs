//! RMSprop (Hinton 2012; `torch.optim.RMSprop`): g ← g + λ·w; v ← v + (1 − a)·(g² − v); centered: ḡ ← ḡ + (1 − a)·(g − ḡ)
//! and d = √max(0, v − ḡ²) + ε, else d = √v + ε; with momentum b ← μ·b + g/d and w ← w − α·b, else w ← w − α·g/d.

use super::{
    Apply, Before, DECAY, Decomposition, L2, LR, MOMENTUM, OptimizerEntry, Rule, Shared, Slot, Source, eps,
    lr, weight_decay,
};
use crate::kernel::update::{ElementUpdate, Piece};
use crate::kernel::{Numbers, Scalar};
use crate::setting::{Default, Key, Kind, Literal};
use std::sync::Arc;

/// RMSprop.
#[derive(Clone, Copy, Debug)]
pub struct RmsProp {
    /// Learning rate α.
    pub lr: f64,
    /// Decay a of the mean of squares.
    pub alpha: f64,
    /// ε, added to the divisor.
    pub eps: f64,
    /// λ of the L2 penalty.
    pub weight_decay: f64,
    /// Momentum μ; 0 keeps no buffer.
    pub momentum: f64,
    /// Whether the mean gradient is taken out of the divisor.
    pub centered: bool,
}

pub(super) const ENTRY: OptimizerEntry = OptimizerEntry {
    name: "rmsprop",
    doc: "RMSprop: w ← w − lr·g / (√v + eps)",
    keys: &[
        lr(1e-2),
        Key::new("alpha", Kind::Share, Default::Number(0.99), "decay of the mean of g²"),
        eps(1e-8),
        weight_decay(0.0, L2),
        Key::new("momentum", Kind::NonNegative, Default::Number(0.0), "momentum μ"),
        Key::new(
            "centered",
            Kind::Switch,
            Default::Switch(false),
            "take the mean gradient out of the divisor",
        ),
    ],
    build: |s| {
        Ok(Arc::new(RmsProp {
            lr: s.number("lr"),
            alpha: s.number("alpha"),
            eps: s.number("eps"),
            weight_decay: s.number("weight_decay"),
            momentum: s.number("momentum"),
            centered: s.switch("centered"),
        }))
    },
    cases: &[
        &[],
        &[LR, DECAY, ("centered", Literal::Switch(true))],
        &[LR, MOMENTUM, ("centered", Literal::Switch(true)), DECAY],
    ],
};

impl std::default::Default for RmsProp {
    fn default() -> RmsProp {
        RmsProp { lr: 1e-2, alpha: 0.99, eps: 1e-8, weight_decay: 0.0, momentum: 0.0, centered: false }
    }
}

impl Rule for RmsProp {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn settings(&self) -> Vec<(&'static str, Literal)> {
        vec![
            ("lr", Literal::Number(self.lr)),
            ("alpha", Literal::Number(self.alpha)),
            ("eps", Literal::Number(self.eps)),
            ("weight_decay", Literal::Number(self.weight_decay)),
            ("momentum", Literal::Number(self.momentum)),
            ("centered", Literal::Switch(self.centered)),
        ]
    }

    fn slots(&self) -> Vec<Slot> {
        // All three, so that each has its place; one that is not used stays 0.
        vec![Slot::zero("square_avg"), Slot::zero("momentum_buffer"), Slot::zero("grad_avg")]
    }

    /// Momentum comes last: its buffer holds gradients that were scaled.
    /// α
    fn shared(&self, _t: u64, lr: f64) -> Shared {
        [lr, 0.0, 0.0]
    }

    fn decomposition(&self, at: &Before) -> Decomposition {
        let mut decomposition = Decomposition::new(at, self.lr);
        decomposition.penalty(at, self.weight_decay);
        let [v, buffer, mean] = at.slots;
        let d = decomposition.gradient();
        let a = decomposition.name("a", "decay of the mean of squares", self.alpha);
        decomposition.name("v₋", "mean of squares before the update", v);
        let v = decomposition.name("v", "a·v₋ + (1 − a)·d²", a * v + (1.0 - a) * d * d);
        let square = if self.centered {
            decomposition.name("ḡ₋", "mean gradient before the update", mean);
            let mean = decomposition.name("ḡ", "a·ḡ₋ + (1 − a)·d", a * mean + (1.0 - a) * d);
            decomposition.name("s", "max(0, v − ḡ²)", (v - mean * mean).max(0.0))
        } else {
            decomposition.name("s", "v", v)
        };
        let eps = decomposition.name("ε", "added to the divisor", self.eps);
        let scaled = d / (square.sqrt() + eps);
        decomposition.advance(Source::AdaptiveScale, "−α₀·(d/(√s + ε) − d)", scaled);
        if self.momentum > 0.0 {
            let mu = decomposition.name("μ", "momentum", self.momentum);
            decomposition.name("b₋", "buffer before the update", buffer);
            decomposition.advance(Source::Momentum, "−α₀·μ·b₋", mu * buffer + scaled);
        }
        if let Some(alpha) = at.scheduled {
            decomposition.scheduled("−(α − α₀)·u", alpha);
        }
        decomposition
    }
}

impl<T: Scalar> Apply<T> for RmsProp {
    fn update(&self, [lr, ..]: Shared, piece: Piece<'_, T>) {
        let step = RmspropUpdate {
            rate: T::of(-lr),
            lambda: T::of(self.weight_decay),
            eps: T::of(self.eps),
            fresh: T::of(1.0 - self.alpha),
            mu: T::of(self.momentum),
            centered: self.centered,
        };
        if self.centered || self.momentum > 0.0 { piece.apply::<3>(step) } else { piece.apply::<1>(step) }
    }
}

/// With −α for the rate, and `fresh` for 1 − a.
#[derive(Clone, Copy)]
struct RmspropUpdate<T> {
    rate: T,
    lambda: T,
    eps: T,
    fresh: T,
    mu: T,
    centered: bool,
}

impl<T: Scalar> ElementUpdate<T, 1> for RmspropUpdate<T> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, [v]: [N; 1]) -> (N, [N; 1]) {
        let g = N::all(self.lambda).mul_add(w, g);
        let v = N::all(self.fresh).mul_add(g * g - v, v);
        (N::all(self.rate).mul_add(g.over(v.sqrt() + N::all(self.eps)), w), [v])
    }
}

impl<T: Scalar> ElementUpdate<T, 3> for RmspropUpdate<T> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, [v, b, mean]: [N; 3]) -> (N, [N; 3]) {
        let fresh = N::all(self.fresh);
        let g = N::all(self.lambda).mul_add(w, g);
        let v = fresh.mul_add(g * g - v, v);
        let mean = if self.centered { fresh.mul_add(g - mean, mean) } else { mean };
        // The mean of squares is never less than the square of the mean; rounded, it may be.
        let square = if self.centered { N::all(T::zero()).max(v - mean * mean) } else { v };
        let scaled = g.over(square.sqrt() + N::all(self.eps));
        // Without momentum the buffer stays as it is.
        let (b, step) = if self.mu > T::zero() {
            let b = N::all(self.mu).mul_add(b, scaled);
            (b, b)
        } else {
            (b, scaled)
        };
        (N::all(self.rate).mul_add(step, w), [v, b, mean])
    }
}
