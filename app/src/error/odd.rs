//! Cells that are numbers to a person and none to a network, and what to do about each kind.

/// A cell that is a number to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    kind: Kind,
    cell: String,
    /// The number of its column, from 1, and what separates columns.
    place: Option<(usize, u8)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Date,
    Percent,
    Currency,
    Thousands,
    DecimalComma,
    DecimalPoint,
}

impl Odd {
    /// What a cell is, where it is one of these.
    pub fn of(cell: &[u8]) -> Option<Odd> {
        let cell = std::str::from_utf8(cell).ok()?.trim();
        let kind = if let Some(number) = cell.strip_suffix('%') {
            is_number(number.trim()).then_some(Kind::Percent)?
        } else if let Some(number) = cell.strip_prefix(CURRENCIES).or_else(|| cell.strip_suffix(CURRENCIES)) {
            is_number(number.trim()).then_some(Kind::Currency)?
        } else if is_date(cell) {
            Kind::Date
        } else if is_decimal_comma(cell) {
            Kind::DecimalComma
        } else if cell.parse::<f64>().is_ok() && !is_thousands(cell.as_bytes(), b'.') {
            Kind::DecimalPoint
        } else if is_number(cell) {
            Kind::Thousands
        } else {
            return None;
        };
        Some(Odd { kind, cell: cell.chars().take(40).collect(), place: None })
    }

    /// The same, where it is known in which column of a file it stands, from 0.
    pub fn in_column(self, at: usize, separator: u8) -> Odd {
        Odd { place: Some((at + 1, separator)), ..self }
    }
}

const CURRENCIES: [char; 4] = ['$', '€', '£', '¥'];

/// Digits, with whatever people put between them.
fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || ".,'’ \u{a0}\u{202f}".contains(c))
}

fn is_decimal_comma(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.trim_start_matches('-')
        .split_once(',')
        .is_some_and(|(whole, rest)| digits(whole) && digits(rest) && !is_thousands(text.as_bytes(), b','))
}

/// Whether a mark of a number could stand between thousands: `1.596`, and not `0.596`.
pub fn is_thousands(cell: &[u8], mark: u8) -> bool {
    let cell = cell.trim_ascii();
    let mut parts = cell.strip_prefix(b"-").unwrap_or(cell).split(|byte| *byte == mark);
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let first =
        parts.next().is_some_and(|part| (1..=3).contains(&part.len()) && part[0] != b'0' && digits(part));
    first && parts.all(|part| part.len() == 3 && digits(part))
}

/// Three numbers of which one can be a year, or a month's name among numbers, with or without a time behind them.
fn is_date(text: &str) -> bool {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let is_month = |part: &&str| {
        part.len() >= 3 && MONTHS.iter().any(|month| month.starts_with(&part.to_ascii_lowercase()))
    };
    let is_time = |part: &&&str| {
        part.contains(':') || part.eq_ignore_ascii_case("am") || part.eq_ignore_ascii_case("pm")
    };
    let is_number = |part: &&str| part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split([' ', ',', '-', '/', '.']).filter(|part| !part.is_empty()).collect();
    let (month, others): (Vec<&str>, Vec<&str>) = parts.into_iter().partition(is_month);
    let numbers: Vec<&&str> = others.iter().filter(|part| !is_time(part)).collect();
    if month.len() == 1 && (1..=2).contains(&numbers.len()) {
        return numbers.into_iter().all(is_number);
    }
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    ['-', '/', '.'].iter().any(|between| {
        let parts: Vec<&str> = day.split(*between).collect();
        let short = |part: &&&str| part.len() <= 2;
        parts.len() == 3
            && parts
                .iter()
                .all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
            && parts.iter().filter(short).count() >= 2
    })
}

impl Odd {
    /// What it is and what would be right; with the keys of an experiment where `keys` says that there is one.
    pub(super) fn says(&self, keys: bool) -> String {
        let Odd { kind, cell, place } = self;
        let decimal = match keys {
            true => ": --set 'data.decimal=\",\"'",
            false => {
                ", which the first rows of the file do not show: put one that does among them, or train with \
                 data.decimal = \",\""
            }
        };
        match kind {
            Kind::Date => format!(
                "\"{cell}\" is a date, and a network takes numbers: turn it into some, such as the days since a start"
            ),
            Kind::Percent => {
                format!("\"{cell}\" has a percent sign: take the signs out: sed 's/%//g' FILE > NEW")
            }
            Kind::Currency => format!(
                "\"{cell}\" has the sign of a currency: take the signs out: sed 's/[$€£¥]//g' FILE > NEW"
            ),
            Kind::Thousands => {
                let mark =
                    cell.trim_start_matches(['-', '+']).trim_start_matches(|c: char| c.is_ascii_digit());
                let how = match mark.chars().next() {
                    // A comma may stand between cells as well, and before decimals.
                    Some(',') if mark.matches(',').count() == 1 && !mark.contains('.') => {
                        format!(
                            ", in a spreadsheet or by a program; or, where the comma stands before decimals{decimal}"
                        )
                    }
                    Some(mark) if let Some(place) = place => without(mark, *place),
                    _ => ", in a spreadsheet or by a program".into(),
                };
                format!("\"{cell}\" has marks between thousands: take them out{how}")
            }
            Kind::DecimalPoint => format!(
                "\"{cell}\" has a point before its decimals, and a comma stands there in this file, or is said to: leave \
                 data.decimal out, or write all with one of them"
            ),
            Kind::DecimalComma => format!("\"{cell}\" has a comma before its decimals{decimal}"),
        }
    }
}

/// What to type so that a mark is taken out of a column, and of no other: a point may stand before decimals there.
pub fn without(mark: char, (column, separator): (usize, u8)) -> String {
    // Where cells may be quoted, a separator may stand in them.
    if u32::from(mark) == u32::from(separator) || separator == b',' {
        return ", in a spreadsheet or by a program".into();
    }
    let separator = if separator == b'\t' { "\\t".into() } else { char::from(separator).to_string() };
    let mark = if mark == '\'' { "\\047".into() } else { mark.to_string() };
    format!(
        ": awk -F'{separator}' -v OFS='{separator}' 'NR>1{{gsub(/[{mark}]/,\"\",${column})}}1' FILE > NEW"
    )
}
