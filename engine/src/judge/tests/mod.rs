//! All lists of this crate pass; and the judge is judged: every planted fault is caught by the tests that have to catch it,
//! and for every test there is one that it alone catches.

mod loss;
mod operation;
mod optimizer;

use super::{Fault, Test};
use std::fmt::Debug;

/// The tests that fail, each once, in the order in which they are made.
fn failing(faults: impl Iterator<Item = Fault>) -> Vec<Test> {
    let mut tests = vec![];
    for fault in faults {
        if !tests.contains(&fault.test) {
            tests.push(fault.test);
        }
    }
    tests
}

/// What was planted, what is found, and what has to be.
struct Planted {
    fault: String,
    found: Vec<Test>,
    expected: Vec<Test>,
}

impl Planted {
    fn new(fault: impl Debug, faults: impl Iterator<Item = Fault>, expected: &[Test]) -> Planted {
        Planted { fault: format!("{fault:?}"), found: failing(faults), expected: expected.to_vec() }
    }
}

/// Asserts that every fault is caught as it has to be, and that no test can be done without.
fn assert_caught(planted: &[Planted], tests: impl Iterator<Item = Test>) {
    for Planted { fault, found, expected } in planted {
        let same = found.len() == expected.len() && expected.iter().all(|test| found.contains(test));
        assert!(same, "{fault}: {found:?}, not {expected:?}");
    }
    for test in tests {
        let alone = planted.iter().any(|planted| planted.expected == [test]);
        assert!(alone, "without {test:?} every fault would still be caught");
    }
}

#[test]
fn a_fault_says_what_where_and_by_how_much() {
    use super::Quantity;
    use crate::op::Mode;
    let fault = Fault {
        subject: "cube",
        mode: Some(Mode::Eval),
        test: Test::Inputs,
        of: Quantity::ByInput(1),
        at: Some(7),
        found: 0.5,
        expected: 0.75,
        tolerance: 1.5e-9,
    };
    assert_eq!(
        fault.to_string(),
        "`cube` in evaluation fails the test \"gradient by inputs\": number 7 of the gradient by input 1 is 0.5 and \
         should be 0.75, to within 1.5e-9. Backward's gradient by every input is that of finite differences of forward."
    );
}
