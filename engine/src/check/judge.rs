//! From findings to a verdict: suspicions are tried, and what helps is the cause.

use super::change::Change;
use super::evidence::Evidence;
use super::source::{Budget, Source, Unable, Wanted};
use super::verdict::{Cause, Finding, NotChecked, Trial, Verdict};
use super::{Check, LIST};
use std::collections::BTreeMap;

/// By how much a change has to better accuracy or R² to matter, near a perfect result; a tenth of what is missing, where
/// that is more. A training that could be a little better is not broken.
pub const MATTERS: f64 = 0.03;

/// Starting points of a trial, and how many more where the first ones do not decide. The training's own, 0, from which
/// proposals are chosen, is not among them: the best of many is better by chance.
const POINTS: u64 = 3;
const MORE: u64 = 2;

/// How many standard errors a gain has to be above 0, with so many starting points: Student's t at 5 % two-sided.
const ERRORS: [(usize, f64); 3] = [(3, 4.3), (4, 3.2), (5, 2.8)];

/// The most broken links that are looked for, one behind the other.
const CAUSES: usize = 3;

/// The most pairs of changes that are tried where none helps alone.
const PAIRS: usize = 60;

/// How much of the best change's gain an earlier link's has to reach, to stand before it.
const NEAR: f64 = 0.7;

/// Shares of the budget that is left which are for trying proposals once: where one of them helps, and where none does.
const SCREEN: [f64; 2] = [0.35, 0.7];

/// Proposals that are tried side by side.
const BESIDE: usize = 4;

/// The check that asks where no other helps.
const LAST: &str = "not-learning";

/// The check whose trial is judged by the mean over the classes.
const BALANCED: &str = "data-imbalanced";

/// By how much a result has to be better than this to matter, where so many examples are measured: one more of them right
/// is nothing.
fn needed(before: f64, examples: usize) -> f64 {
    (0.1 * (1.0 - before)).max(MATTERS) + 1.0 / examples.max(1) as f64
}

/// Checks a training: asks all checks, and tries what they propose.
///
/// # Errors
/// Where the training cannot begin and no check says why, or the budget is used up before the training came to its end
/// once.
pub fn check(source: &mut dyn Source, budget: &Budget<'_>) -> Result<Verdict, Unable> {
    (budget.doing)("training once, and looking at every link");
    let evidence = source.evidence(&[], budget)?;
    let (findings, mut not_checked) = ask(&evidence);
    let certain = findings.iter().any(|finding| finding.certain);
    if let Some(error) = evidence.refused.filter(|_| !certain) {
        return Err(Unable::Refused(error));
    }
    let score = evidence.score;
    let mut court = Court {
        source,
        budget,
        scores: BTreeMap::new(),
        trials: vec![],
        untried: vec![],
        examples: 0,
        trivial: score.as_ref().map_or(0.0, |score| score.trivial),
        epochs: evidence.told.as_ref().map_or(1, |told| told.fit.epochs),
        unit: (budget.used)(),
    };
    if let Some(score) = &score {
        court.scores.insert((String::new(), 0), Some([score.value, score.balanced]));
    }
    // What is measured on all that there is has no chance in it.
    court.examples = score.as_ref().filter(|score| score.held_out).map_or(usize::MAX, |score| score.examples);
    let examples = court.examples;
    let (mut stages, mut causes, mut left) = (vec![], Vec::<Cause>::new(), findings.clone());
    while causes.len() < CAUSES && !budget.is_over() {
        let winners = match court.best(&stages, &left) {
            Some(winner) => vec![winner],
            None if causes.is_empty() || court.fails(&stages, "") => court.together(&stages, &left),
            None => vec![],
        };
        if winners.is_empty() {
            break;
        }
        for Winner { finding, changes, trial } in winners {
            stages.push(changes.clone());
            let change = changes.iter().map(Change::to_string).collect();
            causes.push(Cause { finding, changes, change, trial: Some(trial), symptoms: vec![] });
        }
        (budget.doing)("looking at the mended training");
        let Ok(mended) = court.source.evidence(&stages, budget) else { break };
        let (found, _) = ask(&mended);
        let is_cause = |finding: &Finding| causes.iter().any(|cause| cause.finding.check == finding.check);
        let gone =
            |finding: &&Finding| !found.iter().any(|of| of.check == finding.check) && !is_cause(finding);
        let symptoms: Vec<Finding> = left.iter().filter(gone).cloned().collect();
        left = found.into_iter().filter(|finding| !is_cause(finding)).collect();
        if let Some(cause) = causes.last_mut() {
            cause.symptoms = symptoms;
        }
    }
    court.prune(&mut stages, &mut causes, &mut left);
    let known = if causes.is_empty() { [&left[..], &findings[..]].concat() } else { left };
    court.add_certain(&mut stages, &mut causes, &known);
    let order = |check: &str| LIST.iter().position(|of| of.name == check);
    causes.sort_by_key(|cause| order(cause.finding.check));
    let told = |finding: &&Finding| {
        let same = |of: &Finding| of.check == finding.check;
        !causes.iter().any(|cause| same(&cause.finding) || cause.symptoms.iter().any(same))
    };
    // Where nothing that matters is missing, what may cost something costs nothing.
    let lacks = score.as_ref().is_none_or(|score| score.value + needed(score.value, examples) <= 1.0);
    // Something may be missing, and what may be to blame for it was not tried.
    let undecided = causes.is_empty() && lacks && (score.is_none() || !court.untried.is_empty());
    let notes = findings.iter().filter(told).filter(|finding| lacks || finding.grave).cloned().collect();
    let why = "there was no time to try what it proposes";
    not_checked.extend(court.untried.iter().map(|check| NotChecked { check, why }));
    let ended_early = budget.is_over();
    Ok(Verdict { causes, stages, undecided, ended_early, notes, not_checked, trials: court.trials, score })
}

