//! The answer as a page that is read from top to bottom.

use super::answer::Answer;
use super::step::Names;
use crate::terminal::{Page, bar, fit, two_sided, wrap};
use crate::view::digits::{apart, count, difference, number, short, signed};
use console::Style;
use whygrad::credit::{Expression, Factor, Kind, Link, Magnitude, Path, Verdict};
use whygrad::network::Network;

/// Factors of a chain that are all shown; of a longer one, those at its ends.
const FACTORS: usize = 12;

/// An answer and how to show it.
pub struct Show<'a> {
    pub answer: &'a Answer,
    pub names: &'a Names,
    pub network: &'a Network,
    pub examples: usize,
    pub width: usize,
}

impl Show<'_> {
    /// Writes the page.
    pub fn page(&self, page: &mut Page) {
        self.sentence(page);
        self.gradient(page);
        let parts = [Show::chain, Show::paths, Show::examples, Show::update, Show::effect];
        let titles = [
            "Chain: the factors of one example's gradient",
            "Paths: the ways from the loss to the weight",
            "Examples: who pushed the weight up or down",
            "Update: what the optimizer made of the gradient",
            "Effect: what the step did to the batch's loss",
        ];
        for (k, (part, title)) in (1..).zip(parts.into_iter().zip(titles)) {
            page.line("");
            page.title(k, title);
            part(self, page);
        }
    }

    fn say(&self, text: &str) -> String {
        self.names.say(text, true)
    }

    fn weight(&self) -> String {
        self.say(&self.answer.weight)
    }

    fn paragraph(&self, page: &mut Page, text: &str) {
        page.paragraph(text, self.width);
    }

    fn sentence(&self, page: &mut Page) {
        let (answer, weight, step) = (self.answer, self.weight(), self.answer.step);
        let text = match answer.after.zip(answer.moved) {
            None => format!(
                "{weight} is {}; the source gives no learning rate, so no step is made",
                number(answer.before)
            ),
            Some((_, 0.0)) => format!("{weight} stayed at {} at step {step}", number(answer.before)),
            Some((after, moved)) => {
                let [from, to] = apart(answer.before, after);
                let way = if moved > 0.0 { "up" } else { "down" };
                format!("{weight} moved from {from} to {to} at step {step}: {way} by {}", short(moved.abs()))
            }
        };
        for line in wrap(&text, self.width) {
            page.line(Style::new().bold().apply_to(line).to_string());
        }
        let of = match (&answer.run, &answer.case) {
            (Some(run), _) => format!("{run}, step {step} of {}; ", answer.last_step.unwrap_or(step)),
            (_, Some(case)) => format!("{case}; "),
            _ => String::new(),
        };
        let batch = match answer.batch.len() {
            1 => "one example".into(),
            n => format!("a batch of {}", count(n, "example")),
        };
        let average = if answer.examples.divisor == 1.0 { "" } else { ", the mean of its examples' losses" };
        self.paragraph(page, &format!("{of}{batch}; its loss L is {}{average}", number(answer.loss)));
        page.line("");
    }

    /// The gradient, and what it should equal.
    fn gradient(&self, page: &mut Page) {
        let (nudge, beside) = (&self.answer.nudge, &self.answer.beside);
        let weight = self.weight();
        let left = format!("∂L/∂{}", if weight.chars().count() <= 8 { &weight } else { "w" });
        let gap = " ".repeat(left.chars().count());
        page.line(format!("  {left} = {:>10}   by backpropagation", number(nudge.gradient)));
        let agrees = if nudge.agrees { "" } else { ": does not agree" };
        page.line(format!(
            "  {gap} = {:>10}   by nudging; relative difference {}{agrees}",
            number(nudge.difference),
            difference(nudge.relative)
        ));
        if self.answer.precision == "f32" {
            page.line(format!(
                "  {gap} = {:>10}   in training, with f32; relative difference {}",
                number(beside.training),
                beside.relative.map_or("–".into(), short)
            ));
        }
        for crossing in &nudge.crossings {
            let more =
                if crossing.count > 1 { format!(", and {} more", crossing.count - 1) } else { String::new() };
            let text = format!(
                "A kink lies inside the nudge: {} of example {} goes from {} to {} across {} of {}{more}. There the \
                 slopes on both sides differ, and nudging gives a mixture of them.",
                self.say(&crossing.argument),
                crossing.example,
                number(crossing.below),
                number(crossing.above),
                number(crossing.at),
                crossing.operation
            );
            self.paragraph(page, &text);
        }
    }

    /// What an example of the batch is called.
    fn example(&self, example: usize) -> String {
        let row = &self.answer.batch[example];
        match (&self.answer.case, &row.class) {
            (Some(_), _) => "the example".into(),
            (_, Some(class)) => format!("example {example} (row {}, class {class})", row.row),
            (_, None) => format!("example {example} (row {})", row.row),
        }
    }

    fn chain(&self, page: &mut Page) {
        let chain = &self.answer.chain;
        let example = self.example(chain.example);
        let most = self.answer.examples.each.iter().map(|c| c.abs()).fold(0.0, f64::max);
        let why = match self.answer.examples.each[chain.example].abs() {
            c if c == most && c > 0.0 && self.answer.batch.len() > 1 => ", which contributes most",
            _ => "",
        };
        if self.answer.batch.len() > 1 {
            let text = format!("Of {example}{why}; its own loss ℓ is {}.", number(chain.loss));
            self.paragraph(page, &text);
        }
        if chain.factors.is_empty() {
            return page.line("No path leads from the loss to the weight: there are no factors.");
        }
        page.line("");
        let symbols: Vec<String> = chain.factors.iter().map(|factor| self.say(&factor.symbol)).collect();
        let columns = symbols.iter().map(|symbol| symbol.chars().count()).max().unwrap_or(0);
        let columns = columns.clamp(14, self.width - 30);
        let (first, last) = match chain.factors.len() {
            n if n > FACTORS => (FACTORS / 2, n - FACTORS / 2),
            n => (n, n),
        };
        let mut shared = false;
        for (i, (of, symbol)) in chain.factors.iter().zip(&symbols).enumerate() {
            if i == first {
                let between: f64 =
                    chain.factors[first..last].iter().filter_map(|factor| factor.number).product();
                let text = format!("… {} factors more", last - first);
                page.line(format!("  {text:columns$}  {:>10}   their product", number(between)));
            }
            if (first..last).contains(&i) {
                continue;
            }
            shared |= of.shared;
            self.factor(page, of, symbol, columns);
        }
        let line = |left: &str, x: f64, right: &str| {
            format!("  {left:columns$}  {:>10}   {right}", number(x)).trim_end().to_string()
        };
        page.line(format!("  {}", "─".repeat(columns + 12)));
        page.line(line("product", chain.product, ""));
        page.line(line(
            "∂ℓ/∂w",
            chain.gradient,
            &reconciled(chain.residual, chain.reconciles, chain.rounding),
        ));
        page.line(line("by nudging", self.answer.nudge.each[chain.example], ""));
        if shared {
            page.line("");
            self.paragraph(
                page,
                "↺ was computed for the weights of the layer above and is used again here: that reuse is why it is \
                 called backpropagation.",
            );
        }
        if chain.factors.iter().any(|factor| factor.kind == Kind::Gain) {
            page.line("");
            self.paragraph(
                page,
                "A gain stands where several numbers lie at an end of a factor: the ratio of the norms ‖·‖ of the \
                 gradients there.",
            );
        }
    }

    fn factor(&self, page: &mut Page, of: &Factor, symbol: &str, columns: usize) {
        let kind = if of.kind == Kind::Gain { "gain" } else { "" };
        let again = if of.shared { "↺" } else { "" };
        let value = of.number.map_or("–".into(), number);
        let note = [again, kind].into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join(" ");
        page.line(format!("  {:columns$}  {value:>10}   {note}", fit(symbol, columns)));
        // A link between two names of the same thing says nothing.
        let says = |link: &&Link| {
            let symbol = self.say(&link.symbol);
            symbol.trim_start_matches('∂').split_once("/∂").is_none_or(|(upper, lower)| upper != lower)
        };
        let links: Vec<&Link> = of.links.iter().filter(says).collect();
        for link in &links {
            let left = if links.len() > 1 { format!("{} = ", self.say(&link.symbol)) } else { String::new() };
            let right = if links.len() > 1 {
                link.number.map_or(" = –".into(), |x| format!(" = {}", number(x)))
            } else {
                String::new()
            };
            if let Some(written) = &link.expression {
                let written = match link.kind {
                    Kind::Derivative => self.written(written),
                    Kind::Gain => self.say(&written.symbols()),
                };
                let text = format!("{left}{written}{right}");
                for line in wrap(&text, self.width - 6) {
                    page.line(format!("      {}", Style::new().dim().apply_to(line)));
                }
            } else if links.len() > 1 {
                page.line(format!(
                    "      {}",
                    Style::new().dim().apply_to(format!("{left}{}", right.trim_start_matches(" = ")))
                ));
            }
        }
    }

    /// `h₁·(1 − h₁) = 0.6457·(1 − 0.6457)`
    fn written(&self, expression: &Expression) -> String {
        let symbols = self.say(&expression.symbols());
        let numbers = expression.numbers(number);
        // A letter by itself is followed by its number anyway.
        if expression.is_symbol() || symbols == numbers { symbols } else { format!("{symbols} = {numbers}") }
    }

    fn paths(&self, page: &mut Page) {
        let paths = &self.answer.paths;
        let flow = &paths.flow;
        let text = match flow.paths {
            Magnitude { exact: Some(0), .. } | Magnitude { log10: None, .. } => {
                return page.line("There is none.");
            }
            Magnitude { exact: Some(1), .. } => "One path leads from the loss to the weight.".to_string(),
            all => format!(
                "{} paths lead from the loss to the weight; the gradient is the sum of their products. Together they \
                 carry Σ|p| = {}, as evenly as {} paths of equal share would (entropy {}).",
                magnitude(all),
                number(flow.total),
                short(flow.effective),
                short(flow.entropy),
            ),
        };
        self.paragraph(page, &text);
        if !paths.shown.is_empty() {
            page.line("");
            page.line(format!("  {:>6} {:10} {:>11}   path", "share", "", "product"));
        }
        for path in &paths.shown {
            page.line(format!(
                "  {:>6} {:10} {:>11}   {}",
                percent(path.share),
                bar(path.share, 10),
                signed(path.product),
                self.way(path, self.width - 34)
            ));
        }
        let line = |left: &str, x: f64, right: &str| page_line(left, x, right);
        if !paths.shown.is_empty() {
            page.line(format!("  {}", "─".repeat(29)));
        }
        let shown = count(paths.shown.len(), "path");
        page.line(line(&format!("{shown} shown"), paths.shown_sum, ""));
        // Where there are no others, what remains is a residual.
        let all = flow.paths.exact == Some(paths.shown.len() as u64);
        let residual = if all { paths.remainder } else { paths.shown_sum + paths.remainder - paths.gradient };
        if !all {
            page.line(line("remainder", paths.remainder, "the sum of all other paths"));
        }
        let rounding = self.answer.chain.rounding;
        let reconciles = residual.abs() <= rounding.max(1e-10 * paths.gradient.abs());
        page.line(line("∂ℓ/∂w", paths.gradient, &reconciled(residual, reconciles, rounding)));
        page.line("");
        if self.network.mixes_examples() {
            self.paragraph(page, "unit@n is that unit of example n: examples mix in this network.");
        }
        self.diagnosis(page);
    }

    /// The units that a path goes through, those that operations with parameters read, in `width` columns.
    fn way(&self, path: &Path, width: usize) -> String {
        let has_params = |unit: &str| {
            let name = unit.split(['[', ' ']).next().unwrap_or_default();
            self.network.nodes().iter().any(|node| node.name == name && !node.params.is_empty())
        };
        let steps = &path.steps[..path.steps.len().saturating_sub(1)];
        let below = |i: usize| i == 0 || has_params(&steps[i - 1].to);
        let units: Vec<String> = (0..steps.len())
            .filter(|&i| below(i))
            .map(|i| self.say(&steps[i].to).replace(" of example ", "@"))
            .collect();
        // Where they are too many, some in the middle stay out: as few as make it fit.
        let without = |out: usize| {
            let (left, right) = units.split_at((units.len() - out) / 2);
            let gap = (out > 0).then(|| format!("… {out} more …"));
            let shown = left.iter().chain(&gap).chain(&right[out..]);
            let shown = shown.map(String::as_str).collect::<Vec<_>>().join(" → ");
            format!("L → {shown} → w")
        };
        let fits = |text: &String| text.chars().count() <= width;
        let most = units.len().saturating_sub(2);
        (0..=most).map(without).find(fits).unwrap_or_else(|| fit(&without(most), width))
    }

    fn diagnosis(&self, page: &mut Page) {
        let (paths, diagnosis) = (&self.answer.paths, &self.answer.paths.diagnosis);
        let text = match diagnosis.verdict {
            Verdict::NoPath => "No path leads from the loss to the weight.".to_string(),
            Verdict::Blocked => {
                let symbol = self.say(diagnosis.symbol.as_deref().unwrap_or_default());
                match diagnosis.number.unwrap_or(0.0) {
                    0.0 => format!("Blocked at {symbol} = 0: no path comes through that link."),
                    x => format!(
                        "Blocked at {symbol} = {}: next to nothing comes through that link (its limit is {}).",
                        number(x),
                        number(diagnosis.blocked_below)
                    ),
                }
            }
            Verdict::Cancelled => format!(
                "Cancelled: |Σ p| / Σ|p| = {}, below {} (a hundredth of what random signs give).",
                short(paths.agreement.unwrap_or(0.0)),
                short(diagnosis.cancelled_below)
            ),
            Verdict::Neither => format!(
                "Neither blocked nor cancelled: |Σ p| / Σ|p| = {}.",
                short(paths.agreement.unwrap_or(0.0))
            ),
        };
        self.paragraph(page, &text);
        if let Some(groups) = &diagnosis.groups {
            let text = format!(
                "Through {} the paths above 0 sum to {} and those below 0 to {}:",
                self.say(&groups.value),
                signed(groups.positive),
                signed(groups.negative)
            );
            self.paragraph(page, &text);
            let most = groups.strongest.iter().map(|group| group.sum.abs()).fold(0.0, f64::max);
            for group in &groups.strongest {
                let half = (self.width - 34).min(41) / 2;
                page.line(format!(
                    "  {:14} {:>11}  {}",
                    fit(&self.say(&group.through), 14),
                    signed(group.sum),
                    two_sided(group.sum / most, half)
                ));
            }
        }
    }

    fn examples(&self, page: &mut Page) {
        let examples = &self.answer.examples;
        let [above, below, zero] = examples.signs;
        let mixes = self.network.mixes_examples();
        let n = examples.each.len();
        if n == 1 {
            page.line("The batch has one example.");
        } else {
            let divided = match (mixes, examples.divisor) {
                (true, _) => {
                    " Examples mix in this network: a contribution is what comes through the example's row."
                        .into()
                }
                (_, 1.0) => String::new(),
                (_, divisor) => format!(" A contribution is an example's ∂ℓ/∂w / {divisor}."),
            };
            let text = format!(
                "A contribution above 0 pushes the weight down, one below 0 pushes it up: {below} of {n} push up, \
                 {above} down, {zero} not at all.{divided}"
            );
            self.paragraph(page, &text);
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| examples.each[b].abs().total_cmp(&examples.each[a].abs()));
        order.retain(|&example| examples.each[example] != 0.0 || n == 1);
        let rest = order.split_off(self.examples.min(order.len()));
        let most = examples.each.iter().map(|c| c.abs()).fold(0.0, f64::max);
        let labels: Vec<String> = order.iter().map(|&example| self.example(example)).collect();
        let columns =
            labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).clamp(14, self.width / 2);
        let half = (self.width.saturating_sub(columns + 17) / 2).clamp(4, 24);
        if n > 1 && !order.is_empty() {
            page.line("");
            page.line(format!("  {:columns$} {:>11}  {:>half$}│ down", "", "", "up "));
            for (&example, label) in order.iter().zip(&labels) {
                let c = examples.each[example];
                page.line(format!(
                    "  {:columns$} {:>11}  {}",
                    fit(label, columns),
                    signed(c),
                    two_sided(if most > 0.0 { c / most } else { 0.0 }, half)
                ));
            }
        }
        let line = |left: &str, x: f64, right: &str| {
            format!("  {left:columns$} {:>11}   {right}", signed(x)).trim_end().to_string()
        };
        if !rest.is_empty() {
            let sum: f64 = rest.iter().map(|&example| examples.each[example]).sum();
            page.line(line(&format!("{} others", rest.len()), sum, ""));
        }
        page.line(format!("  {}", "─".repeat(columns + 12)));
        page.line(line("sum", examples.sum, ""));
        page.line(line(
            "∂L/∂w",
            examples.gradient,
            &reconciled(examples.residual, examples.reconciles, examples.rounding),
        ));
        let agreement = short(examples.agreement.unwrap_or(0.0));
        let text = match examples.verdict {
            Verdict::Blocked => "Nothing comes to the weight from any example.".into(),
            Verdict::Cancelled => {
                format!(
                    "Cancelled between examples: |Σ| / Σ|·| = {agreement}, below {}.",
                    short(examples.limit)
                )
            }
            _ if n == 1 => return,
            _ => format!("Of what comes from the examples, |Σ| / Σ|·| = {agreement} is left in the sum."),
        };
        page.line("");
        self.paragraph(page, &text);
    }

    fn update(&self, page: &mut Page) {
        let Some(update) = &self.answer.update else {
            return page.line("The source gives no learning rate.");
        };
        if update.frozen {
            return page.line("The weight is frozen: the optimizer leaves it alone.");
        }
        self.paragraph(
            page,
            &format!("By {}; its parts in the order in which they apply.", update.optimizer),
        );
        page.line("");
        let most = update.parts.iter().map(|part| part.amount.abs()).fold(0.0, f64::max);
        let half = 8;
        for part in &update.parts {
            page.line(format!(
                "  {:14} {:>11}  {}  {}",
                part.source.name(),
                signed(part.amount),
                pad(
                    two_sided(if most > 0.0 { part.amount / most } else { 0.0 }, half),
                    part.amount,
                    most,
                    half
                ),
                fit(part.formula, self.width - 48)
            ));
        }
        page.line(format!("  {}", "─".repeat(26)));
        let line = |left: &str, x: f64, right: &str| {
            format!("  {left:14} {:>11}   {right}", signed(x)).trim_end().to_string()
        };
        page.line(line("sum", update.sum, ""));
        page.line(line(
            "Δw",
            update.moved,
            &reconciled(update.residual, update.reconciles, update.tolerance),
        ));
        let [before, after] = apart(update.before, update.after);
        page.line(format!(
            "  w + Δw = {before} {} {} = {after}",
            if update.moved < 0.0 { "−" } else { "+" },
            number(update.moved.abs())
        ));
        page.line("");
        let value = |x: f64| match x.to_string() {
            text if text.chars().count() <= 8 => text.replace('-', "−"),
            _ => number(x),
        };
        for symbol in &update.symbols {
            // A hat takes no column of its own.
            let name = console::pad_str(symbol.symbol, 4, console::Alignment::Left, None);
            let line = format!("{name} = {:>10}   {}", value(symbol.value), symbol.meaning);
            page.line(format!("  {}", Style::new().dim().apply_to(line)));
        }
    }

    fn effect(&self, page: &mut Page) {
        let Some(effect) = &self.answer.effect else { return page.line("No step is made.") };
        self.paragraph(
            page,
            "The gradient predicts a change of Σ g·Δw; measured is the loss after minus before. Their difference is the \
             curvature along the step.",
        );
        page.line("");
        page.line(format!(
            "  {:18} {:>12} {:>12} {:>12} {:>8}",
            "", "predicted", "measured", "difference", "ratio"
        ));
        for (what, change) in [("this weight alone", &effect.alone), ("all weights", &effect.all)] {
            page.line(format!(
                "  {what:18} {:>12} {:>12} {:>12} {:>8}",
                signed(change.predicted),
                signed(change.measured),
                signed(change.measured - change.predicted),
                change.ratio.map_or("–".into(), |ratio| format!("{ratio:.3}").replace('-', "−"))
            ));
        }
        page.line("");
        let after = effect.before + effect.all.measured;
        let [before, after] = apart(effect.before, after);
        let text = format!(
            "The batch's loss went from {before} to {after}. Rounding alone can make {} of a measured change.",
            short(effect.rounding)
        );
        self.paragraph(page, &text);
    }
}

