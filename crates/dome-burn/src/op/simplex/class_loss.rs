use burn::config::Config;

/// What a loss of class indices measures.
#[derive(Config, Debug, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MultiDomeLossKind {
    /// `sum_i (D_i - t_i)^2`.
    Brier,
    /// `-sum_i t_i ln Q_i` for `Q = (1 - floor) P + floor softmax(kappa)`.
    Nll,
}

/// A loss of class indices.
#[derive(Debug, Clone, Copy)]
pub struct ClassLoss {
    pub classes: usize,
    pub kind: MultiDomeLossKind,
    /// Of the likelihood.
    pub floor: f64,
    /// The target of class i is `(1 - smoothing) [i = y] + smoothing/classes`.
    pub smoothing: f64,
    /// A factor of all losses: that of their mean, so that their gradients need no second pass.
    pub scale: f64,
}
