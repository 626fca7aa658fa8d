//! The terminal: pages of lines and bars, charts, progress.

mod chart;
mod interrupt;
mod page;
mod progress;
mod say;
mod text;

pub use chart::line as chart;
pub use interrupt::{is_interrupted, note_interrupts};
pub use page::{Page, bar, bar_on_axis, definitions, two_sided, width};
pub use progress::{Progress, Working, progress};
pub use say::{harmless, warn};
pub use text::{fit, padded, wrap};
