//! The numbers of the copies, for the operator.

use std::sync::atomic::{AtomicU64, Ordering};

/// Questions by what they ask for.
#[derive(Debug, Default)]
pub(super) struct Questions {
    pub(super) access_tokens: CopyHits,
    pub(super) deploy_tokens: CopyHits,
    pub(super) refresh_tokens: CopyHits,
    pub(super) roles: CopyHits,
    pub(super) namespaces: CopyHits,
}

/// Questions that a copy answered, and others.
#[derive(Debug, Default)]
pub(super) struct CopyHits {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl CopyHits {
    /// Notes that a copy was looked for, and hands it on.
    pub(super) fn note<T>(&self, copy: Option<T>) -> Option<T> {
        let count = if copy.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        count.fetch_add(1, Ordering::Relaxed);
        copy
    }

    /// Notes that many copies were looked for.
    pub(super) fn note_many(&self, hits: u64, misses: u64) {
        self.hits.fetch_add(hits, Ordering::Relaxed);
        if misses > 0 {
            self.misses.fetch_add(misses, Ordering::Relaxed);
        }
    }

    fn read(&self) -> (u64, u64) {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (read(&self.hits), read(&self.misses))
    }
}

impl Questions {
    pub(super) fn read(&self) -> Vec<(&'static str, u64, u64)> {
        let all = [
            ("access_token", &self.access_tokens),
            ("deploy_token", &self.deploy_tokens),
            ("refresh_token", &self.refresh_tokens),
            ("roles", &self.roles),
            ("namespace", &self.namespaces),
        ];
        let read = all.into_iter().map(|(kind, answers)| {
            let (hits, misses) = answers.read();
            (kind, hits, misses)
        });
        read.collect()
    }
}
