//! Numbers that start on a cache line, so that no aligned vector among them lies across two.

use super::Scalar;
use std::collections::TryReserveError;
use std::fmt;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vector.
const LINE: usize = 64;

/// Bytes of a page: numbers as far apart meet in one set of the first-level cache, and a processor takes a store to
/// one of them for a store to the other.
const PAGE: usize = 4096;

/// Bytes of a huge page.
const HUGE: usize = 2 << 20;

/// Cache lines between the starts, within their pages, of slices with neighbouring places.
const APART: usize = 13;

/// How many numbers a piece takes, at most a line more than `count`, so that the next one starts on a line too.
pub(crate) fn padded<T>(count: usize) -> usize {
    count.next_multiple_of(LINE / size_of::<T>())
}

/// A slice that starts on a cache line. A long one lies in huge pages where the system has them: then rows that are far
/// apart do not wait for their addresses to be translated.
#[derive(Default)]
pub struct Aligned<T> {
    /// The numbers of the slice are initialised; what lies around them is never read.
    memory: Vec<MaybeUninit<T>>,
    start: usize,
    count: usize,
    place: usize,
}

impl<T: Scalar> Aligned<T> {
    /// `count` zeros.
    pub fn zeros(count: usize) -> Aligned<T> {
        Aligned::zeros_apart(count, 0)
    }

    /// `count` zeros; slices with different places, 0 to 4, can be walked side by side without meeting in the cache.
    pub fn zeros_apart(count: usize, place: usize) -> Aligned<T> {
        // Long memory of zeros comes from the system page by page, each when it is first touched. Zeros are what all
        // scalars are whose bytes are 0.
        let memory = Box::<[T]>::new_zeroed_slice(length::<T>(count, place)).into_vec();
        Aligned { start: start(&memory, count, place), memory, count, place }
    }
}

impl<T: Clone> Aligned<T> {
    /// These numbers, at a place.
    pub fn apart(numbers: &[T], place: usize) -> Aligned<T> {
        Aligned::of(numbers.len(), place, [numbers.iter().cloned()])
    }

    /// The numbers of all parts, one part after the other.
    pub fn concat<'a>(parts: impl Iterator<Item = &'a [T]> + Clone) -> Aligned<T>
    where
        T: 'a,
    {
        let count = parts.clone().map(<[T]>::len).sum();
        Aligned::of(count, 0, parts.map(|part| part.iter().cloned()))
    }
}

impl<T: Copy> Aligned<T> {
    /// Puts numbers behind these. Where the system moves pages of memory that grows, long slices are not copied, and
    /// there are never two of them. The slice then lies on a line, at no place.
    ///
    /// # Errors
    /// Where there is no memory for them.
    pub fn append(&mut self, numbers: &[T]) -> Result<(), TryReserveError> {
        self.memory.truncate(self.start + self.count);
        if self.memory.capacity() - self.memory.len() < numbers.len() {
            self.grow(numbers.len())?;
        }
        self.memory.extend(numbers.iter().copied().map(MaybeUninit::new));
        self.count += numbers.len();
        Ok(())
    }

    /// Makes room for more numbers.
    fn grow(&mut self, more: usize) -> Result<(), TryReserveError> {
        let old = self.start;
        let room = LINE / size_of::<T>() + more;
        self.memory.try_reserve(room).or_else(|_| self.memory.try_reserve_exact(room))?;
        if self.memory.capacity() * size_of::<T>() >= HUGE {
            ask_for_huge_pages(&self.memory);
        }
        self.start = first(&self.memory, LINE);
        self.memory.resize(self.start.max(old) + self.count, MaybeUninit::uninit());
        // Memory whose pages were moved begins as far from a line as before.
        if self.start != old {
            self.memory.copy_within(old..old + self.count, self.start);
        }
        self.memory.truncate(self.start + self.count);
        Ok(())
    }
}

impl<T> Aligned<T> {
    /// Keeps the first numbers, at most `count`.
    pub fn truncate(&mut self, count: usize) {
        self.count = self.count.min(count);
    }

    /// Takes `count` numbers, all there are in the parts.
    fn of(
        count: usize,
        place: usize,
        parts: impl IntoIterator<Item = impl IntoIterator<Item = T>>,
    ) -> Aligned<T> {
        let mut memory: Vec<MaybeUninit<T>> = Vec::with_capacity(length::<T>(count, place));
        let start = start(&memory, count, place);
        // SAFETY: numbers that may be uninitialised are there as soon as there is room for them.
        unsafe { memory.set_len(start) };
        for part in parts {
            memory.extend(part.into_iter().map(MaybeUninit::new));
        }
        assert_eq!(memory.len(), start + count, "the parts have other numbers than were counted");
        Aligned { memory, start, count, place }
    }
}

/// What `count` numbers of a length are aligned to, in bytes.
fn page<T>(count: usize) -> usize {
    if count * size_of::<T>() < HUGE { PAGE } else { HUGE }
}

