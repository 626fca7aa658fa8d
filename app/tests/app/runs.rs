//! What is done with runs: judged, listed, compared, shown, gone on with.

use super::{error, output, stdout};
use serde_json::Value as Json;
use std::fs;
use std::path::Path;

/// Trains; returns the summary.
fn train(folder: &Path, args: &[&str]) -> Json {
    serde_json::from_str(&stdout(folder, &[&["train", "--json"], args].concat())).unwrap()
}

fn json(folder: &Path, args: &[&str]) -> Json {
    serde_json::from_str(&stdout(folder, &[args, &["--json"]].concat())).unwrap()
}

/// Whether a flat is dear, by its size and its district; with the price.
fn flats(rows: std::ops::Range<u32>) -> String {
    let row = |i: u32| {
        let (size, district) = (30 + i * 37 % 90, ["north", "south", "centre"][(i % 3) as usize]);
        let price = 1000 + 20 * size + 400 * (i % 3);
        format!("{size},{district},{price},{}\n", if price > 2600 { "dear" } else { "cheap" })
    };
    "size,district,price,class\n".to_string() + &rows.map(row).collect::<String>()
}

const FLATS: &str = "[data]\nsource = \"flats.csv\"\ndrop = [\"price\"]\nscale = \"standard\"\n[network]\nlayers = [{ type = \
                     \"linear\", out = 8 }, { type = \"tanh\" }, { type = \"linear\", out = 2 }]\n[loss]\ntype = \
                     \"cross_entropy\"\n[optimizer]\ntype = \"adam\"\nlr = 0.02\n[train]\nepochs = 20\nbatch = 16\n";

#[test]
fn predictions_are_judged_as_training_judged_them_and_beside_what_looks_at_no_input() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("flats.csv"), flats(0..300)).unwrap();
    fs::write(here.join("e.toml"), FLATS).unwrap();
    let summary = train(here, &["e.toml"]);
    let run = summary["run"].as_str().unwrap();
    let own = json(here, &["evaluate", run, "--weights", "last"]);
    assert_eq!(
        (&own["part"], &own["examples"], &own["step"]),
        (&"held_out".into(), &60.into(), &summary["steps"])
    );
    assert_eq!(
        (&own["classes"]["accuracy"], &own["loss"]),
        (&summary["test_accuracy"], &summary["test_loss"])
    );
    // All of the file: its training part and its held-out part together.
    let all = json(here, &["evaluate", run, "flats.csv", "--weights", "last"]);
    let share = |key: &str, of: f64| (summary[key].as_f64().unwrap() * of).round();
    let right = share("train_accuracy", 240.0) + share("test_accuracy", 60.0);
    assert_eq!((&all["examples"], all["classes"]["accuracy"].as_f64()), (&300.into(), Some(right / 300.0)));
    // What predict says, counted by hand.
    let predicted = stdout(here, &["predict", run, "flats.csv", "--weights", "last"]);
    let table = flats(0..300);
    let mut confusion = [[0; 2]; 2];
    for (said, row) in predicted.lines().skip(1).zip(table.lines().skip(1)) {
        confusion[usize::from(row.ends_with("dear"))][usize::from(said.starts_with("dear"))] += 1;
    }
    assert_eq!(all["classes"]["confusion"], serde_json::json!(confusion));
    let page = stdout(here, &["evaluate", run, "flats.csv"]);
    for says in [
        "300 examples of flats.csv",
        "always dear",
        "accuracy",
        "log loss",
        "AUC",
        "precision",
        "Confusion matrix",
    ] {
        assert!(page.contains(says), "{says}: {page}");
    }
    // Refused: a class that training did not know, a file without the target.
    fs::write(here.join("new.csv"), "class,size,district\ndear,50,north\nruin,60,south\n").unwrap();
    assert_eq!(
        error(here, &["evaluate", run, "new.csv"]),
        "new.csv: row 2 (line 3), column \"class\": the class \"ruin\" does not occur in the training data; known classes: cheap, dear; mend it or \
         leave the row out"
    );
    fs::write(here.join("new.csv"), "size,district\n50,north\n").unwrap();
    let message = error(here, &["evaluate", run, "new.csv"]);
    assert!(message.contains("there is no column \"class\""), "{message}");
    // The run's own data are changed.
    fs::write(here.join("flats.csv"), flats(1..301)).unwrap();
    let message = error(here, &["evaluate", run]);
    assert!(message.contains("its training examples are not those with which it began"), "{message}");
}

