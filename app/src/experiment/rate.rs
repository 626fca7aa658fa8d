//! What an experiment says of the learning rate.

use super::Experiment;
use crate::error::Result;
use whygrad::optim::Schedule;
use whygrad::train::Course;

impl Experiment {
    pub(super) fn warmup(&self) -> u64 {
        self.schedule.count("warmup") as u64
    }

    /// What the full learning rate does.
    pub(super) fn course(&self) -> Course {
        let schedule = &self.schedule;
        let epochs = |key| schedule.count_if(key).map(|epochs| epochs as u64);
        match schedule.word("type") {
            "step" => Course::Step {
                epochs: epochs("step_size").unwrap_or(self.fit().epochs),
                gamma: schedule.number("gamma"),
            },
            "cosine" => Course::Cosine {
                restarts: self.restarts(),
                epochs: epochs("t_max"),
                min: schedule.number("eta_min"),
            },
            _ => Course::Constant,
        }
    }

    /// The epochs after which a cosine begins anew.
    fn restarts(&self) -> Vec<u64> {
        self.schedule.numbers_if("restarts").unwrap_or_default().into_iter().map(|x| x as u64).collect()
    }

    /// What the learning rate does, where an epoch has `steps`.
    pub fn schedule(&self, steps: u64) -> Schedule {
        self.course().schedule(self.warmup(), steps, self.epochs())
    }

    /// The same with so many epochs: a learning rate that falls along a cosine does so as before, and begins anew where it
    /// ends. What is to be said of that is told, too.
    ///
    /// # Errors
    /// Where a key says otherwise.
    pub fn prolonged(&self, file: &str, epochs: u64) -> Result<(Experiment, Option<String>)> {
        let (last, t_max) = (self.epochs(), self.schedule.count_if("t_max").map(|epochs| epochs as u64));
        let end = t_max.unwrap_or(last);
        let (mut overrides, mut remark) = (vec![format!("train.epochs={epochs}")], None);
        match self.schedule.word("type") {
            "cosine" if t_max.is_none() && epochs < last => overrides.push(format!("schedule.t_max={last}")),
            "cosine" if epochs > end && end >= last => {
                overrides.push(format!("schedule.restarts={:?}", [self.restarts(), vec![end]].concat()));
                overrides.extend(t_max.map(|_| format!("schedule.t_max={epochs}")));
                remark = Some(format!(
                    "the learning rate falls along a cosine until epoch {end}; behind it, it begins anew and falls until \
                     epoch {epochs} (schedule.restarts)"
                ));
            }
            "cosine" if epochs > end => {
                let min = self.schedule.number("eta_min");
                remark = Some(format!(
                    "the learning rate is {min} behind epoch {end}, where its cosine ends (schedule.t_max, schedule.eta_min)"
                ));
            }
            _ => {}
        }
        Ok((Experiment::parse(file, &self.name, &self.text, &overrides)?, remark))
    }
}
