//! How far something is that takes long.

use super::page::width;
use super::warn;
use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// A bar over `steps`, and below it what `below` says, in indicatif's template. Nobody sees it until it gets somewhere
/// to draw.
pub fn progress(steps: u64, below: &str) -> ProgressBar {
    let columns = (width() / 3).min(24);
    let template = format!("{{bar:{columns}}} {{pos}}/{{len}} steps, {{eta}} left{below}");
    let style = ProgressStyle::with_template(&template);
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden());
    bar.with_style(style.expect("the template is one of ours").progress_chars("█▌ "))
}

/// How long something takes before anybody is told how far it is, and how often it is told by a line.
const AFTER: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_secs(10);

/// Says on standard error how far something is that takes longer than a second: by a bar where that is a terminal, and
/// elsewhere by a line every ten seconds.
pub struct Progress {
    bar: ProgressBar,
    began: Instant,
    said: Instant,
}

impl Progress {
    /// Of something that has so many steps.
    pub fn new(steps: u64) -> Progress {
        let now = Instant::now();
        Progress { bar: progress(steps, ""), began: now, said: now }
    }

    /// One more step is done.
    pub fn step(&mut self) {
        self.bar.inc(1);
        let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
        if std::io::stderr().is_terminal() {
            if self.bar.is_hidden() && self.began.elapsed() > AFTER {
                self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            }
        } else if self.said.elapsed() >= EVERY {
            self.said = Instant::now();
            let left = self.began.elapsed().mul_f64(all.saturating_sub(done) as f64 / done as f64);
            warn(&format!("{} of {} steps, {} left", HumanCount(done), HumanCount(all), HumanDuration(left)));
        }
    }

    /// It is over.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Says on standard error what is being done, where that is a terminal: a line that is written over.
pub struct Working {
    bar: ProgressBar,
}

impl Working {
    /// Of something that takes long.
    pub fn new() -> Working {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{elapsed} {wide_msg}");
        if std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        Working { bar: bar.with_style(style.expect("the template is one of ours")) }
    }

    /// On this, from now on.
    pub fn on(&self, what: &str) {
        self.bar.set_message(what.to_string());
        self.bar.tick();
    }

    /// It is over.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Default for Working {
    fn default() -> Working {
        Working::new()
    }
}
