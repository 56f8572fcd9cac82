//! Work side by side.

use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};

use crate::device::cores;

/// Runs `work` on all items at the same time and returns its results in their order.
///
/// Each gets an equal share of the cores as threads of its own, so that none waits for the work of
/// another.
pub(crate) fn side_by_side<T, R, E>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Vec<Result<R, E>>
where
    T: Sync,
    R: Send,
    E: From<ThreadPoolBuildError> + Send,
{
    let threads = (cores().get() / items.len().max(1)).max(1);
    let work = &work;
    std::thread::scope(|scope| {
        let start = |item| {
            scope.spawn(move || {
                let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
                pool.install(|| work(item))
            })
        };
        let running: Vec<_> = items.iter().map(start).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        running.into_iter().map(join).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let square = |&x: &u64| match x {
            3 => Err(RunFailed),
            x => {
                std::thread::sleep(std::time::Duration::from_millis(20 - x));
                Ok(x * x)
            }
        };
        let results = side_by_side(&[1, 2, 3, 4], square);
        assert_eq!(results, [Ok(1), Ok(4), Err(RunFailed), Ok(16)]);
        assert_eq!(side_by_side(&[], square), []);
    }

    #[derive(Debug, PartialEq)]
    struct RunFailed;

    impl From<ThreadPoolBuildError> for RunFailed {
        fn from(_: ThreadPoolBuildError) -> Self {
            Self
        }
    }
}
