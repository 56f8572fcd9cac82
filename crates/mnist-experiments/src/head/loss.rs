use burn::module::ParamGroup;

/// What a training loss is a value of, which decides how a batch may be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossScope {
    /// The mean of a value for each sample, which depends on no other sample: a batch may be cut into
    /// shards.
    PerSample,
    /// A value of the batch, such as of the distances of its samples: it is computed whole.
    WholeBatch,
}

/// Parameters that are not trained as all others are.
#[derive(Debug, Clone)]
pub struct ParameterGroup {
    /// Which ones: `ParamGroup::ids_from_module(part)` of a part of the head.
    pub parameters: ParamGroup,
    /// Their learning rate, as a multiple of that of the others; above 0, a frozen parameter is one
    /// without gradient.
    pub learning_rate_factor: f64,
    /// The factor of the parameters that is added to their gradients, as Burn's Adam has it.
    pub weight_decay: Option<f32>,
}
