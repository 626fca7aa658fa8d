//! Data from files and built-in sets. One format, one file: bytes go in, values come out, and only this page
//! touches the file system. To add a format: its file, and its line in `format::FORMATS`.

mod arrays;
mod builtin;
mod format;
mod idx;
mod labels;
mod npy;
mod npz;
mod origin;
mod reader;
mod table;
#[cfg(test)]
mod tests;
mod understood;

pub use builtin::BUILTIN;
pub use format::{Nature, is_archive, names, nature};
pub use origin::Apart;
pub use reader::has_memory;
pub use table::{Given, MISSING, SEPARATORS, SWITCHES};
pub use understood::Understood;

use crate::error::{DataProblem, Error, Odd, Result, dropping};
use arrays::{Arrays, Origin};
use flate2::read::MultiGzDecoder;
use format::{Format, format};
use reader::{bytes, go_on, open, unpack};
use serde::Serialize;
use std::ops::ControlFlow;
use table::{Like, MOST_TEXTS, Opened, Rows};
use whygrad::author::Scalar;
use whygrad::data::generate::GENERATED;
use whygrad::data::{
    DataError, Dataset, Encoded, Encoding, Fill, Kind, Origins, Preprocessing, Table, TableColumn, split_rows,
};

/// Where data comes from, as the `[data]` table of an experiment says it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// Name of a built-in or generated set, or a path.
    pub source: String,
    /// Of a table: the columns that are the target. By default the one called label, target, class or y.
    pub target: Vec<String>,
    /// Of a table: how it is written, as far as that is said.
    pub given: Given,
    /// Of a table: the columns that are inputs. By default all that are not the target.
    pub columns: Vec<String>,
    /// Of a table: columns that are left out.
    pub drop: Vec<String>,
    /// Of a table: what becomes of missing cells.
    pub missing: Missing,
    /// Of a table: the column that says which rows are held out.
    pub test_column: Option<String>,
    /// Of an archive (npz): the array with the inputs.
    pub inputs: Option<String>,
    /// Of arrays: the file with the targets (npy, IDX), or the archive's array (npz).
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

/// What becomes of a missing cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// It is refused.
    #[default]
    Error,
    /// It is filled.
    Fill(Fill),
    /// Its row is left out.
    Drop,
}

impl Missing {
    /// What it is filled with.
    fn fill(self) -> Option<Fill> {
        match self {
            Missing::Fill(fill) => Some(fill),
            Missing::Error | Missing::Drop => None,
        }
    }
}

/// Data as its source has it: not split, not scaled.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The examples to train on (and to split, if `test` is absent).
    pub train: Dataset<T>,
    /// The held-out examples, where a file of their own or a column says which they are.
    pub test: Option<Dataset<T>>,
    /// Of a table: how its columns became inputs.
    pub columns: Encoding,
    /// Of a table: its targets' columns.
    pub targets: Vec<String>,
    /// What was subtracted from targets, and from inputs that are arrays.
    pub origins: Origins,
    /// Of a table: what was understood of each column.
    pub understood: Vec<Understood>,
    /// What has to be said beside.
    pub remarks: Vec<String>,
}

impl<T> Loaded<T> {
    /// Examples that come from no table.
    fn of(train: Dataset<T>, test: Option<Dataset<T>>) -> Loaded<T> {
        let (columns, targets, origins) = (Encoding::default(), vec![], Origins::default());
        Loaded { train, test, columns, targets, origins, understood: vec![], remarks: vec![] }
    }
}

/// Numbers with a shape, as array files hold them.
#[derive(Clone, Debug, PartialEq)]
struct Array<T> {
    shape: Vec<usize>,
    data: Vec<T>,
    /// Whether one of the file's numbers is none of the precision's.
    rounded: bool,
}

/// Which examples are held out where no file and no column says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// From 0 up to, not including, 1.
    pub share: f64,
    /// Whether they are drawn, by class, or the last ones.
    pub shuffle: bool,
    /// Decides which; and what is generated.
    pub seed: u64,
}

