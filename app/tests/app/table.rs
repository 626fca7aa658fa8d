//! From a table to a prediction: what a person does who comes with a file.

use super::{error, output, stdout, whygrad};
use serde_json::Value as Json;
use std::path::Path;

/// Whether a flat is expensive, by its size, its district and its lift; some cells are missing.
fn flats(rows: std::ops::Range<u32>) -> String {
    let row = |i: u32| {
        let (size, district, lift) =
            (30 + i * 37 % 90, ["north", "south", "centre"][(i % 3) as usize], i * 7 % 5 < 2);
        let dear = size + 40 * u32::from(i % 3 == 2) > 95;
        let size = if i % 11 == 4 { String::new() } else { format!("{size},5") };
        format!(
            "{size};{district};{};{}\n",
            if lift { "yes" } else { "no" },
            if dear { "dear" } else { "cheap" }
        )
    };
    "size;district;lift;class\n".to_string() + &rows.map(row).collect::<String>()
}

const FLATS: &str = "seed = 1\n[data]\nsource = \"flats.csv\"\nmissing = \"median\"\nscale = \"standard\"\n[network]\n\
                     layers = [{ type = \"linear\", out = 8 }, { type = \"tanh\" }, { type = \"linear\", out = 2 }]\n[loss]\n\
                     type = \"cross_entropy\"\n[optimizer]\ntype = \"adam\"\nlr = 0.02\n[train]\nepochs = 30\nbatch = 16\n";

/// Trains; returns the run's folder.
fn train(folder: &Path, experiment: &str) -> Json {
    std::fs::write(folder.join("e.toml"), experiment).unwrap();
    serde_json::from_str(&stdout(folder, &["train", "e.toml", "--json"])).unwrap()
}

/// The lines of a table with its columns in another order, and one more.
fn turned(table: &str) -> String {
    let turn = |line: &str| {
        let mut cells: Vec<&str> = line.split(';').collect();
        cells.reverse();
        format!("{};more\n", cells.join(";"))
    };
    table.lines().map(turn).collect()
}

#[test]
fn a_table_is_trained_on_and_predicted_in_two_commands() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("flats.csv"), flats(0..300)).unwrap();
    let summary = train(here, FLATS);
    let run = summary["run"].as_str().unwrap();
    let predicted = stdout(here, &["predict", run, "flats.csv", "--weights", "last"]);
    let lines: Vec<&str> = predicted.lines().collect();
    assert_eq!((lines[0], lines.len()), ("prediction,probability", 301));
    let wanted: Vec<String> =
        flats(0..300).lines().skip(1).map(|line| line.rsplit(';').next().unwrap().to_string()).collect();
    let right =
        lines[1..].iter().zip(&wanted).filter(|(line, class)| line.split(',').next() == Some(class)).count();
    // As many as training itself says, of both parts.
    let share = |part: &str, of: f64| (summary[part].as_f64().unwrap() * of).round() as usize;
    assert_eq!(right, share("train_accuracy", 240.0) + share("test_accuracy", 60.0));
    // Columns are found by their names.
    std::fs::write(here.join("turned.csv"), turned(&flats(0..300))).unwrap();
    assert_eq!(stdout(here, &["predict", run, "turned.csv", "--weights", "last"]), predicted);
    // The target is not needed, and a text that training did not see is said.
    std::fs::write(here.join("new.csv"), "lift,district,size\nyes,west,40.5\nno,north,120\n").unwrap();
    let new = output(here, &["predict", run, "new.csv"], 0);
    assert_eq!(String::from_utf8_lossy(&new.stdout).lines().count(), 3);
    assert!(String::from_utf8_lossy(&new.stderr).contains("column \"district\": 1 rows have a text there"));
    // JSON Lines, into a file.
    stdout(here, &["predict", run, "new.csv", "--out", "new.jsonl"]);
    let text = std::fs::read_to_string(here.join("new.jsonl")).unwrap();
    let first: Json = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let sum: f64 =
        first["probabilities"].as_object().unwrap().values().map(|share| share.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-12, "{first}");
}

