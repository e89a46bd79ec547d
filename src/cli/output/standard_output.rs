//! Standard output as the process found it: writing to one that is closed or leads nowhere fails no command by itself.

use std::io::stdout;

use anyhow::bail;
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, makedev};

/// The loss of all that is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum OutputLoss {
    #[error("standard output cannot be written")]
    ReadOnly,
    #[error("standard output is closed, or leads to /dev/null")]
    Closed,
    #[error("standard output leads to /dev/null")]
    Discarded,
}

/// Makes sure that what is printed arrives, or that its loss is wanted: a shell's `>/dev/null` says so.
pub(in crate::cli) fn must_be_open() -> anyhow::Result<()> {
    match loss() {
        None | Some(OutputLoss::Discarded) => Ok(()),
        Some(loss) => bail!("{loss}; lead it into a file"),
    }
}

/// Makes sure that somebody can get a secret that is printed.
pub(in crate::cli) fn must_keep_secrets() -> anyhow::Result<()> {
    match loss() {
        None => Ok(()),
        Some(loss) => {
            bail!("{loss}, and the secret would be lost; name a file for it with --output")
        }
    }
}

fn loss() -> Option<OutputLoss> {
    // One that cannot be asked may be written, or it fails then.
    let mode = fcntl_getfl(stdout()).ok()? & OFlags::RWMODE;
    // Writing to it seems to succeed.
    if mode == OFlags::RDONLY {
        return Some(OutputLoss::ReadOnly);
    }
    if !is_null() {
        return None;
    }
    // In the place of one that was closed, `/dev/null` was opened before the program began, and not for writing alone.
    Some(match mode {
        OFlags::RDWR => OutputLoss::Closed,
        _ => OutputLoss::Discarded,
    })
}

/// True if it is the device that keeps nothing, on Linux.
fn is_null() -> bool {
    fstat(stdout()).is_ok_and(|found| {
        let kind = FileType::from_raw_mode(found.st_mode);
        kind == FileType::CharacterDevice && found.st_rdev == makedev(1, 3)
    })
}
