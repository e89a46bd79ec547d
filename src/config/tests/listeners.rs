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

#[test]
fn a_smaller_listener_gives_each_address_a_smaller_share() {
    let shares = |file: &str| {
        let config = load(file, &[]).unwrap();
        [config.token.limits, config.admin.limits, config.ops.limits]
            .map(|limits| limits.per_address)
    };
    let all = |most: u32| {
        let section = |name| format!("[{name}]\nmax_connections = {most}\n");
        ["token", "admin", "ops"].map(section).concat()
    };
    assert_eq!(shares(""), [500, 100, 25]);
    assert_eq!(shares(&all(20)), [5, 10, 10]);
    assert_eq!(shares(&all(1)), [1, 1, 1]);
    // More places for everybody are no more for each.
    assert_eq!(shares(&all(10_000)), [500, 100, 25]);
    let written = "[token]\nmax_connections = 400\nmax_connections_per_address = 300";
    assert_eq!(shares(written), [300, 100, 25]);
}

#[test]
fn an_oldest_version_of_tls_needs_a_listener_that_speaks_it() {
    for section in ["token", "admin", "ops"] {
        assert_eq!(
            problem(&format!("[{section}]\ntls_min_version = \"1.3\"")),
            format!(
                "w.toml:2: `{section}.tls_min_version` needs a listener that speaks TLS; set `tls_certificate` and \
                 `tls_key` too"
            )
        );
    }
}

#[test]
fn a_public_address_may_have_a_path_that_begins_as_one_of_ours() {
    let load = |path: &str| {
        load(
            &format!("[token]\npublic_url = \"https://h{path}\"\ntrusted_proxies = [\"::1\"]"),
            &[],
        )
    };
    for good in ["/v2ray", "/jwt/authority", "/a/v2.1"] {
        assert!(load(good).is_ok(), "{good}");
    }
    for bad in ["/v2", "/v2/", "/a/v2/b", "/jwt/auth"] {
        assert!(load(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_share_of_each_address_that_is_everything_is_warned_of() {
    let warned = |file: &str| load(file, &[]).unwrap().connection_warnings();
    for fine in ["", "[ops]\nmax_connections = 1\n"] {
        assert_eq!(warned(fine), Vec::<String>::new(), "{fine}");
    }
    let whole = "[token]\nmax_connections = 400\nmax_connections_per_address = 400\n";
    assert_eq!(
        warned(&format!(
            "{whole}[admin]\nmax_connections_per_address = 1000"
        )),
        [
            "`token.max_connections_per_address` is 400, and `token.max_connections` is 400: one address can take all places \
             of the listener, and others wait for it; let each have less",
            "`admin.max_connections_per_address` is 1000, and `admin.max_connections` is 200: one address can take all places \
             of the listener, and others wait for it; let each have less",
        ]
    );
}
