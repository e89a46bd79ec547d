//! The moment of a request: were all facts that it rests on true together?
//!
//! Each fact is as of the last change that was followed, or later. Two of them from different moments may add up to
//! rights that nobody ever had, so a request during which one of its facts changed is answered anew.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::decision::principal::Principal;
use crate::domain::events::subject::Touched;
use crate::domain::registry::repository_name::RepositoryName;
use crate::storage::changes::follow::NumberedChange;
use crate::storage::connections::db::Db;
use crate::storage::directory::drops::{Begun, Dropped, Drops};
use crate::storage::error::StorageError;

/// The facts of one request, as far as their time goes.
#[derive(Debug)]
pub(super) struct OneMoment {
    /// The drops before the first fact was looked at.
    begun: Option<Begun>,
    /// The least and the greatest number of a last change that the facts know of which were read from storage past the copies.
    numbers: Mutex<Option<(i64, i64)>>,
}

impl OneMoment {
    /// A request that begins now, with copies or without.
    pub(super) fn begin(drops: Option<&Drops>) -> Self {
        Self {
            begun: drops.map(Drops::begin),
            numbers: Mutex::default(),
        }
    }

    /// Notes the number of the last change that a fact knows of, which was read from storage past the copies.
    pub(super) fn note(&self, number: i64) {
        let mut numbers = self.numbers();
        let (least, greatest) = numbers.unwrap_or((number, number));
        *numbers = Some((least.min(number), greatest.max(number)));
    }

    /// True if no change came between the facts that were read past the copies, or none on which a request of this caller for
    /// these repositories rests.
    pub(super) async fn is_one(
        &self,
        db: &Db,
        principal: &Principal,
        repositories: &[&RepositoryName],
    ) -> Result<bool, StorageError> {
        let numbers = *self.numbers();
        let Some((least, greatest)) = numbers.filter(|(least, greatest)| least < greatest) else {
            return Ok(true);
        };
        let between = Box::pin(db.changes_after(least)).await?;
        let are_told = between.last().is_some_and(|last| last.number >= greatest);
        let concerns = |change: &NumberedChange| {
            let touched = change.touched.as_ref();
            touched.is_none_or(|touched| {
                let mut touched = touched.iter();
                touched.any(|touched| rests_on(touched, principal, repositories))
            })
        };
        Ok(are_told && !between.iter().any(concerns))
    }

    fn numbers(&self) -> MutexGuard<'_, Option<(i64, i64)>> {
        // The lock is held only to change the value, so a poisoned one is whole.
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if none of the copies was dropped since that a request of this caller for these repositories rests on.
    pub(super) fn lasts(
        &self,
        drops: &Drops,
        principal: &Principal,
        repositories: &[&RepositoryName],
    ) -> bool {
        self.begun.is_none_or(|begun| {
            !drops.have_dropped(begun, |dropped| match dropped {
                Dropped::Everything => true,
                Dropped::Touched(touched) => rests_on(touched, principal, repositories),
                // Nobody's rights change with it.
                Dropped::RefreshToken(_) => false,
            })
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
        Touched::Namespace(at) => repositories.iter().any(|name| name.is_in(at.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access_tokens::scope::AccessTokenScopes;
    use crate::domain::decision::principal::{Ceiling, DeployTokenPrincipal, Proof, SignedIn};
    use crate::domain::ids::{AccessTokenId, DeployTokenId, UserId};
    use crate::domain::namespaces::path::NamespacePath;
    use crate::domain::users::username::Username;

    fn path(text: &str) -> NamespacePath {
        NamespacePath::try_from(text).unwrap()
    }

    fn alice() -> Principal {
        Principal::User(SignedIn {
            id: UserId(1),
            username: Username::try_from("alice").unwrap(),
            admin: false,
            external: false,
            is_named_otherwise: false,
            ceiling: Ceiling {
                proof: Proof::AccessToken(AccessTokenId(1)),
                scopes: AccessTokenScopes::of_password_login(),
                repositories: Vec::new(),
            },
        })
    }

    fn machine() -> Principal {
        Principal::DeployToken(DeployTokenPrincipal {
            id: DeployTokenId(1),
            subject: "deploy_token:ci".to_owned(),
            path: path("team"),
            scopes: AccessTokenScopes::of_password_login(),
        })
    }

    /// Ids of different things are the same here: one of a user is none of a token.
    #[test]
    fn an_answer_rests_on_its_caller_and_on_what_is_above_the_repositories() {
        let repository = RepositoryName::try_from("team/app/image").unwrap();
        let of_caller = |number| {
            [
                Touched::User(UserId(number)),
                Touched::Memberships(UserId(number)),
                Touched::AccessToken(AccessTokenId(number)),
                Touched::DeployToken(DeployTokenId(number)),
            ]
        };
        for (caller, own) in [
            (Principal::Anonymous, [false; 4]),
            (alice(), [true, true, true, false]),
            (machine(), [false, false, false, true]),
        ] {
            let rests = |touched: &Touched| rests_on(touched, &caller, &[&repository]);
            assert_eq!(of_caller(1).each_ref().map(rests), own, "{caller:?}");
            assert_eq!(of_caller(2).each_ref().map(rests), [false; 4]);
            let places = ["team", "team/app", "team/ap", "other"];
            let above = places.map(|at| rests(&Touched::Namespace(path(at))));
            assert_eq!(above, [true, true, false, false]);
        }
    }
}
