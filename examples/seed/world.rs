//! The made-up world: what there is, and whose.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use wharfinger::domain::entropy::Entropy;
use wharfinger::domain::secret::{SecretKind, SecretToken};

/// The groups that lie in one another.
const DEPTH: u64 = 8;

/// The numbers of things; each thing has a number from 1.
pub(crate) struct World {
    pub(crate) tokens: u64,
    pub(crate) projects: u64,
    pub(crate) users: u64,
    pub(crate) groups: u64,
}

impl World {
    pub(crate) fn with(tokens: u64) -> Self {
        Self {
            tokens,
            projects: (tokens / 10).max(1),
            users: (tokens / 100).max(1),
            groups: (tokens / 1000).max(1),
        }
    }

    /// The owner of a token.
    pub(crate) fn owner(&self, token: u64) -> u64 {
        turn(token, self.users)
    }

    /// The group of a project, and the one in which a user has a role.
    pub(crate) fn group_of(&self, number: u64) -> u64 {
        turn(number, self.groups)
    }

    /// The group in which a group lies.
    pub(crate) fn parent(group: u64) -> Option<u64> {
        (!(group - 1).is_multiple_of(DEPTH)).then(|| group - 1)
    }

    pub(crate) fn group_path(group: u64) -> String {
        match Self::parent(group) {
            Some(parent) => format!("{}/group{group}", Self::group_path(parent)),
            None => format!("group{group}"),
        }
    }

    pub(crate) fn project_path(&self, project: u64) -> String {
        format!(
            "{}/project{project}",
            Self::group_path(self.group_of(project))
        )
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tokens,
            projects,
            users,
            groups,
        } = self;
        write!(
            f,
            "{tokens} tokens, {projects} projects, {users} users, {groups} groups"
        )
    }
}

impl World {
    /// The secret of a personal access token; 0 is the administrator's.
    pub(crate) fn secret(token: u64) -> SecretToken {
        secret(SecretKind::AccessToken, token)
    }
}

/// The secret with that number, of any kind.
pub(crate) fn secret(kind: SecretKind, number: u64) -> SecretToken {
    let digits = format!("{number:040}").into_bytes();
    SecretToken::generate(kind, &Digits(digits, AtomicUsize::new(0)))
}

/// Numbers take turns: 1, 2, … `of`, 1, 2, …
fn turn(number: u64, of: u64) -> u64 {
    (number - 1) % of + 1
}

/// Digits in place of randomness.
struct Digits(Vec<u8>, AtomicUsize);

impl Entropy for Digits {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            let index = self.1.fetch_add(1, Ordering::Relaxed) % self.0.len().max(1);
            *byte = self.0.get(index).map_or(0, |digit| digit - b'0');
        }
    }
}
