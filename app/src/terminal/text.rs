//! Text in so many columns.

use console::{Alignment, measure_text_width as columns, pad_str};

/// Lines of at most `width` columns. A word that is wider goes on in the next line.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    // What fits keeps its spaces.
    if columns(text) <= width && !text.contains('\n') {
        return vec![text.into()];
    }
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if last.is_empty() || columns(last) + 1 + columns(word) > width {
            if !last.is_empty() {
                lines.push(String::new());
            }
            broken(word, width, &mut lines);
        } else {
            last.push(' ');
            last.push_str(word);
        }
    }
    lines
}

/// Adds a word to the last line, which is empty, and what does not fit there to lines of its own.
fn broken(word: &str, width: usize, lines: &mut Vec<String>) {
    for letter in word.chars() {
        let last = lines.last_mut().expect("there is always a line");
        if last.is_empty() || columns(last) + columns(letter.encode_utf8(&mut [0; 4])) <= width {
            last.push(letter);
        } else {
            lines.push(letter.into());
        }
    }
}

/// `text` as it is, or cut in the middle.
pub fn fit(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.into();
    }
    let (left, right) = (width / 2, width.saturating_sub(width / 2 + 1));
    let end = text.char_indices().map(|(at, _)| &text[at..]).find(|end| columns(end) <= right);
    format!("{}{}", console::truncate_str(text, left + 1, "…"), end.unwrap_or_default())
}

/// `text` in exactly `width` columns: cut in the middle, or with spaces behind it.
pub fn padded(text: &str, width: usize) -> String {
    pad_str(&fit(text, width), width, Alignment::Left, None).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_wider_than_they_may_be() {
        assert_eq!(wrap("a bc  d", 7), ["a bc  d"]);
        assert_eq!(wrap("a bc  d", 5), ["a bc", "d"]);
        assert_eq!(wrap("of linear1.weight[3,17] it", 10), ["of", "linear1.we", "ight[3,17]", "it"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!((fit("abcdefghij", 5), fit("abcde", 5)), ("ab…ij".into(), "abcde".into()));
        // Letters that take two columns, and hats that take none.
        assert_eq!((fit("猫猫猫猫", 5), padded("v̂", 4)), ("猫…猫".into(), "v̂   ".into()));
        assert_eq!(wrap("猫猫猫", 5), ["猫猫", "猫"]);
    }
}
