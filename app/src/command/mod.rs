//! One command, one file: its arguments and what it prints.

pub mod ledger;
pub mod new;
pub mod train;
pub mod verify;
pub mod walk;
pub mod why;

use std::ops::RangeInclusive;

/// Reads a whole number in a range; says which are.
fn whole(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<u64, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| match range.end() {
            &u64::MAX => format!("it takes a whole number from {} on", range.start()),
            end => format!("it takes a whole number from {} to {end}", range.start()),
        })
    }
}

/// Reads a number.
fn real(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "it takes a number, such as 0.5 or 1e-3".into())
}