#[test]
fn the_predictions_of_a_regression_are_in_the_units_of_its_target() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let row = |i: u32| format!("{},{}\n", i % 100, 1000 + 20 * (i % 100));
    std::fs::write(
        here.join("flats.csv"),
        "size,price\n".to_string() + &(0..200).map(row).collect::<String>(),
    )
    .unwrap();
    let experiment = FLATS
        .replace("missing = \"median\"", "target = \"price\"\nscale_target = \"standard\"")
        .replace("out = 2", "out = 1")
        .replace("cross_entropy", "mse")
        .replace("epochs = 30", "epochs = 60");
    let summary = train(here, &experiment);
    std::fs::write(here.join("new.csv"), "size\n10\n50\n90\n").unwrap();
    let predicted = stdout(here, &["predict", summary["run"].as_str().unwrap(), "new.csv"]);
    let lines: Vec<&str> = predicted.lines().collect();
    assert_eq!(lines[0], "price");
    for (line, wanted) in lines[1..].iter().zip([1200.0, 2000.0, 2800.0]) {
        let price: f64 = line.parse().unwrap();
        assert!((price - wanted).abs() < 100.0, "{price} for {wanted}");
    }
}

/// What 32 bits do not tell apart is trained on, judged and written with all its digits.
#[test]
fn targets_far_from_0_are_predicted_with_the_digits_that_they_need() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let row = |i: u32| format!("{},{}\n", i % 100, 1_700_000_000.0 + f64::from(i % 100) / 8.0);
    let table = "size,time\n".to_string() + &(0..200).map(row).collect::<String>();
    std::fs::write(here.join("flats.csv"), table).unwrap();
    let experiment = FLATS
        .replace("missing = \"median\"", "target = \"time\"\nscale_target = \"standard\"")
        .replace("out = 2", "out = 1")
        .replace("cross_entropy", "mse")
        .replace("epochs = 30", "epochs = 60");
    let summary = train(here, &experiment);
    assert!(summary["values"][0]["r2"].as_f64().unwrap() > 0.9, "{summary}");
    let predicted = stdout(here, &["predict", "newest", "flats.csv"]);
    let lines = stdout(here, &["predict", "newest", "flats.csv", "--json"]);
    let mut off = 0.0;
    for (i, (cell, line)) in predicted.lines().skip(1).zip(lines.lines()).enumerate() {
        let line: Json = serde_json::from_str(line).unwrap();
        let time: f64 = cell.parse().unwrap();
        assert_eq!(line["time"], time);
        off += (time - 1_700_000_000.0 - (i % 100) as f64 / 8.0).abs() / 200.0;
    }
    assert!(off < 1.0, "{off}");
    stdout(here, &["export", "newest", "--out", "."]);
    assert!(std::fs::read_to_string(here.join("model.py")).unwrap().contains("format(cell, \"\")"));
    // Predictions are not written over the rows that they are of.
    let message = error(here, &["predict", "newest", "flats.csv", "--out", "./flats.csv"]);
    assert!(message.contains("is flats.csv, whose rows would be lost"), "{message}");
}

#[test]
fn what_a_file_lacks_is_said_with_what_to_do_and_nothing_is_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("flats.csv"), flats(0..100)).unwrap();
    let summary = train(here, &FLATS.replace("missing = \"median\"\n", "missing = \"drop\"\n"));
    let run = summary["run"].as_str().unwrap();
    let with = |text: &str| {
        std::fs::write(here.join("new.csv"), text).unwrap();
        let message = error(here, &["predict", run, "new.csv", "--out", "out.csv"]);
        assert!(!here.join("out.csv").exists());
        message
    };
    assert_eq!(
        with("size;district\n40;north\n"),
        "new.csv: there is no column \"lift\"; the columns are: size, district"
    );
    assert!(with("40;north;yes\n50;south;no\n").contains("its first line names none of the columns"));
    assert!(
        with("size;district;lift\n40;north;yes\nbig;north;no\n")
            .contains("row 2 (line 3), column \"size\": \"big\"")
    );
    assert!(with("size;district;lift;lift\n40;north;yes;no\n").contains("two columns are called \"lift\""));
    // Of a row with a missing cell nothing is said, in its place.
    std::fs::write(here.join("new.csv"), "size;district;lift\n40;north;yes\n;north;no\n50;south;no\n")
        .unwrap();
    let predicted = output(here, &["predict", run, "new.csv"], 0);
    let text = String::from_utf8_lossy(&predicted.stdout).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    // Its cells are empty: a line of nothing would be passed over by pandas.
    assert!(lines.len() == 4 && lines[2] == "," && lines[3] != ",", "{text}");
    assert!(String::from_utf8_lossy(&predicted.stderr).contains("1 rows have a missing cell"));
}

