//! Numbers that are fetched before they are needed.

/// Bytes that are fetched at most: of what is longer the processor fetches the rest by itself.
const MOST: usize = 1024;

/// Has numbers fetched into the cache, without waiting for them.
#[inline]
pub(crate) fn prefetch<T>(_numbers: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let (start, bytes) = (_numbers.as_ptr().cast::<i8>(), size_of_val(_numbers).min(MOST));
        for at in (0..bytes).step_by(64).chain([bytes]) {
            // SAFETY: every processor of this kind has the instruction, and any address may be prefetched.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(at)) };
        }
    }
}
