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
use crate::domain::key_schedule::KeyState;
use crate::domain::registry::TrustMode;
use crate::domain::timestamp;

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
        ca_activation: Duration::from_hours(24 * 30),
        modes: vec![TrustMode::Certificate, TrustMode::Jwks],
        pinned: vec![service("zot.example.com")],
    }
}

fn service(name: &str) -> ServiceName {
    ServiceName::try_from(name.to_owned()).unwrap()
}

/// A registry that trusts us in this way.
fn registry(trust: TrustMode) -> Registry {
    let name = match trust {
        TrustMode::Pinned => "zot.example.com",
        TrustMode::Certificate | TrustMode::Jwks => "registry",
    };
    Registry {
        service: service(name),
        host: None,
        trust,
        pull_lifetime: Duration::from_mins(5),
        push_lifetime: Duration::from_mins(15),
    }
}

/// The kid of a token for a registry that trusts us in this way.
fn signs(ring: &KeyRing, trust: TrustMode) -> String {
    kid_of(&ring.sign(b"{}", &registry(trust)).unwrap())
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
    let certified = DerSignature::from_bytes(leaf.signature_value.data.as_ref()).unwrap();
    let mut bundle = x509_parser::pem::Pem::iter_from_buffer(ca_pem.as_bytes()).map(Result::unwrap);
    assert!(!leaf.is_ca());
    assert!(
        bundle.any(|pem| {
            let (_, ca) = X509Certificate::from_der(&pem.contents).unwrap();
            let tbs = leaf.tbs_certificate.as_ref();
            ca.is_ca() && certificate_key(&ca).verify(tbs, &certified).is_ok()
        }),
        "no authority of the bundle certified the key"
    );
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
    assert_eq!(mode(keys.clone()), 0o711);
    assert_eq!(mode(keys.join("signing")), 0o700);
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
        problem.contains("has no keys yet; the first start of the server makes them"),
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
            .all(|other| other == &keys[0] && other.len() == 2),
        "one shared, one pinned"
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
fn key_files_and_folders_that_everybody_can_write_stop_the_start() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap();
    let keys = folder.path().join("keys");
    let pinned = pinned_folder(&keys);
    for (path, good) in [
        (keys.join("ca.key"), 0o660),
        (signing_file(&folder), 0o660),
        (keys.join("public/ca.crt"), 0o664),
        (keys.clone(), 0o770),
        (keys.join("public"), 0o775),
        (keys.join("signing"), 0o770),
        (keys.join("pinned"), 0o770),
        (pinned, 0o770),
    ] {
        let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        mode(good | 0o002);
        assert!(
            problem(&folder).contains("run `chmod o-w` on it"),
            "{}",
            path.display()
        );
        mode(good);
        open(&folder).unwrap();
    }
}

/// A key that somebody else puts into a folder does not sign while the service runs either.
#[test]
fn a_foreign_key_in_an_open_folder_never_signs() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (service, entropy) = (open(&folder).unwrap().ring, Counting(9.into()));
    let theirs = KeyRing::open_or_create(&other.path().join("keys"), schedule(), now(), &entropy);
    let theirs = theirs.unwrap().ring;
    let pinned = pinned_folder(&folder.path().join("keys"));
    fs::set_permissions(&pinned, fs::Permissions::from_mode(0o777)).unwrap();
    let mut foreign = fs::read_dir(pinned_folder(&other.path().join("keys"))).unwrap();
    let foreign = foreign.next().unwrap().unwrap().path();
    fs::copy(&foreign, pinned.join("9999999999-foreign.pem")).unwrap();
    assert!(service.follow(now(), &entropy).is_err());
    assert_ne!(
        signs(&service, TrustMode::Pinned),
        signs(&theirs, TrustMode::Pinned)
    );
}

/// The folder of the keys of the one service that has keys of its own.
fn pinned_folder(keys: &Path) -> PathBuf {
    let mut folders = fs::read_dir(keys.join("pinned")).unwrap();
    folders.next().unwrap().unwrap().path()
}