/// Loads what `source` names.
pub fn load<T: Scalar>(source: &Source, want: Want, hold: Share, apart: Apart) -> Result<Loaded<T>> {
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
            .make(size, noise, source.arms.unwrap_or(generated.arms), hold.seed)
            .map_err(|why| problem(DataProblem::Generated(why.into())))?;
        return Ok(Loaded::of(train, None));
    }
    if let Some((_, bytes)) = BUILTIN.iter().find(|(name, _)| *name == source.source) {
        let rows = Opened::new(MultiGzDecoder::new(*bytes), source.given);
        return table(
            rows.and_then(|of| of.train(source, want, apart)).map_err(problem)?,
            source,
            want,
            hold,
        );
    }
    let path = &source.source;
    if let Format::Table = format(path).map_err(problem)? {
        let rows = Opened::new(open(path)?, source.given).and_then(|of| of.train(source, want, apart));
        return table(rows.map_err(problem)?, source, want, hold);
    }
    let from = [apart.inputs, apart.targets].map(|apart| if apart { Origin::Near } else { Origin::Zero });
    let Arrays { parts: [train, test], origins, remarks } = arrays::read::<T>(source, want, None, from)?;
    let Some(train) = train else { return Err(problem(DataProblem::Empty)) };
    // Nobody looked while they were made numbers.
    go_on().map_err(Error::file("read", path))?;
    if let Some(test) = test.as_ref().filter(|test| test.shape() != train.shape()) {
        let (test, train) = (test.shape().clone(), train.shape().clone());
        return Err(problem(DataProblem::Shapes { test, train }));
    }
    let [inputs, targets] = origins.map(Origin::into_origins);
    Ok(Loaded { origins: Origins { inputs, targets }, remarks, ..Loaded::of(train, test) })
}

/// What becomes of the rows of a table.
fn table<T: Scalar>(rows: Rows<T>, source: &Source, want: Want, hold: Share) -> Result<Loaded<T>> {
    let problem = |problem| Error::Data { file: source.source.clone(), problem };
    let Rows { inputs, targets, classes, target_columns, target_origins, held_out, numbers, others, .. } =
        rows;
    let mut remarks = rows.remarks;
    let [train, test] = match (&held_out, &source.test_source) {
        (Some(held_out), _) => {
            let (test, train) = (0..held_out.len()).partition(|row| held_out[*row]);
            [train, test]
        }
        (None, Some(_)) => [(0..targets.len()).collect(), vec![]],
        // What nothing is fitted on need not be known.
        (None, None)
            if source.missing.fill().is_none() && inputs.columns.iter().all(|of| of.texts.is_none()) =>
        {
            [vec![], vec![]]
        }
        (None, None) => split_rows(&targets, hold.share, hold.shuffle, hold.seed),
    };
    let set = |error: DataError| problem(DataProblem::Set(error));
    let encoding = Encoding::fit(&inputs, &train, source.missing.fill()).map_err(set)?;
    refuse_texts(&encoding, source).map_err(problem)?;
    let others_each = |column: &&whygrad::data::Column| {
        let values = if let Kind::Category { values, .. } = &column.kind { values.len() } else { 0 };
        values >= NEARLY_ALL.0 && NEARLY_ALL.1 * values > train.len()
    };
    remarks
        .extend(encoding.columns.iter().filter(others_each).map(|column| another_text(&column.name, source)));
    let understood = [
        Understood::of_targets(&targets, &target_columns, &classes, &target_origins),
        Understood::of(&inputs, &encoding),
        others.iter().map(Understood::of_other).collect(),
    ]
    .concat();
    let whole = |table: Table<T>, targets, numbers| -> Result<(Dataset<T>, Vec<usize>), DataError> {
        let Encoded { inputs, unseen } = encoding.apply(table);
        let data = Dataset::new(inputs, [encoding.width()], targets)?.with_class_names(classes.clone());
        Ok((data.with_feature_names(encoding.names())?.with_rows(numbers)?, unseen))
    };
    let (mut data, mut unseen) = whole(inputs, targets, numbers).map_err(set)?;
    let mut held = None;
    if let Some(path) = &source.test_source {
        let switches = want == Want::Values && !classes.is_empty();
        let (columns, targets, origins) = (&encoding.columns[..], &target_columns[..], &target_origins[..]);
        let like = Like { columns, targets, origins, switches };
        let (data, more) = other_table(path, source, &encoding, like, &classes, want)?;
        (held, unseen) = (Some(data), more);
    } else if held_out.is_some() {
        held = Some(data.select(&test));
        data = data.select(&train);
    }
    let seen = encoding.columns.iter().zip(&unseen).filter(|(_, count)| **count > 0);
    remarks.extend(seen.map(|(column, count)| unseen_texts(&column.name, *count, "held-out rows")));
    let origins = Origins { inputs: vec![], targets: target_origins };
    let (train, targets) = (data, target_columns);
    Ok(Loaded { train, test: held, columns: encoding, targets, origins, understood, remarks })
}

