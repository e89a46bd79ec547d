//! Usage in bounded room: nobody's deploy tokens take that of others.

use serde_json::json;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Caller, World};

/// Asks to push to so many invented repositories below `place`.
async fn invent(caller: &Caller, place: &str, names: std::ops::Range<usize>) {
    let scopes: Vec<String> = names
        .map(|number| format!("repository:{place}/x{number}:push"))
        .collect();
    for some in scopes.chunks(100) {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        assert_eq!(caller.ask(&some).await.status, 200);
    }
}

#[tokio::test]
async fn deploy_tokens_of_one_group_take_the_room_of_nobody_else() {
    let World { app, root, alice } = World::start().await;
    for path in ["noisy/a", "noisy/b", "team/app", "team/other"] {
        app.project(path, Visibility::Private).await;
    }
    app.member("team", "alice", "developer").await;
    let mut machines = Vec::new();
    for number in 0..10 {
        let place = ["noisy/a", "noisy/b"][number % 2];
        let machine = app.machine(place, "read_registry write_registry").await;
        machines.push((place, machine));
    }
    for (place, machine) in &machines {
        invent(machine, place, 0..1000).await;
    }
    alice.ask(&["repository:team/app:pull,push"]).await;
    let other = app.machine("team/other", "write_registry").await;
    other.ask(&["repository:team/other:push"]).await;
    app.service.counter.write_all().await.unwrap();
    for (path, kind) in [
        ("team%2Fapp", "access_token"),
        ("team%2Fother", "deploy_token"),
    ] {
        let list = format!("/projects/{path}/registry/repositories");
        let listed = root.read(&list).await;
        assert_eq!(listed.as_array().unwrap().len(), 1, "{kind}");
        assert_ne!(listed[0]["last_pushed_at"], json!(null), "{kind}");
    }
    assert_eq!(
        root.read("/usage").await[0]["pushes"],
        10_002,
        "none is lost"
    );
}

#[tokio::test]
async fn deploy_tokens_of_one_group_have_a_share_of_a_day() {
    let World { app, root, .. } = World::start().await;
    for path in ["noisy/a", "noisy/b", "team/app"] {
        app.project(path, Visibility::Private).await;
    }
    for _ in 0..3 {
        for place in ["noisy/a", "noisy/b"] {
            let machine = app.machine(place, "write_registry").await;
            invent(&machine, place, 0..1000).await;
        }
        app.service.counter.write_all().await.unwrap();
    }
    let first = root.read("/usage?by=repository&per_page=1").await;
    assert_eq!(first[0]["repository"], json!(null));
    let without_a_name = first[0]["pushes"].as_i64().unwrap();
    assert!((1000..1020).contains(&without_a_name), "{without_a_name}");
    let other = app.machine("team/app", "write_registry").await;
    other.ask(&["repository:team/app:push"]).await;
    app.service.counter.write_all().await.unwrap();
    let listed = root
        .read("/projects/team%2Fapp/registry/repositories")
        .await;
    assert_ne!(listed[0]["last_pushed_at"], json!(null));
}
