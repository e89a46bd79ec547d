//! Configurations as operators write them, and the errors that they read.

use std::fs;

use tempfile::TempDir;

use super::*;

fn load(file: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("w.toml");
    fs::write(&path, file).unwrap();
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let sources = Sources {
        file: Some(path),
        variables: variables.collect(),
    };
    let prefix = format!("{}/", folder.path().display());
    Config::load(&sources).map_err(|error| error.to_string().replace(&prefix, ""))
}

fn problem(file: &str) -> String {
    load(file, &[]).unwrap_err()
}

#[test]
fn the_reference_alone_is_a_configuration() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.token.listen.to_string(), "0.0.0.0:5001");
    assert_eq!(
        config.token.public_url.join("/jwt/auth"),
        "http://localhost:5001/jwt/auth"
    );
    assert_eq!(config.registries.len(), 1);
    assert_eq!(config.registries[0].push_lifetime.as_secs(), 900);
}

#[test]
fn every_key_of_the_reference_has_a_sentence() {
    let lines: Vec<&str> = REFERENCE.lines().collect();
    for pair in lines.windows(2) {
        if pair[1].contains(" = ") && !pair[1].starts_with('#') {
            assert!(
                pair[0].starts_with("# ") && pair[0].ends_with('.'),
                "{}",
                pair[1]
            );
        }
    }
}

#[test]
fn every_key_of_the_reference_is_read() {
    // A value of a kind that the key cannot have is noticed only if somebody reads the key.
    let mut section = String::new();
    let mut keys = 0;
    for line in REFERENCE.lines() {
        if line.starts_with('[') {
            section = line.to_owned();
        } else if let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#'))
        {
            let wrong = if value.starts_with('"') {
                "true"
            } else {
                "\"?\""
            };
            let told = problem(&format!("{section}\n{key} = {wrong}\n"));
            assert!(
                told.starts_with("w.toml:2: `") && told.contains(&format!(".{key}`")),
                "{told}"
            );
            keys += 1;
        }
    }
    assert!(keys > 12);
}

