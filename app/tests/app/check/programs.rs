//! Programs that people wrote, each with the link that is broken first and a change that works.

use super::{causes, checked, score};
use whygrad::check::{LIST, Link};
use whygrad_cli::experiment::Experiment;

fn experiment(data: &str, layers: &str, loss: &str, optimizer: &str, train: &str) -> Experiment {
    let layers = layers.replace('{', "{ type = ").replace("l=", "\"linear\", out = ");
    let text = format!(
        "seed = 1\n[data]\n{data}\n[network]\nlayers = [{layers}]\n[loss]\ntype = \"{loss}\"\n[optimizer]\n{optimizer}\n\
         [train]\n{train}\n"
    );
    Experiment::parse("program", "program", &text, &[]).unwrap()
}

/// The first cause is one of these checks, and what mends it helps from other starting points, too.
fn broken(experiment: &Experiment, link: Link, checks: &[&str]) {
    let found = checked(experiment);
    let first = causes(&found.verdict).first().copied().unwrap_or("nothing");
    assert!(checks.contains(&first), "{first}: {:#?}", found.verdict);
    assert_eq!(LIST.iter().find(|check| check.name == first).unwrap().link, link);
    let Some(mended) = found.mended else { return assert_eq!(first, "labels-unrelated") };
    let helps = (10..14).filter(|from| score(&mended, *from) > score(experiment, *from) + 0.02).count();
    assert!(helps >= 3, "it helps from {helps} of 4 starting points:\n{}", mended.text);
}

const XOR: &str = "source = \"xor\"\ntest = 0";
const SGD: &str = "type = \"sgd\"\nlr = 0.5";

#[test]
fn softmax_over_one_unit_with_squared_error() {
    let layers = "{l=8}, {\"sigmoid\"}, {l=1}, {\"softmax\"}";
    broken(&experiment(XOR, layers, "mse", SGD, "epochs = 2000\nbatch = 4"), Link::Loss, &["loss-mismatch"]);
}

#[test]
fn softmax_over_one_unit_with_binary_cross_entropy() {
    let layers = "{l=8}, {\"tanh\"}, {l=1}, {\"softmax\"}";
    broken(
        &experiment(XOR, layers, "bce", "type = \"adam\"\nlr = 0.05", "epochs = 300\nbatch = 4"),
        Link::Loss,
        &["loss-mismatch"],
    );
}

#[test]
fn inputs_that_are_not_scaled_and_relu_at_the_output() {
    let layers = "{l=16}, {\"relu\"}, {l=3}, {\"relu\"}";
    let wine = experiment(
        "source = \"wine\"",
        layers,
        "cross_entropy",
        "type = \"sgd\"\nlr = 0.03",
        "epochs = 60\nbatch = 16",
    );
    broken(&wine, Link::Data, &["data-unscaled"]);
}

/// From its own starting point it is dead at the start, from others not: what mends it is told all the same.
#[test]
fn a_relu_at_the_output_that_is_dead_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.csv");
    let row = |i: u32| {
        let (size, age) = (40 + i * 37 % 160, i * 53 % 80);
        format!("{size},{age},{}\n", 2 * size + 30 - age / 2)
    };
    std::fs::write(&path, "size,age,price\n".to_string() + &(0..200).map(row).collect::<String>()).unwrap();
    let data = format!("source = {:?}\ntarget = \"price\"", path.display().to_string());
    let layers = "{l=16}, {\"relu\"}, {l=1}, {\"relu\"}";
    let adam = "type = \"adam\"\nlr = 0.001";
    let dead = (1..).map(|seed| {
        let text = experiment(&data, layers, "mse", adam, "epochs = 60\nbatch = 32").text;
        let text = text.replace("seed = 1", &format!("seed = {seed}"));
        Experiment::parse("program", "program", &text, &[]).unwrap()
    });
    let dead = dead.into_iter().find(|dead| score(dead, 0) <= 0.0).unwrap();
    let found = checked(&dead);
    assert!(found.verdict.is_broken());
    let mended = found.mended.unwrap();
    assert!(score(&mended, 0) > 0.8, "{:?}: {}", causes(&found.verdict), mended.text);
}

#[test]
fn a_target_that_grows_like_the_square_with_a_rate_too_high() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("square.csv");
    let rows: String =
        (0..200).map(|i| format!("{},{}\n", f64::from(i) / 66.0, (f64::from(i) / 66.0).powi(2))).collect();
    std::fs::write(&path, format!("x,y\n{rows}")).unwrap();
    let data = format!("source = {:?}\ntarget = \"y\"", path.display().to_string());
    let layers = "{l=16}, {\"relu\"}, {l=1}";
    let square = experiment(&data, layers, "mse", "type = \"sgd\"\nlr = 1.0", "epochs = 60\nbatch = 16");
    broken(&square, Link::Update, &["step-too-large"]);
}