/// A line of a sum under a table of paths.
fn page_line(left: &str, x: f64, right: &str) -> String {
    format!("  {left:17} {:>11}   {right}", signed(x)).trim_end().to_string()
}

/// What follows a bar from the middle, to the end of its columns.
fn pad(bar: String, amount: f64, most: f64, half: usize) -> String {
    let share = if most > 0.0 { amount / most } else { 0.0 };
    let right = if share > 0.0 { (share * 8.0 * half as f64).round().max(1.0) as usize } else { 0 };
    format!("{bar}{}", " ".repeat(half - right.div_ceil(8)))
}

/// Whether a sum is what it should be.
fn reconciled(residual: f64, reconciles: bool, rounding: f64) -> String {
    match (residual, reconciles) {
        (0.0, true) => "reconciles: residual 0".into(),
        (residual, true) => format!("reconciles: residual {}", short(residual)),
        (residual, false) => {
            format!(
                "does not reconcile: residual {}, and rounding explains {}",
                short(residual),
                short(rounding)
            )
        }
    }
}

fn percent(share: f64) -> String {
    match 100.0 * share {
        p if p >= 9.95 => format!("{p:.0} %"),
        p if p >= 0.1 => format!("{p:.1} %"),
        _ => "<0.1 %".into(),
    }
}

/// `240`, `5.2 × 10^83`
fn magnitude(of: Magnitude) -> String {
    match (of.exact, of.log10) {
        (Some(exact), _) if exact < 1_000_000_000 => indicatif::HumanCount(exact).to_string(),
        (_, Some(log10)) => format!("{:.1} × 10^{}", 10f64.powf(log10.fract()), log10.floor()),
        (exact, None) => exact.unwrap_or(0).to_string(),
    }
}
