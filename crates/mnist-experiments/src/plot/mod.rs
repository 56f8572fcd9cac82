//! Figures as files: every figure is written twice, as `<stem>.svg` and as `<stem>.png`.
//!
//! A figure is laid out as a list of shapes in CSS pixels, of which both files are made: elements of
//! the SVG, and pixels by [`tiny_skia`]. The PNG's text has a font that is compiled in; only
//! characters that it lacks are looked for in the fonts of the machine.

mod area;
mod axes;
mod canvas;
mod curve;
mod curve_panel;
mod curves;
mod embedding_panel;
mod embedding_view;
mod embeddings;
mod error;
mod fallback;
mod font;
mod heading;
mod legend;
mod letter;
mod matrices;
mod matrix_panel;
mod output;
mod png;
mod raster;
mod shading;
mod style;
mod svg;
mod text;
mod ticks;

#[cfg(test)]
mod tests;

pub use curve::Curve;
pub use curve_panel::CurvePanel;
pub use curves::draw_curves;
pub use embedding_panel::EmbeddingPanel;
pub use embeddings::draw_embeddings;
pub use error::FigureError;
pub use letter::Letter;
pub use matrices::draw_matrices;
pub use matrix_panel::MatrixPanel;
pub use shading::Shading;