/// Asks all checks: what they find, in their order, and those that cannot be made.
fn ask(evidence: &Evidence) -> (Vec<Finding>, Vec<NotChecked>) {
    let (mut findings, mut not_checked) = (vec![], vec![]);
    for check in LIST {
        match Check::find(check, evidence) {
            Ok(found) => findings.extend(found),
            // What lacks its evidence because the training cannot begin.
            Err(_) if evidence.refused.is_some() => {
                not_checked.push(NotChecked { check: check.name, why: "the training cannot begin" });
            }
            Err(why) => not_checked.push(NotChecked { check: check.name, why }),
        }
    }
    (findings, not_checked)
}

/// A change that helps, and what proposed it.
struct Winner {
    finding: Finding,
    changes: Vec<Change>,
    trial: Trial,
}

/// A proposal that was tried from the first starting point.
#[derive(Clone)]
struct Tried {
    finding: Finding,
    changes: Vec<Change>,
    /// What it gained, and what it should gain at least.
    gain: f64,
    needed: f64,
}

/// Where suspicions are tried.
struct Court<'a, 'b> {
    source: &'a mut dyn Source,
    budget: &'a Budget<'b>,
    /// Results by what was changed, in words, and starting point: value, and mean over the classes.
    scores: BTreeMap<(String, u64), Option<[f64; 2]>>,
    trials: Vec<Trial>,
    /// Checks whose proposals there was no time for.
    untried: Vec<&'static str>,
    /// Examples by which results are measured.
    examples: usize,
    /// The result of always saying the same.
    trivial: f64,
    /// Epochs of the training, and the share of the budget that it takes once.
    epochs: u64,
    unit: f64,
}

impl Court<'_, '_> {
    /// The result with these changes from a starting point, by value or by the mean over the classes.
    fn score(&mut self, changes: &[Vec<Change>], from: u64, check: &str) -> Option<f64> {
        self.run(&[Wanted { changes: changes.to_vec(), from }]);
        let scores = self.scores.get(&(words(changes).join("; "), from))?;
        scores.map(|[value, balanced]| if check == BALANCED { balanced } else { value })
    }

    /// Makes trainings, side by side, whose results are asked for next.
    fn run(&mut self, wanted: &[Wanted]) {
        let key = |of: &Wanted| (words(&of.changes).join("; "), of.from);
        let mut new: BTreeMap<_, &Wanted> = wanted.iter().map(|of| (key(of), of)).collect();
        new.retain(|key, _| !self.scores.contains_key(key));
        if new.is_empty() || self.budget.is_over() {
            return;
        }
        let wanted: Vec<Wanted> = new.values().map(|of| (*of).clone()).collect();
        let scored = self.source.scores(&wanted, self.budget);
        for (key, scored) in new.into_keys().zip(scored) {
            if scored != Err(Unable::Over) {
                self.scores.insert(key, scored.ok().map(|score| [score.value, score.balanced]));
            }
        }
    }

