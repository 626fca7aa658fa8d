//! Own loss: by the pinball loss a network learns not the mean of a noisy curve but any of its quantiles
//! (Koenker, Bassett 1978).

use std::error::Error;
use std::sync::Arc;
use whygrad::author::Scalar;
use whygrad::data::{Dataset, Targets, generate::GENERATED};
use whygrad::expr::{Expr, Relation, Role};
use whygrad::judge;
use whygrad::layers;
use whygrad::loss::{Made, Pointwise, Reduction};
use whygrad::network::Network;
use whygrad::op::{Kink, Linear, Tanh};
use whygrad::optim::Adam;
use whygrad::train::{Fit, Options, Progress, Trainer, fit};

/// f(x, y) = (1 − τ)·(x − y) where x > y, else τ·(y − x): its least mean is at the quantile τ of y.
#[derive(Clone, Copy, Debug)]
struct Pinball {
    /// τ: which share of the targets lies below.
    quantile: f64,
}

impl Pinball {
    fn symbol(self) -> Expr {
        Expr::symbol("τ", Role::Setting(self.quantile))
    }
}

impl Pointwise for Pinball {
    fn name(&self) -> &'static str {
        "pinball"
    }

    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }

    fn value<T: Scalar>(&self, x: T, y: T) -> T {
        self.slope(x, y) * (x - y)
    }

    fn slope<T: Scalar>(&self, x: T, y: T) -> T {
        // Every comparison with NaN is false.
        T::of(match (x > y, x <= y) {
            (true, _) => 1.0 - self.quantile,
            (_, true) => -self.quantile,
            _ => f64::NAN,
        })
    }

    /// At x = y it jumps, and is what it is below.
    fn kinks(&self) -> Vec<Kink> {
        vec![Kink { at: 0.0, slope: -self.quantile }]
    }

    fn expression(&self, x: Expr, y: Expr) -> Expr {
        let above = (1.0 - self.symbol()) * (x.clone() - y.clone());
        above.cases(x.clone(), Relation::Above, y.clone(), self.symbol() * (y - x))
    }

    fn slope_expression(&self, x: Expr, y: Expr) -> Expr {
        (1.0 - self.symbol()).cases(x, Relation::Above, y, -self.symbol())
    }
}

/// The share of the targets that lie below what a network says of them after it was trained for a quantile.
fn share_below(quantile: f64, data: &Dataset<f32>) -> Result<f64, Box<dyn Error>> {
    let network = Network::sequential([1], layers![Linear::new(16), Tanh, Linear::new(1)])?;
    let adam = Arc::new(Adam { lr: 0.01, ..Adam::default() });
    let mut trainer = Trainer::new(network, Arc::new(Pinball { quantile }), adam, Options::default())?;
    let how = Fit { epochs: 150, ..Fit::default() };
    fit(&mut trainer, data, None, &how, &mut Progress::default(), &mut [])?;
    let Targets::Values { data: targets, .. } = data.targets() else { return Err("no values".into()) };
    let predicted = trainer.predict(data.inputs())?;
    let below = targets.iter().zip(predicted).filter(|(target, predicted)| *target < predicted).count();
    Ok(below as f64 / data.len() as f64)
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    judge::loss(&Pinball { quantile: 0.1 }, 2, 5, Made::Real)?;
    let sine = GENERATED.iter().find(|set| set.name == "sine").ok_or("no such set")?;
    let data = sine.make(1000, 0.3, 1, 1)?;
    for quantile in [0.1, 0.5, 0.9] {
        let share = share_below(quantile, &data)?;
        println!("trained for the quantile {quantile}: {:.1} % of the targets lie below", 100.0 * share);
        if (share - quantile).abs() > 0.03 {
            return Err("a network missed its quantile".into());
        }
    }
    Ok(())
}
