use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// The indices of `n` of the images with these labels, drawn with the seed such that labels keep
/// their shares, in ascending order; all if there are no more.
///
/// The first ones of a set that is sorted would be of one class.
pub(crate) fn drawn(labels: &[u8], n: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    if n >= labels.len() {
        return order;
    }
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    // With the k-th of a label's m images at (k + 1/2)/m of the way, any part of the way has its share.
    let mut counts = [0usize; 256];
    for &label in labels {
        counts[usize::from(label)] += 1;
    }
    let mut seen = [0usize; 256];
    let mut along: Vec<(f64, usize)> = Vec::with_capacity(order.len());
    for index in order {
        let label = usize::from(labels[index]);
        along.push(((seen[label] as f64 + 0.5) / counts[label] as f64, index));
        seen[label] += 1;
    }
    // Stable: of equal places the earlier one in the drawn order comes first.
    along.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut drawn: Vec<usize> = along[..n].iter().map(|&(_, index)| index).collect();
    drawn.sort_unstable();
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_label_by_its_share() {
        // Sorted: 60 of label 0, 30 of 1, 10 of 7.
        let labels: Vec<u8> = [vec![0; 60], vec![1; 30], vec![7; 10]].concat();
        let first = drawn(&labels, 20, 3);
        let count = |label| first.iter().filter(|&&i| labels[i] == label).count();
        assert_eq!([0, 1, 7].map(count), [12, 6, 2]);
        assert!(first.is_sorted());
        assert_eq!(first, drawn(&labels, 20, 3));
        assert_ne!(first, drawn(&labels, 20, 4));
        assert_eq!(drawn(&labels, 1, 0).len(), 1);
        assert_eq!(drawn(&labels, 500, 0), (0..100).collect::<Vec<_>>());
    }
}
