//! The file of a SQLite database: where it is, and if it is still the one that was opened.

mod make;
mod room;

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use rustix::fs::Access;
use sea_orm::sqlx::sqlite::SqliteConnectOptions;

use crate::storage::error::{Outlook, StorageError};

/// The file of a database.
#[derive(Debug, Clone)]
pub(in crate::storage) struct DatabaseFile {
    /// The file itself, behind all links: SQLite has the parts beside it.
    path: PathBuf,
    /// The path that the address names, which may be a link.
    named: PathBuf,
    /// The files that were opened.
    opened: [Option<FileId>; PARTS.len()],
    /// True if the address asks for a file that is there already (`mode=rw`).
    must_exist: bool,
}

/// The endings of the files that are one database while it is open: the log of what was written last, and the index of
/// that log.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// The endings of what SQLite leaves beside a database: these, and the journal of an older way to write.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The device of a file, and its number there.
type FileId = (u64, u64);

/// The state of a database's files, which changes when anybody writes to it: the length and the time of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState([Option<(u64, i64, i64)>; 2]);

impl DatabaseFile {
    /// The state of the file, and of the log beside it, to which SQLite writes first.
    pub(in crate::storage) fn state(&self) -> FileState {
        let state = |path: &Path| {
            let found = fs::metadata(path).ok()?;
            Some((found.len(), found.mtime(), found.mtime_nsec()))
        };
        FileState([state(&self.path), state(&self.part("-wal"))])
    }

    /// The path of a part, by its ending.
    fn part(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        name.into()
    }

