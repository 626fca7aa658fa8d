//! The experiments of the bench: healthy ones, and the same with faults planted.

use crate::tables::Table;
use std::path::Path;
use whygrad::check::LIST;

/// An experiment, and what should be said of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) text: String,
    /// The healthy one that it differs from by the fault alone; absent of what is healthy, and of data that contradict
    /// themselves, which no outcome shows.
    pub(crate) twin: Option<String>,
    pub(crate) expect: Expect,
}

/// What should be said.
#[derive(Clone)]
pub(crate) enum Expect {
    Healthy,
    /// These are broken, the earliest link first.
    Faulty {
        /// What costs something.
        faults: Vec<Planted>,
        /// Checks of what was planted, too, and costs nothing alone.
        beside: Vec<&'static str>,
    },
}

/// A planted fault.
#[derive(Clone)]
pub(crate) struct Planted {
    /// The checks of which any names it rightly; the first is the one that it was planted for.
    pub(crate) checks: Vec<&'static str>,
    /// Any of these is the right place; `None` where it has none.
    pub(crate) place: Option<Vec<String>>,
    /// Of two faults at once, the experiment with this one alone: where it costs nothing, it is none.
    pub(crate) alone: Option<String>,
}

/// The link of a check.
pub(crate) fn link(check: &str) -> &'static str {
    LIST.iter().find(|of| of.name == check).map_or("?", |of| of.link.name())
}

/// An experiment in parts.
#[derive(Clone)]
struct Recipe {
    source: String,
    data: String,
    test: f64,
    scale: &'static str,
    shuffle: bool,
    seed: u64,
    layers: Vec<String>,
    loss: String,
    optimizer: &'static str,
    lr: f64,
    settings: String,
    schedule: String,
    epochs: u64,
    batch: usize,
    train: String,
}

impl Recipe {
    fn text(&self) -> String {
        let Recipe { source, data, test, scale, shuffle, seed, layers, loss, optimizer, lr, settings, schedule, epochs, batch, train } = self;
        format!(
            "seed = {seed}\n[data]\nsource = {source:?}\ntest = {test}\nscale = \"{scale}\"\nshuffle = {shuffle}\n{data}\n\
             [network]\nlayers = [\n{}\n]\n[loss]\n{loss}\n[optimizer]\ntype = \"{optimizer}\"\nlr = {lr:e}\n{settings}\n{schedule}\n\
             [train]\nepochs = {epochs}\nbatch = {batch}\nthreads = 1\n{train}\n",
            layers.join(",\n")
        )
    }

    /// Puts keys into every linear layer, or the hidden ones.
    fn linear(&mut self, keys: &str, which: impl Fn(usize, usize) -> bool) {
        let linear: Vec<usize> = (0..self.layers.len()).filter(|i| self.layers[*i].contains("\"linear\"")).collect();
        for (nth, i) in linear.iter().enumerate() {
            if which(nth, linear.len()) {
                self.layers[*i] = self.layers[*i].replace(" }", &format!(", {keys} }}"));
            }
        }
    }
}

fn kind(name: &str) -> String {
    format!("  {{ type = \"{name}\" }}")
}

fn linear(out: usize) -> String {
    format!("  {{ type = \"linear\", out = {out} }}")
}

/// Layers of these widths with an activation between them.
fn dense(widths: &[usize], activation: &str) -> Vec<String> {
    let mut layers = vec![];
    for (i, width) in widths.iter().enumerate() {
        if i > 0 {
            layers.push(kind(activation));
        }
        layers.push(linear(*width));
    }
    layers
}

