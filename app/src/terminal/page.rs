//! What a page on the terminal is made of: lines, titles, rows, bars.
//!
//! No line is wider than the page, from 20 columns on. Sentences and formulas are wrapped, and a word that is wider than
//! the page goes on in the next line; of a row, what does not fit goes into lines below it; names in a column are cut in
//! their middle, and drawings at their end: there stands `…`. Numbers are never cut.

use super::text::wrap;
use console::{Alignment, Style, Term, measure_text_width as columns, pad_str, truncate_str};

/// Columns of the terminal; where there is none, what COLUMNS says, or 80. From 20 to 120.
pub fn width() -> usize {
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    let columns = Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    columns.or_else(told).unwrap_or(80).clamp(20, 120)
}

/// What is written, in so many columns.
pub struct Page {
    /// All of it.
    pub text: String,
    /// Columns of the page.
    pub width: usize,
}

impl Page {
    /// An empty page.
    pub fn new(width: usize) -> Page {
        Page { text: String::new(), width }
    }

    /// Columns for a bar, at most so many, where others are taken; none where it would be too short to say something.
    pub fn room(&self, taken: usize, most: usize) -> usize {
        Some(self.width.saturating_sub(taken)).filter(|left| *left >= 6).map_or(0, |left| left.min(most))
    }

    /// A line, without what would trail behind it; what is wider than the page is cut.
    pub fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(&truncate_str(line.as_ref().trim_end_matches(' '), self.width, "…"));
        self.text.push('\n');
    }

    /// A numbered title, underlined.
    pub fn title(&mut self, number: u8, title: &str) {
        self.heading(&format!("{number}  {title}"));
    }

    /// A title, underlined.
    pub fn heading(&mut self, title: &str) {
        let lines = wrap(title, self.width);
        let longest = lines.iter().map(|line| columns(line)).max().unwrap_or(0);
        lines.iter().for_each(|line| self.line(Style::new().bold().apply_to(line).to_string()));
        self.line("─".repeat(longest));
    }

    /// A line under a sum, two columns in.
    pub fn rule(&mut self, length: usize) {
        self.line(format!("  {}", "─".repeat(length.min(self.width - 2))));
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.hanging("", text);
    }

    /// A paragraph, two columns in.
    pub fn indented(&mut self, text: &str) {
        self.hanging("  ", text);
    }

    /// What stands `first`, and a paragraph beside it.
    pub fn hanging(&mut self, first: &str, text: &str) {
        // Where that leaves next to nothing, the paragraph goes on below.
        let left = Some(columns(first)).filter(|left| *left <= self.width / 2).unwrap_or(4);
        let mut first = first.to_string();
        if columns(&first) > left {
            self.indented(first.trim());
            first = " ".repeat(left);
        }
        for line in wrap(text, self.width - left) {
            self.line(format!("{first}{line}"));
            first = " ".repeat(left);
        }
    }

    /// Cells beside each other, a space before each, one column in. Those that do not fit go into lines below, further
    /// in; so do all rows of a table, if their cells are as wide.
    pub fn row<S: AsRef<str>>(&mut self, cells: &[S]) {
        let mut line = " ".to_string();
        for cell in cells.iter().map(AsRef::as_ref) {
            if columns(&line) + 1 + columns(cell.trim_end()) > self.width {
                if !line.trim().is_empty() {
                    self.line(&line);
                    line = " ".repeat(3);
                }
                if columns(&line) + 1 + columns(cell.trim_end()) > self.width {
                    self.hanging(&(line + " "), cell.trim());
                    line = " ".repeat(3);
                    continue;
                }
            }
            line = format!("{line} {cell}");
        }
        if !line.trim().is_empty() {
            self.line(line);
        }
    }

    /// Rows of cells beside each other, the first to the left and the others to the right, each as wide as its column.
    pub fn table(&mut self, rows: &[Vec<String>]) {
        let most = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| columns(cell)).max();
        let widths: Vec<usize> = (0..most).map(|at| width(at).unwrap_or(0)).collect();
        for row in rows {
            let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
                let side = if at == 0 { Alignment::Left } else { Alignment::Right };
                pad_str(cell, width + usize::from(at > 0), side, None).into_owned()
            });
            self.row(&cells.collect::<Vec<_>>());
        }
    }

    /// What is less important than the rest.
    pub fn dim(&mut self, write: impl FnOnce(&mut Page)) {
        let mut inner = Page::new(self.width);
        write(&mut inner);
        inner.text.lines().for_each(|line| self.line(Style::new().dim().apply_to(line).to_string()));
    }

    /// `left = symbols` and below it `= numbers = value`; in one line where that is short.
    pub fn equation(&mut self, left: &str, symbols: &str, numbers: &str, value: &str) {
        let middle = if symbols == numbers { symbols.into() } else { format!("{symbols} = {numbers}") };
        let line = format!("  {left} = {middle} = {value}");
        let short = 12 + columns(left) + columns(symbols) + columns(numbers) < 66;
        if symbols == numbers || short && columns(&line) <= self.width {
            return self.hanging(&format!("  {left} = "), &format!("{middle} = {value}"));
        }
        self.hanging(&format!("  {left} = "), symbols);
        self.hanging(&format!("  {} = ", " ".repeat(columns(left))), &format!("{numbers} = {value}"));
    }
}

/// A list of names, each so deep inside others, and beside it what is said about it.
pub fn definitions<'a>(list: impl Iterator<Item = (usize, &'a str, &'a str)>, width: usize) -> String {
    let names = 26.min(width / 3);
    let mut page = Page::new(width);
    for (depth, name, about) in list {
        let name = format!("{}{name}", "  ".repeat(depth + 1));
        let mut left = name.as_str();
        if columns(left) > names {
            page.line(left);
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
    let eighths = if share > 0.0 && width > 0 { eighths.max(1) } else { eighths };
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// A bar from an axis in the middle, `half` columns to the left where `share` is negative, else to the right.
pub fn two_sided(share: f64, half: usize) -> String {
    if half == 0 {
        return String::new();
    }
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
    pad_str(&two_sided(share, half), 2 * half + 1, Alignment::Left, None).into_owned()
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
    }
}
