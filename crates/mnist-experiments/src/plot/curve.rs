/// One line of a [`CurvePanel`](super::CurvePanel).
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The name in the legend.
    pub label: String,
    /// The points in the order in which they are joined. A point that is not finite makes a gap.
    pub points: Vec<(f64, f64)>,
    /// Whether the line is dashed.
    pub dashed: bool,
}
