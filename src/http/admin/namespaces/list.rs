//! The inputs of lists of groups and projects.

use utoipa::IntoParams;

use crate::app::namespaces::ListRoot;
use crate::domain::authority::Authority;
use crate::domain::ids::NamespaceId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::filter::{NamespaceFilter, NamespaceSort, NamespaceSortKey};
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::page::Paging;
use crate::http::admin::error::ApiError;
use crate::http::admin::foreign::leave_nothing;
use crate::http::admin::namespaces::foreign::{GROUP_FILTERS, PROJECT_FILTERS};
use crate::http::admin::page::input::{ForwardInput, PartInput};
use crate::http::admin::parameters::Parameters;

/// The filters of a list of groups or projects; all conditions must hold.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http::admin) struct ListNamespaces {
    /// A part of the name or of the last part of the path; in the list of all groups, of the whole path.
    search: Option<String>,
    /// True to look for the `search` in the whole paths of projects.
    search_namespaces: Option<bool>,
    /// Only those in which the caller is Owner.
    owned: Option<bool>,
    /// Only those in which the caller has a role.
    membership: Option<bool>,
    /// If `false`, only those in which the caller has a role.
    all_available: Option<bool>,
    /// Only those in which the caller has this role or a higher one: 10 Guest, 20 Reporter, 30 Developer, 40 Maintainer, 50 Owner.
    #[param(value_type = Option<i32>)]
    min_access_level: Option<AccessLevel>,
    /// `private`, `internal` or `public`.
    #[param(value_type = Option<String>)]
    visibility: Option<Visibility>,
    /// Only those at the top.
    top_level_only: Option<bool>,
    /// All but these.
    skip_groups: Option<Vec<i64>>,
    /// `id`, `name`, `path` or `created_at`. As nothing else is known, `last_activity_at`, `updated_at` and `star_count` are
    /// `created_at` too, and `similarity` is `name`.
    #[param(value_type = Option<String>)]
    order_by: Option<NamespaceSortKey>,
    #[param(ignore)]
    part: PartInput,
    #[param(ignore)]
    pub(in crate::http::admin) paging: Paging,
    #[param(ignore)]
    kind: NamespaceKind,
    #[param(ignore)]
    nothing: bool,
}

impl ListNamespaces {
    pub(in crate::http::admin) fn groups(parameters: &Parameters) -> Result<Self, ApiError> {
        let nothing = leave_nothing(GROUP_FILTERS, parameters)?;
        Self::read(parameters, NamespaceKind::Group, nothing)
    }

    pub(in crate::http::admin) fn projects(parameters: &Parameters) -> Result<Self, ApiError> {
        let nothing = leave_nothing(PROJECT_FILTERS, parameters)?;
        Self::read(parameters, NamespaceKind::Project, nothing)
    }

    fn read(parameters: &Parameters, kind: NamespaceKind, nothing: bool) -> Result<Self, ApiError> {
        let order_by = parameters.word("order_by", |text| match text {
            "id" => Some(NamespaceSortKey::Id),
            "name" | "similarity" => Some(NamespaceSortKey::Name),
            "path" => Some(NamespaceSortKey::Path),
            // Nothing else than its making is known of a project.
            "created_at" | "updated_at" | "last_activity_at" | "star_count" => {
                Some(NamespaceSortKey::Created)
            }
            _ => None,
        })?;
        let part = PartInput::read(parameters)?;
        // A keyset needs no `order_by`.
        let is_by_id = order_by.is_none_or(|key| key == NamespaceSortKey::Id);
        Ok(Self {
            search: parameters.filled("search")?,
            search_namespaces: parameters.boolean("search_namespaces")?,
            owned: parameters.boolean("owned")?,
            membership: parameters.boolean("membership")?,
            all_available: parameters.boolean("all_available")?,
            min_access_level: parameters.level("min_access_level")?,
            visibility: parameters.word("visibility", |text| text.parse().ok())?,
            top_level_only: parameters.boolean("top_level_only")?,
            skip_groups: parameters.integers("skip_groups")?,
            order_by,
            paging: part.paging(is_by_id, part.is_descending(descends(kind)))?,
            part,
            kind,
            nothing,
        })
    }

    /// The filter, for whatever the list looks among.
    pub(in crate::http::admin) fn filter(&self) -> NamespaceFilter {
        // To own is the role Owner, in GitLab's words, and to be a member is any role.
        let min_role = [
            (self.owned == Some(true)).then_some(AccessLevel::Owner),
            (self.membership == Some(true)).then_some(AccessLevel::Guest),
            (self.all_available == Some(false)).then_some(AccessLevel::Guest),
            self.min_access_level,
        ];
        let usual = match self.kind {
            NamespaceKind::Project => NamespaceSortKey::Created,
            NamespaceKind::Group | NamespaceKind::User => NamespaceSortKey::Name,
        };
        let skipped = self.skip_groups.as_deref().unwrap_or_default();
        NamespaceFilter {
            visibility: self.visibility,
            top_level_only: self.top_level_only == Some(true),
            min_role: min_role.into_iter().flatten().max(),
            skip: skipped.iter().copied().map(NamespaceId).collect(),
            ids: self.part.ids(),
            nothing: self.nothing,
            sort: NamespaceSort {
                key: self.order_by.unwrap_or(usual),
                descending: self.part.is_descending(descends(self.kind)),
            },
            search: self.search.clone(),
            search_whole_path: self.kind == NamespaceKind::Project
                && self.search_namespaces == Some(true),
            ..NamespaceFilter::all(self.kind)
        }
    }
}

/// The filters of the list of namespaces; all conditions must hold.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParents {
    /// A part of the name or of the last part of the path.
    search: Option<String>,
    /// True to look for the `search` in the whole path.
    full_path_search: Option<bool>,
    /// Only those in which the caller is Owner.
    owned_only: Option<bool>,
    /// Only those at the top.
    top_level_only: Option<bool>,
    #[param(ignore)]
    pub(super) part: ForwardInput,
}

impl ListParents {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            search: parameters.filled("search")?,
            full_path_search: parameters.boolean("full_path_search")?,
            owned_only: parameters.boolean("owned_only")?,
            top_level_only: parameters.boolean("top_level_only")?,
            part: ForwardInput::read(parameters)?,
        })
    }

    /// The filter for a caller: administrators list all, others where they have a role.
    pub(super) fn filter(self, authority: &Authority) -> NamespaceFilter {
        NamespaceFilter {
            kinds: vec![NamespaceKind::Group, NamespaceKind::User],
            min_role: match self.owned_only {
                Some(true) => Some(AccessLevel::Owner),
                _ if authority.is_administrator() => None,
                _ => Some(AccessLevel::Guest),
            },
            top_level_only: self.top_level_only == Some(true),
            search: self.search,
            search_whole_path: self.full_path_search == Some(true),
            ..NamespaceFilter::all(NamespaceKind::Group)
        }
    }
}

/// Groups come by name, projects newest first, as in GitLab.
fn descends(kind: NamespaceKind) -> bool {
    kind == NamespaceKind::Project
}

/// The depth to which the projects of a group are wanted.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Depth {
    /// True to list projects of the groups below it too.
    include_subgroups: Option<bool>,
}

impl Depth {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            include_subgroups: parameters.boolean("include_subgroups")?,
        })
    }

    pub(super) fn root(self, group: NamespaceReference) -> ListRoot {
        if self.include_subgroups == Some(true) {
            ListRoot::Below(group)
        } else {
            ListRoot::In(group)
        }
    }
}
