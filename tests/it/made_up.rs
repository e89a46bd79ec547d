//! The made-up world of `examples/seed`, for tests with many rows.

#[path = "../../examples/seed/fill.rs"]
pub(crate) mod fill;
#[path = "../../examples/seed/world.rs"]
pub(crate) mod world;

use fill::fill;
use world::World;

use crate::cli::Workplace;

/// Everybody can make up the secrets that it gets.
#[tokio::test]
async fn a_database_that_somebody_uses_is_not_filled() {
    let filled = async |workplace: &Workplace| {
        let url = format!("sqlite://{}/data/wharfinger.db", workplace.path().display());
        let filled = fill(&url, &World::with(10)).await;
        filled.map_err(|error| error.to_string())
    };
    let fresh = Workplace::migrated();
    // The first start makes no other user.
    fresh.ok(&["user", "create", "admin"]);
    assert_eq!(filled(&fresh).await, Ok(()));
    let create = "token create --user admin --name first --scope read_api";
    for command in ["user create alice", create] {
        let used = Workplace::migrated();
        used.ok(&["user", "create", "admin"]);
        used.ok(&command.split(' ').collect::<Vec<_>>());
        let told = filled(&used).await.unwrap_err();
        assert!(told.starts_with("this database is in use"), "{told}");
        let users = used.ok(&["user", "list"]);
        assert!(!users.contains("seed-admin"), "{users}");
    }
    assert!(filled(&fresh).await.is_err(), "once is enough");
}
