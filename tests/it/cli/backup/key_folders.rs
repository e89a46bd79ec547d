//! Folders of keys that a backup can only read, or that hold something else.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use super::{PASSPHRASE, names};
use crate::cli::disk_full::SmallDisk;
use crate::cli::running::start;
use crate::cli::{Workplace, stderr};

const WITH_KEYS: [&str; 5] = [
    "backup",
    "b",
    "--with-keys",
    "--passphrase-file",
    "passphrase",
];
const RESTORE: [&str; 4] = ["restore", "b", "--passphrase-file", "passphrase"];
/// The user and group `nobody`.
const NOBODY: u32 = 65534;

fn with_passphrase(workplace: Workplace) -> Workplace {
    fs::write(workplace.path().join("passphrase"), PASSPHRASE).unwrap();
    workplace
}

/// A workplace with the backup and its passphrase.
fn another(workplace: &Workplace) -> Workplace {
    let other = with_passphrase(Workplace::empty());
    fs::copy(workplace.path().join("b"), other.path().join("b")).unwrap();
    other
}

fn certificate(workplace: &Workplace) -> String {
    fs::read_to_string(workplace.path().join("keys/public/ca.crt")).unwrap()
}

/// True if this user may give files away, which only root may.
fn is_root() -> bool {
    let folder = tempfile::TempDir::new().unwrap();
    chown(folder.path(), Some(NOBODY), None).is_ok()
}

/// Gives everything in a folder to another user, and to a group that may read it.
fn give_away(folder: &Path) {
    for name in names(folder) {
        let path = folder.join(name);
        if path.is_dir() {
            give_away(&path);
        } else {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        }
        chown(&path, Some(NOBODY), None).unwrap();
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o750)).unwrap();
    chown(folder, Some(NOBODY), None).unwrap();
}

#[test]
fn keys_in_a_folder_that_is_mounted_read_only_are_backed_up() {
    let workplace = with_passphrase(Workplace::empty());
    let Some(disk) = SmallDisk::mount(&workplace.path().join("keys")) else {
        return;
    };
    start(&workplace, "log").stop();
    fs::remove_file(workplace.path().join("keys/.lock")).unwrap();
    // The folder of a secret that Kubernetes mounts says that everybody may write into it.
    let open = fs::Permissions::from_mode(0o1777);
    let keys = workplace.path().join("keys");
    fs::set_permissions(&keys, open).unwrap();
    disk.close();
    let told = workplace.fails(1, &["serve"]);
    assert!(
        told.contains("anyone on this machine can put files"),
        "{told}"
    );
    disk.reopen();
    std::os::unix::fs::symlink("nowhere", keys.join("..data")).unwrap();
    disk.close();
    start(&workplace, "log").stop();
    workplace.ok(&WITH_KEYS);
    let other = another(&workplace);
    other.ok(&RESTORE);
    assert_eq!(certificate(&other), certificate(&workplace));
    start(&other, "log").stop();
    disk.reopen();
}

#[test]
fn keys_of_another_user_that_may_be_read_are_backed_up() {
    if !is_root() {
        return;
    }
    let workplace = with_passphrase(Workplace::empty());
    start(&workplace, "log").stop();
    give_away(&workplace.path().join("keys"));
    let output = workplace.command_of_another_user(&WITH_KEYS).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let other = another(&workplace);
    other.ok(&RESTORE);
    assert_eq!(certificate(&other), certificate(&workplace));
}

#[test]
fn root_makes_keys_for_the_user_of_the_service() {
    if !is_root() {
        return;
    }
    let workplace = with_passphrase(Workplace::empty());
    start(&workplace, "log").stop();
    let keys = workplace.path().join("keys");
    give_away(&keys);
    fs::remove_file(keys.join(".lock")).unwrap();
    workplace.ok(&["keys", "rotate"]);
    fs::remove_dir_all(keys.join("signing")).unwrap();
    workplace.ok(&["keys", "ca", "renew"]);
    let owner = |path: &Path| fs::symlink_metadata(path).unwrap().uid();
    for folder in [keys.clone(), keys.join("signing"), keys.join("public")] {
        assert_eq!(owner(&folder), NOBODY, "{}", folder.display());
        for name in names(&folder) {
            assert_eq!(owner(&folder.join(&name)), NOBODY, "{name}");
        }
    }
    // That user has put a link to a file of root's in the place of the lock.
    let roots = workplace.path().join("roots");
    fs::write(&roots, "").unwrap();
    fs::remove_file(keys.join(".lock")).unwrap();
    std::os::unix::fs::symlink(&roots, keys.join(".lock")).unwrap();
    workplace.ok(&["keys", "rotate"]);
    assert_eq!(owner(&roots), 0);
}

/// An installation is prepared as root, and the service runs as a user of its own.
#[test]
fn root_makes_a_database_for_the_user_of_the_service() {
    if !is_root() {
        return;
    }
    let source = with_passphrase(Workplace::migrated());
    source.ok(&["user", "create", "alice"]);
    source.ok(&[
        "backup",
        "b",
        "--encrypt",
        "--passphrase-file",
        "passphrase",
    ]);
    for command in [&["migrate"][..], &RESTORE] {
        let workplace = another(&source);
        chown(workplace.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        workplace.ok(command);
        let data = workplace.path().join("data");
        let look = |path: &Path| {
            let found = fs::symlink_metadata(path).unwrap();
            (found.uid(), found.gid(), found.mode() & 0o777)
        };
        assert_eq!(look(&data), (NOBODY, NOBODY, 0o700));
        let file = data.join("wharfinger.db");
        assert_eq!(look(&file), (NOBODY, NOBODY, 0o600));
        let mut running = start(&workplace, "log");
        workplace.ok(&["user", "create", "bob"]);
        for name in names(&data) {
            assert_eq!(look(&data.join(&name)).0, NOBODY, "{name}");
        }
        running.stop();
    }
    let roots = Workplace::migrated();
    assert_eq!(fs::metadata(roots.path().join("data")).unwrap().uid(), 0);
}

#[test]
fn a_folder_among_the_keys_that_is_closed_to_the_user_is_in_nobodys_way() {
    if !is_root() {
        return;
    }
    let add_closed = |workplace: &Workplace| {
        let folder = workplace.path().join("keys/lost+found");
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
    };
    let workplace = with_passphrase(Workplace::empty());
    start(&workplace, "log").stop();
    add_closed(&workplace);
    let output = workplace.command_of_another_user(&WITH_KEYS).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let other = another(&workplace);
    add_closed(&other);
    let output = other.command_of_another_user(&RESTORE).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(certificate(&other), certificate(&workplace));
}
