//! Numbers with the digits that they deserve, as people read them.

/// Four decimals, fewer from 10,000 on, or an exponent where they would say nothing: at most ten columns, but where the
/// exponent has three digits.
pub fn number(x: f64) -> String {
    finer(x, 0)
}

/// The same with so many digits more.
pub fn finer(x: f64, more: usize) -> String {
    let text = match x.abs() {
        0.0 => "0".into(),
        size if (1e-3..1e4).contains(&size) => format!("{x:.*}", 4 + more),
        size if (1e4..1e6).contains(&size) => format!("{x:.*}", more + if size < 1e5 { 2 } else { 1 }),
        _ if x.is_finite() => format!("{x:.*e}", 3 + more),
        _ => x.to_string(),
    };
    text.replace('-', "−")
}

/// Digits beyond the usual four that a formula gets at most: f64 has no more.
const MORE: usize = 12;

/// How many digits more the numbers need so that, as they are printed, they give `result` as it is printed; none where
/// none are enough. `gives` is told how a number is printed and read again.
pub fn needed(result: f64, gives: impl Fn(&dyn Fn(f64) -> f64) -> Option<f64>) -> usize {
    let printed = |more: usize| {
        move |x: f64| {
            finer(x, more).replace('−', "-").parse().expect("a number that was printed a moment ago")
        }
    };
    let enough = |more: &usize| gives(&printed(*more)).is_some_and(|found| number(found) == number(result));
    (0..=MORE).find(enough).unwrap_or(0)
}
