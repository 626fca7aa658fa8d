//! What was trained, for those who go on in PyTorch. That PyTorch predicts the same of it, `export.py` shows, by hand.

use super::{error, stdout};
use safetensors::SafeTensors;
use serde_json::Value as Json;
use std::path::Path;

/// Trains; returns the run's folder.
fn train(folder: &Path, args: &[&str]) -> String {
    let summary = stdout(folder, &[&["train", "--json"], args].concat());
    let summary: Json = serde_json::from_str(&summary).unwrap();
    summary["run"].as_str().unwrap().into()
}

/// The names of a file's tensors, in order.
fn tensors(file: &Path) -> Vec<String> {
    let bytes = std::fs::read(file).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut names: Vec<String> = tensors.names().into_iter().map(String::from).collect();
    names.sort();
    names
}

#[test]
fn weights_and_buffers_are_exported_alone_by_the_names_of_pytorch() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let layers = "network.layers=[{ type = \"linear\", out = 4, bias = false }, { type = \"residual\", layers = [{ type = \
                  \"batch_norm\" }, { type = \"linear\", out = 4 }] }, { type = \"relu\" }, { type = \"linear\", out = 3 }]";
    let run = train(here, &["iris", "--set", layers, "--set", "train.epochs=2"]);
    let said = stdout(here, &["export", &run]);
    let (program, weights) = (format!("{run}/export/model.py"), format!("{run}/export/weights.safetensors"));
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.starts_with(&format!("wrote {program} and {weights} python {program} FILE predicts")),
        "{said}"
    );
    let batch_norm = ["bias", "num_batches_tracked", "running_mean", "running_var", "weight"];
    let mut wanted = vec!["0.weight".to_string()];
    wanted.extend(batch_norm.map(|name| format!("1.f.0.{name}")));
    wanted.extend(["1.f.1.bias", "1.f.1.weight", "3.bias", "3.weight"].map(String::from));
    assert_eq!(tensors(&here.join(&weights)), wanted);
    let text = std::fs::read_to_string(here.join(&program)).unwrap();
    let model = "model = nn.Sequential(\n    nn.Linear(4, 4, bias=False),\n    Residual(\n        nn.BatchNorm1d(4),\n        \
                 nn.Linear(4, 4),\n    ),\n    nn.ReLU(),\n    nn.Linear(4, 3),\n)\n";
    assert!(text.contains(model), "{text}");
    // Those of the last step, into another folder.
    stdout(here, &["export", &run, "--weights", "last", "--out", "a/b"]);
    assert_eq!(std::fs::read_to_string(here.join("a/b/model.py")).unwrap(), text);
    let last = std::fs::read(here.join(&run).join("last.safetensors")).unwrap();
    let last = SafeTensors::deserialize(&last).unwrap();
    let exported = std::fs::read(here.join("a/b/weights.safetensors")).unwrap();
    for (name, tensor) in SafeTensors::deserialize(&exported).unwrap().tensors() {
        assert_eq!(tensor, last.tensor(&name).unwrap(), "{name}");
    }
}

/// Columns of every kind: numbers far from 0, numbers with gaps, texts and marks of yes and no; and names and texts that are
/// no names in Python.
#[test]
fn the_program_has_what_training_did_to_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let row = |i: u32| {
        let size = if i % 11 == 4 { String::new() } else { format!("{},5", 30 + i * 37 % 90) };
        let (district, lift) = (["north", "the \"old\" south", "{model}"][(i % 3) as usize], i * 7 % 5 < 2);
        let (lift, class) = (if lift { "yes" } else { "no" }, if i % 4 < 2 { "dear" } else { "cheap" });
        format!("{};{size};\"{}\";{lift};{class}\n", 200_000 + i % 5, district.replace('"', "\"\""))
    };
    let table = "number;size;dis\\trict;lift;class\n".to_string() + &(0..100).map(row).collect::<String>();
    std::fs::write(here.join("flats.csv"), table).unwrap();
    let experiment = "[data]\nsource = \"flats.csv\"\nmissing = \"median\"\nscale = \"minmax\"\ntest = 0\ndecimal = \",\"\n\
                      [network]\nlayers = [{ type = \"linear\", out = 8 }, { type = \"gelu\", approximate = \"tanh\" }, \
                      { type = \"dropout\", p = 0.1 }, { type = \"linear\", out = 2 }]\n[loss]\ntype = \"cross_entropy\"\n\
                      [optimizer]\ntype = \"adam\"\n[train]\nepochs = 1\n";
    std::fs::write(here.join("flats.toml"), experiment).unwrap();
    let run = train(here, &["flats.toml"]);
    stdout(here, &["export", &run, "--out", "."]);
    insta::assert_snapshot!("program", std::fs::read_to_string(here.join("model.py")).unwrap());
}

#[test]
fn what_cannot_be_exported_is_one_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let message = error(here, &["export", ".", "--out", "to"]);
    assert_eq!(message, ".: this is no run folder: it has no experiment.toml");
    let run = train(here, &["xor", "--set", "train.epochs=1"]);
    std::fs::write(here.join("file"), "mine").unwrap();
    let message = error(here, &["export", &run, "--out", "file"]);
    assert!(message.starts_with("file: cannot make the folder: "), "{message}");
    assert_eq!(std::fs::read_to_string(here.join("file")).unwrap(), "mine");
    // Weights are never beside a program that is not theirs.
    stdout(here, &["export", &run, "--out", "half"]);
    std::fs::remove_file(here.join("half/model.py")).unwrap();
    std::fs::create_dir(here.join("half/model.py")).unwrap();
    error(here, &["export", &run, "--out", "half"]);
    assert!(!here.join("half/weights.safetensors").exists());
    let preprocessing = here.join(&run).join("preprocessing.json");
    std::fs::write(&preprocessing, "{").unwrap();
    let message = error(here, &["export", &run, "--out", "to"]);
    assert!(message.contains("preprocessing.json: damaged"), "{message}");
    assert!(!here.join("to").exists() && !here.join(&run).join("export").exists());
}
