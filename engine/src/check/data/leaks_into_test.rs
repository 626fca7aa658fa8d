//! Held-out examples that stand in the training part, too: what is measured on them is memory.

use super::super::{Check, Evidence, Finding, Link, Place, Reads};

pub(in super::super) const CHECK: Check = Check {
    name: "data-leaks-into-test",
    link: Link::Data,
    question: "Are the held-out examples new to the network?",
    reads: &[Reads::Data],
    limit: "fewer than 3 held-out examples, or 5 % of them, stand bit for bit in the training part, beyond three times what chance makes of such numbers",
    source: "the collision probability of columns that are independent",
    change: "split before rows are repeated, and hold out other rows",
    example: None,
    find,
};

fn find(evidence: &Evidence) -> Vec<Finding> {
    let Some(data) = evidence.data.as_ref().filter(|data| data.test > 0) else { return vec![] };
    let share = data.leak.examples as f64 / data.test as f64;
    let limit = (3.0 * data.leak.chance).max(0.05);
    if data.leak.examples < 3 || share <= limit {
        return vec![];
    }
    let [row, twin] = data.leak.first.unwrap_or_default();
    let place = Place { row: Some(twin), example: Some(row), ..Place::default() };
    let sentence = format!(
        "{} of {} held-out examples stand in the training part, too (row {row} is held out, and the same as row {twin}): the held-out result says how well they were learned by heart.",
        data.leak.examples, data.test
    );
    vec![CHECK.finding(place, [share, limit], sentence).certain()]
}
