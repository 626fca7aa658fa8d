//! AdamW (Loshchilov, Hutter 2019; `torch.optim.AdamW`): w ← w − α·λ·w, then Adam's update without L2 penalty.

use super::adam::{self, Adam, Decay};
use super::{
    Apply, Before, DECAY, Decomposition, LR, OptimizerEntry, Rule, Shared, Slot, Source, weight_decay,
};
use crate::kernel::update::Piece;
use crate::kernel::{Numbers, Scalar};
use crate::setting::Literal;
use std::sync::Arc;

/// Adam with decoupled weight decay.
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// Adam's settings; its `weight_decay` is the decoupled λ.
    pub adam: Adam,
}

pub(super) const ENTRY: OptimizerEntry = OptimizerEntry {
    name: "adamw",
    doc: "Adam with decoupled weight decay: w ← w·(1 − lr·weight_decay), then Adam",
    keys: &adam::keys(weight_decay(1e-2, "λ: each update first shrinks w by lr·λ·w")),
    build: |s| Ok(Arc::new(AdamW { adam: Adam::read(s) })),
    cases: &[&[], &[LR, DECAY, ("amsgrad", Literal::Switch(true))]],
};

impl std::default::Default for AdamW {
    fn default() -> AdamW {
        AdamW { adam: Adam { weight_decay: 1e-2, ..Adam::default() } }
    }
}

impl Rule for AdamW {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn lr(&self) -> f64 {
        self.adam.lr
    }

    fn settings(&self) -> Vec<(&'static str, Literal)> {
        self.adam.settings()
    }

    fn slots(&self) -> Vec<Slot> {
        self.adam.slots()
    }

    /// As Adam's, and 1 − α·λ.
    fn shared(&self, t: u64, lr: f64) -> Shared {
        let [step, eps, _] = self.adam.shared(t, lr);
        [step, eps, 1.0 - lr * self.adam.weight_decay]
    }

    fn decomposition(&self, at: &Before) -> Decomposition {
        let mut decomposition = Decomposition::new(at, self.adam.lr);
        if self.adam.weight_decay != 0.0 {
            let lambda = decomposition.name("λ", "weight decay", self.adam.weight_decay);
            let (formula, alpha) = match at.scheduled {
                Some(alpha) => ("−α·λ·w", alpha),
                None => ("−α₀·λ·w", self.adam.lr),
            };
            decomposition.beside(Source::WeightDecay, formula, -alpha * lambda * at.w);
        }
        self.adam.advance(decomposition, at)
    }
}

impl<T: Scalar> Apply<T> for AdamW {
    fn update(&self, shared: Shared, piece: Piece<'_, T>) {
        self.adam.step(shared, Shrunk(T::of(shared[2])), piece);
    }
}

/// w ← w·keep
#[derive(Clone, Copy)]
struct Shrunk<T>(T);

impl<T: Scalar> Decay<T> for Shrunk<T> {
    #[inline(always)]
    fn of<N: Numbers<T>>(self, w: N, g: N) -> (N, N) {
        (w * N::all(self.0), g)
    }
}
