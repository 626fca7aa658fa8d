//! A player with a thread of its own, which plays while others look.

use super::player::Player;
use crate::error::Result;
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long training goes on before somebody else may look at it.
const SLICE: Duration = Duration::from_millis(4);

/// How long it plays when nobody listens: the page was closed.
const UNHEARD: Duration = Duration::from_secs(15);

/// What is told of a session, when it changes. Who is slow to read it finds the newest.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Told {
    /// Steps that were made up to here.
    pub step: u64,
    /// Whether it plays.
    pub playing: bool,
    /// What stopped it, if it was not the visitor.
    pub problem: Option<String>,
}

/// What a session does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    /// Nothing.
    Paused,
    /// Goes on, so many steps a second, or as fast as it can.
    Playing(Option<f64>),
    /// Is over.
    Ended,
}

/// A training that plays beside those who look at it.
#[derive(Debug)]
pub struct Session {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    player: Mutex<Player>,
    /// Those who wait for the player.
    waiting: AtomicUsize,
    state: Mutex<State>,
    changed: Condvar,
    told: watch::Sender<Told>,
}

/// A lock's content; what a panic left is still a training at some step.
fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// A session that is paused.
    pub fn new(player: Player) -> Session {
        let told = Told { step: player.step(), ..Told::default() };
        let shared = Arc::new(Shared {
            player: Mutex::new(player),
            waiting: AtomicUsize::new(0),
            state: Mutex::new(State::Paused),
            changed: Condvar::new(),
            told: watch::Sender::new(told),
        });
        let playing = Arc::clone(&shared);
        std::thread::spawn(move || playing.play());
        Session { shared }
    }

    /// Does this from now on.
    pub fn set(&self, state: State) {
        self.shared.enter(state);
        self.shared.changed.notify_all();
    }

    /// Looks at the player, or does something with it, between two of its steps.
    pub fn with<R>(&self, f: impl FnOnce(&mut Player) -> R) -> R {
        self.shared.waiting.fetch_add(1, Ordering::SeqCst);
        let mut player = locked(&self.shared.player);
        self.shared.waiting.fetch_sub(1, Ordering::SeqCst);
        let result = f(&mut player);
        // While nobody else can make a step, so that an older one is never told after a newer one.
        self.shared.tell(|told| told.step = player.step());
        result
    }

    /// What is told from now on.
    pub fn told(&self) -> watch::Receiver<Told> {
        self.shared.told.subscribe()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.set(State::Ended);
    }
}

impl Shared {
    fn tell(&self, change: impl FnOnce(&mut Told)) {
        self.told.send_if_modified(|told| {
            let before = told.clone();
            change(told);
            *told != before
        });
    }

    /// Does this from now on, and tells so; what is ended stays so.
    fn enter(&self, state: State) {
        let mut now = locked(&self.state);
        if *now != State::Ended {
            *now = state;
        }
        self.tell(|told| told.playing = matches!(*now, State::Playing(_)));
    }

    /// Plays until the end of the session.
    fn play(&self) {
        let (mut began, mut done) = (Instant::now(), 0.0);
        let (mut before, mut heard) = (State::Paused, Instant::now());
        loop {
            let state = {
                let mut state = locked(&self.state);
                while *state == State::Paused {
                    before = State::Paused;
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                *state
            };
            let State::Playing(speed) = state else { return };
            if state != before {
                (before, began, done, heard) = (state, Instant::now(), 0.0, Instant::now());
            }
            let due = match speed {
                None => f64::INFINITY,
                Some(speed) => (began.elapsed().as_secs_f64() * speed).floor() + 1.0 - done,
            };
            if due < 1.0 {
                std::thread::sleep(Duration::from_millis(2));
                continue;
            }
            let (steps, result, finished) = self.slice(due);
            // Of what it could not keep up with nothing is made up for.
            done += if steps < due { due.min(1e15) } else { steps };
            let problem = result.err().map(|error| error.to_string());
            if self.told.receiver_count() > 0 {
                heard = Instant::now();
            }
            if finished || problem.is_some() || heard.elapsed() >= UNHEARD {
                self.enter(State::Paused);
                self.tell(|told| told.problem = problem);
            }
            while self.waiting.load(Ordering::SeqCst) > 0 {
                std::thread::sleep(Duration::from_micros(20));
            }
        }
    }

    /// Up to `due` steps, for some milliseconds: how many there were, and whether that was the end.
    fn slice(&self, due: f64) -> (f64, Result<()>, bool) {
        let mut player = locked(&self.player);
        let (from, began) = (player.step(), Instant::now());
        let result = player.go_on(&mut |step| {
            (step - from) as f64 >= due
                || began.elapsed() >= SLICE
                || self.waiting.load(Ordering::Relaxed) > 0
        });
        self.tell(|told| told.step = player.step());
        ((player.step() - from) as f64, result, player.is_finished())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;

    fn session(sets: &[&str]) -> Session {
        let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
        Session::new(Player::new(&Experiment::load("moons", &sets).unwrap()).unwrap())
    }

    #[test]
    fn a_session_plays_to_its_end_and_tells_so() {
        let session = session(&["train.epochs=2"]);
        let mut told = session.told();
        session.set(State::Playing(None));
        let steps = session.with(|player| player.steps());
        let began = Instant::now();
        while told.borrow_and_update().step < steps || told.borrow().playing {
            assert!(began.elapsed() < Duration::from_secs(20), "{:?}", told.borrow());
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(session.with(|player| player.is_finished()));
    }

    #[test]
    fn a_session_keeps_to_its_speed_and_pauses() {
        let session = session(&["train.epochs=1000"]);
        session.set(State::Playing(Some(200.0)));
        std::thread::sleep(Duration::from_millis(300));
        session.set(State::Paused);
        let step = session.with(|player| player.step());
        assert!((1..=80).contains(&step), "{step}");
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(session.with(|player| player.step()), step);
    }

    #[test]
    fn what_is_told_after_a_pause_is_a_pause() {
        let session = session(&["train.epochs=100000"]);
        let told = session.told();
        for _ in 0..20 {
            session.set(State::Playing(None));
            std::thread::sleep(Duration::from_millis(6));
            session.set(State::Paused);
            std::thread::sleep(Duration::from_millis(12));
            let (step, told) = (session.with(|player| player.step()), told.borrow().clone());
            assert_eq!((told.step, told.playing), (step, false));
        }
    }
}
