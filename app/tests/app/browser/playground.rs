//! The playground, as a visitor plays it.

use super::page::Page;
use super::server::Server;
use super::{audited, page};
use crate::{output, stdout};
use safetensors::SafeTensors;
use serde_json::{Value as Json, json};
use std::path::Path;

fn server() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    (folder, server)
}

fn open<'a>(server: &Server, hash: &str) -> Option<Page<'a>>
where
    'static: 'a,
{
    let page = page()?;
    page.emulate(1280, 800, 1.0, false, true);
    page.goto(&server.url(&format!("/playground#{hash}")));
    page.wait_for(
        "Number(document.body.dataset.ready) > 0 && document.querySelector('[data-weight][data-number]')",
    );
    Some(page)
}

/// What stands in the clipboard after a click on a button of the header.
fn copied(page: &Page<'_>, button: &str) -> String {
    let text = page.eval(&format!(
        "navigator.clipboard.writeText = text => {{ globalThis.copied = text; return Promise.resolve(); }};
         [...document.querySelectorAll('header button')].find(each => each.textContent.includes('{button}')).click();
         globalThis.copied"
    ));
    text.unwrap().as_str().unwrap().to_string()
}

/// The numbers on the connections, by their weights' names.
fn weights(page: &Page<'_>) -> Vec<(String, f32)> {
    let found = page.eval("[...document.querySelectorAll('[data-weight][data-number]')].map(({ dataset }) => [dataset.weight, dataset.number])");
    let number = |pair: &Json| {
        (pair[0].as_str().unwrap().to_string(), pair[1].as_str().unwrap().parse::<f64>().unwrap() as f32)
    };
    found.unwrap().as_array().unwrap().iter().map(number).collect()
}

const SMALL: &str =
    "data.size=120&train.epochs=6&layers=5,tanh,3,sigmoid,2&seed=3&train.clip_norm=1&optimizer.lr=0.02";

