//! `whygrad why`: the five parts, and what they add up to.

use super::{error, oracle, output, stdout, whygrad};
use serde_json::Value as Json;
use std::path::Path;
use std::process::Stdio;

fn why(args: &[&str]) -> String {
    stdout(Path::new("."), &[&["why"], args].concat())
}

fn json(folder: &Path, args: &[&str]) -> Json {
    serde_json::from_str(&stdout(folder, &[&["why", "--json"], args].concat())).unwrap()
}

/// Trains in a folder and returns the run.
pub(crate) fn train(folder: &Path, args: &[&str]) -> String {
    let summary = stdout(folder, &[&["train", "--json"], args].concat());
    let summary: Json = serde_json::from_str(&summary).unwrap();
    summary["run"].as_str().unwrap().to_string()
}

/// A page without what differs from processor to processor: the size of what rounding left.
pub(crate) fn steady(page: &str) -> String {
    let steady = |line: &str| {
        let Some(at) = line.find("residual ").map(|at| at + "residual ".len()) else {
            return line.to_string();
        };
        let (before, after) = line.split_at(at);
        let end = after.find([',', ' ', ')']).unwrap_or(after.len());
        let tiny =
            after[..end].split_once("e−").and_then(|(_, power)| power.trim_end_matches('.').parse().ok());
        if after.starts_with('0') || tiny.is_some_and(|power: u32| power >= 9) {
            format!("{before}~0{}", &after[end..])
        } else {
            line.to_string()
        }
    };
    page.lines().map(steady).map(|line| line + "\n").collect()
}

/// An experiment on a table of its own.
fn experiment(folder: &Path, table: &str, layers: &str, loss: &str, more: &str) {
    let text = format!(
        "[data]\nsource = \"d.csv\"\ntarget = \"y\"\ntest = 0.0\nshuffle = false\n[network]\nlayers = [{layers}]\n\
         [loss]\ntype = \"{loss}\"\n[optimizer]\ntype = \"sgd\"\nlr = 0.1\n[train]\nepochs = 1\n{more}"
    );
    std::fs::write(folder.join("e.toml"), text).unwrap();
    std::fs::write(folder.join("d.csv"), table).unwrap();
}

fn close(found: &Json, wanted: &Json, what: &str) {
    let (a, b) = (found.as_f64().unwrap_or(f64::NAN), wanted.as_f64().unwrap());
    assert!((a - b).abs() <= 1e-12 * b.abs().max(1e-3), "{what}: {a} is not {b}");
}

#[test]
fn a_weight_of_the_first_network() {
    insta::assert_snapshot!("first_network", steady(&why(&["w1"])));
}

#[test]
fn a_weight_with_several_paths() {
    insta::assert_snapshot!("mazur", steady(&why(&["w1", "--case", "mazur"])));
}

#[test]
fn all_weights_of_the_first_network() {
    let empty = tempfile::tempdir().unwrap();
    insta::assert_snapshot!("overview", steady(&stdout(empty.path(), &["why"])));
}

#[test]
fn a_weight_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = train(folder.path(), &["iris", "--set", "train.epochs=3", "--set", "train.precision=f64"]);
    let page = stdout(folder.path(), &["why", "linear2.weight[1,3]", "--step", "10", "--examples", "4"]);
    insta::assert_snapshot!("run", steady(&page.replace(&run, "RUN")));
}

