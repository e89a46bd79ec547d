//! Registries: their configuration, and decisions about what they are asked for.

use serde_json::Value;

use super::Workplace;
use super::running::{Running, start_with};

/// Three registries, one for each way to trust us.
pub(super) const REGISTRIES: &str = "
[[registry]]
service = \"distribution.example.com\"
[[registry]]
service = \"three.example.com\"
trust = \"jwks\"
[[registry]]
service = \"zot.example.com\"
trust = \"pinned\"
";

pub(super) fn started(workplace: &Workplace) -> Running {
    start_with(workplace, "serve.log", REGISTRIES)
}

#[test]
fn configuration_is_printed_for_every_kind_of_registry() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let public = workplace.path().canonicalize().unwrap().join("keys/public");
    let public = public.display();
    let config = |arguments: &[&str]| {
        let text = workplace.ok(&[&["registry", "config", "--service"], arguments].concat());
        text.replace(&running.token.replace("127.0.0.1", "localhost"), "ADDRESS")
    };
    let lines = |service: &str, trust: &str| {
        format!(
            "auth:\n  token:\n    realm: \"http://ADDRESS/jwt/auth\"\n    service: \"{service}\"\n    \
             issuer: \"wharfinger\"\n    {trust}\n"
        )
    };
    let bundle = format!("rootcertbundle: \"{public}/ca.crt\"");
    for kind in ["distribution", "gitlab"] {
        assert_eq!(
            config(&["distribution.example.com", "--for", kind]),
            lines("distribution.example.com", &bundle)
        );
    }
    assert_eq!(
        config(&["three.example.com"]),
        lines(
            "three.example.com",
            &format!("jwks: \"{public}/jwks.json\"")
        )
    );
    assert_eq!(
        config(&["three.example.com", "--env"]),
        format!(
            "REGISTRY_AUTH=token\nREGISTRY_AUTH_TOKEN_REALM=http://ADDRESS/jwt/auth\n\
             REGISTRY_AUTH_TOKEN_SERVICE=three.example.com\nREGISTRY_AUTH_TOKEN_ISSUER=wharfinger\n\
             REGISTRY_AUTH_TOKEN_JWKS={public}/jwks.json\n"
        )
    );
    let zot: Value = serde_json::from_str(&config(&["zot.example.com"])).unwrap();
    let bearer = &zot["http"]["auth"]["bearer"];
    assert_eq!(bearer["service"], "zot.example.com");
    assert_eq!(bearer["realm"], "http://ADDRESS/jwt/auth");
    let given = std::fs::read_to_string(bearer["cert"].as_str().unwrap()).unwrap();
    assert!(given.starts_with("-----BEGIN PUBLIC KEY-----"), "{given}");
}

#[test]
fn the_first_start_names_a_command_for_every_registry_that_works() {
    for (registries, count) in [
        (REGISTRIES, 3),
        ("[[registry]]\nservice = \"zot\"\ntrust = \"pinned\"\n", 1),
    ] {
        let workplace = Workplace::empty();
        let _running = start_with(&workplace, "serve.log", registries);
        let said = std::fs::read_to_string(workplace.path().join("serve.log")).unwrap();
        let commands = said.lines().filter_map(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            let told = line["message"].as_str()?.to_owned();
            told.contains("registry config").then_some(told)
        });
        let told = commands.collect::<String>();
        let (_, commands) = told.split_once("restart it: ").unwrap();
        let commands: Vec<_> = commands.split("; ").collect();
        assert_eq!(commands.len(), count, "{said}");
        for command in commands {
            let arguments: Vec<_> = command.split(' ').collect();
            assert_eq!(
                arguments[0],
                env!("CARGO_BIN_EXE_wharfinger"),
                "as it was called"
            );
            workplace.ok(&arguments[1..]);
        }
    }
}

