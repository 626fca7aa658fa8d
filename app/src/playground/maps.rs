//! What a network makes of every point of a plane: each unit's own map, and what the output says there.

use super::shape::Layer;
use std::sync::Arc;
use whygrad::Threads;
use whygrad::author::stable;
use whygrad::data::{Dataset, Targets};
use whygrad::loss::{LossFunction, TargetKind};
use whygrad::network::{Batch, Network, Pass, Plan, Rows, Weights, keep};

/// Points of a map along each of its sides.
pub const RESOLUTION: usize = 48;

/// The maps of a network with one or two inputs.
#[derive(Debug)]
pub(super) struct Maps {
    plan: Plan<f32, keep::All>,
    grid: Dataset<f32>,
    /// From where to where each input goes.
    pub(super) range: Vec<[f32; 2]>,
}

/// What maps show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// Of each layer's each unit: its value at each point, from −127 to 127.
    pub units: Vec<i8>,
    /// What 127 stands for, unit by unit.
    pub scales: Vec<f32>,
    /// What the output says at each point.
    pub output: Output,
}

/// What the output says at each point.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Which class has the largest probability, and how large it is, from 0 to 255.
    Classes(Vec<u8>, Vec<u8>),
    /// A number.
    Fit(Vec<f32>),
}

impl Default for Output {
    fn default() -> Output {
        Output::Fit(vec![])
    }
}

impl Maps {
    /// For a network whose examples have one or two inputs; `None` where they have more.
    pub(super) fn new(network: &Network, loss: &Arc<dyn LossFunction>, train: &Dataset<f32>) -> Option<Maps> {
        let inputs = train.shape().len();
        if !(1..=2).contains(&inputs) || train.is_empty() {
            return None;
        }
        let range: Vec<[f32; 2]> = (0..inputs).map(|input| range(train, input)).collect();
        let at = |input: usize, place: usize| {
            let [low, high] = range[input];
            low + (high - low) * (place as f32 / (RESOLUTION - 1) as f32)
        };
        let last = RESOLUTION - 1;
        let points: Vec<f32> = match inputs {
            1 => (0..RESOLUTION).map(|x| at(0, x)).collect(),
            // The first row is the top.
            _ => (0..RESOLUTION * RESOLUTION)
                .flat_map(|point| [at(0, point % RESOLUTION), at(1, last - point / RESOLUTION)])
                .collect(),
        };
        let count = points.len() / inputs;
        // Nobody asks for the loss, but a pass has one: these are targets that every network can take.
        let targets = match loss.wants() {
            TargetKind::Classes => Targets::Classes(vec![0; count]),
            TargetKind::Values => {
                let width = network.shape(network.output()).len();
                Targets::Values { data: vec![0.0; count * width], width }
            }
        };
        let grid = Dataset::new(points, train.shape().clone(), targets).ok()?;
        let plan = Plan::new(network, Arc::clone(loss), count, &Threads::new(1), keep::All).ok()?;
        Some(Maps { plan, grid, range })
    }

    /// The maps at these weights.
    pub(super) fn draw(&mut self, weights: &Weights<f32>, layers: &[Layer], loss: &str) -> Drawn {
        let batch = Batch { data: &self.grid, rows: Rows::Range(0, self.grid.len()) };
        self.plan.pass(weights, batch, Pass::EVALUATE);
        let mut drawn = Drawn::default();
        for layer in layers {
            // [units, points], from [points, units]
            let points: Vec<&[f32]> = self.plan.value(layer.value).collect();
            for unit in 0..layer.units {
                let largest = points.iter().map(|of| of[unit].abs()).fold(0.0, f32::max);
                let scale = if largest > 0.0 && largest.is_finite() { largest } else { 1.0 };
                drawn.units.extend(points.iter().map(|of| (of[unit] / scale * 127.0) as i8));
                drawn.scales.push(scale);
            }
        }
        drawn.output = output(self.plan.output(), loss);
        drawn
    }
}

/// Where the examples lie, and a tenth more at each end.
fn range(train: &Dataset<f32>, input: usize) -> [f32; 2] {
    let width = train.shape().len();
    let values = train.inputs().iter().skip(input).step_by(width);
    let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
    let more = if high > low { 0.1 * (high - low) } else { 1.0 };
    [low - more, high + more]
}

/// Whether a loss compares with classes: also one that takes them as the numbers 0 and 1.
pub fn has_classes(loss: &dyn LossFunction) -> bool {
    loss.wants() == TargetKind::Classes || loss.name().starts_with("bce")
}

/// The probabilities that a loss reads out of the outputs of an example.
fn probabilities(outputs: &[f32], loss: &str) -> Option<Vec<f64>> {
    let numbers = outputs.iter().map(|x| f64::from(*x));
    match loss {
        "cross_entropy" => {
            let numbers: Vec<f64> = numbers.collect();
            let all = stable::log_sum_exp(&numbers);
            Some(numbers.into_iter().map(|x| all.below(x).exp()).collect())
        }
        "nll" => Some(numbers.map(f64::exp).collect()),
        "categorical_cross_entropy" => Some(numbers.collect()),
        "bce" | "bce_with_logits" => {
            let x = f64::from(*outputs.last()?);
            let one = if loss == "bce" { x } else { stable::logistic(x) };
            Some(vec![1.0 - one, one])
        }
        _ => None,
    }
}

fn output<'a>(points: impl Iterator<Item = &'a [f32]>, loss: &str) -> Output {
    let (mut classes, mut sure, mut fit) = (vec![], vec![], vec![]);
    for outputs in points {
        match probabilities(outputs, loss) {
            Some(of) => {
                let best =
                    (0..of.len()).fold(0, |best, class| if of[class] > of[best] { class } else { best });
                classes.push(best as u8);
                sure.push((of.get(best).copied().unwrap_or(0.0) * 255.0).round() as u8);
            }
            None => fit.push(outputs.first().copied().unwrap_or(0.0)),
        }
    }
    if classes.is_empty() { Output::Fit(fit) } else { Output::Classes(classes, sure) }
}
