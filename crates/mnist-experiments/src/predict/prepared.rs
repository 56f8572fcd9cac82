use super::picture::Picture;

/// A picture as the images of MNIST were made: white on black, cut to the digit, scaled such that its longer side fills
/// 20 of 28 pixels, and put with its centre of mass into the middle.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prepared {
    /// One byte a pixel, 0 background to 255 full ink.
    pub pixels: Vec<u8>,
    /// Whether the picture was black on white.
    pub is_dark: bool,
    /// Width and height of the cut in the picture.
    pub cut: [usize; 2],
}

/// Of the image's side that the digit fills.
const FILLED: f64 = 20.0 / 28.0;

/// A picture whose brightest and darkest pixels differ by less has nothing on it.
const LEAST_CONTRAST: f32 = 0.1;

/// Of the contrast, what is background still: at least this, of a drawing without any noise ...
const LEAST_NOISE: f32 = 0.01;

/// ... and at most this, where ink reaches the border.
const MOST_NOISE: f32 = 0.3;

impl Prepared {
    /// As an image of this number of rows and columns.
    ///
    /// # Errors
    ///
    /// If there is nothing on the picture.
    pub fn new(picture: &Picture, [rows, columns]: [usize; 2]) -> Result<Self, String> {
        let (ink, is_dark) = ink(picture)?;
        let (width, height) = (picture.width, picture.height);
        let [left, right] = range(width, |x| (0..height).any(|y| ink[y * width + x] > 0.0));
        let [top, bottom] = range(height, |y| (0..width).any(|x| ink[y * width + x] > 0.0));
        let cut = [right - left, bottom - top];
        let side = rows.min(columns) as f64 * FILLED;
        let scale = side / cut[0].max(cut[1]) as f64;
        let size = cut.map(|length| ((length as f64 * scale).round() as usize).max(1));
        let digit = scaled(&ink, width, [left, top], cut, size);
        Ok(Self {
            pixels: centred(&digit, size, [rows, columns]),
            is_dark,
            cut,
        })
    }
}

/// How much ink each pixel has, from 0 to 1, and whether the ink is darker than the paper, which the border shows.
fn ink(picture: &Picture) -> Result<(Vec<f32>, bool), String> {
    let Picture {
        width,
        height,
        pixels,
    } = picture;
    let mut border: Vec<f32> = Vec::new();
    border.extend(&pixels[..*width]);
    border.extend(&pixels[(height - 1) * width..]);
    border.extend(
        pixels
            .chunks(*width)
            .flat_map(|row| [row[0], row[width - 1]]),
    );
    border.sort_by(f32::total_cmp);
    let paper = border[border.len() / 2];
    let least = pixels.iter().copied().fold(f32::INFINITY, f32::min);
    let most = pixels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let is_dark = paper - least > most - paper;
    let contrast = if is_dark { paper - least } else { most - paper };
    if contrast < LEAST_CONTRAST {
        return Err("there is nothing on it: all pixels are about the same".into());
    }
    // Paper is never quite white: three times what three quarters of the border do not exceed.
    let mut away: Vec<f32> = border.iter().map(|pixel| (pixel - paper).abs()).collect();
    away.sort_by(f32::total_cmp);
    let noise = 3.0 * away[away.len() * 3 / 4] / contrast;
    let noise = noise.clamp(LEAST_NOISE, MOST_NOISE);
    let of_pixel = |&pixel: &f32| {
        let away = if is_dark {
            paper - pixel
        } else {
            pixel - paper
        };
        let share = away / contrast;
        if share > noise { share } else { 0.0 }
    };
    Ok((pixels.iter().map(of_pixel).collect(), is_dark))
}

/// From the first to behind the last place of which something holds; all if there is none.
fn range(length: usize, holds: impl Fn(usize) -> bool) -> [usize; 2] {
    let first = (0..length).find(|&at| holds(at)).unwrap_or(0);
    let last = (0..length).rev().find(|&at| holds(at));
    [first, last.map_or(length, |last| last + 1)]
}

/// The part of the picture from `corner` on, of so many pixels, in another size: each new pixel is the mean over the area
/// that it covers.
fn scaled(
    ink: &[f32],
    width: usize,
    corner: [usize; 2],
    cut: [usize; 2],
    size: [usize; 2],
) -> Vec<f32> {
    let covered = |axis: usize, at: usize| -> Vec<(usize, f64)> {
        let step = cut[axis] as f64 / size[axis] as f64;
        let (from, to) = (at as f64 * step, (at + 1) as f64 * step);
        let last = (to.ceil() as usize).min(cut[axis]);
        (from as usize..last)
            .map(|place| {
                let share = (place as f64 + 1.0).min(to) - (place as f64).max(from);
                (corner[axis] + place, share.max(0.0) / step)
            })
            .collect()
    };
    let columns: Vec<_> = (0..size[0]).map(|x| covered(0, x)).collect();
    let mut pixels = Vec::with_capacity(size[0] * size[1]);
    for y in 0..size[1] {
        let rows = covered(1, y);
        for columns in &columns {
            let mut sum = 0.0;
            for &(row, height) in &rows {
                for &(column, wide) in columns {
                    sum += f64::from(ink[row * width + column]) * height * wide;
                }
            }
            pixels.push(sum as f32);
        }
    }
    pixels
}

