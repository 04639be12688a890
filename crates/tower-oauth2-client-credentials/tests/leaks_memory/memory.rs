//! A search of all that this process may write to: heap, freed or not, and stacks.

use std::{
    fs,
    fs::File,
    hint::black_box,
    ops::Range,
    os::unix::fs::FileExt,
    panic::catch_unwind,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// What is looked for, with all its bits turned, so that the search itself has no copy of it.
pub(crate) struct Needle(Vec<u8>);

impl Needle {
    /// Of these bytes, which are turned where they are.
    pub(crate) fn of(mut bytes: Vec<u8>) -> Self {
        bytes.iter_mut().for_each(|byte| *byte = !*byte);
        Self(bytes)
    }

    fn places<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        // The case of letters does not count: what is looked for in a text is kept in lower case.
        let is = |byte: &u8, turned: &u8| byte.eq_ignore_ascii_case(&!*turned);
        let starts = bytes.iter().enumerate();
        let starts = starts.filter(move |(_, byte)| is(byte, &self.0[0]));
        starts.map(|(place, _)| place).filter(move |place| {
            let here = bytes.get(*place..place + self.0.len());
            here.is_some_and(|here| {
                here.iter()
                    .zip(&self.0)
                    .all(|(byte, turned)| is(byte, turned))
            })
        })
    }
}

/// How often one of them is anywhere: while a value lives, and afterwards.
///
/// The value has a thread of its own. What is freed there, this one's search does not take, and so does not write over.
pub(crate) fn before_and_after<T>(
    needles: &[Needle],
    is_searched: Searched,
    make: impl FnOnce() -> T + Send,
) -> (usize, usize) {
    let (step, stack) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let _ends = Ends(&ended);
        let owner = scope.spawn(|| {
            stack.store((&raw const make).addr(), Ordering::Relaxed);
            let value = black_box(make());
            let wait = |done| {
                step.store(done, Ordering::Release);
                while step.load(Ordering::Acquire) == done && !ended.load(Ordering::Acquire) {
                    thread::yield_now();
                }
            };
            wait(1);
            drop(value);
            wait(3);
        });
        let copies = |done| {
            while step.load(Ordering::Acquire) < done {
                assert!(!owner.is_finished(), "the value was not made");
                thread::yield_now();
            }
            let mut stacks = STACKS.lock().unwrap_or_else(PoisonError::into_inner);
            stacks.push(stack.load(Ordering::Relaxed));
            let copies = match is_searched {
                Searched::All => search(needles, &[]),
                Searched::AllButStacks => search(needles, &stacks),
            };
            step.store(done + 1, Ordering::Release);
            copies
        };
        (copies(1), copies(3))
    })
}

/// However the search ends, a panic in it too: the owner of the value does not wait for it any more.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Searched {
    All,
    /// Without the stacks of threads that have or had a value.
    AllButStacks,
}

/// An address in each.
static STACKS: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// How often one of them is anywhere now.
pub(crate) fn copies(needles: &[Needle]) -> usize {
    search(needles, &[])
}

/// For one test at a time: what another one's search has just read would be found.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Overwrites what a test made itself.
pub(crate) fn wipe(bytes: impl Into<Vec<u8>>) {
    let mut bytes = bytes.into();
    bytes.fill(0);
    black_box(&bytes);
}

const PAGE: usize = 1 << 16;
/// No needle is longer.
const LONGEST: usize = 64;

/// All but what has one of these addresses in it.
fn search(needles: &[Needle], without: &[usize]) -> usize {
    let memory = File::open("/proc/self/mem").unwrap();
    let (mut page, zeros) = (vec![0_u8; PAGE], vec![0_u8; PAGE]);
    let own = page.as_ptr().addr()..page.as_ptr().addr() + PAGE;
    let mut copies = 0;
    for range in writable() {
        if without.iter().any(|address| range.contains(address)) {
            continue;
        }
        let mut at = range.start;
        while at < range.end {
            let length = PAGE.min(range.end - at);
            let is_read = memory.read_exact_at(&mut page[..length], at as u64).is_ok();
            // Most of it was never written to.
            if is_read && page != zeros {
                for needle in needles {
                    let places = needle.places(&page[..length]);
                    copies += places.filter(|place| !own.contains(&(at + place))).count();
                }
            }
            // What was read is a copy itself.
            page.fill(0);
            // One that lies across two pages is in the next one as a whole.
            at += if length > LONGEST {
                length - LONGEST
            } else {
                length
            };
        }
    }
    copies
}

fn writable() -> Vec<Range<usize>> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let lines = maps.lines().filter_map(|line| line.split_once(' '));
    let lines = lines.filter(|(_, rest)| rest.starts_with("rw") && !rest.contains("[v"));
    let number = |text| usize::from_str_radix(text, 16).unwrap();
    lines
        .map(|(range, _)| range.split_once('-').unwrap())
        .map(|(start, end)| number(start)..number(end))
        .collect()
}

/// Were it to hang instead, nobody would see why.
#[test]
fn a_search_that_panics_fails() {
    let _alone = alone();
    let nothing = [Needle::of(Vec::new())];
    let panicked = catch_unwind(|| before_and_after(&nothing, Searched::All, || ()));
    assert!(panicked.is_err());
}
