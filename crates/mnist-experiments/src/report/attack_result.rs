use serde::{Deserialize, Serialize};

use super::{RunError, RunFolder};
use crate::attack::{AttackKind, Robustness, Surface};
use crate::head::HeadConfig;

/// An entry of `attacks.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttackResult {
    /// The head.
    pub head: HeadConfig,
    /// What gradients went through.
    pub surface: Surface,
    /// The head of the same run whose gradients the attacks followed, if another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<HeadConfig>,
    /// Seed of random starts.
    pub seed: u64,
    /// What was asked for.
    pub attacks: Vec<AttackKind>,
    /// What came out.
    pub robustness: Robustness,
}

impl AttackResult {
    /// Whether it answers this question.
    pub fn is_of(
        &self,
        head: HeadConfig,
        source: Option<HeadConfig>,
        surface: Surface,
        seed: u64,
        attacks: &[AttackKind],
    ) -> bool {
        let here = (self.head, self.source, self.surface, self.seed);
        here == (head, source, surface, seed) && self.attacks == attacks
    }
}

impl RunFolder {
    /// Reads `attacks.json`; nothing if there is no such file.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn attacks(&self) -> Result<Vec<AttackResult>, RunError> {
        match self.file("attacks.json").exists() {
            true => self.read_json("attacks.json"),
            false => Ok(Vec::new()),
        }
    }

    /// Writes `attacks.json`.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write_attacks(&self, results: &[AttackResult]) -> Result<(), RunError> {
        self.write_json("attacks.json", &results)
    }
}
