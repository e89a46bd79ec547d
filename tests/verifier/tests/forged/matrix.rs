//! The measured matrix of docs/protocol.md §2.6, row for row: the verifier says what the registries said.

use verifier::{Distribution, Registry, Settings, Version};

use crate::forge::{Forged, ISSUER, Key, Paper, SERVICE, now, x5c};

/// A registry of that version, with the signing certificate itself as its bundle, or a key set in
/// which the key has that id, or both.
struct Column {
    name: &'static str,
    version: Version,
    bundle: bool,
    set: Option<Id>,
}

#[derive(Clone, Copy)]
enum Id {
    Libtrust,
    Thumbprint,
}

const fn bundle(name: &'static str, version: Version) -> Column {
    Column {
        name,
        version,
        bundle: true,
        set: None,
    }
}

const fn set(name: &'static str, version: Version, id: Id) -> Column {
    Column {
        name,
        version,
        bundle: false,
        set: Some(id),
    }
}

const fn both(name: &'static str, version: Version) -> Column {
    Column {
        name,
        version,
        bundle: true,
        set: Some(Id::Libtrust),
    }
}

const COLUMNS: [Column; 11] = [
    bundle("2.x bundle", Version::Two),
    bundle("GitLab bundle", Version::GitLab),
    bundle("3.0 bundle", Version::Three),
    bundle("3.1 bundle", Version::ThreeOne),
    set("3.0 jwks LT", Version::Three, Id::Libtrust),
    set("3.1 jwks LT", Version::ThreeOne, Id::Libtrust),
    set("3.0 jwks TH", Version::Three, Id::Thumbprint),
    set("3.1 jwks TH", Version::ThreeOne, Id::Thumbprint),
    both("3.0 bundle + jwks LT", Version::Three),
    both("3.1 bundle + jwks LT", Version::ThreeOne),
    both("2.x bundle + jwks LT", Version::Two),
];

impl Column {
    /// Starts the registry.
    fn start(&self, key: &Key, certificate: &str) -> Registry {
        let set = self.set.map(|id| {
            let kid = match id {
                Id::Libtrust => key.public().libtrust(),
                Id::Thumbprint => key.public().thumbprint(),
            };
            format!(r#"{{"keys":[{}]}}"#, key.jwk(Some(&kid)))
        });
        let settings = Settings {
            rootcertbundle: self.bundle.then_some(certificate),
            jwks: set.as_deref(),
            issuer: ISSUER,
            service: SERVICE,
        };
        Registry::Distribution(Distribution::start(self.version, settings).unwrap())
    }
}

#[test]
fn the_verifier_repeats_what_was_measured() {
    let key = Key::of_scalar(3);
    let certificate = Paper::default().of(&key);
    let (lt, th) = (key.public().libtrust(), key.public().thumbprint());
    let registries = COLUMNS.map(|column| (column.name, column.start(&key, &certificate)));
    let x5c = x5c(&certificate);
    // A column each: 2.x, GitLab | bundle: 3.0, 3.1 | kid=LT: 3.0, 3.1 | kid=TH: 3.0, 3.1 | both: 3.0, 3.1, 2.x
    for (header, verdicts) in [
        (format!(r#""kid":"{lt}""#), "++ -- ++ -- +++"),
        (format!(r#""kid":"{th}""#), "-- -+ -- ++ -+-"),
        (format!(r#""x5c":["{x5c}"]"#), "++ ++ -- -- +++"),
        (
            format!(r#""kid":"{lt}","x5c":["{x5c}"]"#),
            "++ ++ -- -- +++",
        ),
        (
            format!(r#""kid":"{th}","x5c":["{x5c}"]"#),
            "++ ++ -- -- +++",
        ),
        (
            format!(r#""jwk":{}"#, key.jwk(Some(&lt))),
            "++ -- ++ -- +++",
        ),
        (format!(r#""jwk":{}"#, key.jwk(None)), "++ -- -- -- --+"),
        (format!(r#""kid":"{th}","KID":"{lt}""#), "++ -+ -- ++ -++"),
        (
            format!(r#""kid":"{th}","X5C":["{x5c}"]"#),
            "++ -+ -- ++ -++",
        ),
        (r#""cty":"x""#.to_owned(), "-- -- -- -- ---"),
    ] {
        let token = Forged::good(&key, &header).token();
        let judged = registries.iter().map(|(name, registry)| {
            let accepted = registry.verify(&token, now()).is_ok();
            (*name, if accepted { '+' } else { '-' })
        });
        let expected = COLUMNS
            .iter()
            .map(|column| column.name)
            .zip(verdicts.chars().filter(|verdict| *verdict != ' '));
        assert_eq!(
            judged.collect::<Vec<_>>(),
            expected.collect::<Vec<_>>(),
            "{header}"
        );
    }
}
