//! Every check fires on its own experiment and is silent on the twin.

use super::{built_in, causes, checked, score, stands};
use whygrad::check::{Example, LIST};

/// Checks whose finding is a symptom or a note in their example: what causes it stands on an earlier link, or costs nothing
/// there.
const NOT_FIRST: &[&str] =
    &["gradient-blocked", "gradient-explodes", "loss-at-init", "loss-non-finite", "overfits", "not-learning"];

fn fires(check: &str, Example { experiment, faulty, twin }: &Example) {
    let faulty = built_in(experiment, faulty);
    let found = checked(&faulty);
    assert!(!stands(&found.verdict, check).is_empty(), "{check} is silent: {:#?}", found.verdict);
    if !NOT_FIRST.contains(&check) {
        assert_eq!(causes(&found.verdict).first(), Some(&check), "{:#?}", found.verdict);
        // The experiment that is written is the one that was tried.
        let mended = found.mended.expect("something mends it");
        let trial = found.verdict.causes[0].trial.as_ref().expect("a trial");
        if trial.changes == found.verdict.stages {
            assert_eq!(score(&mended, 1), trial.after[0], "{}", mended.text);
        }
        assert!(score(&mended, 77) > score(&faulty, 77), "{}", mended.text);
    }
    let healthy = checked(&built_in(experiment, twin));
    assert!(
        stands(&healthy.verdict, check).is_empty(),
        "{check} is found in the twin: {:#?}",
        healthy.verdict
    );
    assert!(!healthy.verdict.is_broken(), "{:#?}", healthy.verdict);
}

macro_rules! each {
    ($($name:ident: $check:literal;)*) => {
        $(#[test]
        fn $name() {
            let check = LIST.iter().find(|of| of.name == $check).unwrap();
            fires($check, check.example.as_ref().unwrap());
        })*

        /// All checks with an example.
        const TESTED: &[&str] = &[$($check),*];
    };
}

each! {
    data_unscaled: "data-unscaled";
    data_sorted_by_class: "data-sorted-by-class";
    forward_non_finite: "forward-non-finite";
    nonlinearity_missing: "nonlinearity-missing";
    signal_grows: "signal-grows";
    signal_shrinks: "signal-shrinks";
    units_dead: "units-dead";
    units_identical: "units-identical";
    units_saturated: "units-saturated";
    loss_at_init: "loss-at-init";
    loss_mismatch: "loss-mismatch";
    loss_non_finite: "loss-non-finite";
    loss_unreachable: "loss-unreachable";
    gradient_blocked: "gradient-blocked";
    gradient_explodes: "gradient-explodes";
    gradient_noisy: "gradient-noisy";
    gradient_vanishes: "gradient-vanishes";
    clip_dominates: "clip-dominates";
    decay_dominates: "decay-dominates";
    update_missing: "update-missing";
    not_learning: "not-learning";
    overfits: "overfits";
    step_too_large: "step-too-large";
    step_too_small: "step-too-small";
    stopped_early: "stopped-early";
}

#[test]
fn the_page_of_checks_is_what_the_checks_say() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/checks.md");
    let page = whygrad::check::page();
    if std::fs::read_to_string(&path).unwrap_or_default() != page {
        let new = path.with_extension("md.new");
        std::fs::write(&new, page).unwrap();
        panic!(
            "the checks say something else than docs/checks.md; look at {} and put it there",
            new.display()
        );
    }
}

#[test]
fn every_check_is_tested_by_an_experiment_by_a_table_or_by_a_program() {
    // The engine's own tests plant what no experiment can say.
    let programs =
        ["examples-mixed", "gradient-wrong", "gradient-missing", "update-wrong", "gradient-accumulates"];
    for check in LIST {
        let places = [
            TESTED.contains(&check.name),
            super::data::TESTED.contains(&check.name),
            programs.contains(&check.name),
        ];
        assert_eq!(places.iter().filter(|tested| **tested).count(), 1, "{}", check.name);
        assert_eq!(check.example.is_some(), TESTED.contains(&check.name), "{}", check.name);
    }
}
