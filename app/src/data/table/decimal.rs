//! Short decimal numbers, which most cells of most tables are: eight digits at once.

/// A byte in each of eight.
const EACH: u64 = 0x0101_0101_0101_0101;

/// The powers of ten that the decimals of eight bytes can ask for.
const TENS: [f64; 8] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

/// A cell of at most eight digits and a decimal point, perhaps behind a minus sign, as [`str::parse`] reads it. `None` of
/// what is longer or written otherwise. There is a branch for the length alone: what stands in a cell cannot be guessed.
#[inline]
pub(super) fn short(cell: &[u8], point: u8) -> Option<f64> {
    let negative = *cell.first()? == b'-';
    let cell = &cell[usize::from(negative)..];
    let count = cell.len();
    // The first byte is the lowest of the word.
    let byte = |at: usize| u64::from(cell[at]) << (8 * at);
    let word = match count {
        4..=8 => {
            let [first, last] = [*cell.first_chunk()?, *cell.last_chunk()?].map(u32::from_le_bytes);
            u64::from(first) | u64::from(last) << (8 * (count - 4))
        }
        1..=3 => byte(0) | byte(count / 2) | byte(count - 1),
        _ => return None,
    };
    // The first point, where there is one, is taken out; a second one is no digit.
    let points = equal(word, point);
    let before = if points == 0 { !0 } else { (points & points.wrapping_neg()).wrapping_sub(1) >> 7 };
    let (digits, decimals) = match points {
        0 => (count, 0),
        _ => (count - 1, count - 1 - points.trailing_zeros() as usize / 8),
    };
    if digits == 0 {
        return None;
    }
    let word = (word & before) | ((word >> 8) & !before);
    // Zeros in front of the digits, each of which is now its value.
    let word = (word ^ (EACH * u64::from(b'0'))) << (8 * (8 - digits));
    if (word | word.wrapping_add(EACH * (0x80 - 10))) & (EACH * 0x80) != 0 {
        return None;
    }
    // Pairs, then fours, then all: neighbours are added with ten, a hundred, ten thousand times the first.
    let pairs = (word * 10 + (word >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let all = (fours * 10_000 + (fours >> 32)) & 0xffff_ffff;
    // Both are exact, so that the quotient is the nearest number to the decimal one.
    let x = all as f64 / TENS[decimals];
    Some(if negative { -x } else { x })
}

/// The highest bit of each of eight bytes that is this one.
#[inline]
fn equal(word: u64, byte: u8) -> u64 {
    const LOW: u64 = EACH * 0x7f;
    let other = word ^ (EACH * u64::from(byte));
    !(((other & LOW) + LOW) | other | LOW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_short_number_has_the_bits_that_the_standard_library_reads(cell in "-?[0-9]{0,5}[.,]?[0-9]{0,4}") {
            for point in [b'.', b','] {
                let digits = cell.trim_start_matches('-').len();
                let text = if point == b',' { cell.replace('.', "?").replace(',', ".") } else { cell.clone() };
                let wanted = text.parse::<f64>().ok().filter(|_| digits <= 8);
                prop_assert_eq!(short(cell.as_bytes(), point).map(f64::to_bits), wanted.map(f64::to_bits));
            }
        }

        #[test]
        fn no_bytes_are_a_short_number_that_are_none(cell in prop::collection::vec(any::<u8>(), 0..10)) {
            let wanted = || str::from_utf8(&cell).ok()?.parse::<f64>().ok().map(f64::to_bits);
            if let Some(found) = short(&cell, b'.') {
                prop_assert_eq!(Some(found.to_bits()), wanted());
            }
        }

        #[test]
        fn what_is_nearly_a_short_number_is_none(cell in "[-+0-9./:e ]{0,9}") {
            if let Some(found) = short(cell.as_bytes(), b'.') {
                prop_assert_eq!(Some(found.to_bits()), cell.parse::<f64>().ok().map(f64::to_bits));
            }
        }
    }
}
