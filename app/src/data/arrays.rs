//! Examples from files of arrays: inputs in one, targets in another, or both in an archive.

use super::{Array, Format, Source, Want, idx, labels, npy, npz};
use super::{bytes as bytes_of, format as format_of};
use crate::error::{DataProblem, Error, Result};
use whygrad::author::Scalar;
use whygrad::data::{Dataset, Targets};

/// Reads arrays: examples to train on, and held-out ones where there are such. `known` are the classes that there may be,
/// where somebody says which.
pub(super) fn read<T: Scalar>(
    source: &Source,
    want: Want,
    mut known: Option<Vec<String>>,
) -> Result<[Option<Dataset<T>>; 2]> {
    let in_file = |file: &str| {
        let file = file.to_string();
        move |problem| Error::Data { file, problem }
    };
    let mut parts = [None, None];
    let paths = [Some(&source.source), source.test_source.as_ref()];
    let targets = [&source.targets, &source.test_targets].map(Option::as_deref);
    for (at, path) in paths.into_iter().enumerate() {
        let Some(path) = path else { continue };
        let format = format_of(path).map_err(in_file(path))?;
        let bytes = bytes_of(path)?;
        let finite_in = |file: &str, array: &Array<T>| match array.data.iter().position(|x| !x.is_finite()) {
            None => Ok(()),
            Some(index) => {
                let problem = DataProblem::NonFinite { index, value: array.data[index].f64() };
                Err(Error::Data { file: file.into(), problem })
            }
        };
        let (file, pairs) = match format {
            Format::Npz => {
                let names = [source.inputs.as_deref(), targets[at].or(targets[0])];
                (path.as_str(), npz::read::<T>(&bytes, names).map_err(in_file(path))?)
            }
            _ => {
                let targets = targets[at].ok_or(DataProblem::WhichTargets).map_err(in_file(path))?;
                let inputs = array(format, &bytes).map_err(in_file(path))?;
                let format = format_of(targets).map_err(in_file(targets))?;
                let numbers = array(format, &bytes_of(targets)?).map_err(in_file(targets))?;
                (targets, vec![(inputs, numbers)])
            }
        };
        // An archive may have both parts.
        for (place, (inputs, numbers)) in pairs.into_iter().enumerate() {
            finite_in(path, &inputs)?;
            finite_in(file, &numbers)?;
            let data = examples(inputs, numbers, want, known.as_deref()).map_err(in_file(file))?;
            known = Some(data.class_names().to_vec()).filter(|_| want == Want::Classes);
            parts[(at + place).min(1)] = Some(data);
        }
    }
    Ok(parts)
}

pub(super) fn array<T: Scalar>(format: Format, bytes: &[u8]) -> Result<Array<T>, DataProblem> {
    match format {
        Format::Idx => idx::read(bytes),
        Format::Npy => npy::read(bytes),
        Format::Table | Format::Npz => Err(DataProblem::WhichTargets),
    }
}

/// Arrays of inputs and targets as examples: the first axis counts them, the others become one. Labels are classes by the
/// order of all of them, or of `known`.
fn examples<T: Scalar>(
    inputs: Array<T>,
    targets: Array<T>,
    want: Want,
    known: Option<&[String]>,
) -> Result<Dataset<T>, DataProblem> {
    let count = |array: &Array<T>| array.shape.first().copied().unwrap_or(0);
    let n = count(&inputs);
    if n == 0 || inputs.data.is_empty() {
        return Err(DataProblem::Empty);
    }
    if n != count(&targets) || targets.data.is_empty() {
        return Err(DataProblem::Counts { inputs: n, targets: count(&targets) });
    }
    let width = targets.data.len() / n;
    let (targets, classes) = match want {
        Want::Values => (Targets::Values { data: targets.data, width }, vec![]),
        Want::Classes => {
            let (ids, labels) = match width {
                1 => labels::of_numbers(&targets.data)?,
                _ => labels::of_one_hot(&targets.data, width)?,
            };
            let (class, classes) = labels::in_order(&labels, known)?;
            (Targets::Classes(ids.into_iter().map(|id| class[id as usize]).collect()), classes)
        }
    };
    let width = inputs.data.len() / n;
    Ok(Dataset::new(inputs.data, [width], targets)?.with_class_names(classes))
}
