//! NumPy's archives of arrays: the inputs are called `x`, the targets `y` (or capital letters), or what the
//! experiment says.

use super::{Array, npy, unpack};
use crate::error::DataProblem;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};
use std::collections::BTreeMap;
use whygrad::author::Scalar;

/// Reads inputs and targets; `targets` is the name of the targets' array.
pub(super) fn read<T: Scalar>(
    bytes: &[u8],
    targets: Option<&str>,
) -> Result<(Array<T>, Array<T>), DataProblem> {
    if bytes.is_empty() {
        return Err(DataProblem::Empty);
    }
    let archive = ZipArchive::from_slice(bytes).map_err(refuse)?;
    let mut arrays = BTreeMap::new();
    for entry in archive.entries() {
        let entry = entry.map_err(refuse)?;
        let packing = Some(entry.compression_method()).filter(|_| !entry.flags().is_encrypted());
        if let Some(name) = String::from_utf8_lossy(entry.file_path().as_bytes()).strip_suffix(".npy") {
            arrays.insert(name.to_string(), (entry.wayfinder(), packing));
        }
    }
    let find = |wanted: &[&str]| {
        let found = arrays.iter().find(|(name, _)| wanted.contains(&name.as_str()));
        let names = || arrays.keys().cloned().collect();
        let (name, &(place, packing)) =
            found.ok_or_else(|| DataProblem::UnknownArray { name: wanted[0].into(), arrays: names() })?;
        let entry = archive.get_entry(place).map_err(refuse)?;
        let bytes = match packing {
            Some(CompressionMethod::STORE) => unpack(entry.verifying_reader(entry.data())),
            Some(CompressionMethod::DEFLATE) => {
                unpack(entry.verifying_reader(DeflateDecoder::new(entry.data())))
            }
            _ => {
                return Err(refuse(format!(
                    "\"{name}\" is encrypted, or compressed by another method than deflate; save it with \
                     numpy.savez or numpy.savez_compressed"
                )));
            }
        };
        npy::read(&bytes.map_err(refuse)?)
    };
    let inputs = find(&["x", "X"])?;
    let targets = match targets {
        Some(name) => find(&[name])?,
        None => find(&["y", "Y"])?,
    };
    Ok((inputs, targets))
}

fn refuse(why: impl ToString) -> DataProblem {
    DataProblem::Array { format: "NumPy archive", why: why.to_string() }
}