#[test]
fn a_regression_is_judged_in_the_units_of_its_target() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("flats.csv"), flats(0..300)).unwrap();
    let experiment = FLATS
        .replace("drop = [\"price\"]", "drop = [\"class\"]\ntarget = \"price\"\nscale_target = \"standard\"")
        .replace("out = 2", "out = 1")
        .replace("cross_entropy", "mse");
    fs::write(here.join("e.toml"), experiment).unwrap();
    let said = stdout(here, &["train", "e.toml"]);
    let summary = train(here, &["e.toml"]);
    let value = &summary["values"][0];
    assert!(
        said.contains("price: off by ") && said.contains(" on average; always saying the mean, "),
        "{said}"
    );
    let (mae, trivial) = (value["mae"].as_f64().unwrap(), value["trivial"]["mae"].as_f64().unwrap());
    assert!(mae < trivial / 5.0 && trivial > 300.0, "{value}");
    let run = summary["run"].as_str().unwrap();
    assert_eq!(json(here, &["evaluate", run, "--weights", "last"])["values"][0], *value);
    // By hand, of all rows.
    let predicted = stdout(here, &["predict", run, "flats.csv", "--weights", "last"]);
    let prices: Vec<f64> =
        flats(0..300).lines().skip(1).map(|line| line.split(',').nth(2).unwrap().parse().unwrap()).collect();
    let said: Vec<f64> = predicted.lines().skip(1).map(|line| line.parse().unwrap()).collect();
    let by_hand = said.iter().zip(&prices).map(|(a, b)| (a - b).abs()).sum::<f64>() / 300.0;
    let all = json(here, &["evaluate", run, "flats.csv", "--weights", "last"]);
    let found = all["values"][0]["mae"].as_f64().unwrap();
    assert!((found - by_hand).abs() < 1e-3, "{found} {by_hand}");
}

/// Of targets of no and yes the loss compares numbers, and people ask for the words.
#[test]
fn no_and_yes_are_predicted_and_judged_by_their_words() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let row = |i: u32| format!("{},{}\n", i % 10, if i % 10 == 7 { "Yes" } else { "No" });
    fs::write(here.join("t.csv"), "a,sold\n".to_string() + &(0..200).map(row).collect::<String>()).unwrap();
    let layers =
        "layers = [{ type = \"linear\", out = 8 }, { type = \"tanh\" }, { type = \"linear\", out = 1 }]";
    let experiment = format!(
        "[data]\nsource = \"t.csv\"\ntarget = \"sold\"\nscale = \"standard\"\n[network]\n{layers}\n[loss]\ntype = \
         \"bce_with_logits\"\n[optimizer]\ntype = \"adam\"\nlr = 0.05\n[train]\nepochs = 40\n"
    );
    fs::write(here.join("t.toml"), &experiment).unwrap();
    let run = train(here, &["t.toml"])["run"].as_str().unwrap().to_string();
    let predicted = stdout(here, &["predict", &run, "t.csv"]);
    let lines: Vec<&str> = predicted.lines().take(9).collect();
    assert!(lines[0] == "prediction,probability" && lines[1].starts_with("No,0.9"), "{lines:?}");
    assert!(lines[8].starts_with("Yes,0."), "{lines:?}");
    let line = stdout(here, &["predict", &run, "t.csv", "--json"]);
    let line: Json = serde_json::from_str(line.lines().nth(7).unwrap()).unwrap();
    assert_eq!((&line["prediction"], &line["probability"]), (&"Yes".into(), &line["probabilities"]["Yes"]));
    let judged = json(here, &["evaluate", &run]);
    let each = &judged["classes"]["each"];
    // Of 200 rows 20 are yes, of the held-out 40 therefore 4.
    assert_eq!(
        (&each[1]["class"], &each[1]["examples"], &each[0]["examples"]),
        (&"Yes".into(), &4.into(), &36.into())
    );
    stdout(here, &["export", &run, "--out", "."]);
    let program = fs::read_to_string(here.join("model.py")).unwrap();
    assert!(program.contains("CLASSES = [\"No\", \"Yes\"]") && program.contains("CLASSES[int(y > 0.0)]"));
    // Another file may write them otherwise; 0 and 1 need no words; shares between are numbers.
    fs::write(here.join("other.csv"), "sold,a\nTRUE,7\nFALSE,1\n").unwrap();
    let other = json(here, &["evaluate", &run, "other.csv"]);
    assert_eq!(other["classes"]["accuracy"], 1.0, "{other}");
    let numbers = |no: &str, yes: &str| {
        let table = fs::read_to_string(here.join("t.csv")).unwrap().replace(",No", no).replace(",Yes", yes);
        fs::write(here.join("n.csv"), table).unwrap();
        fs::write(here.join("n.toml"), experiment.replace("t.csv", "n.csv")).unwrap();
        let run = train(here, &["n.toml", "--set", "train.epochs=3"])["run"].as_str().unwrap().to_string();
        let predicted = stdout(here, &["predict", &run, "n.csv"]).lines().next().unwrap().to_string();
        (predicted, json(here, &["evaluate", &run]))
    };
    let (header, judged) = numbers(",0", ",1");
    assert_eq!((&*header, &judged["classes"]["each"][1]["class"]), ("prediction,probability", &"1".into()));
    let (header, judged) = numbers(",0.2", ",0.7");
    assert_eq!(
        (&*header, &judged["classes"], &judged["values"][0]["target"]),
        ("sold", &Json::Null, &"sold".into())
    );
}

