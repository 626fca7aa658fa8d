//! Numbers as safetensors files hold them: tensors with names, shapes and types, and one note.

use super::Error;
use crate::kernel::Scalar;
use crate::shape::Shape;
use safetensors::tensor::{Dtype, TensorView, serialize};
use safetensors::{SafeTensorError, SafeTensors};

/// Key of the note. One key, because the order of several is not fixed and equal numbers should give equal bytes.
const NOTE: &str = "whygrad";

/// What the names of an optimizer's numbers begin with; whoever reads weights alone passes them over.
pub(crate) const OPTIMIZER: &str = "optimizer.";

/// Why bytes are not the numbers of a network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StoredError {
    /// No safetensors file.
    #[error("not a readable safetensors file, perhaps cut off: {0}")]
    Unreadable(String),
    /// A tensor is missing.
    #[error("a checkpoint of another {}: it has no tensor `{name}`; it has: {}", owner(.name), .has.join(", "))]
    Missing {
        /// The tensor.
        name: String,
        /// The tensors there are, in order.
        has: Vec<String>,
    },
    /// A tensor that the network lacks.
    #[error("a checkpoint of another network: it has a tensor `{0}` that this network lacks")]
    Unknown(String),
    /// A tensor of another shape.
    #[error("a checkpoint of another network: its tensor `{name}` has the shape {got}, not {wants}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        got: Shape,
        /// The shape in the network.
        wants: Shape,
    },
    /// Numbers of a type that is not read.
    #[error("its tensor `{name}` has the type {kind}; known are F32 and F64")]
    Type {
        /// The tensor.
        name: String,
        /// The type of its numbers.
        kind: String,
    },
    /// Not the bytes that were written.
    #[error("damaged: its checksum is not that of its bytes")]
    Damaged,
    /// No note of a training.
    #[error("it has weights only, no state of a training")]
    WeightsOnly,
}

/// Whose a tensor is.
fn owner(name: &str) -> &'static str {
    if name.starts_with(OPTIMIZER) { "optimizer" } else { "network" }
}

/// PyTorch counts batches in whole numbers.
fn is_count(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}

/// What stands before the checksum where a note, as JSON inside JSON, has one; and how a note begins with it.
const CHECKSUM: &[u8] = br#"{\"checksum\":\""#;

/// Digits of a checksum, hexadecimal; 0 where it is made.
const DIGITS: usize = 8;

/// Where the checksum stands in the bytes of a file, if it has one.
fn checksum_at(bytes: &[u8]) -> Option<usize> {
    let length = usize::try_from(u64::from_le_bytes(*bytes.first_chunk()?)).ok()?;
    let header = bytes.get(8..)?.get(..length)?;
    let at = header.windows(CHECKSUM.len()).position(|window| window == CHECKSUM)?;
    (at + CHECKSUM.len() + DIGITS <= length).then_some(8 + at + CHECKSUM.len())
}

/// CRC32C of all bytes, with zeros for the digits of the checksum.
fn checksum(bytes: &[u8], at: usize) -> String {
    let sum = crc32c::crc32c_append(crc32c::crc32c(&bytes[..at]), &[b'0'; DIGITS]);
    format!("{:08x}", crc32c::crc32c_append(sum, &bytes[at + DIGITS..]))
}

