//! The engine against numbers that it did not compute.

use schemars::JsonSchema;
use serde::Serialize;

/// The largest difference that passes.
pub const TOLERANCE: f64 = 1e-8;

/// How the engine compares with reference cases.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Verification {
    /// Whether no case differs.
    pub pass: bool,
    /// The largest difference that passes.
    pub tolerance: f64,
    /// The cases, in the order of the files.
    pub cases: Vec<Case>,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Case {
    /// What it is called.
    pub name: String,
    /// Whether all its differences pass; absent where it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass: Option<bool>,
    /// The largest relative difference of each kind: |a − b| / max(|b|, a thousandth of the largest |b| of its kind).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<Differences>,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
}

/// The largest difference of each kind; null where the case has no such numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Differences {
    /// Of values of the forward pass.
    pub output: Option<f64>,
    /// Of the loss.
    pub loss: Option<f64>,
    /// Of gradients of the batch's loss.
    pub gradients: Option<f64>,
    /// Of the norms of each example's gradient.
    pub norms: Option<f64>,
    /// Of the losses of the steps.
    pub losses: Option<f64>,
    /// Of parameters after steps.
    pub parameters: Option<f64>,
}

impl Differences {
    /// Each kind with its name.
    pub fn each(&self) -> [(&'static str, Option<f64>); 6] {
        let Differences { output, loss, gradients, norms, losses, parameters } = *self;
        [
            ("output", output),
            ("loss", loss),
            ("gradients", gradients),
            ("norms", norms),
            ("losses", losses),
            ("parameters", parameters),
        ]
    }
}

impl Case {
    /// A case that was compared.
    pub fn compared(name: String, differences: Differences) -> Case {
        let pass =
            differences.each().iter().filter_map(|(_, difference)| *difference).all(|d| d <= TOLERANCE);
        Case { name, pass: Some(pass), differences: Some(differences), skipped: None }
    }

    /// A case that was not.
    pub fn skipped(name: String, why: String) -> Case {
        Case { name, pass: None, differences: None, skipped: Some(why) }
    }
}

impl Verification {
    /// Of these cases.
    pub fn new(cases: Vec<Case>) -> Verification {
        let pass = cases.iter().all(|case| case.pass != Some(false));
        Verification { pass, tolerance: TOLERANCE, cases }
    }

    /// The whole in a sentence.
    pub fn sentence(&self) -> String {
        let count = |pass: Option<bool>| self.cases.iter().filter(|case| case.pass == pass).count();
        let [right, wrong, skipped] = [Some(true), Some(false), None].map(count);
        let compared = right + wrong;
        format!("{compared} compared, {wrong} differ by more than {:e}, {skipped} skipped", self.tolerance)
    }
}
