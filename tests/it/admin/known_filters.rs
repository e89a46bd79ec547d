//! Filters of GitLab's that we cannot apply as GitLab does: ignored, they would list everything to a
//! program that takes the first entry or deletes what it gets.

use std::collections::BTreeSet;

use serde_json::Value;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, TestApp};

/// The effect of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// It is about what there is none of: the list is empty.
    Nothing,
    /// It is about something that is not known: 400, and the text names it.
    Refused,
    /// It leaves out what there is none of, or changes how entries look: the list is the same.
    None,
}
use Effect::{None, Nothing, Refused};

/// GitLab 15 to 18, `GET /users`.
const USERS: &[(&str, Effect)] = &[
    ("extern_uid=1234&provider=saml", Nothing),
    ("extern_uid=1234", Nothing),
    ("extern_uid=&provider=", Nothing),
    ("provider=saml", Nothing),
    ("saml_provider_id=1", Nothing),
    ("public_email=alice@example.com", Nothing),
    ("custom_attributes[team]=a", Nothing),
    ("auditors=true", Nothing),
    ("auditors=false", None),
    ("exclude_humans=true", Nothing),
    ("exclude_humans=false", None),
    ("without_projects=true", Refused),
    ("without_projects=false", None),
    ("humans=true", None),
    ("exclude_internal=true", None),
    ("without_project_bots=true", None),
    ("skip_ldap=true", None),
    ("with_custom_attributes=true", None),
];

/// `GET /projects`, and the lists of a group's and a user's projects.
const PROJECTS: &[(&str, Effect)] = &[
    ("last_activity_before=2000-01-01", Refused),
    ("last_activity_before=2000-01-01T00:00:00Z", Refused),
    ("last_activity_after=2000-01-01", Refused),
    ("updated_before=2000-01-01&order_by=updated_at", Refused),
    ("updated_after=2000-01-01", Refused),
    ("last_activity_before=", Refused),
    ("archived=true", Nothing),
    ("archived=false", None),
    ("active=false", Nothing),
    ("active=true", None),
    ("starred=true", Nothing),
    ("imported=true", Nothing),
    ("imported=false", None),
    ("topic=go", Nothing),
    ("topic[]=go", Nothing),
    ("topic=", Nothing),
    ("topic_id=1", Nothing),
    ("marked_for_deletion_on=2026-01-01", Nothing),
    ("with_programming_language=Rust", Nothing),
    ("with_issues_enabled=true", Nothing),
    ("with_issues_enabled=false", None),
    ("with_merge_requests_enabled=true", Nothing),
    ("with_security_reports=true", Nothing),
    ("wiki_checksum_failed=true", Nothing),
    ("repository_checksum_failed=true", Nothing),
    ("repository_storage=default", Nothing),
    ("custom_attributes[team]=a", Nothing),
    ("with_custom_attributes=true", None),
    ("with_shared=false", None),
    ("include_ancestor_groups=true", None),
    ("include_hidden=true", None),
    ("include_pending_delete=true", None),
    ("statistics=true&simple=true&license=true", None),
];

/// `GET /groups`, and the lists of what lies below a group.
const GROUPS: &[(&str, Effect)] = &[
    ("archived=true", Nothing),
    ("archived=false", None),
    ("active=false", Nothing),
    ("active=true", None),
    ("marked_for_deletion_on=2026-01-01", Nothing),
    ("repository_storage=default", Nothing),
    ("repository_storage=", Nothing),
    ("custom_attributes[team]=a", Nothing),
    ("all_available=true", None),
    ("statistics=true&with_custom_attributes=true", None),
];

/// The lists of members, direct and all.
const MEMBERS: &[(&str, Effect)] = &[
    ("with_saml_identity=true", Nothing),
    ("with_saml_identity=false", None),
    ("state=awaiting", Nothing),
    ("state=active", None),
    ("state=perhaps", Refused),
    ("show_seat_info=true", None),
];

async fn start() -> (TestApp, Actor) {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    app.project("team/below/app", Visibility::Private).await;
    app.project("alice/tool", Visibility::Private).await;
    app.member("team", "alice", "owner").await;
    app.member("team/app", "root", "guest").await;
    let root = app.actor("root", "api").await;
    (app, root)
}

fn ids(list: &Value) -> BTreeSet<i64> {
    let entries = list.as_array().unwrap().iter();
    entries.map(|entry| entry["id"].as_i64().unwrap()).collect()
}