/// The digit with its centre of mass in the middle of an image, as far as it fits: at pixel 14 of 28, counted from 0, as
/// in MNIST.
fn centred(digit: &[f32], [width, height]: [usize; 2], [rows, columns]: [usize; 2]) -> Vec<u8> {
    let (mut mass, mut x_sum, mut y_sum) = (0.0f64, 0.0, 0.0);
    for (at, &ink) in digit.iter().enumerate() {
        let ink = f64::from(ink);
        mass += ink;
        x_sum += ink * (at % width) as f64;
        y_sum += ink * (at / width) as f64;
    }
    let place = |sum: f64, size: usize, of: usize| {
        let first = (of as f64 / 2.0 - sum / mass.max(f64::MIN_POSITIVE)).round();
        first.clamp(0.0, of.saturating_sub(size) as f64) as usize
    };
    let (left, top) = (place(x_sum, width, columns), place(y_sum, height, rows));
    let mut pixels = vec![0; rows * columns];
    for (at, &ink) in digit.iter().enumerate() {
        let (x, y) = (left + at % width, top + at / width);
        if x < columns && y < rows {
            pixels[y * columns + x] = (ink.clamp(0.0, 1.0) * 255.0).round() as u8;
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Bundled, Part};

    fn picture(width: usize, height: usize, pixel: impl Fn(usize, usize) -> f32) -> Picture {
        Picture {
            width,
            height,
            pixels: (0..width * height)
                .map(|at| pixel(at % width, at / width))
                .collect(),
        }
    }

    /// A bar, three times as high as wide, somewhere in the picture.
    fn bar(width: usize, height: usize, ink: f32, paper: f32) -> Picture {
        let (bar_width, left, top) = (height / 6, width / 8, height / 10);
        let inside = move |x: usize, y: usize| {
            (left..left + bar_width).contains(&x) && (top..top + bar_width * 3).contains(&y)
        };
        picture(
            width,
            height,
            move |x, y| if inside(x, y) { ink } else { paper },
        )
    }

    #[test]
    fn size_colour_and_place_do_not_matter() {
        let black_on_white = Prepared::new(&bar(300, 240, 0.0, 1.0), [28, 28]).unwrap();
        assert!(black_on_white.is_dark);
        assert_eq!(black_on_white.cut, [40, 120]);
        let full = |x: usize, y: usize| black_on_white.pixels[y * 28 + x] == 255;
        // 7 of 20 pixels, in the middle.
        let columns: Vec<usize> = (0..28).filter(|&x| full(x, 14)).collect();
        let rows: Vec<usize> = (0..28).filter(|&y| full(14, y)).collect();
        assert_eq!((columns.len(), rows.len()), (7, 20));
        assert!(
            (10..=11).contains(&columns[0]) && (4..=5).contains(&rows[0]),
            "{columns:?} {rows:?}"
        );
        for (width, height, ink, paper) in [
            (300, 240, 1.0, 0.0),
            (300, 240, 0.3, 0.9),
            (900, 720, 0.7, 0.1),
            (120, 240, 0.0, 1.0),
        ] {
            let other = Prepared::new(&bar(width, height, ink, paper), [28, 28]).unwrap();
            assert_eq!(
                other.pixels, black_on_white.pixels,
                "{width} x {height}, {ink}"
            );
        }
    }

    /// Noise of the paper changes neither the cut nor the pixels.
    #[test]
    fn paper_is_not_quite_white() {
        let clean = bar(300, 240, 0.0, 1.0);
        let noisy = Picture {
            pixels: clean
                .pixels
                .iter()
                .enumerate()
                .map(|(at, &pixel)| (pixel - (at * 7919 % 13) as f32 * 0.004).max(0.0))
                .collect(),
            ..clean.clone()
        };
        let [clean, noisy] = [clean, noisy].map(|p| Prepared::new(&p, [28, 28]).unwrap());
        assert_eq!(noisy.cut, clean.cut);
        for (a, b) in noisy.pixels.iter().zip(&clean.pixels) {
            assert!(a.abs_diff(*b) < 16);
        }
    }

    #[test]
    fn an_empty_picture_is_refused() {
        for paper in [0.0, 0.5, 1.0] {
            let error = Prepared::new(&picture(9, 9, |_, _| paper), [28, 28]).unwrap_err();
            assert!(error.contains("nothing on it"), "{error}");
        }
        // A single pixel is something.
        let dot = picture(1, 1, |_, _| 0.5);
        assert!(Prepared::new(&dot, [28, 28]).is_err());
        let dot = picture(5, 5, |x, y| if (x, y) == (1, 3) { 0.0 } else { 1.0 });
        assert!(Prepared::new(&dot, [28, 28]).is_ok());
    }

    /// Images of MNIST, which were made so, come out nearly as they went in.
    #[test]
    fn mnist_stays_mnist() {
        let split = Bundled::Mnist.load(Part::Test).unwrap().take(50);
        for i in 0..split.len() {
            let image = split.image(i);
            let picture = picture(28, 28, |x, y| f32::from(image[y * 28 + x]) / 255.0);
            let prepared = Prepared::new(&picture, [28, 28]).unwrap();
            assert!(!prepared.is_dark);
            let pairs = prepared.pixels.iter().zip(image);
            let apart: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
            let all: u32 = image.iter().map(|&pixel| u32::from(pixel)).sum();
            assert!(
                f64::from(apart) < 0.15 * f64::from(all),
                "image {i}: {apart} of {all}"
            );
        }
    }
}
