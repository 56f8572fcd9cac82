//! Does what is missing of a training.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use burn::tensor::Device;
use serde_json::Value;

use super::train::train;
use super::{
    Answer, Curves, FixedDetector, Outcomes, Points, Question, Results, Step, StudyResult,
    Training, Transfer, missing,
};
use crate::attack::{self, Subject as Target, Victim, attack_all, balanced};
use crate::data::Part;
use crate::eval::{EVALUATIONS, Notices, Numbers, Subject, reliability_of};
use crate::experiment_data::ExperimentData;
use crate::head::HeadConfig;
use crate::model::Classifier;
use crate::ood::{DETECTORS, Outputs, known_sets, roc};
use crate::report::RunError;
use crate::run::Run;

/// What became of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Nothing was missing.
    Nothing,
    /// All that was missing is known now.
    All,
    /// Another process is at work for it.
    Elsewhere,
    /// What is left needs the run of softmax with the same seed, which is not there yet.
    Waits,
}

/// Does what is missing of a training, step by step: each result is written when it is there. The run goes to its folder
/// in `runs`; one that is there is not trained again.
///
/// # Errors
///
/// If a step fails, or a file cannot be read or written. A training that diverges is a result.
pub fn do_training(
    training: &Training,
    results: &Results,
    runs: &Path,
    device: &Device,
) -> Result<Done> {
    if missing(training, results.read(training)?.as_ref()).is_empty() {
        return Ok(Done::Nothing);
    }
    let at_work =
        |error: &anyhow::Error| matches!(error.downcast_ref(), Some(RunError::AtWork { .. }));
    match Work::begin(training, results, runs, device) {
        Ok(Some(work)) => work.finish(),
        Ok(None) => Ok(Done::All),
        Err(error) if at_work(&error) => Ok(Done::Elsewhere),
        Err(error) => Err(error.context(training.name())),
    }
}

/// A trained model, and what is known of it.
struct Work<'a> {
    training: &'a Training,
    results: &'a Results,
    device: &'a Device,
    run: Run,
    data: ExperimentData,
    /// The folder of the run of softmax with the same seed.
    twin: PathBuf,
    known: StudyResult,
    _alone: Box<dyn Send>,
}

impl<'a> Work<'a> {
    /// Opens the run, or trains; nothing if the training diverges.
    fn begin(
        training: &'a Training,
        results: &'a Results,
        runs: &Path,
        device: &'a Device,
    ) -> Result<Option<Self>> {
        let start = Instant::now();
        let path = &runs.join(training.path());
        let there = path.join("config.json").exists();
        if !there && !train(training, results, path, device)? {
            return Ok(None);
        }
        let trained_in = (!there).then(|| start.elapsed().as_secs_f64());
        let run = Run::open(path)?;
        ensure!(
            *run.experiment() == training.experiment,
            "{} holds the run of another configuration: choose another folder with --runs, or remove it",
            path.display()
        );
        let alone = run.folder().hold()?;
        let known = match results.read(training)? {
            Some(known) if known.metrics.is_some() => known,
            _ => {
                let manifest = run.manifest().clone();
                let mut known = StudyResult::new(&training.part, &training.experiment, manifest);
                let metrics = run.measured(&[training.head()])?.into_iter().next();
                let mut metrics = metrics.context("the run has no metrics of its head")?;
                // The others are measured again: some of what they say is not in the metrics.
                let in_training = |name: &str| {
                    let mut all = EVALUATIONS.iter();
                    all.any(|of| of.name() == name && of.in_training())
                };
                metrics.evaluations.retain(|name, _| in_training(name));
                let seconds = rounded(trained_in.unwrap_or(metrics.train_seconds));
                known.seconds.insert(Step::Train.to_string(), seconds);
                known.metrics = Some(metrics);
                results.write(training, &known)?;
                known
            }
        };
        Ok(Some(Self {
            training,
            results,
            device,
            data: run.data()?,
            twin: runs.join(training.of_head(softmax()).path()),
            run,
            known,
            _alone: Box::new(alone),
        }))
    }

    /// Evaluates and attacks.
    fn finish(mut self) -> Result<Done> {
        let steps = missing(self.training, Some(&self.known));
        let data = self.data.clone();
        let notices = Notices::silent();
        let model = self.run.model(self.training.head(), self.device)?;
        let subject = Subject::new(
            self.training.head(),
            model.clone(),
            &data,
            self.device.clone(),
            self.training.experiment.seed,
            &notices,
        );
        if self.known.right.is_none() {
            let predictions = subject.predictions(Part::Test)?;
            self.known.right = Some(Outcomes(predictions.right().collect()));
        }
        let mut done = Done::All;
        for step in steps {
            if let Step::Attack(question) = &step
                && question.transfer.is_some()
                && !self.twin.join("config.json").exists()
            {
                done = Done::Waits;
                continue;
            }
            let start = Instant::now();
            match &step {
                Step::Train => bail!("{} was trained without a result", self.training.name()),
                Step::Evaluate(name) => self.evaluate(name, &subject)?,
                Step::Curves => self.known.curves = Some(curves(&subject)?),
                Step::Attack(question) => {
                    let [source, victim] = self.sides(question, &model)?;
                    self.attack(question, &source, &victim)?;
                }
            }
            let seconds = start.elapsed().as_secs_f64();
            self.known
                .seconds
                .insert(step.to_string(), rounded(seconds));
            self.results.write(self.training, &self.known)?;
        }
        Ok(done)
    }

