//! What registries need to start (docs/protocol.md §2.1, §3): the verifier is as particular.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use verifier::{Distribution, Settings, Version, Zot};

use crate::forge::{ISSUER, Key, Paper, SERVICE};

fn start(version: Version, bundle: Option<&str>, jwks: Option<&str>) -> Result<(), String> {
    let settings = Settings {
        rootcertbundle: bundle,
        jwks,
        issuer: ISSUER,
        service: SERVICE,
    };
    Distribution::start(version, settings).map(|_| ())
}

fn set(keys: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

#[test]
fn a_2_x_registry_needs_a_bundle_and_a_3_x_one_either() {
    let key = Key::of_scalar(3);
    let bundle = Paper::authority().of(&key);
    let jwks = set(&[key.jwk(Some("a"))]);
    let nothing = Err("nothing to verify tokens with".to_owned());
    for (version, jwks_alone) in [
        (Version::Two, &nothing),
        (Version::GitLab, &nothing),
        (Version::Three, &Ok(())),
        (Version::ThreeOne, &Ok(())),
    ] {
        assert_eq!(start(version, Some(&bundle), None), Ok(()));
        assert_eq!(start(version, Some(&bundle), Some(&jwks)), Ok(()));
        assert_eq!(&start(version, None, Some(&jwks)), jwks_alone);
        assert_eq!(&start(version, Some(""), Some(&jwks)), jwks_alone);
        assert_eq!(start(version, None, None), nothing);
        assert_eq!(start(version, Some(&key.public_pem()), None), nothing);
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(start(version, Some(broken), None).is_err());
    }
}

#[test]
fn a_key_set_is_read_whole_or_not_at_all() {
    let key = Key::of_scalar(3);
    let good = key.jwk(Some("a"));
    let zero = Key::of_scalar(43).jwk(Some("b"));
    let unknown = Err("the key set has a key that is unknown".to_owned());
    // Without the zero byte that y begins with.
    let y = zero
        .split("\"y\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(y).unwrap();
    assert_eq!((bytes.len(), bytes[0]), (32, 0));
    let short = zero.replace(y, &URL_SAFE_NO_PAD.encode(&bytes[1..]));
    for (keys, expected) in [
        (set(&[good.clone(), zero.clone()]), Ok(())),
        (set(&[]), Err("the key set is empty".to_owned())),
        ("{}".to_owned(), Err("the key set has no keys".to_owned())),
        (
            set(&[good.clone(), good.replace("EC", "OKP")]),
            unknown.clone(),
        ),
        (set(&[good.replace("P-256", "P-999")]), unknown.clone()),
        (set(&[short]), unknown.clone()),
        (
            set(&[good.replacen("\"x\":\"", "\"x\":\"AAAA", 1)]),
            unknown.clone(),
        ),
    ] {
        for version in [Version::Three, Version::ThreeOne] {
            assert_eq!(start(version, None, Some(&keys)), expected, "{keys}");
        }
    }
}

#[test]
fn zot_takes_one_key_in_any_of_three_forms() {
    let key = Key::of_scalar(3);
    let jwk = key.jwk(Some("a"));
    for good in [
        Paper::default().of(&key),
        key.public_pem(),
        set(std::slice::from_ref(&jwk)),
    ] {
        assert!(Zot::start(&good).is_ok(), "{good}");
    }
    for bad in [
        set(&[jwk.clone(), jwk]),
        set(&[]),
        String::new(),
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(),
    ] {
        assert!(Zot::start(&bad).is_err(), "{bad}");
    }
}
