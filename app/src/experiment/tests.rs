//! An experiment's text is somebody's input: whatever it says, reading it ends.

use super::*;
use proptest::prelude::*;
use std::time::Instant;
use whygrad::credit::{self, Ledger, PROBE, Refine};
use whygrad::train::{Observer, Progress, fit};

/// Pieces that mean something, so that changes get past the parser of TOML.
const PIECES: [&str; 16] = [
    "[",
    "]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\"",
    "\n[[network.layers]]\n",
    "type = \"residual\"",
    "layers = [",
    "-1",
    "1e999",
    "true",
    "lr",
    "1979-05-27",
];

/// Reads a text and, where it is an experiment, builds its network.
fn read(text: &str, overrides: &[String]) {
    if let Ok(experiment) = Experiment::parse("e.toml", "e", text, overrides) {
        let _ = experiment.network(Shape::from([3]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn arbitrary_text_is_read_without_a_panic(text in "\\PC{0,200}", set in "\\PC{0,30}") {
        read(&text, &[]);
        read(BUILTIN[0].1, &[set]);
    }

    #[test]
    fn changed_experiments_are_read_without_a_panic(
        which in 0..BUILTIN.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..4, 0..PIECES.len()), 1..6),
        set in proptest::option::of("(data|network\\.layers|loss|optimizer|train)(\\.[a-z0-9]{1,6}){0,3}=[\\[{\"0-9a-z}\\]]{0,8}"),
    ) {
        let mut text = BUILTIN[which].1.to_string();
        for (at, cut, piece) in changes {
            let start = text.floor_char_boundary(at.index(text.len().max(1)));
            let end = text.floor_char_boundary((start + cut).min(text.len()));
            text.replace_range(start..end, PIECES[piece]);
        }
        read(&text, set.as_slice());
    }
}

#[test]
fn the_ledger_of_the_digits_run_adds_up_to_a_millionth() {
    let experiment = Experiment::load("digits", &[]).unwrap();
    let train = |open: &dyn Fn(&Prepared<f32>) -> Option<Ledger<f64>>| {
        let mut prepared = experiment.prepare::<f32>().unwrap();
        let mut ledger = open(&prepared);
        let Prepared { train, test, trainer, fit: how, .. } = &mut prepared;
        let watching: &mut [&mut dyn Observer<f32>] = match &mut ledger {
            Some(ledger) => &mut [ledger],
            None => &mut [],
        };
        let start = Instant::now();
        fit(trainer, train, test.as_ref(), how, &mut Progress::default(), watching).unwrap();
        (start.elapsed().as_secs_f64(), ledger)
    };
    let (plain, _) = train(&|_| None);
    let (watched, ledger) = train(&|prepared| {
        let probe = credit::probe(&prepared.train, PROBE, 1);
        Some(Ledger::new(&prepared.trainer, probe, Refine::default()).unwrap())
    });
    let totals = ledger.unwrap().totals();
    println!("training with the ledger takes {:.1} times as long; {totals:?}", watched / plain);
    assert_eq!((totals.steps, totals.examples), (1800, 1024));
    assert!(totals.relative.unwrap() <= 1e-6, "{totals:?}");
    // Two gradients of the probe set a step are plain; few steps need more.
    assert!(totals.gradients <= 3.0 * totals.steps as f64, "{totals:?}");
}
