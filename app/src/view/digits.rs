//! Numbers with the digits that they deserve, as people read them.

pub use whygrad::expr::digits::number;

use whygrad::credit::Magnitude;
use whygrad::expr::digits::{finer, needed};

/// Factors in as many digits as it takes to get their product from them, negative ones in brackets.
pub fn factors(of: &[f64], product: f64) -> Vec<String> {
    let more = needed(product, |print| Some(of.iter().map(|x| print(*x)).product()));
    let factor = |x: &f64| if *x < 0.0 { format!("({})", finer(*x, more)) } else { finer(*x, more) };
    of.iter().map(factor).collect()
}

/// As [`number`], with its sign also where it is positive.
pub fn signed(x: f64) -> String {
    if x > 0.0 { format!("+{}", number(x)) } else { number(x) }
}

/// Two digits: for what is a size and no more.
pub fn short(x: f64) -> String {
    let text = match x.abs() {
        0.0 => "0".into(),
        size if (1e-3..1e5).contains(&size) => {
            // As many decimals as show two digits.
            format!("{x:.*}", (1.0 - size.log10().floor()).max(0.0) as usize)
        }
        _ if x.is_finite() => format!("{x:.1e}"),
        _ => x.to_string(),
    };
    text.replace('-', "−")
}

/// Two numbers with as many decimals as tell them apart, four at least.
pub fn apart(a: f64, b: f64) -> [String; 2] {
    let digits = match (a - b).abs() {
        0.0 => 4.0,
        size => (1.0 - size.log10().floor()).clamp(4.0, 16.0),
    };
    let plain = |x: f64| x == 0.0 || (1e-3..1e6).contains(&x.abs()) || x.abs() >= 0.1 * (a - b).abs();
    let largest = a.abs().max(b.abs());
    let usual = largest == 0.0 || (1e-3..1e6).contains(&largest);
    match usual && digits <= 12.0 && plain(a) && plain(b) {
        true => [a, b].map(|x| format!("{x:.*}", digits as usize).replace('-', "−")),
        false => {
            let exponent = |x: f64| x.log10().floor();
            let digits = (exponent(largest) - exponent((a - b).abs()) + 1.0).clamp(6.0, 16.0) as usize;
            [a, b].map(|x| format!("{x:.digits$e}").replace('-', "−"))
        }
    }
}

/// Two ends of an axis: as [`number`], or with as many decimals as tell them apart.
pub fn ends(low: f64, high: f64) -> [String; 2] {
    let each = [low, high].map(number);
    if low != high && each[0] == each[1] { apart(low, high) } else { each }
}

/// A relative difference. Most of what is smaller than 1e-7 is rounding, and differs from processor to processor.
pub fn difference(relative: Option<f64>) -> String {
    match relative {
        None => "–".into(),
        Some(d) if d < 1e-7 => "<1e−7".into(),
        Some(d) => format!("{d:.0e}").replace('-', "−"),
    }
}

/// `26 %`, `0.3 %`
pub fn percent(share: f64) -> String {
    match 100.0 * share {
        p if p >= 9.95 => format!("{p:.0} %"),
        p if p >= 0.1 => format!("{p:.1} %"),
        _ => "<0.1 %".into(),
    }
}

/// `240`, `5.2 × 10^83`
pub fn magnitude(of: Magnitude) -> String {
    match (of.exact, of.log10) {
        (Some(exact), _) if exact < 1_000_000_000 => indicatif::HumanCount(exact).to_string(),
        (_, Some(log10)) => format!("{:.1} × 10^{}", 10f64.powf(log10.fract()), log10.floor()),
        (exact, None) => exact.unwrap_or(0).to_string(),
    }
}

/// Whether a sum is what it should be: by how much it is not, and what rounding explains.
pub fn reconciled(residual: f64, reconciles: bool, rounding: f64) -> String {
    match (residual, reconciles) {
        (0.0, true) => "reconciles: residual 0".into(),
        (residual, true) => format!("reconciles: residual {}", short(residual)),
        (residual, false) => {
            format!(
                "does not reconcile: residual {}, and rounding explains {}",
                short(residual),
                short(rounding)
            )
        }
    }
}

/// `1 input`, `2 inputs`, `1,797 inputs`
pub fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{} {what}s", indicatif::HumanCount(n as u64)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_that_is_printed_is_that_of_its_factors_as_they_are_printed() {
        assert_eq!(factors(&[0.5, -0.25], -0.125).join(" × "), "0.5000 × (−0.2500)");
        // 0.0364 × 0.0121 would be 4.404e−4.
        assert_eq!(
            factors(&[0.036350306, 0.012065054], 0.036350306 * 0.012065054).join(" × "),
            "0.036350 × 0.012065"
        );
        // A unit that is all but saturated: 1.0000·(1 − 1.0000) would be 0.
        let h = 0.99997802;
        assert_eq!(needed(h * (1.0 - h), |print| Some(print(h) * (1.0 - print(h)))), 4);
        assert_eq!(factors(&[f64::NAN, 1.0], f64::NAN).join(" × "), "NaN × 1.0000");
    }

    #[test]
    fn numbers_have_the_digits_that_they_deserve() {
        assert_eq!(
            [0.0, 0.70004, -0.25, 1e-4, 2e7, 12345.678, -987654.32].map(number).join(" "),
            "0 0.7000 −0.2500 1.000e−4 2.000e7 12345.68 −987654.3"
        );
        assert_eq!(
            [0.0, 3.14e-4, 0.0381, -0.16, 12.3, 4.2e7].map(short).join(" "),
            "0 3.1e−4 0.038 −0.16 12 4.2e7"
        );
        assert_eq!(apart(0.13121, 0.13090), ["0.13121", "0.13090"]);
        assert_eq!(apart(0.5, 0.9), ["0.5000", "0.9000"]);
        assert_eq!(apart(0.5, 0.5), ["0.5000", "0.5000"]);
        assert_eq!(apart(1e-9, 1.1e-9), ["1.000000e−9", "1.100000e−9"]);
        assert_eq!(apart(0.25, 0.25 + 1e-14), ["2.500000000000000e−1", "2.500000000000100e−1"]);
        assert_eq!(apart(0.0, 0.0), ["0.0000", "0.0000"]);
        assert_eq!(ends(1e-22, 3.2e11), ["1.000e−22", "3.200e11"]);
        assert_eq!(ends(0.41231, 0.41234), ["0.412310", "0.412340"]);
    }
}
