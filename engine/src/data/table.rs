//! A table as it was read: columns with names, of numbers or of texts, some cells missing.

use crate::kernel::{Aligned, Scalar};

/// Columns of cells, one row after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Table<T> {
    /// What each column is.
    pub columns: Vec<TableColumn>,
    /// [rows, columns]: of a column of numbers x − [`TableColumn::origin`], of one of texts the place in
    /// [`TableColumn::texts`]; NaN where the cell is missing.
    pub cells: Aligned<T>,
}

/// A column of a [`Table`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// What is subtracted from its numbers before they are rounded to the table's precision: where they are far from 0,
    /// rounding would lose what tells them apart.
    pub origin: f64,
    /// The different texts that stand in it, where it has texts.
    pub texts: Option<Vec<String>>,
    /// Whether its numbers are 0 and 1 for no and yes.
    pub is_switch: bool,
    /// Cells that are missing.
    pub missing: usize,
}

impl<T: Scalar> Table<T> {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.cells.len() / self.columns.len().max(1)
    }

    /// The cells of column `at` in these rows that are not missing.
    pub(super) fn present<'a>(&'a self, at: usize, rows: &'a [usize]) -> impl Iterator<Item = T> + 'a {
        rows.iter().map(move |row| self.cells[row * self.columns.len() + at]).filter(|x| !x.is_nan())
    }
}
