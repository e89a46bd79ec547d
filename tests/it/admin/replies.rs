//! The members of every reply: programs read them, so none may go.
//!
//! They are compared with what python-gitlab, go-gitlab, gitlabform and gitbeaker read. What those read and we do not
//! have: `runners_token`, and members of which we know no true value (`creator_id`, `updated_at`, `permissions` and
//! `owner` of projects, `created_by`, `last_sign_in_at`, `current_sign_in_at` and `last_activity_on` of users, counts of members and all that the Enterprise Edition adds).

use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::World;

fn members(reply: &Value) -> String {
    let reply = reply.as_array().map_or(reply, |list| &list[0]);
    let names: Vec<&str> = reply
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.join(" ")
}

async fn start() -> World {
    let world = World::start().await;
    world.app.project("team/app", Visibility::Private).await;
    world.app.member("team", "alice", "maintainer").await;
    world
}

#[tokio::test]
async fn replies_about_places_have_gitlabs_members() {
    let World { root, .. } = start().await;
    let group = members(&root.read("/groups").await);
    insta::assert_snapshot!(group, @"archived auto_devops_enabled avatar_url created_at default_branch_protection description emails_disabled emails_enabled full_name full_path id lfs_enabled marked_for_deletion_on membership_lock mentions_disabled name parent_id path project_creation_level request_access_enabled require_two_factor_authentication share_with_group_lock shared_runners_setting shared_with_groups subgroup_creation_level two_factor_grace_period visibility web_url");
    let whole = members(&root.read("/groups/team").await);
    assert_eq!(
        sorted(&whole),
        sorted(&format!("{group} projects shared_projects"))
    );
    let project = members(&root.read("/projects").await);
    insta::assert_snapshot!(project, @"_links archived auto_devops_enabled avatar_url builds_access_level container_registry_access_level container_registry_enabled created_at default_branch description empty_repo forking_access_level forks_count group_runners_enabled http_url_to_repo id import_status issues_access_level issues_enabled jobs_enabled last_activity_at lfs_enabled marked_for_deletion_at marked_for_deletion_on merge_requests_access_level merge_requests_enabled mirror name name_with_namespace namespace packages_enabled pages_access_level path path_with_namespace readme_url repository_access_level request_access_enabled service_desk_enabled shared_runners_enabled shared_with_groups snippets_access_level snippets_enabled ssh_url_to_repo star_count tag_list topics visibility web_url wiki_access_level wiki_enabled");
    assert_eq!(members(&root.read("/projects/team%2Fapp").await), project);
    let namespace = members(&root.read("/namespaces").await);
    insta::assert_snapshot!(namespace, @"avatar_url full_path id kind name parent_id path web_url");
    let inside = root.read("/projects/team%2Fapp").await["namespace"].clone();
    assert_eq!(members(&inside), namespace);
    insta::assert_snapshot!(members(&root.read("/namespaces/x/exists").await), @"exists suggests");
}

#[tokio::test]
async fn replies_about_people_have_gitlabs_members() {
    let World { app, root, alice } = start().await;
    let basic = members(&alice.read("/users").await);
    insta::assert_snapshot!(basic, @"avatar_url bot id locked name public_email state username web_url");
    let whole = members(&alice.read("/user").await);
    insta::assert_snapshot!(whole, @"avatar_url bio bot can_create_group can_create_project color_scheme_id commit_email confirmed_at created_at discord email external id identities is_admin job_title linkedin local_time location locked name namespace_id note organization private_profile projects_limit pronouns public_email skype state theme_id twitter two_factor_enabled username web_url website_url work_information");
    assert_eq!(members(&root.read("/users").await), whole);
    let member = members(&alice.read("/groups/team/members").await);
    insta::assert_snapshot!(member, @"access_level avatar_url created_at created_by expires_at id locked membership_state name public_email state username web_url");
    let role = root
        .read(&format!("{}/memberships", app.user_path("alice").await))
        .await;
    insta::assert_snapshot!(members(&role), @"access_level source_id source_name source_type");
}

#[tokio::test]
async fn replies_about_tokens_have_gitlabs_members() {
    let World { root, alice, .. } = start().await;
    let token = members(&alice.read("/personal_access_tokens").await);
    insta::assert_snapshot!(token, @"active created_at description expired expires_at expires_at_time grace_until granular id last_used_at last_used_ips name parent_personal_access_token_id previous_personal_access_token_id repositories revoked scopes user_id");
    let wanted = json!({ "name": "ci", "scopes": ["read_registry"] });
    let made = alice
        .post("/user/personal_access_tokens", wanted.clone())
        .await;
    assert_eq!(
        sorted(&members(&made.json())),
        sorted(&format!("{token} token"))
    );
    let made = root.post("/groups/team/deploy_tokens", wanted).await;
    let deploy = members(&root.read("/groups/team/deploy_tokens").await);
    insta::assert_snapshot!(deploy, @"expired expires_at full_path id name revoked scopes username");
    assert_eq!(
        sorted(&members(&made.json())),
        sorted(&format!("{deploy} token"))
    );
    insta::assert_snapshot!(members(&root.read("/version").await), @"enterprise kas revision version");
    assert_eq!(root.read("/version").await, root.read("/metadata").await);
}

fn sorted(names: &str) -> Vec<&str> {
    let mut names: Vec<&str> = names.split(' ').collect();
    names.sort_unstable();
    names
}
