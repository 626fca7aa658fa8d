//! What a page on the terminal is made of: numbers with the digits that they deserve, lines, bars.

use console::{Style, Term};

/// Columns of the terminal, 80 where there is none, and never more than 120.
pub fn width() -> usize {
    Term::stdout().size_checked().map_or(80, |(_, columns)| usize::from(columns)).clamp(40, 120)
}

/// What is written.
#[derive(Default)]
pub struct Page {
    /// All of it.
    pub text: String,
}

impl Page {
    /// A line, without what would trail behind it.
    pub fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref().trim_end_matches(' '));
        self.text.push('\n');
    }

    /// A numbered title, underlined.
    pub fn title(&mut self, number: u8, title: &str) {
        self.heading(&format!("{number}  {title}"));
    }

    /// A title, underlined.
    pub fn heading(&mut self, title: &str) {
        self.line(Style::new().bold().apply_to(title).to_string());
        self.line("─".repeat(title.chars().count()));
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str, width: usize) {
        wrap(text, width).iter().for_each(|line| self.line(line));
    }

    /// `left = symbols` and below it `= numbers = value`.
    pub fn equation(&mut self, left: &str, symbols: &str, numbers: &str, value: f64) {
        let gap = " ".repeat(left.chars().count());
        if symbols == numbers
            || 12 + left.chars().count() + symbols.chars().count() + numbers.chars().count() < 66
        {
            let middle = if symbols == numbers { symbols.into() } else { format!("{symbols} = {numbers}") };
            return self.line(format!("  {left} = {middle} = {}", number(value)));
        }
        self.line(format!("  {left} = {symbols}"));
        self.line(format!("  {gap} = {numbers} = {}", number(value)));
    }
}

/// Four decimals, or an exponent where they would say nothing.
pub fn number(x: f64) -> String {
    let text = match x.abs() {
        0.0 => "0".into(),
        size if (1e-3..1e6).contains(&size) => format!("{x:.4}"),
        _ if x.is_finite() => format!("{x:.3e}"),
        _ => x.to_string(),
    };
    text.replace('-', "−")
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
        false => [a, b].map(|x| format!("{x:.6e}").replace('-', "−")),
    }
}

/// A factor: in brackets where it is negative.
pub fn factor(x: f64) -> String {
    if x < 0.0 { format!("({})", number(x)) } else { number(x) }
}

/// A relative difference. Most of what is smaller than 1e-7 is rounding, and differs from processor to processor.
pub fn difference(relative: Option<f64>) -> String {
    match relative {
        None => "–".into(),
        Some(d) if d < 1e-7 => "<1e−7".into(),
        Some(d) => format!("{d:.0e}").replace('-', "−"),
    }
}

/// `w12` as w₁₂.
pub fn pretty(name: &str) -> String {
    let low = |c: char| c.to_digit(10).and_then(|d| char::from_u32(0x2080 + d)).unwrap_or(c);
    match name.find(|c: char| c.is_ascii_digit()) {
        Some(at) => name[..at].chars().chain(name[at..].chars().map(low)).collect(),
        None => name.into(),
    }
}

/// `1 input`, `2 inputs`, `1,797 inputs`
pub fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{} {what}s", indicatif::HumanCount(n as u64)) }
}

/// Lines of at most `width` characters.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.into());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

/// A bar to the right, `share` of `width` columns long.
pub fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * 8.0 * width as f64).round() as usize;
    // What is not nothing is seen.
    let eighths = if share > 0.0 { eighths.max(1) } else { eighths };
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// A bar from an axis in the middle, `half` columns to the left where `share` is negative, else to the right.
pub fn two_sided(share: f64, half: usize) -> String {
    if share >= 0.0 {
        let bar = bar(share, half);
        return format!("{}│{}", " ".repeat(half), Style::new().yellow().apply_to(bar));
    }
    // There are no eighths that stand on the right.
    let halves = ((-share).min(1.0) * 2.0 * half as f64).round().max(1.0) as usize;
    let bar = format!("{}{}", "▐".repeat(halves % 2), "█".repeat(halves / 2));
    format!("{}{}│", " ".repeat(half - halves.div_ceil(2)), Style::new().cyan().apply_to(bar))
}

/// `text` as it is, or cut in the middle.
pub fn fit(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.into();
    }
    let (left, right) = (width / 2, width - width / 2 - 1);
    let start: String = text.chars().take(left).collect();
    let end: String = text.chars().skip(length - right).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_they_deserve() {
        assert_eq!(
            [0.0, 0.70004, -0.25, 1e-4, 2e7].map(number).join(" "),
            "0 0.7000 −0.2500 1.000e−4 2.000e7"
        );
        assert_eq!(
            [0.0, 3.14e-4, 0.0381, -0.16, 12.3, 4.2e7].map(short).join(" "),
            "0 3.1e−4 0.038 −0.16 12 4.2e7"
        );
        assert_eq!(apart(0.13121, 0.13090), ["0.13121", "0.13090"]);
        assert_eq!(apart(0.5, 0.9), ["0.5000", "0.9000"]);
        assert_eq!(apart(0.5, 0.5), ["0.5000", "0.5000"]);
        assert_eq!(apart(1e-9, 1.1e-9), ["1.000000e−9", "1.100000e−9"]);
        assert_eq!(apart(0.0, 0.0), ["0.0000", "0.0000"]);
    }

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!([0.0, 1e-9, 0.5, 1.0].map(|share| bar(share, 4)), ["", "▏", "██", "████"]);
        assert_eq!(two_sided(-0.5, 4), "  ██│");
        assert_eq!(two_sided(-0.125, 4), "   ▐│");
        assert_eq!(two_sided(1.0, 4), "    │████");
        assert_eq!(fit("abcdefghij", 5), "ab…ij");
    }
}
