//! Key files that a restoration writes. They count when the database is there too: from before its first row until then a mark lies beside
//! them, so that what a restoration left that was killed is not taken for keys at work, and is not in the way of another try.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::Path;

use secrecy::ExposeSecret;

use crate::domain::backup::key_file::KeyFile;
use crate::signing::copy::paths;
use crate::signing::error::KeyError;
use crate::signing::files;
use crate::signing::key_directory::KeyDirectory;
use crate::signing::key_ring::KeyRing;

/// Key files that were written, beside their mark.
#[derive(Debug)]
pub struct RestoredKeys {
    directory: KeyDirectory,
    /// The paths of those that were not there before this try.
    written: Vec<String>,
}

/// A restoration that has begun, with its mark; no other one begins in the same folder until it is dropped.
#[derive(Debug)]
pub struct BegunRestoration {
    directory: KeyDirectory,
    /// True if the folder was made for the mark.
    is_new: bool,
    /// The lock of the folder itself, which leaves no file behind; none where folders cannot be locked, as on some network disks.
    _lock: Option<File>,
}

/// A restoration that has not come to its end: it is under way, or it was cut off.
#[derive(Debug, Clone)]
pub struct UnfinishedRestoration {
    directory: KeyDirectory,
    /// The backup, in words.
    backup: String,
    /// The paths of the files that come from it.
    files: BTreeSet<String>,
}

/// Makes sure that nothing but these key files is in `folder`: whichever is there already has the same text.
pub fn must_have_no_other_key_files(folder: &Path, all: &[KeyFile]) -> Result<(), KeyError> {
    lacking(&KeyDirectory::at(folder)?, all).map(drop)
}

impl BegunRestoration {
    /// Marks `folder` before anything is written into the database, by a backup which `backup` describes. Of an earlier try, key files
    /// stay marked; without any, nothing is left of it.
    pub fn mark(folder: &Path, backup: &str) -> Result<Self, KeyError> {
        let directory = KeyDirectory::at(folder)?;
        let is_new = !directory.root.exists();
        files::make_folder(&directory.root, 0o711)?;
        let begun = Self {
            _lock: lock_folder(&directory)?,
            is_new,
            directory,
        };
        let before = UnfinishedRestoration::find(&begun.directory.root)?;
        if !before.is_some_and(|before| before.has_keys()) {
            let mark = begun.directory.restoration_mark();
            files::write(&mark, files::PRIVATE, &format!("{backup}\n"))?;
        }
        Ok(begun)
    }

    /// Takes the mark back, unless there are key files that it names.
    pub fn take_back(&self) {
        remove_mark_without_files(&self.directory);
        if self.is_new {
            // It fails where key files are.
            let _ = fs::remove_dir(&self.directory.root);
        }
    }
}

impl RestoredKeys {
    /// Writes the key files of a backup, which `backup` describes, into `folder`; none is replaced. If that fails, it takes
    /// back what it wrote.
    pub fn write(folder: &Path, all: &[KeyFile], backup: &str) -> Result<Self, KeyError> {
        let directory = KeyDirectory::at(folder)?;
        directory.make_folders()?;
        let _lock = files::lock(&directory.root)?;
        let lacking = lacking(&directory, all)?;
        let written = lacking.iter().map(|file| file.path.clone()).collect();
        let restored = Self { directory, written };
        let done = restored.write_all(&lacking, backup);
        match done {
            Ok(()) => Ok(restored),
            Err(error) => {
                restored.take_back();
                Err(error)
            }
        }
    }

    /// Those that an earlier try wrote into `folder`; none if one of them is lacking.
    pub fn find(folder: &Path, all: &[KeyFile]) -> Result<Option<Self>, KeyError> {
        let directory = KeyDirectory::at(folder)?;
        let is_whole = lacking(&directory, all)?.is_empty();
        Ok(is_whole.then_some(Self {
            directory,
            written: Vec::new(),
        }))
    }

    fn write_all(&self, lacking: &[&KeyFile], backup: &str) -> Result<(), KeyError> {
        let directory = &self.directory;
        let before = UnfinishedRestoration::find(&directory.root)?;
        let mut marked = before.map(|before| before.files).unwrap_or_default();
        marked.extend(self.written.iter().cloned());
        let lines = marked.iter().map(String::as_str);
        let lines: Vec<&str> = std::iter::once(backup).chain(lines).collect();
        files::write(
            &directory.restoration_mark(),
            files::PRIVATE,
            &(lines.join("\n") + "\n"),
        )?;
        lacking
            .iter()
            .try_for_each(|file| write_file(directory, file))?;
        let is_there = KeyRing::is_there(&directory.root)?;
        is_there.then_some(()).ok_or_else(|| directory.no_keys())
    }

