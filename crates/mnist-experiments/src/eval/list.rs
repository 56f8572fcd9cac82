/// The one list of evaluations, each with its file and the values in it. From it come their modules, what training
/// runs and `evaluate` do, the command line and the tests.
macro_rules! evaluations {
    ($($file:ident: $($evaluation:expr),+;)*) => {
        $(mod $file; pub use $file::*;)*

        /// All evaluations, in the order of tables.
        pub const EVALUATIONS: &[&dyn Evaluation] = &[$($(&$evaluation),+),*];
    };
}

pub(super) use evaluations;
