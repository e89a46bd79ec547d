//! What the cells share, and what came out of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::rotation::Rotation;
use crate::harness::World;

/// What came out of a cell that held.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    /// It works, and what a person should know.
    Works(Option<&'static str>),
    /// It is refused as it should be: what a person sees, and what they should know.
    Refused(String, Option<&'static str>),
    /// The client has no way to do it, and why.
    Impossible(&'static str),
}

/// A cell's row and column: the names of its case and its client.
pub(super) type Place = (&'static str, &'static str);

pub(super) struct Matrix {
    pub(super) world: Arc<World>,
    pub(super) rotation: Mutex<Option<Rotation>>,
    cells: Mutex<BTreeMap<Place, Cell>>,
    keys: Mutex<Vec<String>>,
    tokens: Mutex<BTreeMap<String, String>>,
}

impl Matrix {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self {
            world,
            rotation: Mutex::new(None),
            cells: Mutex::default(),
            keys: Mutex::default(),
            tokens: Mutex::default(),
        }
    }

    /// A token of a user that may do whatever the user may do, the same each time.
    pub(super) fn token(&self, user: &str) -> String {
        let mut tokens = self.tokens.lock().unwrap();
        let token = tokens.entry(user.to_owned()).or_insert_with(|| match user {
            "admin" => self.world.token(user, &["api"]),
            _ => self.world.token(
                user,
                &["read_registry", "write_registry", "delete_registry"],
            ),
        });
        token.clone()
    }

    /// The reference of an image in the registry.
    pub(super) fn image(&self, repository: &str, tag: &str) -> String {
        format!("{}/{repository}:{tag}", self.world.registry.host)
    }

    /// Whether an administrator finds the manifest in the registry.
    pub(super) fn registry_has(&self, repository: &str, tag: &str) -> bool {
        let path = format!("/v2/{repository}/manifests/{tag}");
        let answer = self
            .world
            .asks(Some(("admin", &self.token("admin"))), &path);
        assert!([200, 404].contains(&answer.status), "{answer:?}");
        answer.status == 200
    }

    /// Notes what came out of a cell, and which key signs at its end.
    pub(super) fn note(&self, namespace: Place, cell: Cell) {
        self.cells.lock().unwrap().insert(namespace, cell);
        self.keys.lock().unwrap().push(self.world.signing_key());
    }

    /// What came out of a cell, if it was run and held.
    pub(super) fn cell(&self, namespace: Place) -> Option<Cell> {
        self.cells.lock().unwrap().get(&namespace).cloned()
    }

    /// The keys that signed at the ends of the cells, in the order of the cells.
    pub(super) fn keys(&self) -> Vec<String> {
        self.keys.lock().unwrap().clone()
    }
}
