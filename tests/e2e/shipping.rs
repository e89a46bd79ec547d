//! The image and the compose file.
//!
//! Images cannot be fetched here: small stand-ins bear the names of the base image and of the
//! registry, and the program in the final stage is the one of this build.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::harness::{Engine, Ran, Story, World, finish, free_port, wait_until};

pub(crate) const STORIES: &[Story] = &[
    (
        "the_compose_file_brings_up_a_registry_with_tokens",
        the_compose_file_brings_up_a_registry_with_tokens,
    ),
    (
        "a_volume_of_docker_run_keeps_everything",
        a_volume_of_docker_run_keeps_everything,
    ),
    (
        "the_compose_file_takes_postgresql_if_that_is_asked_for",
        the_compose_file_takes_postgresql_if_that_is_asked_for,
    ),
];

/// What the base image's build step and the program need.
const BASE: &[&str] = &[
    "/bin/sh",
    "/usr/bin/install",
    "/usr/sbin/useradd",
    "/lib/x86_64-linux-gnu/libgcc_s.so.1",
    "/lib/x86_64-linux-gnu/libm.so.6",
    "/etc/login.defs",
    "/etc/nsswitch.conf",
];

struct Compose<'a> {
    world: &'a World,
    engine: &'a Engine,
    variables: Vec<(&'static str, String)>,
}

impl Compose<'_> {
    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new("/usr/bin/docker-compose");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker-compose.yml");
        command
            .arg("-f")
            .arg(file)
            .args(["-p", "story"])
            .args(arguments);
        command.env("DOCKER_HOST", &self.engine.address);
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        finish(self.world, command, "")
    }

    /// Runs `wharfinger` in its container.
    fn wharfinger(&self, arguments: &[&str]) -> String {
        let ran = self.run(&[&["exec", "-T", "wharfinger", "wharfinger"], arguments].concat());
        ran.must_succeed();
        ran.stdout
    }
}

fn the_compose_file_brings_up_a_registry_with_tokens(world: &World) {
    let folder = world.new_folder();
    let engine = Engine::with_networks(&folder.join("engine"));
    let docker = |arguments: &[&str]| {
        let mut command = engine.docker(arguments);
        command.env("DOCKER_CONFIG", folder.join("config"));
        finish(world, command, "")
    };
    make_images(&folder, &engine, world);
    let (registry, token) = (free_port(), free_port());
    let compose = Compose {
        world,
        engine: &engine,
        variables: vec![
            ("REGISTRY_PORT", registry.to_string()),
            ("TOKEN_PORT", token.to_string()),
            ("ADMIN_PORT", free_port().to_string()),
            ("REALM_URL", format!("http://localhost:{token}")),
        ],
    };
    compose.run(&["up", "-d", "--no-build"]).must_succeed();

    let inspect = |format: &str| {
        docker(&["inspect", "--format", format, "story_wharfinger_1"])
            .stdout
            .trim()
            .to_owned()
    };
    assert_eq!(
        inspect("{{.State.Health.Status}}"),
        "healthy",
        "the registry starts after Wharfinger is healthy"
    );
    assert_eq!(inspect("{{.Config.User}}"), "10001:10001");
    let mounts = docker(&[
        "inspect",
        "--format",
        "{{range .Mounts}}{{.Name}} {{end}}",
        "story_registry_1",
    ])
    .stdout;
    let mounts: BTreeSet<&str> = mounts.split_whitespace().collect();
    assert_eq!(mounts, BTreeSet::from(["story_images", "story_public"]));
    let shared = std::fs::read_dir(folder.join("engine/root/volumes/story_public/_data")).unwrap();
    let shared: BTreeSet<_> = shared
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        shared,
        ["ca.crt", "jwks.json"].map(str::to_owned).into(),
        "only what is public is shared"
    );

    compose.wharfinger(&["user", "create", "alice"]);
    compose.wharfinger(&["group", "create", "team"]);
    compose.wharfinger(&["member", "add", "team", "alice", "--level", "developer"]);
    let create = [
        "exec",
        "-T",
        "wharfinger",
        "wharfinger",
        "token",
        "create",
        "--user",
        "alice",
        "--name",
        "laptop",
    ];
    let scopes = ["--scope", "read_registry", "--scope", "write_registry"];
    let mut command = Command::new("/usr/bin/docker-compose");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker-compose.yml");
    command
        .arg("-f")
        .arg(file)
        .args(["-p", "story"])
        .args(create)
        .args(scopes)
        .env("DOCKER_HOST", &engine.address);
    command.envs(compose.variables.iter().map(|(name, value)| (*name, value)));
    let printed = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let secret = world.secret(printed.trim().to_owned());
    assert!(secret.starts_with("whf_pat_"), "no token was printed");
    let host = format!("localhost:{registry}");
    let mut login = engine.docker(&["login", "--username", "alice", "--password-stdin", &host]);
    login.env("DOCKER_CONFIG", folder.join("config"));
    let ran = finish(world, login, &secret);
    assert!(ran.stdout.contains("Login Succeeded"), "{ran:?}");
    let image = format!("{host}/team/app:1");
    docker(&["tag", "registry:3", &image]).must_succeed();
    docker(&["push", &image]).must_succeed();
    docker(&["rmi", &image]).must_succeed();
    docker(&["pull", &image]).must_succeed();

    compose.run(&["stop"]).must_succeed();
    assert_eq!(
        inspect("{{.State.ExitCode}}"),
        "0",
        "it stops by itself when it is told to"
    );
    compose.run(&["down", "--volumes"]).must_succeed();
}

