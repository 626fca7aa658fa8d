//! The threads for the inside of a training step: regions of a microsecond, so the workers spin for a
//! while before they sleep. Each thread starts with a share of the work of its own, the same one every time, so that
//! what it worked on in the last region is still in its caches; then it takes what is left of the others' shares.

use std::cell::UnsafeCell;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread::JoinHandle;

/// Looks at the counter this often before a waiting worker goes to sleep: some tens of microseconds to a
/// fraction of a millisecond, longer than the serial part between two regions of a step.
const SPINS: u32 = 50_000;

/// A number of threads to work with: the calling one and its workers. Clones share the workers: what works in turns,
/// such as a trainer and the ledger that watches it, gets clones of one handle, or it would wait for cores on which the
/// other's workers still spin. Of clones that work at the same time one has the workers, and the others do without. No
/// result depends on the number.
///
/// ```
/// use whygrad::{Threads, train::Options};
/// let options = Options { threads: Threads::new(4), ..Options::default() };
/// assert_eq!(options.threads.count(), 4);
/// ```
#[derive(Clone)]
pub struct Threads {
    crew: Arc<Crew>,
}

/// The workers of a handle and its clones.
struct Crew {
    shared: Arc<Shared>,
    /// Started by the first region.
    workers: OnceLock<Vec<JoinHandle<()>>>,
    /// Held by the clone whose region they work on.
    region: Mutex<()>,
}

/// A region's work, without its lifetime: `run` blocks until nobody uses it any more.
type Work = *const (dyn Fn(usize, usize) + Sync);

struct Shared {
    /// Number of the current region, whether it is [`OPEN`], and how many workers are inside.
    state: AtomicUsize,
    work: UnsafeCell<Option<Work>>,
    items: AtomicUsize,
    /// The next item of each thread's share.
    next: Box<[Counter]>,
    panicked: AtomicBool,
    closed: AtomicBool,
    asleep: Mutex<usize>,
    wake: Condvar,
}

/// A counter that shares its cache line with no other.
#[repr(align(64))]
struct Counter(AtomicUsize);

/// In [`Shared::state`]: workers may enter the region. Below it stands the number of workers inside.
const OPEN: usize = 1 << 10;
const INSIDE: usize = OPEN - 1;
/// In [`Shared::state`]: one more region.
const REGION: usize = OPEN << 1;

// SAFETY: `work` is written by the leader only while the region is closed and no worker is inside, and read
// by a worker only between entering an open region and leaving it.
unsafe impl Sync for Shared {}
// SAFETY: as above; the pointer in `work` is only followed while the leader keeps its target alive.
unsafe impl Send for Shared {}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Threads").field(&self.count()).finish()
    }
}

impl Default for Threads {
    /// The calling thread alone.
    fn default() -> Threads {
        Threads::new(1)
    }
}

impl Threads {
    /// `count` threads (at least one), the caller's included. Workers start when there is work for them; where the
    /// system gives fewer, those there are do all of it.
    pub fn new(count: usize) -> Threads {
        let shared = Shared {
            state: AtomicUsize::new(0),
            work: UnsafeCell::new(None),
            items: AtomicUsize::new(0),
            next: (0..count.clamp(1, INSIDE)).map(|_| Counter(AtomicUsize::new(0))).collect(),
            panicked: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            asleep: Mutex::new(0),
            wake: Condvar::new(),
        };
        let (shared, workers, region) = (Arc::new(shared), OnceLock::new(), Mutex::new(()));
        Threads { crew: Arc::new(Crew { shared, workers, region }) }
    }

    /// How many they are, the caller's included.
    pub fn count(&self) -> usize {
        self.crew.shared.next.len()
    }

