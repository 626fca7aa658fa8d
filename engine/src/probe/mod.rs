//! Questions asked of a copy: the training stays as it is, bit for bit.
//!
//! | question | |
//! |---|---|
//! | where does a step stop being finite? | [`not_finite()`] |
//! | how well does the network do its task? | [`score()`] |
//! | how good are its predictions, in the measures that people know? | [`Evaluation`] |
//! | what does the loss do along the step? | [`line()`] |
//! | what do values, units and weights do? | [`Moment`] |
//! | what enters the network, and what is it to say? | [`DataFacts`] |
//! | does one example's output depend on another's input? | [`mixed`] |
//! | is the step what the optimizer's formula gives? | [`unlike_formula`] |

mod by_chance;
mod data;
mod evaluation;
mod formula;
mod line;
mod mixing;
mod moment;
mod not_finite;
mod score;

pub use data::{DataFacts, Feature, Leak, TargetFacts};
pub use evaluation::{ClassScore, ClassScores, Errors, Evaluation, TrivialClasses, ValueScore};
pub use formula::{Unlike, unlike_formula};
pub use line::{LENGTHS, Line, line};
pub use mixing::mixed;
pub use moment::{FLAT, Moment, ParamMoment, ValueMoment};
pub use not_finite::{NotFinite, Stage, not_finite};
pub use score::{Measure, Score, score};

/// At most `most` of `count` examples, evenly spread.
fn spread(count: usize, most: usize) -> Vec<usize> {
    let few = count.min(most);
    (0..few).map(|i| i * count / few).collect()
}
