//! Stochastic gradient descent (`torch.optim.SGD`):
//! g ← g + λ·w; b ← μ·b + (1 − τ)·g, at the first update b ← g; g ← g + μ·b with Nesterov, else b; w ← w − α·g.

use super::{
    Apply, Before, DECAY, Decomposition, L2, LR, MOMENTUM, OptimizerEntry, Rule, Shared, Slot, Source, lr,
    weight_decay,
};
use crate::kernel::update::{ElementUpdate, Piece};
use crate::kernel::{Numbers, Scalar};
use crate::setting::{Default, Key, Kind, Literal, SettingError};
use std::sync::Arc;

/// Gradient descent, with momentum if wanted.
#[derive(Clone, Copy, Debug)]
pub struct Sgd {
    /// Learning rate α.
    pub lr: f64,
    /// Momentum μ; 0 keeps no buffer.
    pub momentum: f64,
    /// Dampening τ of momentum.
    pub dampening: f64,
    /// λ of the L2 penalty.
    pub weight_decay: f64,
    /// Nesterov's momentum.
    pub nesterov: bool,
}

pub(super) const ENTRY: OptimizerEntry = OptimizerEntry {
    name: "sgd",
    doc: "stochastic gradient descent: w ← w − lr·g, with momentum if wanted",
    keys: &[
        lr(1e-3),
        Key::new("momentum", Kind::NonNegative, Default::Number(0.0), "momentum μ"),
        Key::new("dampening", Kind::Finite, Default::Number(0.0), "dampening τ of momentum"),
        weight_decay(0.0, L2),
        Key::new("nesterov", Kind::Switch, Default::Switch(false), "Nesterov's momentum"),
    ],
    build: |s| {
        let sgd = Sgd {
            lr: s.number("lr"),
            momentum: s.number("momentum"),
            dampening: s.number("dampening"),
            weight_decay: s.number("weight_decay"),
            nesterov: s.switch("nesterov"),
        };
        if sgd.nesterov && (sgd.momentum == 0.0 || sgd.dampening != 0.0) {
            return Err(SettingError::Clash("`nesterov` needs a `momentum` above 0 and a `dampening` of 0"));
        }
        if sgd.dampening != 0.0 && sgd.momentum == 0.0 {
            return Err(SettingError::Clash("`dampening` has no effect without a `momentum` above 0"));
        }
        Ok(Arc::new(sgd))
    },
    cases: &[
        &[LR],
        &[LR, DECAY],
        &[LR, MOMENTUM],
        &[LR, MOMENTUM, ("dampening", Literal::Number(0.4)), DECAY],
        &[LR, MOMENTUM, ("nesterov", Literal::Switch(true)), DECAY],
    ],
};

impl std::default::Default for Sgd {
    fn default() -> Sgd {
        Sgd { lr: 1e-3, momentum: 0.0, dampening: 0.0, weight_decay: 0.0, nesterov: false }
    }
}

impl Rule for Sgd {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn settings(&self) -> Vec<(&'static str, Literal)> {
        vec![
            ("lr", Literal::Number(self.lr)),
            ("momentum", Literal::Number(self.momentum)),
            ("dampening", Literal::Number(self.dampening)),
            ("weight_decay", Literal::Number(self.weight_decay)),
            ("nesterov", Literal::Switch(self.nesterov)),
        ]
    }

    fn slots(&self) -> Vec<Slot> {
        if self.momentum == 0.0 { vec![] } else { vec![Slot::zero("momentum_buffer")] }
    }

    /// α, and the share 1 − τ of the gradient, which is all of it at the first update.
    fn shared(&self, t: u64, lr: f64) -> Shared {
        [lr, if t == 1 { 1.0 } else { 1.0 - self.dampening }, 0.0]
    }

    fn decomposition(&self, at: &Before) -> Decomposition {
        let mut decomposition = Decomposition::new(at, self.lr);
        decomposition.penalty(at, self.weight_decay);
        if self.momentum != 0.0 {
            let d = decomposition.gradient();
            let mu = decomposition.name("μ", "momentum", self.momentum);
            let tau = if at.t == 1 { 0.0 } else { self.dampening };
            decomposition.name("τ", "dampening; none at the first update", tau);
            let before = decomposition.name("b₋", "buffer before the update", at.slots[0]);
            let b = decomposition.name("b", "μ·b₋ + (1 − τ)·d", mu * before + (1.0 - tau) * d);
            if self.nesterov {
                decomposition.advance(Source::Momentum, "−α₀·μ·b", d + mu * b);
            } else {
                decomposition.advance(Source::Momentum, "−α₀·(b − d)", b);
            }
        }
        if let Some(alpha) = at.scheduled {
            decomposition.scheduled("−(α − α₀)·u", alpha);
        }
        decomposition
    }
}

impl<T: Scalar> Apply<T> for Sgd {
    fn update(&self, [alpha, fresh, _]: Shared, piece: Piece<'_, T>) {
        let step = SgdUpdate {
            alpha: T::of(-alpha),
            lambda: T::of(self.weight_decay),
            mu: T::of(self.momentum),
            fresh: T::of(fresh),
            nesterov: self.nesterov,
        };
        if self.momentum == 0.0 { piece.apply::<0>(step) } else { piece.apply::<1>(step) }
    }
}

/// With −α for α, and `fresh` for 1 − τ.
#[derive(Clone, Copy)]
struct SgdUpdate<T> {
    alpha: T,
    lambda: T,
    mu: T,
    fresh: T,
    nesterov: bool,
}

impl<T: Scalar> ElementUpdate<T, 0> for SgdUpdate<T> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, slots: [N; 0]) -> (N, [N; 0]) {
        let g = N::all(self.lambda).mul_add(w, g);
        (N::all(self.alpha).mul_add(g, w), slots)
    }
}

impl<T: Scalar> ElementUpdate<T, 1> for SgdUpdate<T> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, [b]: [N; 1]) -> (N, [N; 1]) {
        let (alpha, mu) = (N::all(self.alpha), N::all(self.mu));
        let g = N::all(self.lambda).mul_add(w, g);
        let b = mu.mul_add(b, N::all(self.fresh) * g);
        let g = if self.nesterov { mu.mul_add(b, g) } else { b };
        (alpha.mul_add(g, w), [b])
    }
}