fn recipe(source: &str, layers: Vec<String>, loss: &str, (optimizer, lr): (&'static str, f64), epochs: u64, batch: usize) -> Recipe {
    Recipe {
        source: source.into(),
        data: String::new(),
        test: 0.25,
        scale: "none",
        shuffle: true,
        seed: 1,
        layers,
        loss: format!("type = \"{loss}\""),
        optimizer,
        lr,
        settings: String::new(),
        schedule: String::new(),
        epochs,
        batch,
        train: String::new(),
    }
}

/// What can be done to an experiment.
#[derive(Clone, Copy, PartialEq)]
struct Traits {
    classes: usize,
    /// Its inputs need scaling.
    scaled: bool,
    /// A line does not do.
    curved: bool,
    deep: bool,
}

struct Base {
    name: &'static str,
    recipe: Recipe,
    traits: Traits,
    /// Its table, where data faults are planted into it.
    table: Option<Table>,
}

fn bases(folder: &Path) -> Vec<Base> {
    let standard = |recipe: Recipe| Recipe { scale: "standard", ..recipe };
    let momentum = |recipe: Recipe| Recipe { settings: "momentum = 0.9".into(), ..recipe };
    let file = |name: &str, table: &Table| {
        let path = folder.join(format!("{name}.csv"));
        table.write(&path);
        path.display().to_string()
    };
    let t = |classes, scaled, curved, deep| Traits { classes, scaled, curved, deep };
    let friedman = Table::friedman(600, 1.0, 1);
    let blobs = Table::blobs(600, 4, 12, 4.0, 2);
    let wide = Table::blobs(400, 3, 30, 4.5, 5);
    let friedman_file = file("friedman", &friedman);
    let (blobs_file, wide_file) = (file("blobs", &blobs), file("wide", &wide));
    let base = |name, recipe, traits, table| Base { name, recipe, traits, table };
    vec![
        base("digits-relu-adam", standard(recipe("digits", dense(&[64, 10], "relu"), "cross_entropy", ("adam", 3e-3), 15, 32)), t(10, false, false, false), Some(Table::of_set("digits", None, 0))),
        base("digits-tanh-sgd", standard(recipe("digits", dense(&[48, 32, 10], "tanh"), "cross_entropy", ("sgd", 0.1), 30, 32)), t(10, false, false, true), None),
        base("iris-tanh-adam", standard(recipe("iris", dense(&[8, 3], "tanh"), "cross_entropy", ("adam", 0.02), 60, 16)), t(3, false, false, false), Some(Table::of_set("iris", None, 0))),
        base("wine-relu-momentum", momentum(standard(recipe("wine", dense(&[16, 3], "relu"), "cross_entropy", ("sgd", 0.03), 40, 16))), t(3, true, false, false), Some(Table::of_set("wine", None, 0))),
        base("cancer-sigmoid-adamw", standard(recipe("breast_cancer", dense(&[16, 2], "sigmoid"), "cross_entropy", ("adamw", 0.01), 40, 32)), t(2, true, false, false), Some(Table::of_set("breast_cancer", None, 0))),
        base("moons-relu-adam", recipe("moons", dense(&[16, 16, 2], "relu"), "cross_entropy", ("adam", 0.01), 40, 32), t(2, false, true, false), Some(Table::of_set("moons", Some(600), 0))),
        base("moons-tanh-momentum", momentum(recipe("moons", dense(&[12, 12, 2], "tanh"), "cross_entropy", ("sgd", 0.05), 40, 32)), t(2, false, true, false), None),
        base("circles-relu-rmsprop", recipe("circles", dense(&[16, 16, 2], "relu"), "cross_entropy", ("rmsprop", 3e-3), 40, 32), t(2, false, true, false), None),
        base("circles-binary-adam", recipe("circles", [dense(&[16, 16, 1], "tanh"), vec![kind("sigmoid")]].concat(), "bce", ("adam", 0.01), 40, 32), t(1, false, true, false), None),
        base("spiral-tanh-adam", recipe("spiral", dense(&[32, 32, 3], "tanh"), "cross_entropy", ("adam", 0.01), 60, 32), t(3, false, true, false), None),
        base("spiral-deep-relu-adam", recipe("spiral", dense(&[24, 24, 24, 24, 3], "relu"), "cross_entropy", ("adam", 5e-3), 60, 32), t(3, false, true, true), None),
        base("sine-tanh-adam", recipe("sine", dense(&[32, 32, 1], "tanh"), "mse", ("adam", 0.01), 100, 32), t(0, false, true, false), Some(Table::of_set("sine", None, 0).shuffled(7))),
        base("friedman-relu-adam", recipe(&friedman_file, dense(&[32, 32, 1], "relu"), "mse", ("adam", 5e-3), 60, 32), t(0, false, true, false), Some(friedman)),
        base("friedman-tanh-momentum", momentum(recipe(&friedman_file, dense(&[24, 1], "tanh"), "mse", ("sgd", 0.02), 80, 32)), t(0, false, true, false), None),
        base("diabetes-tanh-adam", standard(recipe("diabetes", dense(&[8, 1], "tanh"), "mse", ("adam", 0.05), 100, 32)), t(0, false, false, false), None),
        base("blobs-relu-sgd", recipe(&blobs_file, dense(&[24, 4], "relu"), "cross_entropy", ("sgd", 0.1), 30, 32), t(4, false, false, false), Some(blobs)),
        base("wide-gelu-adamw", recipe(&wide_file, dense(&[64, 32, 3], "gelu"), "cross_entropy", ("adamw", 3e-3), 30, 32), t(3, false, false, true), Some(wide)),
    ]
}

fn planted(checks: &[&'static str]) -> Planted {
    Planted { checks: checks.to_vec(), place: None, alone: None }
}

fn at(checks: &[&'static str], place: &[&str]) -> Planted {
    Planted { checks: checks.to_vec(), place: Some(place.iter().map(ToString::to_string).collect()), alone: None }
}

type Fault = (String, Vec<Planted>, Recipe);

const LARGE: &[&str] = &["step-too-large"];
const SMALL: &[&str] = &["step-too-small"];

/// Without what stands between the linear layers.
fn straight(recipe: &mut Recipe) {
    let last = recipe.layers.len() - 1;
    let keep = |(i, layer): &(usize, &String)| *i == last || layer.contains("linear");
    recipe.layers = recipe.layers.iter().enumerate().filter(keep).map(|(_, layer)| layer.clone()).collect();
}

/// Faults of settings that any experiment can have.
fn settings(base: &Base) -> Vec<Fault> {
    let (r, traits) = (&base.recipe, base.traits);
    let mut faults: Vec<Fault> = vec![];
    let mut plant = |name: &str, planted: Vec<Planted>, change: &dyn Fn(&mut Recipe)| {
        let mut recipe = r.clone();
        change(&mut recipe);
        faults.push((name.into(), planted, recipe));
    };
    // The learning rate.
    for by in [3.0, 30.0, 300.0] {
        plant(&format!("lr×{by}"), vec![planted(LARGE)], &|r| r.lr *= by);
    }
    for by in [30.0, 1000.0] {
        plant(&format!("lr÷{by}"), vec![planted(SMALL)], &|r| r.lr /= by);
    }
    plant("lr=0", vec![planted(&["update-missing"])], &|r| r.lr = 0.0);
    plant("lr drops at once", vec![planted(&["step-too-small", "update-missing"])], &|r| {
        r.schedule = "[schedule]\ntype = \"step\"\nstep_size = 1\ngamma = 0.1".into();
        r.epochs = r.epochs.max(10);
    });
    plant("warm-up longer than training", vec![planted(&["step-too-small", "stopped-early"])], &|r| r.schedule = "[schedule]\nwarmup = 1000000".into());
    plant("two epochs", vec![planted(&["stopped-early"])], &|r| r.epochs = 2);
    if r.optimizer == "sgd" {
        plant("clip 1e-4", vec![planted(&["clip-dominates"])], &|r| r.train = "clip_norm = 1e-4".into());
        plant("clip value 1e-5", vec![planted(&["clip-dominates"])], &|r| r.train = "clip_value = 1e-5".into());
        plant("momentum 0.999", vec![planted(LARGE)], &|r| r.settings = "momentum = 0.999".into());
    }
    plant("decay 1", vec![planted(&["decay-dominates"])], &|r| {
        let decay = if r.optimizer == "adamw" { 30.0 } else { 1.0 };
        r.settings = format!("{}\nweight_decay = {decay}", r.settings);
    });
    // The start.
    plant("zero init", vec![planted(&["units-identical"])], &|r| r.linear("init = \"zeros\", bias_init = \"zeros\"", |_, _| true));
    plant("constant init", vec![planted(&["units-identical"])], &|r| {
        r.linear("init = { type = \"constant\", val = 0.1 }, bias_init = \"zeros\"", |_, _| true);
    });
    plant("init std 10", vec![planted(&["signal-grows", "units-saturated", "gradient-explodes", "loss-at-init"])], &|r| r.linear("init = { type = \"normal\", std = 10.0 }", |_, _| true));
    plant("init std 1e-5", vec![planted(&["signal-shrinks", "gradient-vanishes"])], &|r| {
        r.linear("init = { type = \"normal\", std = 1e-5 }, bias_init = \"zeros\"", |_, _| true);
    });
    plant("bias −20", vec![at(&["units-dead", "units-saturated"], &["relu1", "tanh1", "sigmoid1", "gelu1"])], &|r| {
        r.linear("bias_init = { type = \"constant\", val = -20.0 }", |nth, _| nth == 0);
    });
    if traits.curved {
        plant("nonlinearity missing", vec![planted(&["nonlinearity-missing"])], &straight);
    }
    if traits.deep || traits.curved {
        plant("eight sigmoid layers", vec![planted(&["gradient-vanishes", "signal-shrinks", "units-saturated"])], &|r| {
            let out = r.layers.iter().rfind(|layer| layer.contains("linear")).cloned().unwrap_or_default();
            let tail = r.layers.iter().rev().take_while(|layer| !layer.contains("linear")).cloned().collect::<Vec<_>>();
            let mut layers = dense(&[16; 8], "sigmoid");
            layers.extend([kind("sigmoid"), out]);
            layers.extend(tail);
            r.layers = layers;
        });
    }
    // The loss.
    let last = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mismatch = |names: &[&str]| Planted { checks: vec!["loss-mismatch"], place: Some(last(names)), alone: None };
    if traits.classes > 1 {
        for by in ["softmax", "sigmoid", "relu", "tanh"] {
            let place = if base.recipe.layers.iter().any(|layer| layer.contains(by)) {
                let count = base.recipe.layers.iter().filter(|layer| layer.contains(by)).count();
                format!("{by}{}", count + 1)
            } else {
                format!("{by}1")
            };
            plant(&format!("{by} before cross-entropy"), vec![mismatch(&[&place])], &|r| r.layers.push(kind(by)));
        }
        plant("nll on logits", vec![planted(&["loss-mismatch"])], &|r| r.loss = "type = \"nll\"".into());
    }
    if traits.classes == 1 {
        plant("softmax on one unit", vec![mismatch(&["softmax1"])], &|r| *r.layers.last_mut().expect("layers") = kind("softmax"));
        plant("softmax on one unit, mse", vec![mismatch(&["softmax1"])], &|r| {
            *r.layers.last_mut().expect("layers") = kind("softmax");
            r.loss = "type = \"mse\"".into();
        });
        plant("relu with bce", vec![mismatch(&["relu1"])], &|r| *r.layers.last_mut().expect("layers") = kind("relu"));
        plant("bce on logits", vec![planted(&["loss-mismatch"])], &|r| {
            r.layers.pop();
        });
        plant("sigmoid twice", vec![mismatch(&["sigmoid1"])], &|r| r.loss = "type = \"bce_with_logits\"".into());
        plant("mae", vec![planted(&["loss-mismatch"])], &|r| r.loss = "type = \"mae\"".into());
    }
    if traits.classes == 0 {
        for by in ["sigmoid", "relu", "tanh", "softmax"] {
            let count = base.recipe.layers.iter().filter(|layer| layer.contains(by)).count();
            let place = format!("{by}{}", count + 1);
            plant(&format!("{by} at the output"), vec![at(&["loss-unreachable", "loss-mismatch"], &[&place])], &|r| r.layers.push(kind(by)));
        }
    }
    // Batches.
    if ["sgd"].contains(&r.optimizer) {
        plant("batch 1 at the rate of 32", vec![planted(&["gradient-noisy", "step-too-large"])], &|r| {
            r.batch = 1;
            r.lr *= 3.0;
        });
    }
    if traits.scaled {
        plant("not scaled", vec![planted(&["data-unscaled"])], &|r| r.scale = "none");
    }
    // Two at once: each is one where it costs something beside the other.
    let mut both = |name: &str, [a, b]: [Planted; 2], first: &dyn Fn(&mut Recipe), second: &dyn Fn(&mut Recipe)| {
        let with = |changes: &[&dyn Fn(&mut Recipe)]| {
            let mut recipe = r.clone();
            changes.iter().for_each(|change| change(&mut recipe));
            recipe
        };
        let a = Planted { alone: Some(with(&[first]).text()), ..a };
        let b = Planted { alone: Some(with(&[second]).text()), ..b };
        faults.push((name.into(), vec![a, b], with(&[first, second])));
    };
    both("lr×100 and zero init", [planted(&["units-identical"]), planted(LARGE)], &|r| r.linear("init = \"zeros\", bias_init = \"zeros\"", |_, _| true), &|r| r.lr *= 100.0);
    if traits.curved {
        both("nonlinearity missing and lr÷1000", [planted(&["nonlinearity-missing"]), planted(SMALL)], &straight, &|r| r.lr /= 1000.0);
    }
    if traits.classes > 1 {
        both("relu at the output and lr÷300", [planted(&["loss-mismatch"]), planted(SMALL)], &|r| r.layers.push(kind("relu")), &|r| r.lr /= 300.0);
        both("softmax twice and two epochs", [planted(&["loss-mismatch"]), planted(&["stopped-early"])], &|r| r.layers.push(kind("softmax")), &|r| r.epochs = 2);
    }
    if traits.scaled {
        both("not scaled and zero init", [planted(&["data-unscaled"]), planted(&["units-identical"])], &|r| r.scale = "none", &|r| r.linear("init = \"zeros\", bias_init = \"zeros\"", |_, _| true));
    }
    if traits.classes == 0 {
        both("sigmoid at the output and lr÷300", [planted(&["loss-unreachable"]), planted(SMALL)], &|r| r.layers.push(kind("sigmoid")), &|r| r.lr /= 300.0);
    }
    faults
}

/// Faults of the data: tables with something done to them, and the twin's table.
fn data(base: &Base, folder: &Path) -> Vec<Case> {
    let Some(table) = &base.table else { return vec![] };
    let width = table.width();
    let mut cases = vec![];
    let file = |name: &str, table: &Table| {
        let path = folder.join(format!("{}-{}.csv", base.name, name.replace(' ', "-")));
        table.write(&path);
        path.display().to_string()
    };
    let healthy = base.recipe.text();
    let mut plant = |name: &str, planted: Planted, twin: Option<String>, table: Table, change: &dyn Fn(&mut Recipe)| {
        let mut recipe = base.recipe.clone();
        recipe.source = file(name, &table);
        recipe.data = "target = \"label\"".into();
        change(&mut recipe);
        let expect = Expect::Faulty { faults: vec![planted], beside: vec![] };
        cases.push(Case { name: format!("{}: {name}", base.name), text: recipe.text(), twin, expect });
    };
    plant("targets shuffled", planted(&["labels-unrelated"]), Some(healthy.clone()), table.clone().shuffled_targets(3), &|_| ());
    for seed in 10..14 {
        let shuffled = table.clone().shuffled_targets(seed);
        plant(&format!("targets shuffled ({seed})"), planted(&["labels-unrelated"]), Some(healthy.clone()), shuffled, &|_| ());
    }
    plant("targets one row off", planted(&["labels-unrelated"]), Some(healthy.clone()), {
        let mut moved = table.clone().shuffled(4);
        let targets: Vec<f64> = moved.rows.iter().map(|row| row[width]).collect();
        let count = targets.len();
        moved.rows.iter_mut().enumerate().for_each(|(i, row)| row[width] = targets[(i + 1) % count]);
        moved
    }, &|_| ());
    plant("inputs × 1000", planted(&["data-unscaled"]), Some(healthy.clone()), table.clone().scaled(|_| (1000.0, 0.0)), &|r| r.scale = "none");
    plant("inputs of unlike size", planted(&["data-unscaled"]), Some(healthy.clone()), table.clone().scaled(|i| (if i % 2 == 0 { 300.0 } else { 0.01 }, 0.0)), &|r| r.scale = "none");
    plant("inputs far from 0", planted(&["data-unscaled"]), Some(healthy.clone()), table.clone().scaled(|_| (1.0, 500.0)), &|r| r.scale = "none");
    if !base.traits.scaled {
        plant("constant column 5000", at(&["data-constant-feature", "data-unscaled"], &["x0"]), Some(healthy.clone()), table.clone().with_constant(5000.0), &|r| r.scale = "none");
    }
    if base.traits.classes > 1 {
        let sorted = table.clone().sorted();
        plant("sorted by class", planted(&["data-sorted-by-class"]), Some(healthy.clone()), sorted, &|r| r.shuffle = false);
        plant("one class", at(&["data-single-class"], &["1"]), None, table.clone().keep(|_, row| row[width] == 1.0), &|_| ());
        plant("label out of range", at(&["data-label-out-of-range"], &["97"]), None, {
            let mut off = table.clone();
            off.rows[7][width] = 97.0;
            off
        }, &|_| ());
    }
    plant("NaN in row 5", at(&["data-non-finite"], &["x0", "row 5"]), None, {
        let mut broken = table.clone();
        broken.rows[5][0] = f64::NAN;
        broken
    }, &|_| ());
    let [train, test] = table.clone().shuffled(6).parted(0.25);
    for share in [2, 4, 8] {
        let known = test.rows.len() / share;
        let leaked = Table { rows: test.rows.iter().chain(train.rows.iter().take(known)).cloned().collect() };
        let path = folder.join(format!("{}-leaked-{share}.csv", base.name));
        leaked.write(&path);
        plant(&format!("1 in {} of the held-out rows is known", share + 1), planted(&["data-leaks-into-test"]), None, train.clone(), &|r| {
            r.data = format!("target = \"label\"\ntest_source = {:?}", path.display().to_string());
        });
    }
    cases
}

/// Healthy experiments, the ugly ones among them.
fn healthy(base: &Base, folder: &Path) -> Vec<(String, Recipe)> {
    let r = &base.recipe;
    let mut all = vec![];
    let mut add = |name: &str, change: &dyn Fn(&mut Recipe)| {
        let mut recipe = r.clone();
        change(&mut recipe);
        all.push((format!("{}: {name}", base.name), recipe));
    };
    for seed in 1..=4 {
        add(&format!("seed {seed}"), &|r| r.seed = seed);
    }
    add("twice as long", &|r| r.epochs *= 2);
    add("lr×1.5", &|r| r.lr *= 1.5);
    add("lr÷1.5", &|r| r.lr /= 1.5);
    add("cosine", &|r| {
        r.schedule = "[schedule]\ntype = \"cosine\"".into();
        r.epochs = r.epochs * 3 / 2;
    });
    add("warm-up", &|r| r.schedule = "[schedule]\nwarmup = 20".into());
    add("batch of 8", &|r| {
        r.batch = 8;
        r.lr /= 2.0;
    });
    add("clipped at 5", &|r| r.train = "clip_norm = 5.0".into());
    if r.optimizer == "sgd" {
        add("momentum 0.98", &|r| {
            r.settings = "momentum = 0.98".into();
            r.lr = if r.settings.is_empty() { r.lr / 20.0 } else { r.lr / 10.0 };
        });
        add("batch 1", &|r| {
            r.batch = 1;
            r.lr /= 20.0;
        });
    }
    if let Some(table) = &base.table
        && base.traits.classes > 1
    {
        let noisy = table.clone().noisy_targets(0.1, base.traits.classes, 9);
        let path = folder.join(format!("{}-noisy.csv", base.name));
        noisy.write(&path);
        let path = path.display().to_string();
        add("10 % wrong labels", &|r| {
            r.source.clone_from(&path);
            r.data = "target = \"label\"".into();
            r.epochs = r.epochs / 4 + 2;
        });
    }
    all
}

/// Healthy ones that are built by hand.
fn ugly(folder: &Path) -> Vec<(String, Recipe)> {
    let file = |name: &str, table: Table| {
        let path = folder.join(format!("ugly-{name}.csv"));
        table.write(&path);
        path.display().to_string()
    };
    let mut all: Vec<(String, Recipe)> = vec![];
    let mut add = |name: &str, recipe: Recipe| all.push((format!("ugly: {name}"), recipe));
    let deep = dense(&[16, 16, 16, 16, 16, 16, 2], "tanh");
    add("deep tanh", recipe("moons", deep, "cross_entropy", ("adam", 3e-3), 60, 32));
    add("tiny", recipe("iris", dense(&[3], "relu"), "cross_entropy", ("adam", 0.05), 100, 16));
    add("wide", recipe("moons", dense(&[512, 2], "relu"), "cross_entropy", ("adam", 3e-3), 30, 32));
    add("batch of everything", recipe("moons", dense(&[16, 16, 2], "tanh"), "cross_entropy", ("adam", 0.02), 300, 1000));
    let rare = Table::blobs(800, 2, 6, 4.0, 3).keep(|i, row| row[6] == 1.0 || (i / 2) % 9 == 0);
    add("1 : 9 with a good result", recipe(&file("rare", rare), dense(&[16, 2], "relu"), "cross_entropy", ("adam", 0.01), 40, 32));
    let overlapping = Table::blobs(800, 2, 4, 1.0, 4);
    add("a hard problem", recipe(&file("hard", overlapping), dense(&[8, 2], "tanh"), "cross_entropy", ("adam", 3e-3), 20, 32));
    let unscaled = Table::blobs(600, 3, 5, 4.0, 5).scaled(|i| (2.0 + i as f64, 3.0));
    add("unscaled, and Adam copes", recipe(&file("unscaled", unscaled), dense(&[32, 3], "relu"), "cross_entropy", ("adam", 5e-3), 60, 32));
    add("few examples", recipe(&file("few", Table::blobs(40, 2, 3, 5.0, 6)), dense(&[8, 2], "tanh"), "cross_entropy", ("adam", 0.02), 60, 8));
    let mut decayed = recipe("digits", dense(&[64, 10], "relu"), "cross_entropy", ("adamw", 3e-3), 20, 32);
    (decayed.settings, decayed.scale) = ("weight_decay = 1.0".into(), "standard");
    add("strong decay", decayed);
    add("xor", Recipe { test: 0.0, ..recipe("xor", dense(&[8, 2], "tanh"), "cross_entropy", ("adam", 0.05), 200, 4) });
    let mut normed = recipe("circles", dense(&[16, 16, 2], "relu"), "cross_entropy", ("adam", 0.01), 40, 32);
    normed.layers.insert(1, kind("batch_norm"));
    add("batch norm", normed);
    let mut dropped = recipe("moons", dense(&[64, 64, 2], "relu"), "cross_entropy", ("adam", 5e-3), 60, 32);
    dropped.layers.insert(2, "  { type = \"dropout\", p = 0.2 }".into());
    add("dropout", dropped);
    add("linear regression", Recipe { scale: "standard", ..recipe("diabetes", dense(&[1], "relu"), "mse", ("adam", 0.5), 100, 32) });
    add("logits of one unit", recipe("moons", dense(&[16, 16, 1], "relu"), "bce_with_logits", ("adam", 0.01), 40, 32));
    add("sigmoid with bce", recipe("moons", [dense(&[16, 16, 1], "tanh"), vec![kind("sigmoid")]].concat(), "bce", ("adam", 0.01), 40, 32));
    add("log_softmax with nll", recipe("moons", [dense(&[16, 16, 2], "tanh"), vec![kind("log_softmax")]].concat(), "nll", ("adam", 0.01), 40, 32));
    all
}

/// Programs that people wrote, each with the link that is broken first.
fn known(folder: &Path) -> Vec<Case> {
    let file = |name: &str, table: Table| {
        let path = folder.join(format!("known-{name}.csv"));
        table.write(&path);
        path.display().to_string()
    };
    let mut cases = vec![];
    let mut add = |name: &str, faults: Vec<Planted>, recipe: Recipe| {
        cases.push(Case { name: format!("known: {name}"), text: recipe.text(), twin: None, expect: Expect::Faulty { faults, beside: vec![] } });
    };
    let binary = |last: &str| [dense(&[8, 1], "sigmoid"), vec![kind(last)]].concat();
    let xor = |layers, loss, optimizer, epochs| Recipe { test: 0.0, ..recipe("xor", layers, loss, optimizer, epochs, 4) };
    add("softmax over one unit, mse", vec![at(&["loss-mismatch"], &["softmax1"])], xor(binary("softmax"), "mse", ("sgd", 0.5), 500));
    add("softmax over one unit, bce", vec![at(&["loss-mismatch"], &["softmax1"])], xor(binary("softmax"), "bce", ("adam", 0.05), 500));
    let wine = |layers, scale| Recipe { scale, ..recipe("wine", layers, "cross_entropy", ("sgd", 0.03), 60, 16) };
    add("unscaled inputs and relu at the output", vec![planted(&["data-unscaled", "loss-mismatch"])], wine([dense(&[16, 3], "relu"), vec![kind("relu")]].concat(), "none"));
    let square = file("square", Table::square(200, 20.0));
    add("x² with a rate too high", vec![planted(&["step-too-large", "data-unscaled"])], recipe(&square, dense(&[16, 1], "relu"), "mse", ("sgd", 0.1), 100, 16));
    add("sigmoid at the output of an unbounded regression", vec![at(&["loss-unreachable"], &["sigmoid1"])], Recipe { scale: "standard", ..recipe("diabetes", [dense(&[8, 1], "tanh"), vec![kind("sigmoid")]].concat(), "mse", ("adam", 0.01), 60, 32) });
    add("softmax before cross-entropy", vec![at(&["loss-mismatch"], &["softmax1"])], Recipe { scale: "standard", ..recipe("digits", [dense(&[32, 10], "relu"), vec![kind("softmax")]].concat(), "cross_entropy", ("sgd", 0.05), 15, 32) });
    add("mae with sigmoids on xor", vec![planted(&["loss-mismatch"])], xor(binary("sigmoid"), "mae", ("sgd", 0.5), 1000));
    let mut zeros = recipe("moons", dense(&[16, 2], "relu"), "cross_entropy", ("adam", 0.01), 40, 32);
    zeros.linear("init = \"zeros\", bias_init = \"zeros\"", |_, _| true);
    add("all weights zero", vec![planted(&["units-identical"])], zeros);
    let mut dead = recipe("moons", dense(&[16, 2], "relu"), "cross_entropy", ("adam", 0.01), 40, 32);
    dead.linear("bias_init = { type = \"constant\", val = -20.0 }", |nth, _| nth == 0);
    add("biases at −20 before a relu", vec![at(&["units-dead"], &["relu1"])], dead);
    let shuffled = file("shuffled", Table::of_set("iris", None, 0).shuffled_targets(5));
    add("labels shuffled", vec![planted(&["labels-unrelated"])], Recipe { scale: "standard", ..recipe(&shuffled, dense(&[8, 3], "tanh"), "cross_entropy", ("adam", 0.02), 60, 16) });
    let sorted = file("sorted", Table::blobs(600, 4, 12, 4.0, 2).sorted());
    add("rows sorted by class", vec![planted(&["data-sorted-by-class"])], Recipe { shuffle: false, ..recipe(&sorted, dense(&[16, 4], "relu"), "cross_entropy", ("sgd", 0.1), 20, 32) });
    let mut decayed = Recipe { scale: "standard", ..recipe("digits", dense(&[32, 10], "relu"), "cross_entropy", ("sgd", 0.1), 15, 32) };
    decayed.settings = "weight_decay = 1.0".into();
    add("weight decay of 1", vec![planted(&["decay-dominates"])], decayed);
    let mut clipped = Recipe { scale: "standard", ..recipe("digits", dense(&[32, 10], "relu"), "cross_entropy", ("sgd", 0.1), 15, 32) };
    clipped.train = "clip_norm = 1e-5".into();
    add("clipped to 1e-5", vec![planted(&["clip-dominates"])], clipped);
    add("two epochs where 150 are needed", vec![planted(&["stopped-early"])], recipe("spiral", dense(&[32, 32, 3], "tanh"), "cross_entropy", ("adam", 3e-3), 2, 32));
    cases
}

/// Classes so rare that they are not learned: what costs is the mean over the classes.
fn imbalanced(folder: &Path) -> Vec<Case> {
    let mut cases = vec![];
    for (seed, apart, ratio) in [(7, 2.0, 15), (8, 2.2, 18), (9, 1.8, 22), (10, 2.4, 35), (1, 2.0, 20), (2, 2.0, 40), (3, 2.5, 30), (4, 2.5, 60), (5, 1.8, 25), (6, 2.2, 50)] {
        let table = Table::blobs(4000, 2, 6, apart, seed).keep(|i, row| row[6] == 1.0 || (i / 2) % ratio == 0).shuffled(seed);
        let path = folder.join(format!("imbalanced-{seed}.csv"));
        table.write(&path);
        let layers = dense(&[16, 2], if seed % 2 == 0 { "relu" } else { "tanh" });
        let recipe = recipe(&path.display().to_string(), layers, "cross_entropy", ("adam", 3e-3), 15, 32);
        let faults = vec![at(&["data-imbalanced"], &["0"])];
        cases.push(Case { name: format!("imbalanced 1 : {ratio}"), text: recipe.text(), twin: None, expect: Expect::Faulty { faults, beside: vec![] } });
    }
    cases
}

/// All experiments of the bench; their data go into the folder.
pub(crate) fn all(folder: &Path) -> Vec<Case> {
    let mut cases = known(folder);
    cases.extend(imbalanced(folder));
    let healthy_case = |(name, recipe): (String, Recipe)| Case { name, text: recipe.text(), twin: None, expect: Expect::Healthy };
    cases.extend(ugly(folder).into_iter().map(healthy_case));
    for base in bases(folder) {
        let twin = base.recipe.text();
        cases.extend(settings(&base).into_iter().map(|(name, faults, recipe)| Case {
            name: format!("{}: {name}", base.name),
            text: recipe.text(),
            twin: Some(twin.clone()),
            expect: Expect::Faulty { faults, beside: vec![] },
        }));
        cases.extend(data(&base, folder));
        cases.extend(healthy(&base, folder).into_iter().map(healthy_case));
    }
    cases
}