#[test]
fn arrays_are_judged_with_the_file_of_their_targets() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    // NumPy's format: a header padded to 64 bytes, then the numbers.
    let npy = |name: &str, kind: &str, shape: &str, bytes: Vec<u8>| {
        let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        while (header.len() + 11) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(bytes);
        fs::write(here.join(name), file).unwrap();
    };
    let x: Vec<u8> = (0..60).flat_map(|i| (i as f32 / 30.0 - 1.0).to_le_bytes()).collect();
    npy("x.npy", "<f4", "(60, 1)", x);
    npy("y.npy", "<i4", "(60,)", (0..60).flat_map(|i| (7 + i32::from(i > 29)).to_le_bytes()).collect());
    let experiment = "[data]\nsource = \"x.npy\"\ntargets = \"y.npy\"\n[network]\nlayers = [{ type = \"linear\", out = 2 }]\n\
                      [loss]\ntype = \"cross_entropy\"\n[optimizer]\ntype = \"sgd\"\nlr = 0.5\n[train]\nepochs = 30\n";
    fs::write(here.join("e.toml"), experiment).unwrap();
    let summary = train(here, &["e.toml"]);
    let run = summary["run"].as_str().unwrap();
    let found = json(here, &["evaluate", run, "x.npy", "--targets", "y.npy"]);
    assert_eq!(found["examples"], 60);
    assert_eq!(found["classes"]["each"][1]["class"], "8");
    assert!(found["classes"]["accuracy"].as_f64().unwrap() > 0.9, "{found}");
    assert!(error(here, &["evaluate", run, "x.npy"]).contains("x.npy: "));
}

#[test]
fn a_run_that_goes_on_beyond_its_end_is_the_longer_run_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let epochs = |epochs: &str| train(here, &["moons", "--set", &format!("train.epochs={epochs}")]);
    let (short, long) = (epochs("4"), epochs("9"));
    let [short, long] = [short, long].map(|summary| summary["run"].as_str().unwrap().to_string());
    let more = |args: &[&str]| stdout(here, &[&["train", "--resume", &short], args].concat());
    assert!(more(&[]).contains("this run is finished; there is nothing to go on with"));
    // In two pieces, and each is replayed as if it had been asked for at first.
    more(&["--epochs", "6"]);
    more(&["--epochs", "9"]);
    for file in ["last.safetensors", "best.safetensors"] {
        let [a, b] = [&short, &long].map(|run| fs::read(here.join(run).join(file)).unwrap());
        assert!(a == b, "{file}");
    }
    let [a, b] = [&short, &long].map(|run| json(here, &["show", run])["history"].clone());
    assert!(a == b && a.as_array().unwrap().len() == 9, "{a}");
    let why = |step| stdout(here, &["why", "l1[0,0]", "--run", &short, "--step", step]);
    assert!(why("10").contains("reconciles") && why("70").contains("reconciles"));
    assert!(fs::read_to_string(here.join(&short).join("experiment.toml")).unwrap().contains("epochs = 9"));
    // Refused: fewer than there are, an end that would come again.
    let refused = |run: &str, epochs: &str| error(here, &["train", "--resume", run, "--epochs", epochs]);
    assert_eq!(refused(&short, "9"), "--epochs: is 9, and the run has made 9 epochs; ask for more");
    let ends = train(
        here,
        &["iris", "--set", "train.patience=1", "--set", "optimizer.lr=0.5", "--set", "train.epochs=80"],
    );
    assert_eq!(ends["ended"], "patience");
    assert!(refused(ends["run"].as_str().unwrap(), "100").contains("train.patience"));
    assert_eq!(output(here, &["train", "iris", "--epochs", "5"], 2).status.code(), Some(2));
}

