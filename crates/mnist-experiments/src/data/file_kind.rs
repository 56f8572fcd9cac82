use super::Part;

/// What an IDX file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// Unsigned bytes in three dimensions: item, row, column; or in four, the last one the channel.
    Images,
    /// Unsigned bytes in one dimension: item.
    Labels,
}

impl FileKind {
    /// The numbers of dimensions that such a file may have, the usual one first.
    pub(super) fn dimensions(self) -> &'static [usize] {
        match self {
            FileKind::Images => &[3, 4],
            FileKind::Labels => &[1],
        }
    }

    /// The names a file of this kind may have, in order of preference.
    pub(super) fn names(self, part: Part) -> Vec<String> {
        let prefix = part.file_prefix();
        let what = self.name();
        let named = |dimensions: &usize| {
            [("-", ""), (".", ""), ("-", ".gz"), (".", ".gz")]
                .map(|(dash, gz)| format!("{prefix}-{what}{dash}idx{dimensions}-ubyte{gz}"))
        };
        self.dimensions().iter().flat_map(named).collect()
    }

    /// `images` or `labels`.
    pub(super) fn name(self) -> &'static str {
        match self {
            FileKind::Images => "images",
            FileKind::Labels => "labels",
        }
    }
}
