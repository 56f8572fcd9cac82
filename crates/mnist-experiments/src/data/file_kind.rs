use super::Part;

/// What an IDX file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// Unsigned bytes in three dimensions: item, row, column.
    Images,
    /// Unsigned bytes in one dimension: item.
    Labels,
}

impl FileKind {
    /// The first four bytes of such a file, big-endian: 0, 0, type (8 = unsigned byte),
    /// number of dimensions.
    pub(super) fn magic(self) -> u32 {
        match self {
            FileKind::Images => 0x0803,
            FileKind::Labels => 0x0801,
        }
    }

    /// The names a file of this kind may have, in order of preference.
    pub(super) fn names(self, part: Part) -> [String; 4] {
        let prefix = part.file_prefix();
        let what = self.name();
        let format = match self {
            FileKind::Images => "idx3-ubyte",
            FileKind::Labels => "idx1-ubyte",
        };
        [
            format!("{prefix}-{what}-{format}"),
            format!("{prefix}-{what}.{format}"),
            format!("{prefix}-{what}-{format}.gz"),
            format!("{prefix}-{what}.{format}.gz"),
        ]
    }

    /// `images` or `labels`.
    pub(super) fn name(self) -> &'static str {
        match self {
            FileKind::Images => "images",
            FileKind::Labels => "labels",
        }
    }
}
