//! How a parameter starts, by PyTorch's names (`torch.nn.init`) and formulas.
//!
//! For a weight [out, in, …]: fan_in = in · (numbers behind it), fan_out = out · (numbers behind in).

use crate::kernel::{Scalar, random};
use crate::setting::{Default, Key, Kind, Literal, SettingError, Settings};
use crate::shape::Shape;
use rand::RngExt;
use rand_distr::StandardNormal;

/// One initialiser with its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All 0.
    Zeros,
    /// All the same number.
    Constant(f64),
    /// Normal with mean and standard deviation.
    Normal(f64, f64),
    /// Uniform between two numbers.
    Uniform(f64, f64),
    /// Normal with mean 0 and standard deviation gain / √fan (He et al. 2015).
    KaimingNormal(Fan, f64),
    /// Uniform in ±√3 · gain / √fan (He et al. 2015).
    KaimingUniform(Fan, f64),
    /// Normal with mean 0 and standard deviation gain · √(2 / (fan_in + fan_out)) (Glorot, Bengio 2010).
    XavierNormal(f64),
    /// Uniform in ±gain · √(6 / (fan_in + fan_out)) (Glorot, Bengio 2010).
    XavierUniform(f64),
    /// Uniform in ±1 / √n: what PyTorch does by default to a linear layer's weight and bias, n = fan_in.
    Within(usize),
}

/// Which side of a weight decides its scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fan {
    /// Keeps the spread of values on the way forward.
    In,
    /// Keeps the spread of gradients on the way back.
    Out,
}

/// An initialiser as experiments name it.
pub struct InitEntry {
    /// PyTorch's name without the trailing underscore.
    pub name: &'static str,
    /// What it does, with its formula.
    pub doc: &'static str,
    /// What it can be told.
    pub keys: &'static [Key],
    build: fn(&Settings) -> Init,
}

