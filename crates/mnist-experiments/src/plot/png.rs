//! Pictures as PNG.

use std::collections::HashMap;
use std::error::Error;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use quantizr::{Image, Options, QuantizeResult};
use tiny_skia::Pixmap;

/// The contents of a PNG file of a picture without transparency.
///
/// It has the 256 colours that fit best, which can hardly be told from all in a figure and make the
/// file a quarter as large.
pub(super) fn png(picture: &Pixmap) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let (width, height) = (picture.width(), picture.height());
    let readable = |error: quantizr::Error| format!("{error:?}");
    let image = Image::new(picture.data(), width as usize, height as usize);
    let image = image.map_err(readable)?;
    let mut quantized = QuantizeResult::quantize(&image, &Options::default());
    quantized.set_dithering_level(0.0).map_err(readable)?;

    // To find the best of the 256 takes long, so it is done once for each colour.
    let mut known: HashMap<&[u8], usize> = HashMap::new();
    let mut distinct: Vec<u8> = Vec::new();
    let mut number = |color| {
        let next = known.len();
        *known.entry(color).or_insert_with(|| {
            distinct.extend_from_slice(color);
            next
        })
    };
    let numbers: Vec<usize> = picture.data().chunks_exact(4).map(&mut number).collect();
    let mut best = vec![0; distinct.len() / 4];
    let row = Image::new(&distinct, best.len(), 1).map_err(readable)?;
    quantized.remap_image(&row, &mut best).map_err(readable)?;
    let indices: Vec<u8> = numbers.into_iter().map(|number| best[number]).collect();
    let palette = quantized.get_palette();
    let colors = palette.entries.iter().take(palette.count as usize);

    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(
        colors
            .flat_map(|color| [color.r, color.g, color.b])
            .collect::<Vec<u8>>(),
    );
    encoder.set_compression(Compression::High);
    // Differences between indices mean nothing.
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&indices)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiny_skia::{IntSize, PremultipliedColorU8};

    /// The file's pixels with their colours.
    fn read(file: &[u8]) -> Vec<u8> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        bytes
    }

    fn picture(color: impl Fn(u32, u32) -> [u8; 3]) -> Pixmap {
        let mut picture = Pixmap::new(256, 256).unwrap();
        for (index, pixel) in picture.pixels_mut().iter_mut().enumerate() {
            let [red, green, blue] = color(index as u32 % 256, index as u32 / 256);
            *pixel = PremultipliedColorU8::from_rgba(red, green, blue, 255).unwrap();
        }
        picture
    }

    fn largest_error(color: impl Fn(u32, u32) -> [u8; 3]) -> u8 {
        let read = read(&png(&picture(&color)).unwrap());
        let errors = (0..256 * 256u32).flat_map(|index| {
            let wanted = color(index % 256, index / 256);
            let found = &read[index as usize * 3..][..3];
            [0, 1, 2].map(|channel| wanted[channel].abs_diff(found[channel]))
        });
        errors.max().unwrap()
    }

    #[test]
    fn few_colors_are_exact() {
        assert_eq!(
            largest_error(|x, y| [(x / 32) as u8 * 30, (y / 32) as u8 * 36, 3]),
            0
        );
    }

    #[test]
    fn many_colors_are_close() {
        let error = largest_error(|x, y| [x as u8, y as u8, 128]);
        assert!((1..40).contains(&error), "{error}");
    }

    #[test]
    fn the_size_is_kept() {
        let size = IntSize::from_wh(3, 2).unwrap();
        let white = Pixmap::from_vec(vec![255; 24], size).unwrap();
        assert_eq!(read(&png(&white).unwrap()), [255; 18]);
    }
}
