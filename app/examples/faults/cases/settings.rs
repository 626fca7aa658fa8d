//! Faults of settings.

// Lists of cases, which are read from top to bottom.
#![allow(clippy::too_many_lines)]

use super::bases::Base;
use super::{Planted, Recipe, at, dense, kind, planted};

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
pub(super) fn settings(base: &Base) -> Vec<Fault> {
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
    plant("warm-up longer than training", vec![planted(&["step-too-small", "stopped-early"])], &|r| {
        r.schedule = "[schedule]\nwarmup = 1000000".into()
    });
    plant("two epochs", vec![planted(&["stopped-early"])], &|r| r.epochs = 2);
    if r.optimizer == "sgd" {
        plant("clip 1e-4", vec![planted(&["clip-dominates"])], &|r| r.train = "clip_norm = 1e-4".into());
        plant("clip value 1e-5", vec![planted(&["clip-dominates"])], &|r| {
            r.train = "clip_value = 1e-5".into()
        });
        plant("momentum 0.999", vec![planted(LARGE)], &|r| r.settings = "momentum = 0.999".into());
    }
    plant("decay 1", vec![planted(&["decay-dominates"])], &|r| {
        let decay = if r.optimizer == "adamw" { 30.0 } else { 1.0 };
        r.settings = format!("{}\nweight_decay = {decay}", r.settings);
    });
    // The start.
    plant("zero init", vec![planted(&["units-identical"])], &|r| {
        r.linear("init = \"zeros\", bias_init = \"zeros\"", |_, _| true)
    });
    plant("constant init", vec![planted(&["units-identical"])], &|r| {
        r.linear("init = { type = \"constant\", val = 0.1 }, bias_init = \"zeros\"", |_, _| true);
    });
    plant(
        "init std 10",
        vec![planted(&["signal-grows", "units-saturated", "gradient-explodes", "loss-at-init"])],
        &|r| r.linear("init = { type = \"normal\", std = 10.0 }", |_, _| true),
    );
    plant("init std 1e-5", vec![planted(&["signal-shrinks", "gradient-vanishes"])], &|r| {
        r.linear("init = { type = \"normal\", std = 1e-5 }, bias_init = \"zeros\"", |_, _| true);
    });
    plant(
        "bias −20",
        vec![at(&["units-dead", "units-saturated"], &["relu1", "tanh1", "sigmoid1", "gelu1"])],
        &|r| {
            r.linear("bias_init = { type = \"constant\", val = -20.0 }", |nth, _| nth == 0);
        },
    );
    if traits.curved {
        plant("nonlinearity missing", vec![planted(&["nonlinearity-missing"])], &straight);
    }
    if traits.deep || traits.curved {
        plant(
            "eight sigmoid layers",
            vec![planted(&["gradient-vanishes", "signal-shrinks", "units-saturated"])],
            &|r| {
                let out =
                    r.layers.iter().rfind(|layer| layer.contains("linear")).cloned().unwrap_or_default();
                let tail = r
                    .layers
                    .iter()
                    .rev()
                    .take_while(|layer| !layer.contains("linear"))
                    .cloned()
                    .collect::<Vec<_>>();
                let mut layers = dense(&[16; 8], "sigmoid");
                layers.extend([kind("sigmoid"), out]);
                layers.extend(tail);
                r.layers = layers;
            },
        );
    }
    // The loss.
    let last = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mismatch =
        |names: &[&str]| Planted { checks: vec!["loss-mismatch"], place: Some(last(names)), alone: None };
    if traits.classes > 1 {
        for by in ["softmax", "sigmoid", "relu", "tanh"] {
            let place = if base.recipe.layers.iter().any(|layer| layer.contains(by)) {
                let count = base.recipe.layers.iter().filter(|layer| layer.contains(by)).count();
                format!("{by}{}", count + 1)
            } else {
                format!("{by}1")
            };
            plant(&format!("{by} before cross-entropy"), vec![mismatch(&[&place])], &|r| {
                r.layers.push(kind(by))
            });
        }
        plant("nll on logits", vec![planted(&["loss-mismatch"])], &|r| r.loss = "type = \"nll\"".into());
    }
    if traits.classes == 1 {
        plant("softmax on one unit", vec![mismatch(&["softmax1"])], &|r| {
            *r.layers.last_mut().expect("layers") = kind("softmax")
        });
        plant("softmax on one unit, mse", vec![mismatch(&["softmax1"])], &|r| {
            *r.layers.last_mut().expect("layers") = kind("softmax");
            r.loss = "type = \"mse\"".into();
        });
        plant("relu with bce", vec![mismatch(&["relu1"])], &|r| {
            *r.layers.last_mut().expect("layers") = kind("relu")
        });
        plant("bce on logits", vec![planted(&["loss-mismatch"])], &|r| {
            r.layers.pop();
        });
        plant("sigmoid twice", vec![mismatch(&["sigmoid1"])], &|r| {
            r.loss = "type = \"bce_with_logits\"".into()
        });
        plant("mae", vec![planted(&["loss-mismatch"])], &|r| r.loss = "type = \"mae\"".into());
    }
    if traits.classes == 0 {
        for by in ["sigmoid", "relu", "tanh", "softmax"] {
            let count = base.recipe.layers.iter().filter(|layer| layer.contains(by)).count();
            let place = format!("{by}{}", count + 1);
            plant(
                &format!("{by} at the output"),
                vec![at(&["loss-unreachable", "loss-mismatch"], &[&place])],
                &|r| r.layers.push(kind(by)),
            );
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
    let mut both =
        |name: &str, [a, b]: [Planted; 2], first: &dyn Fn(&mut Recipe), second: &dyn Fn(&mut Recipe)| {
            let with = |changes: &[&dyn Fn(&mut Recipe)]| {
                let mut recipe = r.clone();
                changes.iter().for_each(|change| change(&mut recipe));
                recipe
            };
            let a = Planted { alone: Some(with(&[first]).text()), ..a };
            let b = Planted { alone: Some(with(&[second]).text()), ..b };
            faults.push((name.into(), vec![a, b], with(&[first, second])));
        };
    both(
        "lr×100 and zero init",
        [planted(&["units-identical"]), planted(LARGE)],
        &|r| r.linear("init = \"zeros\", bias_init = \"zeros\"", |_, _| true),
        &|r| r.lr *= 100.0,
    );
    if traits.curved {
        both(
            "nonlinearity missing and lr÷1000",
            [planted(&["nonlinearity-missing"]), planted(SMALL)],
            &straight,
            &|r| r.lr /= 1000.0,
        );
    }
    if traits.classes > 1 {
        both(
            "relu at the output and lr÷300",
            [planted(&["loss-mismatch"]), planted(SMALL)],
            &|r| r.layers.push(kind("relu")),
            &|r| r.lr /= 300.0,
        );
        both(
            "softmax twice and two epochs",
            [planted(&["loss-mismatch"]), planted(&["stopped-early"])],
            &|r| r.layers.push(kind("softmax")),
            &|r| r.epochs = 2,
        );
    }
    if traits.scaled {
        both(
            "not scaled and zero init",
            [planted(&["data-unscaled"]), planted(&["units-identical"])],
            &|r| r.scale = "none",
            &|r| r.linear("init = \"zeros\", bias_init = \"zeros\"", |_, _| true),
        );
    }
    if traits.classes == 0 {
        both(
            "sigmoid at the output and lr÷300",
            [planted(&["loss-unreachable"]), planted(SMALL)],
            &|r| r.layers.push(kind("sigmoid")),
            &|r| r.lr /= 300.0,
        );
    }
    faults
}
