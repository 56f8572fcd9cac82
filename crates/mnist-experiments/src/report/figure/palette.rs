use super::raster::Raster;
use super::style::Rgb;
use std::collections::{HashMap, HashSet};

/// Most colours a palette can have.
const MOST: usize = 256;

/// A picture with at most 256 colours, which makes files several times smaller than full colours
/// do and can hardly be told from them in figures.
#[derive(Debug)]
pub(super) struct Paletted {
    /// The colours.
    pub colors: Vec<Rgb>,
    /// For each pixel the index of its colour.
    pub indices: Vec<u8>,
}

/// A colour and how many pixels have it.
type Counted = (Rgb, u32);

impl Paletted {
    /// Groups similar colours where the picture has too many.
    pub fn new(raster: &Raster) -> Self {
        let mut counted = count(raster);
        let areas: HashSet<Rgb> = raster.areas.iter().copied().take(MOST / 2).collect();
        counted.sort_by_key(|(color, _)| !areas.contains(color));
        let exact = counted.partition_point(|(color, _)| areas.contains(color));
        let (exact, others) = counted.split_at_mut(exact);
        let mut groups: Vec<Group> = exact.chunks_mut(1).map(Group::new).collect();
        if !others.is_empty() {
            groups.push(Group::new(others));
        }
        while groups.len() < MOST {
            // The group whose colours differ most.
            let worst =
                (0..groups.len()).max_by(|&a, &b| groups[a].error.total_cmp(&groups[b].error));
            match worst.filter(|&index| groups[index].error > 0.0) {
                Some(index) => {
                    let (low, high) = groups.swap_remove(index).split();
                    groups.extend([low, high]);
                }
                None => break,
            }
        }
        let mut index_of = HashMap::new();
        for (index, group) in groups.iter().enumerate() {
            index_of.extend(group.colors.iter().map(|&(color, _)| (color, index as u8)));
        }
        let colors = groups.iter().map(Group::mean_color).collect();
        let mut last = ([0; 3], None);
        let indices = pixels(raster)
            .map(|color| match last {
                // Most pixels are like their neighbour, which saves looking them up.
                (known, Some(index)) if known == color => index,
                _ => {
                    let index = index_of[&color];
                    last = (color, Some(index));
                    index
                }
            })
            .collect();
        Self { colors, indices }
    }
}

fn pixels(raster: &Raster) -> impl Iterator<Item = Rgb> + '_ {
    raster
        .bytes
        .chunks_exact(3)
        .map(|pixel| [pixel[0], pixel[1], pixel[2]])
}

fn count(raster: &Raster) -> Vec<Counted> {
    let mut counts: HashMap<Rgb, u32> = HashMap::new();
    let mut run: Counted = ([255; 3], 0);
    for color in pixels(raster) {
        if color != run.0 {
            *counts.entry(run.0).or_default() += run.1;
            run = (color, 0);
        }
        run.1 += 1;
    }
    *counts.entry(run.0).or_default() += run.1;
    let mut counted: Vec<Counted> = counts.into_iter().filter(|&(_, count)| count > 0).collect();
    // The order of a hash map is random, but a figure has to be the same every time.
    counted.sort_unstable();
    counted
}

/// Similar colours that become one.
struct Group<'a> {
    colors: &'a mut [Counted],
    /// The channel in which the colours differ most.
    axis: usize,
    /// The mean of that channel.
    mean: f64,
    /// How much the colours differ.
    error: f64,
}

impl<'a> Group<'a> {
    fn new(colors: &'a mut [Counted]) -> Self {
        // The root keeps colours of small areas, such as the rims of letters, from being lost.
        let weight = |count: u32| f64::from(count).sqrt();
        let total: f64 = colors.iter().map(|&(_, count)| weight(count)).sum();
        let mut group = Self {
            colors,
            axis: 0,
            mean: 0.0,
            error: 0.0,
        };
        for axis in 0..3 {
            let (mut sum, mut squares) = (0.0, 0.0);
            for &mut (color, count) in group.colors.iter_mut() {
                let value = f64::from(color[axis]);
                sum += weight(count) * value;
                squares += weight(count) * value * value;
            }
            let mean = sum / total;
            let differs = group
                .colors
                .iter()
                .any(|(color, _)| color[axis] != group.colors[0].0[axis]);
            let error = squares - sum * mean;
            if differs && error > group.error {
                group.axis = axis;
                group.mean = mean;
                group.error = error;
            }
        }
        group
    }

    /// The colours below and above the mean; both exist where there is an error.
    fn split(self) -> (Self, Self) {
        let (axis, mean) = (self.axis, self.mean);
        self.colors.sort_unstable_by_key(|(color, _)| color[axis]);
        let middle = self
            .colors
            .partition_point(|(color, _)| f64::from(color[axis]) <= mean);
        let middle = middle.clamp(1, self.colors.len() - 1);
        let (low, high) = self.colors.split_at_mut(middle);
        (Self::new(low), Self::new(high))
    }

    fn mean_color(&self) -> Rgb {
        let total: u64 = self.colors.iter().map(|&(_, count)| u64::from(count)).sum();
        [0, 1, 2].map(|axis| {
            let values = self.colors.iter();
            let sum: u64 = values
                .map(|(color, count)| u64::from(color[axis]) * u64::from(*count))
                .sum();
            ((sum + total / 2) / total.max(1)) as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Paletted, Raster};

    #[test]
    fn few_colors_are_exact() {
        let raster = Raster::from_fn(20, 10, |x, y| [x as u8 * 9, y as u8 * 20, 3]);
        let paletted = Paletted::new(&raster);
        let bytes: Vec<u8> = paletted
            .indices
            .iter()
            .flat_map(|&index| paletted.colors[usize::from(index)])
            .collect();
        assert_eq!(paletted.colors.len(), 200);
        assert_eq!(bytes, raster.bytes);
    }

    #[test]
    fn areas_keep_their_color() {
        let mut raster = Raster::from_fn(256, 256, |x, y| [x as u8, y as u8, 128]);
        raster.areas = vec![[3, 5, 128], [250, 1, 128], [9, 9, 9]];
        let paletted = Paletted::new(&raster);
        assert_eq!(paletted.colors.len(), 256);
        for (x, y) in [(3, 5), (250, 1)] {
            let color = paletted.colors[usize::from(paletted.indices[y * 256 + x])];
            assert_eq!(color, [x as u8, y as u8, 128]);
        }
    }

    #[test]
    fn many_colors_are_close() {
        let raster = Raster::from_fn(256, 256, |x, y| [x as u8, y as u8, 128]);
        let paletted = Paletted::new(&raster);
        assert_eq!(paletted.colors.len(), 256);
        for (pixel, &index) in raster.bytes.chunks_exact(3).zip(&paletted.indices) {
            let color = paletted.colors[usize::from(index)];
            assert!(pixel.iter().zip(color).all(|(&a, b)| a.abs_diff(b) <= 16));
        }
        assert_eq!(Paletted::new(&Raster::new(3, 3)).colors, [[255; 3]]);
    }
}
