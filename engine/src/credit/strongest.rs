//! The strongest paths, found by a search that goes down from the loss and always continues the path with the largest
//! bound: its product so far times the strongest continuation to the weight, which a pass in the semiring of maxima
//! gives exactly. Each path found costs as many steps as it is long.
//!
//! How a path may go on depends on the unit that it has come to, not on the path. So continuations are listed by unit,
//! strongest first and no more than are asked for, and of those of a path only the next one waits to be followed: what
//! is kept grows with the paths that are found, and not with all that branches off them.

use super::graph::{Graph, Sweep, Unit};
use super::paths::{Path, PathStep};
use super::semiring::{Max, Sum};
use super::{Weight, formula};
use crate::op::By;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

/// Continuations of a unit that are listed at first.
const LISTED: usize = 8;

/// How a path goes on from a unit.
struct Continuation {
    /// The slope times the strongest product from there on.
    strength: f64,
    slope: f64,
    /// `None`: it comes to the weight.
    to: Option<Unit>,
    /// By what the slope is; `None`: it is the loss's.
    by: Option<By>,
    /// What is said of it, once a path that is shown takes it.
    says: Option<Arc<PathStep>>,
}

/// A unit, or the loss, and how paths go on from there, strongest first.
struct Fork {
    of: Option<Unit>,
    ways: Vec<Continuation>,
    /// Whether there are no others.
    all: bool,
}

/// A path that was followed to a fork.
struct Way {
    /// The path that it continues, and by which continuation; the first is the loss.
    from: usize,
    rank: usize,
    /// What it has come to.
    fork: usize,
    bound: f64,
}

/// A path that may be continued; ordered by its bound, and by its length where bounds are equal, so that one of many
/// equal paths is followed to its end before the next is begun.
struct Candidate {
    bound: f64,
    length: usize,
    from: usize,
    rank: usize,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Candidate) -> Ordering {
        let earlier = (other.from, other.rank).cmp(&(self.from, self.rank));
        self.bound.total_cmp(&other.bound).then(self.length.cmp(&other.length)).then(earlier)
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Candidate) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Candidate) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

/// The search, and what it keeps.
struct Search<'a, 'b> {
    graph: &'b Graph<'a>,
    weight: Weight,
    example: usize,
    /// From each unit on, the strongest product down to the weight.
    below: Sweep<f64>,
    forks: Vec<Fork>,
    fork_of: HashMap<Unit, usize>,
    ways: Vec<Way>,
    open: BinaryHeap<Candidate>,
    /// The paths that came to the weight: what they continue, and by which continuation.
    found: Vec<(usize, usize)>,
}

/// The `k` strongest paths from the loss of `example` to `weight`, strongest first; `total` flows along all.
pub(super) fn strongest(
    graph: &Graph<'_>,
    weight: Weight,
    example: usize,
    k: usize,
    total: f64,
) -> Vec<Path> {
    let mut search = Search::new(graph, weight, example);
    search.run(k);
    let found = std::mem::take(&mut search.found);
    let mut paths: Vec<Path> = found.into_iter().map(|end| search.path(end, total)).collect();
    paths.sort_by(|a, b| b.product.abs().total_cmp(&a.product.abs()));
    paths
}

impl<'a, 'b> Search<'a, 'b> {
    fn new(graph: &'b Graph<'a>, weight: Weight, example: usize) -> Search<'a, 'b> {
        let (below, forks, ways, open) = (graph.forth::<Max>(weight), vec![], vec![], BinaryHeap::new());
        Search { graph, weight, example, below, forks, fork_of: HashMap::new(), ways, open, found: vec![] }
    }

    /// Finds `k` paths, or all that there are.
    fn run(&mut self, k: usize) {
        let loss = self.fork(None);
        let bound = self.forks[loss].ways.first().map_or(0.0, |way| way.strength);
        self.follow(Way { from: 0, rank: 0, fork: loss, bound }, 0);
        while self.found.len() < k
            && let Some(Candidate { bound, length, from, rank }) = self.open.pop()
        {
            self.wait(from, rank + 1, length);
            match self.forks[self.ways[from].fork].ways[rank].to {
                None => self.found.push((from, rank)),
                Some(unit) => {
                    let fork = self.fork_of.get(&unit).copied().unwrap_or_else(|| self.fork(Some(unit)));
                    self.follow(Way { from, rank, fork, bound }, length + 1);
                }
            }
        }
    }

    /// A path came to a fork: the strongest of its continuations waits.
    fn follow(&mut self, way: Way, length: usize) {
        self.ways.push(way);
        self.wait(self.ways.len() - 1, 0, length);
    }

    /// Lets a continuation of a path wait, if there is one. The strongest has the bound of the path itself, to the last
    /// bit: rounding never makes a path look weaker than others that it equals.
    fn wait(&mut self, from: usize, rank: usize, length: usize) {
        let Way { fork, bound, .. } = self.ways[from];
        if rank == self.forks[fork].ways.len() && !self.forks[fork].all {
            self.forks[fork] = self.list(self.forks[fork].of, 2 * rank);
        }
        let ways = &self.forks[fork].ways;
        if let Some(way) = ways.get(rank) {
            let bound = bound * (way.strength / ways[0].strength);
            self.open.push(Candidate { bound, length, from, rank });
        }
    }

