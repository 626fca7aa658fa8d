//! Examples from files of arrays: inputs in one, targets in another, or both in an archive.

use super::npz::Archive;
use super::origin::{merged, merges, origin};
use super::{Array, Format, Source, Want, idx, labels, npy};
use super::{bytes as bytes_of, format as format_of};
use crate::error::{DataProblem, Error, Result};
use whygrad::author::Scalar;
use whygrad::data::{Dataset, Targets};

/// From where the numbers of arrays are counted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// From 0.
    Zero,
    /// From numbers near those of the first array that is read, column by column, where they lie far from 0.
    Near,
    /// From these, column by column.
    At(Vec<f64>),
}

impl Origin {
    /// These, where there are any.
    pub(super) fn at(origins: &[f64]) -> Origin {
        if origins.is_empty() { Origin::Zero } else { Origin::At(origins.to_vec()) }
    }

    /// From what is counted; nothing where that is 0.
    pub(super) fn into_origins(self) -> Vec<f64> {
        match self {
            Origin::Zero | Origin::Near => vec![],
            Origin::At(origins) => origins,
        }
    }

    /// Reads an array as differences from this.
    fn read<T: Scalar>(&mut self, format: Format, bytes: &[u8]) -> Result<Array<T>, DataProblem> {
        let array = array::<T>(format, bytes)?;
        if *self == Origin::Zero || *self == Origin::Near && !array.rounded {
            *self = Origin::Zero;
            return Ok(array);
        }
        drop(array);
        let Array { shape, data, rounded } = self::array::<f64>(format, bytes)?;
        if *self == Origin::Near {
            let origins: Vec<f64> = columns(&shape, &data).map(origin).collect();
            let far = origins.iter().any(|origin| *origin != 0.0);
            *self = if far { Origin::At(origins) } else { Origin::Zero };
        }
        let data = match self {
            Origin::At(origins) => {
                data.into_iter().zip(origins.iter().cycle()).map(|(x, origin)| T::of(x - origin)).collect()
            }
            _ => data.into_iter().map(T::of).collect(),
        };
        Ok(Array { shape, data, rounded })
    }
}

/// The columns of an array's numbers: what stands at one place of each example.
fn columns<'a>(shape: &[usize], data: &'a [f64]) -> impl Iterator<Item = impl Iterator<Item = f64> + 'a> {
    let width = data.len() / shape.first().map_or(1, |rows| (*rows).max(1));
    (0..width).map(move |at| data.iter().skip(at).step_by(width).copied())
}

/// What was read of arrays.
pub(super) struct Arrays<T> {
    /// Examples to train on, and held-out ones, where there are such.
    pub parts: [Option<Dataset<T>>; 2],
    /// From where their inputs and their targets are counted.
    pub origins: [Origin; 2],
    /// What has to be said beside.
    pub remarks: Vec<String>,
}

