//! Measuring in turn.

/// Rounds that count.
pub const ROUNDS: usize = 7;

/// The median of each number over [`ROUNDS`] rounds, after some to warm up.
pub fn medians<const N: usize>(warm_up: usize, round: impl Fn() -> [f64; N]) -> [f64; N] {
    for _ in 0..warm_up {
        round();
    }
    let rounds: Vec<[f64; N]> = (0..ROUNDS).map(|_| round()).collect();
    core::array::from_fn(|which| {
        let mut numbers: Vec<f64> = rounds.iter().map(|round| round[which]).collect();
        numbers.sort_by(f64::total_cmp);
        numbers[ROUNDS / 2]
    })
}
