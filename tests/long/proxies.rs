//! Two instances behind haproxy and behind nginx, restarted one after the other while clients ask for tokens. The
//! proxies' configuration is the one in docs/operating.md.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Story;
use crate::harness::{Client, End, Kind, Outcome, Server, ask, auth, basic};
use crate::ports::free_port;
use crate::process::Process;
use crate::running::{Running, start_with, within};
use crate::workplace::Workplace;

pub(crate) const STORIES: &[Story] = &[
    (
        "proxies::haproxy_and_rolling_restarts_lose_no_request",
        || {
            rolling(haproxy);
        },
    ),
    (
        "proxies::nginx_and_rolling_restarts_lose_no_request",
        || {
            rolling(nginx);
        },
    ),
    (
        "proxies::haproxy_keeps_the_pulls_that_go_on_without_the_database",
        pulls_go_on_behind_haproxy,
    ),
];

/// The restarts of each instance.
const ROUNDS: usize = 3;
/// The time for which the database hangs: longer than all checks take to notice anything.
const HANGING: Duration = Duration::from_secs(12);
/// Clients of each of the four kinds.
const CLIENTS: usize = 4;

/// A proxy that listens at that address.
struct Proxy {
    address: String,
    process: Process,
    /// Waits until the proxy sends requests to both.
    has_both: Box<dyn Fn()>,
    _folder: TempDir,
}

/// The block of docs/operating.md in that language which has that line, with these addresses in place of its own.
fn documented(language: &str, line: &str, addresses: [(&str, &str); 3]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/operating.md")).unwrap();
    let fence = format!("```{language}\n");
    let mut blocks = page
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let mut text = blocks
        .find(|block| block.contains(line))
        .unwrap()
        .to_owned();
    for (documented, real) in addresses {
        assert!(text.contains(documented), "{documented} in {text}");
        text = text.replace(documented, real);
    }
    text
}

fn haproxy(instances: [&str; 2]) -> Proxy {
    let folder = TempDir::new().unwrap();
    let (address, at) = (format!("127.0.0.1:{}", free_port()), folder.path());
    let socket = at.join("haproxy.sock");
    let block = documented(
        "haproxy",
        "backend wharfinger",
        [
            ("127.0.0.1:5000", address.as_str()),
            ("10.0.0.11:5001", instances[0]),
            ("10.0.0.12:5001", instances[1]),
        ],
    );
    let text = format!("global\n    stats socket {}\n\n{block}", socket.display());
    fs::write(at.join("haproxy.cfg"), text).unwrap();
    let mut command = Command::new("/usr/sbin/haproxy");
    command.arg("-db").arg("-f").arg(at.join("haproxy.cfg"));
    let process = Process::start(command, &at.join("log"));
    let has_both = move || {
        within(Duration::from_secs(30), "haproxy does not see both", || {
            states(&socket).is_some_and(|states| states == ["UP", "UP"])
        });
    };
    Proxy {
        address,
        process,
        has_both: Box::new(has_both),
        _folder: folder,
    }
}

/// The states of the servers, as haproxy tells them.
fn states(socket: &Path) -> Option<Vec<String>> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.write_all(b"show stat\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let servers = text.lines().filter(|line| {
        line.starts_with("wharfinger,")
            && !line.contains(",BACKEND,")
            && !line.contains(",FRONTEND,")
    });
    // The 18th column is the state.
    let states = servers.map(|line| line.split(',').nth(17).unwrap_or_default().to_owned());
    Some(states.collect())
}

fn nginx(instances: [&str; 2]) -> Proxy {
    let folder = TempDir::new().unwrap();
    let (address, at) = (format!("127.0.0.1:{}", free_port()), folder.path());
    let block = documented(
        "nginx",
        "upstream wharfinger",
        [
            ("127.0.0.1:5000", address.as_str()),
            ("10.0.0.11:5001", instances[0]),
            ("10.0.0.12:5001", instances[1]),
        ],
    );
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| {
        let path = at.join(name);
        format!("{name}_temp_path {};\n", path.display())
    });
    let text = format!(
        "user root;\ndaemon off;\npid {0}/pid;\nerror_log {0}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{1}{block}}}\n",
        at.display(),
        temporary.concat(),
    );
    fs::write(at.join("nginx.conf"), text).unwrap();
    let mut command = Command::new("/usr/sbin/nginx");
    command.arg("-c").arg(at.join("nginx.conf"));
    let process = Process::start(command, &at.join("log"));
    Proxy {
        address,
        process,
        // It tries whoever there is.
        has_both: Box::new(|| {}),
        _folder: folder,
    }
}

