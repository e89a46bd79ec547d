//! Fields of GitLab's about parts that do not exist here: programs read them, and find nothing.
//!
//! Each says what a GitLab says that lacks the part, and what is true here. A field for which there is no such
//! value, because we do not know it, is left out.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

/// The access to a part of a project's that does not exist here.
const DISABLED: &str = "disabled";

/// Fields of groups about source code, runners, e-mail and a delayed deletion.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the fields are GitLab's, each on its own"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AbsentInGroups {
    membership_lock: bool,
    two_factor_grace_period: u32,
    auto_devops_enabled: bool,
    lfs_enabled: bool,
    shared_runners_setting: &'static str,
    /// The protection of branches: 0, for there are no branches.
    default_branch_protection: u32,
    /// True: no e-mail is sent.
    emails_disabled: bool,
    emails_enabled: bool,
    mentions_disabled: Option<bool>,
    archived: bool,
    marked_for_deletion_on: Option<NaiveDate>,
}

impl AbsentInGroups {
    pub(super) const HERE: Self = Self {
        membership_lock: false,
        two_factor_grace_period: 48,
        auto_devops_enabled: false,
        lfs_enabled: false,
        shared_runners_setting: "disabled_and_unoverridable",
        default_branch_protection: 0,
        emails_disabled: true,
        emails_enabled: false,
        mentions_disabled: None,
        archived: false,
        marked_for_deletion_on: None,
    };
}

/// Fields of projects about source code, issues, wikis, runners and a delayed deletion.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the fields are GitLab's, each on its own"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AbsentInProjects {
    /// The address of its source code; there is none here.
    ssh_url_to_repo: Option<String>,
    http_url_to_repo: Option<String>,
    readme_url: Option<String>,
    empty_repo: bool,
    import_status: &'static str,
    forks_count: u32,
    star_count: u32,
    marked_for_deletion_at: Option<NaiveDate>,
    marked_for_deletion_on: Option<NaiveDate>,
    issues_enabled: bool,
    merge_requests_enabled: bool,
    jobs_enabled: bool,
    wiki_enabled: bool,
    snippets_enabled: bool,
    packages_enabled: bool,
    lfs_enabled: bool,
    service_desk_enabled: bool,
    auto_devops_enabled: bool,
    shared_runners_enabled: bool,
    group_runners_enabled: bool,
    mirror: bool,
    repository_access_level: &'static str,
    issues_access_level: &'static str,
    merge_requests_access_level: &'static str,
    forking_access_level: &'static str,
    builds_access_level: &'static str,
    wiki_access_level: &'static str,
    snippets_access_level: &'static str,
    pages_access_level: &'static str,
}

impl AbsentInProjects {
    pub(super) const HERE: Self = Self {
        ssh_url_to_repo: None,
        http_url_to_repo: None,
        readme_url: None,
        empty_repo: true,
        import_status: "none",
        forks_count: 0,
        star_count: 0,
        marked_for_deletion_at: None,
        marked_for_deletion_on: None,
        issues_enabled: false,
        merge_requests_enabled: false,
        jobs_enabled: false,
        wiki_enabled: false,
        snippets_enabled: false,
        packages_enabled: false,
        lfs_enabled: false,
        service_desk_enabled: false,
        auto_devops_enabled: false,
        shared_runners_enabled: false,
        group_runners_enabled: false,
        mirror: false,
        repository_access_level: DISABLED,
        issues_access_level: DISABLED,
        merge_requests_access_level: DISABLED,
        forking_access_level: DISABLED,
        builds_access_level: DISABLED,
        wiki_access_level: DISABLED,
        snippets_access_level: DISABLED,
        pages_access_level: DISABLED,
    };
}

/// Fields of users about their lives elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AbsentInUsers {
    location: &'static str,
    skype: &'static str,
    linkedin: &'static str,
    twitter: &'static str,
    discord: &'static str,
    website_url: &'static str,
    organization: &'static str,
    job_title: &'static str,
    pronouns: Option<String>,
    work_information: Option<String>,
    local_time: Option<String>,
}

impl AbsentInUsers {
    pub(super) const HERE: Self = Self {
        location: "",
        skype: "",
        linkedin: "",
        twitter: "",
        discord: "",
        website_url: "",
        organization: "",
        job_title: "",
        pronouns: None,
        work_information: None,
        local_time: None,
    };
}
