//! The real program.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::ports::free_port;
use super::process::{Process, wait_until};

/// A running `wharfinger serve`, and its command line.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) folder: PathBuf,
    pub(crate) url: String,
    pub(crate) admin_url: String,
    pub(crate) ops_url: String,
    environment: Vec<(&'static str, String)>,
}

impl Service {
    /// On SQLite, in its folder.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, Vec::new())
    }

    /// On the empty database at that address.
    pub(crate) fn start_on(folder: &Path, database: &str) -> Self {
        let address = ("WHARFINGER_DATABASE__URL", database.to_owned());
        Self::start_with(folder, vec![address])
    }

    /// On the empty database at that address, with more variables.
    pub(crate) fn start_on_with(
        folder: &Path,
        database: &str,
        more: &[(&'static str, &str)],
    ) -> Self {
        let address = ("WHARFINGER_DATABASE__URL", database.to_owned());
        let more = more
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        Self::start_with(folder, std::iter::once(address).chain(more).collect())
    }

    /// With the address at which people and programs reach the admin API.
    pub(crate) fn start_at(folder: &Path, address: &str) -> Self {
        let address = ("WHARFINGER_ADMIN__PUBLIC_URL", address.to_owned());
        Self::start_with(folder, vec![address])
    }

    /// On an empty database, which a backup fills first; its passphrase is asked for.
    pub(crate) fn start_restored(
        folder: &Path,
        database: &str,
        (backup, passphrase): (&Path, &str),
    ) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let address = ("WHARFINGER_DATABASE__URL", database.to_owned());
        let mut command = program(folder, std::slice::from_ref(&address));
        command
            .args(["restore", "--passphrase-file", "-"])
            .arg(backup);
        let output = finished(command, passphrase);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{database}: {told}");
        Self::start_with(folder, vec![address])
    }

    fn start_with(folder: &Path, more: Vec<(&'static str, String)>) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let (token, admin, ops) = (free_port(), free_port(), free_port());
        let url = format!("http://127.0.0.1:{token}");
        let admin_url = format!("http://127.0.0.1:{admin}");
        let mut environment = vec![
            ("WHARFINGER_TOKEN__LISTEN", format!("127.0.0.1:{token}")),
            ("WHARFINGER_TOKEN__PUBLIC_URL", url.clone()),
            ("WHARFINGER_ADMIN__LISTEN", format!("127.0.0.1:{admin}")),
            ("WHARFINGER_ADMIN__PUBLIC_URL", admin_url.clone()),
            ("WHARFINGER_OPS__LISTEN", format!("127.0.0.1:{ops}")),
        ];
        environment.extend(more);
        let mut command = program(folder, &environment);
        command.arg("serve");
        let process = Process::start(command, &folder.join("serve.log"));
        let service = Self {
            process,
            folder: folder.to_owned(),
            url,
            admin_url,
            ops_url: format!("http://127.0.0.1:{ops}"),
            environment,
        };
        wait_until("the service is ready", || {
            service.output(&["health"], "").status.success()
        });
        service
    }

    /// Starts it again after it ended.
    pub(crate) fn restart(&mut self, log: &str) {
        let mut command = program(&self.folder, &self.environment);
        command.arg("serve");
        self.process = Process::start(command, &self.folder.join(log));
        wait_until("the service is ready", || {
            self.output(&["health"], "").status.success()
        });
    }

    /// What a command that must succeed prints.
    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        self.cli_with(arguments, "")
    }

    /// What a command prints that must succeed, and reads `input`.
    pub(crate) fn cli_with(&self, arguments: &[&str], input: &str) -> String {
        let output = self.output(arguments, input);
        self.keep(&output.stdout);
        succeeded(arguments, output)
    }

    /// Revokes an access token, and waits until the service follows.
    pub(crate) fn revoke(&self, id: &str) {
        self.change(&["token", "revoke", id, "--yes"]);
    }

    /// Changes something by a command, and waits until the service follows: that may take a second.
    pub(crate) fn change(&self, arguments: &[&str]) {
        self.cli(arguments);
        std::thread::sleep(std::time::Duration::from_secs(1));
    }

    /// The secret that a command prints, which is not kept.
    pub(crate) fn secret_cli(&self, arguments: &[&str]) -> String {
        succeeded(arguments, self.output(arguments, ""))
    }

    fn output(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = program(&self.folder, &self.environment);
        command.args(arguments);
        let output = finished(command, input);
        self.keep(&output.stderr);
        output
    }

    fn keep(&self, bytes: &[u8]) {
        let path = self.folder.join("cli.log");
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        file.write_all(bytes).unwrap();
    }
}

/// Runs a command that reads `input`.
fn finished(mut command: Command, input: &str) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that reads nothing may have ended already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn succeeded(arguments: &[&str], output: Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

fn program(folder: &Path, environment: &[(&'static str, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wharfinger"));
    command.current_dir(folder).env_remove("WHARFINGER_CONFIG");
    command.envs(environment.iter().map(|(name, value)| (*name, value)));
    command
}