    /// The model whose gradients an attack follows, and the one that it is for.
    fn sides(&self, question: &Question, model: &Classifier) -> Result<[Victim; 2]> {
        let shape = self.data.test().split().shape();
        let of = |model: &Classifier| Victim::new(model, shape, question.surface, self.device);
        let own = of(model);
        let Some(transfer) = question.transfer else {
            return Ok([own.clone(), own]);
        };
        let twin = Run::open(&self.twin)?;
        let expected = self.training.of_head(softmax()).experiment;
        ensure!(
            *twin.experiment() == expected,
            "{} holds the run of another configuration: choose another folder with --runs, or remove it",
            self.twin.display()
        );
        let twin = of(&twin.model(softmax(), self.device)?);
        Ok(match transfer {
            Transfer::FromSoftmax => [twin, own],
            Transfer::ToSoftmax => [own, twin],
        })
    }

    fn evaluate(&mut self, name: &str, subject: &Subject) -> Result<()> {
        let evaluation = EVALUATIONS.iter().find(|of| of.name() == name);
        let evaluation = evaluation.with_context(|| format!("no evaluation is named {name}"))?;
        let measured = evaluation
            .evaluate(subject)
            .with_context(|| format!("{name} of {}", self.training.name()))?;
        if name == "outliers"
            && let Some(details) = &measured.details
        {
            self.known.outliers = outliers(details);
        }
        let folder = self.run.folder();
        folder.write_details(self.training.head(), name, &measured)?;
        let mut of_run = folder.metrics()?;
        let heads = of_run.heads.iter_mut().chain(&mut self.known.metrics);
        heads.for_each(|metrics| metrics.add(name, measured.numbers.clone()));
        folder.write_metrics(&of_run)?;
        Ok(())
    }

    fn attack(&mut self, question: &Question, source: &Victim, victim: &Victim) -> Result<()> {
        let images = question.images;
        let targets = balanced(self.data.test(), images);
        ensure!(
            targets.len() == images,
            "{images} images are to be attacked, but there are {} with the same number of each class",
            targets.len()
        );
        let pixels: Vec<&[f32]> = targets.iter().map(|target| &target.pixels[..]).collect();
        let predicted = victim.predictions(&pixels)?;
        let right: Vec<bool> = predicted
            .iter()
            .zip(&targets)
            .map(|(class, target)| *class == target.target)
            .collect();
        let mut left = match question.before() {
            None => right.clone(),
            Some(before) => match self.known.answer(&before) {
                Some(answer) => answer.left.0.clone(),
                None => bail!("{question} needs {before} first"),
            },
        };
        let chosen = |of: &[bool]| -> Vec<Target> {
            let pairs = targets.iter().zip(of);
            let chosen = pairs.filter(|(_, chosen)| **chosen);
            chosen.map(|(target, _)| target.clone()).collect()
        };
        let survives = attack_all(
            question.attack.attack().as_ref(),
            source,
            victim,
            &chosen(&left),
            question.norm,
            question.eps,
            question.seed,
        )?;
        let mut survives = survives.into_iter();
        for left in left.iter_mut().filter(|left| **left) {
            *left = survives.next().unwrap_or(false);
        }
        let right_ones = chosen(&right);
        let zero = attack::zero_gradients(source, &right_ones)?;
        self.known.answers.push(Answer {
            question: question.clone(),
            clean: Outcomes(right).share(),
            zero_gradients: zero as f64 / right_ones.len().max(1) as f64,
            left: Outcomes(left),
        });
        Ok(())
    }
}

/// Points of a curve that are kept.
const POINTS: usize = 100;

/// What figures are drawn from.
fn curves(subject: &Subject) -> Result<Curves> {
    let test = subject.predictions(Part::Test)?;
    let bins = reliability_of(&test)
        .into_iter()
        .filter(|bin| bin.images > 0);
    let bins: Vec<[f64; 2]> = bins.map(|bin| [bin.confidence, bin.accuracy]).collect();
    let fixed = FixedDetector::of(subject.head()).detector;
    let detector = DETECTORS.iter().find(|of| of.name() == fixed);
    let others = known_sets(subject.data().test().split())?;
    // The first one is the other bundled set.
    let points = match (detector, others.first()) {
        (Some(detector), Some(set)) => {
            let of = |part: Part| Outputs::of(subject, &part.to_string(), subject.samples(part));
            let values = detector.fit(subject, &of(Part::Train)?)?;
            let values = values.context("the fixed detector does not fit the head")?;
            let outliers = values(&Outputs::of(subject, &set.name, &set.samples)?)?;
            roc(&values(&of(Part::Test)?)?, &outliers, POINTS)
        }
        _ => Vec::new(),
    };
    Ok(Curves {
        reliability: Points::new(&bins),
        roc: Points::new(&points),
    })
}

/// The head that others are attacked with.
fn softmax() -> HeadConfig {
    "softmax".parse().expect("a name of the list")
}

/// AUROC and FPR95 of each detector and set, from the details of the evaluation.
fn outliers(details: &Value) -> BTreeMap<String, BTreeMap<String, Numbers>> {
    let number = |of: &Value, key: &str| of.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let of_sets = |sets: &Value| {
        let sets = object(sets).into_iter();
        sets.map(|(set, of)| {
            let numbers = ["auroc", "fpr95"].map(|key| (key, rounded(number(&of, key))));
            (set, Numbers::from(numbers))
        })
        .collect()
    };
    let detectors = object(details).into_iter();
    detectors
        .map(|(detector, sets)| (detector, of_sets(&sets)))
        .collect()
}

/// To six digits behind the point: the files are for eyes, too.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}
