//! What an accepted token opens (docs/protocol.md §1.7, §3).

use verifier::{Registry, Wanted};

use crate::forge::now;
use crate::one_of_each::World;

const WANTED: [Wanted<'_>; 5] = [
    Wanted::Ping,
    Wanted::Catalog,
    Wanted::Pull("a"),
    Wanted::Push("a"),
    Wanted::Delete("a"),
];

/// An entry of `access`.
fn entry(kind: &str, name: &str, actions: &str) -> String {
    format!(r#"{{"type":"{kind}","name":"{name}","actions":{actions}}}"#)
}

#[test]
fn what_a_token_opens_is_what_registries_were_seen_to_open() {
    let world = World::new();
    // Two verdicts for each wish: of Distribution, and of zot.
    for (access, verdicts) in [
        (String::new(), "++ -- -- -- --"),
        (entry("repository", "a", "[]"), "++ -- -- -- --"),
        (entry("repository", "a", r#"["pull"]"#), "++ -- ++ -- --"),
        (entry("repository", "a", r#"["push"]"#), "++ -- -- -+ --"),
        (
            entry("repository", "a", r#"["pull","push"]"#),
            "++ -- ++ ++ --",
        ),
        (entry("repository", "a", r#"["delete"]"#), "++ -- -- -- ++"),
        (entry("repository", "a", r#"["*"]"#), "++ -- +- +- +-"),
        (entry("repository", "b", r#"["pull"]"#), "++ -- -- -- --"),
        (entry("repository", "*", r#"["pull"]"#), "++ -- -- -- --"),
        (
            entry("repository(plugin)", "a", r#"["pull"]"#),
            "++ -- -- -- --",
        ),
        (entry("registry", "catalog", r#"["*"]"#), "++ ++ -- -- --"),
        (
            entry("registry", "catalog", r#"["pull"]"#),
            "++ -- -- -- --",
        ),
        (
            format!(
                "{},{}",
                entry("repository", "a", r#"["pull"]"#),
                entry("repository", "a", r#"["push"]"#)
            ),
            "++ -- ++ ++ --",
        ),
    ] {
        let token = world
            .good()
            .member("access", &format!("[{access}]"))
            .token();
        let opened = |registry: &Registry, wanted| {
            let accepted = registry.verify(&token, now()).unwrap();
            let opens = registry.permits(&accepted, wanted);
            if opens { '+' } else { '-' }
        };
        let [_, _, _, distribution, zot] = &world.registries;
        let opened: Vec<String> = WANTED
            .map(|wanted| format!("{}{}", opened(distribution, wanted), opened(zot, wanted)))
            .to_vec();
        assert_eq!(opened.join(" "), verdicts, "{access}");
    }
}
