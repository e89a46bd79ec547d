//! A folder in which the program works, for integration tests and long ones.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

/// A folder with a database and keys, in which commands run.
pub(crate) struct Workplace {
    folder: TempDir,
}

impl Workplace {
    /// With a schema and nothing in it.
    pub(crate) fn migrated() -> Self {
        let workplace = Self::empty();
        workplace.ok(&["migrate"]);
        workplace
    }

    /// With a user, a group, a project and a role.
    pub(crate) fn furnished() -> Self {
        let workplace = Self::migrated();
        workplace.ok(&["user", "create", "Alice", "--email", "A@Example.com"]);
        workplace.ok(&["group", "create", "team"]);
        workplace.ok(&["project", "create", "team/app", "--visibility", "internal"]);
        workplace.ok(&[
            "member",
            "add",
            "team",
            "alice",
            "--level",
            "Developer",
            "--expires-at",
            "2099-01-01",
        ]);
        workplace
    }

    pub(crate) fn empty() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("wharfinger").unwrap();
        command
            .current_dir(self.path())
            .env_remove("WHARFINGER_CONFIG")
            .args(arguments);
        command
    }

    /// The same for a process without the right to pass over the owners and modes of files, which root has.
    pub(crate) fn command_of_another_user(&self, arguments: &[&str]) -> Command {
        const RIGHTS: &str = "-dac_override,-dac_read_search";
        let mut command = Command::new("setpriv");
        command
            .args(["--bounding-set", RIGHTS, "--inh-caps", RIGHTS])
            .arg(env!("CARGO_BIN_EXE_wharfinger"))
            .current_dir(self.path())
            .env_remove("WHARFINGER_CONFIG")
            .args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command that succeeds prints on standard output.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            stderr(&output)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command that fails with `status` says; it prints no result.
    pub(crate) fn fails(&self, status: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        stderr(&output)
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.ok(&[&["--json"], arguments].concat())).unwrap()
    }
}

/// What a program said on standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
