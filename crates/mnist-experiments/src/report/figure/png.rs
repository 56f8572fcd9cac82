//! Pictures as PNG.

use super::palette::Paletted;
use super::raster::Raster;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The contents of a PNG file.
pub(super) fn encode(raster: &Raster) -> Result<Vec<u8>, EncodingError> {
    let paletted = Paletted::new(raster);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, raster.width as u32, raster.height as u32);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(paletted.colors.concat());
    encoder.set_compression(Compression::High);
    // Differences between indices mean nothing.
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&paletted.indices)?;
    writer.finish()?;
    Ok(bytes)
}

/// The same as an address for an SVG.
pub(super) fn data_url(raster: &Raster) -> Result<String, EncodingError> {
    Ok(format!(
        "data:image/png;base64,{}",
        base64(&encode(raster)?)
    ))
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            // n bytes need n + 1 signs.
            let digit = BASE64[(group >> (18 - 6 * index) & 63) as usize];
            text.push(if index <= chunk.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_padded() {
        let texts = ["", "f", "fo", "foo", "foob", "\u{fb}"].map(|text| base64(text.as_bytes()));
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "w7s="]);
    }
}
