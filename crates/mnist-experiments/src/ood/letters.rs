use super::OutlierSet;
use crate::data::Split;
use crate::plot::Letter;

/// Sizes of the letters over the shorter side of the image: that of MNIST's digits, and nearby.
const SIZES: [f32; 3] = [0.6, 0.7, 0.8];

/// Where their middles are, from that of the image, over its shorter side.
const SHIFTS: [f32; 3] = [-0.06, 0.0, 0.06];

/// The capitals from A to Z in the font of the figures, regular and bold, in three sizes and nine places, ink on
/// nothing as in MNIST: 1,404 images. Some look like digits (I, O, S, B, Z), and nobody could tell those.
pub fn letters(shape: [usize; 3]) -> OutlierSet {
    let [channels, rows, columns] = shape;
    let side = rows.min(columns) as f32;
    let mut split = Split {
        images: Vec::new(),
        labels: Vec::new(),
        rows,
        columns,
        channels,
    };
    for (label, sign) in ('A'..='Z').enumerate() {
        for (bold, size) in [false, true]
            .into_iter()
            .flat_map(|b| SIZES.map(|size| (b, size)))
        {
            for [right, down] in SHIFTS.into_iter().flat_map(|x| SHIFTS.map(|y| [x, y])) {
                let letter = Letter {
                    sign,
                    bold,
                    size: size * side,
                    middle: [
                        columns as f32 / 2.0 + right * side,
                        rows as f32 / 2.0 + down * side,
                    ],
                };
                split
                    .images
                    .extend(letter.draw([rows, columns]).repeat(channels));
                split.labels.push(label as u8);
            }
        }
    }
    OutlierSet::new("letters", split)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_differ_and_all_are_whole() {
        let set = letters([1, 28, 28]);
        let split = set.samples.split();
        assert_eq!((split.len(), split.image_size()), (26 * 2 * 27, 784));
        assert_eq!(split.class_count(), 26);
        let mut images: Vec<&[u8]> = split.images.chunks(784).collect();
        images.sort_unstable();
        images.dedup();
        assert_eq!(images.len(), split.len());
        for image in &images {
            let border = |place: usize| place / 28 == 0 || place / 28 == 27;
            let cut = (0..784).any(|place| border(place) && image[place] > 0);
            assert!(!cut && image.iter().any(|&ink| ink > 180));
        }
        let colour = letters([3, 20, 24]);
        assert_eq!(colour.samples.split().image(5).len(), 3 * 20 * 24);
    }
}
