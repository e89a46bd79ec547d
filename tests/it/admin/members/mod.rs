//! Members of groups and projects.

mod add;
mod change;
mod find;
mod remove;

use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Caller, World};

/// A group `team` with a project `team/app`; beside root and alice there are bob and carol.
async fn start() -> World {
    let world = World::start().await;
    for name in ["bob", "carol"] {
        world.app.user(name).await;
    }
    world.app.project("team/app", Visibility::Private).await;
    world
}

/// The members in a list, as `name:level`.
async fn listed(caller: &Caller, path: &str) -> String {
    let list = caller.read(path).await;
    let members = list.as_array().unwrap().iter().map(|member| {
        let name = member["username"].as_str().unwrap();
        format!("{name}:{}", member["access_level"])
    });
    members.collect::<Vec<_>>().join(" ")
}
