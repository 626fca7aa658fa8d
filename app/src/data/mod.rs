//! Data from files and built-in sets. One format, one file: bytes go in, values come out, and only this page
//! touches the file system. To add a format: its file, and its line in `FORMATS`.

mod builtin;
mod csv;
mod idx;
mod npy;
mod npz;
#[cfg(test)]
mod tests;

pub use builtin::BUILTIN;

use crate::error::{DataProblem, Error, Result};
use crate::terminal::harmless;
use flate2::read::MultiGzDecoder;
use serde::Serialize;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use whygrad::author::Scalar;
use whygrad::data::generate::GENERATED;
use whygrad::data::{Dataset, Targets};

/// The most bytes that a compressed file may unpack to: 16 GiB, so that a crafted one cannot fill the memory.
const UNPACKED: u64 = 16 << 30;

/// Where data comes from, as the `[data]` table of an experiment says it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// Name of a built-in or generated set, or a path.
    pub source: String,
    /// Of a table: the columns that are the target. By default the one called label, target, class or y.
    pub target: Vec<String>,
    /// Of arrays: the file with the targets (npy, IDX), or the archive's array (npz, by default y).
    pub targets: Option<String>,
    /// A file of the same kind with the held-out examples.
    pub test_source: Option<String>,
    /// As `targets`, of the held-out examples.
    pub test_targets: Option<String>,
    /// Of a generated set: how many examples.
    pub size: Option<usize>,
    /// Of a generated set: standard deviation of the noise.
    pub noise: Option<f64>,
    /// Of the spiral: how many arms.
    pub arms: Option<usize>,
}

/// What the loss compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Classes.
    Classes,
    /// Numbers.
    Values,
}

/// Data as its source has it: not split, not scaled.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The examples to train on (and to split, if `test` is absent).
    pub train: Dataset<T>,
    /// The held-out examples, where they come from a file of their own.
    pub test: Option<Dataset<T>>,
}

/// Numbers with a shape, as array files hold them.
#[derive(Clone, Debug, PartialEq)]
struct Array<T> {
    shape: Vec<usize>,
    data: Vec<T>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Columns with names, separated by this byte.
    Table(u8),
    Npy,
    Npz,
    Idx,
}

/// How file names end, and what they then are.
const FORMATS: &[(&str, Format)] = &[
    (".csv", Format::Table(b',')),
    (".tsv", Format::Table(b'\t')),
    (".npy", Format::Npy),
    (".npz", Format::Npz),
    (".idx", Format::Idx),
    ("-ubyte", Format::Idx),
];

/// Whether there is memory for so many bytes, as far as the system says so before they are used.
pub fn has_memory(bytes: u128) -> bool {
    usize::try_from(bytes).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok())
}

/// Loads what `source` names. `seed` decides what is generated.
pub fn load<T: Scalar>(source: &Source, want: Want, seed: u64) -> Result<Loaded<T>> {
    let problem = |problem| Error::Data { file: source.source.clone(), problem };
    if let Some(generated) = GENERATED.iter().find(|generated| generated.name == source.source) {
        let size = source.size.unwrap_or(generated.size);
        let noise = source.noise.unwrap_or(generated.noise);
        // Two inputs, a target and, while they are drawn, their order.
        if !has_memory(size as u128 * 4 * size_of::<f64>() as u128) {
            let what = format!("{size} examples take more memory than there is");
            return Err(problem(DataProblem::Generated(what)));
        }
        let train = generated
            .make(size, noise, source.arms.unwrap_or(generated.arms), seed)
            .map_err(|why| problem(DataProblem::Generated(why.into())))?;
        return Ok(Loaded { train, test: None });
    }
    if let Some((_, bytes)) = BUILTIN.iter().find(|(name, _)| *name == source.source) {
        let bytes = unpack(MultiGzDecoder::new(*bytes)).map_err(|why| problem(gz(&why)))?;
        let table = csv::read(bytes, b',', &source.target, want, None).map_err(problem)?;
        return Ok(Loaded { train: table, test: None });
    }
    let train = read(&source.source, source.targets.as_deref(), source, want, None)?;
    let test = match &source.test_source {
        Some(path) => Some(read(path, source.test_targets.as_deref(), source, want, Some(&train))?),
        None => None,
    };
    if let Some(test) = test.as_ref().filter(|test| test.shape() != train.shape()) {
        let (test, train) = (test.shape().clone(), train.shape().clone());
        return Err(problem(DataProblem::Shapes { test, train }));
    }
    Ok(Loaded { train, test })
}

