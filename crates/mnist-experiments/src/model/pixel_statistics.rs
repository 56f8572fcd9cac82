use serde::{Deserialize, Serialize};

/// Mean and standard deviation of the training pixels in a channel, scaled to [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PixelStatistics {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
}

impl PixelStatistics {
    /// Of pixels from 0 to 255.
    ///
    /// Constant pixels have no deviation; they are left unscaled.
    pub fn of<'a>(pixels: impl Iterator<Item = &'a u8>) -> Self {
        // From the histogram: exact sums, whatever the order.
        let mut counts = [0u64; 256];
        for &pixel in pixels {
            counts[pixel as usize] += 1;
        }
        let n = counts.iter().sum::<u64>().max(1) as f64;
        let moment = |power: i32| {
            let sum = |(value, &count): (usize, &u64)| (value as f64).powi(power) * count as f64;
            counts.iter().enumerate().map(sum).sum::<f64>() / n / 255f64.powi(power)
        };
        let mean = moment(1);
        let variance = (moment(2) - mean * mean).max(0.0);
        let deviation = if variance > 1e-12 {
            variance.sqrt()
        } else {
            1.0
        };
        Self { mean, deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let PixelStatistics { mean, deviation } = PixelStatistics::of([0, 255].iter());
        assert!((mean - 0.5).abs() < 1e-12 && (deviation - 0.5).abs() < 1e-12);
        assert_eq!(PixelStatistics::of([7; 9].iter()).deviation, 1.0);
    }
}
