//! NumPy's array files.

use super::Array;
use crate::error::DataProblem;
use npyz::{DType, NpyFile, Order, TypeChar};
use std::io::Read;
use whygrad::kernel::Scalar;

/// Reads an array.
pub fn read<T: Scalar>(bytes: &[u8]) -> Result<Array<T>, DataProblem> {
    if bytes.is_empty() {
        return Err(DataProblem::Empty);
    }
    array(NpyFile::new(bytes).map_err(refuse)?, bytes.len())
}

/// Numbers of an opened array; `available` is how many bytes they can have at the most.
pub fn array<T: Scalar, R: Read>(file: NpyFile<R>, available: usize) -> Result<Array<T>, DataProblem> {
    let DType::Plain(kind) = file.dtype() else {
        return Err(why("it holds records; save each field as an array of its own".into()));
    };
    let shape: Vec<usize> =
        file.shape().iter().map(|&axis| usize::try_from(axis).unwrap_or(usize::MAX)).collect();
    let size = kind.num_bytes().unwrap_or(0);
    let count = shape.iter().try_fold(1, |product: usize, &axis| product.checked_mul(axis));
    let Some(count) = count.filter(|count| count.checked_mul(size).is_some_and(|bytes| bytes <= available))
    else {
        return Err(why(format!("its header promises the shape {shape:?}, more than the file can hold")));
    };
    let fortran = file.order() == Order::Fortran;
    macro_rules! numbers {
        ($($kind:ty),*) => {
            match (kind.type_char(), kind.size_field()) {
                $(_ if file_is::<$kind>(&kind) => {
                    let numbers = file.into_vec::<$kind>().map_err(refuse)?;
                    numbers.into_iter().map(|x| T::of(x as f64)).collect()
                })*
                (TypeChar::Bool, _) => {
                    let numbers = file.into_vec::<bool>().map_err(refuse)?;
                    numbers.into_iter().map(|x| T::of(f64::from(u8::from(x)))).collect()
                }
                _ => return Err(why(format!("its numbers have the type {kind}; save them as float32 or float64"))),
            }
        };
    }
    let data: Vec<T> = numbers!(f32, f64, u8, i8, u16, i16, u32, i32, u64, i64);
    if data.len() != count {
        return Err(why(format!("its header promises {count} numbers and there are {}", data.len())));
    }
    Ok(if fortran { by_rows(shape, &data) } else { Array { shape, data } })
}

/// Whether the file's numbers have Rust's type `N` (in either byte order).
fn file_is<N: npyz::Deserialize>(kind: &npyz::TypeStr) -> bool {
    N::reader(&DType::Plain(kind.clone())).is_ok()
}

/// The same array with the last axis running fastest.
fn by_rows<T: Scalar>(shape: Vec<usize>, columns: &[T]) -> Array<T> {
    let mut data = Vec::with_capacity(columns.len());
    for mut i in 0..columns.len() {
        let (mut at, mut stride) = (0, columns.len());
        // The axes of element i, outermost first; in the file the first axis runs fastest.
        let mut inner = columns.len();
        let mut outer = 1;
        for &axis in &shape {
            inner /= axis;
            at += i / inner * outer;
            i %= inner;
            outer *= axis;
            stride /= axis;
        }
        debug_assert_eq!(stride, 1);
        data.push(columns[at]);
    }
    Array { shape, data }
}

fn refuse(error: std::io::Error) -> DataProblem {
    why(error.to_string())
}

fn why(why: String) -> DataProblem {
    DataProblem::Array { format: "NumPy", why }
}
