//! Key files, and tokens verified by a library that did not sign them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{DerSignature, Signature, VerifyingKey};
use proptest::prelude::*;
use tempfile::TempDir;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::*;

struct Counting(std::sync::atomic::AtomicU8);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn now() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn schedule() -> KeySchedule {
    KeySchedule {
        rotate_every: Duration::from_hours(24 * 30),
        jwks_activation: Duration::from_hours(24),
        longest_token: Duration::from_mins(15),
        modes: vec![TrustMode::Certificate, TrustMode::Jwks],
    }
}

fn open(folder: &TempDir) -> Result<Opened, KeyError> {
    KeyRing::open_or_create(
        &folder.path().join("keys"),
        schedule(),
        now(),
        &Counting(7.into()),
    )
}

fn problem(folder: &TempDir) -> String {
    open(folder).unwrap_err().to_string()
}

fn signing_file(folder: &TempDir) -> PathBuf {
    files::pem_files(&folder.path().join("keys/signing"))
        .unwrap()
        .pop()
        .unwrap()
}

fn certificate_key(certificate: &X509Certificate<'_>) -> VerifyingKey {
    VerifyingKey::from_sec1_bytes(&certificate.public_key().subject_public_key.data).unwrap()
}

/// Verifies a token as a registry with `rootcertbundle` does, with p256 alone.
fn verify_chain(token: &str, ca_pem: &str) -> serde_json::Value {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let header: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    let leaf = STANDARD.decode(header["x5c"][0].as_str().unwrap()).unwrap();
    let (_, leaf) = X509Certificate::from_der(&leaf).unwrap();
    let (_, pem) = x509_parser::pem::parse_x509_pem(ca_pem.as_bytes()).unwrap();
    let (_, ca) = X509Certificate::from_der(&pem.contents).unwrap();
    let certified = DerSignature::from_bytes(leaf.signature_value.data.as_ref()).unwrap();
    certificate_key(&ca)
        .verify(leaf.tbs_certificate.as_ref(), &certified)
        .unwrap();
    assert!(ca.is_ca() && !leaf.is_ca());
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert_eq!(raw.len(), 64);
    let signature = Signature::from_slice(&raw).unwrap();
    certificate_key(&leaf)
        .verify(message.as_bytes(), &signature)
        .unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[test]
fn the_first_start_makes_keys_that_only_the_owner_reads() {
    let folder = TempDir::new().unwrap();
    assert!(open(&folder).unwrap().created);
    let keys = folder.path().join("keys");
    let mode = |path: PathBuf| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(keys.join("ca.key")), 0o600);
    assert_eq!(mode(signing_file(&folder)), 0o600);
    assert_eq!(mode(keys.clone()), 0o700);
    assert_eq!(mode(keys.join("public")), 0o755);
    assert_eq!(mode(keys.join("public/ca.crt")), 0o644);
    assert_eq!(mode(keys.join("public/jwks.json")), 0o644);
}

#[test]
fn the_second_start_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let first = open(&folder).unwrap();
    let jwks = folder.path().join("keys/public/jwks.json");
    let written = fs::metadata(&jwks).unwrap().ino();
    let second = open(&folder).unwrap();
    assert!(!second.created);
    assert_eq!(first.ring.keys(now()), second.ring.keys(now()));
    assert_eq!(fs::metadata(&jwks).unwrap().ino(), written);
    let reader = KeyRing::open(&folder.path().join("keys"), schedule(), now()).unwrap();
    assert_eq!(reader.keys(now()), first.ring.keys(now()));
}

#[test]
fn a_command_that_only_looks_makes_no_keys() {
    let folder = TempDir::new().unwrap();
    let problem = KeyRing::open(&folder.path().join("keys"), schedule(), now())
        .unwrap_err()
        .to_string();
    assert!(
        problem.ends_with("has no keys yet; the first start of the server makes them"),
        "{problem}"
    );
    assert!(!folder.path().join("keys").exists());
}

#[test]
fn starts_at_the_same_time_agree_on_one_authority() {
    let folder = Arc::new(TempDir::new().unwrap());
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let folder = Arc::clone(&folder);
            std::thread::spawn(move || open(&folder).unwrap().ring.keys(now()))
        })
        .collect();
    let keys: Vec<_> = starts
        .into_iter()
        .map(|start| start.join().unwrap())
        .collect();
    assert!(
        keys.iter()
            .all(|other| other == &keys[0] && other.len() == 1)
    );
}

