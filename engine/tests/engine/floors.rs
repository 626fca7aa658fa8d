//! ARCHITECTURE.md says which room stands on which floor; imports go down only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rooms of a crate and their floors, from the table under the crate's heading.
fn table(crate_name: &str) -> BTreeMap<String, usize> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../ARCHITECTURE.md");
    let text = std::fs::read_to_string(root).unwrap();
    let section = text.split(&format!("## Floors of `{crate_name}`")).nth(1).expect("the crate has a table");
    let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let mut floors = BTreeMap::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let floor = cells[0].parse().expect("a floor's number");
        for room in cells[1].split(',') {
            floors.insert(room.trim().trim_matches('`').to_string(), floor);
        }
    }
    floors
}

pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The first room below `crate::` in every mention of it, macros apart.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
        let room = rest.starts_with(char::is_lowercase) && !rest[end..].starts_with('!');
        room.then_some(&rest[..end])
    })
}

fn check(crate_name: &str, folder: &str) {
    let floors = table(crate_name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut rooms: Vec<String> = vec![];
    for entry in std::fs::read_dir(&source).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let room = name.trim_end_matches(".rs").to_string();
        if room != "lib" && room != "main" {
            assert!(floors.contains_key(&room), "the room `{room}` of {crate_name} is not in the table");
            rooms.push(room);
        }
    }
    for room in floors.keys() {
        assert!(rooms.contains(room), "the table of {crate_name} has a row for `{room}`, which is not there");
    }
    for room in &rooms {
        let folder = source.join(room);
        let files = if folder.is_dir() { sources(&folder) } else { vec![source.join(format!("{room}.rs"))] };
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for import in imports(&text).filter(|import| import != room) {
                let (own, other) = (floors[room], floors.get(import));
                let other = *other.unwrap_or_else(|| panic!("{}: no room `{import}`", file.display()));
                assert!(other < own, "{}: `{room}` imports upward from `{import}`", file.display());
            }
        }
    }
}

#[test]
fn the_engine_imports_downward_only() {
    check("whygrad", "src");
}

#[test]
fn the_app_imports_downward_only() {
    check("whygrad-cli", "../app/src");
}