#[test]
fn every_number_of_the_first_network() {
    let reference: Json =
        serde_json::from_slice(&std::fs::read(oracle("first_network.json")).unwrap()).unwrap();
    let steps = reference["steps"].as_array().unwrap();
    let mut compared = 0;
    for (at, wanted) in steps.iter().enumerate() {
        let updates = wanted["updates_done"].as_u64().unwrap();
        for w in ["w1", "w2", "w3", "w4"] {
            let found = json(Path::new("."), &[w, "--step", &(updates + 1).to_string()]);
            let what = format!("{w} after {updates} updates");
            // Near the minimum everything is a multiple of prediction − target, and rounded relative to both.
            let near = |found: &Json, wanted: &Json| {
                let (a, b) = (found.as_f64().unwrap(), wanted.as_f64().unwrap());
                assert!((a - b).abs() <= 1e-12 * b.abs().max(1e-2), "{what}: {a} is not {b}");
            };
            close(&found["before"], &wanted["weights"][w], &what);
            close(&found["values"]["z1"], &wanted["z1"], &what);
            close(&found["values"]["z2"], &wanted["z2"], &what);
            close(&found["values"]["h1"], &wanted["h1"], &what);
            close(&found["values"]["h2"], &wanted["h2"], &what);
            close(&found["values"]["ŷ"], &wanted["prediction"], &what);
            near(&found["loss"], &wanted["loss"]);
            near(&found["nudge"]["gradient"], &wanted["gradient"][w]);
            for (part, of) in
                [("chain", "product"), ("chain", "gradient"), ("examples", "sum"), ("paths", "shown_sum")]
            {
                near(&found[part][of], &wanted["gradient"][w]);
            }
            assert!(found["nudge"]["agrees"].as_bool().unwrap(), "{what}");
            // The factors, in the order of the reference.
            let factors = found["chain"]["factors"].as_array().unwrap();
            let chain = wanted["chains"][w].as_object().unwrap();
            if wanted["dL_dprediction"].as_f64() != Some(0.0) {
                assert_eq!(factors.len(), chain.len(), "{what}");
                for (factor, number) in factors.iter().zip(chain.values()) {
                    near(&factor["number"], number);
                }
                near(&factors[0]["number"], &wanted["dL_dprediction"]);
                if w == "w1" || w == "w2" {
                    let unit = &w[1..];
                    let links = factors[2]["links"].as_array().unwrap();
                    near(&links[0]["number"], &wanted[format!("dh{unit}_dz{unit}")]);
                    let product =
                        [0, 1].map(|i| factors[i]["number"].as_f64().unwrap()).iter().product::<f64>();
                    near(&Json::from(product), &wanted[format!("dL_dh{unit}")]);
                }
            }
            if let Some(next) = steps.get(at + 1).filter(|next| next["updates_done"] == updates + 1) {
                close(&found["after"], &next["weights"][w], &what);
                let after = found["effect"]["before"].as_f64().unwrap()
                    + found["effect"]["all"]["measured"].as_f64().unwrap();
                near(&Json::from(after), &next["loss"]);
            }
            compared += 1;
        }
    }
    assert!(compared >= 12, "{compared}");
}

#[test]
fn every_gradient_of_the_literature() {
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/src/textbook/published.json");
    let published: Json = serde_json::from_slice(&std::fs::read(published).unwrap()).unwrap();
    let mut compared = 0;
    for case in published["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        for (w, gradient) in case["expected"]["gradients"].as_object().unwrap() {
            let what = format!("{name}: {w}");
            if case["wiring"][w].as_str().unwrap().contains("shared") {
                let found = json(Path::new("."), &[w, "--case", name]);
                close(&found["nudge"]["gradient"], gradient, &what);
                close(&found["loss"], &case["expected"]["loss"], &what);
                continue;
            }
            let found = json(Path::new("."), &[w, "--case", name]);
            close(&found["nudge"]["gradient"], gradient, &what);
            close(&found["chain"]["product"], gradient, &what);
            close(&found["loss"], &case["expected"]["loss"], &what);
            if let Some(learned) = case["expected"]["learned"][w].as_f64() {
                close(&found["after"], &Json::from(learned), &what);
                let (sum, moved) = (&found["update"]["sum"], found["moved"].as_f64().unwrap());
                assert!((sum.as_f64().unwrap() - moved).abs() <= 1e-15, "{what}");
                let after = found["effect"]["before"].as_f64().unwrap()
                    + found["effect"]["all"]["measured"].as_f64().unwrap();
                close(&Json::from(after), &case["expected"]["loss_after"], &what);
            }
            assert!(found["chain"]["reconciles"].as_bool().unwrap(), "{what}");
            compared += 1;
        }
    }
    assert!(compared >= 60, "{compared}");
}

