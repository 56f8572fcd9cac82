use rayon::prelude::*;

use super::{EvalError, Evaluation, Measured, Notice, Subject};
use crate::data::{Part, drawn};

/// The mean [`silhouette`] of the test images' embeddings.
///
/// Of more than [`MOST`](Self::MOST) images so many are taken, drawn by the experiment's seed such that the classes
/// keep their shares, since the time grows with the square. `sampled_images` says so then.
#[derive(Debug, Clone, Copy)]
pub struct Silhouette;

impl Silhouette {
    /// Images that all are compared with all others.
    pub const MOST: usize = 20_000;
}

impl Evaluation for Silhouette {
    fn name(&self) -> &'static str {
        "silhouette"
    }

    fn about(&self) -> &'static str {
        "how much nearer points are to their own class than to the next one"
    }

    fn evaluate(&self, subject: &Subject) -> Result<Measured, EvalError> {
        let test = subject.predictions(Part::Test)?;
        let dim = test.embedding_dim;
        let images = test.targets.len();
        let what = format!("silhouette of {}", subject.head());
        let notice = subject.notices().start(what, images.min(Self::MOST));
        if images <= Self::MOST {
            let value = silhouette(&test.embeddings, dim, &test.targets, &notice);
            return Ok([("silhouette", value)].into());
        }
        let (points, classes) = sample(
            &test.embeddings,
            dim,
            &test.targets,
            Self::MOST,
            subject.seed(),
        );
        let value = silhouette(&points, dim, &classes, &notice);
        let sampled = classes.len() as f64;
        Ok([("silhouette", value), ("sampled_images", sampled)].into())
    }
}

/// `n` of the points with their classes.
fn sample(points: &[f32], dim: usize, classes: &[u8], n: usize, seed: u64) -> (Vec<f32>, Vec<u8>) {
    let indices = drawn(classes, n, seed);
    let rows = indices.iter().flat_map(|&i| &points[i * dim..][..dim]);
    let classes = indices.iter().map(|&i| classes[i]);
    (rows.copied().collect(), classes.collect())
}

/// Mean silhouette of points, one after the other with `dim` values each, by their classes; in [-1, 1], larger is
/// better.
///
/// With `a` the mean distance to the other points of the own class and `b` the smallest mean
/// distance to those of another one, a point's silhouette is `(b - a) / max(a, b)`, and 0 where it
/// is alone in its class (Rousseeuw, 1987). Exact: n^2 distances, in parallel over the points; the
/// result does not depend on the number of threads. NaN with fewer than two classes.
pub fn silhouette(points: &[f32], dim: usize, classes: &[u8], notice: &Notice) -> f64 {
    let count = classes.iter().max().map_or(0, |&last| last as usize + 1);
    let mut sizes = vec![0usize; count];
    classes.iter().for_each(|&class| sizes[class as usize] += 1);
    if sizes.iter().filter(|&&size| size > 0).count() < 2 {
        return f64::NAN;
    }
    let of_point = |(sums, &own): (&[f64], &u8)| {
        let own = own as usize;
        if sizes[own] == 1 {
            return 0.0;
        }
        let a = sums[own] / (sizes[own] - 1) as f64;
        let others = (0..count).filter(|&class| class != own && sizes[class] > 0);
        let b = others
            .map(|class| sums[class] / sizes[class] as f64)
            .fold(f64::INFINITY, f64::min);
        if a == b { 0.0 } else { (b - a) / a.max(b) }
    };
    let tiles = Tiles::new(points, dim, classes, count);
    // As many points as share what is read of the others.
    const BLOCK: usize = 64;
    let blocks = points
        .par_chunks(BLOCK * dim)
        .zip(classes.par_chunks(BLOCK));
    let of_block = |(points, classes): (&[f32], &[u8])| -> Vec<f64> {
        let sums = tiles.sums(points, count);
        notice.advance(classes.len());
        sums.chunks(count).zip(classes).map(of_point).collect()
    };
    let values: Vec<Vec<f64>> = blocks.map(of_block).collect();
    values.iter().flatten().sum::<f64>() / classes.len() as f64
}

/// Points whose distances to another one are computed at once.
const LANES: usize = 8;

/// Other points that share what is read of these.
const ROWS: usize = 4;

/// The points sorted by class, each class in the order of its points, `LANES` side by side: coordinate after
/// coordinate, each of all of them, so that each distance is the same sum in the same order as of one alone.
struct Tiles {
    dim: usize,
    /// The class of each tile, and how many points it has; the rest of it is 0.
    of: Vec<(usize, usize)>,
    values: Vec<f32>,
}

impl Tiles {
    fn new(points: &[f32], dim: usize, classes: &[u8], count: usize) -> Self {
        let mut by_class = vec![Vec::new(); count];
        for (row, &class) in points.chunks(dim).zip(classes) {
            by_class[usize::from(class)].push(row);
        }
        let mut tiles = Self {
            dim,
            of: Vec::new(),
            values: Vec::new(),
        };
        for (class, rows) in by_class.iter().enumerate() {
            for rows in rows.chunks(LANES) {
                tiles.of.push((class, rows.len()));
                let at = |coordinate: usize, lane: usize| {
                    rows.get(lane).map_or(0.0, |row| row[coordinate])
                };
                let lanes = |coordinate| (0..LANES).map(move |lane| at(coordinate, lane));
                tiles.values.extend((0..dim).flat_map(lanes));
            }
        }
        tiles
    }