#[test]
fn an_authority_without_its_key_is_never_replaced() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap();
    fs::remove_file(folder.path().join("keys/ca.key")).unwrap();
    assert!(problem(&folder).contains("restore it from a backup"));
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
    assert!(problem(&mine).contains("does not belong to the certificates in public/ca.crt"));
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
    assert!(at("2036-11-24T12:00:00Z").contains("ended on"));
    assert!(at("2026-11-23T11:59:59Z").contains("is this machine's clock right?"));
    let before = "2026-11-23T12:00:00Z".parse().unwrap();
    assert!(
        KeyRing::open(&keys, schedule(), before).is_ok(),
        "certificates begin a day in the past"
    );
    for (junk, told) in [
        ("", "has no PEM block CERTIFICATE: it is empty; restore"),
        (
            "-----BEGIN PUBLIC KEY-----",
            "has no PEM block CERTIFICATE: it has a public key; restore",
        ),
    ] {
        fs::write(signing_file(&folder), junk).unwrap();
        assert!(problem(&folder).contains(told), "{junk}");
    }
    fs::write(signing_file(&folder), b"\x30\x82\xff").unwrap();
    assert!(problem(&folder).contains("it is no text, and key files are"));
}

#[test]
fn tokens_for_registries_with_a_key_set_carry_no_certificate() {
    let folder = TempDir::new().unwrap();
    let ring = open(&folder).unwrap().ring;
    let token = ring.sign(b"{}", &registry(TrustMode::Jwks)).unwrap();
    let kid = &ring.keys(now())[0].kid;
    assert_eq!(
        header_of(&token),
        serde_json::json!({ "typ": "JWT", "alg": "ES256", "kid": kid })
    );
    assert_eq!(
        serde_json::to_value(ring.jwks()).unwrap()["keys"][0]["kid"],
        **kid
    );
}

/// Distribution CVE-2025-24976: a key in a token's own header was believed, and none of ours has one.
#[test]
fn a_header_has_no_other_key_than_its_certificate() {
    let folder = TempDir::new().unwrap();
    let ring = open(&folder).unwrap().ring;
    for (trust, names) in [
        (TrustMode::Certificate, vec!["alg", "kid", "typ", "x5c"]),
        (TrustMode::Jwks, vec!["alg", "kid", "typ"]),
        (TrustMode::Pinned, vec!["alg", "kid", "typ"]),
    ] {
        let header = header_of(&ring.sign(b"{}", &registry(trust)).unwrap());
        let mut found: Vec<&String> = header.as_object().unwrap().keys().collect();
        found.sort();
        assert_eq!(found, names, "{trust:?}");
    }
}

