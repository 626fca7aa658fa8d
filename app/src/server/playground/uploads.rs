//! Files that were dropped on the page. They lie in a folder of their own, which goes when the page ends.

use crate::data::{self, Column};
use serde::Serialize;
use std::io;
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;

/// Files at most; the oldest makes room.
const FILES: usize = 16;
/// Columns and rows of one.
const COLUMNS: usize = 1024;
const ROWS: usize = 100_000;

/// The files.
#[derive(Default)]
pub(in crate::server) struct Uploads {
    folder: OnceLock<Option<TempDir>>,
}

/// A table that was dropped.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    /// What experiments call it.
    source: String,
    columns: Vec<Column>,
}

impl Uploads {
    /// Where they lie; a path that leads nowhere, where no folder could be made.
    pub(super) fn folder(&self) -> &Path {
        let made = self.folder.get_or_init(|| tempfile::Builder::new().prefix("whygrad-").tempdir().ok());
        made.as_ref().map_or(Path::new("/dev/null"), TempDir::path)
    }

    /// Whether a file of this name was dropped.
    pub(super) fn has(&self, name: &str) -> bool {
        tidy(name).as_deref() == Ok(name) && self.folder().join(name).is_file()
    }

    /// The columns of a file that was dropped.
    pub(super) fn columns(&self, name: &str) -> Option<Vec<Column>> {
        self.has(name).then(|| data::columns(&self.folder().join(name).to_string_lossy()).ok())?
    }

    /// Keeps a file, in the place of one with the same name.
    pub(super) fn keep(&self, name: &str, bytes: &[u8]) -> Result<Table, String> {
        let name = tidy(name)?;
        let head = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let separators = head.iter().filter(|byte| b",\t".contains(byte)).count();
        if separators >= COLUMNS {
            return Err(format!(
                "{name} has more than {COLUMNS} columns; that is too many for the playground"
            ));
        }
        if bytes.iter().filter(|byte| **byte == b'\n').count() > ROWS + 1 {
            return Err(format!("{name} has more than {ROWS} rows; that is too many for the playground"));
        }
        let folder = self.folder();
        let failed = |error: io::Error| format!("cannot keep {name}: {error}");
        if !self.has(&name) {
            make_room(folder).map_err(failed)?;
        }
        let path = folder.join(&name);
        std::fs::write(&path, bytes).map_err(failed)?;
        match data::columns(&path.to_string_lossy()) {
            Ok(columns) => Ok(Table { source: name, columns }),
            Err(error) => {
                let _ = std::fs::remove_file(&path);
                let folder = folder.to_string_lossy();
                Err(error.to_string().replace(&*folder, "").trim_start_matches('/').into())
            }
        }
    }

    /// Removes the folder with all that is in it.
    pub(in crate::server) fn remove(&self) {
        if let Some(folder) = self.folder.get().and_then(Option::as_ref) {
            let _ = std::fs::remove_dir_all(folder.path());
        }
    }
}

/// Removes the oldest file, where there are as many as there may be.
fn make_room(folder: &Path) -> io::Result<()> {
    let files: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    let written = |file: &&std::fs::DirEntry| file.metadata().and_then(|of| of.modified()).ok();
    match files.iter().min_by_key(written) {
        Some(oldest) if files.len() >= FILES => std::fs::remove_file(oldest.path()),
        _ => Ok(()),
    }
}

/// The name of a table, with nothing in it that leads anywhere else.
fn tidy(name: &str) -> Result<String, String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    let (stem, end) = name.split_at(name.len().saturating_sub(4));
    match [".csv", ".tsv"].contains(&end.to_lowercase().as_str()) && !name.starts_with('.') {
        true => Ok(format!("{stem:.80}{end}")),
        false => Err(format!("\"{name:.80}\": the playground reads tables of text: .csv or .tsv")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        assert_eq!(tidy("my data.csv").as_deref(), Ok("my_data.csv"));
        assert_eq!(tidy("a/../b.csv").as_deref(), Ok("a_.._b.csv"));
        for name in ["..", "../../etc/passwd", ".csv", "a.toml", ""] {
            assert!(tidy(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_table_is_kept_and_what_is_none_is_not() {
        let uploads = Uploads::default();
        let columns = uploads.keep("t.csv", b"a,b\n1,x\n2,x\n").unwrap().columns;
        let column = |name: &str, numbers, values, classes| Column {
            name: name.into(),
            numbers,
            values: Some(values),
            classes: Some(classes),
        };
        assert_eq!(columns, [column("a", true, 2, 2), column("b", false, 1, 1)]);
        assert!(uploads.has("t.csv") && !uploads.has("../t.csv") && !uploads.has("u.csv"));
        assert!(uploads.keep("u.csv", b"").is_err_and(|error| error.starts_with("u.csv")));
        assert!(!uploads.has("u.csv"));
    }
}
