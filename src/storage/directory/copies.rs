//! Copies in memory of what token requests ask for most.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::access_tokens::AccessToken;
use crate::domain::decision::rights::NamespaceState;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::events::subject::Touched;
use crate::domain::ids::{AccessTokenId, DeployTokenId, NamespaceId, UserId};
use crate::domain::secret::SecretDigest;
use crate::domain::users::User;
use crate::storage::directory::boot_time::BootTime;
use crate::storage::directory::bounded_map::{BoundedMap, Emptiable, roles_heap};
use crate::storage::directory::drops::{Dropped, Drops};
use crate::storage::directory::facts::{
    FoundNamespace, FoundPaths, GivenRoles, MOST_COPIED, OwnedAccessToken, OwnedRefreshToken,
};
use crate::storage::directory::numbers::Questions;
use crate::storage::directory::shared_loads::SharedLoads;

/// The life of a copy of a refresh token. A login deletes the oldest ones of a user beyond a limit, and tells nobody.
const REFRESH_TOKEN_LIFE: Duration = Duration::from_mins(1);

/// The bytes of the largest copies beside roles: of an access token with long patterns and a long description, and of all others.
const LARGEST_TOKEN: usize = 32 * 1024;
const LARGEST_OTHER: usize = 2 * 1024;

/// Copies of rows. Whatever a change touches is dropped, so a copy is as good as the row, as of the last change that
/// was followed. Ends of tokens and roles are in the copies, and judged by whoever asks.
///
/// A digest leads to an id; all else is kept by what changes name, so that it is found when they touch it. Beside a token is its
/// digest: in a database that went back, somebody else's new token may get the id of one that is lost.
pub(in crate::storage) struct Copies {
    access_token_ids: BoundedMap<SecretDigest, AccessTokenId>,
    access_tokens: BoundedMap<AccessTokenId, (SecretDigest, Arc<AccessToken>)>,
    deploy_token_ids: BoundedMap<SecretDigest, DeployTokenId>,
    deploy_tokens: BoundedMap<DeployTokenId, (SecretDigest, Arc<DeployToken>)>,
    /// Each counts only beside the very copy of its user with which it was loaded: whatever revokes refresh tokens touches
    /// their user.
    refresh_tokens: BoundedMap<SecretDigest, (OwnedRefreshToken, BootTime)>,
    pub(super) users: BoundedMap<UserId, Arc<User>>,
    /// All roles of a user; none for one who has too many.
    pub(super) roles: BoundedMap<UserId, Option<Arc<GivenRoles>>>,
    pub(super) namespaces: BoundedMap<Box<str>, (NamespaceId, NamespaceState)>,
    /// Paths at which nothing is: apart, so that guessed names take no room from what exists. They have no age, as what exists has
    /// none: a stranger could tell the two apart by the time of an answer again and again.
    absent: BoundedMap<Box<str>, ()>,
    pub(super) drops: Drops,
    pub(super) loads: Loads,
    pub(super) asked: Questions,
}

/// Loads under way, each once for all who wait for the same.
pub(super) struct Loads {
    pub(super) access_tokens: SharedLoads<SecretDigest, Option<OwnedAccessToken>>,
    pub(super) deploy_tokens: SharedLoads<SecretDigest, Option<Arc<DeployToken>>>,
    pub(super) refresh_tokens: SharedLoads<SecretDigest, Option<OwnedRefreshToken>>,
    pub(super) roles: SharedLoads<UserId, Option<Arc<GivenRoles>>>,
    /// By the paths, in a row.
    pub(super) namespaces: SharedLoads<String, Arc<FoundPaths>>,
}

impl Copies {
    /// No copies yet, and never more than fit into about `memory` bytes. Who waits for somebody else's load does so for
    /// `patience` at the longest.
    pub(in crate::storage) fn new(memory: usize, patience: Duration) -> Self {
        let part = |hundredths: usize| memory / 100 * hundredths;
        Self {
            access_token_ids: BoundedMap::new(part(15), LARGEST_OTHER),
            access_tokens: BoundedMap::new(part(25), LARGEST_TOKEN),
            deploy_token_ids: BoundedMap::new(part(4), LARGEST_OTHER),
            deploy_tokens: BoundedMap::new(part(6), LARGEST_OTHER),
            refresh_tokens: BoundedMap::new(part(5), LARGEST_OTHER),
            users: BoundedMap::new(part(15), LARGEST_OTHER),
            roles: BoundedMap::new(part(15), roles_heap(MOST_COPIED)),
            namespaces: BoundedMap::new(part(10), LARGEST_OTHER),
            absent: BoundedMap::new(part(5), LARGEST_OTHER),
            drops: Drops::default(),
            loads: Loads {
                access_tokens: SharedLoads::new(patience),
                deploy_tokens: SharedLoads::new(patience),
                refresh_tokens: SharedLoads::new(patience),
                roles: SharedLoads::new(patience),
                namespaces: SharedLoads::new(patience),
            },
            asked: Questions::default(),
        }
    }

