//! How far something is that takes long.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over `steps`, and below it what `below` says, in indicatif's template. Nobody sees it until it gets somewhere
/// to draw.
pub fn progress(steps: u64, below: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(&format!("{{bar:24}} {{pos}}/{{len}} steps, {{eta}} left{below}"));
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden());
    bar.with_style(style.expect("the template is one of ours").progress_chars("█▌ "))
}