#[test]
fn the_step_of_a_run_is_the_one_that_training_made() {
    let folder = tempfile::tempdir().unwrap();
    // All that makes a step its own: dropout, batch norm, clipping, momentum, decay, a schedule, a short last batch.
    let text = "seed = 4\n[data]\nsource = \"iris\"\nscale = \"standard\"\n[network]\nlayers = [\n\
                { type = \"linear\", out = 12 }, { type = \"batch_norm\" }, { type = \"relu\" },\n\
                { type = \"dropout\", p = 0.2 }, { type = \"linear\", out = 3 },\n]\n[loss]\n\
                type = \"cross_entropy\"\n[optimizer]\ntype = \"adamw\"\nlr = 0.01\n[schedule]\ntype = \"cosine\"\n\
                warmup = 5\n[train]\nepochs = 30\nbatch = 16\nclip_norm = 0.5\n";
    std::fs::write(folder.path().join("e.toml"), text).unwrap();
    let run = train(folder.path(), &["e.toml"]);
    let mut before = None;
    for step in [1, 8, 99, 100, 101, 239, 240] {
        let found = json(folder.path(), &["linear1.weight[2,1]", "--run", &run, "--step", &step.to_string()]);
        for (part, key) in [
            ("chain", "reconciles"),
            ("examples", "reconciles"),
            ("update", "reconciles"),
            ("nudge", "agrees"),
        ] {
            assert_eq!(found[part][key], true, "step {step}: {part}");
        }
        assert_eq!((&found["step"], &found["last_step"]), (&Json::from(step), &Json::from(240)));
        assert_eq!(found["precision"], "f32");
        let training = found["beside"]["training"].as_f64().unwrap();
        let exact = found["beside"]["exact"].as_f64().unwrap();
        assert!((training - exact).abs() <= 1e-4 * exact.abs() + 1e-8 && training != exact, "step {step}");
        // 101 begins where 100 ended, across a checkpoint.
        if let Some((last, after)) = before
            && last + 1 == step
        {
            assert_eq!(after, found["before"], "step {step}");
        }
        before = Some((step, found["after"].clone()));
    }
    // 120 of the file's 150 rows, each once in an epoch of 8 steps.
    let mut rows: Vec<u64> = (1..=8)
        .flat_map(|step: u64| {
            let found = json(folder.path(), &["l1.w[2,1]", "--run", &run, "--step", &step.to_string()]);
            let batch = found["batch"].as_array().unwrap().clone();
            batch.into_iter().map(|of| of["row"].as_u64().unwrap())
        })
        .collect();
    rows.sort_unstable();
    let apart = rows.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(apart && rows.len() == 120 && rows[0] >= 1 && rows[119] <= 150, "{rows:?}");
}

#[test]
fn a_softmax_over_one_unit_is_blocked_at_the_softmax() {
    let folder = tempfile::tempdir().unwrap();
    let layers = "{ type = \"linear\", out = 3 }, { type = \"tanh\" }, { type = \"linear\", out = 1 }, \
                  { type = \"softmax\" }";
    experiment(folder.path(), "a,b,y\n1,2,0\n3,-1,1\n-2,1,0\n0,1,1\n", layers, "mse", "");
    train(folder.path(), &["e.toml"]);
    for weight in ["linear1.weight[1,0]", "linear2.bias[0]"] {
        let page = stdout(folder.path(), &["why", weight]);
        assert!(
            page.contains("Blocked at ∂softmax1/∂linear2 = 0: no path comes through that link."),
            "{page}"
        );
        assert!(page.contains("∂L/∂w =          0   by backpropagation"), "{page}");
        assert!(page.contains("Nothing comes to the weight from any example."), "{page}");
        let found = json(folder.path(), &[weight]);
        assert_eq!(found["nudge"]["gradient"], 0.0);
        assert_eq!(found["paths"]["diagnosis"]["verdict"], "blocked");
        assert_eq!(found["paths"]["diagnosis"]["symbol"], "∂softmax1/∂linear2");
        assert_eq!(found["paths"]["diagnosis"]["number"], 0.0);
        assert_eq!(found["moved"], 0.0);
    }
}

