//! What a network does with some examples at one moment of its training, value by value and weight by weight.

use super::{Line, line, spread};
use crate::data::Dataset;
use crate::facts::Moments;
use crate::kernel::Scalar;
use crate::network::{Batch, Error, Pass, Plan, Rows, keep};
use crate::op::{By, Structure};
use crate::train::{Fit, Real, Trainer};
use std::sync::Arc;

/// The most examples that are looked at.
const EXAMPLES: usize = 512;

/// Batches whose gradients are compared.
const BATCHES: usize = 8;

/// Below this share of the largest possible slope a unit passes on next to nothing (|tanh′| at |x| = 4.1).
pub const FLAT: f64 = 1e-3;

/// A network at one moment.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Steps done.
    pub step: u64,
    /// Examples that were looked at.
    pub examples: usize,
    /// Their loss, as in training.
    pub loss: f64,
    /// The input, and the output of each operation.
    pub values: Vec<ValueMoment>,
    /// Each parameter.
    pub params: Vec<ParamMoment>,
    /// The loss along the next step; absent where nothing is predicted of it, or the look was a short one.
    pub line: Option<Line>,
    /// ‖mean gradient‖² over the mean of ‖gradient‖² of several batches: 1 where all agree, one over their number where
    /// they have nothing in common; absent where there are too few batches, or the look was a short one.
    pub agreement: Option<f64>,
}

/// A value over the examples.
#[derive(Clone, Debug)]
pub struct ValueMoment {
    /// All its numbers.
    pub numbers: Moments,
    /// The loss's gradient by them.
    pub gradient: Moments,
    /// Numbers of one example.
    pub units: usize,
    /// Of each unit, its standard deviation over the examples.
    pub spreads: Vec<f64>,
    /// Of an operation that acts number by number: of each unit, the share of examples on which its slope is exactly 0,
    /// and that on which it is below [`FLAT`].
    pub flat: Option<[Vec<f64>; 2]>,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct ParamMoment {
    /// Its numbers.
    pub numbers: Moments,
    /// The gradient by them over the examples looked at.
    pub gradient: Moments,
    /// Of a matrix: how many rows are the same, bit for bit, as one before them.
    pub twins: usize,
    /// Rows of it.
    pub rows: usize,
}

impl Moment {
    /// Looks at the training part: a short look costs about as much as two steps of training with as many examples, a
    /// whole one, which also knows [`Moment::line`] and [`Moment::agreement`], as much as 20 (30 measured on 1024×4).
    ///
    /// # Errors
    /// Where a copy of the trainer cannot be made.
    pub fn look<T: Real>(
        trainer: &Trainer<T>,
        train: &Dataset<T>,
        fit: &Fit,
        short: bool,
    ) -> Result<Moment, Error> {
        let (network, options, state) = (trainer.network(), trainer.options(), trainer.state());
        let rows = spread(train.len(), EXAMPLES);
        let loss = Arc::clone(trainer.loss());
        let mut plan = Plan::<T, _>::new(network, loss, rows.len(), &options.threads, keep::All)?;
        let batch = Batch { data: train, rows: Rows::Index(&rows) };
        let loss = plan.pass(&state.weights, batch, Pass::train(options.key(state.steps)));
        let mut gradient = vec![T::zero(); network.param_count()];
        plan.gradient(&state.weights, &mut gradient);

        let mut values: Vec<ValueMoment> = (0..network.shapes().len())
            .map(|value| {
                let units = network.shapes()[value].len();
                let mut of = ValueMoment {
                    numbers: Moments::default(),
                    gradient: Moments::default(),
                    units,
                    spreads: spreads(units, plan.value(value)),
                    flat: None,
                };
                plan.value(value).for_each(|x| of.numbers.merge(&Moments::of(x)));
                plan.value_gradient(value).for_each(|dx| of.gradient.merge(&Moments::of(dx)));
                of
            })
            .collect();
        for (node, of) in network.nodes().iter().enumerate() {
            if of.op.structure() != Structure::Pointwise {
                continue;
            }
            let units = network.shapes()[node + 1].len();
            let (mut dead, mut flat) = (vec![0.0; units], vec![0.0; units]);
            let shards: Vec<_> = plan.shards().collect();
            for (shard, examples) in shards.iter().enumerate() {
                let at = plan.point(&state.weights, node, shard);
                for row in 0..examples.len() {
                    for unit in 0..units {
                        T::of_op(&*of.op).partials(&at, row, unit, &mut |partial| {
                            if let By::Input { .. } = partial.by {
                                let slope = partial.slope.f64().abs();
                                dead[unit] += f64::from(slope == 0.0);
                                flat[unit] += f64::from(slope < FLAT);
                            }
                        });
                    }
                }
            }
            let share = |counts: Vec<f64>| counts.iter().map(|count| count / rows.len() as f64).collect();
            values[node + 1].flat = Some([share(dead), share(flat)]);
        }
        let params = network.params().iter().map(|param| {
            let numbers = &state.weights.params[param.range.clone()];
            let rows = param.shape.dims().first().copied().unwrap_or(1);
            ParamMoment {
                numbers: Moments::of(numbers),
                gradient: Moments::of(&gradient[param.range.clone()]),
                twins: if param.shape.dims().len() > 1 {
                    twins(numbers, numbers.len() / rows.max(1))
                } else {
                    0
                },
                rows,
            }
        });
        let params = params.collect();
        let (mut along, mut agree) = (None, None);
        if !short {
            let next = fit.batches(options, train.len()).at(state.steps).to_vec();
            along = Some(line(trainer, train, &next)?).filter(|line| line.predicted != 0.0);
            agree = agreement(trainer, train, fit);
        }
        let (step, examples) = (state.steps, rows.len());
        Ok(Moment { step, examples, loss, values, params, line: along, agreement: agree })
    }
}

/// Standard deviation of each unit over examples.
fn spreads<'a, T: Scalar>(units: usize, examples: impl Iterator<Item = &'a [T]>) -> Vec<f64> {
    let (mut count, mut mean, mut squares) = (0.0, vec![0.0; units], vec![0.0; units]);
    for x in examples {
        count += 1.0;
        for ((x, mean), squares) in x.iter().zip(&mut mean).zip(&mut squares) {
            let shift = x.f64() - *mean;
            *mean += shift / count;
            *squares += shift * (x.f64() - *mean);
        }
    }
    squares.iter().map(|squares| (squares / count).sqrt()).collect()
}