async fn check(caller: &Actor, list: &str, filters: &[(&str, Effect)]) {
    let all = ids(&caller.read(list).await);
    assert!(!all.is_empty(), "{list} has nothing to leave out");
    for (filter, effect) in filters {
        let path = format!("{list}?{filter}");
        let reply = caller.get(&path).await;
        if *effect == Refused {
            assert_eq!(reply.status, 400, "{path}: {}", reply.body);
            let (name, _) = filter.split_once('=').unwrap();
            let told = reply.json()["error"].as_str().unwrap().to_owned();
            assert!(told.contains(name), "{path}: {told}");
            continue;
        }
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        let expected = if *effect == Nothing {
            BTreeSet::new()
        } else {
            all.clone()
        };
        assert_eq!(ids(&reply.json()), expected, "{path}");
    }
}

#[tokio::test]
async fn a_filter_for_users_that_we_cannot_apply_never_lists_everybody() {
    let (app, root) = start().await;
    check(&root, "/users", USERS).await;
    let alice = app.actor("alice", "api").await;
    check(&alice, "/users", USERS).await;
}

#[tokio::test]
async fn a_filter_for_projects_that_we_cannot_apply_never_lists_all() {
    let (_app, root) = start().await;
    for list in [
        "/projects",
        "/groups/team/projects",
        "/users/alice/projects",
    ] {
        check(&root, list, PROJECTS).await;
    }
}

#[tokio::test]
async fn a_filter_for_groups_that_we_cannot_apply_never_lists_all() {
    let (_app, root) = start().await;
    for list in [
        "/groups",
        "/groups/team/subgroups",
        "/groups/team/descendant_groups",
    ] {
        check(&root, list, GROUPS).await;
    }
}

#[tokio::test]
async fn a_filter_for_members_that_we_cannot_apply_never_lists_all() {
    let (_app, root) = start().await;
    for list in [
        "/groups/team/members",
        "/groups/team/members/all",
        "/projects/team%2Fapp/members",
        "/projects/team%2Fapp/members/all",
    ] {
        check(&root, list, MEMBERS).await;
    }
}

#[tokio::test]
async fn members_are_skipped_and_groups_of_others_left_out() {
    let (app, root) = start().await;
    let (alice, team) = (app.id_of("alice").await, app.id_at("team").await);
    let members = async |query: &str| {
        let path = format!("/projects/team%2Fapp/members/all?{query}");
        ids(&root.read(&path).await)
    };
    let id = app.id_of("root").await;
    assert_eq!(members("").await, BTreeSet::from([alice, id]));
    assert_eq!(
        members(&format!("skip_users={alice}")).await,
        BTreeSet::from([id])
    );
    assert_eq!(
        members(&format!("skip_users[]={alice}&skip_users[]={id}")).await,
        BTreeSet::new()
    );
    // An index in the brackets makes an object of it, which is no list of ids.
    let reply = root.get("/groups/team/members?user_ids[0]=1").await;
    assert_eq!(
        (reply.status.as_u16(), reply.json()["error"].as_str()),
        (400, Some("user_ids is invalid"))
    );

    app.group("open", Visibility::Internal).await;
    let alice = app.actor("alice", "api").await;
    let all = ids(&alice.read("/groups").await);
    let own = ids(&alice.read("/groups?all_available=false").await);
    assert!(
        all.len() == 3 && own.len() == 2 && own.contains(&team),
        "{all:?} {own:?}"
    );
}

/// A dot above a letter makes no difference, and alone it is in no name.
#[tokio::test]
async fn a_search_of_which_nothing_is_left_finds_nothing() {
    let (_app, root) = start().await;
    for search in [
        "/users?search",
        "/groups?search",
        "/groups/team/subgroups?search",
        "/projects?search",
        "/groups/team/projects?search",
        "/namespaces?search",
        "/groups/team/members?query",
        "/groups/team/members/all?query",
        "/personal_access_tokens?search",
    ] {
        assert!(!ids(&root.read(&format!("{search}=")).await).is_empty());
        for dots in ["%CC%87", "%CC%87%CC%87"] {
            for more in ["", "&pagination=keyset"] {
                let path = format!("{search}={dots}{more}");
                assert_eq!(root.read(&path).await, serde_json::json!([]), "{path}");
            }
        }
        let dotted = ids(&root.read(&format!("{search}=e%CC%87")).await);
        let plain = ids(&root.read(&format!("{search}=e")).await);
        assert_eq!(dotted, plain, "{search}");
    }
}
