use std::time::Duration;

use crate::train::Moment;

/// The share of the time that checkpoints may take.
const SHARE: f64 = 0.05;

/// Between two checkpoints within an epoch.
const PAUSE: Duration = Duration::from_secs(10);

/// What the first checkpoint is taken to cost.
const FIRST_COST: Duration = Duration::from_millis(20);

/// When a checkpoint is due: after every epoch and every ten seconds, as long as that takes a small share of the time;
/// after the last epoch in any case.
#[derive(Debug)]
pub(super) struct Pace {
    /// The number of steps after which one is due instead, whatever it costs.
    steps: Option<usize>,
    /// What all of them have cost.
    spent: Duration,
    /// What the last one has cost.
    cost: Duration,
    /// When the last one was.
    last: Duration,
}

impl Pace {
    pub fn new(steps: Option<usize>) -> Self {
        Self {
            steps,
            spent: Duration::ZERO,
            cost: FIRST_COST,
            last: Duration::ZERO,
        }
    }

    /// Whether one is due so long after the beginning.
    pub fn is_due(&self, moment: Moment, steps: usize, elapsed: Duration) -> bool {
        if moment == Moment::End {
            return true;
        }
        if let Some(every) = self.steps {
            return steps.is_multiple_of(every);
        }
        let affordable = self.spent + self.cost <= elapsed.mul_f64(SHARE);
        let waited = elapsed.saturating_sub(self.last) >= PAUSE;
        affordable && (moment == Moment::Epoch || waited)
    }

    /// There was one, which ended so long after the beginning.
    pub fn add(&mut self, cost: Duration, elapsed: Duration) {
        self.spent += cost;
        self.cost = cost;
        self.last = elapsed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps take a tenth of a second, an epoch has a hundred of them, a checkpoint takes the milliseconds that are given.
    fn checkpoints(cost: u64, steps: Option<usize>) -> (usize, f64) {
        let mut pace = Pace::new(steps);
        let (mut count, mut now) = (0, Duration::ZERO);
        for step in 1..=2000 {
            now += Duration::from_millis(100);
            let moment = match step {
                2000 => Moment::End,
                _ if step % 100 == 0 => Moment::Epoch,
                _ => Moment::Step,
            };
            if pace.is_due(moment, step, now) {
                let cost = Duration::from_millis(cost);
                now += cost;
                pace.add(cost, now);
                count += 1;
            }
        }
        (count, pace.spent.as_secs_f64() / now.as_secs_f64())
    }

    #[test]
    fn they_take_a_twentieth_of_the_time() {
        let (cheap, _) = checkpoints(10, None);
        assert!((20..=40).contains(&cheap), "{cheap}");
        for cost in [10, 500, 2000] {
            let (count, share) = checkpoints(cost, None);
            assert!(count >= 3 && share <= 0.06, "{cost} ms: {count}, {share}");
        }
        // The one at the end is worth more than that.
        assert!(checkpoints(60_000, None).0 <= 2);
        assert_eq!(checkpoints(1000, Some(7)).0, 2000 / 7 + 1);
    }
}