/// How many rows of `width` numbers are the same as one before them; −0 is 0.
fn twins<T: Scalar>(numbers: &[T], width: usize) -> usize {
    if width == 0 {
        return 0;
    }
    let mut rows: Vec<Vec<u64>> = numbers
        .chunks_exact(width)
        .map(|row| row.iter().map(|x| (x.f64() + 0.0).to_bits()).collect())
        .collect();
    let count = rows.len();
    rows.sort_unstable();
    rows.dedup();
    count - rows.len()
}

/// See [`Moment::agreement`].
fn agreement<T: Real>(trainer: &Trainer<T>, train: &Dataset<T>, fit: &Fit) -> Option<f64> {
    let mut batches = fit.batches(trainer.options(), train.len());
    if batches.per_epoch() < 3 {
        return None;
    }
    let count = BATCHES.min(batches.per_epoch() as usize);
    let mut copy = trainer.clone();
    let mut sum = vec![0.0; trainer.network().param_count()];
    let mut squares = 0.0;
    let first = trainer.state().steps;
    for i in 0..count as u64 {
        let rows = batches.at(first + i).to_vec();
        let gradient = copy.gradient(Batch { data: train, rows: Rows::Index(&rows) });
        for (sum, g) in sum.iter_mut().zip(&gradient) {
            *sum += g.f64() / count as f64;
            squares += g.f64() * g.f64() / count as f64;
        }
    }
    let of_mean: f64 = sum.iter().map(|g| g * g).sum();
    (squares > 0.0).then(|| of_mean / squares).filter(|agreement| agreement.is_finite())
}
