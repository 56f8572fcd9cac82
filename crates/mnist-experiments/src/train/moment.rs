/// When a state may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// After a step within an epoch.
    Step,
    /// After an epoch.
    Epoch,
    /// After the last one.
    End,
}
