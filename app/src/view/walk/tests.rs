//! What is told adds up.

use super::*;
use crate::textbook::published;

/// All cases, and the first network with every activation and loss that it can have.
fn examples() -> Vec<Textbook> {
    let mut examples = published();
    for activation in ["identity", "relu", "leaky_relu", "elu", "sigmoid", "tanh", "gelu", "silu", "softplus"]
    {
        for loss in ["squared_error", "half_squared_error", "mse", "mae", "huber", "bce_with_logits"] {
            let mut example = Textbook::first_network();
            (example.hidden, example.loss) = (activation.into(), loss.into());
            examples.push(example);
        }
    }
    // A mean over two outputs.
    let mut mazur = published().remove(0);
    mazur.loss = "mse".into();
    examples.push(mazur);
    examples
}

fn close(a: f64, b: f64, what: &str) {
    assert!((a - b).abs() <= 1e-12 * b.abs().max(1e-3), "{what}: {a} is not {b}");
}

#[test]
fn every_equation_gives_its_number_from_letters_that_all_have_one() {
    let mut equations = 0;
    for book in examples() {
        let Story { forward, loss, output_weights, hidden_weights, .. } =
            Walk::new(&book, 1, true).unwrap().story;
        for of in [forward, loss, output_weights, hidden_weights].iter().flat_map(|step| &step.equations) {
            let what = format!("{}: {} = {}", book.name, of.symbol, of.expression.symbols());
            for letter in of.expression.tree.symbols() {
                let place = of.expression.bindings.iter().find(|place| place.letter == *letter);
                assert!(place.is_some_and(|place| !place.numbers.is_empty()), "{what}: {letter:?}");
            }
            close(of.expression.evaluate().unwrap_or(f64::NAN), of.value, &what);
            equations += 1;
        }
    }
    assert!(equations > 500, "{equations}");
}

#[test]
fn every_chain_multiplies_to_the_gradient_of_its_weight() {
    for book in examples() {
        let walk = Walk::new(&book, 1, false).unwrap();
        for (weight, gradient) in &walk.step.gradient.0 {
            let steps = [&walk.story.output_weights, &walk.story.hidden_weights];
            let chains: Vec<&WeightChain> =
                steps.iter().flat_map(|step| &step.chains).filter(|chain| chain.weight == *weight).collect();
            let what = format!("{}: {weight}", book.name);
            close(chains.iter().map(|chain| chain.product).sum(), *gradient, &what);
            let shared = chains.last().and_then(|chain| chain.shared);
            assert_eq!(shared.is_some(), chains.len() > 1, "{what}");
            shared.iter().for_each(|sum| close(*sum, *gradient, &what));
        }
    }
}