/// From so many texts on, of which one stands in every so many training rows, a column names rows.
const NEARLY_ALL: (usize, usize) = (10, 2);

fn another_text(column: &str, source: &Source) -> String {
    format!(
        "column \"{column}\" has another text in most rows, each of which becomes an input and tells of few; leave it out: {}",
        dropping(column, &source.drop)
    )
}

/// Refuses a column of more texts than that.
fn refuse_texts(encoding: &Encoding, source: &Source) -> Result<(), DataProblem> {
    for column in &encoding.columns {
        if let Kind::Category { values, .. } = &column.kind
            && values.len() > MOST_TEXTS
        {
            let (column, count, example) = (column.name.clone(), values.len(), values[0].as_str().into());
            let odd = Odd::of(values[0].as_bytes()).map(Box::new);
            let dropped = source.drop.as_slice().into();
            return Err(DataProblem::TooManyTexts { column, dropped, count, most: MOST_TEXTS, example, odd });
        }
    }
    Ok(())
}

/// The rows of another file with such columns, and for each column the cells whose text training did not see.
fn other_table<T: Scalar>(
    path: &str,
    source: &Source,
    encoding: &Encoding,
    like: Like<'_>,
    classes: &[String],
    want: Want,
) -> Result<(Dataset<T>, Vec<usize>)> {
    let in_file = |problem| Error::Data { file: path.to_string(), problem };
    let known = (want == Want::Classes).then_some(classes);
    let of = Opened::new(open(path)?, source.given).map_err(in_file)?;
    let rows = of.like(like, known, source.missing, want).map_err(in_file)?;
    let Encoded { inputs, unseen } = encoding.apply(rows.inputs);
    let data = Dataset::new(inputs, [encoding.width()], rows.targets)
        .and_then(|data| data.with_class_names(classes.to_vec()).with_feature_names(encoding.names()))
        .and_then(|data| data.with_rows(rows.numbers));
    Ok((data.map_err(|error| in_file(error.into()))?, unseen))
}

/// Loads the examples of another file than that which `preprocessing` was fitted on.
pub fn load_other<T: Scalar>(
    source: &Source,
    preprocessing: &Preprocessing,
    want: Want,
) -> Result<Loaded<T>> {
    let path = &source.source;
    let problem = |problem| Error::Data { file: path.clone(), problem };
    let Preprocessing { columns, targets, classes, scaler, target_scaler } = preprocessing;
    if columns.columns.is_empty() {
        if let Format::Table = format(path).map_err(problem)? {
            return Err(problem(DataProblem::WantsArrays));
        }
        let known = (want == Want::Classes).then(|| classes.clone());
        let from = [scaler, target_scaler].map(|scaler| Origin::at(scaler.origin()));
        let Arrays { parts: [train, test], .. } = arrays::read::<T>(source, want, known, from)?;
        let data = test.or(train).ok_or_else(|| problem(DataProblem::Empty))?;
        return match data.shape().len() == preprocessing.inputs() {
            true => Ok(Loaded::of(data, None)),
            false => {
                let (test, train) = (data.shape().clone(), [preprocessing.inputs()].into());
                Err(problem(DataProblem::Shapes { test, train }))
            }
        };
    }
    let switches = want == Want::Values && !classes.is_empty();
    let like = Like { columns: &columns.columns, targets, origins: target_scaler.origin(), switches };
    let (data, unseen) = other_table(path, source, columns, like, classes, want)?;
    let seen = columns.columns.iter().zip(&unseen).filter(|(_, count)| **count > 0);
    let remarks = seen.map(|(column, count)| unseen_texts(&column.name, *count, "rows")).collect();
    Ok(Loaded { remarks, ..Loaded::of(data, None) })
}

