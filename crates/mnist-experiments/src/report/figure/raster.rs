use super::style::Rgb;

/// A picture made of pixels: 8-bit red, green, blue, row by row from the top.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Raster {
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Three bytes per pixel.
    pub bytes: Vec<u8>,
    /// Colours of even areas, which a file with fewer colours has to keep exactly.
    pub areas: Vec<Rgb>,
}

impl Raster {
    /// A white picture.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            bytes: vec![255; width * height * 3],
            areas: Vec::new(),
        }
    }

    /// Calls `color` with the column and row of every pixel.
    pub fn from_fn(width: usize, height: usize, color: impl Fn(usize, usize) -> Rgb) -> Self {
        let mut raster = Self::new(width, height);
        for (index, pixel) in raster.bytes.chunks_exact_mut(3).enumerate() {
            pixel.copy_from_slice(&color(index % width, index / width));
        }
        raster
    }

    /// Lays `color` over a pixel; outside of the picture nothing happens.
    pub fn blend(&mut self, column: i64, row: i64, color: Rgb, alpha: f64) {
        let (Ok(column), Ok(row)) = (usize::try_from(column), usize::try_from(row)) else {
            return;
        };
        if column >= self.width || row >= self.height || alpha <= 0.0 {
            return;
        }
        let start = (row * self.width + column) * 3;
        for (byte, new) in self.bytes[start..start + 3].iter_mut().zip(color) {
            let old = f64::from(*byte);
            *byte = (old + (f64::from(new) - old) * alpha.min(1.0)).round() as u8;
        }
    }

    /// Lays a disc with a smooth edge over the picture.
    pub fn disc(&mut self, x: f64, y: f64, radius: f64, color: Rgb, alpha: f64) {
        let reach = radius + 1.0;
        for row in (y - reach).floor() as i64..=(y + reach).ceil() as i64 {
            for column in (x - reach).floor() as i64..=(x + reach).ceil() as i64 {
                let distance = (column as f64 + 0.5 - x).hypot(row as f64 + 0.5 - y);
                let covered = (radius + 0.5 - distance).clamp(0.0, 1.0);
                self.blend(column, row, color, alpha * covered);
            }
        }
    }

    /// Puts another picture over this one; what does not fit is left out.
    pub fn place(&mut self, left: usize, top: usize, other: &Self) {
        let width = other.width.min(self.width.saturating_sub(left));
        let rows = other.bytes.chunks_exact(other.width * 3);
        let targets = self.bytes.chunks_exact_mut(self.width * 3).skip(top);
        for (target, row) in targets.zip(rows) {
            target[left * 3..(left + width) * 3].copy_from_slice(&row[..width * 3]);
        }
        self.areas.extend(&other.areas);
    }

    /// Every pixel becomes a square of `factor` times `factor`.
    pub fn enlarged(&self, factor: usize) -> Self {
        let mut bytes = Vec::with_capacity(self.bytes.len() * factor * factor);
        for row in self.bytes.chunks_exact(self.width * 3) {
            let start = bytes.len();
            for pixel in row.chunks_exact(3) {
                for _ in 0..factor {
                    bytes.extend_from_slice(pixel);
                }
            }
            let end = bytes.len();
            for _ in 1..factor {
                bytes.extend_from_within(start..end);
            }
        }
        Self {
            width: self.width * factor,
            height: self.height * factor,
            bytes,
            areas: self.areas.clone(),
        }
    }

    /// Every square of `factor` times `factor` becomes its mean.
    pub fn reduced(&self, factor: usize) -> Self {
        let (width, height) = (self.width / factor, self.height / factor);
        let count = (factor * factor) as u32;
        let mut bytes = Vec::with_capacity(width * height * 3);
        let mut sums = vec![0u32; width * 3];
        for rows in self.bytes.chunks_exact(self.width * factor * 3) {
            sums.fill(0);
            for row in rows.chunks_exact(self.width * 3) {
                for (sum, block) in sums.chunks_exact_mut(3).zip(row.chunks_exact(factor * 3)) {
                    for pixel in block.chunks_exact(3) {
                        for (total, &byte) in sum.iter_mut().zip(pixel) {
                            *total += u32::from(byte);
                        }
                    }
                }
            }
            bytes.extend(sums.iter().map(|sum| ((sum + count / 2) / count) as u8));
        }
        Self {
            width,
            height,
            bytes,
            areas: self.areas.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Raster;

    #[test]
    fn reducing_undoes_enlarging() {
        let raster = Raster::from_fn(5, 3, |x, y| [x as u8 * 40, y as u8 * 90, 7]);
        let large = raster.enlarged(3);
        assert_eq!(
            (large.width, large.height, large.bytes.len()),
            (15, 9, 15 * 9 * 3)
        );
        assert_eq!(large.reduced(3), raster);
    }

    #[test]
    fn a_disc_beyond_the_edge_is_cut_off() {
        let mut raster = Raster::new(4, 4);
        raster.disc(-1.0, 2.0, 2.5, [0, 0, 0], 1.0);
        assert_eq!(raster.bytes[2 * 4 * 3], 0);
        assert_eq!(raster.bytes[(2 * 4 + 3) * 3], 255);
    }
}
