//! The lines as they are shown, and what may never stand in one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::domain::entropy::Entropy;
use crate::domain::secret::SecretKind;

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn lines(username: &str, hosts: &[&str]) -> (String, Vec<ReadyLines>) {
    let secret = SecretToken::generate(SecretKind::AccessToken, &Zeros);
    let hosts: Vec<RegistryHost> = hosts
        .iter()
        .map(|host| RegistryHost::try_from(*host).unwrap())
        .collect();
    let credential = RegistryCredential {
        hosts: &hosts,
        username: &username.try_into().unwrap(),
        secret: &secret,
    };
    (secret.expose().to_owned(), ReadyLines::all(credential))
}

#[test]
fn every_use_has_its_lines() {
    let (secret, lines) = lines("alice", &["registry.example.com:5000"]);
    let parts = lines.iter().flat_map(|lines| &lines.parts);
    let shown: Vec<String> = parts
        .map(|part| format!("{}\n{}", part.file, part.text.replace(&secret, "SECRET")))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

/// Such user names are numbers, truth values and dates to YAML.
#[test]
fn names_that_mean_something_to_yaml_stay_texts() {
    for name in [
        "1e3",
        "null",
        "true",
        "no",
        "0x1f",
        "123",
        "2026-11-26",
        "1.5",
        "a--b",
    ] {
        let (_, lines) = lines(name, &["localhost:5000", "[::1]:5000"]);
        let step = &lines[3].parts[1].text;
        assert!(step.contains(&format!("username: \"{name}\"\n")), "{step}");
        assert!(step.contains("registry: \"[::1]:5000\"\n"), "{step}");
        let job = &lines[4].parts[1].text;
        assert!(job.contains(&format!("--username '{name}'")), "{job}");
    }
}

#[test]
fn each_use_has_the_secret_and_no_argument_is_one() {
    let (secret, lines) = lines("alice", &["registry.example.com"]);
    let encoded = STANDARD.encode(format!("alice:{secret}"));
    for lines in lines {
        let has_secret =
            |part: &ReadyPart| part.text.contains(&secret) || part.text.contains(&encoded);
        assert!(lines.parts.iter().any(has_secret), "{}", lines.title);
        for line in lines.parts.iter().flat_map(|part| part.text.lines()) {
            let is_printed = line.starts_with(&format!("printf %s '{secret}' |"));
            assert!(is_printed || !line.contains(&secret), "{line}");
        }
        assert!(!format!("{lines:?}").contains(&secret));
    }
}
