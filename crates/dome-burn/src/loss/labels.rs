use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use burn::tensor::{Bool, Int, Tensor};

/// What labels a loss takes.
pub(super) struct Labels<'a> {
    /// The loss's name, for messages.
    pub loss: &'static str,
    pub classes: usize,
    /// Labels whose samples do not count; they may be no classes.
    pub ignored: &'a Option<Vec<i64>>,
    /// Whether to read them, to refuse what is neither.
    pub checked: bool,
}

impl Labels<'_> {
    /// Class indices, 0 in the place of labels that are ignored, and which these are.
    ///
    /// # Panics
    ///
    /// If a label is neither a class nor ignored, and labels are checked.
    pub fn read<const D: usize>(
        &self,
        labels: Tensor<D, Int>,
    ) -> (Tensor<D, Int>, Option<Tensor<D, Bool>>) {
        let ignored = self.ignored.as_deref().unwrap_or_default();
        if self.checked {
            self.check(&labels, ignored);
        }
        let masks = ignored
            .iter()
            .map(|&label| labels.clone().equal_elem(label));
        match masks.reduce(Tensor::bool_or) {
            Some(mask) => (labels.mask_fill(mask.clone(), 0), Some(mask)),
            None => (labels, None),
        }
    }

    fn check<const D: usize>(&self, labels: &Tensor<D, Int>, ignored: &[i64]) {
        let Self { loss, classes, .. } = self;
        let is_class = |label: i64| usize::try_from(label).is_ok_and(|index| index < *classes);
        let unknown = |&label: &i64| !is_class(label) && !ignored.contains(&label);
        let data = labels.clone().into_data();
        if let Some(label) = data.iter::<i64>().find(unknown) {
            let but = match ignored {
                [] => String::new(),
                ignored => format!(", and {ignored:?} are ignored"),
            };
            panic!(
                "{loss}: a target is {label}, but {classes} classes have the indices 0 to {}{but}; correct \
                 the labels, or name {label} in the configuration's `ignored`",
                classes - 1
            );
        }
    }
}

/// The mean of losses over what their samples count: `sum` is that of the losses, `counts` has what each
/// counts. If that is nothing in all, NaN, with gradients 0.
pub(super) fn mean_over<const D: usize>(sum: Tensor<1>, counts: Tensor<D>) -> Tensor<1> {
    let total = counts.sum();
    let nothing = total.clone().equal_elem(0.0);
    let mean = sum / total.mask_fill(nothing.clone(), 1.0);
    mean.mask_fill(nothing, f64::NAN)
}
