//! Figures as files: every figure is written twice, as `<stem>.svg` and as `<stem>.png`.
//!
//! A figure is first laid out as a `Scene` (a list of shapes in CSS pixels) and then painted
//! once per file, so that both files show the same picture. Text uses a font that is compiled in:
//! nothing here depends on fonts installed on the machine.

mod curve;
mod curve_panel;
mod curves;
mod embedding_panel;
mod embeddings;
mod error;
mod font;
mod legend;
mod matrices;
mod matrix_panel;
mod output;
mod palette;
mod png;
mod polyline;
mod raster;
mod scene;
mod shading;
mod style;
mod ticks;

#[cfg(test)]
mod tests;

pub use curve::Curve;
pub use curve_panel::CurvePanel;
pub use curves::draw_curves;
pub use embedding_panel::EmbeddingPanel;
pub use embeddings::draw_embeddings;
pub use error::FigureError;
pub use matrices::draw_matrices;
pub use matrix_panel::MatrixPanel;
pub use shading::Shading;