#[test]
fn an_input_is_called_by_the_column_that_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("flats.csv"), flats(0..100)).unwrap();
    let summary = train(here, FLATS);
    let why = |weight: &str| stdout(here, &["why", weight, "--run", summary["run"].as_str().unwrap()]);
    assert!(why("l1[0,0]").contains("x[size]") && why("l1[0,2]").contains("x[district=north]"));
}

#[test]
fn whole_numbers_are_the_same_labels_in_both_files_however_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let rows = |zero: &str, one: &str| -> String {
        (0..40).map(|i| format!("{},{}\n", i % 7, if i % 7 > 3 { one } else { zero })).collect()
    };
    std::fs::write(here.join("train.csv"), format!("x,label\n{}", rows("0.0", "1.0"))).unwrap();
    // Columns in another order, too.
    std::fs::write(here.join("test.csv"), "label,x\n1,6\n0,1\n1.0,5\n0e0,2\n").unwrap();
    let experiment = FLATS
        .replace("flats.csv\"\nmissing = \"median\"", "train.csv\"\ntest_source = \"test.csv\"")
        .replace("epochs = 30", "epochs = 60");
    assert_eq!(train(here, &experiment)["test_accuracy"], 1.0);
}

/// Points between thousands and commas before decimals, which look like each other.
#[test]
fn thousands_are_not_taken_for_decimals_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let with = |cells: &dyn Fn(u32) -> String| {
        let row = |i: u32| format!("{};{}\n", cells(i), if i.is_multiple_of(2) { "a" } else { "b" });
        std::fs::write(here.join("flats.csv"), format!("p;label\n{}", (0..40).map(row).collect::<String>()))
            .unwrap();
        std::fs::write(here.join("e.toml"), FLATS).unwrap();
        whygrad(here, &["train", "e.toml"]).output().unwrap().stderr
    };
    // Points beside whole numbers: read, and said.
    let said = with(&|i| if i % 3 == 0 { format!("{}", 900 + i) } else { format!("1.{:03}", i) });
    assert!(String::from_utf8_lossy(&said).contains("column \"p\" has numbers such as 1.001, which is read"));
    // Every number has such a point, in a file as they write it who separate thousands so.
    let said = with(&|i| format!("{}.{:03}", 1 + i, i * 7));
    assert!(String::from_utf8_lossy(&said).contains("column \"p\" has numbers such as 1.000, which is read"));
    // Both in one file: the comma stands before decimals, and points are none of a number.
    let said = with(&|i| if i % 3 == 0 { format!("{i},5") } else { format!("1.234.{:03}", i) });
    let said = String::from_utf8_lossy(&said).into_owned();
    let (_, command) = said.split_once("\"1.234.001\" has marks between thousands: take them out: ").unwrap();
    // What is to be typed is typed.
    let (command, _) = command.split_once("; or leave").unwrap();
    let command = command.replace("FILE", "flats.csv").replace("NEW", "new.csv");
    assert!(
        std::process::Command::new("sh").args(["-c", &command]).current_dir(here).status().unwrap().success()
    );
    let mended = std::fs::read_to_string(here.join("new.csv")).unwrap();
    assert!(mended.starts_with("p;label\n0,5;a\n1234001;b\n1234002;a\n3,5;b\n"), "{mended}");
    let experiment = FLATS.replace("flats.csv", "new.csv");
    std::fs::write(here.join("e.toml"), experiment).unwrap();
    stdout(here, &["train", "e.toml", "--set", "train.epochs=1"]);
    // Without a header, and a comma in every cell.
    std::fs::write(
        here.join("flats.csv"),
        (0..40).map(|i| format!("{i},25;0,5;u{}\n", i % 2)).collect::<String>(),
    )
    .unwrap();
    let experiment = FLATS.replace("[data]\n", "[data]\ntarget = \"column3\"\n");
    let summary = train(here, &experiment);
    let kept = std::fs::read(here.join(summary["run"].as_str().unwrap()).join("preprocessing.json")).unwrap();
    let kept: Json = serde_json::from_slice(&kept).unwrap();
    assert_eq!(
        (&kept["columns"][1]["range"], kept["columns"].as_array().unwrap().len()),
        (&serde_json::json!([0.25, 39.25]), 3)
    );
}

