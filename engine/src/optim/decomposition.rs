//! An update taken apart: a decomposition of steps from −α₀·g, the plain step from the raw gradient, to the step that the
//! optimizer takes. A part is a stage minus the stage before it, so the parts add up to the last stage.

use super::{Rule, SLOTS};
use serde::Serialize;

/// One weight before an update, and what the update is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Before {
    /// w: the weight.
    pub w: f64,
    /// g: the loss's gradient by it, before clipping.
    pub g: f64,
    /// ĝ: the gradient after clipping; `None` where nothing clips.
    pub clipped: Option<f64>,
    /// What the optimizer keeps for the weight, in the order of [`super::Rule::slots`]; 0 where it keeps less.
    pub slots: [f64; SLOTS],
    /// t: which update this is, from 1.
    pub t: u64,
    /// α: the learning rate of this update; `None` where no schedule changes it.
    pub scheduled: Option<f64>,
}

/// Where a part of an update comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The gradient of this batch.
    Data,
    /// Clipping of the gradient.
    Clipping,
    /// Weight decay, as a penalty or decoupled.
    WeightDecay,
    /// The memory of gradients before this one.
    Momentum,
    /// The divisor that adapts to each weight.
    AdaptiveScale,
    /// The learning rate's change from its base.
    Schedule,
}

impl Source {
    /// In words: `weight decay`.
    pub fn name(self) -> &'static str {
        match self {
            Source::Data => "data",
            Source::Clipping => "clipping",
            Source::WeightDecay => "weight decay",
            Source::Momentum => "momentum",
            Source::AdaptiveScale => "adaptive scale",
            Source::Schedule => "schedule",
        }
    }
}

/// A part of an update.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contribution {
    /// Where it comes from.
    pub source: Source,
    /// How it is computed, in the symbols of the decomposition.
    pub formula: &'static str,
    /// What it adds to the weight.
    pub amount: f64,
}

/// A symbol of the formulas.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Definition {
    /// As formulas write it.
    pub symbol: &'static str,
    /// In words, or as a formula of other symbols.
    pub meaning: &'static str,
    /// Its value in this update.
    pub value: f64,
}

/// An update of one weight, taken apart: `−α₀·u` is the stage on which the decomposition stands, and `u` its direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Decomposition {
    base: f64,
    direction: f64,
    parts: Vec<Contribution>,
    symbols: Vec<Definition>,
    /// Whether the gradient has a penalty in it.
    penalised: bool,
}

impl Decomposition {
    /// The first stages, which all optimizers share: −α₀·g, and −α₀·ĝ where something clips. `lr` is α₀.
    pub fn new(at: &Before, lr: f64) -> Decomposition {
        let data = Contribution { source: Source::Data, formula: "−α₀·g", amount: -lr * at.g };
        let mut decomposition =
            Decomposition { base: lr, direction: at.g, parts: vec![data], symbols: vec![], penalised: false };
        decomposition.name("w", "weight before the update", at.w);
        decomposition.name("g", "gradient", at.g);
        match at.scheduled {
            None => decomposition.name("α₀", "learning rate", lr),
            Some(alpha) => {
                decomposition.name("α₀", "learning rate before the schedule", lr);
                decomposition.name("α", "learning rate after the schedule", alpha)
            }
        };
        if let Some(clipped) = at.clipped {
            decomposition.name("ĝ", "gradient after clipping", clipped);
            decomposition.advance(Source::Clipping, "−α₀·(ĝ − g)", clipped);
        }
        decomposition
    }

    /// d: the gradient that an optimizer goes on from, after clipping and the penalty, where there are such.
    pub fn gradient(&mut self) -> f64 {
        let clipped = self.parts.iter().any(|part| part.source == Source::Clipping);
        let meaning = match (clipped, self.penalised) {
            (false, false) => "the gradient g",
            (true, false) => "the clipped gradient ĝ",
            (false, true) => "g + λ·w",
            (true, true) => "ĝ + λ·w",
        };
        self.name("d", meaning, self.direction)
    }

    /// u: what the stage multiplies with −α₀.
    pub fn direction(&self) -> f64 {
        self.direction
    }