/// The line in the head of the Dockerfile, twice: a new version of the image is another container.
fn a_volume_of_docker_run_keeps_everything(world: &World) {
    let folder = world.new_folder();
    let engine = Engine::with_networks(&folder.join("engine"));
    make_images(&folder, &engine, world);
    let docker = |arguments: &[&str]| {
        let mut command = engine.docker(arguments);
        command.env("DOCKER_CONFIG", folder.join("config"));
        finish(world, command, "")
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Dockerfile");
    let text = std::fs::read_to_string(file).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("#   docker run "))
        .unwrap();
    let (token, admin) = (free_port().to_string(), free_port().to_string());
    let line = line
        .replace(" 5001:", &format!(" {token}:"))
        .replace(":5002:", &format!(":{admin}:"));
    let start = || {
        let arguments = ["run", "--detach", "--name", "single"].into_iter();
        let arguments: Vec<&str> = arguments.chain(line.split_whitespace()).collect();
        docker(&arguments).must_succeed();
        wait_until("it is ready", || {
            docker(&["exec", "single", "wharfinger", "health"]).ok
        });
    };
    let wharfinger = |arguments: &[&str]| {
        let ran = docker(&[&["exec", "single", "wharfinger"], arguments].concat());
        ran.must_succeed();
        ran.stdout
    };
    start();
    wharfinger(&["user", "create", "alice"]);
    let keys = wharfinger(&["keys", "list", "--json"]);
    docker(&["stop", "single"]).must_succeed();
    let ended = docker(&["inspect", "--format", "{{.State.ExitCode}}", "single"]);
    assert_eq!(ended.stdout.trim(), "0");
    docker(&["rm", "--volumes", "single"]).must_succeed();
    start();
    let users = wharfinger(&["user", "list", "--json"]);
    assert!(users.contains("\"alice\""), "{users}");
    assert_eq!(wharfinger(&["keys", "list", "--json"]), keys);
    docker(&["rm", "--force", "--volumes", "single"]).must_succeed();
}

