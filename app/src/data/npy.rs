//! NumPy's array files: a magic, the format's version, a header that is a Python dictionary, and the numbers.
//! Source: the documentation of `numpy.lib.format`.

use super::Array;
use crate::error::DataProblem;
use whygrad::author::Scalar;

/// Reads an array.
pub(super) fn read<T: Scalar>(bytes: &[u8]) -> Result<Array<T>, DataProblem> {
    if bytes.is_empty() {
        return Err(DataProblem::Empty);
    }
    let (text, data) = split(bytes).ok_or_else(|| why("it does not begin as NumPy's files do".into()))?;
    let Header { kind, fortran, shape } = header(text)?;
    let big = kind.starts_with('>');
    let count = shape.iter().try_fold(1, |product: usize, &axis| product.checked_mul(axis));
    let numbers = Numbers { data, count, big };
    let data = match kind.trim_start_matches(['<', '>', '|']) {
        "f4" => numbers.read(|x| f32::from_le_bytes(x).into()),
        "f8" => numbers.read(f64::from_le_bytes),
        "u1" => numbers.read(|x| u8::from_le_bytes(x).into()),
        "u2" => numbers.read(|x| u16::from_le_bytes(x).into()),
        "u4" => numbers.read(|x| u32::from_le_bytes(x).into()),
        "u8" => numbers.read(|x| u64::from_le_bytes(x) as f64),
        "i1" => numbers.read(|x| i8::from_le_bytes(x).into()),
        "i2" => numbers.read(|x| i16::from_le_bytes(x).into()),
        "i4" => numbers.read(|x| i32::from_le_bytes(x).into()),
        "i8" => numbers.read(|x| i64::from_le_bytes(x) as f64),
        "b1" => numbers.read(|[x]| f64::from(x != 0)),
        text if text.starts_with(['U', 'S', 'O']) => {
            let numbers = "save numbers as float32 or float64, and classes as whole numbers";
            return Err(why(format!("it holds texts (type {kind}); {numbers}")));
        }
        _ => return Err(why(format!("its numbers have the type {kind}; save them as float32 or float64"))),
    };
    let data = data.ok_or_else(|| {
        why(format!("its header promises the shape {shape:?}, more than the file can hold"))
    })?;
    let (data, rounded) = data;
    Ok(Array { data: if fortran { by_rows(&shape, &data) } else { data }, shape, rounded })
}

/// A file's header and what stands behind it.
fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (&[version, _], rest) = bytes.strip_prefix(b"\x93NUMPY")?.split_first_chunk()?;
    let (length, rest) = match version {
        1 => rest.split_first_chunk().map(|(length, rest)| (u16::from_le_bytes(*length).into(), rest))?,
        2 | 3 => rest.split_first_chunk().map(|(length, rest)| (u32::from_le_bytes(*length), rest))?,
        _ => return None,
    };
    let (header, data) = rest.split_at_checked(length as usize)?;
    Some((str::from_utf8(header).ok()?, data))
}

/// What a header says.
struct Header {
    /// Byte order and type of the numbers, such as `<f4`.
    kind: String,
    /// Whether the first axis runs fastest.
    fortran: bool,
    shape: Vec<usize>,
}

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, the keys in any order.
fn header(text: &str) -> Result<Header, DataProblem> {
    let unreadable = || why(format!("its header is `{}`", text.trim_end()));
    let inside = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let mut rest = inside.ok_or_else(unreadable)?.trim();
    let (mut kind, mut fortran, mut shape) = (None, None, None);
    while !rest.is_empty() {
        let (key, value) = rest.split_once(':').ok_or_else(unreadable)?;
        let value = value.trim_start();
        let end = match value.chars().next() {
            Some(quote @ ('\'' | '"')) => value[1..].find(quote).map(|at| at + 2),
            Some('(') => value.find(')').map(|at| at + 1),
            Some('[') => return Err(why("it holds records; save each field as an array of its own".into())),
            _ => Some(value.find(',').unwrap_or(value.len())),
        };
        let (value, after) = value.split_at(end.ok_or_else(unreadable)?);
        match key.trim().trim_matches(['\'', '"']) {
            "descr" => kind = Some(value.trim_matches(['\'', '"']).to_string()),
            "fortran_order" => fortran = value.trim_end().to_lowercase().parse().ok(),
            "shape" => shape = axes(value),
            _ => return Err(unreadable()),
        }
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    match (kind, fortran, shape) {
        (Some(kind), Some(fortran), Some(shape)) => Ok(Header { kind, fortran, shape }),
        _ => Err(unreadable()),
    }
}

/// Reads `(2, 3)`, `(2,)` or `()`.
fn axes(tuple: &str) -> Option<Vec<usize>> {
    let inside = tuple.strip_prefix('(')?.strip_suffix(')')?.trim();
    let inside = inside.strip_suffix(',').unwrap_or(inside);
    if inside.is_empty() {
        return Some(vec![]);
    }
    inside.split(',').map(|axis| axis.trim().parse().ok()).collect()
}

/// The numbers of a file, still as bytes.
struct Numbers<'a> {
    data: &'a [u8],
    /// How many the header promises, unless they are more than can be counted.
    count: Option<usize>,
    /// Whether the first byte of a number is its highest.
    big: bool,
}

impl Numbers<'_> {
    /// All numbers, each made by `number` of its bytes with the lowest first, and whether one was rounded; `None` if the file
    /// ends before.
    fn read<T: Scalar, const N: usize>(&self, number: impl Fn([u8; N]) -> f64) -> Option<(Vec<T>, bool)> {
        let mut rounded = false;
        let one = |&bytes: &[u8; N]| {
            let mut bytes = bytes;
            if self.big {
                bytes.reverse();
            }
            let exact = number(bytes);
            let x = T::of(exact);
            rounded |= x.f64() != exact;
            x
        };
        let numbers = self.data.as_chunks().0.get(..self.count?)?.iter().map(one).collect();
        Some((numbers, rounded))
    }
}

/// The same numbers with the last axis running fastest.
fn by_rows<T: Scalar>(shape: &[usize], columns: &[T]) -> Vec<T> {
    let mut data = Vec::with_capacity(columns.len());
    for mut i in 0..columns.len() {
        // The axes of element i, outermost first; in the file the first axis runs fastest.
        let (mut at, mut inner, mut outer) = (0, columns.len(), 1);
        for &axis in shape {
            inner /= axis;
            at += i / inner * outer;
            i %= inner;
            outer *= axis;
        }
        data.push(columns[at]);
    }
    data
}

fn why(why: String) -> DataProblem {
    DataProblem::Array { format: "NumPy", why }
}
