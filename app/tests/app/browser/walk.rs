//! The walk, as a visitor sees and touches it.

use super::page::Page;
use super::server::Server;
use super::{audited, page};
use crate::{oracle, stdout};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;

/// A page at an address of the walk, at rest.
fn walk<'a>(server: &Server, hash: &str) -> Option<Page<'a>>
where
    'static: 'a,
{
    let page = page()?;
    page.emulate(1280, 800, 1.0, false, true);
    page.goto(&server.url(&format!("/#{hash}")));
    page.wait_for("Number(document.body.dataset.ready) > 1");
    Some(page)
}

fn server() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    (folder, server)
}

/// Goes to another address of the same page.
fn to(page: &Page<'_>, server: &Server, hash: &str) {
    page.goto(&format!("http://{}/#{hash}", server.address));
    let step = hash.split('&').next().unwrap().trim_start_matches("step=");
    page.wait_for(&format!("document.querySelector('main').dataset.step === '{step}'"));
    markup(page);
}

/// Every number in the picture by what it is of, `value h₁` or `gradient w₁`, with all its digits.
fn numbers(page: &Page<'_>) -> BTreeMap<String, String> {
    let found = page.eval(
        "Object.fromEntries([...document.querySelectorAll('#net [data-number]')].map(element => {
            const kind = ['value', 'gradient'].find(kind => element.hasAttribute(`data-${kind}-of`));
            return [`${kind} ${element.getAttribute(`data-${kind}-of`)}`, element.dataset.number];
        }))",
    );
    let found: Map<String, Json> = serde_json::from_value(found.unwrap()).unwrap();
    found.into_iter().map(|(name, number)| (name, number.as_str().unwrap().to_string())).collect()
}

/// What is printed beside a name in the picture.
fn printed(page: &Page<'_>, of: &str, name: &str) -> String {
    let text = page.eval(&format!("document.querySelector('#net [data-{of}-of=\"{name}\"]').textContent"));
    text.unwrap().as_str().unwrap_or_default().to_string()
}

/// The numbers of tiles: of the n-th tile what stands large in it.
fn tile(page: &Page<'_>, at: usize) -> String {
    let text = page.eval(&format!("document.querySelector('[data-tile=\"{at}\"] .big').textContent"));
    text.unwrap().as_str().unwrap_or_default().to_string()
}

fn go(page: &Page<'_>, key: &str, step: u32) {
    page.press(key);
    page.wait_for(&format!("document.querySelector('main').dataset.step === '{step}'"));
}

/// The picture, story and tiles, as soon as nothing moves any more.
fn markup(page: &Page<'_>) -> String {
    let mut before = String::new();
    loop {
        let now = markup_now(page);
        if now == before {
            return now;
        }
        before = now;
        page.eval("new Promise(done => setTimeout(done, 100))").unwrap();
    }
}

fn markup_now(page: &Page<'_>) -> String {
    let shown = page.eval(
        "{
            const main = document.querySelector('main').cloneNode(true);
            main.querySelectorAll('[hidden]').forEach(element => element.remove());
            main.outerHTML
        }",
    );
    shown.unwrap().as_str().unwrap().to_string()
}

/// Types a number over another one.
fn set(page: &Page<'_>, name: &str, value: &str) {
    page.focus(&format!("[data-var=\"{name}\"]"));
    page.press("Enter");
    page.type_text(value);
    page.press("Enter");
}

