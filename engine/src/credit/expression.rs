//! Formulas of operations and losses with what their letters stand for in a network.

use crate::expr::digits::{finer, needed};
use crate::expr::{Expr, Role, Symbol};
use serde::Serialize;

/// How a derivative is written and computed: a formula and what its letters stand for. As JSON: `text` (with names),
/// `numbers` (with numbers), both as MathML, and `places`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "Written")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "Written"))]
pub struct Expression {
    /// The formula: `y·(1 − y)`.
    pub tree: Expr,
    /// What its letters stand for, settings too, each once.
    pub bindings: Vec<Binding>,
}

/// What a letter of an [`Expression`] stands for. As JSON: `name` (the letter), `symbol`, and `number`, or `numbers`
/// of a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The letter.
    pub letter: Symbol,
    /// What it is called in the network: `sigmoid1[3]`, `elu1.alpha`; of a setting of the loss its letter.
    pub symbol: String,
    /// Its number, or those of a vector.
    pub numbers: Vec<f64>,
}

impl Expression {
    /// `tree`, with a name and numbers for each of its letters that has some; `own` names a setting.
    pub(super) fn new(
        tree: Expr,
        own: impl Fn(&str) -> String,
        mut find: impl FnMut(&Symbol) -> Option<(String, Vec<f64>)>,
    ) -> Expression {
        let binding = |letter: &Symbol| {
            let (symbol, numbers) = match &letter.role {
                Role::Setting(x) => (own(&letter.letter), vec![*x]),
                Role::Settings(numbers) => (own(&letter.letter), numbers.to_vec()),
                Role::Constant(_) => return None,
                _ => find(letter)?,
            };
            Some(Binding { letter: letter.clone(), symbol, numbers })
        };
        Expression { bindings: tree.symbols().into_iter().filter_map(binding).collect(), tree }
    }

    /// With names: `sigmoid1[3]·(1 − sigmoid1[3])`.
    pub fn symbols(&self) -> String {
        self.tree.text(&|letter| self.name(letter))
    }

    fn name(&self, letter: &Symbol) -> String {
        match self.bindings.iter().find(|binding| binding.letter == *letter) {
            Some(binding) => binding.symbol.clone(),
            None => letter.letter.to_string(),
        }
    }

    /// What its settings are: `label_smoothing = 0.1`. Where the formula stands with its numbers, they stand there too.
    pub fn settings(&self) -> Vec<String> {
        let settings = self.bindings.iter().filter(|of| of.is_setting());
        settings.map(|of| of.text(&|x| x.to_string())).collect()
    }

    /// What its letters stand for, where some are vectors, of which only a result stands among its numbers:
    /// `ŷ = [0.5000, −1.2000]`, `y = 1`.
    pub fn vectors(&self, digits: impl Fn(f64) -> String) -> Vec<String> {
        let all = if self.bindings.iter().any(Binding::is_vector) { &self.bindings[..] } else { &[] };
        all.iter().map(|of| of.text(&digits)).collect()
    }

    /// With numbers, written by `digits` (a negative one with `−`, without brackets): `0.6457·(1 − 0.6457)`.
    pub fn numbers(&self, digits: impl Fn(f64) -> String) -> String {
        self.tree.numbers(&|letter| self.value(letter), &digits)
    }

    /// With numbers as people read them, in as many digits as it takes to get its result, as it is printed, from them:
    /// `0.99998·(1 − 0.99998)`.
    pub fn readable(&self) -> String {
        let more = self.needed();
        self.numbers(|x| finer(x, more))
    }

    /// As [`Expression::symbols`], as MathML.
    pub fn mathml(&self) -> String {
        self.tree.mathml(&|letter| self.name(letter))
    }

    /// As [`Expression::readable`], as MathML.
    pub fn mathml_readable(&self) -> String {
        let more = self.needed();
        self.tree.mathml_numbers(&|letter| self.value(letter), &|x| finer(x, more))
    }