const KAIMING: &[Key] = &[
    Key::new("mode", Kind::Word(&["fan_in", "fan_out"]), Default::Word("fan_in"), "which fan decides"),
    Key::new(
        "nonlinearity",
        Kind::Word(&["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]),
        Default::Word("leaky_relu"),
        "the activation that follows; its gain is PyTorch's calculate_gain",
    ),
    Key::new("a", Kind::Finite, Default::Number(0.0), "slope of the leaky_relu that follows"),
];

const GAIN: &[Key] =
    &[Key::new("gain", Kind::Finite, Default::Number(1.0), "factor on the standard deviation")];

/// All initialisers.
pub static LIST: &[InitEntry] = &[
    InitEntry { name: "zeros", doc: "all 0", keys: &[], build: |_| Init::Zeros },
    InitEntry {
        name: "constant",
        doc: "all `val`",
        keys: &[Key::new("val", Kind::Finite, Default::Required, "the number")],
        build: |s| Init::Constant(s.number("val")),
    },
    InitEntry {
        name: "normal",
        doc: "normal with `mean` and standard deviation `std`",
        keys: &[
            Key::new("mean", Kind::Finite, Default::Number(0.0), "the mean"),
            Key::new("std", Kind::NonNegative, Default::Number(1.0), "the standard deviation"),
        ],
        build: |s| Init::Normal(s.number("mean"), s.number("std")),
    },
    InitEntry {
        name: "uniform",
        doc: "uniform between `a` and `b`",
        keys: &[
            Key::new("a", Kind::Finite, Default::Number(0.0), "the lower end"),
            Key::new("b", Kind::Finite, Default::Number(1.0), "the upper end"),
        ],
        build: |s| Init::Uniform(s.number("a"), s.number("b")),
    },
    InitEntry {
        name: "kaiming_normal",
        doc: "normal with standard deviation gain / √fan",
        keys: KAIMING,
        build: |s| Init::KaimingNormal(fan(s), gain(s)),
    },
    InitEntry {
        name: "kaiming_uniform",
        doc: "uniform in ±√3 · gain / √fan",
        keys: KAIMING,
        build: |s| Init::KaimingUniform(fan(s), gain(s)),
    },
    InitEntry {
        name: "xavier_normal",
        doc: "normal with standard deviation gain · √(2 / (fan_in + fan_out))",
        keys: GAIN,
        build: |s| Init::XavierNormal(s.number("gain")),
    },
    InitEntry {
        name: "xavier_uniform",
        doc: "uniform in ±gain · √(6 / (fan_in + fan_out))",
        keys: GAIN,
        build: |s| Init::XavierUniform(s.number("gain")),
    },
];

fn fan(settings: &Settings) -> Fan {
    if settings.word("mode") == "fan_in" { Fan::In } else { Fan::Out }
}

/// `torch.nn.init.calculate_gain`.
fn gain(settings: &Settings) -> f64 {
    match settings.word("nonlinearity") {
        "tanh" => 5.0 / 3.0,
        "relu" => 2f64.sqrt(),
        "leaky_relu" => (2.0 / (1.0 + settings.number("a").powi(2))).sqrt(),
        "selu" => 0.75,
        _ => 1.0, // linear, sigmoid
    }
}

impl Init {
    /// Reads `"kaiming_uniform"` or `{ type = "normal", std = 0.02 }`.
    pub fn read(value: &Literal) -> Result<Init, SettingError> {
        let (name, given) = match value {
            Literal::Text(name) => (name.to_string(), vec![]),
            Literal::Table(items) => {
                let mut items = items.clone();
                let at = items.iter().position(|(key, _)| key == "type");
                match at.map(|at| items.remove(at).1) {
                    Some(Literal::Text(name)) => (name.to_string(), items),
                    _ => return Err(SettingError::Missing { key: "type", kind: Kind::Init }),
                }
            }
            other => {
                let given = other.to_string();
                return Err(SettingError::Wrong { key: "init".into(), given, kind: Kind::Init });
            }
        };
        let Some(entry) = LIST.iter().find(|entry| entry.name == name) else {
            let allowed = LIST.iter().map(|entry| entry.name).collect();
            return Err(SettingError::UnknownName { what: "initialiser", name, allowed });
        };
        Ok((entry.build)(&Settings::read(entry.keys, given)?))
    }

    /// Fills a parameter of shape `shape` with its starting values; `seed` decides them.
    pub fn fill<T: Scalar>(self, shape: &Shape, w: &mut [T], seed: u64) {
        let dims = shape.dims();
        let behind: usize = dims.iter().skip(2).product();
        let fan_out = (dims.first().copied().unwrap_or(1) * behind) as f64;
        let fan_in = (dims.get(1).or(dims.first()).copied().unwrap_or(1) * behind) as f64;
        let fan = |fan: Fan| if fan == Fan::In { fan_in } else { fan_out };
        let xavier = (fan_in + fan_out).sqrt();
        let (centre, std, is_normal) = match self {
            Init::Zeros => (0.0, 0.0, false),
            Init::Constant(x) => (x, 0.0, false),
            Init::Normal(mean, std) => (mean, std, true),
            Init::Uniform(low, high) => (low.midpoint(high), (high - low) / 12f64.sqrt(), false),
            Init::KaimingNormal(side, gain) => (0.0, gain / fan(side).sqrt(), true),
            Init::KaimingUniform(side, gain) => (0.0, gain / fan(side).sqrt(), false),
            Init::XavierNormal(gain) => (0.0, gain * 2f64.sqrt() / xavier, true),
            Init::XavierUniform(gain) => (0.0, gain * 2f64.sqrt() / xavier, false),
            Init::Within(n) => (0.0, 1.0 / (3.0 * n.max(1) as f64).sqrt(), false),
        };
        let mut rng = random::generator(seed, "init", 0);
        let half = 3f64.sqrt() * std; // a uniform distribution of width 2·half has this standard deviation
        for w in w {
            *w = T::of(match is_normal {
                true => centre + std * rng.sample::<f64, _>(StandardNormal),
                false => centre + half * (2.0 * rng.random::<f64>() - 1.0),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_initialiser_has_the_spread_that_its_formula_says() {
        let shape = Shape::from([200, 300]);
        let named = |name: &'static str| Literal::Text(name.into());
        let table = |items: &[(&str, Literal)]| {
            Literal::Table(items.iter().map(|(key, value)| (key.to_string(), value.clone())).collect())
        };
        let cases = [
            (named("zeros"), 0.0, 0.0),
            (table(&[("type", named("constant")), ("val", Literal::Number(0.25))]), 0.25, 0.0),
            (table(&[("type", named("normal")), ("std", Literal::Number(0.02))]), 0.0, 0.02),
            (named("uniform"), 0.5, 1.0 / 12f64.sqrt()),
            (named("kaiming_normal"), 0.0, (2.0 / 300f64).sqrt()),
            (named("kaiming_uniform"), 0.0, (2.0 / 300f64).sqrt()),
            (
                table(&[("type", named("kaiming_normal")), ("mode", named("fan_out"))]),
                0.0,
                (2.0 / 200f64).sqrt(),
            ),
            (named("xavier_normal"), 0.0, (2.0 / 500f64).sqrt()),
            (named("xavier_uniform"), 0.0, (2.0 / 500f64).sqrt()),
        ];
        assert!(LIST.iter().all(|entry| cases.iter().any(|(value, ..)| match value {
            Literal::Text(name) => name == entry.name,
            Literal::Table(items) => items[0].1 == named(entry.name),
            _ => false,
        })));
        for (value, mean, std) in cases {
            let mut w = vec![0.0f64; shape.len()];
            Init::read(&value).unwrap().fill(&shape, &mut w, 1);
            let n = w.len() as f64;
            let found = w.iter().sum::<f64>() / n;
            let spread = (w.iter().map(|w| (w - found).powi(2)).sum::<f64>() / n).sqrt();
            assert!((found - mean).abs() <= 5.0 * std / n.sqrt() + 1e-12, "{value}: mean {found}");
            assert!((spread - std).abs() <= 0.02 * std + 1e-12, "{value}: spread {spread}, not {std}");
        }
    }

    #[test]
    fn pytorchs_default_for_a_linear_layer_stays_within_one_over_root_fan_in() {
        let mut w = vec![0.0f32; 64 * 32];
        Init::Within(64).fill(&Shape::from([32, 64]), &mut w, 5);
        assert!(w.iter().all(|w| w.abs() <= 0.125) && w.iter().any(|w| w.abs() > 0.12));
    }

    #[test]
    fn an_unknown_initialiser_is_named_with_the_ones_there_are() {
        let message = Init::read(&Literal::Text("kaiming".into())).unwrap_err().to_string();
        assert!(
            message.starts_with("unknown initialiser \"kaiming\"; allowed: zeros, constant"),
            "{message}"
        );
    }
}
