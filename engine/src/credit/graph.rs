//! The graph of single numbers that a step is: each number of each value, and the local derivatives between them.
//! It is never built. Two sweeps walk it, in any semiring: back from the loss, and forth from a weight.

use super::affine::Matrix;
use super::semiring::{Count, PathCount, Semiring};
use super::{Expression, Names, Snapshot, Weight};
use crate::expr::{Expr, Role, Symbol};
use crate::kernel::Threads;
use crate::network::{Network, Node};
use crate::op::{By, Mode, Of, Op, Operation, Partial, Point, Precision, Structure};
use crate::shape::Shape;
use std::collections::HashMap;
use std::ops::Range;

/// Some examples of a step. One, where examples do not mix; else all of them.
pub(super) struct Graph<'a> {
    snapshot: &'a Snapshot,
    shard: usize,
    /// Example of the shard's first row.
    first: usize,
    /// Which rows of the shard.
    rows: Range<usize>,
    /// Which values the sweeps visit.
    keep: Vec<bool>,
}

/// A number for each number of some values in a row, [rows, shape] each.
pub(super) struct Sweep<N> {
    numbers: Vec<N>,
    first: usize,
    starts: Vec<usize>,
}

impl<N> Sweep<N> {
    /// Which values there are.
    pub(super) fn values(&self) -> Range<usize> {
        self.first..self.first + self.starts.len() - 1
    }

    fn range(&self, value: usize) -> Range<usize> {
        self.starts[value - self.first]..self.starts[value - self.first + 1]
    }

    /// The numbers of a value; empty where it was not visited.
    pub(super) fn get(&self, value: usize) -> &[N] {
        &self.numbers[self.range(value)]
    }

    fn get_mut(&mut self, value: usize) -> &mut [N] {
        let range = self.range(value);
        &mut self.numbers[range]
    }
}

/// A number of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Unit {
    /// The value that it belongs to.
    pub value: usize,
    /// Its row in the shard.
    pub row: usize,
    /// Its place in the row.
    pub at: usize,
}

/// A derivative by a weight: of one output of the weight's operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// Of what.
    pub of: Unit,
    /// The derivative.
    pub slope: f64,
}

/// A value through which all paths from a weight to the loss go.
pub(super) struct Cut {
    /// The value.
    pub value: usize,
    /// Those of its numbers that the weight reaches, by their place in [rows, shape].
    pub cone: Vec<usize>,
}

impl<'a> Graph<'a> {
    /// What the gradient of one example's loss goes through, on its way to any weight or to one.
    pub(super) fn of_example(snapshot: &'a Snapshot, example: usize, weight: Option<Weight>) -> Graph<'a> {
        let (shard, examples) = snapshot
            .plan()
            .shards()
            .enumerate()
            .find(|(_, examples)| examples.contains(&example))
            .expect("an example of the batch");
        let row = example - examples.start;
        let rows = if snapshot.network().mixes_examples() { 0..examples.len() } else { row..row + 1 };
        Graph { snapshot, shard, first: examples.start, rows, keep: keep(snapshot, weight) }
    }

    /// What the gradient of all losses of a shard goes through, on its way to any weight.
    pub(super) fn of_shard(snapshot: &'a Snapshot, shard: usize, examples: Range<usize>) -> Graph<'a> {
        Graph { snapshot, shard, first: examples.start, rows: 0..examples.len(), keep: keep(snapshot, None) }
    }

    /// The first of these examples alone, where examples do not mix.
    pub(super) fn one_row(&self) -> Option<Graph<'a>> {
        let (keep, snapshot) = (self.keep.clone(), self.snapshot);
        let one = self.rows.start..self.rows.start + 1;
        (!snapshot.network().mixes_examples()).then_some(Graph { rows: one, keep, ..*self })
    }

    /// Which examples these are.
    pub(super) fn examples(&self) -> Range<usize> {
        self.first + self.rows.start..self.first + self.rows.end
    }

    /// Threads that training was told to use.
    pub(super) fn threads(&self) -> &Threads {
        &self.snapshot.options().threads
    }

    /// The row of the shard that an example is in.
    pub(super) fn row(&self, example: usize) -> usize {
        example - self.first
    }

    /// The step.
    pub(super) fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    fn network(&self) -> &'a Network {
        self.snapshot.network()
    }

    /// The output of the weight's operation.
    fn value_of(&self, weight: Weight) -> usize {
        weight.node(self.network()).0 + 1
    }

    /// The network's output.
    pub(super) fn output(&self) -> usize {
        self.network().output().index()
    }

