//! What GitLab's users administer with, and what calls the whole API from its description.

use std::path::PathBuf;
use std::process::Command;

use crate::harness::{Service, Story, World, finish, run};

pub(crate) const STORIES: &[Story] = &[
    (
        "python_gitlab_administers_wharfinger_unchanged",
        python_gitlab_administers_wharfinger_unchanged,
    ),
    (
        "no_call_that_the_description_allows_fails",
        no_call_that_the_description_allows_fails,
    ),
];

/// A service of its own, with an administrator `root` and their token.
struct Administered {
    service: Service,
    token: String,
}

fn administered(world: &World) -> Administered {
    furnished(world, Service::start(&world.new_folder()))
}

fn furnished(world: &World, service: Service) -> Administered {
    service.cli(&["user", "create", "root", "--admin"]);
    let create = [
        "token", "create", "--user", "root", "--name", "session", "--scope", "api",
    ];
    let token = world.secret(service.secret_cli(&create).trim().to_owned());
    Administered { service, token }
}

/// A program of the environment that `tests/run.sh` makes.
fn program(name: &str) -> String {
    let bin = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/python/bin");
    bin.join(name).to_str().unwrap().to_owned()
}

/// On SQLite, and on the empty databases that `tests/run.sh` names.
#[expect(
    clippy::disallowed_methods,
    reason = "tests/run.sh names the databases"
)]
fn python_gitlab_administers_wharfinger_unchanged(world: &World) {
    session_succeeds(world, administered(world));
    let databases = std::env::var("SESSION_DATABASE_URLS").unwrap_or_default();
    for database in databases.split_whitespace() {
        let service = Service::start_on(&world.new_folder(), database);
        session_succeeds(world, furnished(world, service));
    }
}

fn session_succeeds(world: &World, Administered { service, token }: Administered) {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/python/gitlab_session.py"
    );
    let ran = run(
        world,
        &program("python"),
        &[script, &service.admin_url, &token],
        "",
    );
    ran.must_succeed();
    let parts = "sign_in users groups projects members deploy_tokens tokens pages deletions";
    let done: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(done, parts.split(' ').collect::<Vec<_>>());
}

/// What ends tokens, users or places.
const DESTRUCTIVE: &str = "DELETE|/self|tokens/.id.|(PUT|POST) /api/v4/users/.id.";
/// What ends the caller's own token: then there is nobody to ask any more.
const FATAL: &str = "/self";
/// No operation.
const NOTHING: &str = "^$";
/// Nothing is a 5xx, and every answer is of a status, kind and shape that the description names.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

fn no_call_that_the_description_allows_fails(world: &World) {
    let Administered { service, token } = administered(world);
    // The third user, as tests/python/schemathesis.toml has it.
    service.cli(&["user", "create", "alice"]);
    service.cli(&["group", "create", "team"]);
    service.cli(&["project", "create", "team/app"]);
    for namespace in ["team", "team/app"] {
        service.cli(&["member", "add", namespace, "alice", "--level", "reporter"]);
        let create = ["deploy-token", "create", namespace, "--name", "ci"];
        let made = service.secret_cli(&[&create[..], &["--scope", "read_registry"]].concat());
        world.secret(made.trim().to_owned());
    }
    let create = [
        "token", "create", "--user", "alice", "--name", "ci", "--scope", "api",
    ];
    world.secret(service.secret_cli(&create).trim().to_owned());
    let url = format!("{}/api/openapi.json", service.admin_url);
    let header = format!("PRIVATE-TOKEN: {token}");
    let settings = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/python/schemathesis.toml"
    );
    // What destroys comes last.
    for (which, but) in [("", DESTRUCTIVE), (DESTRUCTIVE, FATAL), (FATAL, NOTHING)] {
        let arguments = [
            "--config-file",
            settings,
            "run",
            &url,
            "--header",
            &header,
            "--phases",
            "examples,coverage,fuzzing",
            "--checks",
            CHECKS,
            "--max-examples",
            "20",
            "--seed",
            "1",
            "--no-color",
            "--include-name-regex",
            which,
            "--exclude-name-regex",
            but,
        ];
        let mut command = Command::new(program("schemathesis"));
        // It keeps what it finds where it runs.
        command.args(arguments).current_dir(world.new_folder());
        let ran = finish(world, command, "");
        assert!(ran.ok, "{}", ran.stdout);
        assert!(ran.stdout.contains(" passed"), "{}", ran.stdout);
    }
    let log = service.process.log();
    assert!(!log.contains("panicked"), "{log}");
}
