//! Configurations as operators write them, and the errors that they read.

use std::fs;
use std::time::Duration;

use tempfile::TempDir;

use super::*;

mod listeners;

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
        ..Sources::default()
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
fn an_issuer_is_one_that_registries_can_have() {
    let told = |issuer: &str| problem(&format!("[token]\nissuer = \"{issuer}\""));
    assert_eq!(
        told("  "),
        "w.toml:2: `token.issuer` must not be empty: registries refuse such tokens"
    );
    for issuer in ["wharfinger\\n", " wharfinger", "two\\nlines"] {
        assert_eq!(
            told(issuer),
            "w.toml:2: `token.issuer` begins or ends with a blank or has a line break; leave it out: registries compare every letter"
        );
    }
}

#[test]
fn two_variables_for_one_key_are_refused() {
    let (one, other) = ("WHARFINGER_TOKEN__LISTEN", "WHARFINGER_token__listen");
    let problem = load("", &[(one, "1.1.1.1:1"), (other, "1.1.1.1:2")]).unwrap_err();
    let told = format!("{other}: is the same key as {one}; leave one of them out");
    assert_eq!(problem, told);
}

/// An image sets variables that a mounted file does not overrule; the file seems to be ignored then.
#[test]
fn keys_of_the_file_that_variables_overrule_are_named_and_their_values_are_not() {
    let file = "[token]\nlisten = \"127.0.0.1:1\"\n[admin]\nlisten = \"0.0.0.0:5002\"\n[database]\nurl = \"sqlite://secret.db\"";
    let variables = [
        ("WHARFINGER_TOKEN__LISTEN", "0.0.0.0:5001"),
        ("WHARFINGER_ADMIN__LISTEN", "0.0.0.0:5002"),
        ("WHARFINGER_OPS__LISTEN", "127.0.0.1:9"),
        ("WHARFINGER_DATABASE__URL", "sqlite://hidden.db"),
    ];
    let told = load(file, &variables).unwrap().overruled;
    assert_eq!(
        told.as_deref(),
        Some(
            "environment variables overrule the configuration file: WHARFINGER_DATABASE__URL for `database.url`, \
             WHARFINGER_TOKEN__LISTEN for `token.listen`"
        )
    );
    assert_eq!(load("", &variables).unwrap().overruled, None);
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
        problem("[database]\ntimeout = \"2s\"\n"),
        "w.toml:2: unknown key `database.timeout`: there are `database.acquire_timeout`, \
         `database.connect_timeout` and `database.statement_timeout` now"
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
            "w.toml:2: `token.public_url` does not begin with http:// or https://; write an http or https address such as https://auth.example.com",
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
            "[token]\ntls_min_version = 1.3",
            "w.toml:2: `token.tls_min_version` is a text; write it between quotes",
        ),
        (
            "[notices]\ndays_before_end = [30, 7]",
            "w.toml:2: `notices.days_before_end` is a list of texts, such as [\"a\", \"b\"]",
        ),
        (
            "[[registry]]\ntrust = \"pin\"",
            "w.toml:2: `registry.trust` is certificate, jwks or pinned",
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
fn each_registry_has_a_service_of_its_own_and_one_that_lacks_it_is_named() {
    for file in [
        "[[registry]]\n[[registry]]\nservice = \"container_registry\"",
        "[[registry]]\ntrust = \"jwks\"\n[[registry]]\ntrust = \"pinned\"",
    ] {
        assert_eq!(
            problem(file),
            "w.toml:3: `registry.service` names a service that another [[registry]] has; write one of its own in each, for it \
             is container_registry where none is written"
        );
    }
}

#[test]
fn a_stop_leaves_time_for_requests_that_are_under_way() {
    for (file, told) in [
        (
            "[shutdown]\ndelay = \"30s\"",
            "w.toml:2: `shutdown.delay` must be less than 27s, or requests that are under way are cut off: `shutdown.grace` is \
             30s, the delay included, and the last 3s are for what comes after the requests. Make the delay shorter, or the \
             grace longer",
        ),
        (
            "[shutdown]\ngrace = \"1200ms\"\ndelay = \"900ms\"",
            "w.toml:3: `shutdown.delay` must be less than 900ms, or requests that are under way are cut off: `shutdown.grace` is \
             1s 200ms, the delay included, and the last 300ms are for what comes after the requests. Make the delay shorter, \
             or the grace longer",
        ),
        (
            "[shutdown]\ngrace = \"1s\"",
            "w.toml:2: `shutdown.grace` is 1s, and includes `shutdown.delay`, which is 1s: requests that are under way would be \
             cut off. Make the grace longer, or the delay shorter",
        ),
    ] {
        assert_eq!(problem(file), told);
    }
    for good in [
        "[shutdown]\ndelay = \"26s\"",
        "[shutdown]\ndelay = \"20s\"\ngrace = \"25s\"",
        "[shutdown]\ndelay = \"0s\"\ngrace = \"0s\"",
    ] {
        assert!(load(good, &[]).is_ok(), "{good}");
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
fn each_time_limit_of_the_database_has_its_bounds_and_none_is_above_five_seconds() {
    let database = load("", &[]).unwrap().database;
    let five = Duration::from_secs(5);
    for usual in [
        database.acquire_timeout,
        database.connect_timeout,
        database.statement_timeout,
    ] {
        assert!(usual <= five);
    }
    for key in ["acquire_timeout", "connect_timeout", "statement_timeout"] {
        for wrong in ["499ms", "5001ms", "0s", "2"] {
            assert_eq!(
                problem(&format!("[database]\n{key} = \"{wrong}\"")),
                format!(
                    "w.toml:2: `database.{key}` is a duration from 500ms to 5s, such as 1500ms"
                )
            );
        }
    }
    let each = "[database]\nacquire_timeout = \"1s\"\nconnect_timeout = \"3s\"\nstatement_timeout = \"500ms\"";
    let database = load(each, &[]).unwrap().database;
    let millis = [
        database.acquire_timeout,
        database.connect_timeout,
        database.statement_timeout,
    ]
    .map(|limit| limit.as_millis());
    assert_eq!(millis, [1000, 3000, 500]);
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
        ..Sources::default()
    };
    assert!(!format!("{sources:?}").contains("hunter2"));
}

/// Reads an address as that section's, and joins a path of ours to it.
fn joined(section: &str, text: &str) -> Result<String, String> {
    let config = load(&format!("[{section}]\npublic_url = \"{text}\""), &[])?;
    Ok(match section {
        "token" => config.token.public_url.join("/jwt/auth"),
        _ => config.admin.public_url.join("/api/v4"),
    })
}

#[test]
fn a_public_address_is_one_that_a_client_can_go_to() {
    for (text, url) in [
        ("https://auth.example.com", "https://auth.example.com"),
        ("https://auth.example.com/", "https://auth.example.com"),
        ("HTTPS://Auth.example.com:443", "https://auth.example.com"),
        ("http://localhost:5001", "http://localhost:5001"),
        ("https://h:8443/tokens/", "https://h:8443/tokens"),
        ("https://[2001:db8::1]:5001", "https://[2001:db8::1]:5001"),
        (
            "https://b\u{fc}cher.example",
            "https://xn--bcher-kva.example",
        ),
        (
            "http://wharfinger_token:5001",
            "http://wharfinger_token:5001",
        ),
    ] {
        assert_eq!(joined("token", text).unwrap(), format!("{url}/jwt/auth"));
        if !url.starts_with("http://wharfinger") {
            assert_eq!(joined("admin", text).unwrap(), format!("{url}/api/v4"));
        }
    }
    for (section, path) in [
        ("token", "/jwt/auth"),
        ("token", "/v2"),
        ("admin", "/api/v4"),
    ] {
        let told = joined(section, &format!("https://h{path}/")).unwrap_err();
        let expected = format!(
            "w.toml:2: `{section}.public_url` ends with {path}, which is added by itself; leave that out"
        );
        assert_eq!(told, expected);
    }
}

#[test]
fn people_sign_in_over_plain_http_on_this_machine_only() {
    for text in [
        "http://auth.example.com",
        "http://wharfinger_admin:5002",
        "http://10.0.0.7:5002/images",
        "http://[2001:db8::1]",
    ] {
        let told = joined("admin", text).unwrap_err();
        let begin = "w.toml:2: `admin.public_url` is plain http, and people sign in there with their passwords; write https";
        assert!(told.starts_with(begin), "{told}");
    }
    for text in [
        "http://localhost",
        "http://127.0.0.1:8080/x",
        "http://[::1]:5002",
    ] {
        joined("admin", text).unwrap();
    }
}

#[test]
fn an_address_that_leads_nowhere_is_refused() {
    let texts = "https://h:abc https://:5001 https:// https://h:0 https://h:99999 https://a,https://b ftp://h //h h:5001 \
                 https://u:p@h https://u@h https://h?x https://h#x https://h//x https://h/../x https://h\\\\x https://a..b \
                 https://h/<x> https://1.2.3.999 https:///h https://[::1 http:h";
    let spaced = ["", "https://a https://b", "https://h/x y"];
    for text in texts.split_whitespace().chain(spaced) {
        for section in ["token", "admin"] {
            let told = joined(section, text).expect_err(text);
            let advice = "write an http or https address such as https://auth.example.com";
            assert!(told.contains(advice), "{text}: {told}");
            assert!(!told.contains("u:p"), "{told}");
        }
    }
}

#[test]
fn addresses_that_clients_refuse_are_warned_of() {
    let warned = |file: &str| load(file, &[]).unwrap().address_warnings();
    assert!(warned("").is_empty());
    assert!(
        warned(
            "[token]\npublic_url = \"https://auth.example.com\"\nlisten = \"0.0.0.0:7001\"\n\
             trusted_proxies = [\"10.0.0.1\"]"
        )
        .is_empty()
    );
    for (file, told) in [
        (
            "[token]\npublic_url = \"https://10.0.0.7:5001\"\ntrusted_proxies = [\"10.0.0.1\"]",
            "has the IP address 10.0.0.7",
        ),
        (
            "[token]\npublic_url = \"http://127.0.0.1:5001\"",
            "has the IP address 127.0.0.1",
        ),
        (
            "[token]\npublic_url = \"https://[::1]:5001\"\ntrusted_proxies = [\"10.0.0.1\"]",
            "has the IP address ::1",
        ),
        (
            "[token]\npublic_url = \"http://auth.example.com\"",
            "is plain http",
        ),
        (
            "[token]\nlisten = \"0.0.0.0:7001\"",
            "`token.public_url` leads to port 5001 of this machine, but `token.listen` has port 7001",
        ),
        (
            "[admin]\npublic_url = \"http://localhost\"",
            "`admin.public_url` leads to port 80 of this machine, but `admin.listen` has port 5002",
        ),
    ] {
        let warnings = warned(file);
        assert!(
            warnings.len() == 1 && warnings[0].contains(told),
            "{file}: {warnings:?}"
        );
    }
}

#[test]
fn addresses_with_a_scheme_that_nobody_speaks_are_warned_of() {
    let warned = |file: &str| load(file, &[]).unwrap().address_warnings();
    let pair = "tls_certificate = \"c\"\ntls_key = \"k\"\n";
    let https = "public_url = \"https://auth.example.com\"\n";
    assert!(warned(&format!("[token]\n{pair}{https}[admin]\n{pair}{https}")).is_empty());
    for (file, told) in [
        (
            "[token]\npublic_url = \"https://auth.example.com\"",
            "`token.public_url` is https, but the listener speaks plain HTTP",
        ),
        (
            "[admin]\npublic_url = \"https://admin.example.com\"",
            "`admin.public_url` is https, but the listener speaks plain HTTP",
        ),
        (
            "[token]\npublic_url = \"http://auth.example.com\"\ntls_certificate = \"c\"\ntls_key = \"k\"",
            "`token.public_url` is plain http, but the listener speaks TLS",
        ),
        (
            "[admin]\ntls_certificate = \"c\"\ntls_key = \"k\"",
            "`admin.public_url` is plain http, but the listener speaks TLS",
        ),
    ] {
        let warnings = warned(file);
        assert!(
            warnings.len() == 1 && warnings[0].contains(told),
            "{file}: {warnings:?}"
        );
    }
}

#[test]
fn a_listener_with_tls_that_a_page_shows_needs_no_warning() {
    let page = fs::read_to_string("docs/operating.md").unwrap();
    let blocks = page.split("```toml\n").skip(1);
    let blocks = blocks.filter_map(|part| part.split("```").next());
    let with_tls: Vec<&str> = blocks
        .filter(|block| block.contains("tls_certificate"))
        .collect();
    assert!(!with_tls.is_empty());
    for block in with_tls {
        let warnings = load(block, &[]).unwrap().address_warnings();
        assert_eq!(warnings, Vec::<String>::new(), "{block}");
    }
}

#[test]
fn variables_that_were_meant_for_us_are_named() {
    let ignored = |names: &[&str]| {
        let sources = Sources {
            file: Some("/dev/null".into()),
            others: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Sources::default()
        };
        Config::load(&sources).unwrap().ignored_variables
    };
    for name in [
        "WHARFINGER_TOKEN_LISTEN",
        "wharfinger_token__listen",
        "Wharfinger_Token_Listen",
    ] {
        let told = format!(
            "the environment variable {name} is not read; did you mean WHARFINGER_TOKEN__LISTEN?"
        );
        assert_eq!(ignored(&[name]), [told]);
    }
    let told = ignored(&["WHARFINGER_ACCESS_TOKENS_ALLOW_ENDLESS"]);
    assert!(
        told[0].ends_with("did you mean WHARFINGER_ACCESS_TOKENS__ALLOW_ENDLESS?"),
        "{told:?}"
    );
    // Kubernetes sets these for services named wharfinger and wharfinger-token.
    let kubernetes = [
        "WHARFINGER_PORT",
        "WHARFINGER_PORT_5001_TCP",
        "WHARFINGER_SERVICE_HOST",
        "WHARFINGER_TOKEN_PORT",
        "WHARFINGER_TOKEN_SERVICE_PORT_HTTP",
    ];
    assert!(ignored(&kubernetes).is_empty());
}

#[test]
fn a_filter_of_the_log_has_levels_only() {
    let read = |filter: &str| load(&format!("[log]\nfilter = \"{filter}\""), &[]);
    for filter in [
        "info",
        "DEBUG",
        "off",
        "info,wharfinger=debug",
        "warn,sqlx=error",
        "wharfinger::http=trace",
    ] {
        assert!(read(filter).is_ok(), "{filter}");
    }
    for filter in [
        "inof",
        "verbose",
        "info,wharfinger",
        "wharfinger=debg",
        "",
        "info,,warn",
        "=",
        "wharfinger=",
    ] {
        let told = read(filter).unwrap_err();
        assert!(
            told.contains("`log.filter` is error, warn, info, debug or trace"),
            "{filter}: {told}"
        );
    }
}

#[test]
fn a_home_folder_is_not_taken_for_a_name() {
    for (section, key, value) in [
        ("keys", "directory", "~/keys"),
        ("database", "url", "sqlite://~/w.db"),
        ("database", "url", "sqlite:~/w.db"),
        ("webhook", "secret_file", "~/secret"),
        ("webhook", "ca_file", "~w/ca.crt"),
        ("mail", "password_file", "~/password"),
        ("mail", "ca_file", "~/ca.crt"),
    ] {
        let told = problem(&format!("[{section}]\n{key} = \"{value}\""));
        let expected = format!(
            "w.toml:2: `{section}.{key}` begins with ~, which only a shell knows; write the whole path"
        );
        assert_eq!(told, expected);
    }
    for (url, parameter) in [
        ("postgres://u@h/d?sslrootcert=~/ca.crt", "sslrootcert"),
        ("postgres:///d?host=%7E/run", "host"),
        ("mysql://u@h/d?ssl-mode=REQUIRED&ssl-ca=~/ca.crt", "ssl-ca"),
    ] {
        assert_eq!(
            problem(&format!("[database]\nurl = \"{url}\"")),
            format!(
                "w.toml:2: `database.url` has a parameter `{parameter}` that begins with ~, which only a shell knows; \
                 write the whole path"
            )
        );
    }
    let password = "[database]\nurl = \"postgres:///d?host=/run/postgresql&password=~x\"";
    load(password, &[]).unwrap();
}

/// The drivers pass over parameters that they do not know, and one of them logs what they hold.
#[test]
fn parameters_of_the_database_that_nobody_knows_are_refused_without_their_values() {
    for (url, name) in [
        ("mysql://u@h/d?ssl_mode=VERIFY_IDENTITY", "ssl_mode"),
        (
            "postgres://u@h/d?sslmode=verify-full&sslpassword=hidden",
            "sslpassword",
        ),
        (
            "postgresql://u@h/d?channel_binding=hidden",
            "channel_binding",
        ),
        ("mysql://u@h/d?SSL-MODE=REQUIRED#hidden", "SSL-MODE"),
    ] {
        let told = problem(&format!("[database]\nurl = \"{url}\""));
        let expected =
            format!("w.toml:2: `database.url` has an unknown parameter `{name}`: there are ");
        assert!(told.starts_with(&expected), "{told}");
        assert!(!told.contains("hidden"), "{told}");
    }
    for scheme in ["postgres", "mysql"] {
        let told = problem(&format!(
            "[database]\nurl = \"{scheme}://u:pass?hidden@h/d\""
        ));
        assert!(told.contains("write ? as %3F"), "{told}");
        assert!(!told.contains("hidden"), "{told}");
    }
    let told = problem("[database]\nurl = \"postgres://u@h/d?options[search_path=w\"");
    assert!(told.contains("that is no parameter: "), "{told}");
    for url in [
        "postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/ca.crt&options[search_path]=w",
        "postgres:///d?host=/run/postgresql",
        "mysql://u:p@h/d?ssl-mode=VERIFY_IDENTITY&ssl-ca=/ca.crt",
        "sqlite://d.db?mode=rwc",
    ] {
        load(&format!("[database]\nurl = \"{url}\""), &[]).unwrap();
    }
}

#[test]
fn the_audit_log_is_kept_for_a_year_unless_something_else_is_said() {
    let keep = |text: &str| load(text, &[]).unwrap().audit.keep;
    let days = |days: u64| Some(Duration::from_hours(24 * days));
    assert_eq!(keep(""), days(365));
    assert_eq!(keep("[audit]\nkeep = \"90d\"\n"), days(90));
    assert_eq!(keep("[audit]\nkeep = \"forever\"\n"), None);
    for wrong in ["0", "0s", "never", "1h", "40000d"] {
        let told = problem(&format!("[audit]\nkeep = \"{wrong}\"\n"));
        assert_eq!(
            told,
            "w.toml:2: `audit.keep` is a duration from 1d to 36500d, such as 365d, or \"forever\""
        );
    }
}

#[test]
fn a_listener_speaks_tls_with_a_certificate_and_its_key() {
    assert_eq!(load("", &[]).unwrap().token.tls, None);
    let pair = "tls_certificate = \"tls/tls.crt\"\ntls_key = \"tls/tls.key\"\n";
    for section in ["token", "admin", "ops"] {
        let config = load(
            &format!("[{section}]\n{pair}tls_min_version = \"1.3\""),
            &[],
        )
        .unwrap();
        let found = [&config.token.tls, &config.admin.tls, &config.ops.tls];
        let tls: Vec<&Tls> = found.into_iter().flatten().collect();
        assert_eq!(tls.len(), 1, "{section}");
        assert_eq!(tls[0].key.to_str(), Some("tls/tls.key"));
        assert_eq!(tls[0].min_version, TlsVersion::Tls13);
        for (lines, told) in [
            ("tls_certificate = \"c\"", "tls_certificate` needs its key"),
            ("tls_key = \"k\"", "tls_key` needs its certificate"),
            (
                "tls_min_version = \"1.1\"",
                "tls_min_version` is \"1.2\" or \"1.3\"",
            ),
            ("tls_key = \"~/k\"", "tls_key` begins with ~"),
        ] {
            let problem = problem(&format!("[{section}]\n{lines}"));
            assert!(problem.contains(told), "{problem}");
        }
    }
    for section in ["admin", "ops"] {
        let told = problem(&format!("[{section}]\ntls_client_ca = \"ca\""));
        assert!(told.contains("needs a listener that speaks TLS"), "{told}");
        let config = load(&format!("[{section}]\n{pair}tls_client_ca = \"ca\""), &[]).unwrap();
        let tls = config.admin.tls.or(config.ops.tls).unwrap();
        assert_eq!(tls.client_ca.unwrap().to_str(), Some("ca"));
    }
    let told = problem(&format!("[token]\n{pair}tls_client_ca = \"ca\""));
    assert!(told.contains("unknown key `token.tls_client_ca`"), "{told}");
}
