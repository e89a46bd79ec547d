//! Who may do what with a group or project: GitLab's rules (docs/gitlab-api.md §2.4), asked about the
//! namespace that was loaded and the role that was found.

use crate::domain::authority::{Authority, Refusal};
use crate::domain::members::Member;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::Namespace;
use crate::domain::namespaces::visibility::Visibility;

/// A namespace that someone may see, and their role there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The group, project or user's own namespace.
    pub namespace: Namespace,
    /// Their highest role there, its own or inherited; none if only the visibility lets them in.
    pub role: Option<AccessLevel>,
}

impl Authority {
    /// May they know of the namespace? To whom the answer is no, it does not exist.
    pub fn sees(&self, namespace: &Namespace, role: Option<AccessLevel>) -> bool {
        self.is_administrator()
            || role.is_some()
            || namespace.visibility.is_open_to(self.is_external())
    }

    /// May they do what takes the role `needed` there?
    pub fn require_role(&self, standing: &Standing, needed: AccessLevel) -> Result<(), Refusal> {
        if self.rank(standing) >= Some(needed) {
            Ok(())
        } else {
            Err(Refusal::RoleTooLow(needed))
        }
    }

    /// May they make a group in `parent`, or at the top?
    pub fn create_group(&self, parent: Option<&Standing>) -> Result<(), Refusal> {
        match parent {
            None => self.require_administrator(),
            Some(parent) => self.require_role(parent, AccessLevel::Owner),
        }
    }

    /// May they make a project in `parent` that `visibility` shows?
    ///
    /// Only its owners show more than `parent` itself: images may be there already, without a project.
    pub fn create_project(&self, parent: &Standing, visibility: Visibility) -> Result<(), Refusal> {
        let needed = if visibility > parent.namespace.visibility {
            AccessLevel::Owner
        } else {
            AccessLevel::Maintainer
        };
        self.require_role(parent, needed)
    }

    /// May they call it something else, or describe it?
    pub fn describe(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, standing.namespace.kind.manager())
    }

    /// May they show it to others than before? A project too only as an owner: this opens images.
    pub fn change_visibility(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, AccessLevel::Owner)
    }

    /// May they see the group's or project's deploy tokens?
    pub fn list_deploy_tokens(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, AccessLevel::Maintainer)
    }

    /// May they make and revoke its deploy tokens?
    pub fn manage_deploy_tokens(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, standing.namespace.kind.manager())
    }

    /// May they delete it?
    pub fn delete(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, AccessLevel::Owner)
    }

    /// May they give someone the role `level` there? Nobody gives a higher one than their own.
    pub fn give_role(&self, standing: &Standing, level: AccessLevel) -> Result<(), Refusal> {
        self.require_role(standing, standing.namespace.kind.manager().max(level))
    }

    /// May they give another role to whoever holds this one? Nobody touches what is above them.
    pub fn change_role(
        &self,
        standing: &Standing,
        held: &Member,
        level: AccessLevel,
    ) -> Result<(), Refusal> {
        self.give_role(standing, held.level.max(level))
    }

    /// May they take this role away? Everyone may leave.
    pub fn take_role(&self, standing: &Standing, held: &Member) -> Result<(), Refusal> {
        if self.user() == Some(held.user_id) {
            Ok(())
        } else {
            self.give_role(standing, held.level)
        }
    }

    /// Everything is an administrator's.
    fn rank(&self, standing: &Standing) -> Option<AccessLevel> {
        if self.is_administrator() {
            Some(AccessLevel::Owner)
        } else {
            standing.role
        }
    }
}

#[cfg(test)]
#[path = "namespaces_tests.rs"]
mod tests;
