use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use burn::tensor::Device;
use clap::Args;
use serde_json::{Map, Value, json};

use super::anchors::{spreads, thresholds};
use super::picture::{Picture, PictureError};
use super::prepared::Prepared;
use super::spread::Spread;
use super::verdict::Verdict;
use crate::cli::HeadList;
use crate::data::Split;
use crate::device::DeviceSpec;
use crate::eval::Predictions;
use crate::head::HeadConfig;
use crate::model::Classifier;
use crate::run::Run;
use crate::train::Samples;
use crate::{complain, say};

/// Say what the models of a finished run make of pictures: class, probability, embedding, distance to each class, and
/// whether the picture is near a class, between classes, or far from all
///
/// A picture is a PNG file of any size with a digit, black on white or white on black. It is cut, scaled and centred as the
/// images of MNIST were. What is near is said by images that the run held out, or by some that it learned from: 95 % of a
/// class are nearer to it than the bound, which is kept in the run's distances.json.
#[derive(Args, Debug, Clone)]
#[command(after_help = "Example:\n  mnist-experiments predict runs/small seven.png --json")]
pub struct PredictArgs {
    /// Folder of the run
    run: PathBuf,
    /// PNG files
    #[arg(required = true, value_name = "FILE.png")]
    files: Vec<PathBuf>,
    /// Heads to ask [default: those of the run]
    #[arg(long, value_name = "HEAD,...")]
    heads: Vec<HeadList>,
    /// What computes [default: that of the run]
    #[arg(long)]
    device: Option<DeviceSpec>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What a head makes of a picture.
struct Answer {
    class: usize,
    probability: f32,
    embedding: Vec<f32>,
    distances: Vec<Option<f64>>,
    verdict: Option<Verdict>,
}

impl PredictArgs {
    /// Asks the models and prints what they say.
    ///
    /// # Errors
    ///
    /// If the run cannot be opened or is one of colour images; or if a file is no picture, when those that are have been
    /// answered.
    pub fn run(self) -> Result<()> {
        let run = Run::open(&self.run)?;
        let manifest = run.manifest();
        ensure!(
            manifest.channels == 1,
            "the run in {} is one of colour images: pictures can be prepared for grey ones only",
            self.run.display()
        );
        let heads: Vec<HeadConfig> = run
            .measured(&HeadList::all(self.heads.clone()))?
            .iter()
            .map(|metrics| metrics.head)
            .collect();
        let device = self.device.unwrap_or(run.experiment().device).open()?;
        let mut pictures = Vec::new();
        let mut bad = Vec::new();
        for file in &self.files {
            match prepared(file, manifest.image_size) {
                Ok(picture) => pictures.push((file, picture)),
                Err(error) => bad.push(error),
            }
        }
        let mut of_heads = Vec::new();
        if !pictures.is_empty() {
            let spreads = spreads(&run, &heads, &device)?;
            for (head, spread) in heads.iter().zip(spreads) {
                let model = run.model(*head, &device)?;
                of_heads.push((head, model, spread));
            }
        }
        let mut all = Vec::new();
        for (file, picture) in &pictures {
            let mut answers = Vec::new();
            for (head, model, spread) in &of_heads {
                let answer = ask(picture, manifest.image_size, model, spread, &device)?;
                answers.push((*head, answer));
            }
            match self.json {
                true => all.push(for_machines(file, picture, &answers, &manifest.classes)),
                false => tell(file, picture, &answers, &manifest.classes),
            }
        }
        if self.json {
            let of_head = |(head, _, spread): &(&HeadConfig, Classifier, Spread)| {
                (head.to_string(), thresholds(spread, &manifest.classes))
            };
            let heads: Map<String, Value> = of_heads.iter().map(of_head).collect();
            say!("{:#}", json!({ "heads": heads, "pictures": all }));
        }
        match bad.len() {
            0 => Ok(()),
            1 if self.files.len() == 1 => Err(bad.remove(0).into()),
            count => {
                for error in &bad {
                    complain!("error: {error}");
                }
                bail!(
                    "{count} of {} files are no pictures that can be asked about",
                    self.files.len()
                )
            }
        }
    }
}

fn prepared(file: &Path, size: [usize; 2]) -> Result<Prepared, PictureError> {
    let picture = Picture::read(file)?;
    Prepared::new(&picture, size).map_err(|reason| PictureError::new(file, reason))
}

fn ask(
    picture: &Prepared,
    [rows, columns]: [usize; 2],
    model: &Classifier,
    spread: &Spread,
    device: &Device,
) -> Result<Answer> {
    let split = Split {
        images: picture.pixels.clone(),
        labels: vec![0],
        rows,
        columns,
        channels: 1,
    };
    let predictions = Predictions::of(model, &Samples::by_label(split), device)?;
    let class = usize::from(predictions.predicted[0]);
    let distances = spread.distances(&predictions.embeddings);
    Ok(Answer {
        class,
        probability: predictions.probabilities[class],
        verdict: Verdict::new(spread, &distances),
        embedding: predictions.embeddings,
        distances,
    })
}

fn tell(file: &Path, picture: &Prepared, answers: &[(&HeadConfig, Answer)], names: &[String]) {
    let colour = match picture.is_dark {
        true => "dark on light",
        false => "light on dark",
    };
    let [width, height] = picture.cut;
    say!(
        "{}: {colour}, {width} x {height} pixels of it",
        file.display()
    );
    let longest = answers.iter().map(|(head, _)| head.to_string().len());
    let wide = longest.max().unwrap_or(0);
    for (head, answer) in answers {
        let verdict = answer.verdict.map(|verdict| verdict.in_words(names));
        say!(
            "  {head:<wide$}  {}, {:.1} %: {}",
            names.get(answer.class).map_or("?", String::as_str),
            100.0 * answer.probability,
            verdict.unwrap_or_else(|| "no class has a place".into()),
            head = head.to_string(),
        );
        let numbers: Vec<String> = answer.embedding.iter().map(|x| format!("{x:.2}")).collect();
        say!("  {:wide$}  at ({})", "", numbers.join(", "));
        let to = names.iter().zip(&answer.distances);
        let to: Vec<String> = to
            .filter_map(|(name, distance)| Some(format!("{name} {:.2}", (*distance)?)))
            .collect();
        say!("  {:wide$}  distances: {}", "", to.join(", "));
    }
}

fn for_machines(
    file: &Path,
    picture: &Prepared,
    answers: &[(&HeadConfig, Answer)],
    names: &[String],
) -> Value {
    let of_head = |(head, answer): &(&HeadConfig, Answer)| {
        let to = names.iter().cloned().zip(&answer.distances);
        json!({
            "head": head,
            "class": answer.class,
            "name": names.get(answer.class),
            "probability": answer.probability,
            "embedding": answer.embedding,
            "distances": to.map(|(name, to)| (name, json!(to))).collect::<Map<_, _>>(),
            "verdict": answer.verdict,
            "in_words": answer.verdict.map(|verdict| verdict.in_words(names)),
        })
    };
    json!({
        "file": file.display().to_string(),
        "is_dark_on_light": picture.is_dark,
        "cut": picture.cut,
        "heads": answers.iter().map(of_head).collect::<Vec<_>>(),
    })
}
