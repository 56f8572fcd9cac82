/// Share of the data's half width that [`Square::around`] adds on every side.
const MARGIN: f64 = 0.06;

/// The part of the plane that a panel shows: a square, so that one unit is equally long in x
/// and y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Square {
    /// The middle.
    pub center: [f64; 2],
    /// Half the side.
    pub half: f64,
}

impl Square {
    /// The smallest square that holds all points, plus a margin.
    ///
    /// Points that are not finite do not count. Without any finite point, or if all are the same,
    /// half the side is 1.
    pub fn around(points: &[[f32; 2]]) -> Self {
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        for point in finite(points) {
            for axis in 0..2 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        if low[0] > high[0] {
            return Self {
                center: [0.0; 2],
                half: 1.0,
            };
        }
        let center = [0, 1].map(|axis| (low[axis] + high[axis]) / 2.0);
        let half = (high[0] - low[0]).max(high[1] - low[1]) / 2.0;
        Self {
            center,
            half: with_margin(half),
        }
    }

    /// Like [`Square::around`], but with the origin in the middle.
    pub fn around_origin(points: &[[f32; 2]]) -> Self {
        let half = finite(points)
            .map(|point| point[0].abs().max(point[1].abs()))
            .fold(0.0, f64::max);
        Self {
            center: [0.0; 2],
            half: with_margin(half),
        }
    }

    /// The centres of `n` times `n` equal cells, row by row from the top, each from the left.
    ///
    /// This is the order in which [`Shading`](crate::plot::Shading) expects its values.
    pub fn grid(&self, n: usize) -> Vec<[f32; 2]> {
        let cell = 2.0 * self.half / n as f64;
        let offset = |index: usize| (index as f64 + 0.5) * cell - self.half;
        let mut centers = Vec::with_capacity(n * n);
        for row in 0..n {
            let y = (self.center[1] - offset(row)) as f32;
            centers.extend((0..n).map(|column| [(self.center[0] + offset(column)) as f32, y]));
        }
        centers
    }

    /// Where a point lies: `[0, 0]` is the top left corner and `[1, 1]` the bottom right one.
    /// `None` outside of the square.
    pub(crate) fn locate(&self, point: [f64; 2]) -> Option<[f64; 2]> {
        let side = 2.0 * self.half;
        let at = [
            (point[0] - self.center[0]) / side + 0.5,
            0.5 - (point[1] - self.center[1]) / side,
        ];
        at.iter()
            .all(|value| (0.0..=1.0).contains(value))
            .then_some(at)
    }
}

fn finite(points: &[[f32; 2]]) -> impl Iterator<Item = [f64; 2]> + '_ {
    points
        .iter()
        .filter(|point| point.iter().all(|value| value.is_finite()))
        .map(|point| point.map(f64::from))
}

fn with_margin(half: f64) -> f64 {
    if half > 0.0 {
        half * (1.0 + MARGIN)
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::Square;

    #[test]
    fn without_points_the_square_is_not_empty() {
        let unit = Square {
            center: [0.0; 2],
            half: 1.0,
        };
        assert_eq!(Square::around(&[]), unit);
        assert_eq!(
            Square::around(&[[f32::NAN, 1.0], [2.0, f32::INFINITY]]),
            unit
        );
        assert_eq!(Square::around_origin(&[[f32::NAN; 2]]), unit);
    }

    #[test]
    fn one_point_is_in_the_middle() {
        let square = Square::around(&[[3.0, -4.0]]);
        assert_eq!(
            square,
            Square {
                center: [3.0, -4.0],
                half: 1.0
            }
        );
    }

    #[test]
    fn all_finite_points_are_inside() {
        let points = [[-1.0, 2.0], [7.0, 3.0], [f32::NAN, 900.0], [0.0, 0.5]];
        for square in [Square::around(&points), Square::around_origin(&points)] {
            assert!(square.half < 9.0);
            for point in [points[0], points[1], points[3]] {
                assert!(square.locate(point.map(f64::from)).is_some());
            }
            assert!(square.locate([f64::NAN, 0.0]).is_none());
        }
    }

    #[test]
    fn the_grid_starts_at_the_top_left() {
        let grid = Square {
            center: [1.0, 10.0],
            half: 2.0,
        }
        .grid(2);
        assert_eq!(grid, [[0.0, 11.0], [2.0, 11.0], [0.0, 9.0], [2.0, 9.0]]);
    }
}
