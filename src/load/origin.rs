//! Where a text is from, and how to read it again.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::files::{self, name_of};
use crate::fault::Fault;
use crate::temporary::TemporaryFile;

/// Where a text is from. None of a large file's text is kept.
pub(super) enum Origin {
    /// A file of the user's. It may change.
    File(PathBuf),
    /// A file of our own, which goes when this does.
    Temporary {
        /// What it is called.
        name: String,
        /// The file.
        file: TemporaryFile,
    },
    /// A text that was in memory, or that can be read only once: standard input, a pipe.
    Text {
        /// What it is called.
        name: String,
        /// The text.
        text: String,
        /// The digest of its bytes.
        sha256: String,
    },
}

/// A text and its digest.
pub(super) struct Contents<'o> {
    pub(super) text: Cow<'o, str>,
    pub(super) sha256: Cow<'o, str>,
}

impl Origin {
    /// That of a file. What can be read only once is read now.
    pub(super) fn of(path: &Path) -> Result<Self, Fault> {
        let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
        if is_file && path.as_os_str() != files::STDIN {
            return Ok(Self::File(path.to_owned()));
        }
        let files::Contents { text, sha256 } = files::read(path)?;
        Ok(Self::Text { name: name_of(path), text, sha256 })
    }

    pub(super) fn name(&self) -> Cow<'_, str> {
        match self {
            Self::File(path) => name_of(path).into(),
            Self::Temporary { name, .. } | Self::Text { name, .. } => name.into(),
        }
    }

    /// Where it lies on the disk, if it does.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Temporary { file, .. } => file.path(),
            Self::Text { name, .. } => Path::new(name),
        }
    }

    /// The whole text.
    pub(super) fn contents(&self) -> Result<Contents<'_>, Fault> {
        if let Self::Text { text, sha256, .. } = self {
            return Ok(Contents { text: text.into(), sha256: sha256.into() });
        }
        let files::Contents { text, sha256 } = files::read(self.path())?;
        Ok(Contents { text: text.into(), sha256: sha256.into() })
    }

    /// Writes the text.
    pub(super) fn copy(&self, to: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Text { text, .. } => to.write_all(text.as_bytes()),
            _ => io::copy(&mut File::open(self.path())?, to).map(|_| ()),
        }
    }
}
