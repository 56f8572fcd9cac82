use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// The start of the search under L2 (Andriushchenko et al., arXiv 1912.00049, section 3.4): a grid of five by five bumps
/// with random signs, of norm `eps` in all.
pub(super) fn bumps(
    image: &[f32],
    [channels, height, width]: [usize; 3],
    eps: f32,
    generator: &mut ChaCha8Rng,
) -> Vec<f32> {
    let side = height.min(width) / 5;
    let mut change = vec![0.0; image.len()];
    let start = |length: usize| (length - 5 * side) / 2;
    for tile in 0..25 {
        let corner = [
            start(height) + tile / 5 * side,
            start(width) + tile % 5 * side,
        ];
        let bump = bump(side, generator);
        for channel in 0..channels {
            let sign = sign(generator);
            for (i, place) in window(channel, corner, side, [height, width]).enumerate() {
                change[place] = sign * bump[i];
            }
        }
    }
    moved(image, &change, eps)
}

/// A step of the search under L2 (algorithm 3): the perturbation within a second window goes to a first one, where a bump
/// is added to it; both are at random places.
pub(super) fn add_bump(
    image: &[f32],
    origin: &[f32],
    [channels, height, width]: [usize; 3],
    share: f64,
    eps: f32,
    generator: &mut ChaCha8Rng,
) -> Vec<f32> {
    let side = (share * (height * width) as f64).sqrt().round() as usize;
    let side = (side.max(3) | 1).min(height).min(width);
    let mut corner = || [height, width].map(|length| generator.random_range(0..=length - side));
    let corners = [corner(), corner()];
    let bump = bump(side, generator);
    let mut change: Vec<f32> = image.iter().zip(origin).map(|(x, o)| x - o).collect();
    let squares = |values: &mut dyn Iterator<Item = f32>| values.map(|d| d * d).sum::<f32>();
    let unused = (eps * eps - squares(&mut change.iter().copied())).max(0.0) / channels as f32;
    for channel in 0..channels {
        let [to, from] = corners
            .map(|corner| window(channel, corner, side, [height, width]).collect::<Vec<_>>());
        let of_to = squares(&mut to.iter().map(|&place| change[place]));
        let only_from = from.iter().filter(|place| !to.contains(place));
        let of_both = of_to + squares(&mut only_from.map(|&place| change[place]));
        let sign = sign(generator);
        let scale = 1.0 / of_to.sqrt().max(1e-12);
        let new = to.iter().zip(&bump);
        let new: Vec<f32> = new
            .map(|(&place, b)| change[place] * scale + sign * b)
            .collect();
        let length =
            (unused + of_both).sqrt() / squares(&mut new.iter().copied()).sqrt().max(1e-12);
        from.iter().for_each(|&place| change[place] = 0.0);
        to.iter()
            .zip(new)
            .for_each(|(&place, d)| change[place] = length * d);
    }
    moved(origin, &change, eps)
}

/// The image moved along a change so that it is `eps` away, with pixels in [0, 1].
fn moved(image: &[f32], change: &[f32], eps: f32) -> Vec<f32> {
    let length = change.iter().map(|d| d * d).sum::<f32>().sqrt();
    let scale = eps / length.max(1e-12);
    let pixels = image.iter().zip(change);
    pixels
        .map(|(x, d)| (x + scale * d).clamp(0.0, 1.0))
        .collect()
}

/// The places of a square in an image.
fn window(
    channel: usize,
    [top, left]: [usize; 2],
    side: usize,
    [height, width]: [usize; 2],
) -> impl Iterator<Item = usize> {
    let row = move |row| {
        (0..side).map(move |column| (channel * height + top + row) * width + left + column)
    };
    (0..side).flat_map(row)
}

/// A square of norm 1: one half is a heap, the other one the negative of a heap, above each other or side by side.
fn bump(side: usize, generator: &mut ChaCha8Rng) -> Vec<f32> {
    let above = heap(side / 2, side).into_iter();
    let below = heap(side - side / 2, side).into_iter().map(|x| -x);
    let both: Vec<f32> = above.chain(below).collect();
    let beside = generator.random::<bool>();
    let at = |place: usize| match beside {
        true => both[place % side * side + place / side],
        false => both[place],
    };
    (0..side * side)
        .map(|place| at(place) / 2f32.sqrt())
        .collect()
}

/// A rectangle of norm 1 whose values fall from its middle to its border: at a distance d of the middle, in rows or
/// columns, the sum of `1/(k + 1)^2` over k from d on.
fn heap(rows: usize, columns: usize) -> Vec<f32> {
    let rings = rows.max(columns) / 2 + 1;
    let from = |distance: usize| {
        (distance..rings)
            .map(|k| 1.0 / ((k + 1) * (k + 1)) as f32)
            .sum::<f32>()
    };
    let at = |place: usize| {
        let (row, column) = (place / columns, place % columns);
        from(row.abs_diff(rows / 2).max(column.abs_diff(columns / 2)))
    };
    let values: Vec<f32> = (0..rows * columns).map(at).collect();
    let length = values.iter().map(|x| x * x).sum::<f32>().sqrt();
    values.into_iter().map(|x| x / length).collect()
}

/// -1 or 1.
fn sign(generator: &mut ChaCha8Rng) -> f32 {
    if generator.random() { 1.0 } else { -1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Norm;
    use rand::SeedableRng;

    #[test]
    fn a_heap_by_hand() {
        // Of two rows and three columns: the middle is the second of each. Rings 1 and 1/4.
        let [middle, around] = [1.25f32, 0.25];
        let length = (middle * middle + 5.0 * around * around).sqrt();
        let heap = heap(2, 3);
        let right = [around, around, around, around, middle, around];
        for (value, right) in heap.iter().zip(right) {
            assert!((value - right / length).abs() < 1e-6);
        }
    }

    #[test]
    fn candidates_use_all_of_the_ball() {
        let mut generator = ChaCha8Rng::seed_from_u64(3);
        let (shape, origin) = ([2, 17, 20], vec![0.5; 2 * 17 * 20]);
        let mut image = bumps(&origin, shape, 0.5, &mut generator);
        assert!((Norm::L2.distance(&image, &origin) - 0.5).abs() < 1e-4);
        for share in [0.8, 0.2, 0.05, 0.001, 1.0] {
            let before = image.clone();
            image = add_bump(&image, &origin, shape, share, 0.5, &mut generator);
            assert_ne!(image, before);
            assert!(
                (Norm::L2.distance(&image, &origin) - 0.5).abs() < 1e-4,
                "{share}"
            );
        }
        // At the border of the box less of the ball is left.
        let black = vec![0.0; 2 * 17 * 20];
        let image = bumps(&black, shape, 1.5, &mut generator);
        let image = add_bump(&image, &black, shape, 0.3, 1.5, &mut generator);
        assert!(image.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
        assert!(Norm::L2.distance(&image, &black) < 1.5 + 1e-4);
    }
}
