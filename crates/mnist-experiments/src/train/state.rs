use super::Position;

/// Where a training is: all that it takes to go on as if it had never stopped. What is drawn at random depends on the
/// seed and the number of the step alone.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// How far it is.
    pub position: Position,
    /// The model's record, the running state of its head in it.
    pub model: Vec<u8>,
    /// The optimizer's record.
    pub optimizer: Vec<u8>,
}
