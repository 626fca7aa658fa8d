//! What a ledger says: of weights, neurons, layers, pairs of layers, examples, and the whole.

use super::{Layer, Ledger, Weight};
use crate::train::Real;
use serde::Serialize;
use std::cmp::Ordering;

/// A set of weights, and what they earned together.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Account {
    /// The layer (`linear2`), or the layer and the number of its neuron (`linear2[3]`).
    pub name: String,
    /// Number of its weights.
    pub weights: usize,
    /// Σ allocation of its weights: earned + hurt.
    pub allocation: f64,
    /// Σ of the negative ones.
    pub earned: f64,
    /// Σ of the positive ones.
    pub hurt: f64,
}

/// A weight, and what it earned.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Earned {
    /// The weight.
    pub weight: Weight,
    /// Its name: `linear1.weight[3,17]`.
    pub name: String,
    /// Its allocation: negative where it earned, positive where it hurt.
    pub allocation: f64,
}

/// Two layers that worked against each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Opposed {
    /// Their names.
    pub layers: [String; 2],
    /// Steps in which one earned and the other hurt.
    pub steps: u64,
    /// Σ over these steps of the smaller magnitude of the two.
    pub amount: f64,
}

/// The whole of a ledger.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Totals {
    /// Steps in it.
    pub steps: u64,
    /// Examples of the probe set.
    pub examples: usize,
    /// Probe loss before the first step.
    pub before: f64,
    /// Probe loss after the last.
    pub after: f64,
    /// after − before
    pub change: f64,
    /// Σ allocation of all weights.
    pub allocation: f64,
    /// Σ of the negative allocations.
    pub earned: f64,
    /// Σ of the positive allocations.
    pub hurt: f64,
    /// Change of the probe loss by running statistics.
    pub statistics: f64,
    /// change − allocation − statistics
    pub residual: f64,
    /// Σ |residual| of all steps: how much of the residual's smallness is signs that cancel.
    pub residuals: f64,
    /// |residual| / |change|; absent where the loss did not change.
    pub relative: Option<f64>,
    /// Gradients of the probe set that were computed; of some of its examples, their share.
    pub gradients: f64,
    /// How often the losses of the probe set were computed without a gradient, in the same measure.
    pub forwards: f64,
}

impl<P: Real> Ledger<P> {
    /// Allocation of every weight so far, in the order of [`crate::network::Weights::params`].
    pub fn allocation(&self) -> &[f64] {
        &self.allocation
    }

    /// Change of the loss by each example of the probe set; Σ over the examples is the loss change. (An example's
    /// change is exact, and needs no integral: it is its loss now minus its loss at the start, over the divisor.)
    pub fn examples(&self) -> Vec<f64> {
        let change = self.losses.iter().zip(&self.start_losses).map(|(now, start)| now - start);
        change.map(|change| change / self.probe.divisor).collect()
    }

    /// What each layer that has weights earned.
    pub fn layers(&self) -> Vec<Account> {
        let layer = |layer: &Layer| {
            let name = self.network.nodes()[layer.node].name.clone();
            Account::of(name, [&self.allocation[layer.weights.clone()]])
        };
        self.layers.iter().map(layer).collect()
    }

    /// What each neuron earned: the weights that make up one output of a layer, a row of its weight and its bias.
    pub fn neurons(&self) -> Vec<Account> {
        let mut accounts = vec![];
        for layer in &self.layers {
            let node = &self.network.nodes()[layer.node];
            let params = &self.network.params()[node.params.clone()];
            let rows = params.iter().map(|param| param.shape.dims().first().copied().unwrap_or(1));
            for row in 0..rows.max().unwrap_or(0) {
                let of = params.iter().map(|param| {
                    let width = param.shape.len() / param.shape.dims().first().copied().unwrap_or(1);
                    let own = &self.allocation[param.range.clone()];
                    own.get(row * width..(row + 1) * width).unwrap_or(&[])
                });
                accounts.push(Account::of(format!("{}[{row}]", node.name), of));
            }
        }
        accounts
    }

