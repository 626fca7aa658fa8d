//! Readers on good, bad and arbitrary bytes.

use super::*;
use proptest::prelude::*;
use std::io::Write;
use whygrad::data::{Scale, Scaler, Targets};

/// Nothing held out, all in its order.
const ALL: Share = Share { share: 0.0, shuffle: false, seed: 0 };

fn builtin(name: &str, want: Want) -> Dataset<f64> {
    load(&Source { source: name.into(), ..Source::default() }, want, ALL, Apart::default()).unwrap().train
}

/// Reads a table of text to train on, of which these columns are the target.
fn table_of<T: Scalar>(text: &[u8], target: &[&str], want: Want) -> Result<Dataset<T>, String> {
    let target = target.iter().map(|name| name.to_string()).collect();
    loaded(text, &Source { target, ..Source::default() }, want, ALL).map(|loaded| loaded.train)
}

/// The same, as an experiment says it.
fn loaded<T: Scalar>(text: &[u8], source: &Source, want: Want, hold: Share) -> Result<Loaded<T>, String> {
    let apart = size_of::<T>() == 4;
    let apart = Apart { inputs: apart, targets: apart };
    let rows = Opened::new(text, source.given).and_then(|of| of.train(source, want, apart));
    let rows = rows.map_err(|problem| problem.to_string())?;
    table(rows, source, want, hold).map_err(|error| error.to_string())
}

/// The sums were computed from the original files by Python's exact fractions.
#[test]
fn built_in_sets_have_their_known_rows_columns_and_classes() {
    for (name, rows, columns, classes, sum) in [
        ("digits", 1797, 64, Some(10), 561_718.0),
        ("iris", 150, 4, Some(3), 2_078.7),
        ("wine", 178, 13, Some(3), 159_975.295_999),
        ("breast_cancer", 569, 30, Some(2), 1_056_474.459_635_6),
        ("diabetes", 442, 10, None, 276_404.233_6),
    ] {
        let want = if classes.is_some() { Want::Classes } else { Want::Values };
        let data = builtin(name, want);
        assert_eq!((data.len(), data.shape().len(), data.classes()), (rows, columns, classes), "{name}");
        assert_eq!(data.inputs().len(), rows * columns);
        let found: f64 = data.inputs().iter().sum();
        assert!((found - sum).abs() <= 1e-9 * sum, "{name}: the inputs sum to {found}");
    }
    let Targets::Classes(classes) = builtin("iris", Want::Classes).targets().clone() else { panic!() };
    assert_eq!([0, 1, 2].map(|class| classes.iter().filter(|c| **c == class).count()), [50, 50, 50]);
}

/// What is wrong with a table of text.
fn wrong(text: &str, target: &[&str], want: Want) -> String {
    table_of::<f64>(text.as_bytes(), target, want).unwrap_err()
}

#[test]
fn each_fault_of_a_table_is_named_with_its_place() {
    let classes = |text: &str| wrong(text, &[], Want::Classes);
    assert_eq!(classes(""), "the file is empty");
    assert_eq!(classes(" \n"), "the file is empty");
    assert_eq!(classes("a,label\n"), "there are no rows below the header");
    assert_eq!(classes("a,a,label\n"), "two columns are called \"a\"; each needs a name of its own");
    assert_eq!(classes("a,label\n1,x\n2\n"), "row 2 (line 3) has 1 cells and the header has 2");
    assert_eq!(
        classes("a,b,label\n1,2,x\n3,nan,y\n"),
        "row 2 (line 3), column \"b\": \"nan\" says that the value is missing; say what stands for it: --set \
         data.missing=median (or mean, most_frequent; drop leaves its row out); or leave the column out: --set \
         'data.drop=[\"b\"]'"
    );
    assert!(
        classes("a,label\n1,x\n,y\n")
            .starts_with("row 2 (line 3), column \"a\": the cell is empty; say what")
    );
    assert_eq!(
        classes("a,label\n1,x\n2,y\nthree,y\n"),
        "row 3 (line 4), column \"a\": \"three\" is not a number, as most of this column are; mend it; or leave the column \
         out: --set 'data.drop=[\"a\"]'"
    );
    assert!(classes("a,label\n1,x\ninf,y\n").contains("\"inf\" is not a finite number; mend it"));
    assert!(
        classes("a,label\n1,x\n2,\n").contains("column \"label\": the target is missing; leave its row out")
    );
    assert_eq!(
        classes("a,b\n1,2\n"),
        "which column is the target? Say so: --set data.target=NAME, one of: a, b; where these are no names but a row: --set data.header=false"
    );
    assert_eq!(
        classes("label^a\nx^1\n"),
        "its rows have one cell each, such as \"label^a\": say what separates cells: --set 'data.separator=\";\"' (or tab, |)"
    );
    assert_eq!(
        wrong("alpha,b\n1,2\n", &["alpa"], Want::Classes),
        "there is no column \"alpa\" (did you mean \"alpha\"?); the columns are: alpha, b"
    );
    for label in ["0.5", "1e300"] {
        let message = classes(&format!("a,label\n1,0\n2,{label}\n"));
        assert!(
            message.starts_with("row 2 (line 3), column \"label\": ") && message.contains("is no class"),
            "{message}"
        );
    }
    assert!(wrong("a,target\n1,x\n", &[], Want::Values).contains("such as cross_entropy"));
}