    /// Tries what the findings propose beside the stages, from the first starting point.
    fn screen(&mut self, stages: &[Vec<Change>], findings: &[Finding]) -> Vec<Tried> {
        let mut tried: Vec<Tried> = vec![];
        // Of each finding its first proposal, then its second: where time is short, something of each.
        let most = findings.iter().map(|finding| finding.changes.len()).max().unwrap_or(0);
        let mut order: Vec<&Finding> = findings.iter().collect();
        order.sort_by_key(|finding| !(finding.certain || finding.grave));
        let proposals = (0..most)
            .flat_map(|place| order.iter().filter_map(move |of| Some((*of, of.changes.get(place)?, place))));
        let began = (self.budget.used)();
        let mut proposals: Vec<_> = proposals.collect();
        // What takes longest last, and not at all where it would take most of what is left.
        proposals.sort_by_key(|(_, changes, _)| self.times(changes));
        let long = |changes: &[Change]| self.times(changes) as f64 * self.unit > 0.5 * (1.0 - began);
        let (long, proposals): (Vec<_>, Vec<_>) =
            proposals.into_iter().partition(|(_, changes, _)| long(changes));
        long.iter().for_each(|(finding, ..)| self.leave(finding.check));
        for (at, (finding, changes, place)) in proposals.iter().copied().enumerate() {
            let before = self.score(stages, 0, finding.check);
            let needed = needed(before.unwrap_or(0.0), self.examples);
            if before.is_some_and(|before| before + needed > 1.0) {
                continue; // nothing that matters is missing
            }
            let helps = tried.iter().any(|of| of.gain >= of.needed);
            let share = if helps { SCREEN[0] } else { SCREEN[1] };
            if (self.budget.used)() >= began + share * (1.0 - began) {
                if place == 0 {
                    self.leave(finding.check);
                }
                continue;
            }
            (self.budget.doing)(&format!("trying {}", in_words(changes).join(", ")));
            let with = [stages, std::slice::from_ref(changes)].concat();
            let beside = proposals[at..].iter().take(BESIDE).map(|(_, changes, _)| Wanted {
                changes: [stages, std::slice::from_ref(*changes)].concat(),
                from: 0,
            });
            if at.is_multiple_of(BESIDE) {
                self.run(&beside.collect::<Vec<_>>());
            }
            if let Some(after) = self.score(&with, 0, finding.check) {
                let gain = after - before.unwrap_or(0.0);
                let (finding, changes) = (finding.clone(), changes.clone());
                tried.push(Tried { finding, changes, gain, needed });
            }
        }
        tried
    }

    /// How many times as long as the training one with these changes takes.
    fn times(&self, changes: &[Change]) -> u64 {
        let times = |of: &Change| match of {
            Change::Epochs(epochs) => epochs.div_ceil(self.epochs.max(1)),
            _ => 1,
        };
        changes.iter().map(times).max().unwrap_or(1)
    }

    /// Notes that there was no time for what a check proposes.
    fn leave(&mut self, check: &'static str) {
        if !self.untried.contains(&check) {
            self.untried.push(check);
        }
    }

    /// Tries a proposal from several starting points.
    fn confirm(
        &mut self,
        stages: &[Vec<Change>],
        with: &[Vec<Change>],
        check: &'static str,
    ) -> Option<Trial> {
        let (mut before, mut after) = (vec![], vec![]);
        let points = |from: std::ops::RangeInclusive<u64>| {
            let of = |from| [stages, with].map(|changes| Wanted { changes: changes.to_vec(), from });
            from.flat_map(of).collect::<Vec<_>>()
        };
        self.run(&points(1..=POINTS));
        for from in 1..=POINTS + MORE {
            if from == POINTS + 1 && judged(&before, &after, self.examples) == Judged::Open {
                self.run(&points(from..=POINTS + MORE));
            }
            let decided = from > POINTS && judged(&before, &after, self.examples) != Judged::Open;
            if decided || (self.budget.is_over() && from > 2) {
                break;
            }
            before.push(self.score(stages, from, check));
            after.push(self.score(with, from, check)?);
        }
        let mut better = judged(&before, &after, self.examples) == Judged::Better;
        if !better && self.fails(stages, check) {
            // It fails from its own starting point, and from others not, or not always.
            let own = self.score(with, 0, check)?;
            before.insert(0, self.score(stages, 0, check));
            after.insert(0, own);
            let gain = own - before[0].unwrap_or(0.0);
            let needed = needed(own, self.examples);
            better = gain >= (0.5 * (1.0 - self.trivial)).max(3.0 * needed)
                && gained(&before[1..], &after[1..]) >= -0.5 * needed;
        }
        let trial = Trial { check, changes: with.to_vec(), changed: words(with), before, after, better };
        self.trials.push(trial.clone());
        Some(trial)
    }