fn header_of(token: &str) -> serde_json::Value {
    let header = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

fn kid_of(token: &str) -> String {
    header_of(token)["kid"].as_str().unwrap().to_owned()
}

#[test]
fn a_rotation_by_another_process_is_followed_and_disturbs_nothing() {
    let folder = TempDir::new().unwrap();
    let entropy = Counting(90.into());
    let service = open(&folder).unwrap().ring;
    let signs = |trust| signs(&service, trust);
    let states = |now| {
        service
            .keys(now)
            .iter()
            .filter(|key| key.service.is_none())
            .map(|key| key.state)
            .collect::<Vec<_>>()
    };
    let old = signs(TrustMode::Certificate);
    let before = service
        .sign(br#"{"sub":"old"}"#, &registry(TrustMode::Certificate))
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
    verify_chain(&before, &service.ca_certificate_pem(now()));
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
    let gone = day_after + chrono::Duration::hours(25);
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
    let shared = |ring: &KeyRing| {
        let keys = ring.keys(due).into_iter();
        keys.filter(|key| key.service.is_none()).count()
    };
    assert_eq!(shared(&one), 1);
    one.follow(due, &entropy).unwrap();
    two.follow(due, &entropy).unwrap();
    assert_eq!(shared(&one), 2, "one made it, the other took it over");
    assert_eq!(one.keys(due), two.keys(due));
    let signed = [&one, &two]
        .map(|ring| kid_of(&ring.sign(b"{}", &registry(TrustMode::Certificate)).unwrap()));
    assert_eq!(signed[0], signed[1]);
    let restarted = KeyRing::open(&folder.path().join("keys"), schedule(), due).unwrap();
    assert_eq!(restarted.keys(due), one.keys(due));
}

#[test]
fn a_replica_that_cannot_write_takes_over_what_the_others_make() {
    let folder = TempDir::new().unwrap();
    let entropy = Counting(3.into());
    let (one, two) = (open(&folder).unwrap().ring, open(&folder).unwrap().ring);
    let due = now() + chrono::Duration::days(30);
    one.follow(due, &entropy).unwrap();
    // A folder that is mounted read-only, which not even root can lock.
    let lock = folder.path().join("keys/.lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    two.follow(due, &entropy).unwrap();
    assert_eq!(
        signs(&two, TrustMode::Certificate),
        signs(&one, TrustMode::Certificate)
    );
    // It may be the first that looks; whoever can make the next key, or delete the old one, has a minute for it.
    let retired = due + chrono::Duration::days(2) + chrono::Duration::seconds(65);
    two.follow(retired, &entropy).unwrap();
    fs::remove_dir(&lock).unwrap();
    one.follow(retired, &entropy).unwrap();
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let alone = due + chrono::Duration::days(30);
    two.follow(alone, &entropy).unwrap();
    let minute = chrono::Duration::seconds(61);
    let problem = two
        .follow(alone + minute, &entropy)
        .unwrap_err()
        .to_string();
    assert!(problem.contains("cannot be locked"), "{problem}");
}

#[test]
fn a_key_that_another_replica_deletes_meanwhile_is_no_broken_one() {
    let folder = TempDir::new().unwrap();
    let ring = open(&folder).unwrap().ring;
    let keys = folder.path().join("keys");
    let pinned = fs::read_dir(keys.join("pinned")).unwrap().next();
    for of in [keys.join("signing"), pinned.unwrap().unwrap().path()] {
        // A name that is still listed leads to nothing.
        std::os::unix::fs::symlink("gone", of.join("1-00000000.pem")).unwrap();
    }
    let again = KeyRing::open(&keys, schedule(), now()).unwrap();
    assert_eq!(again.keys(now()), ring.keys(now()));
    // And nobody reads all of them again at each look for it.
    let is_current = again
        .loaded()
        .is_current(&again.directory, &schedule(), now());
    assert!(is_current.unwrap());
}

#[test]
fn a_pinned_key_of_a_clock_that_stood_at_its_beginning_can_be_rotated() {
    let folder = TempDir::new().unwrap();
    let (service, entropy) = (open(&folder).unwrap().ring, Counting(5.into()));
    let zot = registry(TrustMode::Pinned);
    let pinned = fs::read_dir(folder.path().join("keys/pinned"))
        .unwrap()
        .next();
    let pinned = pinned.unwrap().unwrap().path();
    let key = fs::read_dir(&pinned)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::rename(key, pinned.join("95-00000000.pem")).unwrap();
    let old = signs(&service, TrustMode::Pinned);
    let made = service
        .rotate_pinned(&zot.service, now(), &entropy)
        .unwrap();
    assert_eq!(signs(&service, TrustMode::Pinned), made.kid);
    assert_ne!(made.kid, old);
    service.follow(now(), &entropy).unwrap();
    assert_eq!(signs(&service, TrustMode::Pinned), made.kid);
}

#[test]
fn a_renewal_makes_no_key_in_place_of_one_that_was_lost() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap();
    fs::remove_dir_all(folder.path().join("keys/signing")).unwrap();
    let told = renew(&folder, now()).unwrap_err().to_string();
    assert!(told.contains("bring the key back from a backup"), "{told}");
}

#[test]
fn no_private_key_is_printed_with_what_holds_it() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap();
    renew(&folder, now()).unwrap();
    let printed = format!("{:?}", open(&folder).unwrap());
    assert!(!printed.contains("PRIVATE KEY"), "{printed}");
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
    ring.sign(b"{}", &registry(TrustMode::Certificate)).unwrap();
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
            let json = claims.to_string();
            let token = ring.sign(json.as_bytes(), &registry(TrustMode::Certificate)).unwrap();
            assert_eq!(verify_chain(&token, &ring.ca_certificate_pem(now())), claims);
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
fn a_start_killed_before_the_certificate_was_published_is_finished_by_the_next() {
    let folder = TempDir::new().unwrap();
    let before = open(&folder).unwrap().ring.ca_certificate_pem(now());
    let keys = folder.path().join("keys");
    fs::remove_file(keys.join("public/ca.crt")).unwrap();
    fs::remove_dir_all(keys.join("signing")).unwrap();
    let after = open(&folder).unwrap();
    assert!(after.created);
    assert_eq!(after.ring.ca_certificate_pem(now()), before);
    assert_eq!(
        fs::read_to_string(keys.join("public/ca.crt")).unwrap(),
        before
    );
}

#[test]
fn a_folder_from_before_authorities_could_be_renewed_still_works() {
    let folder = TempDir::new().unwrap();
    let before = open(&folder).unwrap().ring.ca_certificate_pem(now());
    let path = folder.path().join("keys/ca.key");
    let text = fs::read_to_string(&path).unwrap();
    let (key, _) = text.split_once("-----BEGIN CERTIFICATE").unwrap();
    fs::write(&path, key).unwrap();
    let after = open(&folder).unwrap();
    assert!(!after.created);
    assert_eq!(after.ring.ca_certificate_pem(now()), before);
    fs::remove_file(folder.path().join("keys/public/ca.crt")).unwrap();
    assert!(problem(&folder).contains("its certificate is missing"));
}

#[test]
fn a_key_that_is_taken_back_is_not_left_to_its_registry() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (service("a.example.com"), service("b.example.com"));
    let two = KeySchedule {
        pinned: vec![first.clone(), second.clone()],
        ..schedule()
    };
    let keys = folder.path().join("keys");
    let opened = KeyRing::open_or_create(&keys, two, now(), &Counting(1.into())).unwrap();
    let file = opened.ring.pinned_path(&first);
    let before = fs::read_to_string(&file).unwrap();
    let other = opened.ring.pinned_path(&second);
    fs::remove_file(&other).unwrap();
    fs::create_dir(other.with_extension("new")).unwrap();
    let refused = opened
        .ring
        .rotate_pinned(&first, now(), &Counting(9.into()));
    refused.unwrap_err();
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

#[test]
fn a_later_key_ends_with_its_authority() {
    let folder = TempDir::new().unwrap();
    let ring = open(&folder).unwrap().ring;
    let authority_end = Some(ring.authority().not_after);
    let later = now() + chrono::Days::new(400);
    let key = ring.rotate(later, &Counting(9.into())).unwrap();
    assert_eq!(key.not_after, authority_end);
}

#[test]
fn a_pinned_service_has_a_key_of_its_own_that_only_its_rotation_changes() {
    let folder = TempDir::new().unwrap();
    let (service, entropy) = (open(&folder).unwrap().ring, Counting(5.into()));
    let zot = registry(TrustMode::Pinned);
    let old = signs(&service, TrustMode::Pinned);
    assert_ne!(old, signs(&service, TrustMode::Certificate));
    let given = || fs::read_to_string(service.pinned_path(&zot.service)).unwrap();
    let first = given();
    let verifies = |token: &str, pem: &str| {
        let key: p256::PublicKey = p256::pkcs8::DecodePublicKey::from_public_key_pem(pem).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
        VerifyingKey::from(&key)
            .verify(message.as_bytes(), &Signature::from_slice(&raw).unwrap())
            .is_ok()
    };
    let token = service.sign(b"{}", &zot).unwrap();
    assert!(verifies(&token, &first));

    // The shared keys come and go: nothing changes for zot.
    service.rotate(now(), &entropy).unwrap();
    let months = now() + chrono::Duration::days(90);
    service.follow(months, &entropy).unwrap();
    assert_eq!(signs(&service, TrustMode::Pinned), old);
    assert_eq!(given(), first);

    let command = KeyRing::open(&folder.path().join("keys"), schedule(), months).unwrap();
    let new = command
        .rotate_pinned(&zot.service, months, &entropy)
        .unwrap();
    assert_eq!(new.service.as_deref(), Some("zot.example.com"));
    service.follow(months, &entropy).unwrap();
    assert_eq!(signs(&service, TrustMode::Pinned), new.kid);
    assert_ne!(given(), first);
    let listed = serde_json::to_string(&service.jwks()).unwrap();
    assert!(
        listed.contains(&old) && listed.contains(&new.kid),
        "every live key is listed"
    );
    service
        .follow(months + chrono::Duration::hours(25), &entropy)
        .unwrap();
    assert!(
        !serde_json::to_string(&service.jwks())
            .unwrap()
            .contains(&old)
    );
}

#[test]
fn a_service_that_becomes_pinned_gets_its_key_at_the_next_start() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap();
    let mut more = schedule();
    more.pinned.push(service("another"));
    let registry = Registry {
        service: service("another"),
        host: None,
        ..registry(TrustMode::Pinned)
    };
    let keys = folder.path().join("keys");
    let looking = KeyRing::open(&keys, more.clone(), now()).unwrap();
    assert!(matches!(
        looking.sign(b"{}", &registry),
        Err(SigningError::NoKey)
    ));
    let started = KeyRing::open_or_create(&keys, more, now(), &Counting(1.into())).unwrap();
    started.ring.sign(b"{}", &registry).unwrap();
}

fn renew(folder: &TempDir, now: DateTime<Utc>) -> Result<CertificateAuthoritySummary, KeyError> {
    let keys = folder.path().join("keys");
    KeyRing::renew_authority(&keys, &schedule(), now, &Counting(70.into()))
}

#[test]
fn old_and_new_authority_overlap() {
    let folder = TempDir::new().unwrap();
    let (service, entropy) = (open(&folder).unwrap().ring, Counting(5.into()));
    let certificate = registry(TrustMode::Certificate);
    let sign = || service.sign(b"{}", &certificate).unwrap();
    let old_bundle = fs::read_to_string(service.ca_certificate_path()).unwrap();
    let renewed = now() + chrono::Duration::days(3000);
    service.follow(renewed, &entropy).unwrap();
    let next = renew(&folder, renewed).unwrap().next.unwrap();
    assert_eq!(next.begins_at, renewed + chrono::Duration::days(30));
    let again = renew(&folder, renewed).unwrap_err().to_string();
    assert!(again.contains("is waiting already"), "{again}");

    // Registries get both; until the new one begins, those that were not restarted go on.
    service.follow(renewed, &entropy).unwrap();
    let both = fs::read_to_string(service.ca_certificate_path()).unwrap();
    assert!(both.starts_with(&old_bundle) && both.len() > old_bundle.len());
    let waiting = next.begins_at - chrono::Duration::seconds(1);
    service.follow(waiting, &entropy).unwrap();
    service.rotate(waiting, &entropy).unwrap();
    let before = sign();
    verify_chain(&before, &old_bundle);

    // Then a key that the new one certified signs; what the old one certified stays valid.
    service.follow(next.begins_at, &entropy).unwrap();
    let after = sign();
    assert_ne!(kid_of(&before), kid_of(&after));
    let published = fs::read_to_string(service.ca_certificate_path()).unwrap();
    for token in [&before, &after] {
        verify_chain(token, &both);
        verify_chain(token, &published);
    }
    assert!(std::panic::catch_unwind(|| verify_chain(&after, &old_bundle)).is_err());
    assert_eq!(service.authority().not_after, next.not_after);
    assert_eq!(service.authority().next, None);
    let restarted = KeyRing::open_or_create(
        &folder.path().join("keys"),
        schedule(),
        next.begins_at,
        &entropy,
    )
    .unwrap();
    assert!(!restarted.created);

    // Nothing is left of the old one when it has ended.
    let end = now() + chrono::Duration::days(3654);
    service.follow(end, &entropy).unwrap();
    service.rotate(end, &entropy).unwrap();
    let published = fs::read_to_string(service.ca_certificate_path()).unwrap();
    assert!(!published.contains(&old_bundle));
    verify_chain(&sign(), &published);
}

#[test]
fn an_authority_that_is_renewed_late_gives_way_before_its_end_as_is_told() {
    let folder = TempDir::new().unwrap();
    let ring = open(&folder).unwrap().ring;
    let end = ring.authority().not_after;
    let (late, last) = (
        end - chrono::Duration::days(10),
        end - chrono::Duration::days(2),
    );
    ring.follow(late, &Counting(5.into())).unwrap();
    assert_eq!(renew(&folder, late).unwrap().next.unwrap().begins_at, last);
    let again = renew(&folder, late).unwrap_err().to_string();
    assert!(
        again.contains(&format!("certify keys on {last}")),
        "{again}"
    );
    ring.follow(late, &Counting(6.into())).unwrap();
    let warning = ring.authority_warning(late).unwrap();
    let before = format!("restart it before {}", timestamp::seconds(last));
    assert!(warning.ends_with(&before), "{warning}");
    ring.follow(last, &Counting(8.into())).unwrap();
    assert_eq!(ring.authority().next, None);
    let token = ring.sign(b"{}", &registry(TrustMode::Certificate)).unwrap();
    verify_chain(&token, &ring.ca_certificate_pem(end));
}

#[test]
fn an_authority_that_is_renewed_on_its_last_day_still_overlaps_with_the_next() {
    let folder = TempDir::new().unwrap();
    let ring = open(&folder).unwrap().ring;
    let end = ring.authority().not_after;
    let (last_day, middle) = (
        end - chrono::Duration::hours(20),
        end - chrono::Duration::hours(10),
    );
    ring.follow(last_day, &Counting(5.into())).unwrap();
    let next = renew(&folder, last_day).unwrap().next;
    assert_eq!(next.unwrap().begins_at, middle);
    ring.follow(middle, &Counting(6.into())).unwrap();
    assert_eq!(ring.authority().next, None);
}

#[test]
fn a_new_authority_is_news_until_the_keys_of_the_old_one_are_gone() {
    let folder = TempDir::new().unwrap();
    let ring = open(&folder).unwrap().ring;
    let next = renew(&folder, now()).unwrap().next.unwrap();
    let days = |count| next.begins_at + chrono::Duration::days(count);
    let mut warnings = [0, 1, 3].map(|count| {
        ring.follow(days(count), &Counting(5.into())).unwrap();
        ring.authority_warning(days(count))
    });
    let time = timestamp::seconds(now());
    let missed = format!("not restarted after {time} with the new public/ca.crt");
    let told = warnings[0].take().unwrap();
    assert!(told.contains(&missed), "{told}");
    assert!(warnings[1].is_some());
    assert_eq!(warnings[2], None);
}

/// Their registries know a key, and not the authority; the other keys sign for nobody.
#[test]
fn a_new_authority_is_no_news_where_each_registry_has_a_key_of_its_own() {
    let folder = TempDir::new().unwrap();
    let keys = folder.path().join("keys");
    let alone = schedule().for_registries(&[registry(TrustMode::Pinned)]);
    let opened = KeyRing::open_or_create(&keys, alone.clone(), now(), &Counting(1.into()));
    let ring = opened.unwrap().ring;
    let renewed = KeyRing::renew_authority(&keys, &alone, now(), &Counting(70.into()));
    let begins = renewed.unwrap().next.unwrap().begins_at;
    for time in [now(), begins] {
        ring.follow(time, &Counting(5.into())).unwrap();
        assert_eq!(ring.authority_warning(time), None, "{time}");
    }
    assert_eq!(ring.authority().next, None, "it certifies keys");
}

#[test]
fn registries_with_a_key_set_have_their_time_where_an_authority_is_renewed_late() {
    let hours = chrono::Duration::hours;
    let slow = KeySchedule {
        jwks_activation: Duration::from_hours(48),
        ..schedule()
    };
    for (left, told) in [
        // A day before the end, and the activation: the key waits for as long as it is told to.
        (hours(240), hours(-72) + hours(48)),
        // Too little is left for that: the old key signs until its certificate ends.
        (hours(20), hours(0)),
    ] {
        let folder = TempDir::new().unwrap();
        let keys = folder.path().join("keys");
        let opened = KeyRing::open_or_create(&keys, slow.clone(), now(), &Counting(1.into()));
        let ring = opened.unwrap().ring;
        let end = ring.authority().not_after;
        let (late, told) = (end - left, end + told);
        ring.follow(late, &Counting(5.into())).unwrap();
        KeyRing::renew_authority(&keys, &slow, late, &Counting(70.into())).unwrap();
        ring.follow(late, &Counting(6.into())).unwrap();
        let begins = ring.authority().next.unwrap().begins_at;
        ring.follow(begins, &Counting(8.into())).unwrap();
        let notices = ring.key_notices(begins).join("\n");
        let before = format!("before {}", timestamp::seconds(told));
        assert!(notices.contains(&before), "{notices}");

        let old = signs(&ring, TrustMode::Jwks);
        let second = chrono::Duration::seconds(1);
        ring.follow(told - second, &Counting(9.into())).unwrap();
        assert_eq!(signs(&ring, TrustMode::Jwks), old);
        ring.follow(told, &Counting(9.into())).unwrap();
        let new = signs(&ring, TrustMode::Jwks);
        assert_ne!(new, old);
        ring.follow(end + hours(49), &Counting(9.into())).unwrap();
        assert_eq!(signs(&ring, TrustMode::Jwks), new);
    }
}

#[test]
fn an_authority_that_has_ended_is_renewed_at_once() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap();
    let late = now() + chrono::Duration::days(3700);
    let keys = folder.path().join("keys");
    let refused = KeyRing::open_or_create(&keys, schedule(), late, &Counting(1.into()));
    let problem = refused.unwrap_err().to_string();
    let advice =
        "run `wharfinger keys ca renew --yes`, and bring the new public/ca.crt to every registry";
    assert!(problem.contains(advice), "{problem}");
    let renewed = renew(&folder, late).unwrap();
    assert_eq!(renewed.next, None);
    let ring = KeyRing::open_or_create(&keys, schedule(), late, &Counting(1.into()))
        .unwrap()
        .ring;
    let registry = registry(TrustMode::Certificate);
    let token = ring.sign(b"{}", &registry).unwrap();
    verify_chain(&token, &ring.ca_certificate_pem(late));
    ring.follow(late, &Counting(2.into())).unwrap();
    assert_eq!(
        ring.keys(late).len(),
        2,
        "one shared, one pinned: what had ended is gone"
    );
}

