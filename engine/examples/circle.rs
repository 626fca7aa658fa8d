//! Own data: a network learns which points lie inside a circle, is kept as bytes, and goes on from them.

use std::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;
use whygrad::data::{Dataset, Targets, split};
use whygrad::layers;
use whygrad::loss::CrossEntropy;
use whygrad::network::Network;
use whygrad::op::{Linear, Tanh};
use whygrad::optim::Adam;
use whygrad::train::{Epoch, Fit, Observer, Options, Progress, State, Trainer, fit};

/// Prints every tenth epoch.
struct Print;

impl<T> Observer<T> for Print {
    fn epoch(&mut self, done: &Epoch<'_, T>) -> ControlFlow<()> {
        if let (true, Some(test)) = (done.epoch.is_multiple_of(10), done.test) {
            let right = 100.0 * test.accuracy.unwrap_or_default();
            println!("epoch {:3}   loss {:.4}   {right:.1} % right", done.epoch, done.train.loss);
        }
        ControlFlow::Continue(())
    }
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    // A square grid of points, row by row.
    let side = |i: usize| i as f32 / 19.5 - 1.0;
    let points: Vec<[f32; 2]> = (0..1600).map(|i| [side(i % 40), side(i / 40)]).collect();
    let classes = points.iter().map(|[x, y]| u32::from(x * x + y * y < 0.6)).collect();
    let data = Dataset::new(points.concat(), [2], Targets::Classes(classes))?;
    let (train, test) = split(data, 0.25, true, 1);

    let network = Network::sequential([2], layers![Linear::new(16), Tanh, Linear::new(2)])?;
    println!("{network}");
    let (loss, adam) = (Arc::new(CrossEntropy::default()), Arc::new(Adam { lr: 0.02, ..Adam::default() }));
    let options = Options { batch: 40, seed: 1, ..Options::default() };
    let mut trainer = Trainer::new(network.clone(), loss.clone(), adam.clone(), options.clone())?;
    let mut progress = Progress::default();
    let half = Fit { epochs: 30, ..Fit::default() };
    fit(&mut trainer, &train, Some(&test), &half, &mut progress, &mut [&mut Print])?;

    // What would go to a file; another process could read it, and PyTorch reads the weights.
    let bytes = trainer.state().to_safetensors(trainer.network(), &progress);
    println!("kept in {} bytes", bytes.len());
    let (state, mut progress) = State::from_safetensors(&network, &*adam, &bytes)?;
    let mut trainer = Trainer::new(network, loss, adam, options)?;
    trainer.restore(state)?;
    let whole = Fit { epochs: 60, ..half };
    fit(&mut trainer, &train, Some(&test), &whole, &mut progress, &mut [&mut Print])?;

    for point in [[0.0, 0.0], [0.5, 0.5], [0.9, 0.9]] {
        let logits = trainer.predict(&point)?;
        let inside = if logits[1] > logits[0] { "inside" } else { "outside" };
        println!("{point:?} is {inside}");
    }
    let accuracy = trainer.evaluate(&test)?.accuracy;
    if accuracy > Some(0.95) { Ok(()) } else { Err(format!("only {accuracy:?} right").into()) }
}
