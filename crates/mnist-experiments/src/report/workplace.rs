use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::RunError;

/// Says that a run goes on, and who runs it.
const LOCK: &str = "lock";

/// Says that results are added to a run that is complete, and by whom.
const ADDING: &str = "adding";

/// Where a run writes until it is complete: a folder beside its own, `NAME.unfinished`, which then takes
/// the own one's place at once.
///
/// Whatever ends the process, the run's own folder holds the old results or the new ones, whole. The lock belongs
/// to the process, so that the system releases it in any case.
#[derive(Debug)]
pub(crate) struct Workplace {
    path: PathBuf,
    target: PathBuf,
    _lock: File,
}

impl Workplace {
    /// A workplace for the run that shall be in `target`. One that a dead process left is replaced.
    ///
    /// # Errors
    ///
    /// If another run is at work for the same folder, or it cannot be written.
    pub fn create(target: &Path) -> Result<Self, RunError> {
        Self::take(target, |path| {
            if path.exists() {
                fs::remove_dir_all(path).map_err(|e| RunError::file("remove", path, e))?;
            }
            fs::create_dir(path).map_err(|e| RunError::file("write", path, e))
        })
    }

    /// The workplace that a dead process left, of whose files only those of these names stay.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), or if there is none.
    pub fn go_on(target: &Path, stay: &[&str]) -> Result<Self, RunError> {
        Self::take(target, |path| {
            let entries = fs::read_dir(path).map_err(|e| RunError::file("read", path, e))?;
            for entry in entries.flatten() {
                let path = entry.path();
                if stay.iter().any(|name| entry.file_name() == *name) {
                    continue;
                }
                let removed = match path.is_dir() {
                    true => fs::remove_dir_all(&path),
                    false => fs::remove_file(&path),
                };
                removed.map_err(|e| RunError::file("remove", &path, e))?;
            }
            Ok(())
        })
    }

    /// Prepares the folder, which nobody else uses, and takes it.
    fn take(
        target: &Path,
        prepare: impl FnOnce(&Path) -> Result<(), RunError>,
    ) -> Result<Self, RunError> {
        let target = std::path::absolute(target).map_err(|e| RunError::file("find", target, e))?;
        let path = unfinished_of(&target)?;
        let parent = path.parent().unwrap_or(&path);
        // Its place is taken by another one, and whoever is in it would be left in the old one.
        if std::env::current_dir().is_ok_and(|here| here.starts_with(&target)) {
            return Err(RunError::file(
                "replace",
                &target,
                "it is the current folder; start from another one",
            ));
        }
        if target.exists() && !target.is_dir() {
            return Err(RunError::file("write", &target, "it is no folder"));
        }
        fs::create_dir_all(parent).map_err(|e| RunError::file("write", parent, e))?;

        let _alone = alone(parent)?;
        refuse_if_held(&target.join(ADDING), &target)?;
        refuse_if_held(&path.join(LOCK), &target)?;
        prepare(&path)?;
        let lock = path.join(LOCK);
        let lock = held(&lock)?;
        Ok(Self {
            path,
            target,
            _lock: lock,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the complete run into its own place. Of what was there, files that are not `known` as those of
    /// a run stay.
    ///
    /// # Errors
    ///
    /// If that cannot be done. The results are in one of the two folders then.
    pub fn finish(&self, known: impl Fn(&Path) -> bool) -> Result<(), RunError> {
        let (path, target) = (&self.path, &self.target);
        let parent = target.parent().unwrap_or(target);
        sync(path).map_err(|e| RunError::file("write", path, e))?;
        let _alone = alone(parent)?;
        let moved =
            |result: std::io::Result<()>| result.map_err(|e| RunError::file("replace", target, e));
        if target.exists() {
            moved(exchange(path, target))?;
            // What is at `path` now is the old run.
            let entries = fs::read_dir(path).map_err(|e| RunError::file("read", path, e))?;
            for entry in entries.flatten() {
                let name = PathBuf::from(entry.file_name());
                if !known(&name) && !target.join(&name).exists() {
                    moved(fs::rename(entry.path(), target.join(&name)))?;
                }
            }
            fs::remove_dir_all(path).map_err(|e| RunError::file("remove", path, e))?;
        } else {
            moved(fs::rename(path, target))?;
        }
        let lock = target.join(LOCK);
        fs::remove_file(&lock).map_err(|e| RunError::file("remove", &lock, e))
    }
}

/// The folder of a complete run while results are added to it. It ends when it is dropped, or the process ends.
#[derive(Debug)]
pub(crate) struct Addition {
    lock: PathBuf,
    _file: File,
}

impl Addition {
    /// Nobody else adds to the run in `target` as long as the result lives, and no new run takes its place.
    ///
    /// # Errors
    ///
    /// If another process is at work for the same folder, or it cannot be written.
    pub fn begin(target: &Path) -> Result<Self, RunError> {
        let target = std::path::absolute(target).map_err(|e| RunError::file("find", target, e))?;
        let parent = target.parent().unwrap_or(&target);
        let _alone = alone(parent)?;
        if let Some(name) = target.file_name() {
            refuse_if_held(&unfinished(parent, name).join(LOCK), &target)?;
        }
        let lock = target.join(ADDING);
        refuse_if_held(&lock, &target)?;
        let file = held(&lock)?;
        Ok(Self { lock, _file: file })
    }
}

impl Drop for Addition {
    fn drop(&mut self) {
        // One that stays is noticed as that of a process that ended.
        let _ = fs::remove_file(&self.lock);
    }
}

/// Where the run that shall be in `target` is until it is complete.
///
/// # Errors
///
/// If it cannot be put beside another folder.
pub(crate) fn unfinished_of(target: &Path) -> Result<PathBuf, RunError> {
    let target = std::path::absolute(target).map_err(|e| RunError::file("find", target, e))?;
    match (target.parent(), target.file_name()) {
        (Some(parent), Some(name)) => Ok(unfinished(parent, name)),
        _ => Err(RunError::file(
            "replace",
            &target,
            "it is no folder of its own",
        )),
    }
}

/// Where the run of a folder is until it is complete.
fn unfinished(parent: &Path, name: &OsStr) -> PathBuf {
    let mut unfinished = name.to_os_string();
    unfinished.push(".unfinished");
    parent.join(unfinished)
}

/// A lock of this process, which says so in the file.
fn held(lock: &Path) -> Result<File, RunError> {
    let write = || {
        let mut file = File::create(lock)?;
        file.lock()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(file)
    };
    write().map_err(|e: std::io::Error| RunError::file("write", lock, e))
}

/// Whether a folder is that of a run which goes on, or did not end.
pub(crate) fn is_unfinished(folder: &Path) -> bool {
    folder.join(LOCK).exists()
}

/// Whether a process is at work in the folder of a run.
pub(crate) fn is_held(folder: &Path) -> bool {
    refuse_if_held(&folder.join(LOCK), folder).is_err()
}

/// Nobody else makes or replaces a folder in `parent` as long as the result lives.
fn alone(parent: &Path) -> Result<Option<File>, RunError> {
    let lock = |folder: File| folder.lock().map(|()| folder);
    match File::open(parent).and_then(lock) {
        Ok(folder) => Ok(Some(folder)),
        // Where folders cannot be locked.
        Err(error) if error.kind() == std::io::ErrorKind::Unsupported || cfg!(windows) => Ok(None),
        Err(error) => Err(RunError::file("lock", parent, error)),
    }
}

/// An error if the process that made the lock is alive.
fn refuse_if_held(lock: &Path, target: &Path) -> Result<(), RunError> {
    let Ok(mut file) = File::open(lock) else {
        return Ok(());
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            // Not more than a part of the message.
            let _ = file.read_to_string(&mut process);
            Err(RunError::AtWork {
                path: target.into(),
                process: process.trim().to_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// All files are on the disk before they are renamed.
fn sync(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => sync(&path)?,
            false => File::open(&path)?.sync_all()?,
        }
    }
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()), // folders cannot be opened
    }
}

/// Each takes the other's place, at once where the system can do that.
fn exchange(a: &Path, b: &Path) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
            // Some file systems cannot.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            result => return Ok(result?),
        }
    }
    let mut aside = b.as_os_str().to_os_string();
    aside.push(".old");
    let aside = PathBuf::from(aside);
    fs::rename(b, &aside)?;
    fs::rename(a, b)?;
    fs::rename(&aside, a)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn old_results_stay_until_the_new_ones_are_complete() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a").join("run");
        let known = |name: &Path| name == "result";
        let work = Workplace::create(&target).unwrap();
        fs::write(work.path().join("result"), "1").unwrap();
        assert!(!target.exists() && is_unfinished(work.path()));
        work.finish(known).unwrap();
        assert_eq!(names(&target), ["result"]);
        assert!(!is_unfinished(&target));
        fs::write(target.join("notes"), "mine").unwrap();

