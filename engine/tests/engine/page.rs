//! A page as someone reads it who has nothing but the page: formulas are read as text, letters stand for the values
//! that the page gives them, and what comes of it is compared with the number beside it.

use serde_json::Value as Json;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// A number, or the numbers of a vector.
type Numbers = Vec<f64>;

/// What the letters of a page stand for.
#[derive(Debug, Default)]
pub(crate) struct Page {
    letters: BTreeMap<String, Numbers>,
    /// Those that formulas have asked for.
    used: RefCell<BTreeSet<String>>,
    /// Formulas that were compared with a number.
    pub(crate) compared: usize,
}

/// Numbers of a onehot vector, whose length its text does not tell.
const MANY: usize = 64;

impl Page {
    /// Reads what `--json` prints: whatever has a name and a number defines a letter, and whatever has a formula and a
    /// number is compared.
    pub(crate) fn read(json: &Json) -> Result<Page, String> {
        let mut page = Page::default();
        page.define_all(json)?;
        page.compare_all(json)?;
        Ok(page)
    }

    /// Letters that stand for something which no formula asks for.
    pub(crate) fn unused(&self) -> Vec<&str> {
        let used = self.used.borrow();
        self.letters.keys().filter(|letter| !used.contains(*letter)).map(String::as_str).collect()
    }

    fn define_all(&mut self, json: &Json) -> Result<(), String> {
        if let (Some(symbol), Some(value)) = (json["symbol"].as_str(), value(json)) {
            self.define(symbol, value)?;
        }
        // A worked example's units, by name.
        for group in ["values", "inputs", "weights"] {
            for (name, value) in json[group].as_object().into_iter().flatten() {
                self.define(name, value.as_f64().into_iter().collect())?;
            }
        }
        children(json).try_for_each(|child| self.define_all(child))
    }

    /// A letter has one value.
    fn define(&mut self, letter: &str, value: Numbers) -> Result<(), String> {
        let known = self.letters.entry(letter.to_string()).or_insert_with(|| value.clone());
        let same = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * a.abs().max(b.abs());
        match known.len() == value.len() && known.iter().zip(&value).all(same) {
            true => Ok(()),
            false => Err(format!("{letter} is {known:?} and {value:?}")),
        }
    }

    fn compare_all(&mut self, json: &Json) -> Result<(), String> {
        let number = value(json).and_then(|numbers| numbers.first().copied());
        if let (Some(text), Some(number)) = (json["expression"]["text"].as_str(), number) {
            self.compare(text, number)?;
            let numbers = json["expression"]["numbers"].as_str().unwrap_or_default();
            Page::default().compare(numbers, number).map_err(|fault| format!("{text}: {fault}"))?;
        }
        if let (Some(formula), Some(amount)) = (json["formula"].as_str(), json["amount"].as_f64()) {
            self.compare(formula, amount)?;
        }
        if let (Some(meaning), Some(number)) = (json["meaning"].as_str().filter(is_formula), number) {
            self.compare(meaning, number)?;
        }
        children(json).try_for_each(|child| self.compare_all(child))
    }

    /// A formula gives the number.
    pub(crate) fn compare(&mut self, text: &str, number: f64) -> Result<(), String> {
        // Not the whole of a long sum is written.
        if text.contains('…') {
            return Ok(());
        }
        let (largest, own) = (Cell::new(0.0), vec![]);
        let mut reader = Reader { page: self, text, own, largest: &largest };
        let fault = |problem: String| format!("{text}: {problem}");
        let found = reader.formula().map_err(fault)?;
        if !reader.text.is_empty() {
            return Err(fault(format!("cannot read `{}`", reader.text)));
        }
        self.compared += 1;
        // What cancels keeps the digits of what it cancels from.
        let tolerance = 1e-9 * number.abs() + 1e-14 * largest.get();
        match found[..] {
            [found] if found == number || (found - number).abs() <= tolerance => Ok(()),
            _ => Err(fault(format!("gives {found:?}, and {number} stands beside it"))),
        }
    }
}

