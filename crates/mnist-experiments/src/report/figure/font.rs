//! The font of all figures. It is compiled in, so that a figure looks the same everywhere.
//!
//! plotters can draw text with a registered font, but version 0.3.7 ignores how far a glyph stands
//! from its origin, which makes gaps and collisions. Thus text in pixels is drawn here.

use ab_glyph::{Font, FontRef, Glyph, Point, PxScale, ScaleFont};
use std::sync::LazyLock;

/// The fonts for SVG viewers: one that lacks the first takes the next.
pub(super) const FAMILY: &str = "Noto Sans, Helvetica, Arial, sans-serif";

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| load(notosans::REGULAR_TTF));
static BOLD: LazyLock<FontRef<'static>> = LazyLock::new(|| load(notosans::BOLD_TTF));

fn load(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the compiled-in font is valid")
}

fn font(bold: bool) -> &'static FontRef<'static> {
    if bold { &BOLD } else { &REGULAR }
}

/// The text's glyphs along a baseline through the origin, and its width.
fn layout(text: &str, em: f64, bold: bool) -> (Vec<Glyph>, f64) {
    let font = font(bold);
    let units = font.units_per_em().unwrap_or(1000.0);
    // ab_glyph's scale is the height of a line and not an em.
    let scale = PxScale::from(em as f32 * font.height_unscaled() / units);
    let scaled = font.as_scaled(scale);
    let mut glyphs: Vec<Glyph> = Vec::new();
    let mut x = 0.0;
    for sign in text.chars() {
        let mut glyph = scaled.scaled_glyph(sign);
        if let Some(last) = glyphs.last() {
            x += scaled.kern(last.id, glyph.id);
        }
        glyph.position = Point { x, y: 0.0 };
        x += scaled.h_advance(glyph.id);
        glyphs.push(glyph);
    }
    (glyphs, f64::from(x))
}

/// The width of a text of which one em is `em` long.
pub(super) fn text_width(text: &str, em: f64, bold: bool) -> f64 {
    layout(text, em, bold).1
}

/// Calls `pixel` with column, row, and coverage of every pixel of a text whose baseline starts at
/// `start`.
pub(super) fn draw_text(
    text: &str,
    em: f64,
    bold: bool,
    start: [f64; 2],
    mut pixel: impl FnMut(i64, i64, f64),
) {
    for mut glyph in layout(text, em, bold).0 {
        glyph.position.x += start[0] as f32;
        glyph.position.y += start[1] as f32;
        if let Some(outline) = font(bold).outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            let (left, top) = (corner.x as i64, corner.y as i64);
            outline.draw(|column, row, covered| {
                pixel(
                    left + i64::from(column),
                    top + i64::from(row),
                    f64::from(covered),
                );
            });
        }
    }
}

/// The text in lines that are not wider than `width` unless one word is. A line ends at a comma
/// rather than between any two words, if all can.
pub(super) fn wrap(text: &str, em: f64, bold: bool, width: f64) -> Vec<String> {
    let fits = |part: &str| text_width(part, em, bold) <= width;
    let parts = text.lines().flat_map(|line| {
        let at_commas = fill(line, ", ", &fits);
        match at_commas.iter().all(|part| fits(part)) {
            true => at_commas,
            false => fill(line, " ", &fits),
        }
    });
    parts.map(str::to_owned).collect()
}

/// The longest parts of `text` that fit and that end at `separator`.
fn fill<'a>(text: &'a str, separator: &str, fits: &impl Fn(&str) -> bool) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for piece in text.split_inclusive(separator) {
        let next = end + piece.len();
        if end > start && !fits(text[start..next].trim_end()) {
            parts.push(text[start..end].trim_end());
            start = end;
        }
        end = next;
    }
    parts.push(text[start..end].trim_end());
    parts
}

#[cfg(test)]
mod tests {
    use super::{font, text_width, wrap};
    use ab_glyph::Font;

    #[test]
    fn the_fonts_have_the_signs_we_need() {
        for sign in "μσπαβγδλτφ−²·×√≤≥∞…–°±".chars() {
            for bold in [false, true] {
                assert_ne!(font(bold).glyph_id(sign).0, 0, "{sign}");
            }
        }
        assert!(text_width("mm", 10.0, true) > text_width("mm", 10.0, false));
    }

    #[test]
    fn lines_end_at_commas_if_possible() {
        let text = "accuracy 99.46 %, radius (p99) 2.5, compactness 7.4";
        let width = text_width("accuracy 99.46 %, radius (p99) 2.5, comp", 12.0, false);
        assert_eq!(
            wrap(text, 12.0, false, width),
            ["accuracy 99.46 %, radius (p99) 2.5,", "compactness 7.4"]
        );
        assert_eq!(wrap(text, 12.0, false, 1000.0), [text]);
        // No short line before the comma where a part is too long anyway.
        let width = text_width("the first one", 12.0, false);
        assert_eq!(
            wrap("the first one of, two", 12.0, false, width),
            ["the first one", "of, two"]
        );
        assert_eq!(wrap("one two", 12.0, false, 1.0), ["one", "two"]);
        assert_eq!(wrap("one\ntwo", 12.0, false, 900.0), ["one", "two"]);
        assert!(wrap("", 12.0, false, 9.0).is_empty());
    }
}
