//! Many trainings, some at a time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};

use crate::device::cores;

/// Runs `work` on all items, up to `jobs` at a time: a free worker takes the next one. `done` is told of each
/// result, with the item's number, once it is there and one at a time; if it fails, nobody starts another one.
///
/// Each item gets an equal share of the cores as threads of its own, so that none waits for the work of
/// another; the last items, beside which workers find nothing to do, get more. An item of a queue that is itself an item
/// of one shares the threads of that item.
///
/// # Errors
///
/// If threads cannot be started, or `done` fails.
pub(crate) fn queue<T, R, E>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
    done: impl FnMut(usize, R) -> Result<(), E> + Send,
) -> Result<(), E>
where
    T: Sync,
    R: Send,
    E: From<ThreadPoolBuildError> + Send,
{
    let workers = jobs.min(items.len()).max(1);
    let cores = match rayon::current_thread_index() {
        Some(_) => rayon::current_num_threads(),
        None => cores().get(),
    };
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let done = Mutex::new(done);
    let worker = || -> Result<(), E> {
        while !stopped.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(number) else {
                break;
            };
            let threads = (cores / workers.min(items.len() - number)).max(1);
            let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
            let result = pool.install(|| work(item));
            let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            done(number, result).inspect_err(|_| stopped.store(true, Ordering::Relaxed))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        let ended = running.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ended.collect::<Vec<_>>().into_iter().collect()
    })
}

/// [`queue`] for work that may fail: the others go on. `save` is given the results that are there, in the order of
/// the items, after each that succeeded.
///
/// Returns the failures with their items' numbers, in order.
///
/// # Errors
///
/// If threads cannot be started, `save` fails, or all of the work does: the first failure.
pub(crate) fn results<T, R, E>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> Result<R, E> + Sync,
    mut save: impl FnMut(&[&R]) -> Result<(), E> + Send,
) -> Result<Vec<(usize, E)>, E>
where
    T: Sync,
    R: Send,
    E: From<ThreadPoolBuildError> + Send,
{
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let mut failures = Vec::new();
    queue(items, jobs, work, |number, result| match result {
        Ok(result) => {
            results[number] = Some(result);
            save(&results.iter().flatten().collect::<Vec<_>>())
        }
        Err(failure) => {
            failures.push((number, failure));
            Ok(())
        }
    })?;
    failures.sort_by_key(|(number, _)| *number);
    match failures.len() == items.len() && !failures.is_empty() {
        true => Err(failures.remove(0).1),
        false => Ok(failures),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[derive(Debug, PartialEq)]
    struct Failed;

    impl From<ThreadPoolBuildError> for Failed {
        fn from(_: ThreadPoolBuildError) -> Self {
            Self
        }
    }

    #[test]
    fn each_item_is_done_once() {
        for jobs in [1, 2, 7] {
            let mut results = vec![None; 5];
            let done = |number: usize, square: u64| {
                assert_eq!(results[number].replace(square), None);
                Ok::<_, Failed>(())
            };
            queue(&[1u64, 2, 3, 4, 5], jobs, |x| x * x, done).unwrap();
            assert_eq!(results, [1, 4, 9, 16, 25].map(Some));
        }
        queue(&[], 2, |x: &u64| *x, |_, _| Err(Failed)).unwrap();
    }

    #[test]
    fn a_queue_in_a_queue_shares_its_threads() {
        let inner = |_: &u64| {
            let mut threads = 0;
            let done = |_, count| {
                threads = count;
                Ok::<_, Failed>(())
            };
            queue(&[0u64], 1, |_| rayon::current_num_threads(), done).unwrap();
            (threads, rayon::current_num_threads())
        };
        let done = |_, (of_inner, of_outer): (usize, usize)| {
            assert_eq!(of_inner, of_outer);
            Ok::<_, Failed>(())
        };
        queue(&[0u64; 4], 2, inner, done).unwrap();
    }

    /// The second worker does three short ones while the first does a long one.
    #[test]
    fn nobody_waits_for_the_slowest() {
        let mut order = Vec::new();
        let sleep = |&millis: &u64| std::thread::sleep(Duration::from_millis(millis));
        let done = |number, ()| {
            order.push(number);
            Ok::<_, Failed>(())
        };
        queue(&[300, 1, 1, 1], 2, sleep, done).unwrap();
        assert_eq!(order, [1, 2, 3, 0]);
    }

    #[test]
    fn nothing_starts_after_a_failure() {
        let started = AtomicUsize::new(0);
        let work = |_: &u64| started.fetch_add(1, Ordering::Relaxed);
        let failed = queue(&[0; 9], 1, work, |number, _| match number {
            2 => Err(Failed),
            _ => Ok(()),
        });
        assert_eq!((failed, started.into_inner()), (Err(Failed), 3));
    }

    #[test]
    fn the_others_go_on() {
        let mut saved = Vec::new();
        let odd = |&x: &u64| if x % 2 == 1 { Ok(x) } else { Err(Failed) };
        let save = |there: &[&u64]| {
            saved = there.iter().map(|&&x| x).collect();
            Ok(())
        };
        let failures = results(&[1, 2, 3, 4], 2, odd, save).unwrap();
        assert_eq!(failures, [(1, Failed), (3, Failed)]);
        assert_eq!(saved, [1, 3]);
        assert_eq!(results(&[2, 4], 1, odd, |_| Ok(())), Err(Failed));
    }
}