#[test]
fn two_examples_that_cancel_are_told_apart_from_a_blocked_link() {
    let folder = tempfile::tempdir().unwrap();
    // y = w·x + b with targets ±1 off the prediction at the same input: equal and opposite.
    let table = "x,y\n0.5,1\n0.5,-1\n";
    experiment(
        folder.path(),
        table,
        "{ type = \"linear\", out = 1, init = \"zeros\", bias = false }",
        "mse",
        "precision = \"f64\"\n",
    );
    train(folder.path(), &["e.toml"]);
    let page = stdout(folder.path(), &["why", "linear1.weight[0,0]"]);
    assert!(page.contains("Cancelled between examples: |Σ| / Σ|·| = 0, below"), "{page}");
    let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("1 of 2 push up, 1 down, 0 not at all"), "{page}");
    assert!(!page.contains("Blocked"), "{page}");
    let found = json(folder.path(), &["linear1.weight[0,0]"]);
    assert_eq!(found["nudge"]["gradient"], 0.0);
    assert_eq!(found["examples"]["verdict"], "cancelled");
    assert_eq!(found["paths"]["diagnosis"]["verdict"], "neither");
    assert_ne!(found["chain"]["gradient"], 0.0);
}

#[test]
fn two_networks_of_the_help_compute_the_same_with_different_gradients() {
    let help = why(&["--help"]);
    let commands: Vec<&str> =
        help.lines().filter_map(|line| line.trim().strip_prefix("whygrad walk ")).collect();
    let [plain, rescaled] = commands[..] else { panic!("{commands:?}") };
    let walk = |arguments: &str| -> Json {
        let arguments: Vec<&str> =
            ["walk", "--json"].into_iter().chain(arguments.split_whitespace()).collect();
        serde_json::from_str(&stdout(Path::new("."), &arguments)).unwrap()
    };
    let (plain, rescaled) = (&walk(plain)["step"], &walk(rescaled)["step"]);
    close(&rescaled["prediction"]["ŷ"], &plain["prediction"]["ŷ"], "prediction");
    close(&rescaled["loss"], &plain["loss"], "loss");
    let times = |w: &str| rescaled["gradient"][w].as_f64().unwrap() / plain["gradient"][w].as_f64().unwrap();
    for (w, wanted) in [("w1", 0.1), ("w2", 1.0), ("w3", 10.0), ("w4", 1.0)] {
        assert!((times(w) - wanted).abs() <= 1e-12 * wanted, "{w}: {} times", times(w));
    }
}

#[test]
fn no_line_is_wider_than_eighty_columns() {
    let folder = tempfile::tempdir().unwrap();
    let mut layers = "{ type = \"linear\", out = 9 }, { type = \"tanh\" }, ".repeat(14);
    layers += "{ type = \"linear\", out = 2 }";
    experiment(folder.path(), "a,b,y\n1,2,0\n3,-1,1\n-2,1,0\n0,1,1\n", &layers, "cross_entropy", "");
    train(folder.path(), &["e.toml"]);
    let deep = stdout(folder.path(), &["why", "linear1.weight[8,1]"]);
    assert!(deep.contains("factors more") && deep.contains(" more … → "), "{deep}");
    let mut pages = vec![deep, stdout(folder.path(), &["why"]), stdout(folder.path(), &["ledger"])];
    for case in ["mazur", "hmkcode", "mustafa_dead_hidden_unit", "zhou", "brownlee"] {
        let symbol = if case == "brownlee" { "w_h0" } else { "w3" };
        pages.push(why(&[symbol, "--case", case]));
        pages.push(why(&["--case", case]));
    }
    pages.push(why(&["w₂", "--step", "7"]));
    for line in pages.iter().flat_map(|page| page.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn paths_and_examples_are_as_many_as_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &["iris", "--set", "train.epochs=2"]);
    let found = json(folder.path(), &["l1[0,0]", "--paths", "2", "--example", "5"]);
    assert_eq!(found["paths"]["shown"].as_array().unwrap().len(), 2);
    assert_eq!((&found["chain"]["example"], &found["paths"]["example"]), (&Json::from(5), &Json::from(5)));
    let sum = found["paths"]["shown_sum"].as_f64().unwrap() + found["paths"]["remainder"].as_f64().unwrap();
    assert!((sum - found["paths"]["gradient"].as_f64().unwrap()).abs() <= 1e-15);
    assert_eq!(found["paths"]["reconciles"], true);
    let page = stdout(folder.path(), &["why", "l1[0,0]", "--examples", "3"]);
    assert_eq!(page.lines().filter(|line| line.trim_start().starts_with("example ")).count(), 3, "{page}");
}

