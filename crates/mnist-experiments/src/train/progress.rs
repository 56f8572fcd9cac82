use std::fmt::Write;
use std::io::IsTerminal;

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::Epoch;
use crate::{console, note};

/// Shows a training: on a terminal a bar with loss, accuracy, images/s and time left, else one line
/// an epoch.
#[derive(Debug)]
pub struct Progress {
    name: String,
    epochs: usize,
    bar: Option<ProgressBar>,
    quiet: bool,
}

impl Progress {
    /// Progress of a training with so many images an epoch, on standard error, below that of the
    /// others in `group`.
    pub fn new(group: &MultiProgress, name: &str, epochs: usize, images: usize) -> Self {
        let shown = std::io::stderr().is_terminal() && !console::is_quiet();
        let bar = shown.then(|| {
            let bar = group.add(ProgressBar::new((epochs * images) as u64));
            let template = "{prefix:>16} {wide_bar} {msg}  {speed}  {eta} left";
            let style = ProgressStyle::with_template(template).expect("a valid template");
            bar.set_style(
                style.with_key("speed", |state: &ProgressState, w: &mut dyn Write| {
                    let _ = write!(w, "{:.0} images/s", state.per_sec());
                }),
            );
            bar.set_prefix(name.to_owned());
            bar
        });
        Self {
            name: name.into(),
            epochs,
            bar,
            quiet: false,
        }
    }

    /// No output, for tests and measurements.
    pub fn silent() -> Self {
        Self {
            name: String::new(),
            epochs: 0,
            bar: None,
            quiet: true,
        }
    }

    /// So many images were done before.
    pub(crate) fn skip(&self, images: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(images as u64);
            // The time left is that of the images from now on.
            bar.reset_eta();
        }
    }

    /// So many more images are done; the running means of the epoch.
    pub(crate) fn advance(&self, images: usize, loss: f64, accuracy: f64) {
        if let Some(bar) = &self.bar {
            bar.inc(images as u64);
            bar.set_message(format!(
                "loss {loss:.4}  accuracy {:.2} %",
                accuracy * 100.0
            ));
        }
    }

    /// An epoch is done.
    pub(crate) fn epoch(&self, epoch: &Epoch) {
        if self.bar.is_some() || self.quiet {
            return;
        }
        note!(
            "{:>16}  epoch {}/{}  loss {:.4}  accuracy {:.2} %  {:.0} images/s  {:.1} s",
            self.name,
            epoch.epoch,
            self.epochs,
            epoch.train_loss,
            epoch.train_accuracy * 100.0,
            epoch.images_per_second,
            epoch.seconds,
        );
    }

    /// The training is done.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish();
        }
    }
}