/// A column of a table of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Whether it has numbers only.
    pub numbers: bool,
    /// How many different values it has; absent where they are more than classes would be.
    pub values: Option<usize>,
    /// How many classes those are: of whole numbers one more than the largest; absent where they are none.
    pub classes: Option<usize>,
}

/// The columns of a table of text.
pub fn columns(path: &str) -> Result<Vec<Column>> {
    let problem = |problem| Error::Data { file: path.into(), problem };
    match format(path).map_err(problem)? {
        Format::Table(separator) => csv::columns(&bytes(path)?, separator).map_err(problem),
        _ => Err(problem(DataProblem::UnknownKind(names().collect::<Vec<_>>().join(", ")))),
    }
}

/// Reads one file (and its targets' file). `like` is the training data where this is the held-out part.
fn read<T: Scalar>(
    path: &str,
    targets: Option<&str>,
    source: &Source,
    want: Want,
    like: Option<&Dataset<T>>,
) -> Result<Dataset<T>> {
    let in_file = |file: &str| {
        let file = file.to_string();
        move |problem| Error::Data { file, problem }
    };
    let format = format(path).map_err(in_file(path))?;
    let bytes = bytes(path)?;
    let (inputs, targets_file, numbers) = match format {
        Format::Table(separator) => {
            return csv::read(bytes, separator, &source.target, want, like).map_err(in_file(path));
        }
        Format::Npz => {
            let (x, y) = npz::read::<T>(&bytes, targets).map_err(in_file(path))?;
            (x, path, y)
        }
        Format::Npy | Format::Idx => {
            let targets = targets.ok_or(DataProblem::WhichTargets).map_err(in_file(path))?;
            let inputs = array(format, &bytes).map_err(in_file(path))?;
            let format = self::format(targets).map_err(in_file(targets))?;
            (inputs, targets, array(format, &self::bytes(targets)?).map_err(in_file(targets))?)
        }
    };
    examples(inputs, numbers, want, like).map_err(in_file(targets_file))
}

fn array<T: Scalar>(format: Format, bytes: &[u8]) -> Result<Array<T>, DataProblem> {
    match format {
        Format::Idx => idx::read(bytes),
        Format::Npy => npy::read(bytes),
        Format::Table(_) | Format::Npz => Err(DataProblem::WhichTargets),
    }
}

/// Arrays of inputs and targets as examples: the first axis counts them, the others become one.
fn examples<T: Scalar>(
    inputs: Array<T>,
    targets: Array<T>,
    want: Want,
    like: Option<&Dataset<T>>,
) -> Result<Dataset<T>, DataProblem> {
    for array in [&inputs, &targets] {
        if let Some(index) = array.data.iter().position(|x| !x.is_finite()) {
            return Err(DataProblem::NonFinite { index, value: array.data[index].f64() });
        }
    }
    let count = |array: &Array<T>| array.shape.first().copied().unwrap_or(0);
    let n = count(&inputs);
    if n == 0 || inputs.data.is_empty() {
        return Err(DataProblem::Empty);
    }
    if n != count(&targets) || targets.data.is_empty() {
        return Err(DataProblem::Counts { inputs: n, targets: count(&targets) });
    }
    let width = targets.data.len() / n;
    let targets = match want {
        Want::Values => Targets::Values { data: targets.data, width },
        Want::Classes if width != 1 => return Err(DataProblem::Counts { inputs: n, targets: n * width }),
        Want::Classes => {
            let label = |(i, x): (usize, &T)| {
                class(x.f64())
                    .ok_or_else(|| DataProblem::Label { label: x.to_string(), example: i as u64 + 1 })
            };
            Targets::Classes(targets.data.iter().enumerate().map(label).collect::<Result<_, _>>()?)
        }
    };
    let highest = match &targets {
        Targets::Classes(classes) => classes.iter().max().map_or(0, |&c| c as usize + 1),
        Targets::Values { .. } => 0,
    };
    let width = inputs.data.len() / n;
    let data = Dataset::new(inputs.data, [width], targets)?;
    Ok(match like {
        Some(like) => data.with_class_names(like.class_names().iter().cloned()),
        None => data.with_class_names((0..highest).map(|class| class.to_string())),
    })
}

