//! The script that measures under load: its verdicts on made-up numbers.

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
