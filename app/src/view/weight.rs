//! Which weight a text names.

use crate::error::{Error, Result, nearest};
use crate::replay::{Origin, Step};
use crate::textbook::plain;
use whygrad::credit::{Weight, WeightError};
use whygrad::network::{Network, Param};
use whygrad::train::Real;

/// The weight of a step's network that `text` names, in full, abbreviated, or by a worked example's symbol: all its
/// places, where it stands in several.
pub fn find<T: Real>(text: &str, step: &Step<T>) -> Result<Vec<Weight>> {
    let refuse = |problem: String| Error::argument(text, problem);
    let by_name = named(text, step.snapshot.network()).map(|weight| vec![weight]);
    match &step.origin {
        Origin::Run { path, .. } => by_name.map_err(|problem| refuse(format!("{path}: {problem}"))),
        Origin::Played { .. } => by_name.map_err(refuse),
        Origin::Case { name, worked } => {
            if let Some(weight) = worked.weights.iter().find(|weight| weight.symbol == plain(text)) {
                return Ok(weight.ends.iter().map(|end| worked.at(*end)).collect());
            }
            by_name.map_err(|problem| {
                // What has a bracket is no symbol.
                if text.contains('[') {
                    return refuse(format!("{name}: {problem}. A weight of a run needs --run RUN"));
                }
                let symbols: Vec<&str> = worked.weights.iter().map(|weight| weight.symbol.as_str()).collect();
                refuse(format!(
                    "{name} has no such weight{}; it has: {}. A weight of a run needs --run RUN",
                    nearest(&plain(text), &symbols),
                    symbols.join(", ")
                ))
            })
        }
    }
}

/// A weight by its name or an abbreviation of it.
fn named(text: &str, network: &Network) -> Result<Weight, String> {
    let (name, index) = match text.find('[') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let axes = if index.is_empty() { None } else { Some(index.split(',').count()) };
    let params = || network.params().iter();
    let exact = params().any(|param| param.name == name || param.path == name);
    let mut fits: Vec<&Param> = params().filter(|param| abbreviates(name, &param.name)).collect();
    // Indices tell a layer's weight from its bias.
    if fits.iter().any(|param| Some(param.shape.dims().len()) == axes) {
        fits.retain(|param| Some(param.shape.dims().len()) == axes);
    }
    let full = match fits[..] {
        _ if exact => name.to_string(),
        [only] => only.name.clone(),
        [] => {
            let known: Vec<&str> = params().map(|param| param.name.as_str()).collect();
            let more = known.len().saturating_sub(12);
            let shown = known[..known.len() - more].join(", ");
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            return Err(format!("no parameter `{name}`{}; it has: {shown}{rest}", nearest(name, &known)));
        }
        _ => {
            let names: Vec<String> = fits.iter().map(|param| format!("{}{index}", param.name)).collect();
            return Err(format!("`{text}` could be {}", names.join(" or ")));
        }
    };
    Weight::parse(&format!("{full}{index}"), network).map_err(|error| match error {
        WeightError::Indices { .. } if index.is_empty() => {
            format!("{error}; for example `{full}{}`", zeros(network, &full))
        }
        error => error.to_string(),
    })
}

/// `[0,0]`
fn zeros(network: &Network, name: &str) -> String {
    let axes = network.find(name).map_or(1, |param| network.params()[param].shape.dims().len());
    format!("[{}]", vec!["0"; axes].join(","))
}

/// Whether `short` abbreviates the name of a parameter: the layer (`l1` or `linear` for `linear1`) and, if it says more,
/// the parameter in it (`l1.w` for `linear1.weight`).
fn abbreviates(short: &str, name: &str) -> bool {
    let (layer, own) = name.rsplit_once('.').unwrap_or((name, ""));
    let (short_layer, short_own) = short.split_once('.').unwrap_or((short, ""));
    let split = |text: &str| {
        let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
        (letters.to_string(), text[letters.len()..].to_string())
    };
    let ((letters, digits), (short_letters, short_digits)) = (split(layer), split(short_layer));
    !short_letters.is_empty()
        && letters.starts_with(&short_letters)
        && (short_digits.is_empty() || short_digits == digits)
        && own.starts_with(short_own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use whygrad::op::{LayerNorm, Linear, Tanh};

    #[test]
    fn names_may_be_short_where_only_one_weight_is_meant() {
        let layers = whygrad::layers!(Linear::new(4), LayerNorm::default(), Tanh, Linear::new(2));
        let network = Network::sequential([3], layers).unwrap();
        let name = |text: &str| named(text, &network).map(|weight| weight.name(&network));
        for (text, full) in [
            ("linear1.weight[3,2]", "linear1.weight[3,2]"),
            ("0.weight[3,2]", "linear1.weight[3,2]"),
            ("l1.w[3,2]", "linear1.weight[3,2]"),
            ("l1[3,2]", "linear1.weight[3,2]"),
            ("lin2[1]", "linear2.bias[1]"),
            ("la.w[1]", "layer_norm1.weight[1]"),
        ] {
            assert_eq!(name(text), Ok(full.to_string()), "{text}");
        }
        assert_eq!(
            name("l.w[0,0]").unwrap_err(),
            "`l.w[0,0]` could be linear1.weight[0,0] or linear2.weight[0,0]"
        );
        assert!(name("linaer1.weight[0,0]").unwrap_err().contains("did you mean \"linear1.weight\"?"));
        assert!(name("linear1.weight[9,0]").unwrap_err().contains("index 9 of axis 0 goes from 0 to 3"));
        assert!(name("linear1.weight").unwrap_err().ends_with("for example `linear1.weight[0,0]`"));
        assert!(name("").is_err() && name("[0]").is_err() && name("1").is_err());
    }
}