/// However the lines of a table end, its problems have the file's own row and line.
#[test]
fn lines_are_counted_as_they_stand_in_the_file() {
    for end in ["\n", "\r\n", "\r"] {
        let table = ["a,label", "1,x", "2,y", "x,y"].join(end);
        assert!(wrong(&table, &[], Want::Classes).starts_with("row 3 (line 4), column \"a\""), "{end:?}");
        let blank = ["a,label", "1,x", "", "2,y", "x,y"].join(end);
        assert!(wrong(&blank, &[], Want::Classes).starts_with("row 3 (line 5), column \"a\""), "{end:?}");
        let quoted = ["a,b,label", "1,\"two", "lines\",x", "2,u,y", "x,v,y"].join(end);
        assert!(wrong(&quoted, &[], Want::Classes).starts_with("row 3 (line 5), column \"a\""), "{end:?}");
    }
}

/// Threads read blocks of a table; a quote in every row has them cut it by another rule.
#[test]
fn a_large_table_reads_the_same_in_one_block_and_in_several() {
    let row = |i: usize, quote: &str| {
        format!(
            "{}.25,{}e-3,{quote}{}{quote}{}",
            i,
            i * 7,
            (b'a' + (i * i % 23) as u8) as char,
            ["\n", "\r\n", "\n\n"][i % 3]
        )
    };
    let both = |rows: usize, wrong: &str| {
        ["", "\""].map(|quote| {
            let rows: String = (0..rows).map(|i| row(i, quote)).collect();
            table_of::<f32>(("u,v,label\n".to_string() + &rows + wrong).as_bytes(), &[], Want::Classes)
                .map(|data| (data.inputs().to_vec(), data.targets().clone(), data.class_names().to_vec()))
        })
    };
    let [plain, quoted] = both(400_000, "");
    assert!(plain == quoted);
    let (inputs, targets, classes) = plain.unwrap();
    assert_eq!((inputs.len(), inputs[0], inputs[799_999]), (800_000, 0.25, (399_999.0_f64 * 7e-3) as f32));
    let Targets::Classes(of) = targets else { panic!() };
    assert_eq!(
        classes[of[399_999] as usize],
        ((b'a' + (399_999_usize.pow(2) % 23) as u8) as char).to_string()
    );
    for wrong in ["1,x,a\n", "1,2\n"] {
        let [plain, quoted] = both(400_000, wrong).map(Result::unwrap_err);
        assert!(plain.contains("row 400001 "), "{plain}");
        assert_eq!(plain, quoted);
    }
}

#[test]
fn a_number_that_the_precision_does_not_reach_is_refused_with_its_place() {
    let table = b"a,label\n1,0\n1e39,1\n";
    let message = table_of::<f32>(table, &[], Want::Classes).unwrap_err();
    assert_eq!(
        message,
        "row 2 (line 3), column \"a\": \"1e39\" is not a finite number in 32 bits; train with --set train.precision=f64"
    );
    assert!(table_of::<f64>(table, &[], Want::Classes).is_ok());
}

/// A table of one such cell, against Rust's own reading of it.
fn assert_read_as_text(cell: &str) {
    let table = format!("a,label\n1,0\n2,0\n\"{cell}\",0\n");
    let read = table_of::<f64>(table.as_bytes(), &[], Want::Classes);
    let wanted = cell.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    assert_eq!(read.ok().map(|data| data.inputs()[2].to_bits()), wanted.map(f64::to_bits), "{cell:?}");
}

#[test]
fn numbers_are_read_as_rust_reads_them() {
    let odd = "1 +1 -1 +-1 1. .5 . -. 1e5 1E+5 1e 1e- e5 -0 00012.50 1_000 0x10 inf -Infinity nan 1e400 1e-400 \
               4.9e-324 2.4703282292062327e-324 9007199254740993 1,5 ٤ 1٤ \
               0.1000000000000000055511151231257827021181583404541015625 179769313486231580793728971405301e277";
    for cell in odd.split(' ') {
        for written in [cell.to_string(), format!(" {cell}\t"), format!("\u{a0}{cell}")] {
            assert_read_as_text(&written);
        }
    }
}

