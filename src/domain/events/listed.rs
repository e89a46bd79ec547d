//! Lists in the details of an event, which name the first things of many and tell how many there are.

use std::fmt;

use serde::Serialize;

use crate::domain::ids::AccessTokenId;
use crate::domain::members::Member;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::Namespace;
use crate::domain::namespaces::path::NamespacePath;

/// Most things that an event lists one by one.
const MOST_LISTED: usize = 50;

/// Personal access tokens by id: the first of them, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessTokenList {
    ids: Vec<AccessTokenId>,
    total: usize,
}

/// Roles of one user in several groups and projects: the first of them, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct RoleList {
    roles: Vec<ListedRole>,
    total: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ListedRole {
    #[serde(serialize_with = "as_text")]
    namespace: NamespacePath,
    #[serde(serialize_with = "as_text")]
    access_level: AccessLevel,
    expires_at: Option<String>,
}

impl From<&[AccessTokenId]> for AccessTokenList {
    fn from(ids: &[AccessTokenId]) -> Self {
        Self {
            ids: ids.iter().take(MOST_LISTED).copied().collect(),
            total: ids.len(),
        }
    }
}

impl From<&[(Namespace, Member)]> for RoleList {
    fn from(roles: &[(Namespace, Member)]) -> Self {
        let listed = roles.iter().take(MOST_LISTED);
        Self {
            roles: listed.map(ListedRole::from).collect(),
            total: roles.len(),
        }
    }
}

impl From<&(Namespace, Member)> for ListedRole {
    fn from((namespace, member): &(Namespace, Member)) -> Self {
        Self {
            namespace: namespace.path.clone(),
            access_level: member.level,
            expires_at: member.expiry.map(|end| end.to_string()),
        }
    }
}

impl AccessTokenList {
    /// True if there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Writes the ids behind some words; nothing if there are none.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, before: &str) -> fmt::Result {
        write_all(f, before, &self.ids, self.total)
    }
}

impl RoleList {
    /// True if there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Writes the roles behind some words; nothing if there are none.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, before: &str) -> fmt::Result {
        write_all(f, before, &self.roles, self.total)
    }
}

impl fmt::Display for ListedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.access_level, self.namespace)
    }
}

fn write_all(
    f: &mut fmt::Formatter<'_>,
    before: &str,
    listed: &[impl ToString],
    total: usize,
) -> fmt::Result {
    if listed.is_empty() {
        return Ok(());
    }
    let texts: Vec<String> = listed.iter().map(ToString::to_string).collect();
    write!(f, "{before}{}", texts.join(", "))?;
    match total.saturating_sub(listed.len()) {
        0 => Ok(()),
        rest => write!(f, " and {rest} more"),
    }
}

pub(super) fn as_text<S: serde::Serializer>(
    value: &impl fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shown<T>(T);

    impl fmt::Display for Shown<&AccessTokenList> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.write(f, "with ")
        }
    }

    #[test]
    fn a_long_list_names_the_first_and_counts_all() {
        let of =
            |last: i64| AccessTokenList::from(&*(1..=last).map(AccessTokenId).collect::<Vec<_>>());
        assert_eq!(Shown(&of(0)).to_string(), "");
        assert_eq!(Shown(&of(2)).to_string(), "with 1, 2");
        let long = of(57);
        assert_eq!((long.ids.len(), long.total), (50, 57));
        assert!(Shown(&long).to_string().ends_with(", 49, 50 and 7 more"));
    }
}