/// Tables with separators, decimal commas, gaps, texts, marks and ends of lines as people have them, against what pandas,
/// scikit-learn and PyTorch make of them (`tables/make.py`).
#[test]
fn tables_as_people_have_them_are_predicted_as_by_scikit_learn_and_pytorch() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let tables = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/app/tables");
    for file in std::fs::read_dir(tables).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), here.join(file.file_name())).unwrap();
    }
    for (name, ending) in [
        ("flats", "csv"),
        ("index", "csv"),
        ("tabs", "tsv"),
        ("uci", "data"),
        ("excel", "csv"),
        ("onehot", "csv"),
        ("times", "csv"),
        ("parts", "csv"),
        ("two", "csv.gz"),
        ("gaps", "csv"),
    ] {
        let summary: Json =
            serde_json::from_str(&stdout(here, &["train", &format!("{name}.toml"), "--json"])).unwrap();
        let run = summary["run"].as_str().unwrap();
        let predicted =
            stdout(here, &["predict", run, &format!("{name}.{ending}"), "--json", "--weights", "last"]);
        let rows: Vec<Json> = predicted.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        // A row that is left out has an empty line.
        let rows: Vec<&Json> = rows.iter().filter(|row| !row.as_object().unwrap().is_empty()).collect();
        let mut wanted = csv::Reader::from_path(here.join(format!("{name}.expected.csv"))).unwrap();
        let names = wanted.headers().unwrap().clone();
        let wanted: Vec<csv::StringRecord> = wanted.into_records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), wanted.len(), "{name}");
        for (at, (row, wanted)) in rows.iter().zip(&wanted).enumerate() {
            let said = row.get("probabilities").unwrap_or(row);
            for (column, wanted) in names.iter().zip(wanted) {
                let (said, wanted) = (said[column].as_f64().unwrap(), wanted.parse::<f64>().unwrap());
                assert!(
                    (said - wanted).abs() <= 1e-6 * wanted.abs().max(1.0),
                    "{name}, {at}: {said} for {wanted}"
                );
            }
        }
    }
}

/// Runs of array files and of generated sets predict for arrays.
#[test]
fn arrays_are_predicted_too_where_they_have_as_many_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let summary: Json = serde_json::from_str(&stdout(here, &["train", "moons", "--json"])).unwrap();
    let run = summary["run"].as_str().unwrap();
    let array = |shape: &str, numbers: &[f32]| {
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
        let header = format!("{header:<117}\n");
        let numbers: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        [b"\x93NUMPY\x01\x00\x76\x00".as_slice(), header.as_bytes(), &numbers].concat()
    };
    std::fs::write(here.join("x.npy"), array("(2, 2)", &[0.0, 1.0, 1.0, -0.5])).unwrap();
    let predicted = stdout(here, &["predict", run, "x.npy"]);
    let classes: Vec<&str> = predicted.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(classes, ["prediction", "0", "1"]);
    std::fs::write(here.join("x.npy"), array("(1, 4)", &[0.0, 1.0, 1.0, -0.5])).unwrap();
    let message = error(here, &["predict", run, "x.npy"]);
    assert_eq!(message, "x.npy: its examples have the shape [4], and the training examples [2]");
    std::fs::write(here.join("t.csv"), "a,b\n1,2\n").unwrap();
    assert!(error(here, &["predict", "newest", "t.csv"]).starts_with("t.csv: the run was trained on arrays"));
}

