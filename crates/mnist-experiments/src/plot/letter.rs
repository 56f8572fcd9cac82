use tiny_skia::{FillRule, Paint, Pixmap, Transform};

use super::font;

/// A letter of the compiled-in font, to be drawn as an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Letter {
    /// The letter.
    pub sign: char,
    /// Whether it is bold.
    pub bold: bool,
    /// Its height in pixels, or its width, if that is larger.
    pub size: f32,
    /// Where its middle is, from the left and from the top, in pixels.
    pub middle: [f32; 2],
}

impl Letter {
    /// The image of this many rows and columns: how much ink a pixel has, 0 to 255, row by row.
    pub fn draw(&self, [rows, columns]: [usize; 2]) -> Vec<u8> {
        let mut pixmap = match Pixmap::new(columns as u32, rows as u32) {
            Some(pixmap) => pixmap,
            None => return Vec::new(),
        };
        let (path, _) = font::outline(&self.sign.to_string(), 100.0, self.bold);
        if let Some(path) = path {
            let box_of = path.bounds();
            let scale = self.size / box_of.height().max(box_of.width());
            let [x, y] = self.middle;
            let center = |low: f32, high: f32| (low + high) / 2.0;
            let transform = Transform::from_row(
                scale,
                0.0,
                0.0,
                scale,
                x - scale * center(box_of.left(), box_of.right()),
                y - scale * center(box_of.top(), box_of.bottom()),
            );
            let mut paint = Paint::default();
            paint.set_color_rgba8(255, 255, 255, 255);
            pixmap.fill_path(&path, &paint, FillRule::Winding, transform, None);
        }
        pixmap.pixels().iter().map(|pixel| pixel.alpha()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_where_it_is_asked_for() {
        let letter = Letter {
            sign: 'I',
            bold: false,
            size: 10.0,
            middle: [8.0, 9.0],
        };
        let image = letter.draw([20, 16]);
        assert_eq!(image.len(), 320);
        let inked = |row: usize| image[16 * row..16 * (row + 1)].iter().any(|&ink| ink > 0);
        let rows: Vec<usize> = (0..20).filter(|&row| inked(row)).collect();
        assert_eq!(rows, (4..14).collect::<Vec<_>>());
        // As much ink on the left of its middle as on the right.
        let sum = |columns: std::ops::Range<usize>| -> i64 {
            let of_row =
                |row: &[u8]| -> i64 { row[columns.clone()].iter().copied().map(i64::from).sum() };
            image.chunks(16).map(of_row).sum()
        };
        assert!((sum(0..8) - sum(8..16)).abs() <= 20);
        assert!(sum(0..16) > 10 * 255);
    }
}
