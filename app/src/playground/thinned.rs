//! What a training left at its steps, kept evenly thinned: however long it goes on, no more than so many of them.

/// Values by the steps that left them, every so many of them.
#[derive(Clone, Debug)]
pub struct Thinned<V> {
    kept: Vec<(u64, V)>,
    /// Of these steps.
    every: u64,
    most: usize,
    /// The furthest step that was told of.
    known: u64,
}

impl<V> Thinned<V> {
    /// At most so many.
    pub fn new(most: usize) -> Thinned<V> {
        Thinned { kept: vec![], every: 1, most: most.max(2), known: 0 }
    }

    /// What is kept, in the order of the steps.
    pub fn kept(&self) -> &[(u64, V)] {
        &self.kept
    }

    /// The furthest step that was told of.
    pub fn known(&self) -> u64 {
        self.known
    }

    /// Tells of a step; what was told before is known. From time to time, half of what is kept goes.
    pub fn tell(&mut self, step: u64, value: impl FnOnce() -> V) {
        if step < self.known || (step == self.known && !self.kept.is_empty()) {
            return;
        }
        self.known = step;
        if !step.is_multiple_of(self.every) {
            return;
        }
        self.kept.push((step, value()));
        if self.kept.len() > self.most {
            self.every *= 2;
            let every = self.every;
            self.kept.retain(|(step, _)| step.is_multiple_of(every));
        }
    }

    /// The last that is kept up to a step, of a list that begins at or before it.
    pub fn before(&self, step: u64) -> Option<&V> {
        let behind = self.kept.partition_point(|(kept, _)| *kept <= step);
        self.kept.get(behind.checked_sub(1)?).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_never_far_away() {
        let mut thinned = Thinned::new(256);
        for step in (0..=10_000).chain(5_000..=10_000) {
            thinned.tell(step, || step);
        }
        assert!((128..=256).contains(&thinned.kept().len()) && thinned.known() == 10_000);
        for step in [0, 1, 77, 5_000, 10_000] {
            let before = *thinned.before(step).unwrap();
            assert!(before <= step && step - before < 10_000 / 128 * 2, "{step}: {before}");
        }
    }
}
