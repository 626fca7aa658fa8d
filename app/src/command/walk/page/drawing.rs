//! The network, drawn in lines.

use crate::terminal::Page;
use crate::view::ByName;
use crate::view::digits::number;
use crate::view::walk::{Connection, Drawing};

/// The drawing, and what its neurons compute.
pub(super) fn show(of: &Drawing, inputs: &ByName<f64>, page: &mut Page, width: usize) {
    page.title(1, &of.title);
    page.line(&of.opening);
    page.line("");
    match wires(of) {
        Some(wires) => draw_wires(of, &wires, inputs, page),
        None => draw_sums(of, page),
    }
    page.line("");
    of.closing.iter().for_each(|line| page.indented(line, width));
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

fn draw_wires(of: &Drawing, wires: &[&Connection], inputs: &ByName<f64>, page: &mut Page) {
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
        page.line(format!("  {input:<13} ──{left:─<12}──► {hidden} ──{right:─<12}{join}"));
        if i == last / 2 {
            page.line(format!("{:>54}─► {output}", "├"));
        }
    }
}

fn draw_sums(of: &Drawing, page: &mut Page) {
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
            page.line(format!("  {from:<9} ──{:─<16}{join}{arrow}", label(connection)));
        }
    }
}
