use std::fmt::Write;

use super::super::FIXED_DETECTORS;

/// The head of the page.
pub(super) const INTRODUCTION: &str = "\
# The study: heads under the same conditions

Generated from the results by `mnist-experiments study`; changes belong there. The results are a file for each training,
which names its configuration, seed, versions and the checksums of the images.

";

/// What all tables have in common.
pub(super) const HOW_TO_READ: &str = "
## How to read it

- Numbers are the mean over the seeds and, behind ±, their standard deviation (n - 1). Where fewer seeds are known than
  were planned, the cell says how many; `missing` is planned and not known yet, `–` is not planned.
- **Few seeds prove little.** The standard deviation of five numbers is itself uncertain by a third, of two numbers it says
  nearly nothing, and all seeds share the test images, on which others chose these networks before us. A difference
  smaller than the deviations is none. A seed changes the initial weights and the order of the images, not the images.
- Everything but attacks is measured on all test images. No setting was chosen by an outlier. Lengths, scales, margins and
  shares of all heads were chosen in the same way, on validation images of both sets, in shorter trainings
  ([their table](study-settings.md)); learning rate, batch size and epochs were chosen earlier with a look at test images.
- *Compactness*: smallest distance of two classes' centroids over the mean distance to the own one; *NC1*: variability
  within the classes relative to that between them, of the test images, smaller is more compact; *ECE*: expected
  calibration error, 15 bins of equal width; *AURC*: area under the risk-coverage curve.
- *Outliers*: the mean over eight sets (the other set of images, two kinds of noise, five changes of the test images) of
  the area under the ROC curve and of the share of test images taken for outliers where 95 % of the outliers are found.
  *Letters* are capitals of a printing font, regular and bold, in three sizes and nine places; some look like digits.
- *Robust accuracy*: the share of class-balanced test images that are classified correctly and stay so under an attack;
  pixels in [0, 1]. Attacks go through the scores, which nothing saturates. *Ensemble* is AutoAttack's standard set
  (arXiv 2003.01690), each attack on the survivors of those before it; every other attack stands alone. An attack gives an
  upper bound of the robust accuracy: a number that only weak attacks support means nothing, and natural training is not
  expected to withstand any.
- *Through other values than the scores*: the same PGD-40, but its gradients go through the logarithms of the probabilities,
  or through the training loss. Both may be saturated: a higher accuracy than through the scores is what a careless
  evaluation would have claimed. *By the gradients of the model beside*: perturbations made on the softmax model with the
  same seed, all steps of them, for the head (`from softmax`), and made on the head for softmax (`to softmax`, whose
  accuracy it is). Both are weaker attacks than those that know the model; where one is not, something hides gradients.
- *Against softmax*: differences of the means over common seeds. `t` is the p-value of Student's paired t-test over the seeds,
  `M` that of McNemar's exact test over the images of the first common seed, both adjusted by Holm's method for the heads of
  the column. `better` and `worse` stand where all tests of the cell are below 0.05, point the same way, and there are two
  seeds or more; with one seed, it says so. No word: the difference is not shown. A t-test of two pairs shows hardly
  anything, and McNemar's test speaks of these two models, not of the methods.
";

/// The table of fixed detectors.
pub(super) fn detectors() -> String {
    let mut text = "\nThe fixed detector of each head, chosen before any outlier was seen; `knn`, the distance of the \
                    embedding from the 50th nearest training image, is the same for all:\n\n\
                    | heads | detector | reason |\n|---|---|---|\n"
        .to_owned();
    for fixed in FIXED_DETECTORS {
        let heads = match fixed.methods.is_empty() {
            true => "all others".into(),
            false => fixed.methods.join(", "),
        };
        let _ = writeln!(text, "| {heads} | {} | {} |", fixed.detector, fixed.reason);
    }
    text
}