proptest! {
    #[test]
    fn numbers_of_any_spelling_are_read_as_rust_reads_them(
        cell in "[-+]?[0-9]{0,25}[.]?[0-9]{0,25}([eE][-+]?[0-9]{0,3})?"
    ) {
        assert_read_as_text(&cell);
    }
}

#[test]
fn a_table_is_understood_however_it_is_written() {
    let inputs = [1.5, -2000.0, 3.25, 0.0];
    for text in [
        "a;b;label\n1,5;x;zebra\n-2e3;y;apple\n3,25;x;zebra\n0;x;apple\n",
        "a\tb\tlabel\n\"1.5\"\tx\tzebra\n-2e3\ty\tapple\n3.25\tx\tzebra\n0\tx\tapple\n",
        "\u{feff}\"a\"|b|label\r\n1.5|x|zebra\r\n-2000|y|apple\r\n3.25|x|zebra\r\n0|x|apple",
        ",a,b,label\n0,1.5,x,zebra\n1,-2e3,y,apple\n2,3.25,x,zebra\n3,0,x,apple\n",
    ] {
        let text = text.to_string();
        // A first column without a name that counts the rows is left out from ten rows on.
        let counted = text.starts_with(',');
        let more: String =
            if counted { (4..12).map(|i| format!("{i},0,x,apple\n")).collect() } else { String::new() };
        let data = table_of::<f64>((text + &more).as_bytes(), &[], Want::Classes).unwrap();
        assert_eq!(data.feature_names(), ["a", "b=x", "b=y"]);
        assert_eq!(data.class_names(), ["apple", "zebra"]);
        let column: Vec<f64> = data.inputs().iter().step_by(3).copied().take(4).collect();
        assert_eq!(column, inputs);
        assert_eq!(data.inputs()[..6], [1.5, 1.0, 0.0, -2000.0, 0.0, 1.0]);
        assert_eq!(data.rows()[..4], [1, 2, 3, 4]);
    }
    let data = table_of::<f64>(b"5.1,3.5,setosa\n4.9,3,virginica\n", &["column3"], Want::Classes).unwrap();
    assert_eq!((data.len(), data.feature_names()), (2, &["column1".to_string(), "column2".to_string()][..]));
    assert!(
        wrong("5.1,3.5,setosa\n4.9,3,virginica\n", &[], Want::Classes).contains("--set data.target=column3"),
    );
    let data = table_of::<f64>("u,x,v\n1,2,3\n4,5,6\n".as_bytes(), &["u", "v"], Want::Values).unwrap();
    assert_eq!(*data.targets(), Targets::Values { data: vec![1.0, 3.0, 4.0, 6.0], width: 2 });
    assert_eq!(data.inputs(), [2.0, 5.0]);
}

#[test]
fn labels_are_texts_whole_numbers_booleans_or_one_hot() {
    let read = |labels: &[&str]| {
        let rows: String = labels.iter().map(|label| format!("1,{label}\n")).collect();
        let data = table_of::<f64>(("a,label\n".to_string() + &rows).as_bytes(), &[], Want::Classes).unwrap();
        let Targets::Classes(classes) = data.targets().clone() else { panic!() };
        (classes, data.class_names().to_vec())
    };
    let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    assert_eq!(read(&["3", "1", "2", "10"]), (vec![2, 0, 1, 3], names(&["1", "2", "3", "10"])));
    assert_eq!(read(&["-1", "1.0", "1", "-1e0"]), (vec![0, 1, 1, 0], names(&["-1", "1"])));
    assert_eq!(read(&["yes", "no"]), (vec![1, 0], names(&["no", "yes"])));
    assert_eq!(read(&["b", "2", "a"]), (vec![2, 0, 1], names(&["2", "a", "b"])));
    let hot = b"x,red,green\n1,0,1\n2,1,0\n3,0,1\n";
    let data = table_of::<f64>(hot, &["red", "green"], Want::Classes).unwrap();
    assert_eq!(
        (data.targets(), data.class_names()),
        (&Targets::Classes(vec![1, 0, 1]), &names(&["red", "green"])[..])
    );
    let message = wrong("x,red,green\n1,0,1\n2,1,1\n", &["red", "green"], Want::Classes);
    assert!(message.starts_with("row 2 (line 3), column \"green\": of several columns"), "{message}");
}

