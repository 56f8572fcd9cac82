use super::planes::Coordinate;
use super::planes::{BLOCK, PLANE, planes};
use crate::op::host::real::select;

/// Numbers of the block that is worked on.
#[repr(C, align(64))]
pub(in crate::op) struct Scratch {
    pub own: [f64; BLOCK],
    /// Sums of each four of them, and of all in front of these.
    pub fours: [f64; PLANE],
    pub before: [f64; PLANE],
    /// Parts of the sum of squares.
    pub squares: [f64; PLANE],
    /// The extremes of each four products.
    least: [f64; PLANE],
    most: [f64; PLANE],
}

impl Scratch {
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            own: [0.0; BLOCK],
            fours: [0.0; PLANE],
            before: [0.0; PLANE],
            least: [0.0; PLANE],
            most: [0.0; PLANE],
            squares: [0.0; PLANE],
        }
    }

    /// Takes the extremes of each four products.
    #[inline(always)]
    pub fn take_extremes(&mut self, products: &[f64; BLOCK]) {
        let [a, b, c, d] = planes(products);
        for i in 0..PLANE {
            self.least[i] = lesser(lesser(a[i], b[i]), lesser(c[i], d[i]));
            self.most[i] = greater(greater(a[i], b[i]), greater(c[i], d[i]));
        }
    }

    /// The smallest and the largest of the products; where one of them is NaN, these may be.
    #[inline(always)]
    pub fn extremes(&self) -> [f64; 2] {
        let mut most = self.most;
        let mut half = PLANE / 2;
        while half > 0 {
            for i in 0..half {
                most[i] = greater(most[i], most[i + half]);
            }
            half /= 2;
        }
        [least(self.least), most[0]]
    }
}

/// Which of a block's numbers is the first that is equal to `value`; 0 if none is.
#[inline(always)]
pub(in crate::op) fn first_equal(value: f64, block: &[f64; BLOCK]) -> usize {
    const NONE: f64 = BLOCK as f64;
    let mut numbers = [NONE; PLANE];
    for (block, places) in planes(block).iter().zip(planes(&f64::NUMBERS)) {
        for i in 0..PLANE {
            let number = select(block[i] == value, places[i], NONE);
            numbers[i] = lesser(numbers[i], number);
        }
    }
    match least(numbers) {
        NONE => 0,
        number => number as usize,
    }
}

#[inline(always)]
fn least(mut numbers: [f64; PLANE]) -> f64 {
    let mut half = PLANE / 2;
    while half > 0 {
        for i in 0..half {
            numbers[i] = lesser(numbers[i], numbers[i + half]);
        }
        half /= 2;
    }
    numbers[0]
}

#[inline(always)]
fn lesser(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

#[inline(always)]
fn greater(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}
