//! The worker of candle: its layers, its autograd, and its own optimizers where they are PyTorch's.

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::optim::{AdamW, Optimizer, ParamsAdamW, SGD};
use candle_nn::{Linear, Module, loss, ops};
use whygrad_bench::{Peer, Start, Workload, serve, version};

const DEVICE: &Device = &Device::Cpu;

struct Candle {
    workload: Workload,
    x: Tensor,
    y: Tensor,
    /// Of each layer weight and bias, then, where there is a layer norm, its scale and shift.
    layers: Vec<Vec<Var>>,
    /// What `layers` start from.
    start: Vec<Vec<Tensor>>,
    rule: Rule,
}

enum Rule {
    Sgd(SGD),
    /// Candle's has no momentum.
    Momentum(Vec<(Var, Option<Tensor>)>),
    Adam(AdamW),
}

impl Candle {
    fn new(workload: Workload, start: Start) -> Result<Candle> {
        let batch = workload.batch;
        let (first, last) = (workload.widths[0], workload.widths[workload.widths.len() - 1]);
        let y = match workload.loss.as_str() {
            "mse" => Tensor::from_vec(start.values, (batch, last), DEVICE)?,
            _ => Tensor::from_vec(start.classes, batch, DEVICE)?,
        };
        let mut layers = vec![];
        for ((weight, bias), pair) in start.linears.into_iter().zip(workload.widths.windows(2)) {
            let mut layer = vec![
                Tensor::from_vec(weight, (pair[1], pair[0]), DEVICE)?,
                Tensor::from_vec(bias, pair[1], DEVICE)?,
            ];
            if workload.layer_norm {
                layer.push(Tensor::ones(pair[1], DType::F32, DEVICE)?);
                layer.push(Tensor::zeros(pair[1], DType::F32, DEVICE)?);
            }
            layers.push(layer);
        }
        let vars = |layer: &Vec<Tensor>| layer.iter().map(Var::from_tensor).collect::<Result<Vec<Var>>>();
        Ok(Candle {
            x: Tensor::from_vec(start.x, (batch, first), DEVICE)?,
            y,
            layers: layers.iter().map(vars).collect::<Result<_>>()?,
            start: layers,
            workload,
            rule: Rule::Momentum(vec![]),
        })
    }

    fn loss(&self) -> Result<Tensor> {
        let mut x = self.x.clone();
        for (i, layer) in self.layers.iter().enumerate() {
            x = Linear::new(layer[0].as_tensor().clone(), Some(layer[1].as_tensor().clone())).forward(&x)?;
            if self.workload.layer_norm || i + 1 < self.layers.len() {
                x = match self.workload.activation.as_str() {
                    "sigmoid" => ops::sigmoid(&x)?,
                    "tanh" => x.tanh()?,
                    "relu" => x.relu()?,
                    "gelu" => x.gelu_erf()?,
                    other => panic!("no activation {other}"),
                };
            }
            if self.workload.layer_norm {
                // The fused one has no derivative.
                x = ops::layer_norm_slow(&x, &layer[2], &layer[3], 1e-5)?;
            }
        }
        match self.workload.loss.as_str() {
            "mse" => loss::mse(&x, &self.y),
            _ => loss::cross_entropy(&x, &self.y),
        }
    }

    fn set_to_start(&mut self) -> Result<()> {
        let vars: Vec<Var> = self.layers.iter().flatten().cloned().collect();
        for (var, start) in vars.iter().zip(self.start.iter().flatten()) {
            var.set(start)?;
        }
        let rule = &self.workload.optimizer;
        let decay = if rule.r#type == "adamw" { 0.01 } else { 0.0 };
        self.rule = match rule.r#type.as_str() {
            "sgd" if rule.momentum != 0.0 => {
                Rule::Momentum(vars.into_iter().map(|var| (var, None)).collect())
            }
            "sgd" => Rule::Sgd(SGD::new(vars, rule.lr)?),
            _ => Rule::Adam(AdamW::new(
                vars,
                ParamsAdamW { lr: rule.lr, weight_decay: decay, ..ParamsAdamW::default() },
            )?),
        };
        Ok(())
    }

    fn step(&mut self) -> Result<Tensor> {
        let loss = self.loss()?;
        let gradients = loss.backward()?;
        match &mut self.rule {
            Rule::Sgd(rule) => rule.step(&gradients)?,
            Rule::Adam(rule) => rule.step(&gradients)?,
            Rule::Momentum(pairs) => {
                let rule = &self.workload.optimizer;
                for (var, velocity) in pairs {
                    let gradient = gradients.get(var).expect("a gradient");
                    let next = match velocity {
                        Some(velocity) => ((&*velocity * rule.momentum)? + gradient)?,
                        None => gradient.clone(),
                    };
                    var.set(&(var.as_tensor() - (&next * rule.lr)?)?)?;
                    *velocity = Some(next);
                }
            }
        }
        Ok(loss)
    }
}

impl Peer for Candle {
    fn restart(&mut self) {
        self.set_to_start().expect("candle's tensors");
    }

    fn steps(&mut self, n: usize) -> f64 {
        let mut loss = None;
        for _ in 0..n {
            loss = Some(self.step().expect("a step of candle"));
        }
        loss.map_or(0.0, |loss| f64::from(loss.to_scalar::<f32>().expect("a number")))
    }
}

fn main() {
    let make = |workload, _threads, start| Candle::new(workload, start).expect("candle's tensors");
    // Inside the pool: from the main thread every parallel region would first have to wake it.
    rayon::scope(|_| serve("candle", version("candle-core"), make));
}
