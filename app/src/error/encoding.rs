//! Encodings that texts are in where they are not in UTF-8.

use std::fmt;

/// Encodings that texts are in where they are not in UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Western Europe, with characters where Latin-1 has none.
    Windows1252,
    /// Western Europe.
    Latin1,
    /// Two bytes a character, the low one first.
    Utf16Le,
    /// The high one first.
    Utf16Be,
    /// Four bytes a character, the lowest first.
    Utf32Le,
    /// The highest first.
    Utf32Be,
}

impl fmt::Display for Encoding {
    /// As iconv calls it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Encoding::Windows1252 => "WINDOWS-1252",
            Encoding::Latin1 => "LATIN1",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
            Encoding::Utf32Le => "UTF-32LE",
            Encoding::Utf32Be => "UTF-32BE",
        })
    }
}
