use burn::tensor::{bf16, f16};

use super::exponential::{Exact, Exp2, Rounded};
use super::float::Float;

/// How exact exponentials have to be for results of a type.
pub(in crate::op) trait Precision: Float {
    type Exp2: Exp2;
}

impl Precision for f64 {
    type Exp2 = Exact;
}

impl Precision for f32 {
    type Exp2 = Rounded;
}

impl Precision for f16 {
    type Exp2 = Rounded;
}

impl Precision for bf16 {
    type Exp2 = Rounded;
}