    /// Whether the training with these changes comes to no more, from its own starting point, than always saying the same.
    fn fails(&mut self, stages: &[Vec<Change>], check: &str) -> bool {
        let own = self.score(stages, 0, check);
        own.is_some_and(|own| own < self.trivial + 0.05 * (1.0 - self.trivial))
    }

    /// The change of one suspicion that helps. Of several that help about as much, the findings of some are gone in the
    /// trial of another, and not the other way round: those are its symptoms. Of the rest, the earliest link's.
    fn best(&mut self, stages: &[Vec<Change>], findings: &[Finding]) -> Option<Winner> {
        let (last, first): (Vec<Finding>, Vec<Finding>) =
            findings.iter().cloned().partition(|finding| finding.check == LAST);
        let mut confirmed = self.confirmed(stages, &first);
        if confirmed.is_empty() {
            confirmed = self.confirmed(stages, &last);
        }
        let most = confirmed.iter().map(|(gain, _)| *gain).fold(0.0, f64::max);
        confirmed.retain(|(gain, _)| *gain >= NEAR * most);
        // What is certain comes before what is suspected.
        if confirmed.iter().any(|(_, winner)| winner.finding.certain) {
            confirmed.retain(|(_, winner)| winner.finding.certain);
        }
        let order = |of: &(f64, Winner)| LIST.iter().position(|check| check.name == of.1.finding.check);
        confirmed.sort_by_key(order);
        if confirmed.len() < 2 {
            return confirmed.pop().map(|(_, winner)| winner);
        }
        (self.budget.doing)("asking which of them is the cause");
        let found: Vec<Option<Vec<Finding>>> = confirmed
            .iter()
            .map(|(_, winner)| {
                let with = [stages, std::slice::from_ref(&winner.changes)].concat();
                Some(ask(&self.source.evidence(&with, self.budget).ok()?).0)
            })
            .collect();
        // Whether finding a is gone in the trial of b.
        let gone = |a: usize, b: usize| {
            let check = confirmed[a].1.finding.check;
            found[b].as_ref().is_some_and(|found| !found.iter().any(|finding| finding.check == check))
        };
        let is_symptom = |a: &usize| (0..confirmed.len()).any(|b| b != *a && gone(*a, b) && !gone(b, *a));
        let cause = (0..confirmed.len()).find(|a| !is_symptom(a)).unwrap_or(0);
        Some(confirmed.swap_remove(cause).1)
    }

    /// The best proposal of each suspicion, as far as it is better, with its gain.
    fn confirmed(&mut self, stages: &[Vec<Change>], findings: &[Finding]) -> Vec<(f64, Winner)> {
        let mut tried = self.screen(stages, findings);
        tried.sort_by(|a, b| b.gain.total_cmp(&a.gain));
        let mut candidates: Vec<Tried> = vec![];
        for of in tried.into_iter().filter(|of| of.gain >= 0.6 * of.needed) {
            if !candidates.iter().any(|known| known.finding.check == of.finding.check) {
                candidates.push(of);
            }
        }
        let mut confirmed: Vec<(f64, Winner)> = vec![];
        for Tried { finding, changes, gain, .. } in candidates {
            let best = confirmed.iter().map(|(gain, _)| *gain).fold(0.0, f64::max);
            if gain < 0.5 * best || confirmed.len() >= 6 {
                break;
            }
            (self.budget.doing)(&format!("making sure of {}", in_words(&changes).join(", ")));
            let with = [stages, std::slice::from_ref(&changes)].concat();
            let Some(trial) = self.confirm(stages, &with, finding.check) else {
                self.leave(finding.check);
                continue;
            };
            if trial.better {
                confirmed.push((gained(&trial.before, &trial.after), Winner { finding, changes, trial }));
            }
        }
        confirmed
    }

