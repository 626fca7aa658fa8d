//! The numbers of a network.

use super::stored::{self, Stored};
use super::{Error, Network};
use crate::kernel::{Aligned, Checksum, Scalar, random};
use crate::shape::Shape;

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

    /// A checksum (CRC32C) of all numbers.
    pub fn checksum(&self) -> u32 {
        Checksum::default().numbers(&self.params).numbers(&self.buffers).value()
    }

    /// The bytes of a safetensors file, with PyTorch's names: `torch` reads it by
    /// `load_state_dict(safetensors.torch.load_file(path))`. Equal numbers give equal bytes.
    ///
    /// ```
    /// use whygrad::{layers, network::{Network, Weights}, op::Linear};
    /// let network = Network::sequential([4], layers![Linear::new(2)])?;
    /// let weights = Weights::<f32>::init(&network, 1);
    /// let bytes = weights.to_safetensors(&network);
    /// assert_eq!(Weights::from_safetensors(&network, &bytes)?, weights);
    /// # Ok::<(), whygrad::network::Error>(())
    /// ```
    ///
    /// # Panics
    /// Where the weights are another network's.
    pub fn to_safetensors(&self, network: &Network) -> Vec<u8> {
        stored::write(&self.tensors(network), None)
    }

    /// The weights in the bytes of a safetensors file that this crate or PyTorch made from the same layers; what an
    /// optimizer keeps may stand beside them.
    ///
    /// # Errors
    /// Where the bytes are no safetensors file, or hold another network's tensors.
    pub fn from_safetensors(network: &Network, bytes: &[u8]) -> Result<Weights<T>, Error> {
        Weights::read(network, &Stored::open(bytes)?)
    }

    /// Name, shape and numbers of all parameters and of all untrained state.
    pub(crate) fn tensors<'a>(&'a self, network: &'a Network) -> Vec<(String, &'a Shape, &'a [T])> {
        let params = network.params().iter();
        let params = params.map(|of| (of.path.clone(), &of.shape, &self.params[of.range.clone()]));
        let buffers = network.buffers().iter();
        params
            .chain(buffers.map(|of| (of.path.clone(), &of.shape, &self.buffers[of.range.clone()])))
            .collect()
    }

    /// The weights among the tensors of a file.
    pub(crate) fn read(network: &Network, stored: &Stored<'_>) -> Result<Weights<T>, Error> {
        let params = Aligned::zeros(network.param_count());
        let mut weights = Weights { params, buffers: vec![T::zero(); network.buffer_count()] };
        for of in network.params() {
            stored.read(&of.path, &of.shape, &mut weights.params[of.range.clone()])?;
        }
        for of in network.buffers() {
            stored.read(&of.path, &of.shape, &mut weights.buffers[of.range.clone()])?;
        }
        let params = network.params().iter().map(|of| of.path.as_str());
        stored.only(params.chain(network.buffers().iter().map(|of| of.path.as_str())))?;
        weights.mask(network);
        Ok(weights)
    }

    /// Refuses weights that are not as many as the network's.
    pub(crate) fn check(&self, network: &Network) -> Result<(), Error> {
        let counts = [
            ("trained numbers", self.params.len(), network.param_count()),
            ("untrained numbers", self.buffers.len(), network.buffer_count()),
        ];
        match counts.into_iter().find(|(_, got, wants)| got != wants) {
            Some((what, got, wants)) => Err(Error::OtherNetwork { what, got, wants }),
            None => Ok(()),
        }
    }

    /// Holds left-out connections at 0.
    pub(crate) fn mask(&mut self, network: &Network) {
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
