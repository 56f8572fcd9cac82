use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use png::{ColorType, Decoder, Limits, Transformations};

/// A grey picture of any size.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Picture {
    pub width: usize,
    pub height: usize,
    /// Row by row from the top, 0 black to 1 white; where it is transparent, white.
    pub pixels: Vec<f32>,
}

/// Why a file is no picture that can be looked at.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub(super) struct PictureError {
    path: PathBuf,
    reason: String,
}

impl PictureError {
    pub fn new(path: &Path, reason: impl ToString) -> Self {
        Self {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}

/// Of a side. A digit needs a hundredth of it.
const MOST_PIXELS: u32 = 4096;

/// The decoder's own memory.
const MOST_BYTES: usize = 128 << 20;

impl Picture {
    /// Reads a PNG file of any kind.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is no PNG, is damaged, or is larger than any drawing of a digit.
    pub fn read(path: &Path) -> Result<Self, PictureError> {
        let refused = |reason: String| PictureError::new(path, reason);
        let file = File::open(path).map_err(|error| refused(format!("cannot be read: {error}")))?;
        let is_folder = file.metadata().is_ok_and(|data| data.is_dir());
        if is_folder {
            return Err(refused("is a folder, not a PNG file".into()));
        }
        let limits = Limits { bytes: MOST_BYTES };
        let mut decoder = Decoder::new_with_limits(BufReader::new(file), limits);
        decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
        let no_png = |error: png::DecodingError| {
            refused(format!("is no PNG file that can be read: {error}"))
        };
        let mut reader = decoder.read_info().map_err(no_png)?;
        let (width, height) = (reader.info().width, reader.info().height);
        if width.max(height) > MOST_PIXELS {
            return Err(refused(format!(
                "has {width} x {height} pixels, but may have {MOST_PIXELS} x {MOST_PIXELS}: make it smaller"
            )));
        }
        let size = reader.output_buffer_size();
        let mut bytes = vec![0; size.ok_or_else(|| refused("is too large".into()))?];
        let frame = reader.next_frame(&mut bytes).map_err(no_png)?;
        let channels = match frame.color_type {
            ColorType::Grayscale => 1,
            ColorType::GrayscaleAlpha => 2,
            ColorType::Rgb => 3,
            ColorType::Rgba => 4,
            ColorType::Indexed => return Err(refused("has colours that are not expanded".into())),
        };
        let pixels = bytes[..frame.buffer_size()].chunks_exact(channels);
        Ok(Self {
            width: width as usize,
            height: height as usize,
            pixels: pixels.map(grey).collect(),
        })
    }
}

/// The luma of a pixel, on white where it is transparent.
fn grey(pixel: &[u8]) -> f32 {
    let part = |value: u8| f32::from(value) / 255.0;
    let (colour, alpha) = match *pixel {
        [grey] => (part(grey), 1.0),
        [grey, alpha] => (part(grey), part(alpha)),
        [red, green, blue] => (luma([red, green, blue]), 1.0),
        [red, green, blue, alpha] => (luma([red, green, blue]), part(alpha)),
        _ => (1.0, 1.0),
    };
    colour * alpha + (1.0 - alpha)
}

/// Rec. 601.
fn luma(colour: [u8; 3]) -> f32 {
    let [red, green, blue] = colour.map(|value| f32::from(value) / 255.0);
    0.299 * red + 0.587 * green + 0.114 * blue
}

#[cfg(test)]
mod tests {
    use super::*;
    use png::{BitDepth, Encoder};
    use std::fs;

    fn write(path: &Path, color: ColorType, depth: BitDepth, size: [u32; 2], bytes: &[u8]) {
        let file = File::create(path).unwrap();
        let mut encoder = Encoder::new(file, size[0], size[1]);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == ColorType::Indexed {
            encoder.set_palette(vec![0, 0, 0, 255, 255, 255]);
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(bytes).unwrap();
    }

    #[test]
    fn every_kind_of_png() {
        use BitDepth::{Eight, One, Sixteen};
        use ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("picture.png");
        let kinds: [(ColorType, BitDepth, &[u8]); 7] = [
            (Grayscale, Eight, &[0, 255]),
            (Grayscale, One, &[0b0100_0000]),
            (Grayscale, Sixteen, &[0, 0, 255, 255]),
            (Indexed, Eight, &[0, 1]),
            (Rgb, Eight, &[0, 0, 0, 255, 255, 255]),
            // Black that nobody sees is white.
            (GrayscaleAlpha, Eight, &[0, 255, 0, 0]),
            (Rgba, Eight, &[0, 0, 0, 255, 9, 9, 9, 0]),
        ];
        for (color, depth, bytes) in kinds {
            write(&path, color, depth, [2, 1], bytes);
            let picture = Picture::read(&path).unwrap();
            assert_eq!((picture.width, picture.height), (2, 1));
            assert_eq!(picture.pixels, [0.0, 1.0], "{color:?} {depth:?}");
        }
        write(&path, Rgb, Eight, [1, 1], &[255, 0, 0]);
        assert!((Picture::read(&path).unwrap().pixels[0] - 0.299).abs() < 1e-6);
    }

    #[test]
    fn bad_files_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.png");
        let error = || Picture::read(&path).unwrap_err().to_string();
        assert!(error().contains("bad.png: cannot be read"), "{}", error());
        fs::create_dir(&path).unwrap();
        assert!(error().contains("bad.png: "), "{}", error());
        fs::remove_dir(&path).unwrap();
        for bytes in [&b""[..], b"P5 no png", b"\x89PNG\r\n\x1a\n"] {
            fs::write(&path, bytes).unwrap();
            assert!(error().contains("is no PNG file"), "{}", error());
        }
        write(
            &path,
            ColorType::Grayscale,
            BitDepth::Eight,
            [40, 40],
            &[7; 1600],
        );
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(error().contains("is no PNG file"), "{}", error());
        // What the header promises is refused before anything of the size is made.
        write(
            &path,
            ColorType::Grayscale,
            BitDepth::One,
            [4097, 1],
            &[0; 513],
        );
        assert!(error().contains("has 4097 x 1 pixels"), "{}", error());
    }
}
