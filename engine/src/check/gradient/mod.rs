//! Checks of the way from the loss back to the weights. One check, one file.

use super::evidence::Told;
use crate::op::Structure;
use crate::probe::Moment;

pub(super) mod blocked;
pub(super) mod explodes;
pub(super) mod missing;
pub(super) mod noisy;
pub(super) mod vanishes;
pub(super) mod wrong;

/// The linear layers, by their places among the operations; the gradient by the first one's outputs over that by the last
/// one's, where there are two and more; and of each but the last the same over the next one's.
fn gains(told: &Told, start: &Moment) -> Option<(Vec<usize>, f64, Vec<f64>)> {
    let nodes = told.network.nodes();
    let layers: Vec<usize> =
        (0..nodes.len()).filter(|node| nodes[*node].op.structure() == Structure::Affine).collect();
    let norm = |node: usize| start.values[node + 1].gradient.norm();
    let [first, .., last] = layers[..] else { return None };
    let gains = layers.windows(2).map(|pair| norm(pair[0]) / norm(pair[1])).collect();
    Some((layers, norm(first) / norm(last), gains))
}