#[test]
fn a_renewal_that_was_cut_short_is_finished_by_the_next_start() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap();
    let next = renew(&folder, now()).unwrap().next.unwrap();
    let keys = folder.path().join("keys");
    let waiting = fs::read(keys.join("ca-next.key")).unwrap();
    let authority_after_a_start = || {
        let entropy = Counting(4.into());
        let ring = KeyRing::open_or_create(&keys, schedule(), next.begins_at, &entropy)
            .unwrap()
            .ring;
        ring.follow(next.begins_at, &entropy).unwrap();
        ring.authority()
    };
    let done = authority_after_a_start();
    assert_eq!(done.next, None);
    fs::write(keys.join("ca-next.key"), waiting).unwrap();
    fs::set_permissions(keys.join("ca-next.key"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(authority_after_a_start(), done);
    assert!(
        !keys.join("ca-next.key").exists(),
        "nothing is left lying about"
    );
}

#[test]
fn what_a_killed_writer_left_goes_with_the_next_key() {
    let folder = TempDir::new().unwrap();
    let (ring, zot) = (open(&folder).unwrap().ring, service("zot.example.com"));
    let keys = folder.path().join("keys");
    let folders = [keys.join("signing"), pinned_folder(&keys)];
    let left = folders.map(|folder| folder.join("1700000000-00000000.new"));
    for path in &left {
        fs::write(path, "half a key").unwrap();
    }
    ring.rotate(now(), &Counting(9.into())).unwrap();
    assert!(!left[0].exists() && left[1].exists());
    ring.rotate_pinned(&zot, now(), &Counting(9.into()))
        .unwrap();
    assert!(!left[1].exists());
    assert_eq!(ring.keys(now()).len(), 4, "no key is gone");
}

/// As after a renewal that was cut off when it had made the authority, and a loss of the signing keys.
#[test]
fn an_authority_that_is_said_to_be_published_is() {
    let folder = TempDir::new().unwrap();
    open(&folder).unwrap();
    let keys = folder.path().join("keys");
    let published = || fs::read_to_string(keys.join("public/ca.crt")).unwrap();
    let old = published();
    renew(&folder, now()).unwrap();
    let both = published();
    fs::write(keys.join("public/ca.crt"), &old).unwrap();
    fs::remove_dir_all(keys.join("signing")).unwrap();
    fs::remove_file(keys.join("public/jwks.json")).unwrap();
    let told = renew(&folder, now()).unwrap_err().to_string();
    assert!(told.contains("public/ca.crt holds it"), "{told}");
    assert_eq!(published(), both);
}