/// The variables are those that the head of the file names. Without them no server is started: the story above has no image
/// of one.
fn the_compose_file_takes_postgresql_if_that_is_asked_for(world: &World) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker-compose.yml");
    let text = std::fs::read_to_string(file).unwrap();
    let told = text.lines().filter_map(|line| line.strip_prefix("#   "));
    let variables: Vec<(String, String)> = told
        .map(|line| line.replace("...", "Secret1"))
        .filter_map(|line| {
            line.split_once('=')
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        })
        .collect();
    assert_eq!(variables.len(), 3, "{variables:?}");
    let mut command = Command::new("/usr/bin/docker-compose");
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .arg("config")
        .envs(variables);
    let ran = finish(world, command, "");
    ran.must_succeed();
    for line in [
        "      WHARFINGER_DATABASE__URL: postgres://wharfinger:Secret1@postgres/wharfinger\n",
        "  postgres:\n    environment:\n      POSTGRES_DB: wharfinger\n      POSTGRES_PASSWORD: Secret1\n      POSTGRES_USER: wharfinger\n",
        "    profiles:\n    - postgres\n",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
}

/// Makes stand-ins for the images that the files name, and builds the final stage.
fn make_images(folder: &Path, engine: &Engine, world: &World) {
    let base = folder.join("base");
    copy_with_libraries(BASE, &base);
    for (file, text) in [
        ("passwd", "root:x:0:0:root:/root:/bin/sh\n"),
        ("group", "root:x:0:\n"),
        ("shadow", "root:*:1::::::\n"),
        ("gshadow", "root:*::\n"),
    ] {
        std::fs::write(base.join("etc").join(file), text).unwrap();
    }
    for missing in ["tmp", "var/lib", "var/log", "var/mail", "home"] {
        std::fs::create_dir_all(base.join(missing)).unwrap();
    }
    import(&base, &[], "debian:bookworm-slim", engine, world);

    let registry = folder.join("registry");
    copy_with_libraries(&["/usr/bin/docker-registry"], &registry);
    let configuration = "version: 0.1\nstorage: { filesystem: { rootdirectory: /var/lib/registry } }\nhttp: { addr: \":5000\" }\n";
    std::fs::write(registry.join("config.yml"), configuration).unwrap();
    for missing in ["tmp", "var/lib/registry"] {
        std::fs::create_dir_all(registry.join(missing)).unwrap();
    }
    let start = [
        "ENTRYPOINT [\"/usr/bin/docker-registry\"]",
        "CMD [\"serve\", \"/config.yml\"]",
    ];
    import(&registry, &start, "registry:3", engine, world);

    let context = folder.join("context");
    std::fs::create_dir_all(&context).unwrap();
    std::fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("Dockerfile"),
        context.join("Dockerfile"),
    )
    .unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_wharfinger"), context.join("wharfinger")).unwrap();
    let mut build = engine.docker(&[
        "build",
        "--target",
        "release",
        "--build-arg",
        "BINARY=wharfinger",
        "-t",
        "wharfinger",
    ]);
    build.arg(&context);
    finish(world, build, "").must_succeed();
}

fn import(files: &Path, changes: &[&str], name: &str, engine: &Engine, world: &World) {
    let archive = files.with_extension("tar");
    let packed = Command::new("tar")
        .arg("-C")
        .arg(files)
        .arg("-cf")
        .arg(&archive)
        .arg(".")
        .status()
        .unwrap();
    assert!(packed.success());
    let mut command = engine.docker(&["import"]);
    for change in changes {
        command.args(["--change", change]);
    }
    command.arg(&archive).arg(name);
    finish(world, command, "").must_succeed();
}

/// Copies programs of this machine, and the libraries that they load.
fn copy_with_libraries(paths: &[&str], to: &Path) {
    let mut all: BTreeSet<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    for path in paths {
        let told = Command::new("ldd").arg(path).output().unwrap().stdout;
        let told = String::from_utf8(told).unwrap();
        all.extend(
            told.split_whitespace()
                .filter(|word| word.starts_with('/'))
                .map(str::to_owned),
        );
    }
    for path in all {
        let target = to.join(path.trim_start_matches('/'));
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(&path, &target).unwrap();
    }
}
