//! Adagrad (Duchi, Hazan, Singer 2011; `torch.optim.Adagrad`): g ← g + λ·w; s ← s + g²;
//! w ← w − α/(1 + (t − 1)·η) · g / (√s + ε).

use super::{
    Apply, Before, DECAY, Decomposition, L2, LR, OptimizerEntry, Rule, Shared, Slot, Source, eps, lr,
    weight_decay,
};
use crate::kernel::update::{ElementUpdate, Piece};
use crate::kernel::{Numbers, Scalar};
use crate::setting::{Default, Key, Kind, Literal};
use std::sync::Arc;

/// Adagrad.
#[derive(Clone, Copy, Debug)]
pub struct Adagrad {
    /// Learning rate α.
    pub lr: f64,
    /// η: how fast the learning rate falls with the number of updates.
    pub lr_decay: f64,
    /// λ of the L2 penalty.
    pub weight_decay: f64,
    /// What the sum of squares starts with.
    pub initial_accumulator_value: f64,
    /// ε, added to the divisor.
    pub eps: f64,
}

pub(super) const ENTRY: OptimizerEntry = OptimizerEntry {
    name: "adagrad",
    doc: "Adagrad: w ← w − lr·g / (√Σg² + eps)",
    keys: &[
        lr(1e-2),
        Key::new("lr_decay", Kind::NonNegative, Default::Number(0.0), "η: lr is divided by 1 + (t − 1)·η"),
        weight_decay(0.0, L2),
        Key::new(
            "initial_accumulator_value",
            Kind::NonNegative,
            Default::Number(0.0),
            "what the sum of squares starts with",
        ),
        eps(1e-10),
    ],
    build: |s| {
        Ok(Arc::new(Adagrad {
            lr: s.number("lr"),
            lr_decay: s.number("lr_decay"),
            weight_decay: s.number("weight_decay"),
            initial_accumulator_value: s.number("initial_accumulator_value"),
            eps: s.number("eps"),
        }))
    },
    cases: &[
        &[],
        &[LR, DECAY, ("lr_decay", Literal::Number(0.3)), ("initial_accumulator_value", Literal::Number(0.5))],
    ],
};

impl std::default::Default for Adagrad {
    fn default() -> Adagrad {
        Adagrad { lr: 1e-2, lr_decay: 0.0, weight_decay: 0.0, initial_accumulator_value: 0.0, eps: 1e-10 }
    }
}

impl Rule for Adagrad {
    fn name(&self) -> &'static str {
        "adagrad"
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn settings(&self) -> Vec<(&'static str, Literal)> {
        vec![
            ("lr", Literal::Number(self.lr)),
            ("lr_decay", Literal::Number(self.lr_decay)),
            ("weight_decay", Literal::Number(self.weight_decay)),
            ("initial_accumulator_value", Literal::Number(self.initial_accumulator_value)),
            ("eps", Literal::Number(self.eps)),
        ]
    }

    fn slots(&self) -> Vec<Slot> {
        vec![Slot { name: "sum", start: self.initial_accumulator_value }]
    }

    /// α/(1 + (t − 1)·η)
    fn shared(&self, t: u64, lr: f64) -> Shared {
        [lr / (1.0 + (t - 1) as f64 * self.lr_decay), 0.0, 0.0]
    }

    /// Its own falling rate is part of the schedule.
    fn decomposition(&self, at: &Before) -> Decomposition {
        let mut decomposition = Decomposition::new(at, self.lr);
        decomposition.penalty(at, self.weight_decay);
        let d = decomposition.gradient();
        let before = decomposition.name("s₋", "sum of squares before the update", at.slots[0]);
        let s = decomposition.name("s", "s₋ + d²", before + d * d);
        let eps = decomposition.name("ε", "added to the divisor", self.eps);
        decomposition.advance(Source::AdaptiveScale, "−α₀·(d/(√s + ε) − d)", d / (s.sqrt() + eps));
        if self.lr_decay != 0.0 {
            let t = decomposition.name("t", "number of the update", at.t as f64);
            let eta = decomposition.name("η", "decay of the learning rate", self.lr_decay);
            let (formula, alpha) = match at.scheduled {
                Some(alpha) => ("−(α/(1 + (t − 1)·η) − α₀)·u", alpha),
                None => ("−(α₀/(1 + (t − 1)·η) − α₀)·u", self.lr),
            };
            decomposition.scheduled(formula, alpha / (1.0 + (t - 1.0) * eta));
        } else if let Some(alpha) = at.scheduled {
            decomposition.scheduled("−(α − α₀)·u", alpha);
        }
        decomposition
    }
}

impl<T: Scalar> Apply<T> for Adagrad {
    fn update(&self, [rate, ..]: Shared, piece: Piece<'_, T>) {
        let (rate, lambda, eps) = (T::of(-rate), T::of(self.weight_decay), T::of(self.eps));
        piece.apply(AdagradUpdate { rate, lambda, eps });
    }
}

/// With the rate's sign turned.
#[derive(Clone, Copy)]
struct AdagradUpdate<T> {
    rate: T,
    lambda: T,
    eps: T,
}

impl<T: Scalar> ElementUpdate<T, 1> for AdagradUpdate<T> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, [s]: [N; 1]) -> (N, [N; 1]) {
        let g = N::all(self.lambda).mul_add(w, g);
        let s = g.mul_add(g, s);
        ((N::all(self.rate) * g).over(s.sqrt() + N::all(self.eps)) + w, [s])
    }
}
