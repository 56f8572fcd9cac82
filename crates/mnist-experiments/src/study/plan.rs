use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Battery, Question};
use crate::eval::EVALUATIONS;
use crate::experiment::{Experiment, InvalidExperiment, check, check_list};
use crate::head::HeadConfig;

/// What the study shall know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Its parts, in the order of the page.
    pub parts: Vec<StudyPart>,
}

/// Heads that are compared with each other: same images, encoder and training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyPart {
    /// The name of its folder.
    pub name: String,
    /// Its title on the page.
    pub title: String,
    /// The training of all heads; each seed takes the place of its own.
    pub experiment: Experiment,
    /// For each head of the experiment how many seeds, from 0.
    pub seeds: Vec<u64>,
    /// [Evaluations](crate::eval::EVALUATIONS) beside those of each training.
    pub evaluations: Vec<String>,
    /// The attacks.
    pub batteries: Vec<Battery>,
}

/// One training of the study, and what is asked of its model.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// The name of its part.
    pub part: String,
    /// What is trained: one head.
    pub experiment: Experiment,
    /// Evaluations beside those of each training.
    pub evaluations: Vec<String>,
    /// Whether figures are drawn of it.
    pub curves: bool,
    /// What attacks leave.
    pub questions: Vec<Question>,
}

/// What to change of a plan, to do less.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// The parts by their names; all if there are none.
    pub parts: Vec<String>,
    /// The heads; all if there are none.
    pub heads: Vec<HeadConfig>,
    /// At most so many seeds a head.
    pub seeds: Option<u64>,
    /// Training images.
    pub limit_train: Option<usize>,
    /// Passes over them.
    pub epochs: Option<usize>,
    /// Test images that are attacked.
    pub images: Option<usize>,
}

impl Plan {
    /// All trainings: the first seeds of all parts, then the second ones, so that what is interrupted has something of
    /// all.
    pub fn trainings(&self) -> Vec<Training> {
        let seeds = self.parts.iter().flat_map(|part| &part.seeds).max();
        (0..seeds.copied().unwrap_or(0))
            .flat_map(|seed| self.parts.iter().flat_map(move |part| part.trainings(seed)))
            .collect()
    }

    /// The plan of less.
    #[must_use]
    pub fn changed(self, changes: &Changes) -> Self {
        let wanted =
            |part: &StudyPart| changes.parts.is_empty() || changes.parts.contains(&part.name);
        let parts = self.parts.into_iter().filter(wanted);
        let parts = parts.map(|part| part.changed(changes));
        Self {
            parts: parts.filter(|part| !part.seeds.is_empty()).collect(),
        }
    }

    /// Checks all parts.
    ///
    /// # Errors
    ///
    /// If nothing is left of the plan, or a number is out of range.
    pub fn validate(&self) -> Result<(), InvalidExperiment> {
        check_list("--parts with --heads", &self.parts, |part| {
            part.name.clone()
        })?;
        for part in &self.parts {
            part.experiment.validate()?;
            for battery in &part.batteries {
                check(battery.images > 0, "--images", battery.images, "at least 1")?;
            }
            let fewest = part.seeds.iter().min().copied().unwrap_or(0);
            check(fewest > 0, "--seeds", fewest, "at least 1")?;
        }
        Ok(())
    }
}

impl StudyPart {
    /// The heads with their numbers of seeds.
    pub fn rows(&self) -> impl Iterator<Item = (HeadConfig, u64)> {
        let heads = self.experiment.heads.iter().copied();
        heads.zip(self.seeds.iter().copied())
    }

    /// Whether an evaluation is asked for, or belongs to each training.
    pub fn asks_for(&self, evaluation: &str) -> bool {
        let of_training = EVALUATIONS
            .iter()
            .any(|of| of.name() == evaluation && of.in_training());
        of_training || self.evaluations.iter().any(|name| name == evaluation)
    }

    /// The trainings with a seed.
    pub fn trainings(&self, seed: u64) -> impl Iterator<Item = Training> {
        let heads = self.rows().filter(move |(_, seeds)| seed < *seeds);
        heads.map(move |(head, _)| self.training(head, seed))
    }

    /// The training of a head with a seed.
    pub fn training(&self, head: HeadConfig, seed: u64) -> Training {
        let mut questions: Vec<Question> = Vec::new();
        for battery in &self.batteries {
            if !battery.includes(head, seed) {
                continue;
            }
            for question in battery.questions(self.experiment.class_count()) {
                if !questions.contains(&question) {
                    questions.push(question);
                }
            }
        }
        Training {
            part: self.name.clone(),
            experiment: Experiment {
                heads: vec![head],
                seed,
                ..self.experiment.clone()
            },
            evaluations: self.evaluations.clone(),
            curves: seed == 0 && self.evaluations.iter().any(|name| name == "outliers"),
            questions,
        }
    }

    fn changed(mut self, changes: &Changes) -> Self {
        let wanted = |head: &HeadConfig| changes.heads.is_empty() || changes.heads.contains(head);
        let most = changes.seeds.unwrap_or(u64::MAX);
        let rows = self.rows().filter(|(head, _)| wanted(head));
        let (heads, seeds) = rows.map(|(head, seeds)| (head, seeds.min(most))).unzip();
        self.experiment.heads = heads;
        self.seeds = seeds;
        self.experiment.limit_train = changes.limit_train.or(self.experiment.limit_train);
        self.experiment.epochs = changes.epochs.unwrap_or(self.experiment.epochs);
        for battery in &mut self.batteries {
            battery.images = changes.images.unwrap_or(battery.images);
        }
        self
    }
}

impl Training {
    /// What is trained.
    pub fn head(&self) -> HeadConfig {
        self.experiment.heads[0]
    }

    /// The folder of its run below that of all runs.
    pub fn path(&self) -> PathBuf {
        let seed = self.experiment.seed.to_string();
        [&self.part, &self.head().file_name(), &seed]
            .iter()
            .collect()
    }

    /// The same training of another head.
    pub fn of_head(&self, head: HeadConfig) -> Self {
        let mut other = self.clone();
        other.experiment.heads = vec![head];
        other
    }

    /// Its name for people.
    pub fn name(&self) -> String {
        format!(
            "{}, {}, seed {}",
            self.part,
            self.head(),
            self.experiment.seed
        )
    }
}
