//! The worker of Burn: its `flex` backend and its autodiff. The updates are those of burn-optim, written on tensors
//! that nobody else holds, so that Burn works in place.

use burn::tensor::module::{layer_norm, linear};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use whygrad_bench::{Optimizer, Peer, Start, Workload, serve, version};

struct Burn {
    workload: Workload,
    device: Device,
    x: Tensor<2>,
    y: Target,
    layers: Vec<Layer>,
    start: Vec<(TensorData, TensorData)>,
    steps: i32,
}

enum Target {
    Values(Tensor<2>),
    /// [batch, 1]
    Classes(Tensor<2, Int>),
}

struct Layer {
    /// [in, out]
    weight: Param<2>,
    bias: Param<1>,
    /// Scale and shift of the layer norm.
    norm: Option<(Param<1>, Param<1>)>,
}

/// A parameter, and what the optimizer keeps for it.
struct Param<const D: usize> {
    value: Option<Tensor<D>>,
    slots: [Option<Tensor<D>>; 2],
}

impl<const D: usize> Param<D> {
    fn new(value: Tensor<D>) -> Param<D> {
        Param { value: Some(value.require_grad()), slots: [None, None] }
    }

    fn value(&self) -> Tensor<D> {
        self.value.clone().expect("a value")
    }

    /// The formulas of `torch.optim`.
    fn update(&mut self, gradients: &mut burn::tensor::Gradients, rule: &Optimizer, t: i32) {
        let value = self.value.take().expect("a value");
        let g = value.grad_remove(gradients).expect("a gradient");
        let w = value.inner();
        let w = if rule.r#type == "sgd" {
            if rule.momentum == 0.0 {
                w - g.mul_scalar(rule.lr)
            } else {
                let velocity = match self.slots[0].take() {
                    Some(velocity) => velocity.mul_scalar(rule.momentum) + g,
                    None => g,
                };
                self.slots[0] = Some(velocity.clone());
                w - velocity.mul_scalar(rule.lr)
            }
        } else {
            let [first, second] = self.slots.each_mut().map(Option::take);
            let step = g.clone().mul_scalar(0.1);
            let first = match first {
                Some(first) => first.mul_scalar(0.9) + step,
                None => step,
            };
            let square = g.square().mul_scalar(0.001);
            let second = match second {
                Some(second) => second.mul_scalar(0.999) + square,
                None => square,
            };
            let (size, root) = (rule.lr / (1.0 - 0.9_f64.powi(t)), (1.0 - 0.999_f64.powi(t)).sqrt());
            let w = if rule.r#type == "adamw" { w.mul_scalar(1.0 - rule.lr * 0.01) } else { w };
            let scale = second.clone().sqrt().div_scalar(root).add_scalar(1e-8);
            let change = first.clone().mul_scalar(size) / scale;
            self.slots = [Some(first), Some(second)];
            w - change
        };
        self.value = Some(w.autodiff().require_grad());
    }
}

impl Burn {
    fn new(workload: Workload, start: Start) -> Burn {
        let device = Device::flex().autodiff();
        let (batch, widths) = (workload.batch, &workload.widths);
        let y = match workload.loss.as_str() {
            "mse" => Target::Values(Tensor::from_data(
                TensorData::new(start.values, [batch, widths[widths.len() - 1]]),
                &device,
            )),
            _ => {
                let classes: Vec<i64> = start.classes.iter().map(|&class| i64::from(class)).collect();
                Target::Classes(Tensor::from_data(TensorData::new(classes, [batch, 1]), &device))
            }
        };
        let linear = |((weight, bias), pair): ((Vec<f32>, Vec<f32>), &[usize])| {
            // Burn's own linear layers have weights of [in, out].
            let turned = (0..pair[0]).flat_map(|i| weight.iter().skip(i).step_by(pair[0]).copied()).collect();
            (TensorData::new::<f32, _>(turned, [pair[0], pair[1]]), TensorData::new(bias, [pair[1]]))
        };
        Burn {
            x: Tensor::from_data(TensorData::new(start.x, [batch, widths[0]]), &device),
            y,
            layers: vec![],
            start: start.linears.into_iter().zip(widths.windows(2)).map(linear).collect(),
            steps: 0,
            device,
            workload,
        }
    }

    fn loss(&self) -> Tensor<1> {
        let mut x = self.x.clone();
        for (i, layer) in self.layers.iter().enumerate() {
            x = linear(x, layer.weight.value(), Some(layer.bias.value()));
            if layer.norm.is_some() || i + 1 < self.layers.len() {
                x = match self.workload.activation.as_str() {
                    "sigmoid" => activation::sigmoid(x),
                    "tanh" => activation::tanh(x),
                    "relu" => activation::relu(x),
                    "gelu" => activation::gelu(x),
                    other => panic!("no activation {other}"),
                };
            }
            if let Some((scale, shift)) = &layer.norm {
                x = layer_norm(x, scale.value(), Some(shift.value()), 1e-5);
            }
        }
        match &self.y {
            Target::Values(y) => (x - y.clone()).square().mean(),
            Target::Classes(y) => activation::log_softmax(x, 1).gather(1, y.clone()).mean().neg(),
        }
    }
}

impl Peer for Burn {
    fn restart(&mut self) {
        self.steps = 0;
        let norm = |width: usize| {
            let ones = Tensor::ones([width], &self.device);
            (Param::new(ones), Param::new(Tensor::zeros([width], &self.device)))
        };
        let layer = |(weight, bias): &(TensorData, TensorData)| Layer {
            weight: Param::new(Tensor::from_data(weight.clone(), &self.device)),
            norm: self.workload.layer_norm.then(|| norm(bias.shape()[0])),
            bias: Param::new(Tensor::from_data(bias.clone(), &self.device)),
        };
        self.layers = self.start.iter().map(layer).collect();
    }

    fn steps(&mut self, n: usize) -> f64 {
        let mut last = None;
        for _ in 0..n {
            let loss = self.loss();
            let mut gradients = loss.backward();
            self.steps += 1;
            let (rule, t) = (&self.workload.optimizer, self.steps);
            for layer in &mut self.layers {
                layer.weight.update(&mut gradients, rule, t);
                layer.bias.update(&mut gradients, rule, t);
                if let Some((scale, shift)) = &mut layer.norm {
                    scale.update(&mut gradients, rule, t);
                    shift.update(&mut gradients, rule, t);
                }
            }
            last = Some(loss);
        }
        last.map_or(0.0, |loss| f64::from(loss.into_scalar::<f32>()))
    }
}

fn main() {
    let make = |workload, _threads, start| Burn::new(workload, start);
    // Inside the pool: from the main thread every parallel region would first have to wake it.
    rayon::scope(|_| serve("burn", version("burn"), make));
}
