//! Files of certificates and keys as operators have them: with others behind, and in forms that cannot be used.

use std::fs::{self, File};
use std::process::Command;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::certificates::{TestAuthority, TestPair, write_private};
use super::tls::variables;
use super::wait_until;
use crate::cli::Workplace;
use crate::cli::running::{Running, send, spawn};

/// A good certificate from an authority that is valid between two days, and that authority's certificate behind it.
fn chain(root: &TestAuthority, first: i64, last: i64) -> TestPair {
    let between = root.below(first, last);
    let pair = between.pair();
    // The root itself counts for nobody.
    let certificate = format!("{}{}{}", pair.certificate, between.pem(), root.pem());
    TestPair {
        certificate,
        ..pair
    }
}

/// A service whose token listener has that chain.
fn start(chain: &TestPair) -> (Workplace, Running) {
    let workplace = Workplace::migrated();
    fs::create_dir(workplace.path().join("tls")).unwrap();
    replace(&workplace, chain);
    let file = File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, &variables("token"), file, "");
    assert!(running.becomes_ready());
    (workplace, running)
}

fn replace(workplace: &Workplace, chain: &TestPair) {
    let tls = workplace.path().join("tls");
    write_private(&tls.join("tls.key"), &chain.key);
    fs::write(tls.join("tls.crt"), &chain.certificate).unwrap();
}

fn checks(running: &Running) -> String {
    send(&running.ops, "GET /readyz", "")
}

#[test]
fn a_chain_of_which_another_certificate_ends_is_told() {
    let root = TestAuthority::new();
    for (first, last, told) in [
        (-9, -1, "has ended on"),
        (-90, 13, "ends on"),
        (1, 90, "is valid from"),
    ] {
        let (workplace, running) = start(&chain(&root, first, last));
        let text = format!(
            "certificate 2 in tls/tls.crt, which leads from that of the token listener to its authority, {told}"
        );
        wait_until("it is told", || checks(&running).contains(&text));
        let log = fs::read_to_string(workplace.path().join("log")).unwrap();
        assert!(log.contains(&text), "{log}");
    }
}

/// An authority that clients know may come with a certificate by an older one, which has ended since.
#[test]
fn a_spare_way_to_the_authority_may_have_ended() {
    let root = TestAuthority::new();
    let mut pair = chain(&root, -9, 90);
    pair.certificate += &root.below(-9, -1).pem();
    let (_workplace, running) = start(&pair);
    wait_until("it is good", || {
        checks(&running).contains("\"token_certificate\":\"ok\"")
    });
}

/// Whoever has certificates for a few days renews them when a third is left, and would be warned all the time.
#[test]
fn a_certificate_for_a_week_is_warned_of_in_its_last_quarter_only() {
    let root = TestAuthority::new();
    for (first, last, told) in [(-4, 3, "\"token_certificate\":\"ok\""), (-6, 1, "ends on")] {
        let (_workplace, running) = start(&root.pair_for(first, last));
        wait_until("it is told", || checks(&running).contains(told));
    }
}

#[test]
fn a_chain_of_which_another_certificate_has_ended_takes_the_place_of_no_good_one() {
    let root = TestAuthority::new();
    let (workplace, running) = start(&chain(&root, -9, 90));
    wait_until("it is good", || {
        checks(&running).contains("\"token_certificate\":\"ok\"")
    });
    replace(&workplace, &chain(&root, -9, -1));
    wait_until("it is told", || {
        checks(&running).contains("the certificate in use stays: `token.tls_certificate` says tls/tls.crt, but certificate 2 in it is valid from")
    });
}

/// A certificate or key as another program has it.
fn block(label: &str) -> Vec<u8> {
    format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n").into_bytes()
}

#[test]
fn a_file_without_a_certificate_or_key_is_told_by_what_it_has() {
    let pair = TestAuthority::new().pair();
    let (certificate, key) = (pair.certificate.as_bytes(), pair.key.as_bytes());
    let der = CertificateDer::from_pem_slice(certificate).unwrap();
    for (content, setting, told) in [
        (Vec::new(), "tls_certificate", "it is empty"),
        (der.to_vec(), "tls_certificate", "openssl x509 -inform DER"),
        (
            block("CERTIFICATE REQUEST"),
            "tls_certificate",
            "has a request for one",
        ),
        (key.to_vec(), "tls_certificate", "it has a private key"),
        (
            block("ENCRYPTED PRIVATE KEY"),
            "tls_key",
            "is encrypted, and nobody could type its passphrase; `openssl pkey -in FILE -out NEW`",
        ),
        (block("PUBLIC KEY"), "tls_key", "it has a public key"),
        (certificate.to_vec(), "tls_key", "it has a certificate"),
        (b"\xff\xfek\0".to_vec(), "tls_key", "UTF-16"),
    ] {
        let workplace = Workplace::migrated();
        fs::create_dir(workplace.path().join("tls")).unwrap();
        replace(&workplace, &pair);
        let name = setting.replace("tls_key", "tls.key");
        let name = name.replace("tls_certificate", "tls.crt");
        fs::write(workplace.path().join("tls").join(name), content).unwrap();
        let said = refused(&workplace);
        assert!(said.contains(setting) && said.contains(told), "{said}");
    }
}

/// The words of a start with the files in `tls` that fails.
fn refused(workplace: &Workplace) -> String {
    let file = File::create(workplace.path().join("log")).unwrap();
    assert!(!spawn(workplace, &variables("token"), file, "").becomes_ready());
    fs::read_to_string(workplace.path().join("log")).unwrap()
}

/// Windows begins a text with a mark, and ends lines with two characters.
#[test]
fn a_certificate_that_was_saved_on_windows_is_taken_whole() {
    let chain = chain(&TestAuthority::new(), -90, 13);
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let (_workplace, running) = start(&TestPair {
        certificate: windows(&chain.certificate),
        key: windows(&chain.key),
    });
    wait_until("all of it is read", || {
        checks(&running).contains("certificate 2 in")
    });
}

/// The files are read again and again, and whoever opens a pipe waits for somebody who writes into it.
#[test]
fn a_pipe_is_no_file_of_a_certificate() {
    let workplace = Workplace::migrated();
    fs::create_dir(workplace.path().join("tls")).unwrap();
    replace(&workplace, &TestAuthority::new().pair());
    let pipe = workplace.path().join("tls/tls.key");
    fs::remove_file(&pipe).unwrap();
    let made = Command::new("mkfifo")
        .args(["-m", "600"])
        .arg(&pipe)
        .status();
    assert!(made.unwrap().success());
    let said = refused(&workplace);
    assert!(
        said.contains("`token.tls_key` says tls/tls.key, but it is no file"),
        "{said}"
    );
}