fn children(json: &Json) -> Box<dyn Iterator<Item = &Json> + '_> {
    match json {
        Json::Array(items) => Box::new(items.iter()),
        Json::Object(fields) => Box::new(fields.values()),
        _ => Box::new(std::iter::empty()),
    }
}

/// The number, or the numbers, of whatever has some.
fn value(json: &Json) -> Option<Numbers> {
    let one = ["number", "value", "slope"].iter().find_map(|key| json[*key].as_f64());
    let many = || json["numbers"].as_array().map(|all| all.iter().filter_map(Json::as_f64).collect());
    one.map(|number| vec![number]).or_else(many)
}

/// Whether a meaning is a formula and not words.
fn is_formula(meaning: &&str) -> bool {
    let bare = meaning.replace("max", "");
    !bare.as_bytes().windows(2).any(|pair| pair.iter().all(u8::is_ascii_alphabetic))
}

/// What is left of a text to be read. Every method reads one thing, and gives its numbers.
struct Reader<'a> {
    page: &'a Page,
    text: &'a str,
    /// The letters of a formula's own.
    own: Vec<(&'a str, Numbers)>,
    /// The largest number of which digits may be lost.
    largest: &'a Cell<f64>,
}

type Read = Result<Numbers, String>;

impl<'a> Reader<'a> {
    /// Whether the text goes on like this; then that is read.
    fn take(&mut self, token: &str) -> bool {
        let rest = self.text.strip_prefix(token);
        self.text = rest.unwrap_or(self.text);
        rest.is_some()
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(format!("no `{token}` before `{}`", self.text)) }
    }

    /// `A if B > C, else D`, `A with a = B, b = C`
    fn formula(&mut self) -> Read {
        let (mark, start) = (self.own.len(), self.text);
        let letters = own_letters(start);
        if let Some(letters) = letters {
            self.text = letters;
            loop {
                let (letter, rest) = self.text.split_once(" = ").ok_or("no ` = `")?;
                self.text = rest;
                let value = self.sum()?;
                self.own.push((letter, value));
                if !self.take(", ") {
                    break;
                }
            }
        }
        let end = std::mem::replace(&mut self.text, start);
        let mut value = self.sum()?;
        if self.take(" if ") {
            let left = self.sum()?;
            let above = self.take(" > ");
            if !above {
                self.expect(" ≤ ")?;
            }
            let right = self.sum()?;
            self.expect(", else ")?;
            let otherwise = self.formula()?;
            let holds = each([&left, &right], |left, right| f64::from((left > right) == above))?;
            let [value, otherwise] = [&value, &otherwise].map(|of| each([of, &holds], |of, _| of));
            let [value, otherwise] = [value?, otherwise?];
            let chosen = holds.iter().zip(value.iter().zip(&otherwise));
            return Ok(chosen.map(|(holds, (a, b))| if *holds == 1.0 { *a } else { *b }).collect());
        }
        if letters.is_some() {
            self.expect(" with ")?;
            self.text = end;
            self.own.truncate(mark);
        }
        value.iter_mut().for_each(|x| *x += 0.0);
        Ok(value)
    }

    fn sum(&mut self) -> Read {
        let mut value =
            if self.take("−") { self.product()?.iter().map(|x| -x).collect() } else { self.product()? };
        loop {
            let sign = if self.take(" + ") {
                1.0
            } else if self.take(" − ") {
                -1.0
            } else {
                return Ok(value);
            };
            let term = self.product()?;
            for x in value.iter().chain(&term) {
                self.largest.set(self.largest.get().max(x.abs()));
            }
            value = each([&value, &term], |a, b| a + sign * b)?;
        }
    }

    fn product(&mut self) -> Read {
        let mut value = self.power()?;
        loop {
            if self.take("·") || self.take(" × ") {
                value = each([&value, &self.power()?], |a, b| a * b)?;
            } else if self.take("/") || self.take(" / ") {
                value = each([&value, &self.power()?], |a, b| a / b)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn power(&mut self) -> Read {
        if self.text.starts_with("ln") {
            // A number near 1 has lost the digits of its logarithm.
            self.largest.set(self.largest.get().max(1.0));
        }
        if self.take("ln ") {
            return Ok(self.atom()?.into_iter().map(f64::ln).collect());
        }
        if self.take("√") {
            return Ok(self.atom()?.into_iter().map(f64::sqrt).collect());
        }
        let e = self.text.starts_with("e^") || self.text.starts_with('e') && self.raised(1).is_some();
        let base = if e && self.take("e") { vec![std::f64::consts::E] } else { self.atom()? };
        let exponent = if self.take("^") {
            self.atom()?
        } else if self.take("ᵗ") {
            self.page.used.borrow_mut().insert("t".to_string());
            self.page.letters.get("t").cloned().ok_or("no letter t")?
        } else if let Some(digit) = self.raised(0) {
            self.text = &self.text[DIGITS[digit].len()..];
            vec![digit as f64]
        } else {
            return Ok(base);
        };
        each([&base, &exponent], f64::powf)
    }

    /// The raised digit behind so many bytes.
    fn raised(&self, behind: usize) -> Option<usize> {
        DIGITS.iter().position(|digit| self.text[behind..].starts_with(digit))
    }

    /// Something that holds together, and one of its numbers where that is asked for.
    fn atom(&mut self) -> Read {
        let value = self.whole()?;
        if !self.take("[") {
            return Ok(value);
        }
        let at = self.sum()?[0] as usize;
        self.expect("]")?;
        value.get(at).map(|x| vec![*x]).ok_or(format!("there is no number {at} in {value:?}"))
    }

    fn whole(&mut self) -> Read {
        for (open, close, function) in FUNCTIONS {
            if self.take(open) {
                let mut value = self.formula()?;
                while self.take(", ") {
                    value = each([&value, &self.formula()?], f64::max)?;
                }
                self.expect(close)?;
                return Ok(function(value));
            }
        }
        if self.take("½") {
            return Ok(vec![0.5]);
        }
        if self.text.starts_with(|c: char| c.is_ascii_digit()) {
            return self.number();
        }
        if self.take("π") {
            return Ok(vec![std::f64::consts::PI]);
        }
        let own = self.own.iter().map(|(letter, value)| (*letter, value));
        let known = self.page.letters.iter().map(|(letter, value)| (letter.as_str(), value));
        let fits = own.chain(known).filter(|(letter, _)| self.text.starts_with(letter));
        let longest = fits.max_by_key(|(letter, _)| letter.len());
        let (letter, value) = longest.ok_or_else(|| format!("no letter begins `{}`", self.text))?;
        self.page.used.borrow_mut().insert(letter.to_string());
        let (length, value) = (letter.len(), value.clone());
        self.text = &self.text[length..];
        Ok(value)
    }

    /// `0.5`, `4.386e−4`
    fn number(&mut self) -> Read {
        let digits =
            |text: &str| text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let mut end = digits(self.text);
        if let Some(power) = self.text[end..].strip_prefix('e') {
            let power = power.strip_prefix('−').unwrap_or(power);
            end = self.text.len() - power.len() + digits(power);
        }
        let (number, rest) = self.text.split_at(end);
        self.text = rest;
        number.replace('−', "-").parse().map(|x| vec![x]).map_err(|error| format!("{number}: {error}"))
    }
}

const DIGITS: [&str; 10] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"];

/// How a function opens and closes, and what it does.
type Function = (&'static str, &'static str, fn(Numbers) -> Numbers);

const FUNCTIONS: [Function; 13] = [
    ("(", ")", |x| x),
    ("max(", ")", |x| x),
    ("|", "|", |x| x.into_iter().map(f64::abs).collect()),
    ("‖", "‖", |x| vec![x.iter().map(|x| x * x).sum::<f64>().sqrt()]),
    ("σ(", ")", |x| x.into_iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect()),
    ("tanh(", ")", |x| x.into_iter().map(f64::tanh).collect()),
    ("ln(", ")", |x| x.into_iter().map(f64::ln).collect()),
    ("√(", ")", |x| x.into_iter().map(f64::sqrt).collect()),
    ("sign(", ")", |x| x.into_iter().map(|x| if x == 0.0 { 0.0 } else { x.signum() }).collect()),
    ("Φ(", ")", |x| x.into_iter().map(normal).collect()),
    ("φ(", ")", |x| x.into_iter().map(density).collect()),
    ("softmax(", ")", |x| {
        let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = x.iter().map(|x| (x - most).exp()).sum();
        x.iter().map(|x| (x - most).exp() / sum).collect()
    }),
    ("onehot(", ")", |x| (0..MANY).map(|at| f64::from(at as f64 == x[0])).collect()),
];

fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Φ: its tail by Simpson's rule.
fn normal(x: f64) -> f64 {
    const STEPS: usize = 20_000;
    const H: f64 = 10.0 / STEPS as f64;
    let weight = |i: usize| if i == 0 || i == STEPS { 1.0 } else { 2.0 + 2.0 * (i % 2) as f64 };
    let tail = H / 3.0 * (0..=STEPS).map(|i| weight(i) * density(x.abs() + H * i as f64)).sum::<f64>();
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// Number by number; one number goes with all of the other, and what a onehot has too many is left out.
fn each([a, b]: [&Numbers; 2], f: impl Fn(f64, f64) -> f64) -> Read {
    let width = match [a.len(), b.len()] {
        [1, n] | [n, 1] => n,
        [n, MANY] | [MANY, n] => n,
        [n, m] if n == m => n,
        [n, m] => return Err(format!("{n} numbers meet {m}")),
    };
    let of = |x: &Numbers, at: usize| if x.len() == 1 { x[0] } else { x[at] };
    Ok((0..width).map(|at| f(of(a, at), of(b, at))).collect())
}

/// What stands behind the ` with ` that belongs to the formula at the beginning of a text.
fn own_letters(text: &str) -> Option<&str> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
        if depth == 0 && text[at..].starts_with(" with ") {
            return Some(&text[at + " with ".len()..]);
        }
    }
    None
}

#[test]
fn a_page_that_is_wrong_is_not_read() {
    let page = |json: Json| Page::read(&json).map(|page| page.compared);
    let formula = |text: &str, numbers: &str, number: f64| {
        serde_json::json!({
            "expression": {"text": text, "numbers": numbers, "places": [{"symbol": "x[1]", "number": 0.5},
                {"symbol": "ŷ", "numbers": [0.0, 1.0]}, {"symbol": "y", "number": 1.0}]},
            "number": number,
        })
    };
    let share = 1.0 / (1.0 + 1f64.exp());
    for (text, numbers, number) in [
        ("x[1]·(1 − x[1])", "0.5·(1 − 0.5)", 0.25),
        ("−x[1]² if x[1] > 0, else 1", "−0.5² if 0.5 > 0, else 1", -0.25),
        ("x[1]·a with a = e^(x[1] − ½), b = a", "2·0.25", 0.5),
        ("softmax(ŷ)[0] − onehot(y)[0]", "1/(1 + e^1) − 0", share),
        ("‖softmax(ŷ) − onehot(y)‖", "√(2·(1/(1 + e^1))²)", 2f64.sqrt() * share),
        ("max(ln x[1], −½)/1e−1", "(−0.5)/1e−1", -5.0),
    ] {
        assert_eq!(page(formula(text, numbers, number)), Ok(1), "{text}");
        assert!(page(formula(text, numbers, number * (1.0 + 1e-8))).is_err(), "{text}");
    }
    assert!(page(formula("z·(1 − x[1])", "0.5·(1 − 0.5)", 0.25)).unwrap_err().contains("no letter begins"));
    assert!(page(formula("x[1]", "0.25·2.1", 0.5)).is_err());
    let two = serde_json::json!([{"symbol": "y", "number": 1.0}, {"symbol": "y", "number": 2.0}]);
    assert!(page(two).unwrap_err().contains("y is [1.0] and [2.0]"));
}