/// What training with something given says, of a table with numbers in `id` and `a`.
fn trained(table: &str, given: &[&str]) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("flats.csv"), table).unwrap();
    std::fs::write(folder.path().join("e.toml"), FLATS.replace("missing = \"median\"\n", "")).unwrap();
    let mut args = vec!["train", "e.toml", "--json"];
    given.iter().for_each(|given| args.extend(["--set", given]));
    let output = super::whygrad(folder.path(), &args).output().unwrap();
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).into()
}

#[test]
fn a_column_that_numbers_the_rows_is_named() {
    let rows: String = (0..40).map(|i| format!("{i},{},{}\n", i % 7, i % 2)).collect();
    let (_, said) = trained(&("id,a,label\n".to_string() + &rows), &[]);
    assert!(
        said.contains("column \"id\" numbers the rows") && said.contains("--set 'data.drop=[\"id\"]'"),
        "{said}"
    );
    let (summary, said) = trained(&("id,a,label\n".to_string() + &rows), &["data.drop=[\"id\"]"]);
    assert!(said.is_empty() && summary.contains("\"finished\":true"), "{said}");
    // Also where it does not count them; whole numbers of another name are none.
    let shuffled = |i: u32| format!("{},{},{}\n", 1000 + i * 7 % 41, i % 7, i % 2);
    let rows: String = (0..40).map(shuffled).collect();
    for (name, is_named) in [("customer_id", true), ("rowId", true), ("price", false), ("paid", false)] {
        let (_, said) = trained(&(format!("{name},a,label\n") + &rows), &["train.epochs=1"]);
        assert_eq!(said.contains("numbers the rows"), is_named, "{name}: {said}");
    }
    // Names of the rows, which are texts.
    let named: String = (0..40).map(|i| format!("n{i},{},{}\n", i % 7, i % 2)).collect();
    let (_, said) = trained(&("who,a,label\n".to_string() + &named), &["train.epochs=1"]);
    assert!(
        said.contains("column \"who\" has another text in most rows") && said.contains("data.drop=[\"who\"]"),
        "{said}"
    );
}

/// What is held out does not make inputs.
#[test]
fn texts_become_inputs_as_far_as_training_rows_have_them() {
    let row = |i: u32| {
        let text = if i < 100 { format!("t{}", i % 50) } else { format!("only {i}") };
        format!("{},{text},{},{}\n", i % 7, i % 2, if i < 100 { "train" } else { "test" })
    };
    let table = "a,text,label,part\n".to_string() + &(0..200).map(row).collect::<String>();
    let (summary, said) = trained(&table, &["data.test_column=part", "train.epochs=1"]);
    assert!(
        summary.contains("\"finished\":true") && said.contains("100 held-out rows have a text"),
        "{said}"
    );
    let (_, said) = trained(&table.replace(",test\n", ",train\n"), &["data.drop=part", "train.epochs=1"]);
    assert!(said.contains("different texts, such as"), "{said}");
}

#[test]
fn ranges_of_huge_and_tiny_numbers_keep_their_exponents() {
    let rows: String = (0..40).map(|i| format!("{}e30,{}e-30,{}\n", 1 + i % 7, 1 + i % 5, i % 2)).collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("flats.csv"), "huge,tiny,label\n".to_string() + &rows).unwrap();
    std::fs::write(folder.path().join("e.toml"), FLATS.replace("missing = \"median\"\n", "")).unwrap();
    let said = stdout(folder.path(), &["train", "e.toml", "--set", "train.epochs=1"]);
    assert!(said.contains("1.000e30 to 7.000e30") && said.contains("1.000e−30 to 5.000e−30"), "{said}");
}