#[test]
fn a_private_key_that_the_world_can_read_stops_the_start() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap();
    for path in [folder.path().join("keys/ca.key"), signing_file(&folder)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
        assert!(problem(&folder).contains("chmod"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        open(&folder).unwrap();
    }
}

#[test]
fn half_an_authority_is_never_replaced() {
    for lost in ["keys/ca.key", "keys/public/ca.crt"] {
        let folder = TempDir::new().unwrap();
        open(&folder).unwrap();
        fs::remove_file(folder.path().join(lost)).unwrap();
        assert!(
            problem(&folder).contains("restore it from a backup"),
            "{lost}"
        );
    }
}

#[test]
fn keys_that_do_not_belong_together_stop_the_start() {
    let (mine, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    open(&mine).unwrap();
    open(&other).unwrap();
    let original = fs::read(mine.path().join("keys/ca.key")).unwrap();
    fs::copy(
        other.path().join("keys/ca.key"),
        mine.path().join("keys/ca.key"),
    )
    .unwrap();
    assert!(problem(&mine).contains("does not belong to its certificate"));
    fs::write(mine.path().join("keys/ca.key"), original).unwrap();
    fs::copy(signing_file(&other), signing_file(&mine)).unwrap();
    assert!(problem(&mine).contains("is not signed by public/ca.crt"));
}

#[test]
fn files_that_are_no_keys_and_dates_that_have_passed_stop_the_start() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap();
    let keys = folder.path().join("keys");
    let at = |text: &str| {
        KeyRing::open(&keys, schedule(), text.parse().unwrap())
            .unwrap_err()
            .to_string()
    };
    assert!(at("2036-11-24T00:00:00Z").contains("ended on"));
    assert!(at("2026-11-22T00:00:00Z").contains("is this machine's clock right?"));
    let before = "2026-11-23T12:00:00Z".parse().unwrap();
    assert!(
        KeyRing::open(&keys, schedule(), before).is_ok(),
        "certificates begin a day in the past"
    );
    fs::write(signing_file(&folder), "junk").unwrap();
    assert!(problem(&folder).contains("has no PEM block CERTIFICATE"));
}

#[test]
fn tokens_for_registries_with_a_key_set_carry_no_certificate() {
    let folder = TempDir::new().unwrap();
    let ring = open(&folder).unwrap().ring;
    let token = ring.sign(&serde_json::json!({}), TrustMode::Jwks).unwrap();
    let header = URL_SAFE_NO_PAD
        .decode(token.split('.').next().unwrap())
        .unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    let kid = &ring.keys(now())[0].kid;
    assert_eq!(
        header,
        serde_json::json!({ "typ": "JWT", "alg": "ES256", "kid": kid })
    );
    assert_eq!(
        serde_json::to_value(ring.jwks()).unwrap()["keys"][0]["kid"],
        **kid
    );
}

fn kid_of(token: &str) -> String {
    let header = URL_SAFE_NO_PAD
        .decode(token.split('.').next().unwrap())
        .unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[test]
fn a_rotation_by_another_process_is_followed_and_disturbs_nothing() {
    let folder = TempDir::new().unwrap();
    let entropy = Counting(90.into());
    let service = open(&folder).unwrap().ring;
    let signs = |trust| kid_of(&service.sign(&serde_json::json!({}), trust).unwrap());
    let states = |now| {
        service
            .keys(now)
            .iter()
            .map(|key| key.state)
            .collect::<Vec<_>>()
    };
    let old = signs(TrustMode::Certificate);
    let before = service
        .sign(&serde_json::json!({ "sub": "old" }), TrustMode::Certificate)
        .unwrap();

    let later = now() + chrono::Duration::hours(1);
    let command = KeyRing::open(&folder.path().join("keys"), schedule(), later).unwrap();
    let new = command.rotate(later, &entropy).unwrap().kid;
    assert_eq!(signs(TrustMode::Certificate), old, "not before it looked");
    service.follow(later, &entropy).unwrap();
    assert_eq!(signs(TrustMode::Certificate), new);
    assert_eq!(
        signs(TrustMode::Jwks),
        old,
        "a registry with a key set has a day to be restarted"
    );
    verify_chain(&before, &service.ca_certificate_pem());
    let published = fs::read_to_string(service.jwks_path()).unwrap();
    assert!(
        published.contains(&old) && published.contains(&new),
        "published before it signs"
    );
    assert_eq!(states(later), [KeyState::Active, KeyState::Active]);

    let day_after = later + chrono::Duration::hours(24);
    service.follow(day_after, &entropy).unwrap();
    assert_eq!(signs(TrustMode::Jwks), new);
    assert_eq!(states(day_after), [KeyState::Retiring, KeyState::Active]);
    let gone = day_after + chrono::Duration::minutes(16);
    service.follow(gone, &entropy).unwrap();
    assert_eq!(states(gone), [KeyState::Active]);
    assert!(
        !fs::read_to_string(service.jwks_path())
            .unwrap()
            .contains(&old)
    );
    assert_eq!(
        files::pem_files(&folder.path().join("keys/signing"))
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn keys_rotate_by_themselves_and_replicas_agree() {
    let folder = TempDir::new().unwrap();
    let entropy = Counting(3.into());
    let (one, two) = (open(&folder).unwrap().ring, open(&folder).unwrap().ring);
    let due = now() + chrono::Duration::days(30);
    one.follow(due - chrono::Duration::seconds(1), &entropy)
        .unwrap();
    assert_eq!(one.keys(now()).len(), 1);
    one.follow(due, &entropy).unwrap();
    two.follow(due, &entropy).unwrap();
    assert_eq!(
        one.keys(due).len(),
        2,
        "one made it, the other took it over"
    );
    assert_eq!(one.keys(due), two.keys(due));
    let signed = [&one, &two].map(|ring| {
        kid_of(
            &ring
                .sign(&serde_json::json!({}), TrustMode::Certificate)
                .unwrap(),
        )
    });
    assert_eq!(signed[0], signed[1]);
    let restarted = KeyRing::open(&folder.path().join("keys"), schedule(), due).unwrap();
    assert_eq!(restarted.keys(due), one.keys(due));
}

#[test]
fn a_broken_key_file_leaves_the_keys_in_use() {
    let folder = TempDir::new().unwrap();
    let ring = open(&folder).unwrap().ring;
    let old = ring.keys(now());
    let junk = folder.path().join("keys/signing/9999999999-00000000.pem");
    fs::write(&junk, "junk").unwrap();
    fs::set_permissions(&junk, fs::Permissions::from_mode(0o600)).unwrap();
    let problem = ring
        .follow(now(), &Counting(1.into()))
        .unwrap_err()
        .to_string();
    assert!(problem.contains("has no PEM block"), "{problem}");
    assert_eq!(ring.keys(now()), old);
    ring.sign(&serde_json::json!({}), TrustMode::Certificate)
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn whatever_is_signed_verifies_with_another_library(name in ".{0,80}", number in any::<i64>()) {
        thread_local! {
            static RING: (TempDir, KeyRing) = {
                let folder = TempDir::new().unwrap();
                let ring = open(&folder).unwrap().ring;
                (folder, ring)
            };
        }
        RING.with(|(_, ring)| {
            let claims = serde_json::json!({ "name": name, "number": number });
            let token = ring.sign(&claims, TrustMode::Certificate).unwrap();
            assert_eq!(verify_chain(&token, &ring.ca_certificate_pem()), claims);
        });
    }
}

#[test]
fn a_start_waits_for_one_that_is_between_two_files() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap();
    let certificate = folder.path().join("keys/public/ca.crt");
    let text = fs::read_to_string(&certificate).unwrap();
    fs::remove_file(&certificate).unwrap();
    let lock = files::lock(&folder.path().join("keys")).unwrap();
    std::thread::scope(|scope| {
        let second = scope.spawn(|| open(&folder));
        std::thread::sleep(Duration::from_millis(100));
        files::write(&certificate, files::PUBLIC, &text).unwrap();
        drop(lock);
        assert!(!second.join().unwrap().unwrap().created);
    });
}

#[test]
fn a_start_killed_between_key_and_certificate_is_finished_by_the_next() {
    let folder = TempDir::new().unwrap();
    let before = open(&folder).unwrap().ring.ca_certificate_pem();
    let keys = folder.path().join("keys");
    fs::rename(keys.join("public/ca.crt"), keys.join("public/ca.new")).unwrap();
    fs::remove_dir_all(keys.join("signing")).unwrap();
    let after = open(&folder).unwrap();
    assert!(after.created);
    assert_eq!(after.ring.ca_certificate_pem(), before);
}

#[test]
fn a_certificate_left_behind_by_another_key_is_not_taken() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    open(&folder).unwrap();
    open(&other).unwrap();
    let certificate = folder.path().join("keys/public/ca.crt");
    fs::remove_file(&certificate).unwrap();
    fs::copy(
        other.path().join("keys/public/ca.crt"),
        certificate.with_extension("new"),
    )
    .unwrap();
    assert!(problem(&folder).contains("ca.crt: is missing"));
    assert!(!certificate.exists());
}

#[test]
fn a_later_key_ends_with_its_authority() {
    let folder = TempDir::new().unwrap();
    let ring = open(&folder).unwrap().ring;
    let authority_end = ring.keys(now())[0].not_after;
    let later = now() + chrono::Days::new(400);
    let key = ring.rotate(later, &Counting(9.into())).unwrap();
    assert_eq!(key.not_after, authority_end);
}
