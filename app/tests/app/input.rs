//! Bad input: one clear error, exit status 2, nothing half-written.

use super::{error, stdout};
use std::path::Path;

const GOOD: &str = "seed = 1

[data]
source = \"d.csv\"

[network]
layers = [
  { type = \"linear\", out = 4 },
  { type = \"tanh\" },
  { type = \"linear\", out = 2 },
]

[loss]
type = \"cross_entropy\"

[optimizer]
type = \"sgd\"
lr = 0.1

[train]
epochs = 1
";

const TABLE: &str = "a,b,label\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n9,10,0\n";

/// A folder with an experiment and its table.
fn folder(experiment: &str, table: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("e.toml"), experiment).unwrap();
    std::fs::write(folder.path().join("d.csv"), table).unwrap();
    folder
}

/// What training says, which leaves no run behind.
fn refused(experiment: &str, table: &str, more: &[&str]) -> String {
    let folder = folder(experiment, table);
    let message = error(folder.path(), &[&["train", "e.toml"], more].concat());
    assert!(!folder.path().join("runs").exists(), "{message}: a run was left behind");
    message
}

#[test]
fn the_good_experiment_trains() {
    let folder = folder(GOOD, TABLE);
    assert!(stdout(folder.path(), &["train", "e.toml"]).contains("written to runs/"));
}

#[test]
fn faults_of_data_are_named_with_their_place() {
    let with = |table: &str| refused(GOOD, table, &[]);
    assert_eq!(with(""), "d.csv: the file is empty");
    assert_eq!(with("a,b,label\n1,2,0\n3,4\n"), "d.csv: row 2 (line 3) has 2 cells and the header has 3");
    assert!(with("a,b,label\n1,2,0\n3,NaN,1\n").starts_with(
        "d.csv: row 2 (line 3), column \"b\": \"NaN\" says that the value is missing; say what"
    ));
    assert_eq!(
        refused(GOOD, TABLE, &["--set", "data.target=lable"]),
        "d.csv: there is no column \"lable\" (did you mean \"label\"?); the columns are: a, b, label"
    );
    assert!(
        refused(GOOD, TABLE, &["--set", "data.source=no.csv"])
            .starts_with("no.csv: cannot read: No such file")
    );
    let label = with("a,b,label\n1,2,0\n3,4,2\n5,6,1\n7,8,2\n9,8,2\n7,7,1\n");
    assert!(
        label.contains("the data have 3 classes (0, 1, 2), and the last layer gives 2 numbers"),
        "{label}"
    );
    let mismatch = refused(GOOD, TABLE, &["--set", "loss.type=mse"]);
    assert!(
        mismatch.contains("the network's output has 2 numbers per example and the targets have 1"),
        "{mismatch}"
    );
}

#[test]
fn faults_of_an_experiment_are_named_with_line_and_column() {
    let with = |from: &str, to: &str| refused(&GOOD.replacen(from, to, 1), TABLE, &[]);
    assert_eq!(
        with("\"tanh\"", "\"tanhh\""),
        "e.toml, line 9, column 5: unknown layer type `tanhh`; did you mean `tanh`?"
    );
    assert_eq!(
        with("lr = 0.1", "lrr = 0.1"),
        "e.toml, line 18, column 1: unknown key `lrr` (did you mean \"lr\"?); allowed: lr, momentum, dampening, weight_decay, nesterov"
    );
    assert_eq!(
        with("out = 4", "out = 0"),
        "e.toml, line 8, column 22: `out` is 0; it takes a whole number from 1 to 2^31"
    );
    assert_eq!(
        with("out = 4", "out = -3"),
        "e.toml, line 8, column 22: `out` is -3; it takes a whole number from 1 to 2^31"
    );
    assert_eq!(
        with("epochs = 1", "epochs = 0"),
        "e.toml, line 21, column 1: `epochs` is 0; it takes a whole number from 1 to 2^31"
    );
    assert_eq!(
        with("out = 4", "out = 4, in = 3"),
        "e.toml, line 8, column 3: layer 0 (linear1): it was told 3 input features and its input has 2 (shape [2])"
    );
    assert_eq!(
        with("[train]", "[training]"),
        "e.toml, line 20, column 2: unknown key `training` (did you mean \"train\"?); allowed: name, seed, data, network, loss, optimizer, schedule, train"
    );
    assert!(with("lr = 0.1", "lr = ").starts_with("e.toml, line 18, column 6: "));
    assert!(with("lr = 0.1", "lr = 0.1\nlr = 0.2").starts_with("e.toml, line 19, column 1: duplicate key"));
    assert_eq!(
        with("type = \"sgd\"\n", ""),
        "e.toml, line 16, column 2: `optimizer` needs a `type`, such as type = \"adam\""
    );
    assert_eq!(
        with("lr = 0.1", "lr = 0.1\nnesterov = true"),
        "e.toml, line 16, column 2: `nesterov` needs a `momentum` above 0 and a `dampening` of 0"
    );
    let unfit = "{ type = \"residual\", layers = [{ type = \"linear\", out = 3 }] }";
    assert_eq!(
        with("{ type = \"tanh\" }", unfit),
        "e.toml, line 9, column 3: layer 1 (add1): its inputs have the shapes [4] and [3], which should be equal"
    );
    let none = GOOD.replace(
        "  { type = \"linear\", out = 4 },\n  { type = \"tanh\" },\n  { type = \"linear\", out = 2 },\n",
        "",
    );
    assert!(refused(&none, TABLE, &[]).contains("there are no layers; it needs at least one"));
    let huge = refused(
        GOOD,
        TABLE,
        &["--set", "network.layers=[{type=\"linear\",out=2000000000},{type=\"linear\",out=2000000000}]"],
    );
    assert!(huge.contains("a parameter has at most"), "{huge}");
}

#[test]
fn faults_of_overrides_name_the_override() {
    let with = |set: &str| refused(GOOD, TABLE, &["--set", set]);
    assert_eq!(with("optimizer.lr=-1"), "--set optimizer.lr=-1: `lr` is -1; it takes a finite number from 0");
    assert_eq!(with("optimizer.lr"), "--set optimizer.lr: it should read KEY=VALUE");
    assert_eq!(
        with("network.layers.7.out=3"),
        "--set network.layers.7.out=3: there is no item 7; the list has 3, from 0"
    );
    assert_eq!(
        with("network.layers.1.type=tahn"),
        "--set network.layers.1.type=tahn: unknown layer type `tahn`; did you mean `tanh`?"
    );
    let both = refused(GOOD, TABLE, &["--set", "train.clip_norm=1", "--set", "train.clip_value=1"]);
    assert_eq!(both, "--set train.clip_value=1: give `clip_norm` or `clip_value`, not both");
}

#[test]
fn names_and_files_that_are_not_there_are_refused() {
    let here = Path::new(".");
    assert_eq!(
        error(here, &["train", "digitz"]),
        "experiment \"digitz\": no such file and no such built-in experiment (did you mean \"digits\"?); built in \
         are: digits, iris, wine, breast_cancer, diabetes, xor, moons, circles, spiral, sine"
    );
    assert_eq!(
        error(here, &["train", "none.toml"]),
        "none.toml: cannot read: No such file or directory (os error 2)"
    );
    assert!(error(here, &["train", "--resume", "/tmp"]).contains("this is no run folder"));
}

#[test]
fn a_starter_file_trains_as_it_is_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(stdout(folder.path(), &["new", "my"]), "wrote my.toml; try: whygrad train my.toml\n");
    stdout(folder.path(), &["train", "my.toml", "--set", "train.epochs=1"]);
    let before = std::fs::read(folder.path().join("my.toml")).unwrap();
    assert!(error(folder.path(), &["new", "my"]).contains("the file exists already"));
    assert_eq!(before, std::fs::read(folder.path().join("my.toml")).unwrap());
    assert!(error(folder.path(), &["new", "no/such/folder/my"]).contains("cannot write"));
}

#[test]
fn arguments_that_are_no_numbers_are_told_what_would_be() {
    let folder = tempfile::tempdir().unwrap();
    let whole = |from_to: &str| format!("it takes a whole number {from_to}");
    for (args, wants) in [
        (["walk", "--step", "x"], whole("from 1 to 6")),
        (["walk", "--step", "-1"], whole("from 1 to 6")),
        (["walk", "--updates", "0"], whole("from 1 to 100000")),
        (["walk", "--x", "1,a"], "it takes a number, such as 0.5 or 1e-3".into()),
        (["why", "--example", "1.5"], whole("from 0 on")),
        (["ledger", "--probe", "0"], whole("from 1 on")),
    ] {
        let output = super::output(folder.path(), &args, 2);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.lines().next().unwrap().ends_with(&wants), "{args:?}: {text}");
    }
}
