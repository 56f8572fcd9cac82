/// A rectangle in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Area {
    /// Corners on whole pixels: edges are sharp, and a picture in it is copied as it is.
    pub fn new([left, top]: [f64; 2], [width, height]: [f64; 2]) -> Self {
        Self {
            left: left.round(),
            top: top.round(),
            width: width.round(),
            height: height.round(),
        }
    }

    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Whether the two have a part in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.left < other.right()
            && other.left < self.right()
            && self.top < other.bottom()
            && other.top < self.bottom()
    }
}
