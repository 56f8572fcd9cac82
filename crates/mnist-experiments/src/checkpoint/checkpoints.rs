use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use burn::tensor::f16;

use super::file::{decode, encode};
use super::pace::Pace;
use crate::report::{CHECKPOINTS, RunFolder, write_file};
use crate::stop::Stop;
use crate::train::{Keeper, Moment, State};
use crate::{complain, note};

/// Checkpoints of a training that are kept: if the last one is broken, there is the one before.
const KEPT: usize = 2;

const EXTENSION: &str = ".checkpoint";

/// How the trainings of a run keep their states.
#[derive(Debug, Clone)]
pub(crate) struct Keeping {
    /// Who asks the run to stop.
    pub stop: Stop,
    /// The number of steps after which there is a checkpoint, whatever it costs.
    pub steps: Option<usize>,
    /// The checksum of what is trained on; empty where the run's manifest has it.
    pub data: String,
}

/// The checkpoints of a training, `checkpoints/<training>.<steps>.checkpoint` in the run's folder.
pub(crate) struct Checkpoints<'a> {
    folder: PathBuf,
    /// Of the training, in files.
    name: String,
    pace: Pace,
    stop: Stop,
    data: String,
    /// The embeddings that the run keeps after every epoch, which belong to the state.
    embeddings: &'a RefCell<Vec<f16>>,
    begin: Instant,
    /// Whether it was said that they cannot be written.
    said: bool,
}

impl<'a> Checkpoints<'a> {
    pub fn new(
        folder: &RunFolder,
        name: String,
        keeping: &Keeping,
        embeddings: &'a RefCell<Vec<f16>>,
    ) -> Self {
        Self {
            folder: folder.file(CHECKPOINTS),
            name,
            pace: Pace::new(keeping.steps),
            stop: keeping.stop.clone(),
            data: keeping.data.clone(),
            embeddings,
            begin: Instant::now(),
            said: false,
        }
    }

    fn file(&self, steps: usize) -> PathBuf {
        let name = &self.name;
        self.folder.join(format!("{name}.{steps:09}{EXTENSION}"))
    }

    /// Those that are there, the last one first.
    fn there(&self) -> Vec<usize> {
        let prefix = format!("{}.", self.name);
        let steps = |entry: fs::DirEntry| -> Option<usize> {
            let name = entry.file_name().into_string().ok()?;
            let number = name.strip_prefix(&prefix)?.strip_suffix(EXTENSION)?;
            number.parse().ok()
        };
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut there: Vec<usize> = entries.filter_map(steps).collect();
        there.sort_unstable_by(|a, b| b.cmp(a));
        there
    }

    fn write(&self, state: &State) -> Result<(), String> {
        let embeddings = self.embeddings.borrow();
        let bytes: Vec<u8> = embeddings.iter().flat_map(|x| x.to_le_bytes()).collect();
        let bytes = encode(state, &bytes, &self.data)?;
        fs::create_dir_all(&self.folder).map_err(|error| error.to_string())?;
        let path = self.file(state.position.steps);
        write_file(&path, |mut file| Ok(file.write_all(&bytes)?))
            .map_err(|error| error.to_string())?;
        for old in self.there().into_iter().skip(KEPT) {
            fs::remove_file(self.file(old)).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

impl Keeper for Checkpoints<'_> {
    fn kept(&mut self) -> Option<State> {
        for steps in self.there() {
            let path = self.file(steps);
            let read = fs::read(&path).map_err(|error| error.to_string());
            match read.and_then(|bytes| decode(&bytes, &self.data)) {
                Ok((state, embeddings)) => {
                    let numbers = embeddings.chunks_exact(2);
                    let numbers = numbers.map(|x| f16::from_le_bytes([x[0], x[1]]));
                    *self.embeddings.borrow_mut() = numbers.collect();
                    note!("{}: goes on after step {steps}", self.name);
                    return Some(state);
                }
                Err(reason) => {
                    complain!(
                        "warning: the checkpoint {} is broken ({reason}): the one before is used",
                        path.display()
                    );
                    // It would count as one of those that are kept.
                    let _ = fs::remove_file(&path);
                }
            }
        }
        None
    }

    fn is_stopped(&self) -> bool {
        self.stop.is_asked()
    }

    fn is_due(&mut self, moment: Moment, steps: usize) -> bool {
        self.pace.is_due(moment, steps, self.begin.elapsed())
    }

    fn keep(&mut self, state: State) {
        let start = Instant::now();
        if let Err(reason) = self.write(&state)
            && !self.said
        {
            complain!(
                "warning: no checkpoint of {} ({reason}): the training goes on, but could not be gone on with from here",
                self.name
            );
            self.said = true;
        }
        self.pace.add(start.elapsed(), self.begin.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{Position, Sums};

    fn state(steps: usize) -> State {
        let tally = Sums {
            images: 0,
            loss: 0.0,
            correct: 0.0,
        };
        let position = Position {
            steps,
            epochs: Vec::new(),
            tally,
            curve: None,
            seconds: 0.0,
        };
        State {
            position,
            model: vec![steps as u8],
            optimizer: Vec::new(),
        }
    }

    #[test]
    fn the_one_before_a_broken_one_is_used() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(dir.path());
        let keeping = Keeping {
            stop: Stop::never(),
            steps: Some(2),
            data: "abc".into(),
        };
        let embeddings = RefCell::default();
        let of = |name: &str| Checkpoints::new(&folder, name.into(), &keeping, &embeddings);
        let mut checkpoints = of("dome");
        assert_eq!(checkpoints.kept(), None);
        assert!(checkpoints.is_due(Moment::Step, 4) && !checkpoints.is_due(Moment::Step, 5));
        for steps in [2, 4, 10] {
            *embeddings.borrow_mut() = vec![f16::from_f32(steps as f32)];
            checkpoints.keep(state(steps));
        }
        assert_eq!(checkpoints.there(), [10, 4]);
        // Those of a head whose name begins alike are its own.
        assert_eq!(of("dome-fixed").kept(), None);
        assert_eq!(of("dome").kept(), Some(state(10)));
        fs::write(checkpoints.file(10), "").unwrap();
        assert_eq!(of("dome").kept(), Some(state(4)));
        assert_eq!(*embeddings.borrow(), [f16::from_f32(4.0)]);
        fs::write(checkpoints.file(4), "x").unwrap();
        assert_eq!(of("dome").kept(), None);
        assert!(checkpoints.there().is_empty());
    }

    #[test]
    fn one_that_cannot_be_written_costs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(dir.path());
        fs::write(folder.file(CHECKPOINTS), "a file, where a folder should be").unwrap();
        let keeping = Keeping {
            stop: Stop::never(),
            steps: None,
            data: String::new(),
        };
        let embeddings = RefCell::default();
        let mut checkpoints = Checkpoints::new(&folder, "dome".into(), &keeping, &embeddings);
        checkpoints.keep(state(1));
        assert!(checkpoints.said);
        assert_eq!(checkpoints.kept(), None);
    }
}