    /// Says what a symbol of the formulas stands for; returns its value.
    pub fn name(&mut self, symbol: &'static str, meaning: &'static str, value: f64) -> f64 {
        self.symbols.push(Definition { symbol, meaning, value });
        value
    }

    /// Goes on to the stage −α₀·`direction`; the part is what that adds.
    pub fn advance(&mut self, source: Source, formula: &'static str, direction: f64) {
        let amount = -self.base * direction - -self.base * self.direction;
        self.direction = direction;
        self.parts.push(Contribution { source, formula, amount });
    }

    /// The stage of an L2 penalty: λ·w is added to the gradient. No stage where λ is 0.
    pub fn penalty(&mut self, at: &Before, lambda: f64) {
        if lambda != 0.0 {
            self.name("λ", "weight decay", lambda);
            self.penalised = true;
            self.advance(Source::WeightDecay, "−α₀·λ·w", self.direction + lambda * at.w);
        }
    }

    /// A part beside the decomposition, which changes no stage.
    pub fn beside(&mut self, source: Source, formula: &'static str, amount: f64) {
        self.parts.push(Contribution { source, formula, amount });
    }

    /// The last stage, −`rate`·u, where the rate of this update is not α₀ itself.
    pub fn scheduled(&mut self, formula: &'static str, rate: f64) {
        let u = self.name("u", "what the learning rate multiplies", self.direction);
        let amount = -rate * u - -self.base * u;
        self.parts.push(Contribution { source: Source::Schedule, formula, amount });
    }

    /// The parts, in the order in which the optimizer applies them.
    pub fn parts(&self) -> &[Contribution] {
        &self.parts
    }

    /// What the formulas are made of.
    pub fn symbols(&self) -> &[Definition] {
        &self.symbols
    }

    /// Δw: the sum of all parts.
    pub fn sum(&self) -> f64 {
        self.parts.iter().map(|part| part.amount).sum()
    }
}

/// Roundings between the numbers that go into an update and Δw: more than any optimizer of the list has.
const ROUNDINGS: f64 = 16.0;

/// Roundings of the weight itself: decoupled decay has three (its factor, the product, the difference).
const WEIGHT_ROUNDINGS: f64 = 2.0;

/// Relative nudge with which the effect of rounding is measured: small against 1, large against f64's rounding.
const NUDGE: f64 = 1.0 / (1u64 << 24) as f64;

/// How far Σ parts and the Δw of an update can be apart by rounding, with ε the distance from 1 to the next number of the
/// update's precision, and the least normal number of it:
///
/// ε/2 · (2·(|w before| + |w after|) + 16·(Σₓ |∂Δw/∂x · x| + |Σ parts|)) + 16·(least normal number)
///
/// plus the f64 rounding of the parts; x runs over the weight, its gradient and what the optimizer keeps for it.
pub fn tolerance(optimizer: &dyn Rule, at: &Before, after: f64, [epsilon, least]: [f64; 2]) -> f64 {
    let decomposition = optimizer.decomposition(at);
    let sum = decomposition.sum();
    // Every rounding is as if one of the numbers that went in had been another, by ε/2 of itself.
    let moves = (0..2 + SLOTS).map(|i| {
        let mut nudged = *at;
        match (i, &mut nudged.clipped) {
            (0, _) => nudged.w *= 1.0 + NUDGE,
            (1, Some(clipped)) => *clipped *= 1.0 + NUDGE,
            (1, None) => nudged.g *= 1.0 + NUDGE,
            _ => nudged.slots[i - 2] *= 1.0 + NUDGE,
        }
        // Where g is clipped it stands on the first stage only, and cancels.
        (optimizer.decomposition(&nudged).sum() - sum).abs() / NUDGE
    });
    let rounding = epsilon / 2.0;
    let magnitudes: f64 = decomposition.parts().iter().map(|part| part.amount.abs()).sum();
    rounding * WEIGHT_ROUNDINGS * (at.w.abs() + after.abs())
        + rounding * ROUNDINGS * (moves.sum::<f64>() + sum.abs())
        + ROUNDINGS * (least + f64::EPSILON * magnitudes)
}
