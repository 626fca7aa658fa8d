//! What a page on the terminal is made of: lines, titles, bars.

use console::{Style, Term};

/// Columns of the terminal; where there is none, what COLUMNS says, or 80. From 40 to 120.
pub fn width() -> usize {
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    let columns = Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    columns.or_else(told).unwrap_or(80).clamp(40, 120)
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

    /// `left = symbols` and below it `= numbers = value`; in one line where that is short.
    pub fn equation(&mut self, left: &str, symbols: &str, numbers: &str, value: &str, width: usize) {
        if symbols == numbers
            || 12 + left.chars().count() + symbols.chars().count() + numbers.chars().count() < 66
        {
            let middle = if symbols == numbers { symbols.into() } else { format!("{symbols} = {numbers}") };
            return self.line(format!("  {left} = {middle} = {value}"));
        }
        let columns = left.chars().count();
        for (left, right) in [(left, symbols.to_string()), ("", format!("{numbers} = {value}"))] {
            for (i, line) in wrap(&right, width.saturating_sub(columns + 5)).iter().enumerate() {
                let (left, sign) = if i == 0 { (left, '=') } else { ("", ' ') };
                self.line(format!("  {left:columns$} {sign} {line}"));
            }
        }
    }

    /// A paragraph, two columns in.
    pub fn indented(&mut self, text: &str, width: usize) {
        wrap(text, width.saturating_sub(2)).iter().for_each(|line| self.line(format!("  {line}")));
    }
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

/// A list of names, each so deep inside others, and beside it what is said about it.
pub fn definitions<'a>(list: impl Iterator<Item = (usize, &'a str, &'a str)>, width: usize) -> String {
    let names = 26.min(width / 3);
    let mut page = Page::default();
    for (depth, name, about) in list {
        let name = format!("{}{name}", "  ".repeat(depth + 1));
        let mut left = name.as_str();
        if name.chars().count() > names {
            page.line(&name);
            left = "";
        }
        for line in wrap(about, width - names - 1) {
            page.line(format!("{left:names$} {line}"));
            left = "";
        }
    }
    page.text
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

/// As [`two_sided`], with what follows it up to the end of its columns.
pub fn bar_on_axis(share: f64, half: usize) -> String {
    let right = if share > 0.0 { (share * 8.0 * half as f64).round().max(1.0) as usize } else { 0 };
    format!("{}{}", two_sided(share, half), " ".repeat(half - right.div_ceil(8)))
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
    fn bars_are_as_long_as_their_share() {
        assert_eq!([0.0, 1e-9, 0.5, 1.0].map(|share| bar(share, 4)), ["", "▏", "██", "████"]);
        assert_eq!(two_sided(-0.5, 4), "  ██│");
        assert_eq!(two_sided(-0.125, 4), "   ▐│");
        assert_eq!(two_sided(1.0, 4), "    │████");
        assert_eq!(fit("abcdefghij", 5), "ab…ij");
    }
}