/// A rate that fell along a cosine until the last epoch begins anew behind it; the steps before stay what they were.
#[test]
fn a_cosine_begins_anew_where_a_run_goes_on_beyond_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let iris = |given: &[&str]| {
        let sets = given.iter().flat_map(|given| ["--set", given]);
        let summary = train(here, &[&["iris"], &sets.collect::<Vec<_>>()[..]].concat());
        summary["run"].as_str().unwrap().to_string()
    };
    let short = iris(&["train.epochs=3"]);
    for (epochs, ended) in [("5", 3), ("9", 5)] {
        let more = output(here, &["train", "--resume", &short, "--epochs", epochs], 0);
        let said = String::from_utf8_lossy(&more.stderr).into_owned();
        assert!(
            said.contains(&format!("falls along a cosine until epoch {ended}; behind it, it begins anew"))
        );
    }
    let long = iris(&["train.epochs=9", "schedule.restarts=[3, 5]"]);
    let [a, b] = [&short, &long].map(|run| fs::read(here.join(run).join("last.safetensors")).unwrap());
    assert!(a == b);
    let why = stdout(here, &["why", "l1[0,0]", "--run", &short, "--step", "10"]);
    assert!(why.contains("reconciles"), "{why}");
    // One that was stopped and is to have fewer epochs falls as it began to.
    let experiment = fs::read_to_string(here.join(&short).join("experiment.toml")).unwrap();
    assert!(experiment.contains("restarts = [3, 5]") && experiment.contains("epochs = 9"), "{experiment}");
    // The same where the experiment says until when it falls.
    let [given, asked] = ["schedule.t_max=3", "schedule.t_max=9"];
    let short = iris(&["train.epochs=3", given]);
    stdout(here, &["train", "--resume", &short, "--epochs", "9"]);
    let long = iris(&["train.epochs=9", asked, "schedule.restarts=[3]"]);
    let [a, b] = [&short, &long].map(|run| fs::read(here.join(run).join("last.safetensors")).unwrap());
    assert!(a == b);
    let stays = iris(&["train.epochs=4", given]);
    let more = output(here, &["train", "--resume", &stays, "--epochs", "5"], 0);
    let said = String::from_utf8_lossy(&more.stderr).into_owned();
    assert!(said.contains("the learning rate is 0 behind epoch 3"), "{said}");
    let message = error(here, &["train", "iris", "--set", "schedule.restarts=[2, 200]"]);
    assert!(message.contains("`restarts` has no effect from epoch"), "{message}");
}

/// Its last checkpoint says that it is at its end, and its experiment that it is not any more.
#[test]
fn a_run_that_was_killed_just_after_it_was_given_more_epochs_makes_them() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let epochs = |epochs: &str| {
        let summary = train(here, &["moons", "--set", &format!("train.epochs={epochs}")]);
        here.join(summary["run"].as_str().unwrap())
    };
    let (short, long) = (epochs("4"), epochs("6"));
    let copy = here.join("runs/copy");
    fs::create_dir_all(copy.join("checkpoints")).unwrap();
    for from in [short.clone(), short.join("checkpoints")] {
        for entry in fs::read_dir(&from).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            let to = copy.join(entry.path().strip_prefix(&short).unwrap());
            fs::copy(entry.path(), to).unwrap();
        }
    }
    stdout(here, &["train", "--resume", "runs/copy", "--epochs", "6"]);
    for file in ["experiment.toml", "provenance.json"] {
        fs::copy(copy.join(file), short.join(file)).unwrap();
    }
    fs::remove_file(short.join("summary.json")).unwrap();
    let said = stdout(here, &["train", "--resume", &short.to_string_lossy()]);
    assert!(!said.contains("finished"), "{said}");
    let [a, b] = [short, long].map(|run| fs::read(run.join("last.safetensors")).unwrap());
    assert!(a == b);
}