#[test]
fn the_numbers_of_the_first_network_stand_where_they_belong() {
    let (_folder, server) = server();
    let Some(page) = walk(&server, "step=2") else { return };
    assert_eq!(printed(&page, "value", "ŷ"), "0.7000");
    go(&page, "ArrowRight", 3);
    assert_eq!(printed(&page, "value", "L"), "0.0900");
    go(&page, "ArrowRight", 4);
    assert_eq!(printed(&page, "gradient", "ŷ"), "−0.6000");
    assert_eq!([1, 2, 3].map(|at| tile(&page, at)), ["−0.6000", "0.6457", "−0.3874"]);
    go(&page, "ArrowRight", 5);
    assert_eq!(printed(&page, "gradient", "w₁"), "−0.0961");
    assert_eq!([1, 2, 3, 4].map(|at| tile(&page, at)), ["−0.6000", "0.7000", "0.2288", "−0.0961"]);
    go(&page, "ArrowRight", 6);
    let story = page.eval("document.querySelector('#story').textContent").unwrap();
    assert!(story.as_str().unwrap().contains("0.7000 → 0.8500"), "{story}");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn a_change_of_a_weight_changes_what_depends_on_it_and_nothing_else() {
    let (_folder, server) = server();
    let Some(page) = walk(&server, "step=6") else { return };
    let before = numbers(&page);
    set(&page, "w1", "0.9");
    page.wait_for("document.querySelector('#net [data-value-of=\"w₁\"]').dataset.number === '0.9'");
    let after = numbers(&page);
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    let stays: Vec<&str> =
        before.keys().filter(|key| before[*key] == after[*key]).map(|key| &**key).collect();
    // Every gradient has ∂L/∂ŷ in it.
    assert_eq!(stays, ["value h₂", "value w₂", "value w₃", "value w₄", "value x₁", "value x₂", "value y"]);
    assert!(after.len() > 15, "{after:?}");
}

/// What the engine says of every number in a picture, by the names on the page.
fn engine(arguments: &[&str]) -> BTreeMap<String, f64> {
    let all = stdout(Path::new("."), &[&["walk", "--json"], arguments].concat());
    let all: Json = serde_json::from_str(&all).unwrap();
    let mut numbers = BTreeMap::new();
    let mut add = |kind: &str, of: &Json| {
        for (name, number) in of.as_object().into_iter().flatten() {
            numbers.insert(format!("{kind} {name}"), number.as_f64().unwrap());
        }
    };
    let step = &all["step"];
    for of in [&all["inputs"], &all["weights"], &step["hidden"], &step["prediction"]] {
        add("value", of);
    }
    for of in ["gradient", "dL_dhidden", "dL_dprediction"] {
        add("gradient", &step[of]);
    }
    add("value", &json!({ "L": step["loss"] }));
    // A target is called by its output where there are several.
    let targets = all["targets"].as_object().unwrap();
    for (output, number) in targets {
        let name = if targets.len() == 1 { "y".into() } else { format!("y({output})") };
        add("value", &json!({ name: number }));
    }
    for (name, number) in step["dL_doutput_sum"].as_object().unwrap() {
        add("gradient", &json!({ format!("z({name})"): number }));
    }
    numbers
}

/// `w₁` as w1.
fn plain(name: &str) -> String {
    name.chars()
        .map(|c| "₀₁₂₃₄₅₆₇₈₉".chars().position(|low| low == c).map_or(c, |n| char::from(b'0' + n as u8)))
        .collect()
}

#[test]
fn every_number_in_the_picture_is_the_engines() {
    let (_folder, server) = server();
    let cases: [(&str, &[&str]); 4] = [
        ("", &[]),
        (
            "activation=tanh&lr=0.1&x1=-2&w4=0.25&after=3",
            &[
                "--activation",
                "tanh",
                "--lr",
                "0.1",
                "--x=-2,0.5",
                "--w",
                "0.6,-0.7,0.7,0.25",
                "--after",
                "3",
            ],
        ),
        ("case=mazur", &["--case", "mazur"]),
        ("optimizer=adam&after=7", &["--optimizer", "adam", "--after", "7"]),
    ];
    for (hash, arguments) in cases {
        let expected = engine(arguments);
        let mut compared = 0;
        let Some(page) = walk(&server, hash) else { return };
        for step in 1..=6 {
            to(&page, &server, &format!("step={step}&{hash}"));
            for (name, number) in numbers(&page) {
                let of = plain(&name);
                // What passes along a wire is no number of the view by itself.
                let Some(engines) = expected.get(&of) else {
                    assert!(step < 4 && name.starts_with("value"), "{hash}, step {step}: {name}");
                    continue;
                };
                assert_eq!(
                    number.parse::<f64>().unwrap().to_bits(),
                    engines.to_bits(),
                    "{hash}, step {step}: {name}"
                );
                compared += 1;
            }
        }
        assert!(compared > 50, "{hash}: {compared}");
    }
}

#[test]
fn forward_and_back_is_the_same_to_the_bit_and_so_is_the_address() {
    let (_folder, server) = server();
    let Some(page) = walk(&server, "step=1&w1=0.55&after=2") else { return };
    let mut there = vec![markup(&page)];
    for step in 2..=6 {
        go(&page, "ArrowRight", step);
        there.push(markup(&page));
    }
    let addresses: Vec<String> = (1..=6).map(|step| format!("step={step}&w1=0.55&after=2")).collect();
    for step in (1..=5).rev() {
        go(&page, "ArrowLeft", step);
        assert_eq!(markup(&page), there[step as usize - 1], "back at step {step}");
    }
    for (address, markup_then) in addresses.iter().zip(&there) {
        let Some(page) = walk(&server, address) else { return };
        assert_eq!(&markup(&page), markup_then, "{address}");
    }
}

#[test]
fn a_visitor_with_a_keyboard_alone_sees_and_changes_everything() {
    let (_folder, server) = server();
    let Some(page) = walk(&server, "") else { return };
    let titles = page.eval("document.querySelector('#story h1').textContent").unwrap();
    assert_eq!(titles, "A simple neural network");
    go(&page, "ArrowRight", 2);
    go(&page, "Space", 3);
    go(&page, "End", 6);
    go(&page, "Home", 1);
    go(&page, "5", 5);
    // By Tab from the top to the first weight, and up.
    page.eval("document.activeElement.blur()").unwrap();
    for _ in 0..60 {
        page.press("Tab");
        if page.eval("document.activeElement.dataset.var ?? null").unwrap() == "w1" {
            break;
        }
    }
    page.press("ArrowUp");
    page.wait_for("document.querySelector('#net [data-value-of=\"w₁\"]').dataset.number === '0.61'");
    page.press("Shift+ArrowDown");
    page.wait_for("document.querySelector('#net [data-value-of=\"w₁\"]').dataset.number === '0.51'");
    let says = page.eval("document.querySelector('[data-tile=\"3\"]').getAttribute('aria-label')").unwrap();
    assert!(says.as_str().is_some_and(|says| says.contains("h₁") || says.contains("h1")), "{says}");
    // Focusing a factor lights its piece.
    page.focus("[data-tile=\"2\"]");
    page.wait_for("document.querySelector('[data-tile=\"2\"]').classList.contains('hot')");
    assert!(page.eval("document.querySelectorAll('#net .hot').length").unwrap().as_u64().unwrap() > 0);
    // Six: an update, by its button.
    page.eval("document.activeElement.blur()").unwrap();
    go(&page, "6", 6);
    page.focus("[data-update]");
    page.press("Enter");
    page.wait_for("location.hash.includes('after=1')");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn practice_says_what_a_wrong_answer_would_be_right_for() {
    let (_folder, server) = server();
    let Some(page) = walk(&server, "step=5") else { return };
    page.click("[data-practise]");
    // The product, ∂L/∂w₁ = −0.0961, is the fourth.
    for _ in 0..8 {
        if page.eval("document.querySelector('[data-covered]').dataset.tile").unwrap() == "4" {
            break;
        }
        page.eval("document.querySelector('[data-focus=another]').click()").unwrap();
        page.eval("new Promise(requestAnimationFrame)").unwrap();
    }
    let answer = |text: &str| {
        page.focus(".answer");
        page.press("Control+a");
        page.type_text(text);
        page.eval("new Promise(requestAnimationFrame)").unwrap();
        page.eval("document.querySelector('[data-covered] .verdict').textContent")
            .unwrap()
            .as_str()
            .unwrap()
            .to_string()
    };
    for (given, says) in [
        ("-0.0480", "half the squared error"),
        ("0.0961", "direction of descent"),
        ("-0.4200", "leaves out the slope of the activation, ∂h₁/∂z₁"),
        ("-0.1174", "has w₃ after the update"),
        ("0.5", "Not yet"),
        ("-0.0961", "Right."),
        ("−0.0961", "Right."),
    ] {
        let said = answer(given);
        assert!(said.contains(says), "{given}: {said}");
    }
}

#[test]
fn practice_knows_the_sum_from_the_mean() {
    let (_folder, server) = server();
    let Some(page) = walk(&server, "step=4&case=mazur&loss=mse") else { return };
    let mistakes = page.eval(
        "fetch('/api/walk', { method: 'POST', body: JSON.stringify({ case: 'mazur', loss: 'mse' }) })
            .then(answer => answer.json()).then(({ story }) => story.output_weights.chains[0])",
    );
    let chain = mistakes.unwrap();
    let product = chain["product"].as_f64().unwrap();
    let found = chain["mistakes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|mistake| mistake["says"].as_str().unwrap().contains("right for the sum over the outputs"));
    assert_eq!(found.unwrap()["value"].as_f64(), Some(2.0 * product));
}

#[test]
fn what_the_server_refuses_is_one_sentence_and_the_last_good_numbers_stay() {
    let (_folder, server) = server();
    let Some(page) = walk(&server, "step=2&case=nobody") else { return };
    let said = page.wait_for("document.querySelector('#error:not([hidden])')?.textContent");
    assert!(said.as_str().unwrap().contains("no case \"nobody\""), "{said}");
    assert_eq!(printed(&page, "value", "ŷ"), "0.7000");
}

#[test]
fn copied_as_a_command_it_prints_the_same() {
    let (_folder, server) = server();
    let hash = "step=6&activation=tanh&optimizer=sgd%2Cmomentum%3D0.9&w2=-0.25&y=0.5&after=4";
    let Some(page) = walk(&server, hash) else { return };
    let command = page.eval(
        "navigator.clipboard.writeText = text => { globalThis.copied = text; return Promise.resolve(); };
         [...document.querySelectorAll('header button')].find(button => button.textContent.includes('command')).click();
         globalThis.copied",
    );
    let command = command.unwrap().as_str().unwrap().to_string();
    let arguments: Vec<&str> = command.split(' ').skip(2).collect();
    let expected = engine(&arguments);
    for (name, number) in numbers(&page) {
        assert_eq!(number.parse::<f64>().ok(), expected.get(&plain(&name)).copied(), "{command}: {name}");
    }
}

#[test]
fn the_walk_is_accessible_offline_and_without_a_complaint() {
    let (_folder, server) = server();
    for (dark, width) in [(false, 1280), (true, 1280), (false, 390), (true, 390)] {
        let Some(page) = walk(&server, "") else { return };
        page.emulate(width, 844, 1.0, dark, true);
        for hash in ["step=1", "step=2", "step=3", "step=4", "step=5", "step=6&after=3", "step=5&case=mazur"]
        {
            to(&page, &server, hash);
            audited(&page, &server, &format!("{hash}, {width} wide, dark: {dark}"));
        }
    }
}

#[test]
fn the_oracles_of_the_first_network_are_on_the_page() {
    let (_folder, server) = server();
    let Some(page) = walk(&server, "step=6") else { return };
    let oracle: Json =
        serde_json::from_str(&std::fs::read_to_string(oracle("first_network.json")).unwrap()).unwrap();
    let first = &oracle["steps"][0];
    let found = numbers(&page);
    for (name, key) in [("value L", "loss"), ("value ŷ", "prediction"), ("gradient ŷ", "dL_dprediction")] {
        let (got, wanted) = (found[name].parse::<f64>().unwrap(), first[key].as_f64().unwrap());
        assert!((got - wanted).abs() <= 1e-14 * wanted.abs(), "{name}: {got} {wanted}");
    }
}