        let work = Workplace::create(&target).unwrap();
        fs::write(work.path().join("result"), "2").unwrap();
        assert_eq!(fs::read_to_string(target.join("result")).unwrap(), "1");
        drop(work); // as a process that ends
        assert_eq!(fs::read_to_string(target.join("result")).unwrap(), "1");

        let work = Workplace::create(&target).unwrap();
        fs::write(work.path().join("other"), "3").unwrap();
        work.finish(known).unwrap();
        assert_eq!(names(&target), ["notes", "other"]);
        assert_eq!(names(target.parent().unwrap()), ["run"]);
    }

    #[test]
    fn the_second_at_work_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("run");
        let first = Workplace::create(&target).unwrap();
        let error = Workplace::create(&target).unwrap_err().to_string();
        let process = format!("process {}", std::process::id());
        assert!(error.contains(&process), "{error}");
        drop(first);
        Workplace::create(&target).unwrap();
    }

    #[test]
    fn who_adds_is_alone() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("run");
        fs::create_dir(&target).unwrap();
        let refused = |error: RunError| matches!(error, RunError::AtWork { .. });

        let adding = Addition::begin(&target).unwrap();
        assert!(refused(Addition::begin(&target).unwrap_err()));
        assert!(refused(Workplace::create(&target).unwrap_err()));
        assert!(!is_unfinished(&target));
        drop(adding);
        assert_eq!(names(&target), [""; 0]);

        // As a process that was killed leaves it.
        fs::write(target.join(ADDING), "1\n").unwrap();
        drop(Addition::begin(&target).unwrap());
        let work = Workplace::create(&target).unwrap();
        assert!(refused(Addition::begin(&target).unwrap_err()));
        drop(work);
        Addition::begin(&target).unwrap();
    }

    #[test]
    fn a_place_that_cannot_be_taken_is_refused() {
        let here = std::env::current_dir().unwrap();
        for (target, expected) in [
            (Path::new("/"), "no folder of its own"),
            (&here, "the current folder"),
        ] {
            let error = Workplace::create(target).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Workplace::create(&file).unwrap_err().to_string();
        assert!(error.contains("it is no folder"), "{error}");
    }
}
