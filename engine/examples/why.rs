//! Why: one step of a training held still, and for one of its weights what moved it; then who earned the whole run.

use std::error::Error;
use std::sync::Arc;
use whygrad::credit::{Chain, Ledger, Refine, Snapshot, Weight, effect, examples, nudge, update};
use whygrad::data::generate::GENERATED;
use whygrad::layers;
use whygrad::loss::CrossEntropy;
use whygrad::network::{Batch, Network, Rows};
use whygrad::op::{Linear, Tanh};
use whygrad::optim::Adam;
use whygrad::train::{Fit, Options, Progress, Trainer, fit};

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let moons = GENERATED.iter().find(|set| set.name == "moons").ok_or("no such set")?;
    let data = moons.make::<f32>(400, 0.1, 2, 1)?;
    let network = Network::sequential([2], layers![Linear::new(8), Tanh, Linear::new(2)])?;
    let (loss, adam) = (Arc::new(CrossEntropy::default()), Arc::new(Adam { lr: 0.01, ..Adam::default() }));
    let mut trainer = Trainer::new(network, loss, adam, Options::default())?;
    let (mut progress, first) = (Progress::default(), Fit { epochs: 1, ..Fit::default() });
    let mut ledger = Ledger::new(&trainer, data.cast::<f64>(), Refine::default())?;
    fit(&mut trainer, &data, None, &first, &mut progress, &mut [&mut ledger])?;

    // The first step of the second epoch, which the trainer did not make yet.
    let rows = first.batches(trainer.options(), data.len()).at(trainer.state().steps).to_vec();
    let snapshot = Snapshot::take(&trainer, Batch { data: &data, rows: Rows::Index(&rows) })?;
    let weight = Weight::parse("linear1.weight[3,1]", snapshot.network())?;

    println!("{} of the example in row {}:", weight.name(snapshot.network()), rows[0]);
    let chain = Chain::new(&snapshot, weight, 0);
    for factor in &chain.factors {
        println!("  {:<40} {:>10.6}", factor.symbol, factor.number.unwrap_or(f64::NAN));
    }
    println!("  {:<40} {:>10.6}", "product", chain.product);
    println!("  {:<40} {:>10.6}", "gradient", chain.gradient);

    let (batch, nudged) = (examples(&snapshot, weight), nudge(&snapshot, weight));
    let [up, down, _] = batch.signs;
    println!(
        "\nThe batch's gradient: {:+.6}, and {:+.6} by nudging the weight.",
        batch.gradient, nudged.difference
    );
    println!("Of {} examples {up} would have it smaller and {down} larger.", batch.each.len());

    let update = update(&snapshot, weight);
    println!("\n{} made of it:", update.optimizer);
    for part in &update.parts {
        println!("  {:<20} {:>+10.6}   {}", part.source.name(), part.amount, part.formula);
    }
    println!("  {:<20} {:>+10.6}", "moved", update.moved);
    let effect = effect(&snapshot, weight);
    println!(
        "which alone changes the loss by {:+.2e}; all weights: {:+.2e}",
        effect.alone.measured, effect.all.measured
    );

    let rest = Fit { epochs: 10, ..first };
    fit(&mut trainer, &data, None, &rest, &mut progress, &mut [&mut ledger])?;
    let totals = ledger.totals();
    println!("\nIn {} steps the loss changed by {:+.4}. Earned most:", trainer.state().steps, totals.change);
    for account in ledger.earned_most(3) {
        println!("  {:<20} {:>+10.4}", account.name, account.allocation);
    }
    let adds_up = chain.reconciles && batch.reconciles && update.reconciles && nudged.agrees;
    if adds_up { Ok(()) } else { Err("a part does not add up".into()) }
}