#[test]
fn missing_cells_are_filled_by_what_the_training_rows_say_or_their_rows_left_out() {
    let text = b"a,b,label\n1,x,0\n,x,0\n5,NA,1\n2,y,1\n2,y,1\n100,z,1\n";
    let read = |missing: Missing| {
        let hold = Share { share: 1.0 / 6.0, shuffle: false, seed: 0 };
        let source = Source { missing, ..Source::default() };
        let loaded = loaded::<f64>(text, &source, Want::Classes, hold).unwrap();
        let a: Vec<f64> = loaded.train.inputs().chunks(loaded.columns.width()).map(|row| row[0]).collect();
        (a, loaded.columns, loaded.train.rows().to_vec())
    };
    // Only x and y stand in the first five rows; 100 is held out.
    let (a, columns, _) = read(Missing::Fill(Fill::Mean));
    assert_eq!(a, [1.0, 2.5, 5.0, 2.0, 2.0, 100.0]);
    let values = vec!["x".to_string(), "y".to_string()];
    assert_eq!(columns.columns[1].kind, whygrad::data::Kind::Category { values, fill: Some(0) });
    assert_eq!(read(Missing::Fill(Fill::Median)).0[1], 2.0);
    assert_eq!(read(Missing::Fill(Fill::MostFrequent)).0[1], 2.0);
    let (a, _, rows) = read(Missing::Drop);
    assert_eq!((a, rows), (vec![1.0, 2.0, 2.0, 100.0], vec![1, 4, 5, 6]));
}