#[test]
fn sigmoid_at_the_output_of_a_regression_without_bounds() {
    let data = "source = \"diabetes\"\nscale = \"standard\"";
    let layers = "{l=8}, {\"tanh\"}, {l=1}, {\"sigmoid\"}";
    let diabetes = experiment(data, layers, "mse", "type = \"adam\"\nlr = 0.1", "epochs = 100\nbatch = 32");
    broken(&diabetes, Link::Loss, &["loss-unreachable"]);
}

const DIGITS: &str = "source = \"digits\"\nscale = \"standard\"";
const DENSE: &str = "{l=32}, {\"relu\"}, {l=10}";

#[test]
fn softmax_before_cross_entropy() {
    let layers = "{l=32}, {\"relu\"}, {l=10}, {\"softmax\"}";
    let digits =
        experiment(DIGITS, layers, "cross_entropy", "type = \"sgd\"\nlr = 0.05", "epochs = 15\nbatch = 32");
    broken(&digits, Link::Loss, &["loss-mismatch"]);
}

#[test]
fn mean_absolute_error_with_sigmoids_on_xor() {
    let layers = "{l=8}, {\"sigmoid\"}, {l=1}, {\"sigmoid\"}";
    broken(&experiment(XOR, layers, "mae", SGD, "epochs = 3000\nbatch = 4"), Link::Loss, &["loss-mismatch"]);
}

#[test]
fn all_weights_zero() {
    let zero = "init = \"zeros\", bias_init = \"zeros\"";
    let layers = format!("{{l=16, {zero}}}, {{\"relu\"}}, {{l=2, {zero}}}");
    let moons = experiment(
        "source = \"moons\"",
        &layers,
        "cross_entropy",
        "type = \"adam\"\nlr = 0.01",
        "epochs = 40\nbatch = 32",
    );
    broken(&moons, Link::Forward, &["units-identical"]);
}

#[test]
fn biases_at_minus_twenty_before_a_relu() {
    let layers = "{l=16, bias_init = {\"constant\", val = -20.0}}, {\"relu\"}, {l=2}";
    let moons = experiment(
        "source = \"moons\"",
        layers,
        "cross_entropy",
        "type = \"adam\"\nlr = 0.01",
        "epochs = 40\nbatch = 32",
    );
    broken(&moons, Link::Forward, &["units-dead"]);
}

#[test]
fn rows_sorted_by_class_without_shuffling() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sorted.csv");
    let row = |i: u32, shift: f64| {
        let angle = f64::from(i) * 0.37 + shift;
        let class = i / 100;
        format!(
            "{},{},{class}\n",
            f64::from(class) + 0.4 * angle.sin(),
            f64::from(class % 2) + 0.4 * angle.cos()
        )
    };
    std::fs::write(&path, "a,b,label\n".to_string() + &(0..400).map(|i| row(i, 0.0)).collect::<String>())
        .unwrap();
    let held_out = folder.path().join("held_out.csv");
    std::fs::write(
        &held_out,
        "a,b,label\n".to_string() + &(0..400).step_by(7).map(|i| row(i, 0.2)).collect::<String>(),
    )
    .unwrap();
    let [path, held_out] = [path, held_out].map(|path| path.display().to_string());
    let data = format!("source = {path:?}\ntest_source = {held_out:?}\nshuffle = false");
    let train = "epochs = 10\nbatch = 8";
    let sorted =
        experiment(&data, "{l=16}, {\"relu\"}, {l=4}", "cross_entropy", "type = \"sgd\"\nlr = 0.5", train);
    broken(&sorted, Link::Data, &["data-sorted-by-class"]);
}

#[test]
fn weight_decay_of_one() {
    let digits = experiment(
        DIGITS,
        DENSE,
        "cross_entropy",
        "type = \"sgd\"\nlr = 0.1\nweight_decay = 1.0",
        "epochs = 10\nbatch = 32",
    );
    broken(&digits, Link::Update, &["decay-dominates"]);
}

#[test]
fn a_gradient_clipped_to_next_to_nothing() {
    let digits = experiment(
        DIGITS,
        DENSE,
        "cross_entropy",
        "type = \"sgd\"\nlr = 0.1",
        "epochs = 10\nbatch = 32\nclip_norm = 1e-5",
    );
    broken(&digits, Link::Update, &["clip-dominates"]);
}

#[test]
fn two_epochs_where_150_are_needed() {
    let layers = "{l=32}, {\"tanh\"}, {l=32}, {\"tanh\"}, {l=3}";
    let spiral = experiment(
        "source = \"spiral\"",
        layers,
        "cross_entropy",
        "type = \"adam\"\nlr = 0.01",
        "epochs = 2\nbatch = 32",
    );
    broken(&spiral, Link::Update, &["stopped-early"]);
}
