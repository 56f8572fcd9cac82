/// A square matrix with a row and a column for each class, for
/// [`draw_matrices`](super::draw_matrices).
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixPanel {
    /// Headline, such as the name of a model.
    pub title: String,
    /// Text below the title. It is wrapped, at commas if possible.
    pub subtitle: String,
    /// The values, row by row from the top. A value that is not finite leaves its cell empty.
    pub values: Vec<Vec<f64>>,
}
