//! Adam (Kingma, Ba 2015; `torch.optim.Adam`): g ← g + λ·w; m ← m + (1 − β₁)·(g − m); v ← v + (1 − β₂)·(g² − v);
//! w ← w − α/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε). With `amsgrad`, v stands for its largest value so far.

use super::{
    Apply, Before, DECAY, Decomposition, L2, LR, OptimizerEntry, Rule, Shared, Slot, Source, eps, lr,
    weight_decay,
};
use crate::kernel::update::{ElementUpdate, Piece};
use crate::kernel::{Numbers, Scalar};
use crate::setting::{Default, Key, Kind, Literal, Settings};
use std::sync::Arc;

/// Adam.
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    /// Learning rate α.
    pub lr: f64,
    /// Decay β₁ of the mean of gradients and β₂ of the mean of their squares.
    pub betas: (f64, f64),
    /// ε, added to the divisor.
    pub eps: f64,
    /// λ of the L2 penalty.
    pub weight_decay: f64,
    /// Whether the divisor never shrinks.
    pub amsgrad: bool,
}

pub(super) const fn keys(decay: Key) -> [Key; 5] {
    [
        lr(1e-3),
        Key::new("betas", Kind::TwoShares, Default::Two(0.9, 0.999), "decay of the means of g and of g²"),
        eps(1e-8),
        decay,
        Key::new("amsgrad", Kind::Switch, Default::Switch(false), "use the largest mean of g² so far"),
    ]
}

pub(super) const ENTRY: OptimizerEntry = OptimizerEntry {
    name: "adam",
    doc: "Adam: w ← w − lr·m̂ / (√v̂ + eps)",
    keys: &keys(weight_decay(0.0, L2)),
    build: |s| Ok(Arc::new(Adam::read(s))),
    cases: &[&[], &[LR, DECAY, ("amsgrad", Literal::Switch(true))]],
};

impl std::default::Default for Adam {
    fn default() -> Adam {
        Adam { lr: 1e-3, betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.0, amsgrad: false }
    }
}

impl Adam {
    pub(super) fn read(s: &Settings) -> Adam {
        let betas = s.numbers_if("betas").unwrap_or_default();
        Adam {
            lr: s.number("lr"),
            betas: (betas[0], betas[1]),
            eps: s.number("eps"),
            weight_decay: s.number("weight_decay"),
            amsgrad: s.switch("amsgrad"),
        }
    }
}

impl Rule for Adam {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn lr(&self) -> f64 {
        self.lr
    }

    fn settings(&self) -> Vec<(&'static str, Literal)> {
        vec![
            ("lr", Literal::Number(self.lr)),
            ("betas", Literal::List([self.betas.0, self.betas.1].map(Literal::Number).to_vec().into())),
            ("eps", Literal::Number(self.eps)),
            ("weight_decay", Literal::Number(self.weight_decay)),
            ("amsgrad", Literal::Switch(self.amsgrad)),
        ]
    }

    fn slots(&self) -> Vec<Slot> {
        let mut slots = vec![Slot::zero("exp_avg"), Slot::zero("exp_avg_sq")];
        if self.amsgrad {
            slots.push(Slot::zero("max_exp_avg_sq"));
        }
        slots
    }

    /// With r = √(1 − β₂ᵗ): α·r/(1 − β₁ᵗ) and ε·r, because m/(√v/r + ε) = r·m/(√v + ε·r); and 1, of which nothing decays.
    fn shared(&self, t: u64, lr: f64) -> Shared {
        let t = i32::try_from(t).unwrap_or(i32::MAX);
        let root = (1.0 - self.betas.1.powi(t)).sqrt();
        [lr * root / (1.0 - self.betas.0.powi(t)), self.eps * root, 1.0]
    }

    fn decomposition(&self, at: &Before) -> Decomposition {
        let mut decomposition = Decomposition::new(at, self.lr);
        decomposition.penalty(at, self.weight_decay);
        self.advance(decomposition, at)
    }
}

impl<T: Scalar> Apply<T> for Adam {
    fn update(&self, shared: Shared, piece: Piece<'_, T>) {
        if self.weight_decay == 0.0 {
            self.step(shared, Undecayed, piece);
        } else {
            self.step(shared, Penalised(T::of(self.weight_decay)), piece);
        }
    }
}