    /// The file that an address names; none if it names a server.
    pub(in crate::storage) fn of(url: &str) -> Result<Option<Self>, StorageError> {
        if !url.starts_with("sqlite:") {
            return Ok(None);
        }
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let has = |name: &str, values: &[&str]| {
            let mut parameters = form_urlencoded::parse(query.as_bytes());
            parameters.any(|(key, value)| key == name && values.contains(&&*value))
        };
        if place.ends_with(":memory:") || has("mode", &["memory"]) {
            let why = "a database in memory is gone with its last connection; name a file";
            return Err(StorageError::Address(why.to_owned()));
        }
        if has("mode", &["ro"]) || has("immutable", &["true", "1"]) {
            let why = "it asks for a database that is only read; leave that part out: a leaked token could not be \
                       revoked there";
            return Err(StorageError::Address(why.to_owned()));
        }
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|error| StorageError::Address(error.to_string()))?;
        let named = std::path::absolute(options.get_filename())
            .map_err(|error| StorageError::Address(format!("it names no file: {error}")))?;
        Ok(Some(Self {
            path: behind_links(&named),
            named,
            opened: [None; PARTS.len()],
            must_exist: has("mode", &["rw"]),
        }))
    }

    /// The path, for messages.
    pub(in crate::storage) fn place(&self) -> String {
        self.path.display().to_string()
    }

    /// Makes sure that there is a file that can be read and written: SQLite writes beside it even to read.
    pub(super) fn must_be_there(&self) -> Result<(), StorageError> {
        self.must_leave_nothing_behind()?;
        match OpenOptions::new().read(true).write(true).open(&self.path) {
            Ok(_) => self.must_have_room_to_open(),
            Err(error) if error.kind() == ErrorKind::NotFound && self.must_exist => Err(self
                .unusable(
                    "there is no such file, and `mode=rw` in `database.url` lets nobody make it",
                )),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(StorageError::NoFile(self.path.clone()))
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Makes sure that no part of another database lies at the place of a file that is missing or empty. SQLite deletes such a
    /// part when it makes the file, or only reads an empty one, and with it what was committed there last.
    fn must_leave_nothing_behind(&self) -> Result<(), StorageError> {
        // They are looked for before the file, which is made before them.
        let is_there = |ending: &&str| self.part(ending).symlink_metadata().is_ok();
        let mut left: Vec<&str> = BESIDE.into_iter().filter(is_there).collect();
        let is_missing = match fs::metadata(&self.path) {
            Ok(found) if found.len() > 0 => return Ok(()),
            Ok(_) => {
                // A journal beside an empty file is that of a process that was killed while it made the file.
                left.retain(|ending| *ending == "-wal");
                false
            }
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            // The reason is told when it is opened.
            Err(_) => return Ok(()),
        };
        if left.is_empty() {
            return Ok(());
        }
        let found = if is_missing { "is missing" } else { "is empty" };
        let left: Vec<String> = left
            .into_iter()
            .map(|ending| self.part(ending).display().to_string())
            .collect();
        Err(self.unusable(&format!(
            "the file {found}, but {} of an earlier database is there, perhaps with the last changes of that one. Bring its file \
             back if it was moved; else move this away too, and keep it with that file",
            left.join(" and ")
        )))
    }

    /// Notes the files that were opened.
    pub(super) fn remember(&mut self) {
        self.opened = PARTS.map(|ending| identity(&self.part(ending)).ok());
    }

    /// Makes sure that the files are those that were opened: SQLite goes on with files that were deleted, and what is
    /// written then is lost, and what others write to the new ones is not seen.
    pub(in crate::storage) fn must_be_the_same(&self) -> Result<(), StorageError> {
        for (ending, opened) in PARTS.into_iter().zip(self.opened) {
            let Some(opened) = opened else { continue };
            let part = self.part(ending);
            let what = || match ending {
                "" => "the file".to_owned(),
                _ => format!("its part {}", part.display()),
            };
            // A link that leads elsewhere by now is another file, too.
            let found = match ending {
                "" => identity(&self.named),
                _ => identity(&part),
            };
            match found {
                Ok(found) if found == opened => {}
                Ok(_) => return Err(self.replaced(&format!(
                    "{} was replaced while it was open; restart the service to use the new one",
                    what()
                ))),
                Err(error) if error.kind() == ErrorKind::NotFound => return Err(self.replaced(&format!(
                    "{} was deleted or moved while it was open; put it back, or everything from a backup, and restart \
                     the service",
                    what()
                ))),
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Ok(())
    }

    /// Warns if everybody on the machine has a right to the database: it was made under another umask, or copied.
    pub(super) fn warn_if_open(&self) {
        const EVERYBODY: u32 = 0o007;
        for ending in PARTS.into_iter().chain(["-journal"]) {
            let part = self.part(ending);
            let metadata = fs::metadata(&part);
            if metadata.is_ok_and(|metadata| metadata.mode() & EVERYBODY != 0) {
                tracing::warn!(
                    file = %part.display(),
                    "everybody on this machine can read or write the database; run `chmod o-rwx` on its file",
                );
            }
        }
    }

    /// Makes sure that the file and its folder can be written.
    pub(super) fn must_be_writable(&self) -> Result<(), StorageError> {
        for path in [Some(self.path.as_path()), self.path.parent()]
            .into_iter()
            .flatten()
        {
            rustix::fs::access(path, Access::WRITE_OK).map_err(|error| {
                self.unusable(&format!(
                    "{} cannot be written: {}",
                    path.display(),
                    io::Error::from(error)
                ))
            })?;
        }
        Ok(())
    }

    /// The reason why SQLite does not open the file: its own words do not tell of a full disk, and nothing of a wait.
    pub(super) fn reason(&self, error: StorageError) -> StorageError {
        let is_of_disk = error.is_of_disk();
        let error = error.at(&self.place());
        if error.is_unreachable() {
            let why = "it cannot be opened in time, as a rule because another program has the file for itself";
            return self.unusable_with(why, Outlook::Unreachable);
        }
        if is_of_disk {
            return self.must_have_room().err().unwrap_or(error);
        }
        error
    }

    fn failed(&self, error: &io::Error) -> StorageError {
        match error.kind() {
            ErrorKind::PermissionDenied => self.unusable(
                "this user may not read and write it; run this as the user of the service, or `chown` it to that user",
            ),
            ErrorKind::IsADirectory => self.unusable("it is a folder"),
            _ => self.unusable(&error.to_string()),
        }
    }

    fn unusable(&self, why: &str) -> StorageError {
        self.unusable_with(why, Outlook::Lasting)
    }

    fn replaced(&self, why: &str) -> StorageError {
        self.unusable_with(why, Outlook::Replaced)
    }

    fn unusable_with(&self, why: &str, outlook: Outlook) -> StorageError {
        StorageError::Unusable {
            place: self.place(),
            why: why.to_owned(),
            outlook,
        }
    }
}

/// The path that links at `path` lead to in the end, also if nothing is there.
fn behind_links(path: &Path) -> PathBuf {
    /// As many as Linux follows; what has more is opened by nobody.
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        let Ok(next) = fs::read_link(&path) else {
            break;
        };
        // The folder stays as it is written: `..` in the link goes up from where that folder really is.
        path.set_file_name(next);
    }
    path
}

fn identity(path: &Path) -> io::Result<FileId> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}
