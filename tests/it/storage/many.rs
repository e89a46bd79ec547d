//! Lists among many rows, in the time that the service waits for a database.

use sea_orm::{ConnectionTrait, Database, DbBackend};
use secrecy::{ExposeSecret, SecretString};
use wharfinger::domain::members::access_level::AccessLevel;
use wharfinger::domain::namespaces::NamespaceKind;
use wharfinger::domain::namespaces::filter::NamespaceFilter;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::page::{ListingPlace, PageRequest, Paging};
use wharfinger::storage::Db;
use wharfinger::storage::namespaces::lists;

use super::members::{give, role};
use super::namespaces::{authority, make_place};
use super::story::now;
use super::users::make_user;

/// The rows are doubled as often as that.
const DOUBLINGS: u32 = 16;

/// PostgreSQL once took 21 s for what an ordinary user sees of 100 000 projects.
pub(super) async fn many_projects_are_listed_in_time(url: &SecretString, db: &Db) {
    let owner = make_user(db, "mass-owner").await;
    let group = make_place(db, "mass", None, Visibility::Private).await;
    give(db, &group, &role(&owner, AccessLevel::Owner, None)).await;
    let rows = Database::connect(url.expose_secret()).await.unwrap();
    let columns = "kind, visibility, parent_id, created_at";
    let first = format!(
        "INSERT INTO namespaces (path, {columns}) SELECT 'mass/p', 'project', visibility, id, created_at \
         FROM namespaces WHERE path = 'mass'"
    );
    rows.execute_unprepared(&first).await.unwrap();
    for doubling in 0..DOUBLINGS {
        let twice = format!(
            "INSERT INTO namespaces (path, {columns}) SELECT CONCAT(path, '-{doubling}'), {columns} \
             FROM namespaces WHERE path LIKE 'mass/%'"
        );
        rows.execute_unprepared(&twice).await.unwrap();
    }
    if rows.get_database_backend() == DbBackend::Postgres {
        // It does so by itself within a minute.
        rows.execute_unprepared("ANALYZE").await.unwrap();
    }
    let filter = NamespaceFilter::all(NamespaceKind::Project);
    let page = Paging::Offset(PageRequest::default());
    let caller = authority(&owner, false, false);
    let listing = lists::page(db, &caller, &filter, now(), page).await;
    let ListingPlace::Page(page) = listing.unwrap().place else {
        panic!("a page was asked for");
    };
    assert_eq!(
        (page.total, page.has_rest),
        (None, true),
        "there are more than are counted"
    );
    for statement in [
        "DELETE FROM namespaces WHERE path LIKE 'mass/%'",
        "DELETE FROM members WHERE namespace_id = (SELECT id FROM namespaces WHERE path = 'mass')",
        "DELETE FROM namespaces WHERE path = 'mass'",
    ] {
        rows.execute_unprepared(statement).await.unwrap();
    }
}
