//! How threads share a pass.

use crate::kernel::Threads;
use crate::network::{Network, Node};
use crate::op::Op;
use crate::shape::Shape;

/// Examples in a shard of a network with small layers; and where one thread takes every shard, which then packs each
/// weight half as often.
pub(super) const SHARD: usize = 32;
const LONE_SHARD: usize = 2 * SHARD;

/// Numbers of a weight, on average over the operations that have one, from which layers are large: 128 KiB of f32
/// are no longer packed in much less time than [`SHARD`] examples take.
const LARGE: usize = 1 << 15;

/// Steps with fewer floating-point operations than this run on one thread: a few microseconds of work are
/// less than what two meetings of threads cost.
const THREADED: usize = 500_000;

/// Which threads share a pass, and what each of them takes.
#[derive(Debug)]
pub(super) struct Sharing {
    pub threads: Threads,
    /// Examples that go all the way together: a shard.
    pub shard_rows: usize,
    /// Whether a step takes the gradient of an operation's parameters as soon as it went back through it.
    pub node_by_node: bool,
}

impl Sharing {
    /// Of batches of up to `capacity` examples; for a plan of steps, or one that only makes gradients.
    pub(super) fn new(network: &Network, capacity: usize, threads: &Threads, steps: bool) -> Sharing {
        let weighted = network.nodes.iter().filter(|node| !node.params.is_empty()).count();
        let large = network.param_count() >= LARGE * weighted.max(1);
        let flops = |node: &Node| {
            let x: Vec<&Shape> = node.inputs.iter().map(|&input| &network.shapes[input]).collect();
            Op::flops(&*node.op, capacity, &x)
        };
        // Back to the inputs and to the parameters each costs about as much as forward.
        let work = 3 * network.nodes.iter().map(flops).sum::<usize>();
        let threads = if work < THREADED { Threads::default() } else { threads.clone() };
        // Whoever tracks statistics tracks those of the whole batch.
        let together = network.mixes_examples() || network.buffer_count() > 0;
        let shard_rows = match large || together {
            true => capacity,
            false => capacity.min(if threads.count() == 1 { LONE_SHARD } else { SHARD }),
        };
        // Several threads would have to meet once more for each operation; and of small steps all is in a cache anyway.
        let alone = threads.count() == 1 && work >= THREADED;
        Sharing { node_by_node: steps && shard_rows == capacity && alone, threads, shard_rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{Linear, Tanh};

    #[test]
    fn threads_go_by_work_and_not_by_weights() {
        let counts = |input: &[usize]| {
            let layers = crate::layers![Linear::new(16), Tanh];
            let network = Network::sequential(input.to_vec(), layers).unwrap();
            Sharing::new(&network, 8, &Threads::new(3), false).threads.count()
        };
        assert_eq!((counts(&[16]), counts(&[2048, 16])), (1, 3));
    }
}
