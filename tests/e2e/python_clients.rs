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
        "gitlabracadabra_and_gitlabform_set_up_wharfinger",
        gitlabracadabra_and_gitlabform_set_up_wharfinger,
    ),
    (
        "the_description_is_valid_openapi",
        the_description_is_valid_openapi,
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
    let parts = "sign_in users groups projects members deploy_tokens tokens pages audit deletions";
    let done: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(done, parts.split(' ').collect::<Vec<_>>());
}

/// The one makes users, groups and projects from a file, the other sets them up; both find nothing to do when they
/// come again.
fn gitlabracadabra_and_gitlabform_set_up_wharfinger(world: &World) {
    let administered = administered(world);
    let first = gitlabracadabra(world, &administered);
    for what in ["robin", "team", "team/backend", "team/backend/my_app"] {
        assert!(first.contains(&format!("[{what}] Creating")), "{first}");
    }
    assert!(
        !first.contains("ERROR") && !first.contains("WARNING"),
        "{first}"
    );
    assert_eq!(gitlabracadabra(world, &administered), "", "all is made");

    let first = gitlabform(world, &administered);
    let edited = "Editing project_settings in team/backend/my_app";
    assert!(first.contains(edited), "{first}");
    let members = administered.service.cli(&["member", "list", "team"]);
    assert!(members.contains("robin\treporter\t2099-01-01"), "{members}");
    let second = gitlabform(world, &administered);
    let is_done = !second.contains("Editing") && !second.contains("Adding user");
    assert!(is_done, "{second}");
}

/// A run of gitlabracadabra, and what it says that it has done.
fn gitlabracadabra(world: &World, Administered { service, token }: &Administered) -> String {
    let settings = world.new_folder().join("python-gitlab.cfg");
    let url = &service.admin_url;
    let place = format!("[here]\nurl = {url}\nprivate_token = {token}\n");
    std::fs::write(&settings, format!("[global]\ndefault = here\n{place}")).unwrap();
    let actions = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/python/gitlabracadabra.yml"
    );
    let settings = settings.to_str().unwrap();
    let arguments = ["--verbose", "--config-file", settings, actions];
    let ran = run(world, "/usr/bin/gitlabracadabra", &arguments, "");
    ran.must_succeed();
    ran.stderr
}

/// A run of gitlabform, and what it says that it has done.
fn gitlabform(world: &World, Administered { service, token }: &Administered) -> String {
    let program =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/gitlabform/bin/gitlabform");
    let wanted = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/gitlabform.yml");
    let mut command = Command::new(program);
    command
        .args([
            "--skip-version-check",
            "--verbose",
            "--config",
            wanted,
            "ALL_DEFINED",
        ])
        .envs([("GITLAB_URL", &service.admin_url), ("GITLAB_TOKEN", token)])
        .current_dir(world.new_folder());
    let ran = finish(world, command, "");
    assert!(ran.ok, "{}{}", ran.stdout, ran.stderr);
    ran.stdout + &ran.stderr
}

/// Reads the description at an address, and fails if it breaks the schema of OpenAPI.
const VALIDATE: &str = "import json, sys, urllib.request; from openapi_spec_validator import validate; \
    validate(json.load(urllib.request.urlopen(sys.argv[1])))";

/// Generators of clients refuse one that is not.
fn the_description_is_valid_openapi(world: &World) {
    let service = Service::start(&world.new_folder());
    let url = format!("{}/api/openapi.json", service.admin_url);
    run(world, &program("python"), &["-c", VALIDATE, &url], "").must_succeed();
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