/// What Excel writes and other programs make of it.
#[test]
fn names_and_texts_of_several_lines_and_excels_first_line_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let row = |i: u32| {
        format!("{};\"new\r\nyork\";{}\r\n", i % 7, if i.is_multiple_of(2) { "True" } else { "False" })
    };
    let table = "sep=;\r\n\"si\nze\";city;class\r\n".to_string() + &(0..40).map(row).collect::<String>();
    std::fs::write(here.join("flats.csv"), &table).unwrap();
    let experiment = FLATS.replace("missing = \"median\"\n", "").replace("epochs = 30", "epochs = 1");
    std::fs::write(here.join("e.toml"), experiment).unwrap();
    let said = stdout(here, &["train", "e.toml"]);
    assert!(said.contains("  class classes        → the target: False, True\n"), "{said}");
    assert!(said.contains("  si ze numbers 0 to 6 → a number\n"), "{said}");
    assert!(said.contains("  city  texts          → 1 input, new york\n"), "{said}");
    let json: Json =
        serde_json::from_str(&stdout(here, &["evaluate", "newest", "flats.csv", "--json"])).unwrap();
    // As a spreadsheet writes what pandas wrote.
    let other = table.replace("True", "TRUE").replace("False", "FALSE");
    std::fs::write(here.join("other.csv"), &other).unwrap();
    let again: Json =
        serde_json::from_str(&stdout(here, &["evaluate", "newest", "other.csv", "--json"])).unwrap();
    assert_eq!(json["classes"], again["classes"]);
    // A tab is said so, too, and what is said wrong is not said again.
    let tabs = table.replace("sep=;", "sep=\t").replace(';', "\t");
    std::fs::write(here.join("tabs.csv"), tabs).unwrap();
    stdout(here, &["predict", "newest", "tabs.csv"]);
    std::fs::write(here.join("flats.csv"), table.replace("sep=;", "sep=|")).unwrap();
    let message = error(here, &["train", "e.toml"]);
    assert!(message.contains("leave it out, or say another: --set 'data.separator=\";\"'"), "{message}");
    // Lines are counted as they are on disk.
    let head = [b"sep=;\nsize;caf\xe9;class\n1;2;a\n".to_vec(), b"1;2;b\n".repeat(40)].concat();
    std::fs::write(here.join("flats.csv"), head).unwrap();
    assert!(error(here, &["train", "e.toml"]).contains("line 2 is not text in UTF-8"));
    let bad = table.replacen("6;\"new", "x;\"new", 1);
    std::fs::write(here.join("flats.csv"), bad).unwrap();
    let message = error(here, &["train", "e.toml"]);
    assert!(
        message.starts_with("flats.csv: row 7 (line 16), column \"si ze\": \"x\" is not a number"),
        "{message}"
    );
}

/// However rows are shuffled and lines end.
#[test]
fn a_target_that_its_loss_does_not_take_is_named_by_the_row_of_its_file() {
    let row = |i: u32| format!("{},{}\r\n", i % 7, if i == 4 { -1 } else { (i % 2) as i32 });
    let table = "a,label\r\n".to_string() + &(0..40).map(row).collect::<String>();
    let given = ["loss.type=bce_with_logits", "network.layers.2.out=1"];
    let (_, said) = trained(&table, &given);
    assert!(
        said.starts_with(
            "error: flats.csv: row 5 (line 6): the target is -1, and the loss `bce_with_logits`"
        ),
        "{said}"
    );
}

/// While nothing comes, and whatever was asked for.
#[test]
fn ctrl_c_ends_a_prediction_that_waits_for_standard_input_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("flats.csv"), flats(0..100)).unwrap();
    train(here, FLATS);
    let before = std::fs::read_dir(here).unwrap().count();
    let mut child = super::whygrad(here, &["predict", "newest", "-", "--out", "p.csv"])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // It begins to write beside where it is to write, so it reads.
    while std::fs::read_dir(here).unwrap().count() == before {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let status = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(here).unwrap().count(), before);
}

