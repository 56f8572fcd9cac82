//! Characters that the compiled-in font lacks, from the fonts of the machine.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use fontdb::{Database, FaceInfo, ID, Style};
use ttf_parser::{Face, GlyphId};

/// Fonts, of which for every character the first one is used that has it.
pub(super) struct Fallback {
    fonts: Database,
    order: Vec<ID>,
    choices: Mutex<HashMap<char, Option<ID>>>,
}

/// The fonts of the machine, which are only looked for when a figure needs them.
pub(super) static MACHINE: LazyLock<Fallback> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    Fallback::of(fonts)
});

impl Fallback {
    /// Upright sans-serif fonts of a usual weight come first.
    pub fn of(fonts: Database) -> Self {
        let rank = |face: &FaceInfo| {
            (
                face.style != Style::Normal,
                face.monospaced,
                !face.post_script_name.contains("Sans"),
                face.weight.0.abs_diff(400),
                face.post_script_name.clone(),
            )
        };
        let mut faces: Vec<&FaceInfo> = fonts.faces().collect();
        faces.sort_by_cached_key(|face| rank(face));
        Self {
            order: faces.into_iter().map(|face| face.id).collect(),
            fonts,
            choices: Mutex::default(),
        }
    }

    /// Whether a font has the character.
    pub fn has(&self, sign: char) -> bool {
        self.with(sign, |_, _| ()).is_some()
    }

    /// Calls `use_it` with the font that has the character, and its glyph.
    pub fn with<T>(&self, sign: char, use_it: impl FnOnce(&Face, GlyphId) -> T) -> Option<T> {
        let mut choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        let choice = *choices
            .entry(sign)
            .or_insert_with(|| self.order.iter().copied().find(|id| self.offers(*id, sign)));
        self.glyph(choice?, sign, use_it)
    }

    fn offers(&self, font: ID, sign: char) -> bool {
        !needs_shaping(sign) && self.glyph(font, sign, |_, _| ()).is_some()
    }

    fn glyph<T>(
        &self,
        font: ID,
        sign: char,
        use_it: impl FnOnce(&Face, GlyphId) -> T,
    ) -> Option<T> {
        let in_face = |data: &[u8], index: u32| {
            let face = Face::parse(data, index).ok()?;
            let glyph = face.glyph_index(sign)?;
            // Coloured glyphs, such as emoji, have no outline.
            let drawn = sign.is_whitespace() || face.glyph_bounding_box(glyph).is_some();
            drawn.then(|| use_it(&face, glyph))
        };
        self.fonts.with_face_data(font, in_face)?
    }
}

/// Scripts from Hebrew to Sinhala run from right to left or join their letters: glyph after glyph they
/// would be wrong, which is worse than missing.
fn needs_shaping(sign: char) -> bool {
    ('\u{590}'..='\u{dff}').contains(&sign)
}

#[cfg(test)]
mod tests {
    use super::{Database, Fallback};

    #[test]
    fn a_character_is_taken_from_the_first_font_that_has_it() {
        let mut fonts = Database::new();
        assert!(!Fallback::of(fonts.clone()).has('a'), "no font at all");
        fonts.load_font_data(notosans::BOLD_ITALIC_TTF.to_vec());
        fonts.load_font_data(notosans::REGULAR_TTF.to_vec());
        let fallback = Fallback::of(fonts);
        let italic = |sign| fallback.with(sign, |face, _| face.is_italic());
        assert_eq!(italic('μ'), Some(false));
        assert_eq!(italic(' '), Some(false));
        assert_eq!(italic('漢'), None);
        assert_eq!(italic('ע'), None, "not without shaping");
    }
}
