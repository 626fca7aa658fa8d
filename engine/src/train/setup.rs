//! Everything that decides a training, before anything is computed.

use super::{Fit, Options, Real, Trainer};
use crate::data::{Dataset, Encoding, Origins, Preprocessing, Scale, Scaler, split};
use crate::kernel::Threads;
use crate::loss::LossFunction;
use crate::network::{Error, Network, Weights};
use crate::optim::{Clip, Decay, Optimizer, Schedule};
use std::sync::Arc;

/// Everything that decides a training, as plain data: what [`Setup::start`] makes of it is the same every time.
///
/// ```
/// use std::sync::Arc;
/// use whygrad::data::{Scale, generate::GENERATED};
/// use whygrad::train::{HeldOut, Progress, Setup, fit};
/// use whygrad::{layers, loss::CrossEntropy, network::Network, op::{Linear, Tanh}, optim::Adam};
///
/// let moons = GENERATED.iter().find(|set| set.name == "moons").ok_or("no such set")?;
/// let network = Network::sequential([2], layers![Linear::new(8), Tanh, Linear::new(2)])?;
/// let adam = Adam { lr: 0.01, ..Adam::default() };
/// let mut setup = Setup::<f32>::new(moons.make(500, 0.1, 2, 1)?, network, CrossEntropy::default(), adam);
/// (setup.held_out, setup.scale) = (HeldOut::Share { share: 0.2, seed: 1 }, Scale::Standard);
///
/// let mut prepared = setup.start()?;
/// assert_eq!(prepared.test.as_ref().map(|test| test.len()), Some(100));
/// fit(&mut prepared.trainer, &prepared.train, None, &prepared.fit, &mut Progress::default(), &mut [])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Setup<T> {
    /// The examples as they come: neither split nor scaled.
    pub data: Arc<Dataset<T>>,
    /// How they came from the columns of a table, where they did.
    pub columns: Encoding,
    /// Names of the targets' columns, where there are such.
    pub targets: Vec<String>,
    /// What was subtracted from inputs (beside that of [`Setup::columns`]) and targets; scaling takes it into account.
    pub origins: Origins,
    /// Which examples are held out.
    pub held_out: HeldOut<T>,
    /// How inputs are scaled.
    pub scale: Scale,
    /// How targets that are numbers are scaled.
    pub scale_target: Scale,
    /// What is computed.
    pub network: Network,
    /// The numbers to start from; `None`: what the network's initialisers and the seed give.
    pub weights: Option<Weights<T>>,
    /// How an output is judged.
    pub loss: Arc<dyn LossFunction>,
    /// How weights move.
    pub optimizer: Arc<dyn Optimizer>,
    /// What keeps a gradient from being too large.
    pub clip: Clip,
    /// Steps over which the learning rate rises to its full value.
    pub warmup: u64,
    /// What the full learning rate does.
    pub course: Course,
    /// Examples in a batch, at most.
    pub batch: usize,
    /// How long and in what order; `shuffle` is for the split, too.
    pub fit: Fit,
    /// Decides the starting weights, the order of the examples and all randomness of the steps.
    pub seed: u64,
    /// Threads to use; the result does not depend on them.
    pub threads: Threads,
}

/// Which examples are held out.
#[derive(Clone, Debug)]
pub enum HeldOut<T> {
    /// A share of all, drawn from a seed.
    Share {
        /// From 0 up to, not including, 1.
        share: f64,
        /// Decides which examples.
        seed: u64,
    },
    /// These, which are not among the others.
    Set(Arc<Dataset<T>>),
}

/// What the full learning rate does, in epochs ([`Decay`] says it in steps).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Course {
    /// Stays.
    #[default]
    Constant,
    /// Is multiplied by `gamma` every `epochs` epochs.
    Step {
        /// Epochs between two drops.
        epochs: u64,
        /// Factor of a drop.
        gamma: f64,
    },
    /// Falls along half a cosine to `min`, and begins anew after each of `restarts` (Loshchilov and Hutter 2017, "SGDR").
    Cosine {
        /// Epochs after which it begins anew, ascending.
        restarts: Vec<u64>,
        /// Epochs until the last minimum; `None`: all of them.
        epochs: Option<u64>,
        /// The minimum.
        min: f64,
    },
}

