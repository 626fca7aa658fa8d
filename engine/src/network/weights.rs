//! The numbers of a network.

use super::{Error, Network};
use crate::kernel::{Aligned, Scalar, random};

/// All numbers of a network: what is trained and what travels along, each in one piece.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights<T> {
    /// All parameters, one after the other; [`super::Param::range`] says which is where.
    pub params: Aligned<T>,
    /// All untrained state; [`super::Buffer::range`] says which is where.
    pub buffers: Vec<T>,
}

impl<T: Scalar> Weights<T> {
    /// The start that the network's initialisers and `seed` give.
    pub fn init(network: &Network, seed: u64) -> Weights<T> {
        let mut params = Aligned::zeros(network.param_count());
        for (i, param) in network.params().iter().enumerate() {
            let w = &mut params[param.range.clone()];
            param.init.fill(&param.shape, w, random::derive(seed, "parameter", i as u64));
        }
        let mut weights = Weights { params, buffers: vec![T::zero(); network.buffer_count()] };
        for buffer in network.buffers() {
            weights.buffers[buffer.range.clone()].fill(T::of(buffer.start));
        }
        weights.mask(network);
        weights
    }

    /// Sets one parameter, named as in `linear1.weight` or `0.weight`, to these numbers.
    pub fn set(&mut self, network: &Network, name: &str, numbers: &[T]) -> Result<(), Error> {
        let param = &network.params()[network.find(name)?];
        let w = &mut self.params[param.range.clone()];
        if w.len() != numbers.len() {
            let (name, shape) = (param.name.clone(), param.shape.clone());
            return Err(Error::ParamSize { name, shape, got: numbers.len() });
        }
        w.copy_from_slice(numbers);
        self.mask(network);
        Ok(())
    }

    /// Holds left-out connections at 0.
    fn mask(&mut self, network: &Network) {
        for param in network.params() {
            if let Some(mask) = &param.mask {
                let w = &mut self.params[param.range.clone()];
                w.iter_mut().zip(mask).filter(|(_, keep)| !**keep).for_each(|(w, _)| *w = T::zero());
            }
        }
    }

    /// The same numbers in the other precision.
    pub fn cast<U: Scalar>(&self) -> Weights<U> {
        let cast = |x: &[T]| x.iter().map(|x| U::of(x.f64())).collect::<Vec<U>>();
        Weights { params: cast(&self.params).into(), buffers: cast(&self.buffers) }
    }
}
