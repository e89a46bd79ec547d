//! Databases of our own, whose servers can be killed, stopped and started again.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::free_port;

/// The kinds of databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres,
    Maria,
}

/// A server with an empty database; ends with the value.
pub(crate) struct Server {
    kind: Kind,
    folder: TempDir,
    pub(crate) port: u16,
    child: Child,
    /// More settings, as the command line of the server has them.
    more: Vec<String>,
}

impl Server {
    /// Makes one, and starts it.
    pub(crate) fn start(kind: Kind) -> Self {
        Self::start_with(kind, |_| Vec::new())
    }

    /// Makes one in a folder that the server may read, and starts it with more settings.
    pub(crate) fn start_with(kind: Kind, more: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path();
        let data = path.join("data");
        run(Command::new("chmod").arg("755").arg(path));
        std::fs::create_dir(&data).unwrap();
        match kind {
            Kind::Postgres => {
                run(Command::new("chown").arg("postgres").arg(&data));
                run(as_user("postgres", &postgres("initdb"))
                    .args(["-A", "trust", "-U", "postgres", "--no-sync"])
                    .args(["--encoding=UTF8", "--locale=C.UTF-8", "-D"])
                    .arg(&data));
            }
            Kind::Maria => {
                run(Command::new("chown").arg("mysql").arg(path));
                run(Command::new("mariadb-install-db")
                    .args(["--no-defaults", "--user=mysql", "--skip-test-db"])
                    .arg("--auth-root-authentication-method=normal")
                    .arg(format!("--datadir={}", data.display())));
            }
        }
        let (port, more) = (free_port(), more(path));
        let child = launch(kind, (path, port), &more);
        let mut server = Self {
            kind,
            folder,
            port,
            child,
            more,
        };
        server.wait();
        if kind == Kind::Maria {
            run(&mut server.mariadb("create database service"));
        }
        server
    }

    /// The address of the database, as the service would reach it at another port.
    pub(crate) fn url_at(&self, port: u16) -> String {
        match self.kind {
            Kind::Postgres => format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            Kind::Maria => format!("mysql://root@127.0.0.1:{port}/service"),
        }
    }

    pub(crate) fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// Gives up everything in the database.
    pub(crate) fn make_empty(&self) {
        match self.kind {
            Kind::Postgres => self.tell("drop schema public cascade; create schema public"),
            Kind::Maria => self.tell("drop database service; create database service"),
        }
    }

    /// Lets another program do something in the database.
    pub(crate) fn tell(&self, statement: &str) {
        match self.kind {
            Kind::Postgres => {
                let mut command = Command::new(postgres("psql"));
                run(command.args(["-q", "-d", &self.url(), "-c", statement]));
            }
            Kind::Maria => run(&mut self.mariadb(&format!("use service; {statement}"))),
        }
    }

    /// Kills all its processes in the middle of whatever they do.
    pub(crate) fn kill(&mut self) {
        self.signal("-KILL");
        self.child.wait().unwrap();
    }

    /// Starts it again where it was.
    pub(crate) fn start_again(&mut self) {
        self.child = launch(self.kind, (self.folder.path(), self.port), &self.more);
        self.wait();
    }

    /// Sends a signal to all its processes.
    pub(crate) fn signal(&self, name: &str) {
        let mut all = children(self.child.id());
        all.insert(0, self.child.id());
        // A child may have ended meanwhile.
        let _ = Command::new("kill")
            .arg(name)
            .args(all.iter().map(ToString::to_string))
            .stderr(Stdio::null())
            .status();
    }

    /// Waits until it answers. One that still finds its killed predecessor ends, and is started anew.
    fn wait(&mut self) {
        let begin = Instant::now();
        while !self.answers() {
            assert!(begin.elapsed() < Duration::from_mins(1), "{}", self.log());
            if self.child.try_wait().unwrap().is_some() {
                self.child = launch(self.kind, (self.folder.path(), self.port), &self.more);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn answers(&self) -> bool {
        let mut question = match self.kind {
            Kind::Postgres => {
                let mut command = Command::new(postgres("pg_isready"));
                let port = self.port.to_string();
                command.args(["-q", "-h", "127.0.0.1", "-p", &port]);
                command
            }
            Kind::Maria => self.mariadb("select 1"),
        };
        let asked = question
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.unwrap().success()
    }

    fn mariadb(&self, statement: &str) -> Command {
        let mut command = Command::new("mariadb");
        let socket = self.folder.path().join("s.sock");
        command
            .arg("--no-defaults")
            .arg(format!("--socket={}", socket.display()))
            .args(["-u", "root", "-e", statement]);
        command
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal("-KILL");
        let _ = self.child.wait();
    }
}

/// The newest PostgreSQL's program of that name.
fn postgres(program: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").unwrap();
    let newest = versions
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.parse::<u32>().unwrap_or(0)
        });
    newest.unwrap().join("bin").join(program)
}

/// A program in a user's name, as this process's own child.
fn as_user(user: &str, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", user, "--regid", user, "--init-groups"])
        .arg(program)
        .current_dir("/");
    command
}

fn launch(kind: Kind, (folder, port): (&Path, u16), more: &[String]) -> Child {
    let data = folder.join("data");
    let mut command = match kind {
        Kind::Postgres => {
            let mut command = as_user("postgres", &postgres("postgres"));
            command
                .arg("-D")
                .arg(data)
                .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
                .args(["-c", "unix_socket_directories=", "-c", "fsync=off"]);
            command
        }
        Kind::Maria => {
            let mut command = Command::new("mariadbd");
            command
                .args(["--no-defaults", "--user=mysql", "--bind-address=127.0.0.1"])
                .arg(format!("--datadir={}", data.display()))
                .arg(format!("--port={port}"))
                // One that starts removes the temporary files of others in the same folder.
                .arg(format!("--tmpdir={}", folder.display()))
                .arg(format!("--socket={}", folder.join("s.sock").display()));
            command
        }
    };
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .unwrap();
    command
        .args(more)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
}

/// The processes that a process has started.
fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // Behind the name, which is in brackets: the state, then the parent.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        fields.split_whitespace().nth(1) == Some(&parent.to_string())
    })
    .collect()
}
