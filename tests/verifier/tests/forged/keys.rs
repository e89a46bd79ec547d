//! Which key verifies a token: the chain in `x5c`, else the key in `jwk`, else `kid`, and never the next.

use rcgen::BasicConstraints;
use verifier::{Distribution, PublicKey, Registry, Settings, Version};

use crate::forge::{Forged, ISSUER, Key, Paper, SERVICE, now, x5c};

const VERSIONS: [Version; 4] = [
    Version::Two,
    Version::GitLab,
    Version::Three,
    Version::ThreeOne,
];
const CHAIN: &str = "the chain does not verify";
const LEAF: Paper<'_> = Paper {
    name: "leaf",
    years: (2026, 2027),
    authority: None,
    signs_certificates: false,
    serial: 1,
};

/// The verdict of each version with that bundle, which is one for all unless a test says otherwise.
fn judge(bundle: &str, token: &str) -> [Result<(), &'static str>; 4] {
    VERSIONS.map(|version| {
        let settings = Settings {
            rootcertbundle: Some(bundle),
            jwks: None,
            issuer: ISSUER,
            service: SERVICE,
        };
        let registry = Registry::Distribution(Distribution::start(version, settings).unwrap());
        registry.verify(token, now()).map(|_| ())
    })
}

fn token(key: &Key, chain: &[&str]) -> String {
    let chain: Vec<String> = chain
        .iter()
        .map(|pem| format!("\"{}\"", x5c(pem)))
        .collect();
    Forged::good(key, &format!(r#""x5c":[{}]"#, chain.join(","))).token()
}

fn authority() -> Paper<'static> {
    Paper::authority()
}

#[test]
fn chains_are_verified_with_dates_names_and_rights() {
    let [root, middle, leaf, stranger] = [2, 3, 4, 5].map(Key::of_scalar);
    let bundle = authority().of(&root);
    let issued = |paper: Paper<'_>| paper.signed_by(&leaf, (authority(), &root));
    let good = issued(LEAF);
    let intermediate = Paper {
        name: "intermediate",
        ..authority()
    };
    let by_intermediate = LEAF.signed_by(&leaf, (intermediate, &middle));
    let short = Paper {
        authority: Some(BasicConstraints::Constrained(0)),
        ..authority()
    };
    let plain = Paper {
        authority: None,
        ..authority()
    };
    let powerless = Paper {
        signs_certificates: false,
        ..authority()
    };
    let ended = Paper {
        years: (2025, 2026),
        ..authority()
    };
    let middle_of = |paper: Paper<'_>, root_paper| paper.signed_by(&middle, (root_paper, &root));
    let no_authority = Paper {
        authority: None,
        ..intermediate
    };
    let late = Paper {
        years: (2027, 2028),
        ..intermediate
    };
    let beside = format!("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n{bundle}");

    let accepted = [
        ("a leaf of the authority", &bundle, vec![&good]),
        ("the root behind it", &bundle, vec![&good, &bundle]),
        ("the leaf itself in the bundle", &good, vec![&good]),
        ("other blocks in the bundle", &beside, vec![&good]),
    ];
    for (rule, bundle, chain) in accepted {
        let chain: Vec<&str> = chain.into_iter().map(String::as_str).collect();
        assert_eq!(judge(bundle, &token(&leaf, &chain)), [Ok(()); 4], "{rule}");
    }
    let between = middle_of(intermediate, authority());
    let chain = [by_intermediate.as_str(), &between];
    assert_eq!(
        judge(&bundle, &token(&leaf, &chain)),
        [Ok(()); 4],
        "an intermediate"
    );

    let years = |years| Paper { years, ..LEAF };
    for (rule, bundle, chain) in [
        (
            "the leaf has ended",
            bundle.clone(),
            vec![issued(years((2025, 2026)))],
        ),
        (
            "the leaf begins later",
            bundle.clone(),
            vec![issued(years((2027, 2028)))],
        ),
        (
            "the leaf itself is in the bundle and has ended",
            issued(years((2025, 2026))),
            vec![issued(years((2025, 2026)))],
        ),
        (
            "the root has ended",
            ended.of(&root),
            vec![LEAF.signed_by(&leaf, (ended, &root))],
        ),
        (
            "another authority of the same name",
            authority().of(&stranger),
            vec![good.clone()],
        ),
        (
            "an authority of another name",
            Paper {
                name: "other",
                ..authority()
            }
            .of(&root),
            vec![good.clone()],
        ),
        (
            "the root is no authority",
            plain.of(&root),
            vec![LEAF.signed_by(&leaf, (plain, &root))],
        ),
        (
            "the root may not sign certificates",
            powerless.of(&root),
            vec![LEAF.signed_by(&leaf, (powerless, &root))],
        ),
        (
            "the intermediate is not there",
            bundle.clone(),
            vec![by_intermediate.clone()],
        ),
        (
            "the intermediate is no authority",
            bundle.clone(),
            vec![
                LEAF.signed_by(&leaf, (no_authority, &middle)),
                middle_of(no_authority, authority()),
            ],
        ),
        (
            "the intermediate begins later",
            bundle.clone(),
            vec![
                LEAF.signed_by(&leaf, (late, &middle)),
                middle_of(late, authority()),
            ],
        ),
        (
            "one intermediate too many",
            short.of(&root),
            vec![by_intermediate.clone(), middle_of(intermediate, short)],
        ),
        (
            "the leaf is not first",
            bundle.clone(),
            vec![bundle.clone(), good.clone()],
        ),
        (
            "a renewed certificate of the same key",
            Paper { serial: 2, ..LEAF }.of(&leaf),
            vec![LEAF.of(&leaf)],
        ),
        (
            "a leaf that signed itself",
            bundle.clone(),
            vec![LEAF.of(&leaf)],
        ),
    ] {
        let chain: Vec<&str> = chain.iter().map(String::as_str).collect();
        let expected = if rule == "the leaf is not first" {
            // The root verifies, but it is not its key that signed.
            "the signature is wrong"
        } else {
            CHAIN
        };
        assert_eq!(
            judge(&bundle, &token(&leaf, &chain)),
            [Err(expected); 4],
            "{rule}"
        );
    }
}

#[test]
fn a_chain_is_a_list_of_certificates_in_standard_base64() {
    let [root, leaf] = [2, 3].map(Key::of_scalar);
    let bundle = authority().of(&root);
    // A serial number whose encoding has letters in which the two alphabets differ.
    let good = (1..1000)
        .map(|serial| Paper { serial, ..LEAF }.signed_by(&leaf, (authority(), &root)))
        .find(|pem| x5c(pem).contains('+') && x5c(pem).contains('/'))
        .unwrap();
    let encoded = x5c(&good);
    let url_safe = encoded.replace('+', "-").replace('/', "_");
    let unpadded = encoded.trim_end_matches('=');
    let list = "a list is something else";
    let form = "x5c is not certificates in standard base64";
    for (header, expected) in [
        (format!(r#""x5c":["{encoded}"]"#), Ok(())),
        (format!(r#""x5c":["{url_safe}"]"#), Err(form)),
        (format!(r#""x5c":["{encoded}","AAAA"]"#), Err(form)),
        (format!(r#""x5c":["{encoded}!"]"#), Err(form)),
        (format!(r#""x5c":"{encoded}""#), Err(list)),
        (
            r#""x5c":[1]"#.to_owned(),
            Err("a list has something that is not a string"),
        ),
        (r#""x5c":[]"#.to_owned(), Err("the header names no key")),
        (r#""x5c":null"#.to_owned(), Err("the header names no key")),
        (r#""kid":"""#.to_owned(), Err("the header names no key")),
    ] {
        let token = Forged::good(&leaf, &header).token();
        assert_eq!(judge(&bundle, &token), [expected; 4], "{header}");
    }
    if unpadded != encoded {
        let token = Forged::good(&leaf, &format!(r#""x5c":["{unpadded}"]"#)).token();
        assert_eq!(judge(&bundle, &token), [Err(form); 4]);
    }
}

#[test]
fn what_comes_first_decides_and_nothing_after_it_helps() {
    let [root, leaf, stranger] = [2, 3, 4].map(Key::of_scalar);
    let of_root = LEAF.signed_by(&leaf, (authority(), &root));
    let of_stranger = LEAF.signed_by(&leaf, (authority(), &stranger));
    // The bundle has the authority and a leaf, so that the leaf's `kid` is known.
    let bundle = format!("{}{}", authority().of(&root), of_root);
    let ids = VERSIONS.map(|version| id_in_bundle(version, &leaf.public()));
    for (version, id) in VERSIONS.into_iter().zip(ids) {
        let settings = Settings {
            rootcertbundle: Some(&bundle),
            jwks: None,
            issuer: ISSUER,
            service: SERVICE,
        };
        let registry = Registry::Distribution(Distribution::start(version, settings).unwrap());
        let judge = |header: String| {
            let token = Forged::good(&leaf, &header).token();
            registry.verify(&token, now()).map(|_| ())
        };
        let kid = format!(r#""kid":"{id}""#);
        let known = leaf.jwk(Some(&id));
        let unknown = stranger.jwk(None);
        let (good, bad) = (x5c(&of_root), x5c(&of_stranger));
        assert_eq!(judge(kid.clone()), Ok(()), "{version:?}");
        assert_eq!(
            judge(format!(r#""kid":"nonsense","x5c":["{good}"]"#)),
            Ok(())
        );
        assert_eq!(
            judge(format!(r#"{kid},"x5c":["{bad}"]"#)),
            Err(CHAIN),
            "{version:?}"
        );
        assert_eq!(judge(format!(r#"{kid},"x5c":[]"#)), Ok(()));
        assert_eq!(judge(format!(r#""kid":"nonsense","jwk":{known}"#)), Ok(()));
        assert_eq!(
            judge(format!(r#"{kid},"jwk":{unknown}"#)),
            Err("the key is unknown"),
            "{version:?}"
        );
        assert_eq!(
            judge(format!(r#""jwk":{unknown},"x5c":["{good}"]"#)),
            Ok(())
        );
        let inner = known.replacen('{', &format!(r#"{{"x5c":["{bad}"],"#), 1);
        assert_eq!(judge(format!(r#"{kid},"jwk":{inner}"#)), Err(CHAIN));
        let inner = known.replacen('{', &format!(r#"{{"x5c":["{good}"],"#), 1);
        assert_eq!(judge(format!(r#""jwk":{inner}"#)), Ok(()));
    }
    let other_id = leaf.jwk(Some(&stranger.public().libtrust()));
    let token = Forged::good(&leaf, &format!(r#""jwk":{other_id}"#)).token();
    assert_eq!(
        judge(&bundle, &token)[0],
        Err("the header's key has another id")
    );
}

#[test]
fn a_key_that_a_token_brings_along_is_not_believed() {
    let [root, attacker] = [2, 66].map(Key::of_scalar);
    let bundle = authority().of(&root);
    let claimed = [
        attacker.jwk(None),
        attacker.jwk(Some(&root.public().libtrust())),
        attacker.jwk(Some(&root.public().thumbprint_in_3_1())),
        attacker.jwk(Some(verifier::ID_IN_3_0)),
    ];
    for jwk in claimed {
        let token = Forged::good(&attacker, &format!(r#""jwk":{jwk}"#)).token();
        for verdict in judge(&bundle, &token) {
            assert!(verdict.is_err(), "{jwk}");
        }
    }
}

#[test]
fn an_id_counts_for_keys_in_the_bundle_whatever_their_dates() {
    let [root, leaf, other] = [2, 3, 4].map(Key::of_scalar);
    let years = |years| Paper { years, ..LEAF }.signed_by(&leaf, (authority(), &root));
    for (version, at) in VERSIONS.into_iter().zip(0..) {
        let id = id_in_bundle(version, &leaf.public());
        let token = Forged::good(&leaf, &format!(r#""kid":"{id}""#)).token();
        for bundle in [
            years((2025, 2026)),
            years((2026, 2027)),
            years((2027, 2028)),
        ] {
            assert_eq!(judge(&bundle, &token)[at], Ok(()), "{version:?}");
        }
        // 3.0 finds the authority under the one id that it has for all keys.
        let expected = if version == Version::Three {
            "the signature is wrong"
        } else {
            "the key is unknown"
        };
        let of_authority = judge(&authority().of(&root), &token)[at];
        assert_eq!(
            of_authority,
            Err(expected),
            "{version:?}: its authority only"
        );
    }
    // In 3.0 the last certificate of the bundle is the only one that `kid` finds.
    let id = id_in_bundle(Version::Three, &leaf.public());
    let token = Forged::good(&leaf, &format!(r#""kid":"{id}""#)).token();
    let [first, last] = [LEAF.of(&leaf), LEAF.of(&other)];
    assert_eq!(judge(&format!("{last}{first}"), &token)[2], Ok(()));
    assert_eq!(
        judge(&format!("{first}{last}"), &token)[2],
        Err("the signature is wrong")
    );
}

#[test]
fn ids_are_those_of_the_vectors() {
    let key = PublicKey::from_coordinates(
        "m7zUpx3b-zmVE5cymSs64POG9QcyEpJaYCD82-549_Q",
        "dU3biz8sZ_8GPB-odm8Wxz3lNDr1xcAQQPQaOcr1fmc",
    )
    .unwrap();
    let libtrust = "PYYO:TEWU:V7JH:26JV:AQTZ:LJC3:SXVJ:XGHA:34F2:2LAQ:ZRMK:Z7Q6";
    let thumbprint = "8qjioA3ZA7ti2JIE7c-U8smBFuZolQZvhSHDPU3hhB8";
    assert_eq!(key.libtrust(), libtrust);
    assert_eq!(key.thumbprint(), thumbprint);
    assert_eq!(key.thumbprint_in_3_1(), thumbprint);

    let zero = Key::of_scalar(43);
    let key = zero.public();
    assert_eq!(
        key.libtrust(),
        "5AGM:HKO7:7OPF:652Q:TP4K:C4TR:SMEB:2RDP:EZOM:FPEU:QIPJ:TCRD"
    );
    assert_eq!(
        key.thumbprint(),
        "WZsjbh58q8kl1WsGShqtiycImZtCgGbukDn4RAacMig"
    );
    assert_eq!(
        key.thumbprint_in_3_1(),
        "oynto_iDk7BbC1TpDhAjGoiBUFY63hdrK_AAqhuXqX8"
    );
    let bundle = LEAF.of(&zero);
    for (kid, expected) in [
        (key.thumbprint(), Err("the key is unknown")),
        (key.thumbprint_in_3_1(), Ok(())),
    ] {
        let token = Forged::good(&zero, &format!(r#""kid":"{kid}""#)).token();
        assert_eq!(judge(&bundle, &token)[3], expected);
    }
}

fn id_in_bundle(version: Version, key: &PublicKey) -> String {
    match version {
        Version::Two | Version::GitLab => key.libtrust(),
        Version::Three => verifier::ID_IN_3_0.to_owned(),
        Version::ThreeOne => key.thumbprint(),
    }
}