    fn needed(&self) -> usize {
        let gives = |print: &dyn Fn(f64) -> f64| {
            let printed = |of: &Binding| {
                let numbers = of.numbers.iter().map(|x| print(*x)).collect();
                Binding { numbers, ..of.clone() }
            };
            let bindings = self.bindings.iter().map(printed).collect();
            Expression { tree: self.tree.clone(), bindings }.evaluate()
        };
        self.evaluate().map_or(0, |result| needed(result, gives))
    }

    /// The number that it gives; `None` for a vector.
    pub fn evaluate(&self) -> Option<f64> {
        self.tree.evaluate(&|letter| self.value(letter))
    }

    /// Whether it is one letter and nothing else.
    pub fn is_symbol(&self) -> bool {
        matches!(self.tree, Expr::Symbol(_))
    }

    /// Whether it is one number and nothing else.
    pub fn is_number(&self) -> bool {
        matches!(self.tree, Expr::Number(_))
    }

    fn value(&self, letter: &Symbol) -> Option<f64> {
        self.bindings.iter().find_map(|binding| match (&binding.letter.role, &letter.role) {
            (Role::Inputs { input, row, range }, Role::Input { input: i, row: r, at })
                if (input, row) == (i, r) && range.contains(at) =>
            {
                binding.numbers.get(at - range.start).copied()
            }
            _ if binding.letter == *letter => binding.numbers.first().copied(),
            _ => None,
        })
    }
}

/// Numbers from which on a vector is abbreviated, and how many of them stand before the dots.
const LONG: usize = 8;
const BEFORE: usize = 3;

impl Binding {
    fn is_setting(&self) -> bool {
        matches!(self.letter.role, Role::Setting(_) | Role::Settings(_))
    }

    fn is_vector(&self) -> bool {
        matches!(self.letter.role, Role::Inputs { .. } | Role::Settings(_))
    }

    /// `y = 1`: settings and whole numbers as they are.
    fn text(&self, digits: &dyn Fn(f64) -> String) -> String {
        let number = |x: &f64| match self.is_setting() || x.fract() == 0.0 {
            true => x.to_string().replace('-', "−"),
            false => digits(*x),
        };
        let mut numbers: Vec<String> = self.numbers.iter().map(number).collect();
        if numbers.len() > LONG {
            numbers.splice(BEFORE..numbers.len() - 1, ["…".to_string()]);
        }
        let numbers = numbers.join(", ");
        match self.is_vector() {
            true => format!("{} = [{numbers}]", self.symbol),
            false => format!("{} = {numbers}", self.symbol),
        }
    }
}

/// An expression as JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Written {
    /// With names: `sigmoid1[3]·(1 − sigmoid1[3])`.
    text: String,
    /// With numbers.
    numbers: String,
    /// With names, as MathML.
    mathml: String,
    /// With numbers as people read them, as MathML.
    mathml_numbers: String,
    /// What its letters stand for, settings too, each once.
    places: Vec<WrittenBinding>,
}

/// A letter of an expression as JSON.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct WrittenBinding {
    /// The letter.
    name: String,
    /// What it is called in the network: `sigmoid1[3]`, `elu1.alpha`; of a setting of the loss its letter.
    symbol: String,
    /// Its number, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<f64>,
    /// Its numbers, if it is a vector.
    #[serde(skip_serializing_if = "Option::is_none")]
    numbers: Option<Vec<f64>>,
}

impl From<Expression> for Written {
    fn from(expression: Expression) -> Written {
        Written {
            text: expression.symbols(),
            mathml: expression.mathml(),
            mathml_numbers: expression.mathml_readable(),
            numbers: expression.numbers(|x| x.to_string().replace('-', "−")),
            places: expression.bindings.into_iter().map(WrittenBinding::from).collect(),
        }
    }
}

impl From<Binding> for WrittenBinding {
    fn from(binding: Binding) -> WrittenBinding {
        let vector = binding.is_vector();
        let Binding { letter, symbol, numbers } = binding;
        let (number, numbers) = if vector { (None, Some(numbers)) } else { (numbers.first().copied(), None) };
        WrittenBinding { name: letter.letter.into(), symbol, number, numbers }
    }
}
