//! A network as a table: its values with what they are computed from, their shapes, their weights.

use super::Network;
use std::fmt;

/// ```
/// use whygrad::{layers, network::Network, op::{Linear, Relu}};
/// let network = Network::sequential([64], layers![Linear::new(32), Relu, Linear::new(10)])?;
/// let table = "\
/// value    from     shape  weights
/// x                 [64]         0
/// linear1  x        [32]      2080
/// relu1    linear1  [32]         0
/// linear2  relu1    [10]       330
/// 2410 weights
/// ";
/// assert_eq!(network.to_string(), table);
/// # Ok::<(), whygrad::network::Error>(())
/// ```
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = self.layout();
        let header = ["value", "from", "shape", "weights"].map(String::from);
        let rows = layout.values.iter().map(|value| {
            let from: Vec<&str> = value.inputs.iter().map(|&i| layout.values[i].name.as_str()).collect();
            let params = &layout.params[value.params.clone()];
            let weights: usize = params.iter().map(|param| param.shape.len()).sum();
            [value.name.clone(), from.join(", "), value.shape.to_string(), weights.to_string()]
        });
        let rows: Vec<[String; 4]> = std::iter::once(header).chain(rows).collect();
        let [name, from, shape, weights] =
            [0, 1, 2, 3].map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
        for [a, b, c, d] in &rows {
            writeln!(f, "{a:name$}  {b:from$}  {c:shape$}  {d:>weights$}")?;
        }
        let frozen: usize =
            layout.params.iter().filter(|param| param.frozen).map(|param| param.shape.len()).sum();
        match frozen {
            0 => writeln!(f, "{} weights", self.param_count()),
            _ => writeln!(f, "{} weights, {frozen} of them frozen", self.param_count()),
        }
    }
}
