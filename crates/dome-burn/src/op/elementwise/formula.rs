/// What an element-wise operation computes of x, mu, sigma and one more number for each element, its
/// `extra`; the formulas and the conventions (floor of sigma, NaN, infinities) are those of
/// [`composed`](super::composed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Formula {
    /// Equation (2): `(1 + a - b)/2`. No extra.
    Dome,
    /// Equation (3): `a - pi b`. Extra: pi, a parameter.
    PDome,
    /// `-t ln p - (1 - t) ln(1 - p)` for `p = Dome(x)`. Extra: the targets t, of x's shape, constants.
    BinaryCrossEntropy,
    /// `ln p - ln(1 - p)` for `p = Dome(x)`. No extra.
    LogOdds,
}