#[test]
fn keys_without_effect_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (given, says) in [
        (&["iris", "data.test_source=other.csv"][..], "`test_source` has no effect on built-in sets"),
        (
            &["moons", "data.target=x1"],
            "`target` has no effect on generated sets: it is for built-in sets and for tables",
        ),
        (&["iris", "data.size=10"], "`size` has no effect on built-in sets: it is for generated sets"),
        (&["iris", "schedule.gamma=0.5"], "`gamma` has no effect with type = \"cosine\": it is for \"step\""),
        (
            &["iris", "data.source=a.csv", "data.test_column=part", "data.test_source=b.csv"],
            "`test_column` has no effect, as `test_source` says",
        ),
        (
            &["iris", "data.source=a.csv", "data.test_source=b.csv", "data.test=0.3"],
            "`test` has no effect, as `test_source` says",
        ),
        (
            &["iris", "data.target=label", "data.drop=label"],
            "column \"label\" is the target, so data.drop has no effect on it",
        ),
        (
            &["moons", "optimizer.type=sgd", "optimizer.dampening=0.5"],
            "`dampening` has no effect without a `momentum` above 0",
        ),
        (
            &["moons", "network.layers.0.bias=false", "network.layers.0.bias_init=zeros"],
            "`bias_init` has no effect with `bias = false`",
        ),
        (
            &["diabetes", "data.scale_target=standard", "loss.type=bce_with_logits"],
            "`scale_target` is for targets that may be any numbers: those of bce_with_logits are from 0 to 1",
        ),
        (&["moons", "schedule.restarts=[3]"], "`restarts` has no effect with type = \"constant\""),
    ] {
        let mut args = vec!["train", given[0]];
        given[1..].iter().for_each(|given| args.extend(["--set", given]));
        let message = error(folder.path(), &args);
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn a_column_says_which_rows_are_held_out() {
    let rows: String =
        (0..40).map(|i| format!("{},{},{}\n", i % 7, i % 2, if i < 30 { "train" } else { "test" })).collect();
    let (summary, said) =
        trained(&("a,label,part\n".to_string() + &rows), &["data.test_column=part", "train.epochs=1"]);
    let summary: Json = serde_json::from_str(&summary).unwrap_or_else(|_| panic!("{said}"));
    // Of 10 held-out rows every share is a tenth.
    let (_, said) = trained(&("a,label,part\n".to_string() + &rows), &["data.test_column=label"]);
    assert!(
        said.contains("column \"label\" is the target, so data.test_column has no effect on it"),
        "{said}"
    );
    let share = summary["test_accuracy"].as_f64().unwrap() * 10.0;
    assert!((share - share.round()).abs() < 1e-9 && summary["steps"] == 2, "{summary}");
}

/// What `predict` says of the rows that a network was trained on is what it said of them in training, to the bit, wherever a
/// row stands and however columns are ordered.
#[test]
fn predictions_of_the_training_file_are_the_trainings_own_outputs_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let row = |i: u32| {
        let (size, district) =
            (30.0 + f64::from(i * 37 % 901) / 7.0, ["north", "south", "centre"][(i % 3) as usize]);
        let size = if i % 11 == 4 { String::new() } else { size.to_string() };
        format!(
            "{size};{district};{};{}\n",
            if i.is_multiple_of(2) { "yes" } else { "no" },
            f64::from(i % 101) / 3.0
        )
    };
    let table = "size;district;lift;price\n".to_string() + &(0..301).map(row).collect::<String>();
    std::fs::write(here.join("flats.csv"), &table).unwrap();
    std::fs::write(here.join("turned.csv"), turned(&table)).unwrap();
    for precision in ["f32", "f64"] {
        let experiment = FLATS
            .replace("missing = \"median\"", "missing = \"mean\"\ntarget = \"price\"")
            .replace("out = 8", "out = 37")
            .replace("out = 2", "out = 1")
            .replace("cross_entropy", "mse")
            .replace("batch = 16", &format!("batch = 16\nprecision = \"{precision}\""));
        let summary = train(here, &experiment);
        let run = summary["run"].as_str().unwrap();
        let own = match precision {
            "f32" => own_outputs::<f32>(here, run),
            _ => own_outputs::<f64>(here, run),
        };
        let predicted = stdout(here, &["predict", run, "flats.csv", "--weights", "last"]);
        let lines: Vec<&str> = predicted.lines().skip(1).collect();
        assert_eq!((lines.len(), own.len()), (301, 301));
        for (row, output) in own {
            assert_eq!(lines[row as usize - 1], output, "row {row}");
        }
        assert_eq!(stdout(here, &["predict", run, "turned.csv", "--weights", "last"]), predicted);
    }
}

