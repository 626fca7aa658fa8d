//! What a worked example calls things.

use super::Worked;
use std::collections::HashMap;
use whygrad::credit::{Names, Weight};
use whygrad::network::Network;

/// The names of a worked example, which stand in for those of its network.
#[derive(Clone, Debug)]
pub struct ExampleNames {
    network: Network,
    /// Of the numbers of each value.
    units: Vec<Vec<String>>,
    weights: HashMap<Weight, String>,
}

impl ExampleNames {
    /// As the example writes them, `w1`; or, for `people`, as it would on paper: `w₁`.
    pub fn new(worked: &Worked, people: bool) -> ExampleNames {
        let network = &worked.network;
        let write = |name: &String| if people { pretty(name) } else { name.clone() };
        let units = |value| worked.names_of(value).iter().map(write).collect();
        let weights = worked.weights.iter().flat_map(|weight| {
            let name = write(&weight.symbol);
            weight.ends.iter().map(move |end| (worked.at(*end), name.clone()))
        });
        ExampleNames {
            units: (0..=network.nodes().len()).map(units).collect(),
            weights: weights.collect(),
            network: network.clone(),
        }
    }
}

impl Names for ExampleNames {
    /// Of one number its name; of several, h₁ and h₂, what their names share: h.
    fn value(&self, value: usize) -> String {
        match &self.units[value][..] {
            [only] => only.clone(),
            units => units[0].replace(|c: char| c.is_ascii_digit() || SUBSCRIPTS.contains(c), ""),
        }
    }

    fn unit(&self, value: usize, at: usize) -> String {
        self.units[value][at].clone()
    }

    fn weight(&self, weight: Weight) -> String {
        // A connection that the example lacks has no symbol.
        self.weights.get(&weight).cloned().unwrap_or_else(|| weight.name(&self.network))
    }

    fn prediction(&self, at: Option<usize>) -> String {
        let outputs = &self.units[self.units.len() - 1];
        match (at, &outputs[..]) {
            (Some(at), outputs) => outputs[at].clone(),
            (None, [only]) => only.clone(),
            (None, _) => "ŷ".into(),
        }
    }

    fn target(&self, at: Option<usize>) -> String {
        match (at, &self.units[self.units.len() - 1][..]) {
            (Some(at), outputs) if outputs.len() > 1 => format!("y({})", outputs[at]),
            _ => "y".into(),
        }
    }

    /// Only the hidden activation has settings of its own; they are the defaults.
    fn own(&self, _node: usize, letter: &str) -> String {
        letter.into()
    }
}

const SUBSCRIPTS: &str = "₀₁₂₃₄₅₆₇₈₉";

/// `w12` as w₁₂.
pub fn pretty(name: &str) -> String {
    let low = |c: char| c.to_digit(10).and_then(|digit| SUBSCRIPTS.chars().nth(digit as usize)).unwrap_or(c);
    match name.find(|c: char| c.is_ascii_digit()) {
        Some(at) => name[..at].chars().chain(name[at..].chars().map(low)).collect(),
        None => name.into(),
    }
}

/// `w₁₂` as w12.
pub fn plain(name: &str) -> String {
    let digit = |c: char| match SUBSCRIPTS.chars().position(|low| low == c) {
        Some(digit) => char::from(b'0' + digit as u8),
        None => c,
    };
    name.trim().chars().map(digit).collect()
}
