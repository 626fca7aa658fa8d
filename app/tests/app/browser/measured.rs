//! What is measured in the browser, and pictures of every view: not tests, but run by `bench/page` and
//! `bench/screenshots` with a release build.

use super::page as open;
use super::page::Page;
use super::server::Server;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

fn ready(page: &Page<'_>) {
    page.wait_for("Number(document.body.dataset.ready) > 1");
    // Pictures are taken of what stands still.
    page.eval("document.fonts.ready.then(() => new Promise(done => setTimeout(done, 300)))").unwrap();
}

fn number(page: &Page<'_>, js: &str) -> f64 {
    page.eval(js).unwrap().as_f64().unwrap()
}

/// Milliseconds from an edit to the frame that shows its answer: the median and the largest of 100.
const EDIT: &str = "(async edit => {
    const times = [];
    for (let at = 0; at < 100; at++) {
        const before = document.body.dataset.ready, began = performance.now();
        edit(at);
        await new Promise(done => {
            const look = () => document.body.dataset.ready !== before ? done() : requestAnimationFrame(look);
            requestAnimationFrame(look);
        });
        // What was drawn before this frame began is on the screen with it.
        times.push(performance.now() - began);
        await new Promise(done => setTimeout(done, 20));
    }
    times.sort((a, b) => a - b);
    return [times[50], times[99]];
})";

#[test]
#[ignore = "measures; run by bench/page"]
fn latency() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    let Some(page) = open() else { return };
    page.emulate(1280, 800, 1.0, false, true);
    page.goto(&server.url("/#step=5"));
    ready(&page);
    let paint = number(&page, "performance.getEntriesByName('first-contentful-paint')[0].startTime");
    let weight = number(
        &page,
        "performance.getEntriesByType('resource').reduce((sum, { transferSize }) => sum + transferSize, 0) + performance.getEntriesByType('navigation')[0].transferSize",
    );
    println!("walk: first paint {paint:.0} ms, page weight {:.0} KB", weight / 1000.0);
    let edit = "at => { const weight = document.querySelector('[data-var=w1]'); weight.focus(); weight.dispatchEvent(new KeyboardEvent('keydown', { key: at % 2 ? 'ArrowUp' : 'ArrowDown', bubbles: true })); }";
    let [median, most] = times(&page, edit);
    println!(
        "walk, first network: an edit is on the screen after {median:.1} ms (median of 100; at most {most:.1})"
    );
    let Some(page) = open() else { return };
    page.emulate(1280, 800, 1.0, false, true);
    page.goto(&server.url("/playground#data.source=digits&data.scale=standard&layers=32,relu,10"));
    ready(&page);
    let paint = number(&page, "performance.getEntriesByName('first-contentful-paint')[0].startTime");
    let weight = number(
        &page,
        "performance.getEntriesByType('resource').filter(({ name }) => !name.includes('/api/')).reduce((sum, { transferSize }) => sum + transferSize, 0) + performance.getEntriesByType('navigation')[0].transferSize",
    );
    println!("playground: first paint {paint:.0} ms, page weight {:.0} KB", weight / 1000.0);
    let edit = "at => { const rate = document.querySelector('[data-var=\"optimizer.lr\"], [data-var=lr]'); rate.focus(); rate.dispatchEvent(new KeyboardEvent('keydown', { key: at % 2 ? 'ArrowUp' : 'ArrowDown', bubbles: true })); }";
    let [median, most] = times(&page, edit);
    println!(
        "playground, 64-32-10: an edit is on the screen after {median:.1} ms (median of 100; at most {most:.1})"
    );
    speed(&server, folder.path());
}

fn times(page: &Page<'_>, edit: &str) -> [f64; 2] {
    let found: Vec<f64> = serde_json::from_value(page.eval(&format!("{EDIT}({edit})")).unwrap()).unwrap();
    [found[0], found[1]]
}

const MOONS: &str = "[data]\nsource = \"moons\"\n[network]\nlayers = [{ type = \"linear\", out = 16 }, { type = \"tanh\" }, \
                     { type = \"linear\", out = 16 }, { type = \"tanh\" }, { type = \"linear\", out = 2 }]\n[loss]\n\
                     type = \"cross_entropy\"\n[optimizer]\ntype = \"adam\"\nlr = 0.01\n[train]\nepochs = 2000\nbatch = 32\n";

