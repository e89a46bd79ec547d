//! Files for registries that could not be written: they are written as soon as they can be.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::Workplace;
use super::registry::started;
use super::running::{Running, send, within};

/// Something in the place of the file that is written before it takes the name of another; root cannot pass over it either.
struct Obstacle(PathBuf);

impl Obstacle {
    fn before(workplace: &Workplace, name: &str) -> Self {
        let path = workplace.path().join("keys/public").join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn remove(self) {
        fs::remove_dir(self.0).unwrap();
    }
}

fn public(workplace: &Workplace, name: &str) -> String {
    fs::read_to_string(workplace.path().join("keys/public").join(name)).unwrap()
}

fn certificates(workplace: &Workplace) -> usize {
    let text = public(workplace, "ca.crt");
    text.matches("BEGIN CERTIFICATE").count()
}

/// True if `/readyz` of ops says that the key files cannot be followed.
fn is_told(running: &Running) -> bool {
    send(&running.ops, "GET /readyz", "").contains("the key files cannot be followed")
}

/// Longer than the service takes to look at the key files again, and a little for a busy machine.
const LOOK: Duration = Duration::from_secs(15);

/// The service sees the obstacle, goes on to say so, and publishes as soon as it is gone.
fn is_published_when_it_can_be(
    (workplace, running): (&Workplace, &Running),
    obstacle: Obstacle,
    is_published: impl Fn() -> bool,
) {
    within(LOOK, "the operator is told", || is_told(running));
    // Two looks later it is not over.
    std::thread::sleep(Duration::from_secs(5));
    assert!(is_told(running) && !is_published());
    let log = fs::read_to_string(workplace.path().join("serve.log")).unwrap();
    assert!(!log.contains("over after"), "{log}");
    obstacle.remove();
    within(LOOK, "it is published", is_published);
    within(LOOK, "it is over", || !is_told(running));
}

#[test]
fn a_key_set_that_could_not_be_written_is_written_later() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let obstacle = Obstacle::before(&workplace, "jwks.new");
    let told = workplace.fails(1, &["keys", "rotate"]);
    assert!(
        told.contains("public/jwks.json: cannot be written"),
        "{told}"
    );
    let listed = workplace.json(&["keys", "list"]);
    let keys = listed.as_array().unwrap().iter();
    let keys: Vec<_> = keys.map(|key| key["kid"].as_str().unwrap()).collect();
    is_published_when_it_can_be((&workplace, &running), obstacle, || {
        let set = public(&workplace, "jwks.json");
        keys.iter().all(|kid| set.contains(kid))
    });
}

#[test]
fn a_service_starts_while_a_file_for_registries_cannot_be_written() {
    let workplace = Workplace::empty();
    started(&workplace).stop();
    let _obstacle = Obstacle::before(&workplace, "jwks.new");
    workplace.fails(1, &["keys", "rotate"]);
    let running = started(&workplace);
    running.get("/jwt/auth?service=distribution.example.com");
    within(LOOK, "the operator is told", || is_told(&running));
}

#[test]
fn a_key_of_one_registry_that_cannot_be_published_is_not_made() {
    let workplace = Workplace::empty();
    let _running = started(&workplace);
    let keys = || workplace.json(&["keys", "list"]);
    let (before, set) = (keys(), public(&workplace, "jwks.json"));
    let published = fs::read_dir(workplace.path().join("keys/public/pinned")).unwrap();
    let name = published.map(Result::unwrap).next().unwrap();
    let name = name.path().with_extension("new");
    let name = format!("pinned/{}", name.file_name().unwrap().display());
    let obstacle = Obstacle::before(&workplace, &name);
    let rotate = ["keys", "rotate", "--service", "zot.example.com"];
    let told = workplace.fails(1, &rotate);
    let problem = format!("{}: cannot be written", name.replace(".new", ".pem"));
    assert!(told.contains(&problem), "{told}");
    assert_eq!(keys(), before);
    obstacle.remove();
    within(LOOK, "the key set is as before", || {
        public(&workplace, "jwks.json") == set
    });
    workplace.ok(&rotate);
    assert_ne!(keys(), before);
}

#[test]
fn an_authority_that_could_not_be_published_is_published_later() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let obstacle = Obstacle::before(&workplace, "ca.new");
    let told = workplace.fails(1, &["keys", "ca", "renew"]);
    assert!(told.contains("public/ca.crt: cannot be written"), "{told}");
    is_published_when_it_can_be((&workplace, &running), obstacle, || {
        certificates(&workplace) == 2
    });
}

#[test]
fn a_second_renewal_publishes_what_the_first_could_not() {
    let workplace = Workplace::empty();
    drop(started(&workplace));
    let obstacle = Obstacle::before(&workplace, "ca.new");
    for _ in 0..2 {
        let told = workplace.fails(1, &["keys", "ca", "renew"]);
        assert!(told.contains("public/ca.crt: cannot be written"), "{told}");
    }
    assert_eq!(certificates(&workplace), 1);
    obstacle.remove();
    let told = workplace.fails(1, &["keys", "ca", "renew"]);
    assert!(
        told.contains("is waiting already, and public/ca.crt holds it"),
        "{told}"
    );
    assert_eq!(certificates(&workplace), 2);
}
