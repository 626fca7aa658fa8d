//! Randomness that is addressed, not drawn: every random number of a run is a function of the experiment's
//! seed and of what it is for, so any step can be replayed without the steps before it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a bijection whose output bits all depend on all
/// input bits.
#[inline(always)]
pub fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A seed for one purpose, derived from the experiment's seed: `derive(seed, "shuffle", epoch)`.
pub fn derive(seed: u64, purpose: &str, index: u64) -> u64 {
    let purpose = purpose.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, byte| {
        (h ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3) // FNV-1a
    });
    mix(mix(mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15)) ^ purpose).wrapping_add(index))
}

/// A generator for one purpose, the same on every platform.
pub fn generator(seed: u64, purpose: &str, index: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(derive(seed, purpose, index))
}

/// The `index`-th number of stream `key`, uniform in [0, 1) with 53 bits: SplitMix64 with random access.
#[inline]
pub fn uniform(key: u64, index: u64) -> f64 {
    bits(key, index) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// [`uniform`] · 2⁵³, for loops that become vectors.
#[inline(always)]
pub fn bits(key: u64, index: u64) -> u64 {
    mix(key.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))) >> 11
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_different_purposes_seeds_and_indices_differ() {
        let keys =
            [derive(1, "init", 0), derive(2, "init", 0), derive(1, "shuffle", 0), derive(1, "init", 1)];
        for (i, a) in keys.iter().enumerate() {
            assert!(keys[..i].iter().all(|b| a != b));
        }
    }

    #[test]
    fn uniform_numbers_have_the_mean_and_variance_of_the_uniform_distribution() {
        let n = 100_000;
        let u: Vec<f64> = (0..n).map(|i| uniform(7, i)).collect();
        assert!(u.iter().all(|x| (0.0..1.0).contains(x)));
        let mean = u.iter().sum::<f64>() / n as f64;
        let variance = u.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        assert!((mean - 0.5).abs() < 5.0 * (1.0f64 / 12.0 / n as f64).sqrt(), "mean {mean}");
        assert!((variance - 1.0 / 12.0).abs() < 2e-3, "variance {variance}");
    }
}
