//! Cells that are numbers to a person and none to a network, and what to do about each kind.

/// A cell that is a number to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    kind: Kind,
    cell: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Date,
    Percent,
    Currency,
    Thousands,
    DecimalComma,
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
        } else if is_number(cell) {
            Kind::Thousands
        } else {
            return None;
        };
        Some(Odd { kind, cell: cell.chars().take(40).collect() })
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
        .is_some_and(|(whole, rest)| digits(whole) && digits(rest) && rest.len() != 3)
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
        let Odd { kind, cell } = self;
        let decimal =
            if keys { ": --set 'data.decimal=\",\"'" } else { ", and others of the file have a point" };
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
                    // A comma may stand between cells as well.
                    Some(',') if mark.matches(',').count() == 1 && !mark.contains('.') && keys => {
                        format!(
                            ", in a spreadsheet or by a program; or, where the comma stands before decimals{decimal}"
                        )
                    }
                    Some(',') | None => ", in a spreadsheet or by a program".into(),
                    Some('.') => ": sed -E 's/([0-9])[.]([0-9]{3})/\\1\\2/g' FILE > NEW".into(),
                    Some('\'') => ": sed \"s/'//g\" FILE > NEW".into(),
                    Some(mark) => format!(": sed -E 's/([0-9]){mark}([0-9]{{3}})/\\1\\2/g' FILE > NEW"),
                };
                format!("\"{cell}\" has marks between thousands: take them out{how}")
            }
            Kind::DecimalComma => format!("\"{cell}\" has a comma before its decimals{decimal}"),
        }
    }
}