/// Says that there are texts of which training saw none.
pub fn unseen_texts(column: &str, count: usize, rows: &str) -> String {
    format!(
        "column \"{column}\": {count} {rows} have a text there that stands in no training row; of those all inputs of the \
         column are 0"
    )
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
    /// How many classes those are; absent where they are none.
    pub classes: Option<usize>,
}

/// The columns of a table of text.
pub fn columns(path: &str) -> Result<Vec<Column>> {
    let problem = |problem| Error::Data { file: path.into(), problem };
    match format(path).map_err(problem)? {
        Format::Table => {
            Opened::new(open(path)?, Given::default()).and_then(Opened::columns).map_err(problem)
        }
        _ => Err(problem(DataProblem::UnknownKind(names().collect::<Vec<_>>().join(", ")))),
    }
}

/// The line of a row of a table, from 1; absent where it has none.
pub(crate) fn line_of(source: &Source, row: u64) -> Option<u64> {
    match format(&source.source) {
        Ok(Format::Table) => Opened::new(open(&source.source).ok()?, source.given).ok()?.line_of(row),
        _ => None,
    }
}

/// Examples of arrays that are given out at once.
const BLOCK: usize = 10_000;

/// Reads the rows of a file with such columns, block by block: what they say, the number of each, and how many were read so
/// far, those that are left out among them.
pub(crate) fn stream<T: Scalar>(
    source: &Source,
    preprocessing: &Preprocessing,
    mut each: impl FnMut(Table<T>, Vec<u32>, u64) -> Result<()>,
) -> Result<()> {
    let path = source.source.as_str();
    let in_file = |problem| Error::Data { file: path.to_string(), problem };
    let Preprocessing { columns, scaler, .. } = preprocessing;
    if columns.columns.is_empty() {
        let format = format(path).map_err(in_file)?;
        if format == Format::Table {
            return Err(in_file(DataProblem::WantsArrays));
        }
        let bytes = bytes(path)?;
        let (name, origin) = (source.inputs.as_deref(), Origin::at(scaler.origin()));
        let array = arrays::inputs::<T>(format, &bytes, name, origin).map_err(in_file)?;
        arrays::finite(path, &array)?;
        let Array { shape, data, .. } = array;
        let width = (data.len() / shape.first().map_or(1, |rows| (*rows).max(1))).max(1);
        let columns = vec![TableColumn::default(); width];
        let mut read = 0;
        for cells in data.chunks(BLOCK * width) {
            go_on().map_err(|error| in_file(DataProblem::Unreadable(error.to_string())))?;
            let rows: Vec<u32> = (read + 1..).take(cells.len() / width).collect();
            read += rows.len() as u32;
            each(Table { columns: columns.clone(), cells: cells.to_vec().into() }, rows, read.into())?;
        }
        return Ok(());
    }
    let mut failed = Ok(());
    let of = Opened::new(open(path)?, source.given).map_err(in_file)?;
    of.stream(&columns.columns, source.missing, |table, rows, read| match each(table, rows, read) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failed = Err(error);
            ControlFlow::Break(())
        }
    })
    .map_err(in_file)?;
    failed
}