    /// A fork that is met for the first time.
    fn fork(&mut self, of: Option<Unit>) -> usize {
        let fork = self.forks.len();
        self.forks.push(self.list(of, LISTED));
        self.fork_of.extend(of.map(|unit| (unit, fork)));
        fork
    }

    /// The strongest continuations from a unit, or from the loss: `most` of them.
    fn list(&self, of: Option<Unit>, most: usize) -> Fork {
        let mut ways = of.map_or_else(|| self.after_loss(), |unit| self.after_unit(unit));
        ways.retain(|way| way.strength > 0.0);
        ways.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        let all = ways.len() <= most;
        ways.truncate(most);
        ways.shrink_to_fit();
        Fork { of, ways, all }
    }

    fn after_loss(&self) -> Vec<Continuation> {
        let (graph, output) = (self.graph, self.graph.output());
        let slopes = graph.loss_slopes::<Sum>(Some(self.example));
        let way = |(place, (&slope, below)): (usize, (&f64, &f64))| {
            let (strength, to) = (slope.abs() * below, Some(graph.unit(output, place)));
            Continuation { strength, slope, to, by: None, says: None }
        };
        slopes.iter().zip(self.below.get(output)).enumerate().map(way).collect()
    }

    fn after_unit(&self, of: Unit) -> Vec<Continuation> {
        let (graph, weight) = (self.graph, self.weight);
        let (node, param) = weight.node(graph.snapshot().network());
        let mut ways = vec![];
        graph.partials(of, &mut |partial| {
            let (slope, by) = (partial.slope, Some(partial.by));
            let mut goes = |below: f64, to| {
                ways.push(Continuation { strength: slope.abs() * below, slope, to, by, says: None });
            };
            match partial.by {
                By::Param { param: p, at } if of.value == node + 1 && (p, at) == (param, weight.at) => {
                    goes(1.0, None);
                }
                By::Param { .. } => {}
                By::Input { input, row, at } => {
                    let unit = Unit { value: graph.node(of.value).inputs[input], row, at };
                    if unit.value > node && graph.keeps(unit.value) {
                        goes(self.below.get(unit.value)[graph.place(unit)], Some(unit));
                    }
                }
            }
        });
        ways
    }

    /// The path that ends there.
    fn path(&mut self, end: (usize, usize), total: f64) -> Path {
        let (graph, weight, example) = (self.graph, self.weight, self.example);
        let mut steps = vec![];
        let mut at = Some(end);
        while let Some((from, rank)) = at {
            let way = &self.ways[from];
            let Fork { of, ways, .. } = &mut self.forks[way.fork];
            let next = &mut ways[rank];
            let says = next.says.get_or_insert_with(|| {
                let expression = match (*of, next.by) {
                    (Some(of), Some(by)) => graph.slope_formula(of, by),
                    _ => {
                        next.to.and_then(|of| formula::loss_slope(graph.snapshot(), example, &[of.at], true))
                    }
                };
                let to = next.to.map_or_else(|| graph.names().weight(weight), |unit| graph.name(unit));
                let operation = next.to.map(|unit| graph.node(unit.value).name.clone());
                Arc::new(PathStep { to, operation, slope: next.slope, expression })
            });
            steps.push(Arc::clone(says));
            at = (from > 0).then_some((way.from, way.rank));
        }
        steps.reverse();
        let product = steps.iter().map(|step| step.slope).product::<f64>();
        Path { share: product.abs() / total, product, steps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::author::random;
    use crate::credit::Snapshot;
    use crate::data::{Dataset, Targets};
    use crate::network::{Batch, Layer, Network, Rows};
    use crate::op::{Linear, Tanh};
    use crate::optim::Sgd;
    use crate::train::{Options, Trainer};
    use std::collections::HashSet;

    #[test]
    fn what_is_kept_grows_with_the_paths_that_are_found() {
        let mut layers: Vec<Layer> = (0..30).flat_map(|_| crate::layers![Linear::new(64), Tanh]).collect();
        layers.push(Linear::new(3).into());
        let network = Network::sequential([4], layers).unwrap();
        let inputs: Vec<f64> = (0..4).map(|i| random::uniform(3, i) - 0.5).collect();
        let data = Dataset::new(inputs, [4], Targets::Classes(vec![1])).unwrap();
        let loss = crate::loss::read("cross_entropy", []).unwrap();
        let options = Options { batch: 1, ..Options::default() };
        let trainer = Trainer::new(network, loss, Arc::new(Sgd::default()), options).unwrap();
        let snapshot = Snapshot::take(&trainer, Batch { data: &data, rows: Rows::Range(0, 1) }).unwrap();
        let weight = Weight { param: 0, at: 0 };
        let graph = Graph::of_example(&snapshot, 0, Some(weight));
        let length = 1 + 60 + 1;
        for k in [100, 1000, 4000] {
            let mut search = Search::new(&graph, weight, 0);
            search.run(k);
            assert_eq!(search.found.len(), k);
            let listed: usize = search.forks.iter().map(|fork| fork.ways.len()).sum();
            let kept = listed + search.ways.len() + search.open.len();
            assert!(kept <= k * length, "{kept} for {k} paths");
        }
        let shown = strongest(&graph, weight, 0, 1000, 1.0);
        let steps: HashSet<*const PathStep> =
            shown.iter().flat_map(|path| &path.steps).map(Arc::as_ptr).collect();
        assert!(steps.len() < 1000, "{} steps are not shared", steps.len());
    }
}
