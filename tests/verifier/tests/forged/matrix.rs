//! The measured matrix of docs/protocol.md §2.6, row for row: the verifier says what the registries said.

use verifier::{Distribution, Registry, Settings, Version};

use crate::forge::{Forged, ISSUER, Key, Paper, SERVICE, now, x5c};

/// The columns; the bundle has the signing certificate itself.
const COLUMNS: [(&str, Version, bool, Option<Id>); 11] = [
    ("2.x bundle", Version::Two, true, None),
    ("GitLab bundle", Version::GitLab, true, None),
    ("3.0 bundle", Version::Three, true, None),
    ("3.1 bundle", Version::ThreeOne, true, None),
    ("3.0 jwks LT", Version::Three, false, Some(Id::Libtrust)),
    ("3.1 jwks LT", Version::ThreeOne, false, Some(Id::Libtrust)),
    ("3.0 jwks TH", Version::Three, false, Some(Id::Thumbprint)),
    (
        "3.1 jwks TH",
        Version::ThreeOne,
        false,
        Some(Id::Thumbprint),
    ),
    (
        "3.0 bundle + jwks LT",
        Version::Three,
        true,
        Some(Id::Libtrust),
    ),
    (
        "3.1 bundle + jwks LT",
        Version::ThreeOne,
        true,
        Some(Id::Libtrust),
    ),
    (
        "2.x bundle + jwks LT",
        Version::Two,
        true,
        Some(Id::Libtrust),
    ),
];

#[derive(Clone, Copy)]
enum Id {
    Libtrust,
    Thumbprint,
}

#[test]
fn the_verifier_repeats_what_was_measured() {
    let key = Key::of_scalar(3);
    let certificate = Paper::default().of(&key);
    let (lt, th) = (key.public().libtrust(), key.public().thumbprint());
    let registries = COLUMNS.map(|(name, version, bundle, set)| {
        let set = set.map(|id| {
            let kid = match id {
                Id::Libtrust => &lt,
                Id::Thumbprint => &th,
            };
            format!(r#"{{"keys":[{}]}}"#, key.jwk(Some(kid)))
        });
        let settings = Settings {
            rootcertbundle: bundle.then_some(&certificate),
            jwks: set.as_deref(),
            issuer: ISSUER,
            service: SERVICE,
        };
        (name, Distribution::start(version, settings).unwrap())
    });
    let registries = registries.map(|(name, started)| (name, Registry::Distribution(started)));
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
            .map(|(name, ..)| *name)
            .zip(verdicts.chars().filter(|verdict| *verdict != ' '));
        assert_eq!(
            judged.collect::<Vec<_>>(),
            expected.collect::<Vec<_>>(),
            "{header}"
        );
    }
}