    /// Calls `f(thread, 0)`, …, `f(thread, items − 1)`, each once, on whichever thread is free, and returns when
    /// all are done. Threads have numbers from 0; no two of these calls run at the same time with the same one.
    pub(super) fn run(&self, items: usize, f: &(dyn Fn(usize, usize) + Sync)) {
        // A clone on another thread has the workers, or one of whose region this is the inside.
        let alone = self.count() == 1 || items < 2;
        let Some(held) = (!alone).then(|| self.crew.region.try_lock().ok()).flatten() else {
            (0..items).for_each(|i| f(0, i));
            return;
        };
        self.crew.start();
        let shared = &*self.crew.shared;
        // SAFETY: only the lifetime is erased. The target outlives every use: this function returns (or
        // unwinds) only after the region is closed and every worker that entered it has left.
        let work: Work = unsafe { std::mem::transmute::<&(dyn Fn(usize, usize) + Sync), Work>(f) };
        // SAFETY: the region is closed and no worker is inside (the last call saw to that): nobody reads it.
        unsafe { *shared.work.get() = Some(work) };
        shared.items.store(items, Ordering::Relaxed);
        for (share, next) in shared.next.iter().enumerate() {
            next.0.store(shared.share(share, items).start, Ordering::Relaxed);
        }
        let region = shared.state.load(Ordering::Relaxed).wrapping_add(REGION);
        shared.state.store(region | OPEN, Ordering::SeqCst);
        if *shared.asleep.lock().expect("no thread panics while holding this lock") > 0 {
            shared.wake.notify_all();
        }
        let leader = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| shared.take(0, f)));
        // Whoever has not come by now need not: a worker that lost its core does not hold up the others.
        shared.state.fetch_and(!OPEN, Ordering::AcqRel);
        let mut spins = 0u32;
        while shared.state.load(Ordering::Acquire) & INSIDE > 0 {
            spins += 1;
            if spins > SPINS { std::thread::yield_now() } else { std::hint::spin_loop() }
        }
        let panicked = shared.panicked.swap(false, Ordering::Relaxed);
        drop(held);
        if let Err(panic) = leader {
            std::panic::resume_unwind(panic);
        }
        assert!(!panicked, "a worker panicked");
    }

    /// Calls `f` once for every item, in parallel. Each thread has one of the `locals` to itself.
    ///
    /// # Panics
    /// Where there are fewer `locals` than threads.
    pub(crate) fn for_each<S: Send, L: Send>(
        &self,
        items: &mut [S],
        locals: &mut [L],
        f: impl Fn(usize, &mut S, &mut L) + Sync,
    ) {
        assert!(locals.len() >= self.count());
        let (base, local) = (Shareable(items.as_mut_ptr()), Shareable(locals.as_mut_ptr()));
        self.run(items.len(), &|thread, i| {
            // SAFETY: `run` gives out each index below the length once, so no two calls share an item, and
            // never the same thread number at the same time, so none share a local.
            let (item, local) = unsafe { (&mut *base.get().add(i), &mut *local.get().add(thread)) };
            f(i, item, local);
        });
    }

    /// Cuts several slices of one length at the same places and calls `f` once for every piece, in parallel:
    /// piece i is `bounds[i]..bounds[i + 1]` of each. An empty slice gives empty pieces. Each piece has one of the
    /// `items`, and each thread one of each of the `locals`, to itself.
    ///
    /// # Panics
    /// Where the bounds of the pieces do not ascend inside the slices, there are fewer `items` than pieces, or fewer
    /// `locals` than threads.
    pub(crate) fn for_each_piece<T: Send, S: Send, L: Send, const N: usize, const M: usize>(
        &self,
        slices: [&mut [T]; N],
        bounds: &[usize],
        items: &mut [S],
        locals: [&mut [L]; M],
        f: impl Fn(usize, [&mut [T]; N], &mut S, [&mut L; M]) + Sync,
    ) {
        let pieces = bounds.len().saturating_sub(1);
        assert!(bounds.is_sorted() && items.len() >= pieces);
        assert!(locals.iter().all(|locals| locals.len() >= self.count()));
        let end = bounds.last().copied().unwrap_or(0);
        let bases = slices.map(|slice| {
            assert!(slice.is_empty() || slice.len() >= end);
            (Shareable(slice.as_mut_ptr()), slice.is_empty())
        });
        let base = Shareable(items.as_mut_ptr());
        let locals = locals.map(|locals| Shareable(locals.as_mut_ptr()));
        self.run(pieces, &|thread, i| {
            let (from, to) = (bounds[i], bounds[i + 1]);
            let pieces = std::array::from_fn(|s| match &bases[s] {
                (_, true) => &mut [][..],
                // SAFETY: the bounds ascend and end inside the slice, and `run` gives out each index once:
                // no two calls share an element.
                (base, false) => unsafe { std::slice::from_raw_parts_mut(base.get().add(from), to - from) },
            });
            // SAFETY: `run` gives out each index once, below the number of items, so no two calls share an item.
            let item = unsafe { &mut *base.get().add(i) };
            // SAFETY: nor do they share a local: `run` never gives out a thread number twice at the same time.
            let locals = locals.each_ref().map(|locals| unsafe { &mut *locals.get().add(thread) });
            f(i, pieces, item, locals);
        });
    }
}

/// A pointer that several threads may hold; what they may do with it is said where it is used.
pub(super) struct Shareable<T>(pub(super) *mut T);

impl<T> Shareable<T> {
    pub(super) fn get(&self) -> *mut T {
        self.0
    }
}

// SAFETY: sharing the address is harmless; each use says why its accesses do not meet.
unsafe impl<T: Send> Sync for Shareable<T> {}

impl Shared {
    /// The items that thread `share` starts with.
    fn share(&self, share: usize, items: usize) -> Range<usize> {
        let threads = self.next.len();
        share * items / threads..(share + 1) * items / threads
    }

    fn take(&self, thread: usize, f: &(dyn Fn(usize, usize) + Sync)) {
        let (items, threads) = (self.items.load(Ordering::Relaxed), self.next.len());
        for share in (thread..threads).chain(0..thread) {
            let end = self.share(share, items).end;
            loop {
                let i = self.next[share].0.fetch_add(1, Ordering::Relaxed);
                if i >= end {
                    break;
                }
                f(thread, i);
            }
        }
    }

