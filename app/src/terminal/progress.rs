//! How far something is that takes long.

use super::page::width;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over `steps`, and below it what `below` says, in indicatif's template. Nobody sees it until it gets somewhere
/// to draw.
pub fn progress(steps: u64, below: &str) -> ProgressBar {
    let columns = (width() / 3).min(24);
    let template = format!("{{bar:{columns}}} {{pos}}/{{len}} steps, {{eta}} left{below}");
    let style = ProgressStyle::with_template(&template);
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden());
    bar.with_style(style.expect("the template is one of ours").progress_chars("█▌ "))
}
