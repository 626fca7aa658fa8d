//! `--json`: a view with its version, whose fields the help lists.

use super::{oracle, stdout};
use serde_json::Value as Json;
use std::path::Path;
use whygrad_cli::view::{self, Field, fields};

/// Asserts that the fields of an object are listed, and those inside it; `listed` are the fields behind it, and those
/// that are deeper than `depth` belong to it.
fn check(object: &Json, listed: &[Field], depth: usize, what: &str) {
    let own: Vec<usize> = (0..listed.len()).take_while(|&i| listed[i].depth >= depth).collect();
    for (key, value) in object.as_object().unwrap() {
        let marks = |name: &str| name.trim_end_matches(['[', ']', '{', '}']).len();
        let at = own
            .iter()
            .find(|&&i| listed[i].depth == depth && listed[i].name[..marks(&listed[i].name)] == *key);
        let at = *at.unwrap_or_else(|| panic!("{what}: `{key}` is not listed"));
        let name = &listed[at].name;
        assert!(!listed[at].about.is_empty(), "{what}: nothing is said about `{key}`");
        inside(value, &name[marks(name)..], &listed[at + 1..], depth + 1, &format!("{what}.{name}"));
    }
}

/// The same for what is in a list, or in an object whose keys are names, where the marks say so.
fn inside(value: &Json, marks: &str, listed: &[Field], depth: usize, what: &str) {
    match (value, marks.get(..2)) {
        (Json::Null, _) => {}
        (Json::Array(items), Some("[]")) => {
            items.iter().for_each(|item| inside(item, &marks[2..], listed, depth, what));
        }
        (Json::Object(items), Some("{}")) => {
            items.values().for_each(|item| inside(item, &marks[2..], listed, depth, what));
        }
        (Json::Object(_), None) => check(value, listed, depth, what),
        (_, None) => {}
        _ => panic!("{what}: {value}"),
    }
}

/// What a command prints, which has the version first and all fields of the view.
fn printed(folder: &Path, args: &[&str], listed: &[Field]) -> Json {
    let text = stdout(folder, args);
    assert!(text.starts_with("{\"version\":1,"), "{text}");
    let json: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(json["version"], view::VERSION);
    check(&json, listed, 0, &args.join(" "));
    json
}

#[test]
fn the_help_lists_the_fields_that_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let print = |args: &[&str], listed: &[Field]| printed(here, args, listed);
    print(&["new", "my", "--json"], &fields::<view::new::Starter>());
    let walk = fields::<view::walk::Walk>();
    for args in [
        &["walk", "--json"][..],
        &["walk", "--json", "--case", "mazur"],
        &["walk", "--json", "--case", "brownlee"],
    ] {
        print(args, &walk);
    }
    let (why, overview) = (fields::<view::why::Why>(), fields::<view::overview::Overview>());
    print(&["why", "w1", "--json"], &why);
    print(&["why", "w1", "--json", "--case", "mazur"], &why);
    print(&["why", "--json"], &overview);
    let shared = fields::<view::shared::Shared>();
    print(&["why", "b1", "--json", "--case", "mazur"], &shared);
    let summary =
        print(&["train", "iris", "--json", "--set", "train.epochs=2"], &fields::<view::train::Summary>());
    let run = summary["run"].as_str().unwrap();
    print(&["export", run, "--json"], &fields::<view::export::Exported>());
    print(&["why", "l1[0,0]", "--json"], &why);
    print(&["why", "--json"], &overview);
    print(&["ledger", "--json"], &fields::<view::ledger::Ledger>());
    print(&["verify", "--json", &oracle("structures.json")], &fields::<view::verify::Verification>());
    for (command, listed) in [("walk", walk), ("why", why), ("why", overview), ("why", shared)] {
        let help = stdout(here, &[command, "--help"]);
        for field in &listed {
            assert!(help.contains(&format!("  {}", field.name)), "{command}: {field:?}");
        }
    }
}

#[test]
fn names_of_an_example_are_told_where_they_are_made_and_operations_keep_theirs() {
    let here = Path::new(".");
    let json = |args: &[&str]| -> Json { serde_json::from_str(&stdout(here, args)).unwrap() };
    let why = json(&["why", "w1", "--json"]);
    let factors = &why["chain"]["factors"];
    assert_eq!(factors[2]["symbol"], "∂h1/∂w1");
    let link = &factors[2]["links"][0];
    assert_eq!((&link["operation"], &link["symbol"]), (&Json::from("sigmoid1"), &Json::from("∂h1/∂z1")));
    assert_eq!(link["expression"]["text"], "h1·(1 − h1)");
    assert_eq!(factors[1]["links"][1]["operation"], "linear2");
    assert_eq!(factors[0]["links"][0]["expression"]["text"], "2·(ŷ − y)");
    assert_eq!((&why["weight"], &why["ways"][0][1]), (&Json::from("w1"), &Json::from("h1")));
    let kink = json(&["walk", "--json", "--activation", "relu"]);
    assert_eq!(kink["story"]["hidden_weights"]["equations"][1]["expression"]["text"], "1 if z1 > 0, else 0");
}
