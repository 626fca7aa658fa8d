//! IDX, the format of MNIST's files: two zero bytes, the type of a number, the number of axes, the length of
//! each axis (32 bits, big-endian), then the numbers, big-endian.

use super::Array;
use crate::error::DataProblem;
use whygrad::author::Scalar;

/// Reads an array.
pub(super) fn read<T: Scalar>(bytes: &[u8]) -> Result<Array<T>, DataProblem> {
    let refuse = |why: String| DataProblem::Array { format: "IDX", why };
    if bytes.is_empty() {
        return Err(DataProblem::Empty);
    }
    let Some(([zero1, zero2, kind, axes], rest)) = bytes.split_first_chunk::<4>() else {
        return Err(refuse("it ends inside its first four bytes".into()));
    };
    if [*zero1, *zero2] != [0, 0] {
        return Err(refuse("it does not start with two zero bytes".into()));
    }
    let (size, number): (usize, fn(&[u8]) -> f64) = match kind {
        0x08 => (1, |b| f64::from(b[0])),
        0x09 => (1, |b| f64::from(b[0] as i8)),
        0x0b => (2, |b| f64::from(i16::from_be_bytes([b[0], b[1]]))),
        0x0c => (4, |b| f64::from(i32::from_be_bytes([b[0], b[1], b[2], b[3]]))),
        0x0d => (4, |b| f64::from(f32::from_be_bytes([b[0], b[1], b[2], b[3]]))),
        0x0e => (8, |b| f64::from_be_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])),
        _ => return Err(refuse(format!("its numbers have the unknown type 0x{kind:02x}"))),
    };
    let Some((lengths, data)) = rest.split_at_checked(4 * usize::from(*axes)) else {
        return Err(refuse("it ends inside its header".into()));
    };
    let shape: Vec<usize> =
        lengths.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize).collect();
    let count = shape.iter().try_fold(size, |product, axis| product.checked_mul(*axis));
    if count != Some(data.len()) {
        let said = count.map_or("more bytes than there can be".into(), |count| format!("{count} bytes"));
        return Err(refuse(format!("its header says {said} of numbers and there are {}", data.len())));
    }
    let mut rounded = false;
    let one = |bytes| {
        let exact = number(bytes);
        let x = T::of(exact);
        rounded |= x.f64() != exact;
        x
    };
    let data = data.chunks_exact(size).map(one).collect();
    Ok(Array { shape, data, rounded })
}
