//! Attacks the models of a finished run.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use crate::attack::{AttackKind, Norm, Robustness, Surface, Victim, balanced};
use crate::cli::HeadList;
use crate::report::{AttackResult, FittedTable};
use crate::run::Run;
use crate::{note, say};

/// Attack the models of a finished run with perturbations that are small by a norm.
///
/// Each attack sees the test images that those before it left. Results are printed and kept in the run's folder, in
/// attacks.json; what is there already is not computed again.
#[derive(Args, Debug, Clone)]
#[command(
    after_help = "Example:\n  mnist-experiments attack runs/small --eps 0.1 --attacks fgsm --images 100"
)]
pub struct AttackArgs {
    /// Folder of the run
    run: PathBuf,
    /// Heads to attack [default: all of the run]
    #[arg(long, value_name = "HEAD,...")]
    heads: Vec<HeadList>,
    /// How perturbations are measured
    #[arg(long, value_enum, default_value_t = Norm::Linf)]
    norm: Norm,
    /// How large they may be, pixels being in [0, 1]
    #[arg(long, value_delimiter = ',', default_values_t = [0.1f32])]
    eps: Vec<f32>,
    /// The attacks, in this order [default: AutoAttack's standard set]
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = AttackKind::STANDARD, hide_default_value = true)]
    attacks: Vec<AttackKind>,
    /// Test images, with the same number of each class
    #[arg(long, value_name = "N", default_value_t = 1000)]
    images: usize,
    /// Take gradients through the logarithm of the probabilities, which may be saturated, in place of the scores: what a
    /// careless evaluation would see
    #[arg(long)]
    through_probabilities: bool,
    /// Seed of random starts
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The results as JSON, as attacks.json has them
    #[arg(long)]
    json: bool,
}

impl AttackArgs {
    /// Attacks the models and prints a table.
    ///
    /// # Errors
    ///
    /// If the run cannot be opened, has no such head, or its folder cannot be written.
    pub fn run(self) -> Result<()> {
        for &eps in &self.eps {
            ensure!(
                eps > 0.0 && eps.is_finite(),
                "--eps is {eps}, but must be above 0 and finite"
            );
        }
        let run = Run::open(&self.run)?;
        let chosen = run.measured(&HeadList::all(self.heads))?;
        let data = run.data()?;
        let device = run.experiment().device.open()?;
        let subjects = balanced(data.test(), self.images);
        ensure!(
            subjects.len() == self.images && self.images > 0,
            "--images is {}, but there are {} with the same number of each class",
            self.images,
            subjects.len()
        );
        let split = data.test().split();
        let shape = split.shape();
        let surface = match self.through_probabilities {
            true => Surface::LogProbabilities,
            false => Surface::Scores,
        };
        let folder = run.folder();
        let _alone = folder.hold()?;
        let mut all = folder.attacks()?;
        let mut shown = Vec::new();
        for head in chosen.iter().map(|metrics| metrics.head) {
            let victim = Victim::new(&run.model(head, &device)?, shape, surface, &device);
            for &eps in &self.eps {
                let same = |result: &&AttackResult| {
                    result.is_of(head, surface, self.seed, &self.attacks)
                        && result.robustness.is_of(self.norm, eps, self.images)
                };
                if let Some(there) = all.iter().find(same) {
                    shown.push(there.clone());
                    continue;
                }
                note!("attacking {head}, {} {eps}", self.norm.title());
                let robustness = Robustness::measure(
                    &self.attacks,
                    &victim,
                    &subjects,
                    self.norm,
                    eps,
                    self.seed,
                )?;
                let result = AttackResult {
                    head,
                    surface,
                    seed: self.seed,
                    attacks: self.attacks.clone(),
                    robustness,
                };
                shown.push(result.clone());
                all.push(result);
                folder.write_attacks(&all)?;
            }
        }
        if self.json {
            say!("{:#}", json!(shown));
            return Ok(());
        }
        say!("{}", table(&shown));
        for result in &shown {
            for warning in &result.robustness.warnings {
                say!("{} at {}: {warning}", result.head, result.robustness.eps);
            }
        }
        Ok(())
    }
}

/// A line a head and eps: per cent of the images that are left after each attack.
fn table(results: &[AttackResult]) -> String {
    let mut header = vec!["head".to_owned(), "eps".into(), "clean".into()];
    let longest = results
        .iter()
        .max_by_key(|result| result.robustness.attacks.len());
    let attacks = longest
        .into_iter()
        .flat_map(|result| &result.robustness.attacks);
    header.extend(attacks.map(|row| row.attack.clone()));
    let mut table = FittedTable::new(header);
    for result in results {
        let robustness = &result.robustness;
        let per_cent = |share: f64| format!("{:.1}", 100.0 * share);
        let mut row = vec![
            result.head.to_string(),
            robustness.eps.to_string(),
            per_cent(robustness.clean),
        ];
        row.extend(
            robustness
                .attacks
                .iter()
                .map(|attack| per_cent(attack.left)),
        );
        table.add(row);
    }
    let table = table.for_terminal();
    format!("{table}\n% of the images classified correctly after each attack and those before it")
}