/// A label as a class, if it is a whole number in range.
fn class(label: f64) -> Option<u32> {
    ((0.0..=65535.0).contains(&label) && label.fract() == 0.0).then_some(label as u32)
}

/// Whether a file is an archive of arrays, which names of arrays choose from.
pub fn is_archive(path: &str) -> bool {
    format(path).is_ok_and(|format| format == Format::Npz)
}

fn format(path: &str) -> Result<Format, DataProblem> {
    let name = path.strip_suffix(".gz").unwrap_or(path).to_lowercase();
    match FORMATS.iter().find(|(ending, _)| name.ends_with(ending)) {
        Some((_, format)) => Ok(*format),
        None => {
            let names: Vec<&str> = names().collect();
            let known = names.join(", ");
            Err(DataProblem::UnknownKind(known + &crate::error::nearest(path, &names)))
        }
    }
}

/// Names of all built-in and generated sets.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|(name, _)| *name).chain(GENERATED.iter().map(|generated| generated.name))
}

/// The bytes of a file, unpacked where its name ends in .gz.
fn bytes(path: &str) -> Result<Vec<u8>> {
    let bytes = std::fs::read(Path::new(path)).map_err(Error::file("read", path))?;
    if !path.ends_with(".gz") {
        return Ok(bytes);
    }
    unpack(MultiGzDecoder::new(&*bytes)).map_err(|why| Error::Data { file: path.into(), problem: gz(&why) })
}

/// What comes out of an unpacker.
fn unpack(unpacker: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![];
    let read = unpacker.take(UNPACKED).read_to_end(&mut bytes)?;
    if read as u64 == UNPACKED {
        return Err(std::io::Error::other("it unpacks to more than 16 GiB"));
    }
    Ok(bytes)
}

fn gz(why: &std::io::Error) -> DataProblem {
    DataProblem::Array { format: "gzip", why: why.to_string() }
}

/// Numbers each label by its place among all labels in order: whole numbers stand for themselves.
fn number_labels(
    labels: &HashMap<Vec<u8>, u32>,
    like: Option<&[String]>,
) -> Result<(Vec<u32>, Vec<String>), DataProblem> {
    let text = |label: &[u8]| harmless(&String::from_utf8_lossy(label)).into_owned();
    let mut seen: Vec<(String, u32)> = labels.iter().map(|(label, &id)| (text(label), id)).collect();
    let mut number = vec![0; labels.len()];
    if let Some(known) = like {
        for (label, id) in seen {
            let Some(at) = known.iter().position(|known| *known == label) else {
                return Err(DataProblem::UnknownClass(label, known.to_vec()));
            };
            number[id as usize] = at as u32;
        }
        return Ok((number, known.to_vec()));
    }
    seen.sort();
    if !seen.iter().all(|(label, _)| label.parse::<f64>().is_ok()) {
        for (at, (_, id)) in seen.iter().enumerate() {
            number[*id as usize] = at as u32;
        }
        return Ok((number, seen.into_iter().map(|(label, _)| label).collect()));
    }
    let mut classes = 0;
    for (label, id) in seen {
        let Some(class) = label.parse().ok().and_then(class) else {
            return Err(DataProblem::Label { label, example: u64::from(id) + 1 });
        };
        number[id as usize] = class;
        classes = classes.max(class + 1);
    }
    Ok((number, (0..classes).map(|class| class.to_string()).collect()))
}