    /// The weights that earned most, at most `count`, the one with the lowest allocation first.
    pub fn earned_most(&self, count: usize) -> Vec<Earned> {
        self.most(count, |a, b| a.total_cmp(b), |allocation| allocation < 0.0)
    }

    /// The weights that hurt most, at most `count`, the one with the highest allocation first.
    pub fn hurt_most(&self, count: usize) -> Vec<Earned> {
        self.most(count, |a, b| b.total_cmp(a), |allocation| allocation > 0.0)
    }

    fn most(&self, count: usize, order: fn(&f64, &f64) -> Ordering, counts: fn(f64) -> bool) -> Vec<Earned> {
        let of = &self.allocation;
        let places = (0..of.len()).filter(|&place| counts(of[place])).collect();
        let earned = |place: usize| {
            let weight = Weight::at_place(place, &self.network);
            Earned { weight, name: weight.name(&self.network), allocation: of[place] }
        };
        first(places, count, |a, b| order(&of[a], &of[b])).into_iter().map(earned).collect()
    }

    /// The pairs of layers that worked against each other in some step, the pair with the largest amount first.
    pub fn opposed(&self) -> Vec<Opposed> {
        let name = |layer: usize| self.network.nodes()[self.layers[layer].node].name.clone();
        let mut found = vec![];
        for (a, b) in (0..self.layers.len()).flat_map(|b| (0..b).map(move |a| (a, b))) {
            let pairs = self.steps.iter().map(|step| (step.layers[a], step.layers[b]));
            let against = pairs.filter(|(a, b)| a.min(*b) < 0.0 && a.max(*b) > 0.0);
            let (steps, amount) =
                against.fold((0, 0.0), |(steps, amount), (a, b)| (steps + 1, amount + a.abs().min(b.abs())));
            if steps > 0 {
                found.push(Opposed { layers: [name(a), name(b)], steps, amount });
            }
        }
        found.sort_by(|a, b| b.amount.total_cmp(&a.amount));
        found
    }

    /// The whole.
    pub fn totals(&self) -> Totals {
        let (earned, hurt) = halves(&self.allocation);
        let allocation = self.allocation.iter().sum::<f64>();
        let statistics = self.steps.iter().map(|step| step.statistics).sum::<f64>();
        let change = self.loss - self.start;
        let residual = change - allocation - statistics;
        let [gradients, forwards] = self.probe.cost();
        Totals {
            steps: self.steps.len() as u64,
            examples: self.probe.data.len(),
            before: self.start,
            after: self.loss,
            change,
            allocation,
            earned,
            hurt,
            statistics,
            residual,
            residuals: self.steps.iter().map(|step| step.residual.abs()).sum(),
            relative: (change != 0.0).then(|| (residual / change).abs()),
            gradients,
            forwards,
        }
    }
}

impl Account {
    /// Of weights that were allocated so much.
    fn of<'a>(name: String, allocations: impl IntoIterator<Item = &'a [f64]>) -> Account {
        let mut account = Account { name, weights: 0, allocation: 0.0, earned: 0.0, hurt: 0.0 };
        for allocation in allocations {
            let (earned, hurt) = halves(allocation);
            account.weights += allocation.len();
            account.earned += earned;
            account.hurt += hurt;
            account.allocation += allocation.iter().sum::<f64>();
        }
        account
    }
}

/// The first `count` of some places in an order; those that are equal in it stay in the network's.
pub(crate) fn first(
    mut places: Vec<usize>,
    count: usize,
    order: impl Fn(usize, usize) -> Ordering,
) -> Vec<usize> {
    let compare = |a: &usize, b: &usize| order(*a, *b).then(a.cmp(b));
    if count < places.len() {
        places.select_nth_unstable_by(count, compare);
        places.truncate(count);
    }
    places.sort_unstable_by(compare);
    places
}

/// Σ of the negative ones and Σ of the others.
pub(super) fn halves(x: &[f64]) -> (f64, f64) {
    let add =
        |(negative, positive), &x| if x < 0.0 { (negative + x, positive) } else { (negative, positive + x) };
    x.iter().fold((0.0, 0.0), add)
}
