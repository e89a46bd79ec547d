//! Listeners as operators write them: their addresses, their limits and their TLS.

use super::{load, problem};

#[test]
fn two_listeners_with_one_address_stop_the_start_and_both_keys_are_named() {
    let told = |at: &str, one: &str, other: &str, address: &str| {
        format!(
            "{at}: `{one}.listen` leads to the port of `{other}.listen` ({address}), where only one of them can listen; \
             choose another port for one of the two"
        )
    };
    for (file, expected) in [
        (
            "[token]\nlisten = \"127.0.0.1:7001\"\n[ops]\nlisten = \"127.0.0.1:7001\"",
            told("w.toml:4", "ops", "token", "127.0.0.1:7001"),
        ),
        (
            "[token]\nlisten = \"0.0.0.0:5002\"",
            told("w.toml:2", "token", "admin", "127.0.0.1:5002"),
        ),
        (
            "[ops]\nlisten = \"[::1]:7\"\n[admin]\nlisten = \"[::]:7\"",
            told("w.toml:2", "ops", "admin", "[::]:7"),
        ),
    ] {
        assert_eq!(problem(file), expected);
    }
    for good in [
        "[token]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"",
        "[token]\nlisten = \"127.0.0.2:5002\"",
        "[token]\nlisten = \"[::]:5002\"",
    ] {
        assert!(load(good, &[]).is_ok(), "{good}");
    }
}
