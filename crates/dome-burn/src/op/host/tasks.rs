use rayon::prelude::*;

/// Less work than four tasks of tens of microseconds takes as long by the pool of threads, which has to
/// wake up first while the caller falls asleep.
const MIN_TASKS: usize = 4;

/// Runs each task once, on rayon's threads where it pays. `work` is how many tasks of the least length,
/// tens of microseconds, all of them amount to.
pub(in crate::op) fn run_all<T: Send>(tasks: Vec<T>, work: usize, run: impl Fn(T) + Sync + Send) {
    match work < MIN_TASKS || tasks.len() < 2 || rayon::current_num_threads() == 1 {
        true => tasks.into_iter().for_each(run),
        false => tasks.into_par_iter().for_each(run),
    }
}