    /// Takes out stages without which the later ones are as good: what they mended was mended again.
    fn prune(&mut self, stages: &mut Vec<Vec<Change>>, causes: &mut Vec<Cause>, left: &mut Vec<Finding>) {
        let mut i = 0;
        while stages.len() > 1
            && i + 1 < stages.len()
            && stages.len() == causes.len()
            && !self.budget.is_over()
        {
            let without: Vec<Vec<Change>> =
                (0..stages.len()).filter(|at| *at != i).map(|at| stages[at].clone()).collect();
            (self.budget.doing)(&format!("asking whether {} is needed", in_words(&stages[i]).join(", ")));
            let mut worse = 0.0;
            for from in 0..=POINTS {
                let [with, without] =
                    [&stages[..], &without[..]].map(|of| self.score(of, from, "").unwrap_or(-1.0));
                worse += (with - without) / (POINTS + 1) as f64;
            }
            if worse < needed(1.0 - MATTERS, self.examples) {
                let gone = stages.remove(i);
                let mut cause = causes.remove(i);
                // What was changed twice was wrong as it was first found to be.
                let again = stages
                    .iter()
                    .position(|stage| stage.iter().any(|of| gone.iter().any(|old| old.clashes(of))));
                if let Some(again) = again {
                    std::mem::swap(&mut causes[again].finding, &mut cause.finding);
                    causes[again].symptoms.append(&mut cause.symptoms);
                }
                left.extend(cause.symptoms);
                left.push(Finding { certain: false, ..cause.finding });
                for at in 0..causes.len() {
                    let check = causes[at].finding.check;
                    if let Some(trial) = self.confirm(&stages[..at], &stages[..=at], check) {
                        causes[at].trial = Some(trial);
                    }
                }
            } else {
                i += 1;
            }
        }
    }

    /// Adds what breaks a training by itself and did not go with what was mended, each check once.
    fn add_certain(&mut self, stages: &mut Vec<Vec<Change>>, causes: &mut Vec<Cause>, findings: &[Finding]) {
        let is_told = |finding: &Finding| {
            let same = |of: &Finding| of.check == finding.check && of.place == finding.place;
            causes.iter().any(|cause| same(&cause.finding) || cause.symptoms.iter().any(same))
        };
        let mut alone: Vec<Finding> = vec![];
        for finding in findings {
            let new = !is_told(finding) && !alone.iter().any(|of| of.check == finding.check);
            if finding.certain && new {
                alone.push(finding.clone());
            }
        }
        for finding in alone {
            // What removes it, though no trial says what that is worth.
            let changes = finding.changes.first().cloned().unwrap_or_default();
            let with = [&stages[..], std::slice::from_ref(&changes)].concat();
            let can = !changes.is_empty() && self.is_no_worse(stages, &with);
            let changes = if can { changes } else { vec![] };
            if can {
                stages.push(changes.clone());
            }
            let change = in_words(&changes);
            causes.push(Cause { finding, changes, change, trial: None, symptoms: vec![] });
        }
    }

    /// Whether changes that no trial showed to help do no harm either.
    fn is_no_worse(&mut self, without: &[Vec<Change>], with: &[Vec<Change>]) -> bool {
        let mut gain = 0.0;
        for from in 0..=POINTS {
            let Some(after) = self.score(with, from, "") else { return false };
            gain += after - self.score(without, from, "").unwrap_or(after);
        }
        gain / (POINTS + 1) as f64 >= -0.5 * MATTERS
    }

