//! Numbers that start on a cache line, so that no aligned vector among them lies across two.

use super::Scalar;
use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vector.
const LINE: usize = 64;

/// How many numbers a piece takes, at most a line more than `count`, so that the next one starts on a line too.
pub fn padded<T>(count: usize) -> usize {
    count.next_multiple_of(LINE / size_of::<T>())
}

/// A slice of fixed length that starts on a cache line.
#[derive(Debug, Default)]
pub struct Aligned<T> {
    room: Vec<T>,
    start: usize,
    count: usize,
}

impl<T: Scalar> Aligned<T> {
    /// `count` zeros.
    pub fn zeros(count: usize) -> Aligned<T> {
        let room = vec![T::zero(); count + LINE / size_of::<T>()];
        // An interpreter that does not tell addresses answers with the largest number; any start is right.
        let start = room.as_ptr().align_offset(LINE).min(LINE / size_of::<T>());
        Aligned { room, start, count }
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.room[self.start..self.start + self.count]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.room[self.start..self.start + self.count]
    }
}