#[test]
fn bad_input_is_named_with_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let said = |args: &[&str]| error(here, &[&["why"], args].concat());
    assert!(said(&["w9"]).starts_with("w9: the first network has no such weight (did you mean \"w1\"?)"));
    assert_eq!(said(&["w1", "--step", "0"]), "--step: is 0; it takes a number from 1 to 1000000");
    assert_eq!(
        said(&["w_h0", "--case", "brownlee", "--step", "2"]),
        "--step: is 2; brownlee gives no learning rate, so there is step 1 only"
    );
    assert_eq!(said(&["w1", "--run", "no"]), "no: there is no such folder; whygrad runs lists the runs");
    assert!(said(&["w1", "--case", "mazr"]).contains("did you mean \"mazur\"?"));
    let run = train(here, &["iris", "--set", "train.epochs=2"]);
    let range = format!("--step: is 99; {run} has the steps 1 to 16");
    assert_eq!(said(&["linear1.weight[0,0]", "--step", "99"]), range);
    assert_eq!(
        said(&["linear1.weight[0,0]", "--step", "3", "--example", "16"]),
        "--example: is 16; the batch of step 3 has the examples 0 to 15"
    );
    assert!(said(&["lnear1.weight[0,0]"]).contains("did you mean \"linear1.weight\"?"));
    assert!(said(&["linear1.weight[0,7]"]).contains("index 7 of axis 1 goes from 0 to 3"));
    assert!(said(&["l.w[0,0]"]).contains("`l.w[0,0]` could be linear1.weight[0,0] or linear2.weight[0,0]"));
    // A run whose last checkpoint is torn is explained from the one before.
    std::fs::write(here.join(&run).join("last.safetensors"), b"torn").unwrap();
    let goes_on = String::from_utf8(output(here, &["why", "l1[0,0]"], 0).stderr).unwrap();
    assert!(goes_on.contains("last.safetensors: not a readable safetensors file"), "{goes_on}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut command = whygrad(Path::new("."), &["why", "w1"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
}

#[test]
fn an_example_is_for_a_weight_in_one_place() {
    for args in
        [&["why", "b1", "--case", "mazur", "--example", "0"][..], &["why", "--example", "0", "--lr", "0.1"]]
    {
        let message = error(Path::new("."), args);
        assert!(message.starts_with("--example: is for a weight in one place"), "{message}");
    }
}

#[test]
fn names_may_be_short_in_an_example_too_and_its_numbers_may_be_others() {
    let here = Path::new(".");
    let [long, short, symbol] = ["linear1.weight[0,0]", "l1[0,0]", "w1"].map(|name| json(here, &[name]));
    assert_eq!(long, symbol);
    assert_eq!(short, symbol);
    assert_eq!(
        json(here, &["l1.b[0]", "--case", "mazur"]),
        json(here, &["linear1.bias[0]", "--case", "mazur"])
    );
    let faster = json(here, &["w1", "--lr", "0.8", "--activation", "tanh"]);
    let walk = stdout(here, &["walk", "--json", "--lr", "0.8", "--activation", "tanh"]);
    let walk: Json = serde_json::from_str(&walk).unwrap();
    close(&faster["after"], &walk["learned"]["w1"], "w1 after the step");
    let message = error(here, &["why", "l9[0,0]"]);
    assert!(message.contains("no parameter `l9`"), "{message}");
}

#[test]
fn a_weight_that_stands_in_several_places_has_the_sum_of_their_gradients() {
    let here = Path::new(".");
    let shared = json(here, &["b1", "--case", "mazur"]);
    let walk: Json = serde_json::from_str(&stdout(here, &["walk", "--json", "--case", "mazur"])).unwrap();
    close(&shared["nudge"]["gradient"], &walk["step"]["gradient"]["b1"], "∂L/∂b1");
    let places = shared["places"].as_array().unwrap();
    let sum: f64 = places.iter().map(|place| place["gradient"].as_f64().unwrap()).sum();
    close(&shared["nudge"]["gradient"], &sum.into(), "the sum");
    assert_eq!((places.len(), &shared["nudge"]["agrees"]), (2, &true.into()));
    for place in places {
        let own = json(here, &[place["name"].as_str().unwrap(), "--case", "mazur"]);
        close(&own["nudge"]["gradient"], &place["gradient"], "a place");
    }
    let page = why(&["b1", "--case", "mazur"]);
    assert!(
        page.contains("b₁ is 0.3500 at step 1, in 2 places") && page.contains("linear1.bias[1]"),
        "{page}"
    );
}