    /// Enters the region if it is open and not the one `seen`; returns which it is.
    fn enter(&self, seen: usize) -> Option<usize> {
        let state = self.state.load(Ordering::SeqCst);
        let region = state & !(OPEN | INSIDE);
        let may = state & OPEN != 0 && region != seen;
        let entered = || self.state.compare_exchange(state, state + 1, Ordering::AcqRel, Ordering::Relaxed);
        (may && entered().is_ok()).then_some(region)
    }

    fn work_until_closed(&self, thread: usize) {
        let (mut seen, mut spins) = (0, 0u32);
        while !self.closed.load(Ordering::Relaxed) {
            let Some(region) = self.enter(seen) else {
                spins += 1;
                if spins < SPINS {
                    std::hint::spin_loop();
                } else {
                    self.sleep(seen);
                    spins = 0;
                }
                continue;
            };
            (seen, spins) = (region, 0);
            // SAFETY: this worker is inside an open region, so the leader wrote the cell before and keeps
            // both the cell and its target until the worker has left.
            let work = unsafe { (*self.work.get()).map(|work| &*work) };
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                work.into_iter().for_each(|work| self.take(thread, work));
            }));
            if done.is_err() {
                self.panicked.store(true, Ordering::Relaxed);
            }
            self.state.fetch_sub(1, Ordering::Release);
        }
    }

    /// Until there is a region other than `seen`, or the workers are dismissed.
    fn sleep(&self, seen: usize) {
        let mut asleep = self.asleep.lock().expect("no thread panics while holding this lock");
        *asleep += 1;
        let idle = || {
            let state = self.state.load(Ordering::SeqCst);
            state & OPEN == 0 || state & !(OPEN | INSIDE) == seen
        };
        while idle() && !self.closed.load(Ordering::SeqCst) {
            asleep = self.wake.wait(asleep).expect("no thread panics while holding this lock");
        }
        *asleep -= 1;
    }
}

impl Crew {
    /// Starts the workers, the first time.
    fn start(&self) {
        self.workers.get_or_init(|| {
            let start = |i: usize| {
                let shared = Arc::clone(&self.shared);
                let builder = std::thread::Builder::new().name(format!("whygrad-{i}"));
                builder.spawn(move || shared.work_until_closed(i)).ok()
            };
            (1..self.shared.next.len()).map_while(start).collect()
        });
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        {
            let _asleep = self.shared.asleep.lock();
            self.shared.wake.notify_all();
        }
        for worker in self.workers.take().into_iter().flatten() {
            // A worker catches its panics, so joining cannot fail; and a drop must not panic.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_and_every_piece_is_visited_once_over_many_regions() {
        for threads in [1, 2, 4] {
            let handle = Threads::new(threads);
            let mut items = [0usize; 13];
            let mut a = [0usize; 20];
            let mut visits = vec![0usize; threads];
            for round in 0..2000 {
                handle.for_each(&mut items, &mut visits, |i, item, visits| {
                    *item += i;
                    *visits += 1;
                });
                let bounds = [0, 3, 3, 11, 20];
                let lengths = &mut [0; 4];
                let piece =
                    |i, [a, none]: [&mut [usize]; 2], length: &mut usize, [visits]: [&mut usize; 1]| {
                        assert!(none.is_empty());
                        a.iter_mut().for_each(|a| *a += i);
                        *length += a.len();
                        *visits += 1;
                    };
                handle.for_each_piece([&mut a, &mut []], &bounds, lengths, [&mut visits], piece);
                assert_eq!(*lengths, [3, 0, 8, 9]);
                if round % 500 == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(5)); // lets the workers fall asleep
                }
            }
            assert_eq!(visits.iter().sum::<usize>(), 2000 * (13 + 4));
            assert!(items.iter().enumerate().all(|(i, &item)| item == 2000 * i));
            assert_eq!((a[0], a[3], a[10], a[11], a[19]), (0, 4000, 4000, 6000, 6000));
        }
    }

    #[test]
    fn clones_share_their_workers_and_one_inside_a_region_of_the_other_does_without() {
        let a = Threads::new(2);
        let b = a.clone();
        assert!(a.crew.workers.get().is_none(), "no worker starts before there is work");
        let mut items = [[0; 3]; 2];
        a.for_each(&mut items, &mut [(); 2], |i, item, _| {
            b.for_each(item, &mut [(); 2], |j, item, _| *item = 10 * i + j);
        });
        assert_eq!(items, [[0, 1, 2], [10, 11, 12]]);
        assert_eq!(b.crew.workers.get().map(Vec::len), Some(1));
    }

    #[test]
    fn a_panic_in_a_worker_reaches_the_caller_and_the_workers_survive_it() {
        let handle = Threads::new(3);
        for _ in 0..20 {
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                handle.for_each(&mut [0; 8], &mut [(); 3], |i, _, _| assert!(i != 5));
            }));
            assert!(caught.is_err());
        }
        let mut items = [0; 8];
        handle.for_each(&mut items, &mut [(); 3], |i, item, _| *item = i);
        assert_eq!(items, [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