/// Reads arrays. `known` are the classes that there may be, where somebody says which.
pub(super) fn read<T: Scalar>(
    source: &Source,
    want: Want,
    mut known: Option<Vec<String>>,
    origins: [Origin; 2],
) -> Result<Arrays<T>> {
    let in_file = |file: &str| {
        let file = file.to_string();
        move |problem| Error::Data { file, problem }
    };
    let [mut of_inputs, mut of_targets] = origins;
    if want == Want::Classes {
        of_targets = Origin::Zero;
    }
    let (mut parts, mut remarks) = ([None, None], vec![]);
    let paths = [Some(&source.source), source.test_source.as_ref()];
    let targets = [&source.targets, &source.test_targets].map(Option::as_deref);
    for (at, path) in paths.into_iter().enumerate() {
        let Some(path) = path else { continue };
        let format = format_of(path).map_err(in_file(path))?;
        let bytes = bytes_of(path)?;
        let mut take = |at: usize, [inputs, targets]: [(&str, Format, &[u8]); 2]| -> Result<()> {
            let mut one = |(file, format, bytes): (&str, Format, &[u8]), origin: &mut Origin, key: &str| {
                let is_scaled = *origin != Origin::Zero;
                let array = origin.read::<T>(format, bytes).map_err(in_file(file))?;
                finite(file, &array)?;
                if size_of::<T>() < size_of::<f64>() && *origin == Origin::Zero && array.rounded {
                    let Array { shape, data, .. } =
                        self::array::<f64>(format, bytes).map_err(in_file(file))?;
                    remarks.extend(
                        columns(&shape, &data)
                            .any(merges::<T>)
                            .then(|| merged(file, Some(key).filter(|_| !is_scaled))),
                    );
                }
                Ok::<_, Error>(array)
            };
            let (file, format, bytes) = targets;
            let x = one(inputs, &mut of_inputs, "scale")?;
            let (y, classes) = match want {
                Want::Values => (one(targets, &mut of_targets, "scale_target")?.values(), vec![]),
                Want::Classes => {
                    let labels = array::<f64>(format, bytes).map_err(in_file(file))?;
                    finite(file, &labels)?;
                    classes(&labels, known.as_deref()).map_err(in_file(file))?
                }
            };
            known = Some(classes.clone()).filter(|_| want == Want::Classes);
            parts[at] = Some(examples(x, y, classes).map_err(in_file(file))?);
            Ok(())
        };
        if format == Format::Npz {
            let archive = Archive::open(&bytes).map_err(in_file(path))?;
            let names = [source.inputs.as_deref(), targets[at].or(targets[0])];
            let pairs = archive.pairs(names).map_err(in_file(path))?;
            // An archive may have both parts.
            if pairs.len() > 1 && source.test_source.is_some() {
                return Err(in_file(path)(DataProblem::HeldOutTwice));
            }
            for (place, pair) in pairs.into_iter().enumerate() {
                let [inputs, targets] = pair.map(|name| archive.bytes(name).map_err(in_file(path)));
                let (inputs, targets) = (inputs?, targets?);
                take(at + place, [&inputs, &targets].map(|bytes| (path.as_str(), Format::Npy, &bytes[..])))?;
            }
        } else {
            let targets = targets[at].ok_or(DataProblem::WhichTargets).map_err(in_file(path))?;
            let other = format_of(targets).map_err(in_file(targets))?;
            take(at, [(path, format, &bytes), (targets, other, &bytes_of(targets)?)])?;
        }
    }
    Ok(Arrays { parts, origins: [of_inputs, of_targets], remarks })
}

/// Reads inputs alone, of a file or of an archive, where `name` may say which of its arrays they are.
pub(super) fn inputs<T: Scalar>(
    format: Format,
    bytes: &[u8],
    name: Option<&str>,
    mut origin: Origin,
) -> Result<Array<T>, DataProblem> {
    if format != Format::Npz {
        return origin.read(format, bytes);
    }
    let archive = Archive::open(bytes)?;
    let bytes = archive.bytes(archive.inputs(name)?)?;
    origin.read(Format::Npy, &bytes)
}

fn array<T: Scalar>(format: Format, bytes: &[u8]) -> Result<Array<T>, DataProblem> {
    match format {
        Format::Idx => idx::read(bytes),
        Format::Npy => npy::read(bytes),
        Format::Table | Format::Npz => Err(DataProblem::WhichTargets),
    }
}

/// Refuses numbers that are not finite.
pub(super) fn finite<T: Scalar>(file: &str, array: &Array<T>) -> Result<()> {
    match array.data.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(index) => {
            let problem = DataProblem::NonFinite { index, value: array.data[index].f64() };
            Err(Error::Data { file: file.into(), problem })
        }
    }
}

impl<T: Scalar> Array<T> {
    /// How long its first axis is, which counts examples.
    fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// As targets; the axes behind the first become one.
    fn values(self) -> Targets<T> {
        Targets::Values { width: (self.data.len() / self.rows().max(1)).max(1), data: self.data }
    }
}

/// The classes of an array of labels: all that there are in their order, or `known`.
fn classes<T: Scalar>(
    labels: &Array<f64>,
    known: Option<&[String]>,
) -> Result<(Targets<T>, Vec<String>), DataProblem> {
    let (ids, labels) = match labels.data.len() / labels.rows().max(1) {
        0 | 1 => labels::of_numbers(&labels.data)?,
        width => labels::of_one_hot(&labels.data, width)?,
    };
    let (class, classes) = labels::in_order(&labels, known)?;
    Ok((Targets::Classes(ids.into_iter().map(|id| class[id as usize]).collect()), classes))
}

/// Arrays as examples: the first axis counts them, the others become one.
fn examples<T: Scalar>(
    inputs: Array<T>,
    targets: Targets<T>,
    classes: Vec<String>,
) -> Result<Dataset<T>, DataProblem> {
    let n = inputs.rows();
    if n == 0 || inputs.data.is_empty() {
        return Err(DataProblem::Empty);
    }
    if n != targets.len() {
        return Err(DataProblem::Counts { inputs: n, targets: targets.len() });
    }
    let width = inputs.data.len() / n;
    Ok(Dataset::new(inputs.data, [width], targets)?.with_class_names(classes))
}
