use super::curve::Curve;

/// Curves in one coordinate system, for [`draw_curves`](super::draw_curves).
#[derive(Debug, Clone, PartialEq)]
pub struct CurvePanel {
    /// Headline.
    pub title: String,
    /// Text below the horizontal axis; may be empty.
    pub x_label: String,
    /// Text beside the vertical axis; may be empty.
    pub y_label: String,
    /// The curves. Each gets its own colour.
    pub curves: Vec<Curve>,
    /// Lowest and highest y to show, or `None` for all that the curves have.
    pub y_range: Option<(f64, f64)>,
}

impl CurvePanel {
    /// Lowest and highest x of all points.
    pub(super) fn x_limits(&self) -> (f64, f64) {
        limits(self.finite().map(|(x, _)| x), 0.0)
    }

    /// Lowest and highest y to show.
    pub(super) fn y_limits(&self) -> (f64, f64) {
        match self.y_range {
            Some((low, high)) if low < high && (high - low).is_finite() => (low, high),
            _ => limits(self.finite().map(|(_, y)| y), 0.05),
        }
    }

    fn finite(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let points = self
            .curves
            .iter()
            .flat_map(|curve| curve.points.iter().copied());
        points.filter(|(x, y)| x.is_finite() && y.is_finite())
    }
}

/// The range of all values, never empty, plus `margin` of its width on both sides.
fn limits(values: impl Iterator<Item = f64>, margin: f64) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if low > high {
        (0.0, 1.0)
    } else if low == high {
        let half = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
        (low - half, low + half)
    } else {
        let extra = (high - low) * margin;
        (low - extra, high + extra)
    }
}

#[cfg(test)]
mod tests {
    use super::{Curve, CurvePanel};

    #[test]
    fn limits_are_never_empty() {
        let mut panel = CurvePanel {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            curves: Vec::new(),
            y_range: Some((2.0, 1.0)),
        };
        assert_eq!(
            (panel.x_limits(), panel.y_limits()),
            ((0.0, 1.0), (0.0, 1.0))
        );
        let points = vec![(2.0, 0.0), (f64::NAN, 8.0), (4.0, f64::INFINITY)];
        panel.curves.push(Curve {
            label: String::new(),
            points,
            dashed: false,
        });
        assert_eq!(
            (panel.x_limits(), panel.y_limits()),
            ((1.0, 3.0), (-1.0, 1.0))
        );
        panel.y_range = Some((0.0, 5.0));
        assert_eq!(panel.y_limits(), (0.0, 5.0));
    }
}