/// Steps a second of a run that a page watches, beside one that nobody watches, and beside `whygrad train`.
fn speed(server: &Server, folder: &Path) {
    let hash = "data.source=moons&layers=16,tanh,16,tanh,2&train.epochs=100000";
    let Some(page) = open() else { return };
    page.emulate(1280, 800, 1.0, false, false);
    page.goto(&server.url(&format!("/playground#{hash}")));
    ready(&page);
    let rate = |watched: bool| {
        let stop = if watched { "" } else { "document.querySelector('main').replaceChildren();" };
        let js = format!(
            "(async () => {{
                const ask = body => fetch('/api/playground/' + id + '/act', {{ method: 'POST', body: JSON.stringify(body) }}).then(answer => answer.json());
                const {{ id }} = await fetch('/api/playground', {{ method: 'POST', body: JSON.stringify({{ experiment }}) }}).then(answer => answer.json());
                {stop}
                let frames = 0, going = {watched};
                const watch = async () => {{ while (going) {{ await fetch(`/api/playground/${{id}}/frame`).then(answer => answer.arrayBuffer()); frames++; await new Promise(requestAnimationFrame); }} }};
                await ask({{ do: 'play', speed: null }});
                const watching = watch();
                const began = performance.now(), from = (await ask({{ do: 'play', speed: null }})).step;
                await new Promise(done => setTimeout(done, 3000));
                const {{ step }} = await ask({{ do: 'pause' }});
                const seconds = (performance.now() - began) / 1000;
                going = false;
                await watching;
                return [(step - from) / seconds, frames / seconds];
            }})()"
        );
        let experiment = r#"const experiment = {"data":{"source":"moons"},"network":{"layers":[{"type":"linear","out":16},{"type":"tanh"},{"type":"linear","out":16},{"type":"tanh"},{"type":"linear","out":2}]},"loss":{"type":"cross_entropy"},"optimizer":{"type":"adam","lr":0.01},"train":{"epochs":100000,"batch":32}};"#;
        let found: Vec<f64> =
            serde_json::from_value(page.eval(&format!("{{ {experiment} {js} }}")).unwrap()).unwrap();
        found
    };
    let (watched, alone) = (rate(true), rate(false));
    println!(
        "moons, 2-16-16-2: {:.0} steps/s watched at {:.0} frames/s, {:.0} steps/s unwatched: {:.0} %",
        watched[0],
        watched[1],
        alone[0],
        100.0 * watched[0] / alone[0]
    );
    std::fs::write(folder.join("moons.toml"), MOONS).unwrap();
    let summary = crate::stdout(folder, &["train", "moons.toml", "--json"]);
    let summary: Json = serde_json::from_str(&summary).unwrap();
    let of = |key: &str| summary[key].as_f64().unwrap();
    println!("the same by `whygrad train`, recorded: {:.0} steps/s", of("steps") / of("train_seconds"));
}

/// Every view that there is a picture of.
const VIEWS: &[(&str, &str)] = &[
    ("walk1", "/#step=1"),
    ("walk2", "/#step=2"),
    ("walk3", "/#step=3"),
    ("walk4", "/#step=4"),
    ("walk5", "/#step=5"),
    ("walk6", "/#step=6&after=5"),
    ("walk-mazur", "/#step=5&case=mazur"),
    ("walk-han_kamber", "/#step=5&case=han_kamber"),
    ("walk-adam", "/#step=6&optimizer=adam&after=4&lr=0.1"),
    ("playground", "/playground#step=400"),
    (
        "playground-spiral",
        "/playground#data.source=spiral&layers=16,tanh,16,tanh,3&step=1200&train.epochs=300",
    ),
    ("playground-why", "/playground#step=60&weight=linear1.weight[2,0]"),
    ("playground-sine", "/playground#data.source=sine&loss.type=mse&layers=8,tanh,8,tanh,1&step=600"),
    ("playground-digits", "/playground#data.source=digits&data.scale=standard&layers=32,relu,10&step=200"),
];

#[test]
#[ignore = "takes pictures; run by bench/screenshots"]
fn screenshots() {
    let to = PathBuf::from(std::env::var_os("SCREENSHOTS").unwrap_or("target/screenshots".into()));
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(to);
    std::fs::create_dir_all(&to).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    for (name, path) in VIEWS {
        for (width, height, scale) in [(1280, 800, 1.0), (390, 844, 2.0)] {
            for (dark, theme) in [(false, "light"), (true, "dark")] {
                let Some(page) = open() else { return };
                page.emulate(width, height, scale, dark, true);
                page.goto(&server.url(path));
                ready(&page);
                if let Some((_, step)) =
                    path.split_once("playground").and_then(|(_, hash)| hash.split_once("step="))
                {
                    let step = step.split('&').next().unwrap_or_default();
                    page.wait_for(&format!("document.querySelector('main').dataset.step === '{step}'"));
                    ready(&page);
                }
                // The face of the README's pictures, where it is installed (fonts-inter).
                page.eval("document.documentElement.style.setProperty('--sans', 'Inter, system-ui')")
                    .unwrap();
                ready(&page);
                page.screenshot(&to.join(format!("{name}-{width}-{theme}.png")));
                let complaints: Vec<Json> = page.complaints().into_iter().map(Json::from).collect();
                assert!(complaints.is_empty(), "{name}: {complaints:?}");
            }
        }
    }
    println!("{} pictures in {}", 4 * VIEWS.len(), to.display());
}