impl Adam {
    /// The stages above weight decay.
    pub(super) fn advance(&self, mut decomposition: Decomposition, at: &Before) -> Decomposition {
        let (t, [m, v, largest]) = (at.t as f64, at.slots);
        let d = decomposition.gradient();
        decomposition.name("t", "number of the update", t);
        let beta1 = decomposition.name("β₁", "decay of the mean of gradients", self.betas.0);
        let beta2 = decomposition.name("β₂", "decay of the mean of squares", self.betas.1);
        decomposition.name("m", "mean of gradients before the update", m);
        let mean = (beta1 * m + (1.0 - beta1) * d) / (1.0 - beta1.powf(t));
        decomposition.name("m̂", "(β₁·m + (1 − β₁)·d) / (1 − β₁ᵗ)", mean);
        if beta1 != 0.0 {
            decomposition.advance(Source::Momentum, "−α₀·(m̂ − d)", mean);
        }
        decomposition.name("v", "mean of squares before the update", v);
        let square = beta2 * v + (1.0 - beta2) * d * d;
        let corrected = if self.amsgrad {
            decomposition.name("v⁺", "largest mean of squares before the update", largest);
            let corrected = square.max(largest) / (1.0 - beta2.powf(t));
            decomposition.name("v̂", "max(v⁺, β₂·v + (1 − β₂)·d²) / (1 − β₂ᵗ)", corrected)
        } else {
            decomposition.name("v̂", "(β₂·v + (1 − β₂)·d²) / (1 − β₂ᵗ)", square / (1.0 - beta2.powf(t)))
        };
        let eps = decomposition.name("ε", "added to the divisor", self.eps);
        let scaled = mean / (corrected.sqrt() + eps);
        decomposition.advance(Source::AdaptiveScale, "−α₀·(m̂/(√v̂ + ε) − m̂)", scaled);
        if let Some(alpha) = at.scheduled {
            decomposition.scheduled("−(α − α₀)·u", alpha);
        }
        decomposition
    }
}

/// What weight decay does to a weight and its gradient before the update.
pub(super) trait Decay<T>: Copy {
    /// The weight and the gradient that the update goes on from.
    fn of<N: Numbers<T>>(self, w: N, g: N) -> (N, N);
}

/// Nothing.
#[derive(Clone, Copy)]
struct Undecayed;

impl<T> Decay<T> for Undecayed {
    #[inline(always)]
    fn of<N: Numbers<T>>(self, w: N, g: N) -> (N, N) {
        (w, g)
    }
}

/// g ← g + λ·w
#[derive(Clone, Copy)]
struct Penalised<T>(T);

impl<T: Scalar> Decay<T> for Penalised<T> {
    #[inline(always)]
    fn of<N: Numbers<T>>(self, w: N, g: N) -> (N, N) {
        (w, N::all(self.0).mul_add(w, g))
    }
}

impl Adam {
    /// The update after weight decay.
    pub(super) fn step<T: Scalar>(&self, [step, eps, _]: Shared, decay: impl Decay<T>, piece: Piece<'_, T>) {
        let fresh = [T::of(1.0 - self.betas.0), T::of(1.0 - self.betas.1)];
        let step = AdamUpdate { decay, step: T::of(-step), eps: T::of(eps), fresh };
        if self.amsgrad { piece.apply::<3>(step) } else { piece.apply::<2>(step) }
    }
}

/// With the step's sign turned, and 1 − β for both β: a mean moves by that share of its distance. (Decaying it by β in f32
/// would count the rounding of β, 1 / (1 − β) times over, against the correction's exact β.)
#[derive(Clone, Copy)]
struct AdamUpdate<T, D> {
    decay: D,
    step: T,
    eps: T,
    fresh: [T; 2],
}

impl<T: Scalar, D: Decay<T>> AdamUpdate<T, D> {
    /// m and v, from a gradient.
    #[inline(always)]
    fn means<N: Numbers<T>>(&self, g: N, m: N, v: N) -> [N; 2] {
        let fresh = self.fresh.map(N::all);
        [fresh[0].mul_add(g - m, m), fresh[1].mul_add(g * g - v, v)]
    }

    /// The weight after a step along m, divided by √v + ε.
    #[inline(always)]
    fn moved<N: Numbers<T>>(&self, w: N, m: N, v: N) -> N {
        (N::all(self.step) * m).over(v.sqrt() + N::all(self.eps)) + w
    }
}

impl<T: Scalar, D: Decay<T>> ElementUpdate<T, 2> for AdamUpdate<T, D> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, [m, v]: [N; 2]) -> (N, [N; 2]) {
        let (w, g) = self.decay.of(w, g);
        let [m, v] = self.means(g, m, v);
        (self.moved(w, m, v), [m, v])
    }
}

impl<T: Scalar, D: Decay<T>> ElementUpdate<T, 3> for AdamUpdate<T, D> {
    #[inline(always)]
    fn update<N: Numbers<T>>(&self, w: N, g: N, [m, v, largest]: [N; 3]) -> (N, [N; 3]) {
        let (w, g) = self.decay.of(w, g);
        let [m, v] = self.means(g, m, v);
        let largest = largest.max(v);
        (self.moved(w, m, largest), [m, v, largest])
    }
}