    /// Where no change helps alone: two at a time, the most promising ones first; and then whether both are needed.
    fn together(&mut self, stages: &[Vec<Change>], findings: &[Finding]) -> Vec<Winner> {
        let of_others: Vec<Finding> =
            findings.iter().filter(|finding| finding.check != LAST).cloned().collect();
        let mut tried = self.screen(stages, &of_others);
        tried.sort_by(|a, b| b.gain.total_cmp(&a.gain));
        let Some(before) = self.score(stages, 0, "") else { return vec![] };
        let mut pairs: Vec<(usize, usize)> = (0..tried.len())
            .flat_map(|b| (0..b).map(move |a| (a, b)))
            .filter(|(a, b)| {
                let clash = |of: &Change| tried[*b].changes.iter().any(|other| other.clashes(of));
                tried[*a].finding.check != tried[*b].finding.check || !tried[*a].changes.iter().any(clash)
            })
            .collect();
        pairs.sort_by_key(|(a, b)| a + b);
        let mut best: Option<(f64, Vec<Tried>)> = None;
        for (a, b) in pairs.into_iter().take(PAIRS) {
            if self.budget.is_over() {
                break;
            }
            let pair = vec![tried[a].clone(), tried[b].clone()];
            let changes = merged(pair.iter().flat_map(|of| &of.changes));
            (self.budget.doing)(&format!("trying {}", in_words(&changes).join(" and ")));
            let Some(score) = self.score(&[stages, &[changes]].concat(), 0, "") else { continue };
            let gain = score - before;
            if gain >= needed(before, self.examples) && best.as_ref().is_none_or(|(most, _)| gain > *most) {
                best = Some((gain, pair));
            }
        }
        let Some((_, pair)) = best else { return vec![] };
        let changes = merged(pair.iter().flat_map(|of| &of.changes));
        let with = [stages, &[changes]].concat();
        let Some(trial) = self.confirm(stages, &with, pair[0].finding.check) else { return vec![] };
        if !trial.better {
            return vec![];
        }
        let winner = |of: Tried| Winner { finding: of.finding, changes: of.changes, trial: trial.clone() };
        pair.into_iter().map(winner).collect()
    }
}

/// Changes without those that are there already.
fn merged<'a>(changes: impl Iterator<Item = &'a Change>) -> Vec<Change> {
    let mut merged: Vec<Change> = vec![];
    for change in changes {
        if !merged.iter().any(|known| known.clashes(change)) {
            merged.push(change.clone());
        }
    }
    merged
}

fn in_words(changes: &[Change]) -> Vec<String> {
    changes.iter().map(Change::to_string).collect()
}

fn words(stages: &[Vec<Change>]) -> Vec<String> {
    stages.iter().flatten().map(Change::to_string).collect()
}

/// Whether results with something changed are better than those without it, from the same starting points: by more than
/// their spread, and by enough to matter, where so many examples are measured. What cannot begin is worth nothing.
pub fn is_better(before: &[Option<f64>], after: &[f64], examples: usize) -> bool {
    judged(before, after, examples) == Judged::Better
}

/// What a trial says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    Better,
    Open,
    NotBetter,
}

/// The mean gain; of a training that cannot begin, the mean result.
fn gained(before: &[Option<f64>], after: &[f64]) -> f64 {
    let gains = before.iter().zip(after).map(|(before, after)| after - before.unwrap_or(0.0));
    gains.sum::<f64>() / after.len().max(1) as f64
}

/// Better: by enough to matter, by more than chance, and worse from none of the starting points.
fn judged(before: &[Option<f64>], after: &[f64], examples: usize) -> Judged {
    let gains: Vec<f64> =
        before.iter().zip(after).map(|(before, after)| after - before.unwrap_or(0.0)).collect();
    let count = gains.len() as f64;
    let mean = gains.iter().sum::<f64>() / count;
    let level = before.iter().map(|before| before.unwrap_or(0.0)).sum::<f64>() / count;
    let deviation = gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    let error = (deviation / count).sqrt();
    let worse = gains.iter().filter(|gain| **gain <= 0.0).count();
    let errors =
        ERRORS.iter().rfind(|(least, _)| *least <= gains.len()).map_or(f64::INFINITY, |(_, errors)| *errors);
    let needed = needed(level, examples);
    match () {
        () if mean < 0.5 * needed => Judged::NotBetter,
        // What is near the line gets all starting points.
        () if mean < 2.0 * needed && (gains.len() as u64) < POINTS + MORE => Judged::Open,
        () if mean >= needed && mean >= errors * error && worse == 0 => Judged::Better,
        // Far more than what matters, where it is the broken training that scatters.
        () if mean >= 2.0 * needed
            && mean >= 2.0 * error
            && worse <= 1
            && !gains.iter().any(|gain| *gain < -0.5 * needed) =>
        {
            match gains.len() as u64 >= POINTS + MORE {
                true => Judged::Better,
                false => Judged::Open,
            }
        }
        () => Judged::Open,
    }
}
