use super::style::{INK, Rgb};

/// Which part of a text is at its point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Align {
    /// Its start.
    Left,
    /// Its middle.
    Middle,
    /// Its end.
    Right,
}

/// One line of text.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// What it says.
    pub text: String,
    /// The point on the baseline that `align` names.
    pub at: [f64; 2],
    /// Which part of the text is at that point.
    pub align: Align,
    /// Size.
    pub em: f64,
    /// Colour.
    pub color: Rgb,
    /// Whether the text is bold.
    pub bold: bool,
    /// Whether the text runs from the bottom to the top.
    pub upwards: bool,
}

impl Text {
    /// Dark text that starts at the given point.
    pub fn new(text: impl Into<String>, at: [f64; 2], em: f64) -> Self {
        Self {
            text: text.into(),
            at,
            align: Align::Left,
            em,
            color: INK,
            bold: false,
            upwards: false,
        }
    }

    /// The same with another part of it at its point.
    pub fn align(self, align: Align) -> Self {
        Self { align, ..self }
    }

    /// The same in bold.
    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }
}
