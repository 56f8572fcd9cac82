use std::fmt::Debug;
use std::ops::RangeInclusive;

use burn::tensor::Device;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A way to classify, as its settings: the fields of a struct, which a command line gives in
/// parentheses, `name(key=value, ...)`, and a configuration file as a table.
///
/// The struct derives `Serialize` and `Deserialize` with `#[serde(default, deny_unknown_fields, rename_all =
/// "kebab-case")]`, and implements `Default` for what the bare name means.
pub trait Method:
    Copy + Default + PartialEq + Debug + Serialize + DeserializeOwned + 'static
{
    /// What is trained.
    type Head;

    /// The name on the command line and in files.
    const NAME: &'static str;

    /// What it does, in one line of a help text.
    const ABOUT: &'static str;

    /// Names of their own for some settings.
    const NAMED: &'static [(&'static str, Self)] = &[];

    /// The name in figures.
    fn title(&self) -> String;

    /// The size of its embedding, if it is not for the experiment to choose.
    fn embedding_dim(&self) -> Option<usize> {
        None
    }

    /// The smallest embedding that it can work on.
    fn min_embedding_dim(&self, _classes: usize) -> usize {
        1
    }

    /// How many classes it can tell apart.
    fn classes(&self) -> RangeInclusive<usize> {
        2..=usize::MAX
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// What is wrong: `tau is 0, but must be above 0`.
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }

    /// The untrained head.
    fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> Self::Head;
}

/// What a list of any methods needs of each.
pub(super) trait AnyMethod {
    fn method(&self) -> &'static str;
    fn about(&self) -> &'static str;
    fn title(&self) -> String;
    fn embedding_dim(&self) -> Option<usize>;
    fn min_embedding_dim(&self, classes: usize) -> usize;
    fn classes(&self) -> RangeInclusive<usize>;
    fn settings(&self) -> Settings;
    fn default_settings(&self) -> Settings;
}

/// Values of settings by name.
pub(super) type Settings = serde_json::Map<String, serde_json::Value>;

impl<M: Method> AnyMethod for M {
    fn method(&self) -> &'static str {
        M::NAME
    }

    fn about(&self) -> &'static str {
        M::ABOUT
    }

    fn title(&self) -> String {
        Method::title(self)
    }

    fn embedding_dim(&self) -> Option<usize> {
        Method::embedding_dim(self)
    }

    fn min_embedding_dim(&self, classes: usize) -> usize {
        Method::min_embedding_dim(self, classes)
    }

    fn classes(&self) -> RangeInclusive<usize> {
        Method::classes(self)
    }

    fn settings(&self) -> Settings {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(settings)) => settings,
            other => unreachable!("the settings of {} are a struct, not {other:?}", M::NAME),
        }
    }

    fn default_settings(&self) -> Settings {
        M::default().settings()
    }
}

/// The method with some settings changed.
pub(super) fn with<M: Method>(method: M, changes: Settings) -> Result<M, String> {
    let mut settings = method.settings();
    settings.extend(changes);
    let changed: M = serde_json::from_value(settings.into()).map_err(|error| error.to_string())?;
    changed.validate()?;
    Ok(changed)
}

/// All names of a method and what they mean.
pub(super) fn names<M: Method>() -> impl Iterator<Item = (&'static str, M)> {
    // The bare name first, unless what it means has a name of its own.
    let bare = (M::NAME, M::default());
    let is_named = M::NAMED.iter().any(|(_, method)| *method == bare.1);
    let bare = (!is_named).then_some(bare);
    bare.into_iter().chain(M::NAMED.iter().copied())
}
