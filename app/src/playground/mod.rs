//! A training that is watched: played, stopped, taken back to any of its steps, and drawn at each.

mod maps;
mod player;
mod session;
mod shape;
mod thinned;
mod viewer;

pub use maps::{Drawn, Output, RESOLUTION, has_classes};
pub use player::{Curves, Player};
pub use session::{Session, State, Told};
pub use shape::{Layer, Matrix, layers};
pub use thinned::Thinned;
pub use viewer::{Example, Seen, Viewer};
