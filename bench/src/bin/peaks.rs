//! What the machine can do: its clock, how long a sum and a quotient take, and with one thread and with two f32 products
//! and sums, and memory.

use std::array;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

/// More than the caches hold.
const BYTES: usize = 512 << 20;

/// What the second- and the last-level cache hold on any processor of these years, and the one below them does not.
const IN_CACHE: [(&str, usize); 2] = [("copy_l2", 256 << 10), ("copy_l3", 6 << 20)];
const TRIES: usize = 5;

#[cfg(target_arch = "x86_64")]
mod fma {
    use std::arch::x86_64::*;

    /// Chains of products that do not wait for each other: more than two units times four cycles.
    const CHAINS: usize = 12;

    macro_rules! chains {
        ($name:ident, $feature:literal, $set:ident, $fma:ident) => {
            #[target_feature(enable = $feature)]
            fn $name(rounds: usize) {
                let (a, b) = (std::hint::black_box($set(0.999)), std::hint::black_box($set(0.001)));
                let mut c = [b; CHAINS];
                for _ in 0..rounds {
                    c.iter_mut().for_each(|c| *c = $fma(*c, a, b));
                }
                std::hint::black_box(c);
            }
        };
    }
    chains!(avx512, "avx512f", _mm512_set1_ps, _mm512_fmadd_ps);
    chains!(avx2, "avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps);

    /// Runs the widest form this processor has; returns the floating-point operations done.
    pub fn run(rounds: usize) -> usize {
        let lanes = if is_x86_feature_detected!("avx512f") {
            // SAFETY: the feature is there.
            unsafe { avx512(rounds) };
            16
        } else {
            assert!(
                is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
                "needs AVX2 and FMA"
            );
            // SAFETY: the features are there.
            unsafe { avx2(rounds) };
            8
        };
        2 * lanes * CHAINS * rounds
    }
}

/// The best rate, in units of 1e9 a second, of `threads` that all do `work`, which returns how much it did.
fn rate<S: Send>(threads: usize, make: impl Fn() -> S + Sync, work: impl Fn(&mut S) -> usize + Sync) -> f64 {
    let barrier = Barrier::new(threads);
    let body = || {
        let mut state = make();
        let mut tries = [(0, 0.0); TRIES];
        for (done, seconds) in &mut tries {
            barrier.wait();
            let begin = Instant::now();
            *done = work(&mut state);
            barrier.wait();
            *seconds = begin.elapsed().as_secs_f64();
        }
        tries
    };
    let all: Vec<[(usize, f64); TRIES]> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(body)).collect();
        handles.into_iter().map(|handle| handle.join().expect("no panic")).collect()
    });
    let each: [f64; TRIES] = array::from_fn(|i| {
        let done: usize = all.iter().map(|tries| tries[i].0).sum();
        let seconds = all.iter().map(|tries| tries[i].1).fold(0.0, f64::max);
        done as f64 / seconds / 1e9
    });
    each.into_iter().fold(0.0, f64::max)
}

/// Sum in 64 independent chains, so that memory and not the adders decide.
fn read(numbers: &[u64]) -> usize {
    let mut sums = [0_u64; 64];
    for chunk in numbers.as_chunks::<64>().0 {
        sums.iter_mut().zip(chunk).for_each(|(sum, x)| *sum = sum.wrapping_add(*x));
    }
    black_box(sums);
    size_of_val(numbers)
}

/// The best rate of copies within `bytes` of each thread: a copy reads every byte and writes it.
fn copy(threads: usize, bytes: usize) -> f64 {
    let halves = || (vec![1_u64; bytes / 16], vec![2_u64; bytes / 16]);
    rate(threads, halves, |(from, to)| {
        let times = (BYTES / 4 / bytes).max(1);
        (0..times).for_each(|_| black_box(&mut *to).copy_from_slice(black_box(from)));
        times * 2 * size_of_val(&from[..])
    })
}

/// A chain of multiplications, each of which waits three cycles for the one before.
fn cycles(rounds: usize) -> usize {
    let factor = black_box(0x9e37_79b9_7f4a_7c15_u64);
    let end = (0..rounds).fold(1_u64, |x, _| x.wrapping_mul(factor) ^ 1);
    black_box(end);
    // The exclusive or takes one more.
    4 * rounds
}

/// Nanoseconds that a number takes through `f`, which waits for the one before.
fn latency(f: impl Fn(f32) -> f32 + Sync) -> f64 {
    let rounds = 20_000_000;
    1.0 / rate(
        1,
        || (),
        |()| {
            black_box((0..rounds).fold(black_box(0.5_f32), |x, _| f(x)));
            rounds
        },
    )
}

fn main() {
    let mut peaks = serde_json::Map::new();
    peaks.insert("sum_ns".into(), latency(|x| x + 1e-3).into());
    peaks.insert("quotient_ns".into(), latency(|x| 2.0 / x).into());
    peaks.insert("ghz".into(), rate(1, || (), |()| cycles(50_000_000)).into());
    for threads in [1, 2] {
        let gflops = rate(threads, || (), |()| fma::run(20_000_000));
        let count = BYTES / 8 / threads;
        let read = rate(threads, || vec![1_u64; count], |numbers| read(numbers));
        for (name, value) in [("gflops", gflops), ("read", read), ("copy", copy(threads, BYTES / threads))] {
            peaks.insert(format!("{name}_{threads}"), value.into());
        }
        for (name, bytes) in IN_CACHE {
            peaks.insert(format!("{name}_{threads}"), copy(threads, bytes).into());
        }
    }
    println!("{}", serde_json::Value::Object(peaks));
}
