//! Runs the cases: does the fault cost something, and what does the check say of it?

use crate::cases::{Case, Expect, Planted};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use whygrad::check::{Budget, Finding, Place, Source, Verdict, Wanted, is_better};
use whygrad_cli::checking;
use whygrad_cli::experiment::Experiment;

/// Starting points over which it is decided whether a fault costs something.
const POINTS: u64 = 5;

/// Starting points, other than those of the check, from which a change that is said to work is tried again.
const FRESH: std::ops::Range<u64> = 100..110;

/// What became of a case.
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) expect: Expect,
    /// Whether the fault does not cost enough to be one.
    pub(crate) dropped: bool,
    /// The measure of faulty and healthy, on average.
    pub(crate) costs: Option<[f64; 2]>,
    pub(crate) told: Option<Told>,
    pub(crate) error: Option<String>,
}

/// What a check said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) broken: bool,
    /// Link, check and place of each cause, the first link first.
    pub(crate) causes: Vec<(String, String, Place)>,
    pub(crate) change: Vec<String>,
    pub(crate) seconds: f64,
    /// Of the fresh starting points from which the change was tried again, those where it helps, and all.
    pub(crate) fresh: Option<[usize; 2]>,
}

impl Told {
    pub(crate) fn of(verdict: &Verdict, seconds: f64) -> Told {
        let cause = |finding: &Finding| {
            (finding.link.name().to_string(), finding.check.to_string(), finding.place.clone())
        };
        Told {
            broken: verdict.is_broken(),
            causes: verdict.causes.iter().map(|of| cause(&of.finding)).collect(),
            change: verdict.stages.iter().flatten().map(ToString::to_string).collect(),
            seconds,
            fresh: None,
        }
    }
}

/// All cases, as many at a time as there are cores.
pub(crate) fn all(cases: &[Case]) -> Vec<Outcome> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(vec![]));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    let Some(case) = cases.get(at) else { return };
                    let outcome = one(case);
                    eprintln!("{}", crate::tally::line(&outcome));
                    done.lock().expect("no thread panics").push((at, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no thread panics");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

fn scores(text: &str, points: std::ops::Range<u64>) -> Result<Vec<Option<f64>>, String> {
    let experiment = Experiment::parse("case", "case", text, &[]).map_err(|error| error.to_string())?;
    let mut setup = experiment.setup::<f32>().map_err(|error| error.to_string())?;
    let wanted: Vec<Wanted> = points.map(|from| Wanted { changes: vec![], from }).collect();
    let scores = setup.scores(&wanted, &Budget::UNLIMITED);
    Ok(scores.into_iter().map(|score| score.ok().map(|score| score.value)).collect())
}

fn one(case: &Case) -> Outcome {
    let mut outcome = Outcome {
        name: case.name.clone(),
        expect: case.expect.clone(),
        dropped: false,
        costs: None,
        told: None,
        error: None,
    };
    if let Some(twin) = &case.twin {
        let compared = scores(&case.text, 0..POINTS).unwrap_or(vec![None; POINTS as usize]);
        let healthy = scores(twin, 0..POINTS).unwrap_or_default();
        let healthy: Vec<f64> = healthy.into_iter().flatten().collect();
        let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len().max(1) as f64;
        outcome.costs =
            Some([mean(&compared.iter().map(|x| x.unwrap_or(0.0)).collect::<Vec<_>>()), mean(&healthy)]);
        if healthy.len() != compared.len() || !is_better(&compared, &healthy, 100) {
            outcome.dropped = true;
            return outcome;
        }
    }
    if let Expect::Faulty { faults, beside } = &mut outcome.expect {
        let healthy = case.twin.as_ref().map(|twin| scores(twin, 0..POINTS).unwrap_or_default());
        let healthy: Vec<f64> = healthy.into_iter().flatten().map(|score| score.unwrap_or(-1.0)).collect();
        let costs = |of: &Planted| {
            of.alone.as_ref().is_none_or(|text| {
                is_better(&scores(text, 0..POINTS).unwrap_or(vec![None; POINTS as usize]), &healthy, 100)
            })
        };
        let needed: Vec<Planted> = faults.iter().filter(|of| costs(of)).cloned().collect();
        // Where neither costs anything alone, either mends it: any is right.
        if !needed.is_empty() {
            let left = faults.iter().filter(|of| !needed.iter().any(|known| known.checks == of.checks));
            *beside = left.flat_map(|of| of.checks.clone()).collect();
            *faults = needed;
        } else if let [a, b] = &mut faults[..] {
            a.checks.append(&mut b.checks);
        }
    }
    let began = Instant::now();
    let checked = Experiment::parse("case", "case", &case.text, &[]).and_then(|experiment| {
        Ok((checking::experiment(&experiment, None, &|| false, &|_| ())?, experiment))
    });
    match checked {
        Ok((checked, experiment)) => {
            let mut told = Told::of(&checked.verdict, began.elapsed().as_secs_f64());
            if let Some(mended) = &checked.mended
                && outcome.name.bytes().map(u32::from).sum::<u32>() % 4 == 0
            {
                let before = scores(&experiment.text, FRESH).unwrap_or_default();
                let after = scores(&mended.text, FRESH).unwrap_or_default();
                let helps = |(a, b): (&Option<f64>, &Option<f64>)| b.unwrap_or(-1.0) > a.unwrap_or(-1.0);
                let count = before.iter().zip(&after).filter(|(a, b)| helps((a, b))).count();
                told.fresh = Some([count, after.len()]);
            }
            outcome.told = Some(told);
        }
        Err(error) => outcome.error = Some(error.to_string()),
    }
    outcome
}
