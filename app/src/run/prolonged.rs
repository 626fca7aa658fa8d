//! A run that is to have more epochs than it was begun with.

use super::provenance::Provenance;
use super::{Run, write_whole};
use crate::error::{Error, Result};
use crate::terminal::warn;
use whygrad::train::{End, Fit, Prepared, Progress, Real};

impl Run {
    /// Lets it have so many epochs, of which the prepared training has made some: writes that into its experiment.
    ///
    /// # Errors
    /// Where it could not go on, or steps that were made would not be the same with more epochs.
    pub fn prolong<T: Real>(&self, epochs: u64, at: &mut Prepared<T>, progress: &Progress) -> Result<()> {
        let refuse = |problem: String| Err(Error::argument("--epochs", problem));
        let (fit, steps) = (Fit { epochs, ..at.fit }, at.trainer.state().steps);
        let per_epoch = fit.batches(at.trainer.options(), at.train.len()).per_epoch();
        match progress.end(&fit, steps, per_epoch) {
            None => {}
            Some(End::Epochs) => {
                let done = steps / per_epoch;
                return refuse(format!("is {epochs}, and the run has made {done} epochs; ask for more"));
            }
            Some(End::Patience) => {
                return refuse(
                    "the run ended because the held-out loss did not fall for as long as train.patience says, and it \
                     would end again at once; train it anew with another patience"
                        .into(),
                );
            }
            Some(_) => return refuse("the run diverged, so there is nothing to go on with".into()),
        }
        // Nobody else may be training it.
        let _lock = self.lock()?;
        let path = self.path().join("experiment.toml");
        let text = std::fs::read(&path).map_err(Error::file("read", &path))?;
        let (longer, remark) = self.experiment()?.prolonged(&path.display().to_string(), epochs)?;
        // First what says that the text may be another one: it is whole at every moment.
        if let Some(provenance) = Provenance::load(self.path())? {
            provenance.prolonged(&text, longer.text.as_bytes()).save(self.path())?;
        }
        write_whole(&path, longer.text.as_bytes())?;
        remark.iter().for_each(|remark| warn(remark));
        at.trainer.set_schedule(longer.schedule(per_epoch));
        at.fit = fit;
        Ok(())
    }
}
