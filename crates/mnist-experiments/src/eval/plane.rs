use burn::tensor::{Device, Tensor, TensorData, TensorReadError};
use serde::{Deserialize, Serialize};

use super::Square;
use crate::head::{ClassifierHead, Head};

/// A head's probabilities over a square of its 2-D embedding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// Centre of the square.
    pub center: [f64; 2],
    /// Half the length of its sides.
    pub half: f64,
    /// Cells a side.
    pub cells: usize,
    /// The probability of class 1 at the centre of each cell, in the order of [`Square::grid`]; with
    /// more than two classes, those of all classes, one after the other.
    pub probabilities: Vec<f32>,
}

impl Plane {
    /// Evaluates `head`, without autodiff, over `square`.
    ///
    /// # Errors
    ///
    /// If the device cannot be read.
    pub fn of(head: &Head, square: Square, device: &Device) -> Result<Self, TensorReadError> {
        const CELLS: usize = 160;
        let points: Vec<f32> = square.grid(CELLS).into_flattened();
        let shape = [CELLS * CELLS, 2];
        let embedding = Tensor::<2>::from_data(TensorData::new(points, shape), device);
        // Few digits serve a picture and keep the file small; the boundary between classes that are
        // all about equally probable needs more of them.
        let (probabilities, digits) = match head.probabilities(embedding) {
            both if both.dims()[1] == 2 => (both.narrow(1, 1, 1), 1e4),
            all => (all, 1e6),
        };
        let rounded = |p: f32| (p * digits).round() / digits;
        let probabilities = probabilities.try_to_vec_as::<f32>()?;
        let probabilities = probabilities.into_iter().map(rounded).collect();
        Ok(Self {
            center: square.center,
            half: square.half,
            cells: CELLS,
            probabilities,
        })
    }

    /// The square.
    pub fn square(&self) -> Square {
        Square {
            center: self.center,
            half: self.half,
        }
    }
}
