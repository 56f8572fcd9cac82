//! Lines in a panel: clipping, gaps, and dashes. Lengths are in CSS pixels.

/// Length of a dash and of the gap after it.
const DASH: [f64; 2] = [7.0, 4.0];
/// Points nearer to their predecessor than this cannot be seen; plotters draws spikes there.
const MIN_STEP: f64 = 0.4;

/// A rectangle that lines are cut to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Left and top.
    pub low: [f64; 2],
    /// Right and bottom.
    pub high: [f64; 2],
}

/// The visible parts of the line through `points`; a point that is not finite is a gap.
pub(super) fn visible(points: &[[f64; 2]], window: Window) -> Vec<Vec<[f64; 2]>> {
    let mut parts: Vec<Vec<[f64; 2]>> = Vec::new();
    let mut joined = false;
    for pair in points.windows(2) {
        let Some([from, to]) = clip(pair[0], pair[1], window) else {
            joined = false;
            continue;
        };
        match parts.last_mut() {
            Some(part) if joined && from == pair[0] => part.push(to),
            _ => parts.push(vec![from, to]),
        }
        joined = to == pair[1];
    }
    parts.iter().map(|part| thin_out(part)).collect()
}

/// The part of a segment inside of the window (Liang and Barsky).
fn clip(from: [f64; 2], to: [f64; 2], window: Window) -> Option<[[f64; 2]; 2]> {
    if from.iter().chain(&to).any(|value| !value.is_finite()) {
        return None;
    }
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for axis in 0..2 {
        let step = to[axis] - from[axis];
        let bounds = [
            window.low[axis] - from[axis],
            window.high[axis] - from[axis],
        ];
        if step == 0.0 {
            if bounds[0] > 0.0 || bounds[1] < 0.0 {
                return None;
            }
        } else {
            let (first, second) = (bounds[0] / step, bounds[1] / step);
            enter = enter.max(first.min(second));
            leave = leave.min(first.max(second));
        }
    }
    let at = |share: f64| [0, 1].map(|axis| from[axis] + share * (to[axis] - from[axis]));
    let start = if enter > 0.0 { at(enter) } else { from };
    let end = if leave < 1.0 { at(leave) } else { to };
    (enter <= leave).then_some([start, end])
}

fn thin_out(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::with_capacity(points.len());
    for (index, &point) in points.iter().enumerate() {
        let far = kept
            .last()
            .is_none_or(|&last| distance(last, point) >= MIN_STEP);
        if far {
            kept.push(point);
        } else if index + 1 == points.len() && kept.len() > 1 {
            // The line still has to end where it ends.
            kept.pop();
            kept.push(point);
        }
    }
    kept
}

/// Cuts a line into dashes.
pub(super) fn dashes(points: &[[f64; 2]]) -> Vec<Vec<[f64; 2]>> {
    let mut parts: Vec<Vec<[f64; 2]>> = Vec::new();
    let mut kind = 0;
    let mut left = DASH[0];
    if let Some(&first) = points.first() {
        parts.push(vec![first]);
    }
    for pair in points.windows(2) {
        let mut from = pair[0];
        loop {
            let rest = distance(from, pair[1]);
            if rest <= left {
                left -= rest;
                if let (0, Some(part)) = (kind, parts.last_mut()) {
                    part.push(pair[1]);
                }
                break;
            }
            let share = left / rest;
            from = [0, 1].map(|axis| from[axis] + share * (pair[1][axis] - from[axis]));
            if let (0, Some(part)) = (kind, parts.last_mut()) {
                part.push(from);
            } else {
                parts.push(vec![from]);
            }
            kind = 1 - kind;
            left = DASH[kind];
        }
    }
    parts.retain(|part| part.len() > 1);
    parts
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[cfg(test)]
mod tests {
    use super::{Window, dashes, visible};

    const WINDOW: Window = Window {
        low: [0.0, 0.0],
        high: [10.0, 10.0],
    };

    #[test]
    fn lines_are_cut_at_the_window() {
        let parts = visible(&[[-5.0, 5.0], [5.0, 5.0], [5.0, 25.0], [9.0, 5.0]], WINDOW);
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0], [[0.0, 5.0], [5.0, 5.0], [5.0, 10.0]]);
        assert_eq!(parts[1], [[8.0, 10.0], [9.0, 5.0]]);
    }

    #[test]
    fn points_that_are_not_finite_are_gaps() {
        let nan = [f64::NAN, 1.0];
        let points = [
            [0.0, 1.0],
            [1.0, 1.0],
            nan,
            [2.0, 1.0],
            [3.0, 1.0],
            [4.0, f64::INFINITY],
        ];
        assert_eq!(
            visible(&points, WINDOW),
            [[[0.0, 1.0], [1.0, 1.0]], [[2.0, 1.0], [3.0, 1.0]]]
        );
        assert!(visible(&[nan], WINDOW).is_empty());
    }

    #[test]
    fn dashes_go_around_corners() {
        let parts = dashes(&[[0.0, 0.0], [3.0, 0.0], [3.0, 20.0]]);
        assert_eq!(parts[0], [[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]]);
        assert_eq!(parts[1], [[3.0, 8.0], [3.0, 15.0]]);
        assert_eq!(parts.len(), 3);
        assert!(dashes(&[]).is_empty());
    }
}
