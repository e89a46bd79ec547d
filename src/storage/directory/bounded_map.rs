//! A map of bounded size, which lets go of what is asked for least.

use std::fmt;
use std::hash::Hash;
use std::mem::size_of;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, Weighter};

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
/// Parts of a map, each with a lock and a share of the memory of its own, for each core.
const PARTS_OF_CORE: usize = 4;

/// A map of bounded size; clones of its values come out.
pub(super) struct BoundedMap<K, V>(Cache<K, V, Weight>);

impl<K: Hash + Eq + Heavy, V: Clone + Heavy> BoundedMap<K, V> {
    /// An empty map that never takes more than about `memory` bytes, for entries of up to `largest` bytes.
    pub(super) fn new(memory: usize, largest: usize) -> Self {
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        Self::in_parts(memory, parts(memory, largest, cores))
    }

    fn in_parts(memory: usize, parts: usize) -> Self {
        let bytes = u64::try_from(memory).unwrap_or(u64::MAX);
        let usual = memory / USUAL;
        let options = OptionsBuilder::new()
            .shards(parts)
            .estimated_items_capacity(usual)
            .weight_capacity(bytes)
            .build();
        Self(match options {
            Ok(options) => {
                let hasher = DefaultHashBuilder::default();
                Cache::with_options(options, Weight, hasher, DefaultLifecycle::default())
            }
            // Only if a size were missing.
            Err(_) => Cache::with_weighter(usual, bytes, Weight),
        })
    }

    /// True if there is room for that entry and others beside it.
    pub(super) fn takes(&self, key: &K, value: &V) -> bool {
        Weight.weight(key, value) <= self.0.shard_capacity() / 2
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
}

/// A map of any kind, which is counted and emptied with all others.
pub(super) trait Emptiable {
    fn clear(&self);

    /// The number of entries, and the bytes that they take, about.
    fn size(&self) -> (u64, u64);
}

impl<K: Hash + Eq + Heavy, V: Clone + Heavy> Emptiable for BoundedMap<K, V> {
    fn clear(&self) {
        self.0.clear();
    }

    fn size(&self) -> (u64, u64) {
        let entries = u64::try_from(self.0.len()).unwrap_or(u64::MAX);
        (entries, self.0.weight())
    }
}

impl<K, V> fmt::Debug for BoundedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedMap").finish_non_exhaustive()
    }
}

/// The parts of a map of `memory` bytes: as many as `cores` cores have use for, but none with less room than two entries of
/// `largest` bytes. An entry that is larger than a part is never kept.
fn parts(memory: usize, largest: usize, cores: usize) -> usize {
    let wanted = (cores * PARTS_OF_CORE).next_power_of_two();
    let possible = memory / (2 * largest).max(1);
    // The library takes the next greater power of two.
    let possible = possible.checked_ilog2().map_or(1, |power| 1 << power);
    wanted.min(possible)
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
impl Heavy for () {}
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
        roles_heap(roles)
    }
}

/// The memory of so many roles, in bytes.
pub(super) const fn roles_heap(count: usize) -> usize {
    count * size_of::<(NamespaceId, LastingRole)>() + 64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::members::access_level::AccessLevel;

    const MEMORY: usize = 5 * 1024 * 1024;

    fn roles(count: usize) -> Arc<GivenRoles> {
        let role = LastingRole {
            level: AccessLevel::Developer,
            expiry: None,
        };
        let ids = 1..=i64::try_from(count).unwrap();
        Arc::new(ids.map(|id| (NamespaceId(id), role)).collect())
    }

    #[test]
    fn large_entries_are_kept_on_a_machine_with_many_cores() {
        let (user, many) = (UserId(1), Some(roles(10_000)));
        let largest = roles_heap(10_000);
        for cores in [1, 2, 8, 64, 256] {
            let map = BoundedMap::in_parts(MEMORY, parts(MEMORY, largest, cores));
            assert!(map.takes(&user, &many), "{cores} cores");
            map.insert(user, many.clone());
            assert!(map.get(&user).is_some(), "{cores} cores");
        }
        let in_small_parts = BoundedMap::in_parts(MEMORY, 256);
        assert!(!in_small_parts.takes(&user, &many));
        in_small_parts.insert(user, many);
        assert!(
            in_small_parts.get(&user).is_none(),
            "the library says nothing"
        );
    }

    #[test]
    fn a_map_has_as_many_parts_as_its_entries_allow() {
        assert_eq!(parts(MEMORY, 1, 2), 8);
        assert_eq!(parts(MEMORY, 1, 64), 256);
        assert_eq!(parts(MEMORY, 256 * 1024, 64), 8);
        assert_eq!(parts(MEMORY, MEMORY, 64), 1);
        assert_eq!(parts(0, 0, 0), 1);
    }
}