    /// Lets the key files count.
    pub fn keep(self) {
        remove_mark(&self.directory);
    }

    /// Takes back what this try wrote.
    fn take_back(&self) {
        for path in &self.written {
            // The first error is told; what cannot be removed stays marked.
            let _ = fs::remove_file(self.directory.root.join(path));
        }
        remove_mark_without_files(&self.directory);
    }
}

impl UnfinishedRestoration {
    /// The restoration whose mark is in `folder`, if there is one.
    pub fn find(folder: &Path) -> Result<Option<Self>, KeyError> {
        let directory = KeyDirectory::at(folder)?;
        let Some(text) = files::read_private(&directory.restoration_mark())? else {
            return Ok(None);
        };
        let mut lines = text.lines();
        let backup = lines.next().unwrap_or_default().to_owned();
        let files: BTreeSet<String> = lines
            .filter(|path| KeyFile::is_path(path))
            .map(str::to_owned)
            .collect();
        Ok(Some(Self {
            directory,
            backup,
            files,
        }))
    }

    /// True if all key files are written by now, so that the database may be there too.
    pub fn is_complete(&self) -> bool {
        let mut files = self.files.iter();
        files.all(|path| self.directory.root.join(path).exists())
    }

    /// True if key files come from it, or are still to come.
    pub fn has_keys(&self) -> bool {
        !self.files.is_empty()
    }

    /// Forgets it: the database is there, so nothing but the mark was left to be done.
    pub fn forget(&self) {
        // The mark stays in a folder that is mounted read-only; then every start finds that it means nothing.
        remove_mark(&self.directory);
    }

    /// The advice about it, for whoever would go on without its end.
    pub fn advice(&self) -> String {
        format!(
            "the restoration of {} was cut off, or is under way: run `wharfinger restore` again with the same backup, and it goes \
             on. To give it up, remove the key files that {} names, if it names any, and then that file",
            self.backup,
            self.directory.restoration_mark().display()
        )
    }

    fn has_files(&self) -> bool {
        let mut files = self.files.iter();
        files.any(|path| self.directory.root.join(path).symlink_metadata().is_ok())
    }
}

/// Those of `all` that are not in the folder yet; an error if one is there with another text, or any other key file is.
fn lacking<'a>(directory: &KeyDirectory, all: &'a [KeyFile]) -> Result<Vec<&'a KeyFile>, KeyError> {
    let mut there = BTreeSet::new();
    for path in paths(&directory.root)? {
        let place = directory.root.join(&path);
        let text = files::read(&place)?.unwrap_or_default();
        let is_same = |file: &&KeyFile| file.path == path && file.text.expose_secret() == text;
        if !all.iter().any(|file| is_same(&file)) {
            return Err(in_the_way(directory, &place));
        }
        there.insert(path);
    }
    let is_lacking = |file: &&KeyFile| !there.contains(&file.path);
    Ok(all.iter().filter(is_lacking).collect())
}

/// The error that a key file is there which the backup has not, or has with another text.
fn in_the_way(directory: &KeyDirectory, place: &Path) -> KeyError {
    let advice = match UnfinishedRestoration::find(&directory.root) {
        Ok(Some(unfinished)) => format!("this is another backup, and {}", unfinished.advice()),
        _ => "if these keys are to stay, restore --without-keys; else move them away, or name another folder in `keys.directory`".to_owned(),
    };
    let problem = format!("is there already, and a backup never replaces a key: {advice}");
    KeyError::new(place, problem)
}

fn write_file(directory: &KeyDirectory, file: &KeyFile) -> Result<(), KeyError> {
    let path = directory.root.join(&file.path);
    let (folder_mode, mode) = if KeyFile::is_public(&file.path) {
        (0o755, files::PUBLIC)
    } else {
        (0o700, files::PRIVATE)
    };
    // The folder itself is open to those who pass through to `public`.
    if let Some(folder) = path.parent().filter(|folder| *folder != directory.root) {
        files::make_folder(folder, folder_mode)?;
    }
    files::write(&path, mode, file.text.expose_secret())
}

/// The lock of the folder, for one restoration at a time.
fn lock_folder(directory: &KeyDirectory) -> Result<Option<File>, KeyError> {
    let Ok(folder) = File::open(&directory.root) else {
        return Ok(None);
    };
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::WouldBlock) => Err(KeyError::under_way(&directory.root)),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

fn remove_mark_without_files(directory: &KeyDirectory) {
    let left = UnfinishedRestoration::find(&directory.root);
    if let Ok(Some(left)) = left
        && !left.has_files()
    {
        remove_mark(directory);
    }
}

fn remove_mark(directory: &KeyDirectory) {
    // One that stays means nothing beside a database that is there.
    let _ = files::remove(&directory.restoration_mark());
}