    /// Everything that is kept: what is added without a place here does not compile.
    fn all(&self) -> [&dyn Emptiable; 9] {
        let Self {
            access_token_ids,
            access_tokens,
            deploy_token_ids,
            deploy_tokens,
            refresh_tokens,
            users,
            roles,
            namespaces,
            absent,
            drops: _,
            loads: _,
            asked: _,
        } = self;
        [
            access_token_ids,
            access_tokens,
            deploy_token_ids,
            deploy_tokens,
            refresh_tokens,
            users,
            roles,
            namespaces,
            absent,
        ]
    }

    /// The number of copies, and the memory that they take, in bytes, about.
    pub(super) fn size(&self) -> (u64, u64) {
        let sizes = self.all().map(Emptiable::size);
        let all = sizes.into_iter();
        all.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1))
    }

    /// Drops the copies of all that a change touched.
    pub(in crate::storage) fn forget(&self, touched: impl IntoIterator<Item = Touched>) {
        for touched in touched {
            let dropped = Dropped::Touched(touched.clone());
            self.drops.drop(dropped, || self.remove(&touched));
        }
    }

    /// Drops all copies.
    pub(in crate::storage) fn forget_everything(&self) {
        self.drops.drop(Dropped::Everything, || {
            for copies in self.all() {
                copies.clear();
            }
        });
    }

    fn remove(&self, touched: &Touched) {
        match touched {
            Touched::User(id) => self.users.remove(id),
            Touched::Memberships(id) => self.roles.remove(id),
            Touched::AccessToken(id) => self.access_tokens.remove(id),
            Touched::DeployToken(id) => self.deploy_tokens.remove(id),
            Touched::Namespace(path) => {
                self.namespaces.remove(path.as_str());
                self.absent.remove(path.as_str());
            }
        }
    }

    /// The copy of what is at a path, or that nothing is; nothing at all if there is no copy.
    pub(super) fn namespace(&self, path: &str) -> Option<FoundNamespace> {
        if let Some(found) = self.namespaces.get(path) {
            return Some(Some(found));
        }
        self.absent.get(path).map(|()| None)
    }

    /// Keeps a copy of what is at a path.
    pub(super) fn keep_namespace(&self, path: &str, found: FoundNamespace) {
        match found {
            Some(found) => self.namespaces.insert(path.into(), found),
            None => self.absent.insert(path.into(), ()),
        }
    }

    /// The copy of the token with that digest, and of its owner.
    pub(super) fn access_token(&self, digest: &SecretDigest) -> Option<OwnedAccessToken> {
        let id = self.access_token_ids.get(digest)?;
        let (its_digest, token) = self.access_tokens.get(&id)?;
        if its_digest != *digest {
            return None;
        }
        let owner = self.users.get(&token.user_id)?;
        Some((token, owner))
    }

    /// Keeps a copy of a token and its owner.
    pub(super) fn keep_access_token(
        &self,
        digest: SecretDigest,
        (token, owner): &OwnedAccessToken,
    ) {
        self.access_token_ids.insert(digest, token.id);
        let copy = (digest, Arc::clone(token));
        self.access_tokens.insert(token.id, copy);
        self.keep_user(owner);
    }

    /// Keeps a copy of the roles of a user; for one who has more than there is room for, that these are too many.
    pub(super) fn keep_roles(&self, user: UserId, roles: Option<Arc<GivenRoles>>) {
        let fits = self.roles.takes(&user, &roles);
        self.roles.insert(user, roles.filter(|_| fits));
    }

    /// The copy of a refresh token and its user. It counts for a minute, or for as long as there is nothing better: then `now` is
    /// none.
    pub(super) fn refresh_token(
        &self,
        digest: &SecretDigest,
        now: Option<BootTime>,
    ) -> Option<OwnedRefreshToken> {
        let (found, since) = self.refresh_tokens.get(digest)?;
        let user = self.users.get(&found.1.id)?;
        let is_fresh = now.is_none_or(|now| now.since(since) < REFRESH_TOKEN_LIFE);
        (is_fresh && Arc::ptr_eq(&user, &found.1)).then_some(found)
    }

    /// Keeps a copy of a refresh token and its user.
    pub(super) fn keep_refresh_token(&self, digest: SecretDigest, found: &OwnedRefreshToken) {
        let (token, user) = found;
        let found = (Arc::clone(token), self.keep_user(user));
        self.refresh_tokens.insert(digest, (found, BootTime::now()));
    }

    /// Keeps a copy of a user. The one that is there stays if it says the same, because refresh tokens hang on it.
    fn keep_user(&self, user: &Arc<User>) -> Arc<User> {
        if let Some(same) = self.users.get(&user.id).filter(|copy| copy == user) {
            return same;
        }
        self.users.insert(user.id, Arc::clone(user));
        Arc::clone(user)
    }

    /// Drops the copy of a refresh token, whose use was noted or which a login deleted.
    pub(in crate::storage) fn forget_refresh_token(&self, digest: &SecretDigest) {
        let dropped = Dropped::RefreshToken(*digest);
        self.drops
            .drop(dropped, || self.refresh_tokens.remove(digest));
    }

    /// The copy of the deploy token with that digest.
    pub(super) fn deploy_token(&self, digest: &SecretDigest) -> Option<Arc<DeployToken>> {
        let id = self.deploy_token_ids.get(digest)?;
        let (its_digest, token) = self.deploy_tokens.get(&id)?;
        (its_digest == *digest).then_some(token)
    }

    /// Keeps a copy of a deploy token.
    pub(super) fn keep_deploy_token(&self, digest: SecretDigest, token: &Arc<DeployToken>) {
        self.deploy_token_ids.insert(digest, token.id);
        let copy = (digest, Arc::clone(token));
        self.deploy_tokens.insert(token.id, copy);
    }
}

