//! GitLab's rules for changing and seeing groups and projects (docs/gitlab-api.md §2.4), asked about
//! the namespace that was loaded and the role that was found.

use crate::domain::authority::{Authority, Refusal};
use crate::domain::expiry::{Expiry, outlasts};
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::{LastingRole, Member};
use crate::domain::namespaces::Namespace;
use crate::domain::namespaces::visibility::Visibility;

/// A namespace that someone may see, and their role there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The group, project or user's own namespace.
    pub namespace: Namespace,
    /// Their roles there, its own and inherited ones; none if only the visibility lets them in.
    pub roles: Vec<LastingRole>,
}

impl Standing {
    /// The highest role.
    pub fn role(&self) -> Option<AccessLevel> {
        self.roles.iter().map(|role| role.level).max()
    }
}

impl Authority {
    /// True if the caller may know of the namespace; for all others it does not exist.
    pub fn sees(&self, namespace: &Namespace, role: Option<AccessLevel>) -> bool {
        self.is_administrator()
            || role.is_some()
            || namespace.visibility.is_open_to(self.is_external())
    }

    /// Requires the role `needed` or a higher one in the namespace.
    fn require_role(&self, standing: &Standing, needed: AccessLevel) -> Result<(), Refusal> {
        if self.rank(standing) >= Some(needed) {
            Ok(())
        } else {
            Err(Refusal::RoleTooLow(needed))
        }
    }

    /// Requires the right to make a group in `parent`, or at the top if there is none.
    pub fn create_group(&self, parent: Option<&Standing>) -> Result<(), Refusal> {
        match parent {
            None => self.require_administrator(),
            Some(parent) => self.require_role(parent, AccessLevel::Owner),
        }
    }

    /// Requires the right to make a project with `visibility` in `parent`.
    ///
    /// Only owners may show more than `parent` itself does: images may be there already, without a project.
    pub fn create_project(&self, parent: &Standing, visibility: Visibility) -> Result<(), Refusal> {
        let needed = if visibility > parent.namespace.visibility {
            AccessLevel::Owner
        } else {
            AccessLevel::Maintainer
        };
        self.require_role(parent, needed)
    }

    /// Requires the right to rename or describe the namespace.
    pub fn describe(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, standing.namespace.kind.manager())
    }

    /// Requires the right to change the visibility. Only owners have it, also for a project, because this
    /// opens images.
    pub fn change_visibility(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, AccessLevel::Owner)
    }

    /// Requires the right to see the deploy tokens of the group or project.
    pub fn list_deploy_tokens(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, AccessLevel::Maintainer)
    }

    /// Requires the right to see what was granted and refused in the group or project.
    pub fn read_usage(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, AccessLevel::Maintainer)
    }

    /// Requires the right to see the repositories of the project and their last uses.
    pub fn list_repositories(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, AccessLevel::Reporter)
    }

    /// Requires the right to read the events of the group or project.
    pub fn read_audit_events(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, AccessLevel::Owner)
    }

    /// Requires the right to make and revoke deploy tokens of the group or project.
    pub fn manage_deploy_tokens(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, standing.namespace.kind.manager())
    }

    /// Requires the right to delete the namespace.
    pub fn delete(&self, standing: &Standing) -> Result<(), Refusal> {
        self.require_role(standing, AccessLevel::Owner)
    }

    /// Requires the right to give someone the role `new`; nobody gives one that is higher or lasts longer than
    /// their own.
    pub fn give_role(&self, standing: &Standing, new: LastingRole) -> Result<(), Refusal> {
        self.manage_role(standing, new.level)?;
        let needed = standing.namespace.kind.manager().max(new.level);
        match self.end_of_role(standing, needed) {
            Some(end) if outlasts(new.expiry, Some(end)) => Err(Refusal::RoleEnds(end)),
            _ => Ok(()),
        }
    }

    /// Requires the right to change the role `held` to `new`; nobody touches a role above their own. It may go
    /// on to last longer than the caller's, if it lasts so long already and does not get higher.
    pub fn change_role(
        &self,
        standing: &Standing,
        held: &Member,
        new: LastingRole,
    ) -> Result<(), Refusal> {
        self.manage_role(standing, held.level)?;
        if new.level > held.level || outlasts(new.expiry, held.expiry) {
            self.give_role(standing, new)
        } else {
            Ok(())
        }
    }

    /// The end of the caller's last role in the namespace that is at least `needed`.
    pub fn end_of_role(&self, standing: &Standing, needed: AccessLevel) -> Option<Expiry> {
        if self.is_administrator() {
            return None;
        }
        let suffices = |role: &&LastingRole| role.level >= needed;
        let ends = standing.roles.iter().filter(suffices);
        let ends: Option<Vec<Expiry>> = ends.map(|role| role.expiry).collect();
        ends.and_then(|ends| ends.into_iter().max())
    }

    fn manage_role(&self, standing: &Standing, level: AccessLevel) -> Result<(), Refusal> {
        self.require_role(standing, standing.namespace.kind.manager().max(level))
    }

    /// Requires the right to take the role `held` away; everyone may give up their own.
    pub fn take_role(&self, standing: &Standing, held: &Member) -> Result<(), Refusal> {
        if self.user() == Some(held.user_id) {
            Ok(())
        } else {
            self.manage_role(standing, held.level)
        }
    }

    /// The caller's role; administrators count as owners everywhere.
    fn rank(&self, standing: &Standing) -> Option<AccessLevel> {
        if self.is_administrator() {
            Some(AccessLevel::Owner)
        } else {
            standing.role()
        }
    }
}

#[cfg(test)]
#[path = "namespaces_tests.rs"]
mod tests;
