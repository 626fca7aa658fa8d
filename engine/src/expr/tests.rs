//! Formulas as text, and the numbers that they give.

use super::*;

/// A number of the only input: whichever its letter.
fn letter(letter: &'static str) -> Expr {
    Expr::symbol(letter, Role::Input { input: 0, row: 0, at: 0 })
}

/// With the same number for every letter, to four digits.
fn at(x: f64, expr: &Expr) -> String {
    expr.numbers(&|_| Some(x), &|x| format!("{x:.4}").replace('-', "−"))
}

fn exp(x: Expr) -> Expr {
    Expr::call(Function::Exp, [x])
}

fn ln(x: Expr) -> Expr {
    Expr::call(Function::Ln, [x])
}

#[test]
fn a_negative_number_stands_in_brackets_where_notation_needs_them() {
    let x = || letter("x");
    let cases = [
        (1.0 - x().power(2.0), "1 − x²", "1 − (−0.3364)²"),
        ((x() - letter("y")).power(2.0), "(x − y)²", "(−0.3364 − (−0.3364))²"),
        (exp(x()), "e^x", "e^(−0.3364)"),
        (x() * exp(x()), "x·e^x", "(−0.3364)·e^(−0.3364)"),
        (2.0 * x(), "2·x", "2 × (−0.3364)"),
        (x() * letter("w") + letter("b"), "x·w + b", "(−0.3364) × (−0.3364) + (−0.3364)"),
        (x() / letter("y"), "x/y", "(−0.3364)/(−0.3364)"),
        (-x(), "−x", "−(−0.3364)"),
        (1.0 - -x(), "1 − (−x)", "1 − (−(−0.3364))"),
        (Expr::call(Function::Sigmoid, [x()]), "σ(x)", "σ(−0.3364)"),
        (Expr::call(Function::Abs, [x()]), "|x|", "|−0.3364|"),
        (ln(x()), "ln x", "ln(−0.3364)"),
        (x().cases(x(), Relation::Above, 0.0, 1.0), "x if x > 0, else 1", "−0.3364 if −0.3364 > 0, else 1"),
    ];
    for (expr, symbols, numbers) in cases {
        assert_eq!((expr.to_string().as_str(), at(-0.3364, &expr).as_str()), (symbols, numbers));
    }
}

#[test]
fn fractions_powers_and_functions_nest() {
    let (a, b, c) = (|| letter("a"), || letter("b"), || letter("c"));
    let cases = [
        ((a() - b()) / (a() * (1.0 - a())), "(a − b)/(a·(1 − a))"),
        (a() / (b() / c()), "a/(b/c)"),
        (a() / b() / c(), "a/b/c"),
        (a() * (b() / c()), "a·(b/c)"),
        (a() / b() * c(), "a/b·c"),
        (a().power(2.0).power(3.0), "(a²)³"),
        (a().power(b().power(2.0)), "a^(b²)"),
        ((a() / b()).power(2.0), "(a/b)²"),
        (exp(a().power(2.0)), "e^(a²)"),
        (exp(a()).power(2.0), "(e^a)²"),
        (exp(-a()), "e^(−a)"),
        (exp(a() * b()), "e^(a·b)"),
        (ln(1.0 + exp(a() * b())) / a(), "ln(1 + e^(a·b))/a"),
        (ln(a()) * b(), "(ln a)·b"),
        (b() * ln(a()), "b·ln a"),
        (-(a() * ln(b())) - (1.0 - a()) * ln(1.0 - b()), "−a·ln b − (1 − a)·ln(1 − b)"),
        (a() - (b() + c()), "a − (b + c)"),
        (a() + b() - c(), "a + b − c"),
        (a() * (b() * c()), "a·(b·c)"),
        (-(a() + b()), "−(a + b)"),
        ((-a()) * b(), "(−a)·b"),
        (Expr::call(Function::Sqrt, [a() / b()]), "√(a/b)"),
        (c() / Expr::call(Function::Sqrt, [a()]), "c/√a"),
        (Expr::call(Function::Tanh, [a()]).power(2.0), "tanh(a)²"),
        (0.5 * a().power(2.0), "½·a²"),
        (a().cases(b(), Relation::AtMost, c(), 1.0) * 2.0, "(a if b ≤ c, else 1)·2"),
    ];
    for (expr, text) in cases {
        assert_eq!(expr.to_string(), text);
    }
}