/// Of each row of the file what the network of a run says of it as it was trained and judged.
fn own_outputs<T: whygrad::train::Real>(folder: &Path, run: &str) -> Vec<(u32, String)> {
    let run = whygrad_cli::run::Run::open(&folder.join(run)).unwrap();
    let (mut prepared, _) = run.at::<T>(None).unwrap();
    let parts = [prepared.train, prepared.test.unwrap()];
    let said = parts.iter().flat_map(|part| {
        let outputs = prepared.trainer.predict(part.inputs()).unwrap();
        part.rows().iter().zip(outputs).map(|(row, y)| (*row, y.to_string())).collect::<Vec<_>>()
    });
    said.collect()
}

#[test]
fn every_row_has_its_prediction_whether_a_header_is_recognised_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let count = |rows: &str| {
        std::fs::write(here.join("new.csv"), rows).unwrap();
        stdout(here, &["predict", "newest", "new.csv"]).lines().count() - 1
    };
    // Texts alone, without a header; then numbers as names.
    std::fs::write(here.join("flats.csv"), "a,u,2\nb,v,3\n".repeat(20)).unwrap();
    train(here, &FLATS.replace("[data]\n", "[data]\ntarget = \"column3\"\n"));
    assert_eq!([count("a,u\nb,v\na,u\n"), count("a,u\n")], [3, 1]);
    std::fs::write(here.join("flats.csv"), "1,2,y\n".to_string() + &"1,6,1\n7,8,2\n".repeat(20)).unwrap();
    train(here, &FLATS.replace("[data]\n", "[data]\ntarget = \"y\"\n"));
    assert_eq!(count("1,2\n1,6\n7,8\n"), 2);
    assert!(error(here, &["predict", "newest", "nowhere.csv"]).starts_with("nowhere.csv: cannot read"));
}

#[test]
fn a_quote_that_is_never_closed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let table = "x,label,note\n".to_string()
        + &"1,a,ok\n2,b,bad\n".repeat(30)
        + "3,a,\"ok\n"
        + &"1,a,ok\n".repeat(30);
    std::fs::write(here.join("flats.csv"), table).unwrap();
    std::fs::write(here.join("e.toml"), FLATS).unwrap();
    let message = error(here, &["train", "e.toml"]);
    assert!(message.starts_with("flats.csv: cannot read: the quote that opens \"\\\"ok"), "{message}");
}

/// A link is written through, and its file stays as it was where that fails.
#[test]
fn predictions_are_written_through_a_link_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("flats.csv"), flats(0..100)).unwrap();
    train(here, FLATS);
    std::fs::write(here.join("old.csv"), "old").unwrap();
    std::os::unix::fs::symlink("old.csv", here.join("link.csv")).unwrap();
    error(here, &["predict", "newest", "nowhere.csv", "--out", "link.csv"]);
    assert_eq!(std::fs::read_to_string(here.join("old.csv")).unwrap(), "old");
    stdout(here, &["predict", "newest", "flats.csv", "--out", "link.csv"]);
    assert!(std::fs::read_to_string(here.join("old.csv")).unwrap().starts_with("prediction,probability\n"));
    assert!(std::fs::symlink_metadata(here.join("link.csv")).unwrap().is_symlink());
}
