use rayon::prelude::*;

/// Fewer tasks of tens of microseconds take as long by the pool of threads, which has to wake up first while
/// the caller falls asleep.
const LEAST: usize = 4;

/// Runs each task once, on rayon's threads where it pays.
pub(super) fn run_all<T: Send>(tasks: Vec<T>, run: impl Fn(T) + Sync + Send) {
    match tasks.len() < LEAST || rayon::current_num_threads() == 1 {
        true => tasks.into_iter().for_each(run),
        false => tasks.into_par_iter().for_each(run),
    }
}