impl Course {
    /// The schedule behind a warm-up of so many steps, where an epoch has `steps` and training `epochs`.
    pub fn schedule(&self, warmup: u64, steps: u64, epochs: u64) -> Schedule {
        let decay = match self {
            Course::Constant => Decay::Constant,
            Course::Step { epochs, gamma } => Decay::Step { every: epochs * steps, gamma: *gamma },
            Course::Cosine { restarts, epochs: over, min } => {
                let ends = restarts.iter().copied().chain([over.unwrap_or(epochs)]);
                Decay::Cosine {
                    ends: ends.map(|end| (end * steps).saturating_sub(warmup)).collect(),
                    min: *min,
                }
            }
        };
        Schedule { warmup, decay }
    }
}

/// A training before its first step.
#[derive(Debug)]
pub struct Prepared<T> {
    /// Examples to train on, scaled.
    pub train: Dataset<T>,
    /// Held-out examples, scaled as the others.
    pub test: Option<Dataset<T>>,
    /// The trainer, at its start.
    pub trainer: Trainer<T>,
    /// What was done to both before.
    pub preprocessing: Preprocessing,
    /// How long and in what order to train.
    pub fit: Fit,
}

impl<T: Real> Setup<T> {
    /// With nothing held out, no scaling, a constant learning rate, and the defaults of [`Fit`] and [`Options`].
    pub fn new(
        data: Dataset<T>,
        network: Network,
        loss: impl LossFunction + 'static,
        optimizer: impl Optimizer + 'static,
    ) -> Setup<T> {
        let Options { batch, threads, seed, clip, .. } = Options::default();
        Setup {
            data: Arc::new(data),
            columns: Encoding::default(),
            targets: vec![],
            origins: Origins::default(),
            held_out: HeldOut::Share { share: 0.0, seed: 0 },
            scale: Scale::None,
            scale_target: Scale::None,
            network,
            weights: None,
            loss: Arc::new(loss),
            optimizer: Arc::new(optimizer),
            clip,
            warmup: 0,
            course: Course::Constant,
            batch,
            fit: Fit::default(),
            seed,
            threads,
        }
    }

    /// Splits and scales the data, and makes the trainer. Data that nobody else holds are not copied.
    ///
    /// # Errors
    /// Where a number leaves the precision when it is scaled ([`Error::Data`]), or network, loss and data do not fit
    /// together.
    pub fn start(mut self) -> Result<Prepared<T>, Error> {
        // Not held any more, so that it need not be copied.
        let none = Arc::new(self.data.select(&[]));
        let data = Arc::unwrap_or_clone(std::mem::replace(&mut self.data, none));
        let nobody = HeldOut::Share { share: 0.0, seed: 0 };
        let (mut train, mut test) = match std::mem::replace(&mut self.held_out, nobody) {
            HeldOut::Share { share, seed } => split(data, share, self.fit.shuffle, seed),
            HeldOut::Set(test) => (data, Arc::unwrap_or_clone(test)),
        };
        let mut scaler = Scaler::fit(self.scale, &train).with_origin(self.origins.inputs.clone());
        scaler.leave(self.columns.indicators());
        let target_scaler =
            Scaler::fit_targets(self.scale_target, &train).with_origin(self.origins.targets.clone());
        let classes = match train.class_names() {
            [] if self.loss.decision().is_some() && train.targets().are_switches() => {
                vec!["0".into(), "1".into()]
            }
            names => names.to_vec(),
        };
        for data in [&mut train, &mut test] {
            scaler.apply(data)?;
            target_scaler.apply_to_targets(data)?;
        }
        let trainer = self.trainer(train.len())?;
        for data in [&train, &test].into_iter().filter(|data| !data.is_empty()) {
            trainer.check(data)?;
        }
        let (columns, targets) = (self.columns, self.targets);
        let preprocessing = Preprocessing { columns, scaler, targets, classes, target_scaler };
        Ok(Prepared {
            train,
            test: (!test.is_empty()).then_some(test),
            trainer,
            preprocessing,
            fit: self.fit,
        })
    }

    /// The trainer, for so many training examples.
    ///
    /// # Errors
    /// Where network and loss do not fit together.
    pub fn trainer(&self, examples: usize) -> Result<Trainer<T>, Error> {
        let batch = self.batch.min(examples.max(1));
        let steps = examples.div_ceil(batch.max(1)) as u64;
        let schedule = self.course.schedule(self.warmup, steps, self.fit.epochs);
        let options =
            Options { batch, threads: self.threads.clone(), seed: self.seed, clip: self.clip, schedule };
        let (loss, optimizer) = (Arc::clone(&self.loss), Arc::clone(&self.optimizer));
        let mut trainer = Trainer::new(self.network.clone(), loss, optimizer, options)?;
        if let Some(weights) = &self.weights {
            trainer.set_weights(weights.clone())?;
        }
        Ok(trainer)
    }
}
