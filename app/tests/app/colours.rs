//! The page's colours can be read: axe-core does not judge what is written in a drawing.

/// The tokens of `tokens.css` by name, light and dark.
fn tokens() -> Vec<(String, [[f64; 3]; 2])> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/page/style/tokens.css");
    let text = std::fs::read_to_string(path).unwrap();
    let channel = |hex: &str, at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
    let colour = |hex: &str| [1, 3, 5].map(|at| channel(hex.trim(), at) / 255.0);
    let token = |line: &str| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once(": light-dark(")?;
        let (light, dark) = value.trim_end_matches(");").split_once(',')?;
        Some((name.to_string(), [colour(light), colour(dark)]))
    };
    text.lines().filter_map(token).collect()
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    let [r, g, b] = colour.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Contrast ratio (WCAG 2.2).
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn words_and_lines_stand_out_from_what_is_behind_them() {
    let tokens = tokens();
    let find = |name: &str| {
        let found = tokens.iter().find(|(token, _)| token == name);
        found.unwrap_or_else(|| panic!("no token {name}")).1
    };
    let words = ["ink", "ink-2", "ink-3", "value", "grad", "pos", "neg", "broken"].map(|name| (name, 4.5));
    let lines = ["line-3", "value-line", "grad-line"].map(|name| (name, 3.0));
    let plain = words
        .iter()
        .chain(&lines)
        .flat_map(|&(name, least)| ["paper", "panel"].map(|behind| (name, behind, least)));
    let washes =
        [("value", "value-wash"), ("ink-2", "value-wash"), ("grad", "grad-wash"), ("ink-2", "grad-wash")];
    let washes = washes.map(|(name, behind)| (name, behind, 4.5));
    for (name, behind, least) in plain.chain(washes) {
        for theme in 0..2 {
            let found = contrast(find(name)[theme], find(behind)[theme]);
            assert!(found >= least, "{name} on {behind}, {}: {found:.2}", ["light", "dark"][theme]);
        }
    }
}
