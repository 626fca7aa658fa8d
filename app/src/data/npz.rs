//! NumPy's archives of arrays: the inputs are called `x`, the targets `y` (or capital letters), or all four as in Keras's
//! (`x_train`, `y_train`, `x_test`, `y_test`), or what the experiment says.

use super::{Array, npy, unpack};
use crate::error::DataProblem;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive};
use std::collections::BTreeMap;
use whygrad::author::Scalar;

/// Inputs and targets.
pub(super) type Pair<T> = (Array<T>, Array<T>);

/// Names that inputs have where nobody gives them.
const INPUTS: [&str; 2] = ["x", "X"];

/// Reads inputs and targets, and held-out ones where the archive has both; the names are those of the arrays of inputs and of
/// targets, where somebody gives them.
pub(super) fn read<T: Scalar>(
    bytes: &[u8],
    [inputs, targets]: [Option<&str>; 2],
) -> Result<Vec<Pair<T>>, DataProblem> {
    let archive = Archive::open(bytes)?;
    let pair = |inputs: &[&str], targets: &[&str]| -> Result<_, DataProblem> {
        Ok((archive.array(inputs)?, archive.array(targets)?))
    };
    Ok(match [inputs, targets] {
        // As Keras calls them.
        [None, None] if archive.has(["x_train", "y_train"]) => {
            let train = pair(&["x_train"], &["y_train"])?;
            let test = archive.has(["x_test", "y_test"]).then(|| pair(&["x_test"], &["y_test"]));
            std::iter::once(train).chain(test.transpose()?).collect()
        }
        [inputs, targets] => {
            let inputs = inputs.map_or(INPUTS.to_vec(), |name| vec![name]);
            let targets = targets.map_or(vec!["y", "Y"], |name| vec![name]);
            vec![pair(&inputs, &targets)?]
        }
    })
}

/// Reads the inputs alone: the array of this name, or the usual one.
pub(super) fn inputs<T: Scalar>(bytes: &[u8], name: Option<&str>) -> Result<Array<T>, DataProblem> {
    let archive = Archive::open(bytes)?;
    match name {
        Some(name) => archive.array(&[name]),
        None => {
            let keras = ["x_test", "x_train"].into_iter().find(|name| archive.arrays.contains_key(*name));
            archive.array(keras.as_ref().map_or(&INPUTS[..], std::slice::from_ref))
        }
    }
}

/// An archive and where in it each array lies.
struct Archive<'a> {
    archive: ZipSliceArchive<&'a [u8]>,
    arrays: BTreeMap<String, (ZipArchiveEntryWayfinder, Option<CompressionMethod>)>,
}

impl<'a> Archive<'a> {
    fn open(bytes: &'a [u8]) -> Result<Archive<'a>, DataProblem> {
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
        Ok(Archive { archive, arrays })
    }

    fn has(&self, names: [&str; 2]) -> bool {
        names.iter().all(|name| self.arrays.contains_key(*name))
    }

    /// The first array that has one of these names.
    fn array<T: Scalar>(&self, wanted: &[&str]) -> Result<Array<T>, DataProblem> {
        let found = self.arrays.iter().find(|(name, _)| wanted.contains(&name.as_str()));
        let names = || self.arrays.keys().cloned().collect();
        let (name, &(place, packing)) =
            found.ok_or_else(|| DataProblem::UnknownArray { name: wanted[0].into(), arrays: names() })?;
        let entry = self.archive.get_entry(place).map_err(refuse)?;
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
    }
}

fn refuse(why: impl ToString) -> DataProblem {
    DataProblem::Array { format: "NumPy archive", why: why.to_string() }
}