    /// For each of the points and each class the sum of the distances to its points: `[points, count]`.
    fn sums(&self, points: &[f32], count: usize) -> Vec<f64> {
        let rows: Vec<&[f32]> = points.chunks(self.dim).collect();
        let mut sums = vec![0.0; rows.len() * count];
        for (tile, &(class, size)) in self.values.chunks(LANES * self.dim).zip(&self.of) {
            for (group, sums) in rows.chunks(ROWS).zip(sums.chunks_mut(ROWS * count)) {
                let row = |i: usize| group[i.min(group.len() - 1)];
                let distances = distances([row(0), row(1), row(2), row(3)], tile);
                let mut of_class = [0.0; ROWS];
                for (sum, sums) in of_class.iter_mut().zip(sums.chunks(count)) {
                    *sum = sums[class];
                }
                for lane in 0..size {
                    for (sum, distances) in of_class.iter_mut().zip(&distances) {
                        *sum += f64::from(distances[lane]);
                    }
                }
                for (sum, sums) in of_class.iter().zip(sums.chunks_mut(count)) {
                    sums[class] = *sum;
                }
            }
        }
        sums
    }
}

fn distances(rows: [&[f32]; ROWS], tile: &[f32]) -> [[f32; LANES]; ROWS] {
    let mut squares = [[0.0f32; LANES]; ROWS];
    let (tile, _) = tile.as_chunks::<LANES>();
    let rows = rows.map(|row| &row[..tile.len()]);
    for (coordinate, others) in tile.iter().enumerate() {
        for (squares, row) in squares.iter_mut().zip(rows) {
            for (square, other) in squares.iter_mut().zip(others) {
                let difference = row[coordinate] - other;
                *square += difference * difference;
            }
        }
    }
    squares.map(|squares| squares.map(f32::sqrt))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Notices;

    fn of(points: &[f32], dim: usize, classes: &[u8]) -> f64 {
        let notice = Notices::silent().start("test", classes.len());
        silhouette(points, dim, classes, &notice)
    }

    #[test]
    fn by_hand() {
        // Point 0: a = 1, b = (10 + 12)/2 = 11; point 1: a = 1, b = 10; 10: a = 2, b = 9.5;
        // 12: a = 2, b = 11.5.
        let expected = (10.0 / 11.0 + 9.0 / 10.0 + 7.5 / 9.5 + 9.5 / 11.5) / 4.0;
        let s = of(&[0.0, 1.0, 10.0, 12.0], 1, &[0, 0, 1, 1]);
        assert!((s - expected).abs() < 1e-7, "{s} {expected}");
    }

    #[test]
    fn special_cases() {
        assert!(of(&[0.0, 1.0], 1, &[0, 0]).is_nan());
        assert_eq!(of(&[3.0, 3.0, 3.0, 3.0], 1, &[0, 0, 1, 1]), 0.0);
        // A point alone in its class counts 0.
        let s = of(&[0.0, 0.0, 5.0], 1, &[0, 0, 1]);
        assert!((s - 2.0 / 3.0).abs() < 1e-7, "{s}");
    }

    /// Numbers that a generator of remainders gives, in [0, 1).
    fn numbers(n: usize) -> Vec<f32> {
        let mut state = 1u64;
        let next = |_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        (0..n).map(next).collect()
    }

    /// Point by point, as the formula says; the same sums in the same order.
    fn naive(points: &[f32], dim: usize, classes: &[u8]) -> f64 {
        let rows: Vec<&[f32]> = points.chunks(dim).collect();
        let of_point = |i: usize| {
            let mean = |class: u8| {
                let members = (0..rows.len()).filter(|&j| classes[j] == class);
                let distance = |j: usize| {
                    let pairs = rows[i].iter().zip(rows[j]);
                    let square: f32 = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
                    f64::from(square.sqrt())
                };
                let size = members.clone().count() - usize::from(class == classes[i]);
                members.map(distance).sum::<f64>() / size as f64
            };
            let a = mean(classes[i]);
            let others = [0, 1, 3].into_iter().filter(|&class| class != classes[i]);
            let b = others.map(mean).fold(f64::INFINITY, f64::min);
            (b - a) / a.max(b)
        };
        (0..rows.len()).map(of_point).sum::<f64>() / rows.len() as f64
    }

    /// Numbers of points that do not fill blocks and tiles, and a class without points.
    #[test]
    fn to_the_bit_as_one_by_one() {
        for (n, dim) in [(203, 3), (70, 17), (65, 1)] {
            let points = numbers(n * dim);
            let classes: Vec<u8> = (0..n).map(|i| [0, 1, 3, 3, 1][i % 5]).collect();
            assert_eq!(of(&points, dim, &classes), naive(&points, dim, &classes));
        }
    }

    #[test]
    fn a_sample_keeps_shares_and_points() {
        let points: Vec<f32> = (0..200).map(|i| i as f32).collect();
        let classes: Vec<u8> = (0..100).map(|i| u8::from(i >= 80)).collect();
        let (drawn, of_drawn) = sample(&points, 2, &classes, 10, 7);
        assert_eq!(of_drawn, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        for (row, class) in drawn.chunks(2).zip(of_drawn) {
            assert_eq!(row[1], row[0] + 1.0);
            assert_eq!(class, u8::from(row[0] >= 160.0));
        }
        assert_ne!(drawn, sample(&points, 2, &classes, 10, 8).0);
    }
}
