//! Whether a file that is opened again is the one that was open before, as it was then.

use std::fs::File;
use std::io;
use std::time::SystemTime;

/// What tells a file from another that was put in its place, and from itself after it was written to.
///
/// What is written in place without a trace in length and time of modification is not noticed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Identity {
    length: u64,
    /// Not every file system tells.
    modified: Option<SystemTime>,
    #[cfg(unix)]
    device_and_inode: (u64, u64),
}

impl Identity {
    /// That of the file behind a handle, whatever its path leads to by now.
    pub(super) fn of(file: &File) -> io::Result<Identity> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        let metadata = file.metadata()?;
        Ok(Identity {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            device_and_inode: (metadata.dev(), metadata.ino()),
        })
    }

    /// How many bytes the file has.
    pub(super) fn length(&self) -> u64 {
        self.length
    }
}
