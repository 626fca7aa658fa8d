//! The network, drawn in lines.

use crate::terminal::Page;
use crate::view::ByName;
use crate::view::digits::number;
use crate::view::walk::{Connection, Drawing};

/// The drawing, and what its neurons compute.
pub(super) fn show(of: &Drawing, inputs: &ByName<f64>, page: &mut Page) {
    page.title(1, &of.title);
    page.paragraph(&of.opening);
    page.line("");
    let lines = match wires(of) {
        Some(wires) => draw_wires(of, &wires, inputs),
        None => draw_sums(of),
    };
    if lines.iter().all(|line| line.chars().count() <= page.width) {
        lines.iter().for_each(|line| page.line(line));
    } else {
        list(of, inputs, page);
    }
    page.line("");
    of.closing.iter().for_each(|line| page.indented(line));
}

/// The connections in words, where a drawing has no room.
fn list(of: &Drawing, inputs: &ByName<f64>, page: &mut Page) {
    for (name, value) in &inputs.0 {
        page.indented(&format!("{name} = {}", number(*value)));
    }
    for connection in &of.connections {
        let from = connection.from.as_deref().unwrap_or("1 (bias)");
        page.indented(&format!("{from} → {}: {}", connection.to, label(connection)));
    }
}

/// The connections into a neuron.
fn into<'a>(of: &'a Drawing, neuron: &str) -> Vec<&'a Connection> {
    of.connections.iter().filter(|connection| connection.to == neuron).collect()
}

/// What goes into each hidden neuron, where that is one input and there is one output: then each is a wire.
fn wires(of: &Drawing) -> Option<Vec<&Connection>> {
    let single = |hidden: &String| match into(of, hidden)[..] {
        [only] if only.from.is_some() => Some(only),
        _ => None,
    };
    if of.outputs.len() == 1 { of.hidden.iter().map(single).collect() } else { None }
}

fn label(connection: &Connection) -> String {
    format!("{} = {}", connection.weight, number(connection.value))
}

fn draw_wires(of: &Drawing, wires: &[&Connection], inputs: &ByName<f64>) -> Vec<String> {
    let mut lines = vec![];
    let (output, last) = (&of.outputs[0], wires.len() - 1);
    for (i, (wire, hidden)) in wires.iter().zip(&of.hidden).enumerate() {
        let from = wire.from.as_deref().unwrap_or_default();
        let value = inputs.0.iter().find(|(name, _)| name == from).map_or(f64::NAN, |(_, value)| *value);
        let onward = into(of, output).into_iter().find(|connection| connection.from.as_ref() == Some(hidden));
        let (left, right) = (label(wire), onward.map(label).unwrap_or_default());
        let join = match i {
            0 => "──┐",
            _ if i == last => "──┘",
            _ => "──┤",
        };
        let input = format!("{from} = {}", number(value));
        lines.push(format!("  {input:<13} ──{left:─<12}──► {hidden} ──{right:─<12}{join}"));
        if i == last / 2 {
            lines.push(format!("{:>54}─► {output}", "├"));
        }
    }
    lines
}

fn draw_sums(of: &Drawing) -> Vec<String> {
    let mut lines = vec![];
    for neuron in of.hidden.iter().chain(&of.outputs) {
        let connections = into(of, neuron);
        let middle = connections.len().saturating_sub(1) / 2;
        for (i, connection) in connections.iter().enumerate() {
            let (first, last) = (i == 0, i + 1 == connections.len());
            let join = match (first, last, i == middle) {
                (true, true, _) => "───",
                (true, false, false) => "──┐",
                (true, false, true) => "──┬",
                (false, true, false) => "──┘",
                (false, true, true) => "──┴",
                (false, false, false) => "──┤",
                (false, false, true) => "──┼",
            };
            let arrow = if i == middle { format!("─► {neuron}") } else { String::new() };
            let from = connection.from.as_deref().unwrap_or("1 (bias)");
            lines.push(format!("  {from:<9} ──{:─<16}{join}{arrow}", label(connection)));
        }
    }
    lines
}
