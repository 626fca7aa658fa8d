//! Whether the output of one example depends on the input of another.

use crate::data::Dataset;
use crate::network::{Batch, Error, Pass, Plan, Rows, keep};
use crate::train::{Real, Trainer};
use std::sync::Arc;

/// The first operation in which the numbers of one example change, by a bit, when the input of another does, though it
/// declares that it mixes none, and no operation before it does: its place among the network's. As in evaluation, where
/// also what mixes in training treats each example alone.
///
/// # Errors
/// Where a copy of the trainer cannot be made.
pub fn mixed<T: Real>(trainer: &Trainer<T>, train: &Dataset<T>) -> Result<Option<usize>, Error> {
    let (network, options) = (trainer.network(), trainer.options());
    let rows = super::spread(train.len(), 4);
    if rows.len() < 2 {
        return Ok(None);
    }
    let loss = Arc::clone(trainer.loss());
    let mut plan = Plan::<T, _>::new(network, loss, rows.len(), &options.threads, keep::All)?;
    let mut values = |rows: &[usize], place: usize| -> Vec<Vec<T>> {
        plan.pass(&trainer.state().weights, Batch { data: train, rows: Rows::Index(rows) }, Pass::EVALUATE);
        (0..network.shapes().len())
            .map(|value| plan.value(value).nth(place).unwrap_or_default().to_vec())
            .collect()
    };
    // The first example stays and the last takes the place of the others; and the other way round.
    let last = rows.len() - 1;
    let differ =
        |(a, b): (&Vec<T>, &Vec<T>)| a.iter().zip(b).any(|(a, b)| a != b && !(a.is_nan() && b.is_nan()));
    let mut first: Option<usize> = None;
    for (stays, instead) in [(0, rows[last]), (last, rows[0])] {
        let others: Vec<usize> =
            (0..rows.len()).map(|i| if i == stays { rows[i] } else { instead }).collect();
        let (before, after) = (values(&rows, stays), values(&others, stays));
        let found = before.iter().zip(&after).skip(1).position(differ);
        first = first.into_iter().chain(found).min();
    }
    Ok(first.filter(|node| !network.nodes()[*node].op.mixes_examples()))
}
