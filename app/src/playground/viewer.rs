//! What there is to see of a training at one of its steps, computed beside it.

use super::maps::{Drawn, Maps};
use super::shape::{Layer, layers};
use crate::error::Result;
use std::sync::Arc;
use whygrad::Threads;
use whygrad::data::{Dataset, Targets};
use whygrad::facts::Metrics;
use whygrad::network::{Batch, Pass, Plan, Rows, keep};
use whygrad::train::{Prepared, State, Trainer};

/// Looks at states of a training, with memory of its own.
#[derive(Debug)]
pub struct Viewer {
    trainer: Trainer<f32>,
    train: Dataset<f32>,
    test: Option<Dataset<f32>>,
    layers: Vec<Layer>,
    maps: Option<Maps>,
    /// For one example.
    one: Plan<f32, keep::All>,
}

/// What was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Loss and accuracy on the training part.
    pub train: Metrics,
    /// On the held-out part.
    pub test: Option<Metrics>,
    /// All parameters.
    pub weights: Vec<f32>,
    /// The gradient of the batch that comes next by all of them.
    pub gradient: Vec<f32>,
    /// An example.
    pub example: Option<Example>,
    /// The maps, of a network that has some.
    pub maps: Option<Drawn>,
}

/// What the network makes of an example.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its inputs, then what each layer makes of them.
    pub units: Vec<f32>,
    /// What the loss compares with: a class or numbers.
    pub target: Vec<f64>,
    /// What the network says.
    pub output: Vec<f32>,
    /// Its loss.
    pub loss: f64,
}

impl Viewer {
    /// For a training, wherever it stands.
    pub fn new(prepared: &Prepared<f32>) -> Result<Viewer> {
        let Prepared { train, test, trainer, .. } = prepared;
        let (network, loss) = (trainer.network(), trainer.loss());
        Ok(Viewer {
            maps: Maps::new(network, loss, train),
            layers: layers(network),
            one: Plan::new(network, Arc::clone(loss), 1, &Threads::new(1), keep::All)?,
            trainer: trainer.clone(),
            train: train.clone(),
            test: test.clone(),
        })
    }

    /// The layers that are drawn.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// From where to where the inputs of the maps go.
    pub fn range(&self) -> Option<&[[f32; 2]]> {
        self.maps.as_ref().map(|maps| &maps.range[..])
    }

    /// Looks at a state, with the rows of the batch that comes next, and at a row of the training part.
    pub fn look(&mut self, state: State<f32>, rows: &[usize], row: Option<usize>) -> Result<Seen> {
        self.trainer.restore(state)?;
        let example = row.filter(|row| *row < self.train.len()).map(|row| self.example(row));
        let weights = &self.trainer.state().weights;
        let loss = self.trainer.loss().name();
        let maps = self.maps.as_mut().map(|maps| maps.draw(weights, &self.layers, loss));
        let weights = weights.params.to_vec();
        Ok(Seen {
            train: self.trainer.evaluate(&self.train)?,
            test: self.test.as_ref().map(|test| self.trainer.evaluate(test)).transpose()?,
            weights,
            gradient: self.trainer.gradient(Batch { data: &self.train, rows: Rows::Index(rows) }),
            example,
            maps,
        })
    }

    fn example(&mut self, row: usize) -> Example {
        let batch = Batch { data: &self.train, rows: Rows::Range(row, row + 1) };
        self.one.pass(&self.trainer.state().weights, batch, Pass::EVALUATE);
        let value = |value: usize| self.one.value(value).next().unwrap_or_default();
        Example {
            units: [0]
                .into_iter()
                .chain(self.layers.iter().map(|layer| layer.value))
                .flat_map(value)
                .copied()
                .collect(),
            target: match self.train.targets() {
                Targets::Classes(classes) => vec![f64::from(classes[row])],
                Targets::Values { data, width } => {
                    data[row * width..(row + 1) * width].iter().map(|y| f64::from(*y)).collect()
                }
            },
            output: self.one.output().next().unwrap_or_default().to_vec(),
            loss: self.one.example_losses().next().map_or(f64::NAN, f64::from),
        }
    }
}
