//! Rates of the engine's matrix products on one thread, in the shapes of the workloads, beside the processor's peak.

use std::hint::black_box;
use std::time::Instant;
use whygrad::author::{Aligned, Matrix, Onto, SCRATCH, Team};

/// What a training step multiplies.
#[derive(Clone, Copy)]
enum Kind {
    /// y = x·Wᵀ
    Forward,
    /// dx = dy·W
    Input,
    /// dW = dyᵀ·x, some rows of it: of a layer with so many outputs
    Weight(usize),
}

/// C is m × n, k terms. The weights' gradients come in parts, as a plan cuts them.
const SHAPES: &[(&str, Kind, [usize; 3])] = &[
    ("b", Kind::Forward, [32, 8, 2]),
    ("b", Kind::Forward, [32, 8, 8]),
    ("b", Kind::Forward, [32, 1, 8]),
    ("b", Kind::Input, [32, 8, 1]),
    ("b", Kind::Input, [32, 8, 8]),
    ("b", Kind::Weight(8), [8, 8, 32]),
    ("b", Kind::Weight(8), [8, 2, 32]),
    ("b", Kind::Weight(1), [1, 8, 32]),
    ("c", Kind::Forward, [32, 32, 64]),
    ("c", Kind::Forward, [32, 10, 32]),
    ("c", Kind::Input, [32, 32, 10]),
    ("c", Kind::Weight(32), [32, 64, 32]),
    ("c", Kind::Weight(10), [10, 32, 32]),
    ("d", Kind::Forward, [32, 128, 784]),
    ("d", Kind::Forward, [64, 128, 784]),
    ("d", Kind::Weight(128), [16, 784, 32]),
    ("d", Kind::Weight(128), [16, 784, 64]),
    ("e", Kind::Forward, [128, 512, 784]),
    ("e", Kind::Forward, [128, 256, 512]),
    ("e", Kind::Input, [128, 512, 256]),
    ("e", Kind::Weight(512), [40, 784, 128]),
    ("e", Kind::Weight(256), [64, 512, 128]),
    ("f", Kind::Forward, [512, 1024, 1024]),
    ("f", Kind::Input, [512, 1024, 1024]),
    ("f", Kind::Weight(1024), [176, 1024, 512]),
    ("g", Kind::Forward, [256, 4096, 4096]),
    ("g", Kind::Input, [256, 4096, 4096]),
    ("g", Kind::Weight(4096), [256, 4096, 256]),
    ("h", Kind::Forward, [32, 64, 64]),
    ("h", Kind::Input, [32, 64, 64]),
    ("h", Kind::Weight(64), [64, 64, 32]),
];

fn main() {
    let peak: f64 = std::env::args().nth(1).and_then(|peak| peak.parse().ok()).unwrap_or(f64::NAN);
    for &(workload, kind, [m, n, k]) in SHAPES {
        let numbers = |count: usize| {
            let mut numbers = Aligned::<f32>::zeros(count);
            numbers.iter_mut().enumerate().for_each(|(i, x)| *x = (i % 17) as f32 - 8.0);
            numbers
        };
        let outputs = if let Kind::Weight(outputs) = kind { outputs } else { m };
        let (a, b, mut c) = (numbers(outputs * k), numbers(k * n), numbers(m * n));
        let (name, a, b) = match kind {
            Kind::Forward => ("x·Wᵀ ", Matrix::rows(&a, k), Matrix::rows(&b, k).transposed()),
            Kind::Input => ("dy·W ", Matrix::rows(&a, k), Matrix::rows(&b, n)),
            Kind::Weight(_) => ("dyᵀ·x", Matrix::rows(&a, outputs).transposed(), Matrix::rows(&b, n)),
        };
        let mut room = Aligned::zeros(SCRATCH);
        let flops = 2 * m * n * k;
        let repeats = (20_000_000 / flops).max(1);
        let best = (0..40).fold(f64::INFINITY, |best, _| {
            let begin = Instant::now();
            for _ in 0..repeats {
                Team::alone(&mut room).matmul([m, n, k], a, b, black_box(&mut c), Onto::Zero);
            }
            best.min(begin.elapsed().as_secs_f64() / repeats as f64)
        });
        let rate = flops as f64 / best / 1e9;
        println!(
            "{workload} {name} {m:4} × {n:4} × {k:4} {:9.2} µs {rate:6.1} GFLOP/s {:4.0} %",
            best * 1e6,
            100.0 * rate / peak
        );
    }
}
