//! The script that measures under load: its verdicts on made-up numbers, and its course with programs that only look as if they worked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

#[test]
fn the_load_that_grows_or_is_refused_is_a_failure() {
    let verdict = |function: &str, text: &str| {
        let command = format!(". benches/verdicts.sh; {function} <(printf '{text}')");
        let mut bash = std::process::Command::new("bash");
        let ran = bash
            .args(["-c", &command])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output();
        let ran = ran.unwrap();
        let told = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.success(), told.is_empty(), "{told}");
        ran.status.success()
    };
    let grows = |step: f64| {
        let minutes =
            (1..=9).map(|minute| format!("{minute} {:.1}\\n", 60.0 + step * f64::from(minute)));
        !verdict("must_not_grow", &minutes.collect::<String>())
    };
    assert!(!grows(0.0) && !grows(0.15) && grows(0.25) && grows(2.0));
    let filled = "1 20\\n2 50\\n3 60\\n4 60.5\\n5 60.4\\n6 60.6\\n7 60.9\\n8 60.8\\n";
    assert!(verdict("must_not_grow", filled));

    let answered = |line: &str| {
        verdict(
            "must_be_answered",
            &format!("  900 requests in 15.00s, 1MB read\\n{line}"),
        )
    };
    assert!(answered(""));
    assert!(!answered("  Non-2xx or 3xx responses: 1\\n"));
    assert!(!answered(
        "  Socket errors: connect 0, read 0, write 0, timeout 3\\n"
    ));
    assert!(!verdict("must_be_answered", ""), "nothing was asked");

    let too_short = |minutes: &str| {
        let mut script = std::process::Command::new("benches/load.sh");
        let ran = script
            .args(["--minutes", minutes])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output();
        let ran = ran.unwrap();
        assert_eq!(ran.status.code(), Some(2));
        String::from_utf8(ran.stderr)
            .unwrap()
            .contains("needs 8 or more")
    };
    assert!(too_short("7") && too_short("soon"));
}

/// Writes a script that can be run.
fn write_program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/bash\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs the whole script, on two databases. Its programs do nothing, and the load program tells of requests that were refused, if
/// the arguments that it gets hold `refused`.
fn load_with(refused: &str) -> Output {
    let folder = TempDir::new().unwrap();
    let (programs, target) = (folder.path().join("bin"), folder.path().join("target"));
    let wrk = format!(
        "echo '  900 requests in 15.00s, 1MB read'; echo 'Requests/sec: 60'; echo '50% 1ms'; echo '99% 2ms'\n\
         case \"$*\" in *{refused}*) echo '  Non-2xx or 3xx responses: 1' ;; esac"
    );
    write_program(&programs.join("cargo"), "exit 0");
    write_program(&programs.join("sleep"), "exit 0");
    write_program(&programs.join("wrk"), &wrk);
    write_program(&programs.join("curl"), "echo '{\"refresh_token\":\"x\"}'");
    let serves = "exec /bin/sleep 100";
    let service = format!("[ $# -gt 0 ] || {serves}");
    write_program(&target.join("release/wharfinger"), &service);
    write_program(&target.join("release/examples/seed"), "exit 0");
    let floor = format!("[ \"$1\" = sign ] || {serves}; echo 20.0");
    write_program(&target.join("release/examples/floor"), &floor);
    let mut script = std::process::Command::new("benches/load.sh");
    script
        .args(["--minutes", "9", "--database", "postgres://nowhere"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TARGET_DIR", &target)
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    script.output().unwrap()
}

#[test]
fn a_refused_request_fails_the_run_at_its_end() {
    for (refused, code, complaints) in [("nothing-of-it", 0, 0), ("images/public", 1, 4)] {
        let ran = load_with(refused);
        let told = String::from_utf8(ran.stderr).unwrap();
        let rows = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(ran.status.code(), Some(code), "{rows}\n{told}");
        assert_eq!(told.lines().count(), complaints, "{told}");
        // Of each database, also what comes after the refusal.
        for row in [
            "refresh token, 2 scopes",
            "requests in these minutes",
            "memory in the last two thirds",
            "cold (no copies), 1000 tokens",
        ] {
            assert_eq!(rows.matches(row).count(), 2, "{row} in {rows}");
        }
    }
}