    /// The operation whose output a value is.
    pub(super) fn node(&self, value: usize) -> &'a Node {
        &self.network().nodes()[value - 1]
    }

    fn point(&self, value: usize) -> Point<'a, f64> {
        self.snapshot.plan().point(&self.snapshot.state().weights, value - 1, self.shard)
    }

    /// Numbers per example of a value.
    pub(super) fn width(&self, value: usize) -> usize {
        self.network().shapes()[value].len()
    }

    /// Numbers of a value, over all examples here.
    pub(super) fn len(&self, value: usize) -> usize {
        self.rows.len() * self.width(value)
    }

    /// Whether the sweeps visit a value.
    pub(super) fn keeps(&self, value: usize) -> bool {
        self.keep[value]
    }

    /// Where a unit stands among the numbers of its value.
    pub(super) fn place(&self, unit: Unit) -> usize {
        (unit.row - self.rows.start) * self.width(unit.value) + unit.at
    }

    /// The unit that stands there.
    pub(super) fn unit(&self, value: usize, place: usize) -> Unit {
        let width = self.width(value);
        Unit { value, row: self.rows.start + place / width, at: place % width }
    }

    fn zeros<N: Copy>(&self, values: Range<usize>, zero: N) -> Sweep<N> {
        let mut starts = vec![0];
        for value in values.clone() {
            let length = if self.keep[value] { self.rows.len() * self.width(value) } else { 0 };
            starts.push(starts[starts.len() - 1] + length);
        }
        Sweep { numbers: vec![zero; starts[starts.len() - 1]], first: values.start, starts }
    }

    /// ∂ℓ/∂ŷ, as a semiring has it: of the loss of one example, or of every example's own. [rows, shape]
    pub(super) fn loss_slopes<S: Semiring>(&self, example: Option<usize>) -> Vec<S::Number> {
        let mut seeds = vec![];
        for row in self.rows.clone() {
            let own = example.is_none_or(|example| example == self.first + row);
            let slopes = self.snapshot.loss_slopes(self.first + row);
            seeds.extend(slopes.into_iter().map(|slope| if own { S::edge(slope) } else { S::ZERO }));
        }
        seeds
    }

    /// For each number between the values `bottom` and `top`, what the semiring makes of all paths from `top` (whose
    /// numbers start as `seeds`) to it.
    pub(super) fn back<S: Semiring>(
        &self,
        top: usize,
        seeds: &[S::Number],
        bottom: usize,
    ) -> Sweep<S::Number> {
        let mut values = self.zeros(bottom..top + 1, S::ZERO);
        if !self.keep[top] {
            return values;
        }
        values.get_mut(top).copy_from_slice(seeds);
        for value in (bottom + 1..=top).rev() {
            let node = self.node(value);
            let visited = |input: &usize| *input >= bottom && self.keep[*input];
            if !self.keep[value] || !node.inputs.iter().any(visited) {
                continue;
            }
            let (at, range, first) = (self.point(value), values.range(value), values.first);
            let (below, above) = values.numbers.split_at_mut(range.start);
            let y = &above[..range.len()];
            if Op::structure(&*node.op) == Structure::Affine {
                let input = node.inputs[0];
                let x = &mut below[values.starts[input - first]..values.starts[input - first + 1]];
                self.matrix(node, &at).back::<S>(y, x);
                continue;
            }
            let width = self.width(value);
            for (i, y) in y.iter().enumerate().filter(|(_, y)| **y != S::ZERO) {
                let row = self.rows.start + i / width;
                f64::of_op(&*node.op).partials(&at, row, i % width, &mut |partial| {
                    let By::Input { input, row, at } = partial.by else { return };
                    let value = node.inputs[input];
                    if visited(&value) {
                        let place = self.place(Unit { value, row, at });
                        let x = &mut below[values.starts[value - first] + place];
                        *x = S::plus(*x, S::times(*y, S::edge(partial.slope)));
                    }
                });
            }
        }
        values
    }

    /// For each number from the weight's operation on, what the semiring makes of all paths from it down to the
    /// weight.
    pub(super) fn forth<S: Semiring>(&self, weight: Weight) -> Sweep<S::Number> {
        let start = self.value_of(weight);
        let mut values = self.zeros(start..self.output() + 1, S::ZERO);
        if !self.keep[start] {
            return values;
        }
        for edge in self.edges(weight) {
            let place = self.place(edge.of);
            let y = &mut values.get_mut(start)[place];
            *y = S::plus(*y, S::edge(edge.slope));
        }
        for value in start + 1..=self.output() {
            if !self.keep[value] {
                continue;
            }
            let (node, at, range) = (self.node(value), self.point(value), values.range(value));
            let (below, above) = values.numbers.split_at_mut(range.start);
            let y = &mut above[..range.len()];
            if Op::structure(&*node.op) == Structure::Affine {
                let input = node.inputs[0] - start;
                let x = &below[values.starts[input]..values.starts[input + 1]];
                self.matrix(node, &at).forth::<S>(x, y);
                continue;
            }
            let width = self.width(value);
            for (i, y) in y.iter_mut().enumerate() {
                let row = self.rows.start + i / width;
                f64::of_op(&*node.op).partials(&at, row, i % width, &mut |partial| {
                    let By::Input { input, row, at } = partial.by else { return };
                    let value = node.inputs[input];
                    if value >= start && self.keep[value] {
                        let x = below[values.starts[value - start] + self.place(Unit { value, row, at })];
                        if x != S::ZERO {
                            *y = S::plus(*y, S::times(S::edge(partial.slope), x));
                        }
                    }
                });
            }
        }
        values
    }

    /// What the semiring makes of all paths from the loss of one example to a weight.
    pub(super) fn total<S: Semiring>(&self, weight: Weight, example: usize) -> S::Number {
        let bottom = self.value_of(weight);
        let above = self.back::<S>(self.output(), &self.loss_slopes::<S>(Some(example)), bottom);
        self.at_weight::<S>(&above, weight, None)
    }

    /// What comes to a weight from what is `above` it: through all rows, or through one example's.
    pub(super) fn at_weight<S: Semiring>(
        &self,
        above: &Sweep<S::Number>,
        weight: Weight,
        example: Option<usize>,
    ) -> S::Number {
        let mut total = S::ZERO;
        for edge in
            self.edges(weight).iter().filter(|edge| example.is_none_or(|n| n == self.first + edge.of.row))
        {
            if let Some(y) = above.get(edge.of.value).get(self.place(edge.of)) {
                total = S::plus(total, S::times(*y, S::edge(edge.slope)));
            }
        }
        total
    }

    fn matrix<'m>(&self, node: &'m Node, at: &Point<'m, f64>) -> Matrix<'m>
    where
        'a: 'm,
    {
        let param = &self.network().params()[node.params.start];
        Matrix { w: at.w.get(0), features: param.shape.last(), mask: param.mask.as_deref() }
    }

    /// The derivatives of the outputs of the weight's operation by the weight that are not structurally zero.
    pub(super) fn edges(&self, weight: Weight) -> Vec<Edge> {
        let (node, param) = weight.node(self.network());
        let (value, node, at) = (node + 1, &self.network().nodes()[node], self.point(node + 1));
        let mut edges = vec![];
        if weight.left_out(self.network()) {
            return edges;
        }
        if Op::structure(&*node.op) == Structure::Affine {
            // A weight of a matrix has one output for each vector: nothing is searched.
            let (out, features) = (at.w.get(0).len() / at.x.shape(0).last(), at.x.shape(0).last());
            let x = at.x.get(0);
            for row in self.rows.clone() {
                for lead in 0..at.x.shape(0).leading() {
                    let (o, slope) = match param {
                        0 => {
                            let from = row * at.x.shape(0).len() + lead * features;
                            (weight.at / features, x[from + weight.at % features])
                        }
                        _ => (weight.at, 1.0),
                    };
                    edges.push(Edge { of: Unit { value, row, at: lead * out + o }, slope });
                }
            }
            return edges;
        }
        for row in self.rows.clone() {
            for of in 0..self.width(value) {
                f64::of_op(&*node.op).partials(&at, row, of, &mut |partial| {
                    if partial.by == (By::Param { param, at: weight.at }) {
                        edges.push(Edge { of: Unit { value, row, at: of }, slope: partial.slope });
                    }
                });
            }
        }
        edges
    }

    /// The local derivatives of one number.
    pub(super) fn partials(&self, of: Unit, emit: &mut dyn FnMut(Partial<f64>)) {
        f64::of_op(&*self.node(of.value).op).partials(&self.point(of.value), of.row, of.at, emit);
    }

    /// The values through which all paths from a weight to the loss go, from the network's output down to the output of
    /// the weight's operation; none where no path goes.
    pub(super) fn cuts(&self, weight: Weight) -> Vec<Cut> {
        let start = self.value_of(weight);
        let reached = self.forth::<Count>(weight);
        if reached.get(self.output()).iter().all(|paths| paths.is_none()) {
            return vec![];
        }
        // The last value that a value before this one goes to.
        let (mut far, mut cuts) = (start, vec![]);
        let mut last = HashMap::new();
        for value in (start + 1..=self.output()).filter(|value| self.keep[*value]) {
            for input in &self.node(value).inputs {
                last.insert(*input, value);
            }
        }
        for value in (start..=self.output()).filter(|value| self.keep[*value]) {
            if far <= value {
                let there = |(_, paths): &(usize, &PathCount)| !paths.is_none();
                let cone =
                    reached.get(value).iter().enumerate().filter(there).map(|(place, _)| place).collect();
                cuts.push(Cut { value, cone });
            }
            far = far.max(last.get(&value).copied().unwrap_or(value));
        }
        cuts.reverse();
        cuts
    }

    /// Whether all paths to a weight go through a value.
    pub(super) fn is_cut(&self, weight: Weight, value: usize) -> bool {
        self.cuts(weight).iter().any(|cut| cut.value == value)
    }

    /// What things are called.
    pub(super) fn names(&self) -> &'a dyn Names {
        self.snapshot.names()
    }

    /// What a unit is called: `tanh1[3]`; with its example where paths lead through several: `tanh1[3]@5`.
    pub(super) fn name(&self, unit: Unit) -> String {
        self.names().unit(unit.value, unit.at) + &self.example_mark(unit)
    }

    /// What a unit of the network's output is called, as the loss sees it.
    pub(super) fn prediction(&self, unit: Unit) -> String {
        self.names().prediction(Some(unit.at)) + &self.example_mark(unit)
    }

    fn example_mark(&self, unit: Unit) -> String {
        if self.rows.len() == 1 { String::new() } else { format!("@{}", self.first + unit.row) }
    }

    /// What a unit is.
    pub(super) fn number(&self, unit: Unit) -> f64 {
        let value = self.snapshot.plan().value(unit.value).nth(self.first + unit.row);
        value.map_or(f64::NAN, |numbers| numbers[unit.at])
    }

    /// How a unit was computed, where its operation says.
    pub(super) fn formula(&self, of: Unit) -> Option<Expression> {
        self.written(of, |op, of| op.expression(of))
    }

    /// How the derivative of a unit by what it was computed from is written, where its operation says.
    pub(super) fn slope_formula(&self, of: Unit, by: By) -> Option<Expression> {
        self.written(of, |op, of| op.slope(of, by))
    }

    fn written(
        &self,
        of: Unit,
        write: impl FnOnce(&dyn Operation, Of<'_>) -> Option<Expr>,
    ) -> Option<Expression> {
        let (node, point) = (self.node(of.value), self.point(of.value));
        let x: Vec<&Shape> = (0..point.x.count()).map(|input| point.x.shape(input)).collect();
        let training = point.mode != Mode::Eval;
        let asked = Of { x: &x, rows: point.rows, training, row: of.row, at: of.at };
        let unit = |unit: Unit| Some((self.name(unit), vec![self.number(unit)]));
        let own = |letter: &str| self.names().own(of.value - 1, letter);
        let find = |letter: &Symbol| match &letter.role {
            Role::Input { input, row, at } => unit(Unit { value: node.inputs[*input], row: *row, at: *at }),
            Role::Output { row, at } => unit(Unit { value: of.value, row: *row, at: *at }),
            Role::Inputs { input, row, range } => {
                let value = node.inputs[*input];
                let numbers = range.clone().map(|at| self.number(Unit { value, row: *row, at }));
                Some((self.names().value(value), numbers.collect()))
            }
            Role::Param { param, at } => {
                let weight = Weight { param: node.params.start + param, at: *at };
                Some((self.names().weight(weight), vec![self.snapshot.value(weight)]))
            }
            Role::Saved { at } => {
                // What belongs to no example in particular has no example's mark.
                let unmarked = Op::mixes_examples(&*node.op);
                let mark = if unmarked { String::new() } else { self.example_mark(of) };
                Some((own(&letter.letter) + &mark, vec![point.saved[*at]]))
            }
            _ => None,
        };
        Some(Expression::new(write(&*node.op, asked)?, own, find))
    }
}

/// Which values lie on the way from the loss to any weight, or to one.
fn keep(snapshot: &Snapshot, weight: Option<Weight>) -> Vec<bool> {
    let network = snapshot.network();
    let count = network.nodes().len() + 1;
    let start = weight.map(|weight| weight.node(network).0);
    let mut below = vec![false; count];
    for (node, of) in network.nodes().iter().enumerate() {
        let starts = start.map_or(!of.params.is_empty(), |start| start == node);
        below[node + 1] = starts || of.inputs.iter().any(|&input| below[input]);
    }
    let mut above = vec![false; count];
    above[count - 1] = true;
    for (node, of) in network.nodes().iter().enumerate().rev() {
        if above[node + 1] {
            of.inputs.iter().for_each(|&input| above[input] = true);
        }
    }
    below.iter().zip(above).map(|(below, above)| *below && above).collect()
}