/// Numbers between an aligned address and what lies at a place.
fn offset<T>(place: usize) -> usize {
    place * APART * LINE / size_of::<T>()
}

/// How much memory, in numbers, has `count` of them at a place in it, wherever it begins.
fn length<T>(count: usize, place: usize) -> usize {
    count + page::<T>(count) / size_of::<T>() + offset::<T>(place)
}

/// Where in untouched memory of that length they start.
fn start<T>(memory: &Vec<MaybeUninit<T>>, count: usize, place: usize) -> usize {
    let page = page::<T>(count);
    if page == HUGE {
        ask_for_huge_pages(memory);
    }
    first(memory, page) + offset::<T>(place)
}

/// Where in some memory the first number is that is aligned to so many bytes.
fn first<T>(memory: &[MaybeUninit<T>], align: usize) -> usize {
    // An interpreter (Miri) may not know the address, and answers with the largest number; any start is right.
    memory.as_ptr().align_offset(align).min(align / size_of::<T>())
}

/// Asks the system to back memory by huge pages, as far as it was not touched yet. Nothing but speed depends on its
/// answer.
fn ask_for_huge_pages<T>(_memory: &Vec<MaybeUninit<T>>) {
    #[cfg(all(target_os = "linux", not(miri)))]
    // SAFETY: the advice changes nothing that pages hold, of this memory or, at its ends, of another.
    unsafe {
        // All pages of it: those of which only some were asked for would not be moved together when it grows.
        let start = _memory.as_ptr().addr() / PAGE * PAGE;
        let end = (_memory.as_ptr().addr() + _memory.capacity() * size_of::<T>()).next_multiple_of(PAGE);
        libc::madvise(std::ptr::without_provenance_mut(start), end - start, libc::MADV_HUGEPAGE);
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: the memory was made with so many initialised numbers at the start, and none of that changes.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr().add(self.start).cast(), self.count) }
    }
}

impl<T> DerefMut for Aligned<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.memory.as_mut_ptr().add(self.start).cast(), self.count) }
    }
}

impl<T: Clone> Clone for Aligned<T> {
    fn clone(&self) -> Aligned<T> {
        Aligned::apart(self, self.place)
    }
}

impl<T: Clone> From<Vec<T>> for Aligned<T> {
    fn from(numbers: Vec<T>) -> Aligned<T> {
        Aligned::apart(&numbers, 0)
    }
}

impl<T: Clone> FromIterator<T> for Aligned<T> {
    fn from_iter<I: IntoIterator<Item = T>>(numbers: I) -> Aligned<T> {
        Vec::from_iter(numbers).into()
    }
}

impl<T: PartialEq> PartialEq for Aligned<T> {
    fn eq(&self, other: &Aligned<T>) -> bool {
        **self == **other
    }
}

impl<T: fmt::Debug> fmt::Debug for Aligned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<'a, T> IntoIterator for &'a Aligned<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_start_on_lines_and_lie_apart_within_a_page_and_clones_keep_them() {
        let slices: Vec<Aligned<f32>> = (0..5).map(|place| Aligned::zeros_apart(3000, place)).collect();
        let within = |slice: &Aligned<f32>| slice.as_ptr() as usize % PAGE;
        let starts: Vec<usize> = slices.iter().map(within).collect();
        assert_eq!(starts, [0, 832, 1664, 2496, 3328]);
        assert_eq!(slices.iter().map(|slice| within(&slice.clone())).collect::<Vec<_>>(), starts);
        assert_eq!(Aligned::from(vec![1.0, 2.0]).clone()[..], [1.0, 2.0]);
        assert_eq!(Aligned::concat([&[1.0, 2.0][..], &[], &[3.0]].into_iter())[..], [1.0, 2.0, 3.0]);
        let mut three = Aligned::from(vec![1.0, 2.0, 3.0]);
        three.truncate(2);
        assert_eq!(three[..], [1.0, 2.0]);
        assert!(Aligned::<f64>::zeros(0).is_empty());
    }

    #[test]
    fn numbers_that_are_put_behind_others_come_after_them_on_a_line() {
        let more: Vec<f32> = (0..100_003).map(|i| i as f32).collect();
        let mut three = Aligned::from(vec![1.0, 2.0, 3.0]);
        three.truncate(2);
        for (mut slice, before) in [(Aligned::default(), vec![]), (three, vec![1.0, 2.0])] {
            for parts in 0..30 {
                let wanted = [&before[..], &more.repeat(parts)].concat();
                assert!(slice[..] == wanted && slice.clone() == slice, "{parts} parts");
                assert!(parts == 0 || slice.as_ptr().addr().is_multiple_of(LINE));
                slice.append(&more).unwrap();
            }
        }
        assert!(Aligned::from(vec![1.0_f32]).append(&[]).is_ok());
    }
}