#[test]
fn settings_and_constants_are_written_as_they_are_and_numbers_meet_with_a_cross() {
    let alpha = || Expr::symbol("α", Role::Setting(-0.5));
    let pi = Expr::symbol("π", Role::Constant(std::f64::consts::PI));
    assert_eq!(at(0.25, &(alpha() * letter("x"))), "(−0.5) × 0.2500");
    assert_eq!(at(0.25, &(letter("x") * (1.0 - alpha()))), "0.2500·(1 − (−0.5))");
    assert_eq!(at(0.25, &(letter("x") * pi)), "0.2500·π");
    let tiny = |expr: &Expr| expr.numbers(&|_| Some(4.386e-4), &|x| format!("{x:.3e}").replace('-', "−"));
    assert_eq!(tiny(&letter("x").power(2.0)), "(4.386e−4)²");
    assert_eq!(tiny(&(2.0 * letter("x"))), "2 × 4.386e−4");
}

#[test]
fn a_long_sum_is_abbreviated_in_the_middle() {
    let terms = |n| Expr::Sum((0..n).map(|i| letter("x").power(i as f64)).collect());
    assert_eq!(terms(3).to_string(), "x⁰ + x¹ + x²");
    assert_eq!(terms(9).to_string(), "x⁰ + x¹ + x² + … + x⁸");
}

#[test]
fn letters_of_a_formulas_own_are_told_after_it_and_are_numbers_among_numbers() {
    let [u, v] = ["u", "v"].map(|letter| Symbol::new(letter, Role::Named));
    let own = |symbol: &Symbol| Expr::from(symbol.clone());
    let expr = (own(&u) * own(&v)).with([(u.clone(), letter("x") + 1.0), (v.clone(), own(&u).power(2.0))]);
    assert_eq!(expr.to_string(), "u·v with u = x + 1, v = u²");
    assert_eq!(at(-3.0, &expr), "(−2.0000) × 4.0000");
    assert_eq!(expr.evaluate(&|symbol| (symbol.letter == "x").then_some(-3.0)), Some(-8.0));
    assert_eq!(expr.symbols(), [&Symbol::new("x", Role::Input { input: 0, row: 0, at: 0 })]);
}

#[test]
fn vectors_keep_their_name_and_their_numbers_are_numbers() {
    let x = Expr::symbol("ŷ", Role::Inputs { input: 0, row: 0, range: 0..3 });
    let class = Expr::symbol("y", Role::Input { input: 1, row: 0, at: 0 });
    let weights = Expr::symbol("v", Role::Settings([0.5, 1.0, 2.0].into()));
    let shares = Expr::call(Function::Softmax, [x]);
    let values = |symbol: &Symbol| match symbol.role {
        Role::Input { input: 0, at, .. } => Some(at as f64),
        Role::Input { .. } => Some(2.0),
        _ => None,
    };
    let all = shares.clone() - Expr::call(Function::OneHot, [class.clone()]);
    assert_eq!((all.to_string().as_str(), all.evaluate(&values)), ("softmax(ŷ) − onehot(y)", None));
    let norm = Expr::call(Function::Norm, [all]);
    let e = std::f64::consts::E;
    let size = (1.0 + e * e + (1.0 + e).powi(2)).sqrt() / (1.0 + e + e * e);
    assert_eq!(norm.to_string(), "‖softmax(ŷ) − onehot(y)‖");
    assert!((norm.evaluate(&values).unwrap() - size).abs() <= 1e-15);
    assert_eq!(norm.numbers(&values, &|x| format!("{x:.4}")), format!("{size:.4}"));
    // Behind its 1 a onehot has nothing that counts; what holds for a number holds for each.
    let alone = Expr::call(Function::Norm, [-Expr::call(Function::OneHot, [class.clone()])]);
    assert_eq!(alone.evaluate(&values), Some(1.0));
    let x = || Expr::symbol("ŷ", Role::Inputs { input: 0, row: 0, range: 0..3 });
    let held = Expr::call(Function::Norm, [x().cases(x(), Relation::AtMost, 1.0, 5.0)]);
    assert_eq!(held.evaluate(&values), Some(26f64.sqrt()));
    let one =
        weights.item(class.clone()) * (shares.item(2.0) - Expr::call(Function::OneHot, [class]).item(2.0));
    assert_eq!(one.to_string(), "v[y]·(softmax(ŷ)[2] − onehot(y)[2])");
    let digits = |x: f64| format!("{x:.4}");
    assert_eq!(one.numbers(&values, &digits), "2·(0.6652 − 1)");
    let share = 1.0 / (1.0 + (-1.0f64).exp() + (-2.0f64).exp());
    assert_eq!(one.evaluate(&values), Some(2.0 * (share - 1.0)));
}