#[test]
fn the_reduction_and_an_examples_share_are_those_of_the_loss() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let share = |why: &Json| {
        let example = why["example"].as_u64().unwrap() as usize;
        let (chain, examples) = (&why["chain"], &why["examples"]);
        close(
            &(chain["gradient"].as_f64().unwrap() / examples["divisor"].as_f64().unwrap()).into(),
            &examples["each"][example],
            "the example's share",
        );
    };
    // Two classes with weights.
    let layers = "{ type = \"linear\", out = 2 }";
    experiment(here, "x,y\n1,0\n2,1\n3,1\n", layers, "cross_entropy", "");
    let run = train(here, &["e.toml", "--set", "loss.weight=[1.0, 3.0]"]);
    let page = stdout(here, &["why", "l1[0,0]", "--run", &run]).replace('\n', " ");
    assert!(page.contains("over 7 (the sum of their class weights)"), "{page}");
    assert!(page.contains("∂L/∂w has ∂ℓ/∂w / 7 ="), "{page}");
    share(&json(here, &["l1[0,0]", "--run", &run]));
    // Two outputs.
    experiment(here, "x,y,z\n1,0,1\n", layers, "mse", "");
    let run = train(here, &["e.toml", "--set", "data.target=[\"y\", \"z\"]"]);
    let page = stdout(here, &["why", "l1[0,0]", "--run", &run]).replace('\n', " ");
    assert!(page.contains("over 2 (one for each of their outputs)"), "{page}");
    assert!(page.contains("L has ℓ / 2 of it"), "{page}");
    share(&json(here, &["l1[0,0]", "--run", &run]));
    // Mean and sum as they are.
    experiment(here, "x,y\n1,0\n2,1\n", "{ type = \"linear\", out = 1 }", "mse", "");
    let page = |reduction: &str| {
        let run = train(here, &["e.toml", "--set", &format!("loss.reduction={reduction}")]);
        stdout(here, &["why", "l1[0,0]", "--run", &run]).replace('\n', " ")
    };
    assert!(page("mean").contains("the mean of its examples' losses"));
    assert!(page("sum").contains("the sum of its examples' losses"));
}

#[test]
fn the_sum_of_a_step_has_the_part_of_running_statistics() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let layers = "{ type = \"linear\", out = 4 }, { type = \"batch_norm\" }, { type = \"linear\", out = 1 }";
    experiment(here, "x,y\n1,0\n2,1\n5,1\n7,3\n", layers, "mse", "");
    let run = train(here, &["e.toml"]);
    let overview = json(here, &["--run", &run]);
    let total = |name: &str| overview["totals"][name].as_f64().unwrap();
    assert!(total("statistics") != 0.0);
    let sum = total("allocation") + total("statistics") + total("residual");
    close(&sum.into(), &overview["totals"]["change"], "the sum");
    let page = stdout(here, &["why", "--run", &run]).replace('\n', " ");
    assert!(page.contains("the new running statistics made") && page.contains("reconcile"), "{page}");
}

#[test]
fn the_step_that_is_shown_is_one_in_which_something_happened() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = train(here, &["iris", "--set", "schedule.type=cosine", "--set", "train.epochs=50"]);
    let found = json(here, &["l1[0,0]", "--run", &run]);
    let (step, last) = (found["step"].as_u64().unwrap(), found["last_step"].as_u64().unwrap());
    assert!(step < last && step > last * 9 / 10, "{step} of {last}");
    let says = found["sentences"]["chosen"].as_str().unwrap();
    assert!(says.contains(&format!("--step {last}")), "{says}");
    let overview = json(here, &["--run", &run]);
    assert_eq!((&overview["step"], &overview["sentences"]["chosen"]), (&found["step"], &says.into()));
    // Named, the last one is shown; and without a schedule it is the last.
    assert_eq!(json(here, &["l1[0,0]", "--run", &run, "--step", &last.to_string()])["step"], last);
    let plain = train(here, &["iris", "--set", "train.epochs=2", "--set", "schedule.type=constant"]);
    let found = json(here, &["l1[0,0]", "--run", &plain]);
    assert_eq!((&found["step"], &found["sentences"]["chosen"]), (&found["last_step"], &Json::Null));
}