fn rolling(proxy: fn([&str; 2]) -> Proxy) {
    let server = Server::start(Kind::Postgres);
    let workplaces = [Workplace::empty(), Workplace::empty()];
    let keys = workplaces[0].path().join("keys").display().to_string();
    let configuration = format!(
        "[database]\nurl = \"{}\"\n[keys]\ndirectory = \"{keys}\"\n\
         [shutdown]\ndelay = \"5s\"\n",
        server.url()
    );
    let mut instances = workplaces
        .each_ref()
        .map(|workplace| start_with(workplace, "log", &configuration));
    let arguments = ["--user", "admin", "--name", "x", "--scope", "read_registry"];
    let secret = workplaces[0].ok(&[&["token", "create"], &arguments[..]].concat());
    let proxy = proxy([&instances[0].token, &instances[1].token]);
    (proxy.has_both)();
    within(Duration::from_secs(10), "the proxy does not start", || {
        ask(&proxy.address, "GET /readyz", "").status() == 200
    });
    let over = AtomicBool::new(false);
    let (answered, failed) = std::thread::scope(|scope| {
        let clients = (0..4 * CLIENTS).map(|number| {
            let (address, secret, over) = (&proxy.address, secret.trim(), &over);
            scope.spawn(move || keep_asking(address, secret, number, over))
        });
        let clients: Vec<_> = clients.collect();
        let end = End(&over);
        std::thread::sleep(Duration::from_secs(1));
        for _ in 0..ROUNDS {
            for at in 0..2 {
                restart(&mut instances[at], &workplaces[at]);
                (proxy.has_both)();
            }
        }
        drop(end);
        let told = clients.into_iter().map(|client| client.join().unwrap());
        told.fold((0, Vec::new()), |(sum, mut all), (good, bad)| {
            all.extend(bad);
            (sum + good, all)
        })
    });
    println!(
        "  {} restarts: {answered} answers, {} failed",
        2 * ROUNDS,
        failed.len()
    );
    assert!(failed.is_empty(), "{failed:#?}\n{}", proxy.process.log());
    assert!(answered > 2000, "{answered}");
}

/// A server that hangs makes each check late, and one that is gone refuses: haproxy keeps both instances.
fn pulls_go_on_behind_haproxy() {
    let mut server = Server::start(Kind::Postgres);
    let workplaces = [Workplace::empty(), Workplace::empty()];
    let keys = workplaces[0].path().join("keys").display().to_string();
    let configuration = format!(
        "[database]\nurl = \"{}\"\n[keys]\ndirectory = \"{keys}\"\n",
        server.url()
    );
    let instances = workplaces
        .each_ref()
        .map(|workplace| start_with(workplace, "log", &configuration));
    let arguments = ["--user", "admin", "--name", "x", "--scope", "read_registry"];
    let secret = workplaces[0].ok(&[&["token", "create"], &arguments[..]].concat());
    let login = basic("admin", secret.trim());
    let pull = |address: &str| auth(address, "repository:nowhere/app:pull", &login);
    for instance in &instances {
        assert_eq!(pull(&instance.token).status(), 200);
    }
    let proxy = haproxy([&instances[0].token, &instances[1].token]);
    (proxy.has_both)();
    let goes_on = |what: &str| {
        let begin = Instant::now();
        while begin.elapsed() < HANGING {
            let answer = pull(&proxy.address);
            let passed = begin.elapsed();
            assert_eq!(answer.status(), 200, "{what} for {passed:?}: {answer:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        (proxy.has_both)();
    };
    server.signal("-STOP");
    goes_on("stopped");
    server.kill();
    goes_on("gone");
}

fn restart(running: &mut Running, workplace: &Workplace) {
    assert_eq!(running.stop().0, Some(0));
    running.start_again(workplace, "");
    assert!(running.becomes_ready());
}

/// Asks for tokens until it is over: by GET or POST, on one connection or always on a new one. The good answers,
/// and all others.
fn keep_asking(
    address: &str,
    secret: &str,
    number: usize,
    over: &AtomicBool,
) -> (usize, Vec<String>) {
    let mut client = Client::new(address, number.is_multiple_of(2));
    let form = format!(
        "grant_type=password&service=container_registry&client_id=test&username=admin&password={secret}"
    );
    let (mut good, mut bad) = (0, Vec::new());
    while !over.load(Ordering::SeqCst) {
        let outcome = if number % 4 < 2 {
            let path = "GET /jwt/auth?service=container_registry";
            client.send(path, &basic("admin", secret), "")
        } else {
            client.send("POST /jwt/auth", "", &form)
        };
        match outcome {
            Outcome::Answered { status: 200, .. } => good += 1,
            other => bad.push(format!("client {number}: {other:?}")),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    (good, bad)
}
