//! NumPy's archives of arrays: the inputs are called `x`, the targets `y` (or capital letters), or all four as in Keras's
//! (`x_train`, `y_train`, `x_test`, `y_test`), or what the experiment says.

use super::unpack;
use crate::error::DataProblem;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive};
use std::collections::BTreeMap;

/// Names that inputs have where nobody gives them.
const INPUTS: [&str; 2] = ["x", "X"];

/// Names that targets have where nobody gives them.
const TARGETS: [&str; 2] = ["y", "Y"];

/// An archive and where in it each array lies.
pub(super) struct Archive<'a> {
    archive: ZipSliceArchive<&'a [u8]>,
    arrays: BTreeMap<String, (ZipArchiveEntryWayfinder, Option<CompressionMethod>)>,
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Archive<'a>, DataProblem> {
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

    /// Names of the arrays of inputs and of targets, and of held-out ones where the archive has both; the names are those that
    /// somebody gives, where they do.
    pub(super) fn pairs(
        &self,
        [inputs, targets]: [Option<&'a str>; 2],
    ) -> Result<Vec<[&str; 2]>, DataProblem> {
        // As Keras calls them.
        let parts = [["x_train", "y_train"], ["x_test", "y_test"]];
        if inputs.or(targets).is_none() && parts.into_iter().any(|part| self.has(part)) {
            return Ok(parts.into_iter().filter(|part| self.has(*part)).collect());
        }
        let inputs = inputs.map_or(INPUTS.to_vec(), |name| vec![name]);
        let targets = targets.map_or(TARGETS.to_vec(), |name| vec![name]);
        Ok(vec![[self.find(&inputs)?, self.find(&targets)?]])
    }

    /// The name of the array of inputs, which somebody gives or is the usual one.
    pub(super) fn inputs(&self, given: Option<&'a str>) -> Result<&str, DataProblem> {
        let keras = ["x_test", "x_train"].into_iter().find(|name| self.arrays.contains_key(*name));
        self.find(given.or(keras).as_ref().map_or(&INPUTS[..], std::slice::from_ref))
    }

    /// The first array that has one of these names.
    fn find(&self, wanted: &[&str]) -> Result<&str, DataProblem> {
        let found = self.arrays.keys().find(|name| wanted.contains(&name.as_str()));
        let names = || self.arrays.keys().cloned().collect();
        let unknown = || DataProblem::UnknownArray { name: wanted[0].into(), arrays: names() };
        found.map(String::as_str).ok_or_else(unknown)
    }

    /// The bytes of the array of this name, a file of NumPy's.
    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, DataProblem> {
        let (place, packing) = self.arrays[self.find(&[name])?];
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
        bytes.map_err(refuse)
    }
}

fn refuse(why: impl ToString) -> DataProblem {
    DataProblem::Array { format: "NumPy archive", why: why.to_string() }
}