#[test]
fn what_cancels_keeps_its_digits() {
    let near = |found: Option<f64>, wanted: f64| {
        let found = found.unwrap();
        assert!((found - wanted).abs() <= 1e-15 * wanted.abs(), "{found} is not {wanted}");
    };
    near((exp(letter("x")) - 1.0).evaluate(&|_| Some(1e-9)), 1e-9f64.exp_m1());
    near(ln(1.0 + exp(letter("x"))).evaluate(&|_| Some(-104.0)), (-104f64).exp());
    near(ln(1.0 - letter("x")).evaluate(&|_| Some(1e-9)), (-1e-9f64).ln_1p());
    let sigmoid = |x| Expr::call(Function::Sigmoid, [x]);
    near(ln(sigmoid(letter("x"))).evaluate(&|_| Some(-800.0)), -800.0);
    near(ln(1.0 - sigmoid(letter("x"))).evaluate(&|_| Some(40.0)), -40.0);
    let x = Expr::symbol("x", Role::Inputs { input: 0, row: 0, range: 0..2 });
    let share = Expr::call(Function::Softmax, [x]).item(0.0);
    let values = |symbol: &Symbol| match symbol.role {
        Role::Input { at, .. } => Some([50.0, 0.0][at]),
        _ => None,
    };
    near(ln(share).evaluate(&values), -(-50f64).exp().ln_1p());
}

#[test]
fn a_letter_without_a_number_keeps_its_letter_and_gives_none() {
    let expr = letter("x") + Expr::symbol("q", Role::Named);
    let values = |symbol: &Symbol| (symbol.letter == "x").then_some(1.0);
    assert_eq!(expr.numbers(&values, &|x| x.to_string()), "1 + q");
    assert_eq!(expr.evaluate(&values), None);
}

/// The text of an element and of all in it; every tag has to be closed where it should be.
fn content(mathml: &str) -> String {
    let (mut open, mut text) = (vec![], String::new());
    for part in mathml.split('<').skip(1) {
        let (tag, after) = part.split_once('>').expect("a tag ends");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{mathml}"),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap_or_default()),
        }
        text += after;
    }
    assert!(open.is_empty(), "{mathml}");
    text.replace('\u{a0}', " ")
}

#[test]
fn mathml_has_the_signs_and_brackets_of_the_text_and_draws_fractions_and_powers() {
    let letter = |name: &'static str| Expr::symbol(name, Role::Named);
    let (x, y, v) = (|| letter("x"), || letter("y"), || letter("v"));
    let sigmoid = Expr::call(Function::Sigmoid, [x() * y() - 1.0]);
    for (formula, text, element) in [
        (sigmoid * -x(), "σ(x·y−1)·(−x)", "<mo form=\"prefix\" stretchy=\"false\">"),
        (Expr::power(x() + 1.0, 2.0), "(x+1)2", "<msup>"),
        (x() / (y() + 1.0), "xy+1", "<mfrac><mrow><mi>x</mi></mrow><mrow>"),
        (Expr::call(Function::Exp, [-x()]) * y(), "e−x·y", "<msup><mrow><mi>e</mi></mrow>"),
        (Expr::call(Function::Sqrt, [x() + y()]), "x+y", "<msqrt>"),
        (Expr::call(Function::Abs, [x()]), "|x|", ""),
        (Expr::call(Function::Max, [x(), y()]), "max(x,y)", "separator"),
        (v().item(2.0), "v[2]", ""),
        (Expr::call(Function::Ln, [x()]) * y(), "(lnx)·y", "<mspace"),
        (x().cases(y(), Relation::AtMost, 0.0, 1.0), "x if y≤0, else 1", "<mtext>"),
        (x().with([(Symbol::new("x", Role::Named), y())]), "x with x=y", "<mtext>"),
    ] {
        let written = formula.mathml(&|symbol| symbol.letter.to_string());
        assert_eq!(content(&written), text, "{written}");
        assert!(written.starts_with("<math>") && written.contains(element), "{written}");
    }
    let numbers = (x() * y()).mathml_numbers(&|_| Some(-0.5), &|x| format!("{x}").replace('-', "−"));
    assert_eq!(content(&numbers), "(−0.5)×(−0.5)", "{numbers}");
    assert!(letter("a<b").mathml(&|symbol| symbol.letter.to_string()).contains("a&lt;b"));
}
