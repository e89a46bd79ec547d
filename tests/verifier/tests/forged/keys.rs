//! Which key verifies a token: the chain in `x5c`, else the key in `jwk`, else `kid`, and never the next.

use verifier::{Distribution, PublicKey, Registry, Settings, Version};

use crate::forge::{Forged, ISSUER, Key, Paper, SERVICE, now, x5c};

pub(super) const VERSIONS: [Version; 4] = [
    Version::Two,
    Version::GitLab,
    Version::Three,
    Version::ThreeOne,
];
pub(super) const CHAIN: &str = "the chain does not verify";
pub(super) const LEAF: Paper<'_> = Paper {
    name: "leaf",
    years: (2026, 2027),
    authority: None,
    signs_certificates: false,
    serial: 1,
};

/// The verdict of each version with that bundle, which is one for all unless a test says otherwise.
pub(super) fn judge(bundle: &str, token: &str) -> [Result<(), &'static str>; 4] {
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

pub(super) fn authority() -> Paper<'static> {
    Paper::authority()
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
