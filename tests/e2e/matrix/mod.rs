//! The matrix: every client does everything that is done with a registry, and the page in the docs
//! says what came out.
//!
//! A cell is a trial such as `matrix::skopeo::push`. It holds when the registry says that it was done,
//! or refused, as it should be; what a client cannot do is a value too, with its reason.

mod administer;
mod buildah;
mod case;
mod client;
mod containers;
mod ctr;
mod docker_cli;
mod docker_engine;
mod login;
mod plain_protocol;
mod podman;
mod pull;
mod push;
mod record;
mod room;
mod rotation;
mod skopeo;
mod table;

use std::sync::Arc;

use libtest_mimic::Trial;

use crate::harness::World;
use case::{CASES, Case};
use client::{Client, Impossible};
use record::{Cell, Matrix};

/// The columns.
const CLIENTS: &[&dyn Client] = &[
    &docker_engine::DockerEngine,
    &docker_cli::DockerCli,
    &skopeo::Skopeo,
    &podman::Podman,
    &buildah::Buildah,
    &ctr::Ctr,
];

/// All cells, a key rotation in their middle, and the page at the end.
pub(crate) fn trials(world: &Arc<World>) -> Vec<Trial> {
    let matrix = Arc::new(Matrix::new(Arc::clone(world)));
    let trial = |name: &str, story: fn(&Matrix)| {
        let matrix = Arc::clone(&matrix);
        Trial::test(format!("matrix::{name}"), move || {
            story(&matrix);
            Ok(())
        })
    };
    let mut trials = Vec::new();
    for case in CASES {
        for &client in CLIENTS {
            let matrix = Arc::clone(&matrix);
            let name = format!("matrix::{}::{}", client.name(), case.name);
            trials.push(Trial::test(name, move || {
                fill(&matrix, case, client);
                Ok(())
            }));
        }
    }
    let third = trials.len() / 3;
    let end = trial("the_new_key_signs", rotation::end);
    trials.insert(2 * third, end);
    let begin = trial("keys_rotate_in_the_middle", rotation::begin);
    trials.insert(third, begin);
    trials.extend([
        trial("plain_protocol::catalog", plain_protocol::catalog),
        trial("both_keys_signed_and_nobody_noticed", rotation::both_signed),
        trial(
            "the_page_in_the_docs_is_what_was_run",
            table::matches_the_page,
        ),
    ]);
    trials
}

fn fill(matrix: &Matrix, case: &'static Case, client: &dyn Client) {
    let outcome = (case.run)(matrix, client);
    let cell = outcome.unwrap_or_else(|Impossible(reason)| Cell::Impossible(reason));
    matrix.note((case.name, client.name()), cell);
}