impl fmt::Debug for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copies").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::ids::RefreshTokenId;
    use crate::domain::members::LastingRole;
    use crate::domain::members::access_level::AccessLevel;
    use crate::domain::refresh_tokens::RefreshToken;

    const MEBIBYTE: usize = 1024 * 1024;

    fn refresh_token() -> OwnedRefreshToken {
        let user = User::plain(UserId(7), "alice");
        let token = RefreshToken {
            id: RefreshTokenId(1),
            user_id: user.id,
            service: "registry".to_owned(),
            client_id: None,
            created_at: DateTime::UNIX_EPOCH,
            last_used_at: DateTime::UNIX_EPOCH,
            revoked_at: None,
        };
        (Arc::new(token), Arc::new(user))
    }

    /// A login at another replica may have deleted the token, which this one is not told.
    #[test]
    fn a_copy_of_a_refresh_token_counts_for_a_minute() {
        let copies = Copies::new(MEBIBYTE, Duration::from_secs(1));
        let digest = SecretDigest::stored([7; 32]);
        let found_after = |seconds: u64, begin: BootTime| {
            let now = BootTime::from_micros(begin.to_micros() + seconds * 1_000_000);
            copies.refresh_token(&digest, Some(now)).is_some()
        };
        let before = BootTime::now();
        copies.keep_refresh_token(digest, &refresh_token());
        let after = BootTime::from_micros(BootTime::now().to_micros() + 1);
        assert!(found_after(59, before) && !found_after(60, after));
        assert!(copies.refresh_token(&digest, None).is_some());
    }

    #[test]
    fn more_roles_than_there_is_room_for_are_noted_as_too_many() {
        let role = LastingRole {
            level: AccessLevel::Guest,
            expiry: None,
        };
        let ids = (1..10_000).map(NamespaceId);
        let roles: GivenRoles = ids.map(|id| (id, role)).collect();
        let (user, roles) = (UserId(1), Some(Arc::new(roles)));
        for (memory, is_whole) in [(MEBIBYTE, false), (32 * MEBIBYTE, true)] {
            let copies = Copies::new(memory, Duration::from_secs(1));
            copies.keep_roles(user, roles.clone());
            let kept = copies.roles.get(&user);
            assert_eq!(kept.map(|roles| roles.is_some()), Some(is_whole));
        }
    }
}