#[test]
fn a_training_says_why_it_ended_and_where_its_best_weights_are() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let said = stdout(here, &["train", "iris", "--set", "train.epochs=5"]);
    assert!(said.contains("ended: all epochs are done\nepoch 5 has the lowest held-out loss; its weights are in best.safetensors\n"), "{said}");
    let said = stdout(
        here,
        &[
            "train",
            "iris",
            "--set",
            "train.patience=1",
            "--set",
            "optimizer.lr=0.5",
            "--set",
            "train.epochs=80",
        ],
    );
    assert!(said.contains("ended: no lower held-out loss for as long as train.patience says"), "{said}");
    let said = output(here, &["train", "iris", "--set", "optimizer.lr=1e30", "--set", "train.epochs=2"], 1);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(!said.contains("ended: ") && !said.contains("best.safetensors"), "{said}");
}

#[test]
fn runs_are_listed_compared_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    assert_eq!(stdout(here, &["runs"]), "there is no run in runs; train one: whygrad train digits\n");
    let first = train(here, &["iris", "--set", "train.epochs=3"]);
    let second = train(
        here,
        &["iris", "--set", "train.epochs=3", "--set", "optimizer.lr=1e-4", "--set", "data.seed=5"],
    );
    let [a, b] = [&first, &second].map(|summary| summary["run"].as_str().unwrap());
    output(here, &["train", "iris", "--set", "optimizer.lr=1e30", "--set", "train.epochs=2"], 1);
    let list = json(here, &["runs"]);
    let states: Vec<&str> =
        list["runs"].as_array().unwrap().iter().map(|run| run["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["epochs", "epochs", "diverged"]);
    assert_eq!(list["runs"][0]["test_loss"], first["test_loss"]);
    let page = stdout(here, &["runs"]);
    assert!(page.lines().count() == 4 && page.contains("3/3") && page.contains("diverged"), "{page}");
    // What differs, and nothing else.
    let compared = json(here, &["runs", a, b]);
    let keys: Vec<&str> =
        compared["experiment"].as_array().unwrap().iter().map(|of| of["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["data.seed", "optimizer.lr"]);
    assert_eq!(
        (&compared["same_data"], &compared["experiment"][0]["values"]),
        (&false.into(), &serde_json::json!([null, 5]))
    );
    let page = stdout(here, &["runs", a, b]);
    assert!(page.contains("data.seed\n  A  default\n  B  5\n"), "{page}");
    assert!(error(here, &["runs", a]).contains("name two"));
    // One of them: page, table, picture.
    let page = stdout(here, &["show", a]);
    for says in [
        "ended after 3 of 3 epochs: all are done",
        "held out",
        "best",
        "training loss of each epoch",
        "facts.bin",
    ] {
        assert!(page.contains(says), "{says}: {page}");
    }
    let table = stdout(here, &["show", a, "--csv", "--svg", "a.svg"]);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!((lines[0], lines.len()), ("epoch,step,train_loss,train_accuracy,test_loss,test_accuracy", 4));
    let last: Vec<f64> = lines[3].split(',').map(|cell| cell.parse().unwrap()).collect();
    assert_eq!((last[0], Some(last[4])), (3.0, first["test_loss"].as_f64()));
    let picture = fs::read_to_string(here.join("a.svg")).unwrap();
    assert!(
        picture.matches("<polyline").count() == 2
            && picture.contains("best: 3")
            && picture.ends_with("</svg>\n")
    );
    // A run that was killed, and one whose experiment was changed, are told from others.
    fs::remove_file(here.join(a).join("summary.json")).unwrap();
    fs::write(here.join(b).join("experiment.toml"), "seed = 1").unwrap();
    let list = json(here, &["runs"]);
    let states: Vec<&str> =
        list["runs"].as_array().unwrap().iter().map(|run| run["state"].as_str().unwrap()).collect();
    assert!(states.contains(&"killed") && states.contains(&"unreadable"), "{states:?}");
    assert!(error(here, &["show", b]).contains("its experiment.toml was changed"));
    assert_eq!(
        error(here, &["show", "nowhere"]),
        "nowhere: there is no such folder; whygrad runs lists the runs"
    );
}
