//! The font of all figures. It is compiled in, so that a PNG looks the same everywhere.
//!
//! Glyphs stand one after the other, without kerning and shaping: right for Latin, Greek, Cyrillic and
//! Chinese, Japanese, Korean text; other scripts count as [missing](is_missing).

use std::sync::LazyLock;

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

use super::fallback::MACHINE;

/// The fonts for SVG viewers: one that lacks the first takes the next.
pub(super) const FAMILY: &str = "Noto Sans, Helvetica, Arial, sans-serif";

static REGULAR: LazyLock<Face<'static>> = LazyLock::new(|| load(notosans::REGULAR_TTF));
static BOLD: LazyLock<Face<'static>> = LazyLock::new(|| load(notosans::BOLD_TTF));

fn load(bytes: &'static [u8]) -> Face<'static> {
    Face::parse(bytes, 0).expect("the compiled-in font is valid")
}

/// What is shown for a character: XML can hold neither control characters nor U+FFFE and U+FFFF.
pub(super) fn printable(sign: char) -> char {
    match sign {
        '\n' | '\t' => ' ',
        sign if sign.is_control() || matches!(sign, '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
        sign => sign,
    }
}

/// Whether the compiled-in font has the character.
pub(super) fn is_own(sign: char) -> bool {
    REGULAR.glyph_index(printable(sign)).is_some()
}

/// Whether no font on this machine has the character: the PNG shows an empty box.
pub(super) fn is_missing(sign: char) -> bool {
    !is_own(sign) && !MACHINE.has(sign)
}

/// Calls `glyph` for each glyph along a baseline with its font, how far it is from the start, and the
/// length of a font's unit. Returns the width of all.
fn lay_out(
    text: &str,
    em: f64,
    bold: bool,
    mut glyph: impl FnMut(&Face, GlyphId, f64, f64),
) -> f64 {
    let own: &Face = if bold { &BOLD } else { &REGULAR };
    let mut x = 0.0;
    for sign in text.chars().map(printable) {
        let mut add = |face: &Face, id: GlyphId| {
            let unit = em / f64::from(face.units_per_em());
            glyph(face, id, x, unit);
            x += unit * f64::from(face.glyph_hor_advance(id).unwrap_or(0));
        };
        match own.glyph_index(sign) {
            Some(id) => add(own, id),
            // Glyph 0 of a font is its empty box.
            None => MACHINE
                .with(sign, &mut add)
                .unwrap_or_else(|| add(own, GlyphId(0))),
        }
    }
    x
}

/// The width of a text of which one em is `em` long.
pub(super) fn text_width(text: &str, em: f64, bold: bool) -> f64 {
    lay_out(text, em, bold, |_, _, _, _| ())
}

/// The outlines of a text whose baseline starts at the origin, unless it is blank, and its width.
pub(super) fn outline(text: &str, em: f64, bold: bool) -> (Option<Path>, f64) {
    let mut path = PathBuilder::new();
    let width = lay_out(text, em, bold, |face, glyph, x, unit| {
        let (x, unit) = (x as f32, unit as f32);
        let mut pen = Pen {
            path: &mut path,
            x,
            unit,
        };
        face.outline_glyph(glyph, &mut pen);
    });
    (path.finish(), width)
}

/// Adds a glyph's outline, whose vertical axis points upwards, to a path.
struct Pen<'a> {
    path: &'a mut PathBuilder,
    x: f32,
    unit: f32,
}

impl Pen<'_> {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.unit, -y * self.unit)
    }
}

impl OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

/// The text, cut off with an ellipsis if it is wider than `width`.
pub(super) fn shorten(text: &str, em: f64, bold: bool, width: f64) -> String {
    let wide = |part: &str| text_width(part, em, bold);
    if wide(text) <= width {
        return text.to_owned();
    }
    let mut left = width - wide("…");
    let fits = |sign: &char| {
        left -= wide(sign.encode_utf8(&mut [0; 4]));
        left >= 0.0
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept.trim_end().to_owned() + "…"
}

/// The text in lines that are not wider than `width`; a longer word is shortened. A line ends at a
/// comma rather than between any two words, if all can.
pub(super) fn wrap(text: &str, em: f64, bold: bool, width: f64) -> Vec<String> {
    let fits = |part: &str| text_width(part, em, bold) <= width;
    let parts = text.lines().flat_map(|line| {
        let at_commas = fill(line, ", ", &fits);
        match at_commas.iter().all(|part| fits(part)) {
            true => at_commas,
            false => fill(line, " ", &fits),
        }
    });
    parts.map(|part| shorten(part, em, bold, width)).collect()
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
    use super::{is_own, outline, shorten, text_width, wrap};

    #[test]
    fn the_font_has_the_characters_we_need() {
        for sign in "μσπαβγδλτφ−²·×√≤≥∞…–°±\u{fffd}".chars() {
            assert!(is_own(sign), "{sign}");
        }
        assert!(text_width("mm", 10.0, true) > text_width("mm", 10.0, false));
    }

    #[test]
    fn outlines_are_as_wide_as_their_text() {
        let (path, width) = outline("mm", 100.0, false);
        let bounds = path.unwrap().bounds();
        assert!(bounds.left() > 0.0 && f64::from(bounds.right()) < width);
        assert!(bounds.top() < -40.0 && bounds.bottom() < 1.0, "{bounds:?}");
        assert!(outline(" ", 100.0, false).0.is_none());
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
        assert_eq!(wrap("one\ntwo", 12.0, false, 900.0), ["one", "two"]);
        assert!(wrap("", 12.0, false, 9.0).is_empty());
    }

    #[test]
    fn nothing_is_wider_than_its_place() {
        let long = "a".repeat(500);
        for line in wrap(&format!("{long} two"), 12.0, true, 100.0) {
            assert!(text_width(&line, 12.0, true) <= 100.0, "{line}");
        }
        assert!(shorten(&long, 12.0, true, 100.0).ends_with("a…"));
        assert_eq!(shorten("short", 12.0, true, 100.0), "short");
    }
}
