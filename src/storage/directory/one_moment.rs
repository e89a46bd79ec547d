//! The moment of a request: were all facts that it rests on true together?
//!
//! Each fact is as of the last change that was followed, or later. Two of them from different moments may add up to
//! rights that nobody ever had, so a request during which one of its facts changed is answered anew.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::decision::principal::Principal;
use crate::domain::events::subject::Touched;
use crate::domain::registry::repository_name::RepositoryName;
use crate::storage::connect::Db;
use crate::storage::counter;
use crate::storage::directory::drops::{Begun, Drops};
use crate::storage::error::StorageError;

/// The facts of one request, as far as their time goes.
#[derive(Debug)]
pub(super) struct OneMoment {
    /// The drops before the first fact was looked at.
    begun: Option<Begun>,
    /// The number of the last change that facts from storage know of.
    number: OnceLock<i64>,
    /// True if facts from storage know of different changes.
    is_torn: AtomicBool,
    /// True if the last answer of storage did not tell its number.
    is_vague: AtomicBool,
}

impl OneMoment {
    /// A request that begins now, with copies or without.
    pub(super) fn begin(drops: Option<&Drops>) -> Self {
        Self {
            begun: drops.map(Drops::begin),
            number: OnceLock::new(),
            is_torn: AtomicBool::new(false),
            is_vague: AtomicBool::new(false),
        }
    }

    /// Notes the number of the last change that a fact knows of, which was read from storage past the copies.
    pub(super) fn note(&self, number: Option<i64>) {
        self.is_vague.store(number.is_none(), Ordering::Relaxed);
        if let Some(number) = number
            && *self.number.get_or_init(|| number) != number
        {
            self.is_torn.store(true, Ordering::Relaxed);
        }
    }

    /// True if what was read past the copies was read at one moment.
    pub(super) async fn is_one(&self, db: &Db) -> Result<bool, StorageError> {
        if self.is_vague.load(Ordering::Relaxed) && self.number.get().is_some() {
            self.note(Some(counter::read(&db.connection).await?));
        }
        Ok(!self.is_torn.load(Ordering::Relaxed))
    }

    /// True if none of the copies was dropped since that a request of this caller for these repositories rests on.
    pub(super) fn lasts(
        &self,
        drops: &Drops,
        principal: &Principal,
        repositories: &[&RepositoryName],
    ) -> bool {
        self.begun.is_none_or(|begun| {
            !drops.have_dropped(begun, |touched| rests_on(touched, principal, repositories))
        })
    }
}

/// True if an answer to this caller for these repositories rests on that thing.
fn rests_on(touched: &Touched, principal: &Principal, repositories: &[&RepositoryName]) -> bool {
    let user = match principal {
        Principal::User(user) => Some(user.id),
        Principal::Anonymous | Principal::DeployToken(_) => None,
    };
    match touched {
        Touched::User(id) | Touched::Memberships(id) => user == Some(*id),
        Touched::AccessToken(id) => principal.access_token() == Some(*id),
        Touched::DeployToken(id) => {
            matches!(principal, Principal::DeployToken(token) if token.id == *id)
        }
        Touched::Namespace(at) => repositories
            .iter()
            .flat_map(|name| name.prefixes())
            .any(|path| path == at.as_str()),
    }
}
