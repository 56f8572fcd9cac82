//! Attacks the models of a finished run.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use crate::attack::{AttackKind, Norm, Robustness, Surface, Victim, balanced};
use crate::cli::HeadList;
use crate::head::HeadConfig;
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
    /// The attacks, in this order [default: AutoAttack's standard set; pgd-transfer with --transfer; pgd with another
    /// --surface than scores]
    #[arg(long, value_enum, value_delimiter = ',')]
    attacks: Vec<AttackKind>,
    /// Test images, with the same number of each class
    #[arg(long, value_name = "N", default_value_t = 1000)]
    images: usize,
    /// What gradients go through; others than the scores show what a careless evaluation would have claimed
    #[arg(long, value_enum, default_value_t = Surface::Scores)]
    surface: Surface,
    /// Attack with perturbations that were made on another model: those of HEAD on all others, and theirs on HEAD
    #[arg(long, value_name = "HEAD", num_args = 0..=1, default_missing_value = "softmax")]
    transfer: Option<HeadConfig>,
    /// Seed of random starts
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The results as JSON, as attacks.json has them
    #[arg(long)]
    json: bool,
}

impl AttackArgs {
    /// Those that were chosen, or fit what is asked for.
    fn attacks(&self) -> Vec<AttackKind> {
        match (self.attacks.as_slice(), self.transfer, self.surface) {
            ([], Some(_), _) => vec![AttackKind::PgdTransfer],
            ([], None, Surface::Scores) => AttackKind::STANDARD.to_vec(),
            ([], None, _) => vec![AttackKind::Pgd],
            (chosen, ..) => chosen.to_vec(),
        }
    }

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
        let chosen = run.measured(&HeadList::all(self.heads.clone()))?;
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
        let (surface, attacks) = (self.surface, self.attacks());
        ensure!(
            surface != Surface::TrainingLoss || attacks.iter().all(|kind| kind.follows_loss()),
            "--surface training-loss is for the attacks fgsm, pgd and pgd-transfer alone; choose them with --attacks"
        );
        let folder = run.folder();
        let _alone = folder.hold()?;
        let mut all = folder.attacks()?;
        let mut shown = Vec::new();
        let heads: Vec<HeadConfig> = chosen.iter().map(|metrics| metrics.head).collect();
        let pairs: Vec<(HeadConfig, Option<HeadConfig>)> = match self.transfer {
            None => heads.iter().map(|&head| (head, None)).collect(),
            Some(twin) => {
                let others: Vec<_> = heads.iter().filter(|head| **head != twin).collect();
                ensure!(
                    !others.is_empty(),
                    "--transfer {twin} needs another head beside it"
                );
                let both = |&&head: &&HeadConfig| [(head, Some(twin)), (twin, Some(head))];
                others.iter().flat_map(both).collect()
            }
        };
        for (head, source) in pairs {
            let of = |head| -> Result<Victim> {
                Ok(Victim::new(
                    &run.model(head, &device)?,
                    shape,
                    surface,
                    &device,
                ))
            };
            let victim = of(head)?;
            let followed = match source {
                Some(source) => of(source)?,
                None => victim.clone(),
            };
            for &eps in &self.eps {
                let same = |result: &&AttackResult| {
                    result.is_of(head, source, surface, self.seed, &attacks)
                        && result.robustness.is_of(self.norm, eps, self.images)
                };
                if let Some(there) = all.iter().find(same) {
                    shown.push(there.clone());
                    continue;
                }
                let made = source.map_or_else(String::new, |source| format!(" by {source}"));
                note!("attacking {head}{made}, {} {eps}", self.norm.title());
                let robustness = Robustness::measure(
                    &attacks, &followed, &victim, &subjects, self.norm, eps, self.seed,
                )?;
                let result = AttackResult {
                    head,
                    source,
                    surface,
                    seed: self.seed,
                    attacks: attacks.clone(),
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
    let transfer = results.iter().any(|result| result.source.is_some());
    let mut header = vec!["head".to_owned()];
    header.extend(transfer.then(|| "made on".to_owned()));
    header.extend(["eps".to_owned(), "clean".into()]);
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
        let mut row = vec![result.head.to_string()];
        row.extend(result.source.map(|source| source.to_string()));
        row.extend([robustness.eps.to_string(), per_cent(robustness.clean)]);
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