/// Tensors as the bytes of a file: F32 or F64 as `T`, but counts I64. Equal tensors give equal bytes. A note that begins with
/// a `checksum` of eight zeros gets the right one.
pub(crate) fn write<T: Scalar>(tensors: &[(String, &Shape, &[T])], note: Option<String>) -> Vec<u8> {
    let encode = |(name, _, numbers): &(String, &Shape, &[T])| -> (Dtype, Vec<u8>) {
        let numbers = numbers.iter().map(|x| x.f64());
        if is_count(name) {
            (Dtype::I64, numbers.flat_map(|x| (x as i64).to_le_bytes()).collect())
        } else if size_of::<T>() == 8 {
            (Dtype::F64, numbers.flat_map(f64::to_le_bytes).collect())
        } else {
            (Dtype::F32, numbers.flat_map(|x| (x as f32).to_le_bytes()).collect())
        }
    };
    let data: Vec<(Dtype, Vec<u8>)> = tensors.iter().map(encode).collect();
    let views = tensors.iter().zip(&data).map(|((name, shape, _), (kind, data))| {
        let view = TensorView::new(*kind, shape.dims().to_vec(), data);
        (name, view.expect("a tensor has as many bytes as its shape and type say"))
    });
    let note = note.map(|note| [(NOTE.to_string(), note)].into_iter().collect());
    let mut bytes = serialize(views, note).expect("names and sizes are in bounds");
    if let Some(at) = checksum_at(&bytes) {
        let sum = checksum(&bytes, at);
        bytes[at..at + DIGITS].copy_from_slice(sum.as_bytes());
    }
    bytes
}

/// A file's tensors.
pub(crate) struct Stored<'a> {
    tensors: SafeTensors<'a>,
    /// What the file says about itself.
    pub note: Option<String>,
    /// Whether a checksum says that these are the bytes that were written.
    pub checked: bool,
}

impl Stored<'_> {
    pub(crate) fn open(bytes: &[u8]) -> Result<Stored<'_>, Error> {
        let refuse = |error: SafeTensorError| StoredError::Unreadable(error.to_string());
        let at = checksum_at(bytes);
        if at.is_some_and(|at| *checksum(bytes, at).as_bytes() != bytes[at..at + DIGITS]) {
            return Err(StoredError::Damaged.into());
        }
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(refuse)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(refuse)?;
        let checked = at.is_some();
        Ok(Stored {
            tensors,
            checked,
            note: header.metadata().as_ref().and_then(|notes| notes.get(NOTE).cloned()),
        })
    }

    /// Reads a tensor of this shape.
    pub(crate) fn read<T: Scalar>(&self, name: &str, shape: &Shape, into: &mut [T]) -> Result<(), Error> {
        let Ok(tensor) = self.tensors.tensor(name) else {
            return Err(StoredError::Missing { name: name.into(), has: self.names() }.into());
        };
        // A count is one number, with or without an axis of length 1.
        let is_one = is_count(name) && tensor.shape().iter().all(|&n| n == 1);
        if tensor.shape() != shape.dims() && !is_one {
            let (got, wants) = (tensor.shape().to_vec().into(), shape.clone());
            return Err(StoredError::Shape { name: name.into(), got, wants }.into());
        }
        let (data, numbers) = (tensor.data(), into.iter_mut());
        match tensor.dtype() {
            Dtype::F32 => {
                let read = data.as_chunks().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes)));
                numbers.zip(read).for_each(|(x, read)| *x = T::of(read));
            }
            Dtype::F64 => {
                let read = data.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes));
                numbers.zip(read).for_each(|(x, read)| *x = T::of(read));
            }
            Dtype::I64 => {
                let read = data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes) as f64);
                numbers.zip(read).for_each(|(x, read)| *x = T::of(read));
            }
            kind => return Err(StoredError::Type { name: name.into(), kind: format!("{kind:?}") }.into()),
        }
        Ok(())
    }

    /// Refuses tensors that are neither of the network nor an optimizer's.
    pub(crate) fn only<'a>(&self, known: impl Iterator<Item = &'a str> + Clone) -> Result<(), Error> {
        let mut all = self.names().into_iter().filter(|name| !name.starts_with(OPTIMIZER));
        match all.find(|name| !known.clone().any(|known| known == name)) {
            Some(name) => Err(StoredError::Unknown(name).into()),
            None => Ok(()),
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.tensors.names().into_iter().map(str::to_string).collect();
        names.sort_unstable();
        names
    }
}
