//! Numbers: matrix products, random bits, moments, threads. The only room with `unsafe` code.

#![allow(unsafe_code)]

mod aligned;
mod checksum;
pub(crate) mod matmul;
pub(crate) mod moments;
mod numbers;
mod prefetch;
pub mod random;
mod scalar;
mod simd;
pub mod stable;
mod team;
mod threads;
mod transpose;
pub(crate) mod update;

pub use aligned::Aligned;
pub(crate) use aligned::padded;
pub(crate) use checksum::Checksum;
pub use numbers::Numbers;
pub(crate) use prefetch::prefetch;
pub use scalar::Scalar;
pub use simd::{Wide, vectors, wide};
pub use team::{Columns, Team};
pub use threads::Threads;
pub(crate) use transpose::transpose_into;
