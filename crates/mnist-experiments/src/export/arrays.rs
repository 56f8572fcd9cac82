use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::npy::{Value, write_npy};
use crate::report::{RunError, write_file};

/// The arrays in a folder, as files of numpy's format.
pub(super) struct Arrays {
    folder: PathBuf,
    files: BTreeMap<String, Vec<usize>>,
}

impl Arrays {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
            files: BTreeMap::new(),
        }
    }

    pub fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Result<(), RunError> {
        self.write(name, shape, values)
    }

    pub fn bytes(&mut self, name: &str, shape: &[usize], values: &[u8]) -> Result<(), RunError> {
        self.write(name, shape, values)
    }

    /// The files that were written, with their shapes.
    pub fn files(self) -> BTreeMap<String, Vec<usize>> {
        self.files
    }

    fn write<T: Value>(
        &mut self,
        name: &str,
        shape: &[usize],
        values: &[T],
    ) -> Result<(), RunError> {
        write_file(&self.folder.join(name), |file| {
            let mut file = BufWriter::new(file);
            write_npy(&mut file, shape, values)?;
            Ok(file.flush()?)
        })?;
        self.files.insert(name.into(), shape.to_vec());
        Ok(())
    }
}