/// Cells that are numbers to a person: each message says what to type.
#[test]
fn what_is_no_number_to_a_network_has_a_message_that_says_what_to_do() {
    let column = |cells: &[&str]| {
        let rows: String = cells.iter().map(|cell| format!("\"{cell}\",1,x\n")).collect();
        wrong(&("odd,a,label\n".to_string() + &rows), &[], Want::Classes)
    };
    let drop = "--set 'data.drop=[\"odd\"]'";
    for (cells, says) in [
        (&["2024-01-31", "2024-02-01"][..], "is a date"),
        (&["31.1.2024", "1.2.2024"], "is a date"),
        (&["1/31/2024 10:00", "2/1/2024 11:30"], "is a date"),
        (&["Jan 31, 2024", "1 February 2024 10:00 PM"], "is a date"),
        (&["31-Jan-24", "May 2024"], "is a date"),
        (&["12%", "3.5 %"], "sed 's/%//g'"),
        (&["$12", "$3.50"], "sign of a currency"),
        (&["1,234,567", "2,345"], "marks between thousands"),
        (&["1,5", "2,75"], "--set 'data.decimal=\",\"'"),
        (&["0,007", "0,125"], "has a comma before its decimals"),
    ] {
        let message = column(cells);
        assert!(message.contains(says) && message.contains(drop), "{cells:?}: {message}");
    }
    let many: Vec<String> = (0..150).map(|i| format!("name{i}")).collect();
    let message = column(&many.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(message.contains("has 150 different texts") && message.contains(drop), "{message}");
}

#[test]
fn text_that_is_not_utf_8_is_refused_with_its_line_and_what_to_type() {
    let of = |bytes: &[u8]| table_of::<f64>(bytes, &[], Want::Classes).unwrap_err();
    let message = of(b"a,label\n1,tea\n2,caf\xe9\n3,caf\xe8\n");
    assert!(message.starts_with("row 2 (line 3), column \"label\": not text in UTF-8"), "{message}");
    assert!(message.ends_with("iconv -f LATIN1 -t UTF-8 FILE > NEW"), "{message}");
    assert!(of(b"a,label\n1,\x93tea\x94\n").contains("iconv -f WINDOWS-1252"));
    assert!(of(b"\xff\xfea\0,\0l\0a\0b\0e\0l\0\n\0").contains("iconv -f UTF-16LE"));
    let wide: Vec<u8> = "a,label\n".bytes().flat_map(|byte| [byte, 0, 0, 0]).collect();
    assert!(of(&wide).contains("iconv -f UTF-32LE"));
    assert!(of(b"a,l\xe9bel\n1,x\n").contains("line 1 is not text in UTF-8"));
    assert!(of(b"PK\x03\x04rest").contains("save it as CSV"));
}

#[test]
fn another_file_is_read_by_the_names_of_its_columns() {
    let rows = Opened::new(&b"a,b,label\n1,x,u\n2,y,v\n3,x,w\n"[..], Given::default());
    let rows: Rows<f64> = rows.unwrap().train(&Source::default(), Want::Classes, Apart::default()).unwrap();
    let (classes, targets) = (rows.classes.clone(), rows.target_columns.clone());
    let encoding = Encoding::fit(&rows.inputs, &[0, 1, 2], None).unwrap();
    let read = |text: &str| {
        let like = Like { columns: &encoding.columns, targets: &targets, ..Like::default() };
        let rows = Opened::new(text.as_bytes(), Given::default())
            .and_then(|of| of.like::<f64>(like, Some(&classes), Missing::Error, Want::Classes));
        let rows = rows.map_err(|problem| problem.to_string())?;
        let encoded = encoding.apply(rows.inputs);
        Ok::<_, String>((encoded.inputs.to_vec(), rows.targets, encoded.unseen))
    };
    let (inputs, targets, unseen) = read("label;extra;b;a\nw;0;y;4\nu;0;new;5\n").unwrap();
    assert_eq!(inputs, [4.0, 0.0, 1.0, 5.0, 0.0, 0.0]);
    assert_eq!((targets, unseen), (Targets::Classes(vec![2, 0]), vec![0, 1]));
    let message = read("a,b,label\n1,x,u\n2,x,t\n").unwrap_err();
    assert_eq!(
        message,
        "row 2 (line 3), column \"label\": the class \"t\" does not occur in the training data; known classes: u, v, w; mend it or leave the row out"
    );
    assert_eq!(
        read("a,c,label\n1,2,u\n").unwrap_err(),
        "there is no column \"b\" (did you mean \"a\"?); the columns are: a, c, label"
    );
    assert!(read("1,x,u\n2,y,v\n").unwrap_err().contains("put them there: a, b, label"));
}

/// What is one text on a page is one text.
#[test]
fn texts_are_kept_in_one_line_and_without_what_a_terminal_would_obey() {
    let table = b"a,label\n\"x\ny\",u\n\"x y\",v\n\"x\r\ny\",u\n\"x\ty\",v\n";
    let loaded = loaded::<f64>(table, &Source::default(), Want::Classes, ALL).unwrap();
    let values = vec!["x y".to_string(), "x\\ty".to_string()];
    assert_eq!(loaded.columns.columns[0].kind, whygrad::data::Kind::Category { values, fill: None });
    assert_eq!(loaded.train.inputs(), [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
}

/// However late the second of them comes.
#[test]
fn no_and_yes_are_called_as_the_file_calls_them() {
    let rows = "1,No\n".repeat(12_000) + &"2,Yes\n".repeat(12_000);
    let data = table_of::<f32>(("a,y\n".to_string() + &rows).as_bytes(), &["y"], Want::Values).unwrap();
    assert_eq!(data.class_names(), ["No", "Yes"]);
    let message =
        wrong(&("a,y\n".to_string() + &"1,No\n2,yes\n".repeat(20) + "3,perhaps\n"), &["y"], Want::Values);
    assert!(
        message.starts_with("row 41 (line 42), column \"y\": \"perhaps\" is neither no nor yes"),
        "{message}"
    );
    assert!(!message.contains("data.drop"), "{message}");
}

/// Numbers far from 0, which in 32 bits are the same, are told apart where they are scaled.
#[test]
fn numbers_are_scaled_before_they_are_rounded() {
    let rows: String =
        (0..2000).map(|i| format!("{},{}\n", 1_700_000_000_000_i64 + i, u8::from(i < 1000))).collect();
    let source = Source::default();
    let loaded =
        loaded::<f32>(("t,label\n".to_string() + &rows).as_bytes(), &source, Want::Classes, ALL).unwrap();
    let mut data = loaded.train;
    let scaler = whygrad::data::Scaler::fit(whygrad::data::Scale::Standard, &data);
    scaler.apply(&mut data).unwrap();
    let deviation = ((2000.0_f64.powi(2) - 1.0) / 12.0).sqrt();
    for (i, x) in data.inputs().iter().enumerate() {
        assert!((f64::from(*x) - (i as f64 - 999.5) / deviation).abs() < 1e-6, "{i}: {x}");
    }
}

/// The same of targets, and of arrays of 64 bits; another file is counted from where the first was.
#[test]
fn targets_and_arrays_far_from_0_are_scaled_before_they_are_rounded() {
    let far = |i: usize| 1.7e9 + (i * i % 97) as f64 / 8.0;
    let exact: Vec<f64> = (0..200).map(far).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let table: String = exact.iter().enumerate().map(|(i, y)| format!("{i},{y}\n")).collect();
    std::fs::write(path("t.csv"), "a,y\n".to_string() + &table).unwrap();
    let array: Vec<u8> = exact.iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(path("x.npy"), npy("<f8", false, "(100, 2)", &array)).unwrap();
    std::fs::write(path("y.npy"), npy("<f8", true, "(100, 2)", &array)).unwrap();
    let apart = Apart { inputs: true, targets: true };
    for (name, of_inputs) in [("t.csv", None), ("x.npy", Some(exact.clone()))] {
        let targets = of_inputs.as_ref().map(|_| path("y.npy"));
        let source = Source { source: path(name), targets, ..Source::default() };
        let loaded = load::<f32>(&source, Want::Values, ALL, apart).unwrap();
        let scalers = [
            Scaler::fit(Scale::Standard, &loaded.train).with_origin(loaded.origins.inputs.clone()),
            Scaler::fit_targets(Scale::Standard, &loaded.train).with_origin(loaded.origins.targets.clone()),
        ];
        let [scaler, target_scaler] = scalers.clone();
        let (columns, targets, classes) = (loaded.columns, loaded.targets, vec![]);
        let preprocessing = Preprocessing { columns, scaler, targets, classes, target_scaler };
        let again = load_other::<f32>(&source, &preprocessing, Want::Values).unwrap();
        assert_eq!(again.train, loaded.train, "{name}");
        let back = |numbers: &[f32], scaler: &Scaler| -> Vec<f64> {
            let mut numbers = numbers.to_vec();
            scaler.scale(&mut numbers);
            let unscaled = |(i, x): (usize, &f32)| scaler.unscaled(i % scaler.features(), f64::from(*x));
            numbers.iter().enumerate().map(unscaled).collect()
        };
        let Targets::Values { data: y, width } = loaded.train.targets() else { panic!("{name}") };
        // In Fortran's order the first axis runs fastest.
        let place = |i: usize| if of_inputs.is_some() { i / width + i % width * 100 } else { i };
        for (i, y) in back(y, &scalers[1]).iter().enumerate() {
            assert!((y - exact[place(i)]).abs() < 1e-5, "{name} {i}: {y} {}", exact[place(i)]);
        }
        for (x, exact) in back(loaded.train.inputs(), &scalers[0]).iter().zip(of_inputs.iter().flatten()) {
            assert!((x - exact).abs() < 1e-5, "{name}: {x} {exact}");
        }
        // Nothing is lost without a word.
        let said = load::<f32>(&source, Want::Values, ALL, Apart::default()).unwrap().remarks.join(" ");
        assert_eq!(
            said.matches("train.precision=f64").count(),
            1 + usize::from(of_inputs.is_some()),
            "{said}"
        );
        assert!(said.contains("data.scale_target=standard"), "{said}");
    }
}

#[test]
fn tables_of_many_columns_are_read_in_time_that_grows_with_them() {
    let began = std::time::Instant::now();
    let names: Vec<String> = (0..60_000).map(|i| format!("c{i}")).collect();
    let row = |i: usize| (0..60_000).map(|at| (at + i).to_string() + ",").collect::<String>() + "x\n";
    let text = names.join(",") + ",label\n" + &(0..4).map(row).collect::<String>();
    let data = table_of::<f32>(text.as_bytes(), &[], Want::Classes).unwrap();
    assert_eq!((data.len(), data.shape().len()), (4, 60_000));
    assert!(began.elapsed().as_secs_f64() < 5.0, "{:?}", began.elapsed());
}

/// A NumPy file of these numbers.
fn npy(kind: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn numpy_arrays_are_read_in_every_order_and_number_type() {
    let six: Vec<u8> = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let rows = npy::read::<f64>(&npy("<f4", false, "(2, 3)", &six)).unwrap();
    assert_eq!((rows.shape, rows.data), (vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let columns = npy::read::<f64>(&npy("<f4", true, "(2, 3)", &six)).unwrap();
    assert_eq!(columns.data, [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    assert_eq!(npy::read::<f64>(&npy("|u1", false, "(3,)", &[7, 8, 255])).unwrap().data, [7.0, 8.0, 255.0]);
    let whole: Vec<u8> = [-1i64, 1 << 40].iter().flat_map(|x| x.to_be_bytes()).collect();
    assert_eq!(
        npy::read::<f64>(&npy(">i8", false, "(2,)", &whole)).unwrap().data,
        [-1.0, (1u64 << 40) as f64]
    );
    let wrong = |bytes: &[u8]| npy::read::<f64>(bytes).unwrap_err().to_string();
    assert_eq!(wrong(b""), "the file is empty");
    assert!(wrong(b"\x93NUMPY\x01").starts_with("not a readable NumPy file"));
    assert!(wrong(&npy("<f4", false, "(2, 3)", &six[..20])).contains("more than the file can hold"));
    assert!(
        wrong(&npy("<f4", false, "(99999999999, 99999999999)", &six)).contains("more than the file can hold")
    );
    assert!(wrong(&npy("<c8", false, "(1,)", &six[..8])).contains("save them as float32 or float64"));
    assert!(wrong(&npy("<f4", false, "(2, -3)", &six)).contains("its header is `{'descr': '<f4'"));
    let records = npy("<f4", false, "(1,)", &[]);
    let records = String::from_utf8_lossy(&records[10..]).replace("'<f4'", "[('a', '<f4')]");
    let records =
        [b"\x93NUMPY\x03\0", &(records.len() as u32).to_le_bytes()[..], records.as_bytes()].concat();
    assert!(wrong(&records).contains("it holds records"));
    // Records in records in records, as deep as a header can have them.
    let deep = format!("{}'<f4'{}", "[('a', ".repeat(4000), ")]".repeat(4000));
    let deep = String::from_utf8_lossy(&npy("<f4", false, "(1,)", &[])[10..]).replace("'<f4'", &deep);
    let deep = [b"\x93NUMPY\x03\0", &(deep.len() as u32).to_le_bytes()[..], deep.as_bytes()].concat();
    wrong(&deep);
}

/// An IDX file of bytes.
fn idx(shape: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    shape.iter().for_each(|axis| bytes.extend(axis.to_be_bytes()));
    bytes.extend(data);
    bytes
}

#[test]
fn idx_files_are_read_and_their_faults_named() {
    let array = idx::read::<f32>(&idx(&[2, 3], &[0, 1, 2, 3, 4, 255])).unwrap();
    assert_eq!((array.shape, array.data), (vec![2, 3], vec![0.0, 1.0, 2.0, 3.0, 4.0, 255.0]));
    let wrong = |bytes: &[u8]| idx::read::<f32>(bytes).unwrap_err().to_string();
    assert_eq!(wrong(&[]), "the file is empty");
    assert!(wrong(&[0, 0, 8]).contains("ends inside its first four bytes"));
    assert!(wrong(&[1, 0, 8, 1]).contains("two zero bytes"));
    assert!(wrong(&[0, 0, 7, 1, 0, 0, 0, 0]).contains("unknown type 0x07"));
    assert!(wrong(&idx(&[2, 3], &[0; 5])).contains("its header says 6 bytes of numbers and there are 5"));
    assert!(wrong(&idx(&[u32::MAX; 4], &[])).contains("more bytes than there can be"));
}

#[test]
fn array_files_make_examples_gzipped_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    let gz = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    std::fs::write(path("x-idx3-ubyte.gz"), gz(&idx(&[3, 2, 2], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])))
        .unwrap();
    std::fs::write(path("y-idx1-ubyte"), idx(&[3], &[2, 0, 1])).unwrap();
    std::fs::write(path("two-idx1-ubyte"), idx(&[2], &[2, 0])).unwrap();
    std::fs::write(path("cut-idx3-ubyte.gz"), &gz(&idx(&[3, 2, 2], &[0; 12]))[..20]).unwrap();
    let source =
        |x: &str, y: Option<&str>| Source { source: path(x), targets: y.map(path), ..Source::default() };
    let read = |source: &Source| load::<f32>(source, Want::Classes, ALL, Apart::default());
    let data = read(&source("x-idx3-ubyte.gz", Some("y-idx1-ubyte"))).unwrap().train;
    assert_eq!((data.len(), data.shape().len(), data.targets()), (3, 4, &Targets::Classes(vec![2, 0, 1])));
    let wrong = |x, y| read(&source(x, y)).unwrap_err().to_string();
    assert!(wrong("x-idx3-ubyte.gz", Some("two-idx1-ubyte")).contains("there are 3 inputs and 2 targets"));
    assert!(
        wrong("x-idx3-ubyte.gz", None).contains("name the file with the targets: --set data.targets=FILE")
    );
    assert!(wrong("cut-idx3-ubyte.gz", Some("y-idx1-ubyte")).contains("not a readable gzip file"));
    assert!(wrong("none.csv", None).contains("none.csv: cannot read: No such file"));
    assert!(
        wrong("data.xyz", None)
            .contains("unknown kind of file; a workbook is to be saved as CSV; known: .csv")
    );
}

/// An archive of these files, as NumPy makes them.
fn npz(files: &[(&str, Vec<u8>)], method: rawzip::CompressionMethod) -> Vec<u8> {
    let mut bytes = vec![];
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, file) in files {
        let (mut entry, config) = archive.new_file(name).compression_method(method).start().unwrap();
        let descriptor = if method == rawzip::CompressionMethod::DEFLATE {
            let mut packer = config.wrap(flate2::write::DeflateEncoder::new(&mut entry, Default::default()));
            packer.write_all(file).unwrap();
            let (packer, descriptor) = packer.finish().unwrap();
            packer.finish().unwrap();
            descriptor
        } else {
            let mut packer = config.wrap(&mut entry);
            packer.write_all(file).unwrap();
            packer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

/// Two examples, `x` and `labels`.
fn two(method: rawzip::CompressionMethod) -> Vec<u8> {
    let x: Vec<u8> = [1.0f64, 2.0, 3.0, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let labels = [1i64, 0].iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>();
    let files = [
        ("x.npy", npy("<f8", false, "(2, 2)", &x)),
        ("labels.npy", npy("<i8", false, "(2,)", &labels)),
        ("notes.txt", b"not an array".to_vec()),
    ];
    npz(&files, method)
}

/// The first inputs and targets of an archive.
fn archived(bytes: &[u8], given: [Option<&str>; 2]) -> Result<[Array<f64>; 2], DataProblem> {
    let archive = npz::Archive::open(bytes)?;
    let [inputs, targets] = archive.pairs(given)?[0];
    Ok([npy::read(&archive.bytes(inputs)?)?, npy::read(&archive.bytes(targets)?)?])
}

#[test]
fn an_archive_of_arrays_has_inputs_and_targets() {
    for method in [rawzip::CompressionMethod::STORE, rawzip::CompressionMethod::DEFLATE] {
        let bytes = two(method);
        let [x, y] = archived(&bytes, [None, Some("labels")]).unwrap();
        assert_eq!((x.shape, x.data, y.data), (vec![2, 2], vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 0.0]));
        let message = archived(&bytes, [None; 2]).unwrap_err().to_string();
        assert!(message.starts_with("there is no array \"y\" in the archive; it has: labels, x; which are"));
        for cut in [0, 1, 30, bytes.len() / 2, bytes.len() - 1] {
            assert!(archived(&bytes[..cut], [None, Some("labels")]).is_err());
        }
    }
}

#[test]
fn an_archive_with_both_parts_is_read_by_the_names_that_keras_gives() {
    let array = |from: f64, count: usize| {
        let bytes: Vec<u8> = (0..count).flat_map(|i| (from + i as f64).to_le_bytes()).collect();
        npy("<f8", false, &format!("({count},)"), &bytes)
    };
    let files = [
        ("x_train.npy", array(0.0, 3)),
        ("y_train.npy", array(7.0, 3)),
        ("x_test.npy", array(5.0, 2)),
        ("y_test.npy", array(8.0, 2)),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.npz");
    std::fs::write(&path, npz(&files, rawzip::CompressionMethod::STORE)).unwrap();
    let source = Source { source: path.display().to_string(), ..Source::default() };
    let Loaded { train, test, .. } = load::<f64>(&source, Want::Classes, ALL, Apart::default()).unwrap();
    assert_eq!((train.targets(), train.class_names().len()), (&Targets::Classes(vec![0, 1, 2]), 3));
    let twice = Source { test_source: Some(source.source.clone()), ..source };
    let message = load::<f64>(&twice, Want::Classes, ALL, Apart::default()).unwrap_err().to_string();
    assert!(message.contains("it has held-out examples itself"), "{message}");
    assert_eq!(*test.unwrap().targets(), Targets::Classes(vec![1, 2]));
}

#[test]
fn an_archive_packed_otherwise_is_refused() {
    let bytes = two(rawzip::CompressionMethod::BZIP2);
    let message = archived(&bytes, [None, Some("labels")]).unwrap_err().to_string();
    assert_eq!(
        message,
        "not a readable NumPy archive file: \"x\" is encrypted, or compressed by another method than deflate; \
         save it with numpy.savez or numpy.savez_compressed"
    );
}

#[test]
fn an_archive_whose_numbers_changed_is_refused() {
    let mut bytes = two(rawzip::CompressionMethod::STORE);
    let at = bytes.windows(8).position(|number| number == 2f64.to_le_bytes()).unwrap();
    bytes[at] ^= 1;
    assert!(archived(&bytes, [None, Some("labels")]).unwrap_err().to_string().contains("checksum"));
}

/// Every reader on the same bytes; none may panic.
fn read_all(bytes: &[u8]) {
    for want in [Want::Classes, Want::Values] {
        let _ = table_of::<f32>(bytes, &[], want);
        let _ = table_of::<f32>(bytes, &["a"], want);
    }
    let _ = idx::read::<f32>(bytes);
    let _ = npy::read::<f32>(bytes);
    let _ = archived(bytes, [None; 2]);
    let _ = unpack(flate2::read::MultiGzDecoder::new(bytes));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    #[test]
    fn changed_files_are_read_without_a_panic(
        which in 0usize..5,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let six: Vec<u8> = (0..24).collect();
        let mut bytes = match which {
            0 => b"a,b,label\n1,2,x\n3,4,\"y\"\n".to_vec(),
            1 => idx(&[2, 3], &[1; 6]),
            2 => npy("<f4", true, "(2, 3)", &six),
            3 => two(rawzip::CompressionMethod::DEFLATE),
            _ => BUILTIN[1].1.to_vec(),
        };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_all(&bytes);
        read_all(&bytes[..cut.index(bytes.len())]);
    }
}
