//! NumPy's archives of arrays: the inputs are called `x`, the targets `y` (or capital letters), or what the
//! experiment says.

use super::{Array, npy};
use crate::error::DataProblem;
use npyz::npz::NpzArchive;
use std::io::Cursor;
use whygrad::kernel::Scalar;

/// The most that packed data can grow: what deflate reaches at its best.
const DEFLATE: usize = 1032;

/// Reads inputs and targets; `targets` is the name of the targets' array.
pub fn read<T: Scalar>(bytes: &[u8], targets: Option<&str>) -> Result<(Array<T>, Array<T>), DataProblem> {
    if bytes.is_empty() {
        return Err(DataProblem::Empty);
    }
    let refuse =
        |error: std::io::Error| DataProblem::Array { format: "NumPy archive", why: error.to_string() };
    let mut archive = NpzArchive::new(Cursor::new(bytes)).map_err(refuse)?;
    let mut names: Vec<String> = archive.array_names().map(str::to_string).collect();
    names.sort();
    let mut find = |wanted: &[&str]| {
        let found = names.iter().find(|name| wanted.contains(&name.as_str()));
        let unknown = || DataProblem::UnknownArray { name: wanted[0].into(), arrays: names.clone() };
        let name = found.ok_or_else(unknown)?;
        let file = archive.by_name(name).map_err(refuse)?.ok_or_else(unknown)?;
        npy::array(file, bytes.len().saturating_mul(DEFLATE))
    };
    let inputs = find(&["x", "X"])?;
    let targets = match targets {
        Some(name) => find(&[name])?,
        None => find(&["y", "Y"])?,
    };
    Ok((inputs, targets))
}