#[test]
fn variables_count_more_than_the_file() {
    let file = "[token]\nlisten = \"1.1.1.1:1\"\nissuer = \"file\"\n";
    let variables = [
        ("WHARFINGER_TOKEN__LISTEN", "2.2.2.2:2"),
        ("WHARFINGER_TOKEN__ANONYMOUS_ACCESS", "false"),
        ("WHARFINGER_DATABASE__MAX_CONNECTIONS", "3"),
        ("WHARFINGER_TOKEN__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
    ];
    let config = load(file, &variables).unwrap();
    assert_eq!(config.token.listen.to_string(), "2.2.2.2:2");
    assert_eq!(config.token.issuer, "file");
    assert!(!config.token.anonymous_access);
    assert_eq!(config.database.max_connections, 3);
    assert!(
        config
            .token
            .trusted_proxies
            .contains("10.1.2.3".parse().unwrap())
    );
    assert!(
        config
            .token
            .trusted_proxies
            .contains("::ffff:10.1.2.3".parse().unwrap())
    );
    assert!(
        config
            .token
            .trusted_proxies
            .contains("::1".parse().unwrap())
    );
    assert!(
        !config
            .token
            .trusted_proxies
            .contains("11.1.2.3".parse().unwrap())
    );
}

#[test]
fn unknown_keys_stop_the_start_with_their_line_or_variable() {
    assert_eq!(
        problem("[token]\n\nanonymus_access = true\n"),
        "w.toml:3: unknown key `token.anonymus_access` (did you mean `token.anonymous_access`?)"
    );
    assert_eq!(
        problem("[tokenz]\nx = 1\n"),
        "w.toml:1: unknown section [tokenz]"
    );
    assert_eq!(
        problem("[tokens]\nallow_endless = false\n"),
        "w.toml:1: unknown section [tokens]: it is named [access_tokens] now"
    );
    assert_eq!(
        load("", &[("WHARFINGER_TOKENS__ALLOW_ENDLESS", "false")]).unwrap_err(),
        "WHARFINGER_TOKENS__ALLOW_ENDLESS: unknown key `tokens.allow_endless`: it is named \
         `access_tokens.allow_endless` now"
    );
    assert_eq!(
        problem("[[registry]]\nservice = \"a\"\nname = \"a\"\n"),
        "w.toml:3: unknown key `registry.name`"
    );
    assert_eq!(
        problem("listen = 1\n"),
        "w.toml:1: `listen` stands outside of any section such as [token]"
    );
    let told = load("", &[("WHARFINGER_TOKEN__LISTN", "x")]).unwrap_err();
    assert_eq!(
        told,
        "WHARFINGER_TOKEN__LISTN: unknown key `token.listn` (did you mean `token.listen`?)"
    );
    let told = load("", &[("WHARFINGER_REGISTRY__SERVICE", "x")]).unwrap_err();
    assert_eq!(
        told,
        "WHARFINGER_REGISTRY__SERVICE: registries are read from the file only, as [[registry]]"
    );
}

#[test]
fn bad_values_name_the_key_and_what_is_allowed() {
    for (file, told) in [
        (
            "[token]\nlisten = \"5001\"",
            "w.toml:2: `token.listen` is an address to listen on; write IP:PORT, such as 0.0.0.0:5001 or [::]:5001",
        ),
        (
            "[token]\npublic_url = \"auth.example.com\"",
            "w.toml:2: `token.public_url` is an http or https address without ?, # and user, such as https://auth.example.com",
        ),
        (
            "[log]\nformat = \"xml\"",
            "w.toml:2: `log.format` is auto, pretty or json",
        ),
        (
            "[passwords]\nconcurrent = 0",
            "w.toml:2: `passwords.concurrent` is a whole number from 1 to 10000",
        ),
        (
            "[[registry]]\npull_lifetime = \"59s\"",
            "w.toml:2: `registry.pull_lifetime` is a duration from 60s to 24h, such as 90s, 5m or 2h",
        ),
        (
            "[[registry]]\ntrust = \"pin\"",
            "w.toml:2: `registry.trust` is certificate, jwks or pinned",
        ),
        (
            "[[registry]]\n[[registry]]\nservice = \"container_registry\"",
            "w.toml:3: `registry.service` names a service that another [[registry]] has",
        ),
        (
            "[access_tokens]\nlongest_lifetime = \"1 moon\"",
            "w.toml:2: `access_tokens.longest_lifetime` is a duration such as 90m, 12h or 365d, at most 36500d, or \"none\"",
        ),
        (
            "[access_tokens]\nlongest_lifetime = \"1d\"\ndefault_lifetime = \"25h\"",
            "w.toml:3: `access_tokens.default_lifetime` is longer than `access_tokens.longest_lifetime`",
        ),
        (
            "[token]\nlisten = ",
            "w.toml:2: is not TOML: string values must be quoted, expected literal string",
        ),
        (
            "[database]\nurl = \"mariadb://u:secret@h/d\"",
            "w.toml:2: `database.url` has the scheme mariadb:; write mysql: for MariaDB too",
        ),
    ] {
        assert_eq!(problem(file), told);
    }
}

#[test]
fn sections_that_are_not_there_or_have_the_wrong_brackets_stop_the_start() {
    assert_eq!(problem("[tokn]\n"), "w.toml:1: unknown section [tokn]");
    assert_eq!(
        problem("\n[registry]\nservice = \"a\"\n"),
        "w.toml:2: write each registry as [[registry]], with two brackets"
    );
    let told =
        "w.toml:1: only [[registry]] has two brackets; write [token] once, if that is a section";
    assert_eq!(problem("[[token]]\nissuer = \"a\"\n"), told);
}

#[test]
fn proxies_are_known_however_their_addresses_are_written() {
    let proxies = "[token]\ntrusted_proxies = [\"::ffff:192.0.2.1\", \"::ffff:10.0.0.0/104\"]\n";
    let trusted = load(proxies, &[]).unwrap().token.trusted_proxies;
    for address in [
        "192.0.2.1",
        "::ffff:192.0.2.1",
        "10.9.8.7",
        "::ffff:10.9.8.7",
    ] {
        assert!(trusted.contains(address.parse().unwrap()), "{address}");
    }
    assert!(!trusted.contains("11.0.0.1".parse().unwrap()));
}

#[test]
fn a_named_file_must_be_there() {
    let sources = Sources {
        file: Some("no/such/file.toml".into()),
        ..Sources::default()
    };
    let told = Config::load(&sources).unwrap_err().to_string();
    assert_eq!(
        told,
        "no/such/file.toml: cannot be read: No such file or directory (os error 2)"
    );
}

#[test]
fn a_database_password_is_in_no_message() {
    for url in ["oracle://u:hunter2@h/d", "mariadb://u:hunter2@h/d"] {
        assert!(!problem(&format!("[database]\nurl = \"{url}\"")).contains("hunter2"));
    }
    let config = load("[database]\nurl = \"postgres://u:hunter2@h/d\"", &[]).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let url = (
        "WHARFINGER_DATABASE__URL".to_owned(),
        "postgres://u:hunter2@h/d".to_owned(),
    );
    let sources = Sources {
        file: None,
        variables: [url].into(),
    };
    assert!(!format!("{sources:?}").contains("hunter2"));
}
