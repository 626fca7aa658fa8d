//! Files that were dropped on the page. They lie in a folder of their own, which goes when the page ends.

use crate::data::{self, Column};
use serde::Serialize;
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;

/// Files at most.
const FILES: usize = 16;

/// The files.
#[derive(Default)]
pub(super) struct Uploads {
    folder: OnceLock<Option<TempDir>>,
}

/// A table that was dropped.
#[derive(Serialize)]
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
        let folder = self.folder();
        let there = std::fs::read_dir(folder).map_err(|error| format!("cannot keep {name}: {error}"))?;
        if there.count() >= FILES && !self.has(&name) {
            return Err(format!("the page keeps {FILES} files at most; start it again for others"));
        }
        let path = folder.join(&name);
        std::fs::write(&path, bytes).map_err(|error| format!("cannot keep {name}: {error}"))?;
        match data::columns(&path.to_string_lossy()) {
            Ok(columns) => Ok(Table { source: name, columns }),
            Err(error) => {
                let _ = std::fs::remove_file(&path);
                Err(error.to_string().replace(&*folder.to_string_lossy(), "").trim_start_matches('/').into())
            }
        }
    }
}

/// The name of a table, with nothing in it that leads anywhere else.
fn tidy(name: &str) -> Result<String, String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).take(80).collect();
    let ends = [".csv", ".tsv"].iter().any(|end| name.to_lowercase().ends_with(end));
    match ends && !name.starts_with('.') {
        true => Ok(name),
        false => Err(format!("{name}: the playground reads tables of text: .csv or .tsv")),
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
        let column =
            |name: &str, numbers, values| Column { name: name.into(), numbers, values: Some(values) };
        assert_eq!(columns, [column("a", true, 2), column("b", false, 1)]);
        assert!(uploads.has("t.csv") && !uploads.has("../t.csv") && !uploads.has("u.csv"));
        assert!(uploads.keep("u.csv", b"").is_err_and(|error| error.starts_with("u.csv")));
        assert!(!uploads.has("u.csv"));
    }
}