#[test]
fn a_playground_run_is_that_of_the_copied_experiment_to_the_bit() {
    let (folder, server) = server();
    let Some(page) = open(&server, SMALL) else { return };
    let experiment = copied(&page, "experiment");
    page.click("[data-do=play]");
    page.wait_for("document.querySelector('[data-do=play]').disabled");
    std::fs::write(folder.path().join("copied.toml"), experiment).unwrap();
    let summary: Json =
        serde_json::from_str(&stdout(folder.path(), &["train", "copied.toml", "--json"])).unwrap();
    assert_eq!(summary["steps"], page.eval("Number(document.querySelector('main').dataset.step)").unwrap());
    let run = folder.path().join(summary["run"].as_str().unwrap());
    let bytes = std::fs::read(run.join("last.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut compared = 0;
    for (name, got) in weights(&page) {
        let (param, index) = name.trim_end_matches(']').split_once('[').unwrap();
        // The checkpoint calls layers by their places, as PyTorch does.
        let place = if param.starts_with("linear1") {
            "0"
        } else if param.starts_with("linear2") {
            "2"
        } else {
            "4"
        };
        let tensor = tensors.tensor(&format!("{place}.{}", param.split('.').nth(1).unwrap())).unwrap();
        let index: Vec<usize> = index.split(',').map(|i| i.parse().unwrap()).collect();
        let at = index.iter().zip(tensor.shape()).fold(0, |at, (i, width)| at * width + i);
        let want = f32::from_le_bytes(tensor.data()[4 * at..4 * at + 4].try_into().unwrap());
        assert_eq!(got.to_bits(), want.to_bits(), "{name}: {got} {want}");
        compared += 1;
    }
    assert!(compared >= 2 * 5 + 5 * 3 + 3 * 2, "{compared}");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn back_to_a_step_is_that_step_to_the_bit() {
    let (_folder, server) = server();
    let Some(page) = open(&server, SMALL) else { return };
    let step = |step: u32| format!("document.querySelector('main').dataset.step === '{step}'");
    for done in 1..=3 {
        page.click("[data-do=step]");
        page.wait_for(&step(done));
    }
    let (then, loss) =
        (weights(&page), page.eval("document.querySelector('main').dataset.trainLoss").unwrap());
    page.click("[data-do=play]");
    page.wait_for("document.querySelector('[data-do=play]').disabled");
    page.eval("{ const slider = document.querySelector('[data-slider]'); slider.value = 3; slider.dispatchEvent(new Event('input', { bubbles: true })); slider.dispatchEvent(new Event('change', { bubbles: true })) }").unwrap();
    page.wait_for(&step(3));
    assert_eq!(weights(&page), then);
    assert_eq!(page.eval("document.querySelector('main').dataset.trainLoss").unwrap(), loss);
}

#[test]
fn a_connection_says_why_it_moves_and_its_parts_add_up() {
    let (_folder, server) = server();
    let Some(page) = open(&server, &format!("{SMALL}&weight=linear1.weight[1,0]")) else { return };
    page.wait_for("document.querySelectorAll('[data-tile]').length >= 3");
    let answer = page.eval(
        "fetch('/api/playground/1/why', { method: 'POST', body: JSON.stringify({ weight: 'linear1.weight[1,0]' }) })
            .then(answer => answer.json())",
    );
    let why = answer.unwrap();
    for part in ["chain", "paths", "examples", "update"] {
        assert_eq!(why[part]["reconciles"], true, "{part}: {}", why[part]);
    }
    let shown = page.eval("document.querySelector('main').textContent").unwrap();
    assert!(shown.as_str().unwrap().contains("linear1.weight[1,0]"), "{shown}");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_table_is_read_by_the_same_readers_and_refused_in_one_sentence() {
    let (_folder, server) = server();
    let Some(page) = open(&server, "") else { return };
    let post = |path: &str, body: &str| {
        let answer = page.eval(&format!(
            "fetch({}, {{ method: 'POST', body: {} }}).then(answer => answer.json())",
            json!(path),
            json!(body)
        ));
        answer.unwrap()
    };
    let table = post("/api/playground/data?name=own.csv", "a,b,label\n1,2,x\n2,1,y\n3,3,x\n0,1,y\n5,1,x\n");
    let column = |name: &str, numbers: bool, values: usize, classes: usize| json!({"name": name, "numbers": numbers, "values": values, "classes": classes});
    let columns = json!([column("a", true, 5, 5), column("b", true, 3, 3), column("label", false, 2, 2)]);
    assert_eq!(table["columns"], columns);
    let experiment = |source: &str| {
        json!({"experiment": {
            "data": {"source": source, "scale": "standard"},
            "network": {"layers": [{"type": "linear", "out": 2}]},
            "loss": {"type": "cross_entropy"}, "optimizer": {"type": "sgd", "lr": 0.1}, "train": {"epochs": 2}
        }})
        .to_string()
    };
    let started = post("/api/playground", &experiment("own.csv"));
    assert_eq!(started["inputs"], json!(["a", "b"]));
    assert_eq!(started["outputs"], json!(["x", "y"]));
    let bad = post("/api/playground/data?name=bad.csv", "a,b,label\n1,2,x\n2,oops,y\n");
    assert_eq!(bad["source"], "bad.csv");
    let refused = post("/api/playground", &experiment("bad.csv"));
    assert!(
        refused["error"].as_str().unwrap().contains("column \"b\": \"oops\" is not a number"),
        "{refused}"
    );
    for source in ["/etc/passwd", "../own.csv", "/tmp/x.csv", "nothing.csv"] {
        let refused = post("/api/playground", &experiment(source));
        assert!(refused["error"].as_str().unwrap().starts_with("there is no set"), "{refused}");
    }
    let refused = post("/api/playground/data?name=../../x.toml", "a,b\n1,2\n");
    assert!(refused["error"].as_str().unwrap().contains("reads tables of text"), "{refused}");
}

#[test]
fn copied_as_pytorch_it_names_the_same_layers() {
    let (_folder, server) = server();
    let Some(page) = open(&server, SMALL) else { return };
    let script = copied(&page, "PyTorch");
    for line in [
        "    nn.Linear(2, 5),",
        "    nn.Tanh(),",
        "    nn.Linear(5, 3),",
        "    nn.Sigmoid(),",
        "    nn.Linear(3, 2),",
    ] {
        assert!(script.contains(line), "{script}");
    }
}

#[test]
fn the_playground_is_accessible_offline_and_without_a_complaint() {
    let (_folder, server) = server();
    let views = [
        "",
        "data.source=spiral&layers=8,tanh,8,relu,3&weight=linear2.weight[0,1]",
        "data.source=digits&layers=32,relu,10&data.scale=standard",
        "data.source=sine&loss.type=mse&layers=8,tanh,1",
    ];
    for (dark, width) in [(false, 1280), (true, 390)] {
        for hash in views {
            let Some(page) = open(&server, hash) else { return };
            page.emulate(width, 844, 1.0, dark, true);
            page.click("[data-do=step]");
            page.wait_for("document.querySelector('main').dataset.step === '1'");
            audited(&page, &server, &format!("{hash}, {width} wide, dark: {dark}"));
        }
    }
}

#[test]
fn the_command_says_what_it_needs_of_its_port() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let error = output(Path::new("."), &["ui", "--no-open", "--port", &port], 2).stderr;
    let error = String::from_utf8(error).unwrap();
    assert!(error.starts_with(&format!("error: --port: cannot listen on {port}: ")), "{error}");
}