#[test]
fn configuration_that_could_not_work_is_refused_with_what_to_do() {
    let workplace = Workplace::empty();
    let _running = started(&workplace);
    for (arguments, told) in [
        (
            vec!["distribution.example.com", "--for", "zot"],
            "write trust = \"pinned\"",
        ),
        (
            vec!["zot.example.com", "--for", "distribution"],
            "write \"certificate\"",
        ),
        (
            vec!["three.example.com", "--for", "gitlab"],
            "write trust = \"certificate\"",
        ),
        (
            vec!["zot.example.com", "--env"],
            "zot takes its configuration from a file only",
        ),
        (
            vec!["nowhere"],
            "no registry `nowhere` is configured; there is: ",
        ),
    ] {
        let said = workplace.fails(
            1,
            &[vec!["registry", "config", "--service"], arguments].concat(),
        );
        assert!(said.contains(told), "{told} in {said}");
    }
    let said = workplace.fails(1, &["registry", "config"]);
    assert!(said.contains("name one with --service"), "{said}");
}

#[test]
fn a_decision_is_explained() {
    let workplace = Workplace::furnished();
    let explain = [
        "explain",
        "--user",
        "alice",
        "--scope",
        "repository:team/app/x:push,delete",
    ];
    assert_eq!(
        workplace.ok(&explain),
        "refused\tthe user has no password\n\
         denied\trepository:team/app/x:delete\tneeds the role maintainer or higher\tbelongs to team/app, which is internal\n\
         granted\trepository:team/app/x:push\tthe role developer in team suffices\tbelongs to team/app, which is internal\n"
    );
    assert_eq!(workplace.json(&explain)["actions"][1]["granted"], true);
    let mistyped = "repository:team/app:pull,psh junk repository::pull,push";
    let told = workplace.fails(1, &[&explain[..], &["--scope", mistyped]].concat());
    assert_eq!(
        told,
        "error: `repository:team/app:pull,psh` is no scope: the actions are pull, push, delete and *; `junk` is no scope: write \
         TYPE:NAME:ACTIONS, such as repository:team/app:pull,push; `repository::pull,push` is no scope: the action of repository:: is pull\n"
    );
    let told = workplace.fails(1, &["explain", "--user", "alice", "--scope", ""]);
    assert!(told.contains("write TYPE:NAME:ACTIONS"), "{told}");
}

#[test]
fn the_configuration_comes_with_what_a_person_should_know() {
    let workplace = Workplace::empty();
    let _running = started(&workplace);
    let said = |service: &str| {
        let output = workplace.run(&["registry", "config", "--service", service]);
        assert!(output.status.success());
        super::stderr(&output)
    };
    let mode = |mode| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(workplace.path(), mode).unwrap();
    };
    mode(0o700);
    let zot = said("zot.example.com");
    assert!(zot.contains("and restart zot"), "{zot}");
    assert!(
        zot.contains("warning: zot does not check the right to pull"),
        "{zot}"
    );
    let closed = format!(
        "warning: the folder {} is closed to other users",
        workplace.path().display()
    );
    assert!(zot.contains(&closed), "{zot}");

    mode(0o711);
    let distribution = said("distribution.example.com");
    assert!(!distribution.contains("warning"), "{distribution}");

    let mut command = workplace.command(&["registry", "config", "--service", "zot.example.com"]);
    let output = command
        .env("WHARFINGER_TOKEN__PUBLIC_URL", "https://192.0.2.7")
        .env("WHARFINGER_ADMIN_LISTEN", "127.0.0.1:1")
        .output()
        .unwrap();
    let told = super::stderr(&output);
    assert!(
        told.contains("warning: `token.public_url` has the IP address 192.0.2.7"),
        "{told}"
    );
    let expected = "warning: the environment variable WHARFINGER_ADMIN_LISTEN is not read; did you mean \
                    WHARFINGER_ADMIN__LISTEN?";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn the_list_has_the_host_under_which_clients_know_a_registry() {
    let workplace = Workplace::empty();
    let configuration = "[[registry]]\nservice = \"Images\"\nhost = \"images.example.com\"\n\
                         [[registry]]\nservice = \"Docker registry\"\n";
    std::fs::write(workplace.path().join("wharfinger.toml"), configuration).unwrap();
    let list = workplace.json(&["registry", "list"]);
    let hosts = list.as_array().unwrap().iter().map(|one| &one["host"]);
    assert_eq!(
        hosts.collect::<Vec<_>>(),
        [&Value::from("images.example.com"), &Value::Null]
    );
}
