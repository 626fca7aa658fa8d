//! The terminal: pages of lines and bars, charts, progress.

mod chart;
mod page;
mod progress;
mod say;

pub use chart::line as chart;
pub use page::{Page, bar, bar_on_axis, definitions, fit, two_sided, width, wrap};
pub use progress::{Progress, progress};
pub use say::{harmless, warn};
