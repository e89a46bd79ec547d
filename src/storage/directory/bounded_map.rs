//! A map of bounded size, which lets go of what is asked for least.

use std::fmt;
use std::hash::Hash;
use std::mem::size_of;
use std::sync::Arc;

use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use crate::domain::access_tokens::AccessToken;
use crate::domain::decision::rights::NamespaceState;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::ids::{AccessTokenId, DeployTokenId, NamespaceId, UserId};
use crate::domain::members::LastingRole;
use crate::domain::refresh_tokens::RefreshToken;
use crate::domain::secret::SecretDigest;
use crate::domain::users::User;
use crate::storage::directory::boot_time::BootTime;
use crate::storage::directory::facts::{GivenRoles, OwnedRefreshToken};

/// Bytes that the cache itself keeps about an entry.
const OVERHEAD: usize = 64;
/// Bytes of an entry with which the first room is reckoned; it grows with what comes.
const USUAL: usize = 512;

/// A map of bounded size; clones of its values come out.
pub(super) struct BoundedMap<K, V>(Cache<K, V, Weight>);

impl<K: Hash + Eq + Heavy, V: Clone + Heavy> BoundedMap<K, V> {
    /// An empty map that never takes more than about `memory` bytes.
    pub(super) fn new(memory: usize) -> Self {
        let bytes = u64::try_from(memory).unwrap_or(u64::MAX);
        Self(Cache::with_weighter(memory / USUAL, bytes, Weight))
    }

    pub(super) fn get<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.0.get(key)
    }

    pub(super) fn insert(&self, key: K, value: V) {
        self.0.insert(key, value);
    }

    pub(super) fn remove<Q>(&self, key: &Q)
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.0.remove(key);
    }

    pub(super) fn clear(&self) {
        self.0.clear();
    }

    /// The number of entries, and the bytes that they take, about.
    pub(super) fn size(&self) -> (u64, u64) {
        let entries = u64::try_from(self.0.len()).unwrap_or(u64::MAX);
        (entries, self.0.weight())
    }
}

impl<K, V> fmt::Debug for BoundedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedMap").finish_non_exhaustive()
    }
}

/// Weighs entries by the memory that they take.
#[derive(Debug, Clone)]
struct Weight;

impl<K: Heavy, V: Heavy> Weighter<K, V> for Weight {
    fn weight(&self, key: &K, value: &V) -> u64 {
        let bytes = OVERHEAD + size_of::<K>() + size_of::<V>() + key.heap() + value.heap();
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// A value that has memory beside its own.
pub(super) trait Heavy {
    /// The bytes of it, about.
    fn heap(&self) -> usize {
        0
    }
}

impl Heavy for SecretDigest {}
impl Heavy for AccessTokenId {}
impl Heavy for DeployTokenId {}
impl Heavy for UserId {}
impl Heavy for BootTime {}
impl Heavy for (NamespaceId, NamespaceState) {}

impl Heavy for Box<str> {
    fn heap(&self) -> usize {
        self.len()
    }
}

impl Heavy for (SecretDigest, Arc<AccessToken>) {
    fn heap(&self) -> usize {
        let specification = &self.1.specification;
        let description = specification.description().map_or(0, str::len);
        let patterns = specification.repositories().iter();
        let patterns: usize = patterns.map(|pattern| 64 + pattern.as_str().len()).sum();
        // Scopes and addresses are the rest.
        size_of::<AccessToken>() + specification.name().len() + description + patterns + 256
    }
}

impl Heavy for (SecretDigest, Arc<DeployToken>) {
    fn heap(&self) -> usize {
        let (_, token) = self;
        size_of::<DeployToken>() + token.name.len() + token.path.as_str().len() + 256
    }
}

impl Heavy for (OwnedRefreshToken, BootTime) {
    fn heap(&self) -> usize {
        let ((token, user), _) = self;
        size_of::<RefreshToken>() + token.service.len() + user.heap() + 256
    }
}

impl Heavy for Arc<User> {
    fn heap(&self) -> usize {
        size_of::<User>() + self.name.len() + self.username.as_str().len() + 64
    }
}

impl Heavy for Option<Arc<GivenRoles>> {
    fn heap(&self) -> usize {
        let roles = self.as_ref().map_or(0, |roles| roles.capacity());
        roles * size_of::<(NamespaceId, LastingRole)>() + 64
    }
}
