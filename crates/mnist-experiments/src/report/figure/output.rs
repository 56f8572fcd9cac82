//! Writing a scene to files.

use super::error::FigureError;
use super::png;
use super::raster::Raster;
use super::scene::{IMAGE_SCALE, Scene};
use crate::report::{RunError, write_file};
use plotters::prelude::{BitMapBackend, IntoDrawingArea, SVGBackend};
use plotters::style::WHITE;
use std::error::Error;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Pixels of the PNG file per CSS pixel; images are thus copied as they are.
const PNG_SCALE: usize = IMAGE_SCALE;
/// plotters draws coarse edges: the picture is drawn larger by this factor and then reduced.
const OVERSAMPLING: usize = 3;
/// plotters only knows whole units: lines in the SVG have this many per CSS pixel.
const SVG_SCALE: usize = 10;

type AnyError = Box<dyn Error + Send + Sync>;

/// Writes `<stem>.svg` and `<stem>.png` and returns their paths in this order.
pub(super) fn write(scene: &Scene, stem: &Path) -> Result<[PathBuf; 2], FigureError> {
    let paths = [".svg", ".png"].map(|suffix| with_suffix(stem, suffix));
    let save = |path: &Path, contents: Result<Vec<u8>, AnyError>| {
        contents
            .and_then(
                |bytes| match write_file(path, |mut file| Ok(file.write_all(&bytes)?)) {
                    // The path is in the error of the figure.
                    Err(RunError::File { reason, .. }) => Err(reason.into()),
                    written => Ok(written?),
                },
            )
            .map_err(|source| FigureError::Write {
                path: path.to_path_buf(),
                source,
            })
    };
    save(&paths[0], svg_text(scene).map(String::into_bytes))?;
    save(&paths[1], png_bytes(scene))?;
    Ok(paths)
}

/// `Path::with_extension` would cut off the end of a stem such as `lambda-0.5`.
fn with_suffix(stem: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(stem);
    name.push(suffix);
    name.into()
}

fn svg_text(scene: &Scene) -> Result<String, AnyError> {
    let (width, height) = scene.size(SVG_SCALE);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
        area.fill(&WHITE)?;
        scene.paint_shapes(&area, SVG_SCALE)?;
        scene.paint_labels(&area, SVG_SCALE)?;
        area.present()?;
    }
    // The units stay fine in the view box, but the figure has its size in CSS pixels.
    let (css_width, css_height) = scene.size(1);
    text = text.replacen(
        &format!("width=\"{width}\" height=\"{height}\""),
        &format!("width=\"{css_width}\" height=\"{css_height}\""),
        1,
    );
    // Images come right after the ground. plotters could only embed them in full colours and with
    // one unit per pixel.
    let ground_end = text.find("/>").map_or(text.len(), |start| start + 2);
    let mut images = String::new();
    for ([left, top], raster) in scene.images() {
        let units = |pixels: usize| pixels * SVG_SCALE / IMAGE_SCALE;
        images += &format!(
            "\n<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" href=\"{}\"/>",
            left * SVG_SCALE as f64,
            top * SVG_SCALE as f64,
            units(raster.width),
            units(raster.height),
            png::data_url(raster)?,
        );
    }
    text.insert_str(ground_end, &images);
    Ok(text)
}

fn png_bytes(scene: &Scene) -> Result<Vec<u8>, AnyError> {
    let scale = PNG_SCALE * OVERSAMPLING;
    let (width, height) = scene.size(scale);
    let mut large = Raster::new(width as usize, height as usize);
    for ([left, top], raster) in scene.images() {
        let start = |at: &f64| (at * PNG_SCALE as f64).round() as usize * OVERSAMPLING;
        large.place(start(left), start(top), &raster.enlarged(OVERSAMPLING));
    }
    {
        let backend = BitMapBackend::with_buffer(&mut large.bytes, (width, height));
        let area = backend.into_drawing_area();
        scene.paint_shapes(&area, scale)?;
        area.present()?;
    }
    let mut picture = large.reduced(OVERSAMPLING);
    scene.rasterize_labels(&mut picture, PNG_SCALE);
    Ok(png::encode(&picture)?)
}
