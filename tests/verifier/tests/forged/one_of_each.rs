//! One registry of each kind, to give tokens to in which one thing is wrong.

use verifier::{CRASH, Distribution, Registry, Settings, Version, Zot};

use crate::forge::{Case, Forged, ISSUER, Key, Paper, SERVICE, now, x5c};

/// Who verifies, in the order of the verdicts: `+` accepted, `-` refused, `!` crashed.
const NAMES: [&str; 5] = ["2.x", "GitLab", "3.0", "3.1", "zot"];

/// A registry of each kind, which trust a key.
pub(super) struct World {
    pub(super) leaf: Key,
    pub(super) header: String,
    pub(super) registries: [Registry; 5],
}

impl World {
    pub(super) fn new() -> Self {
        let (authority, leaf) = (Key::of_scalar(2), Key::of_scalar(3));
        let bundle = Paper::authority().of(&authority);
        let certificate = Paper::default().signed_by(&leaf, (Paper::authority(), &authority));
        let distribution = |version| {
            let settings = Settings {
                rootcertbundle: Some(&bundle),
                jwks: None,
                issuer: ISSUER,
                service: SERVICE,
            };
            Registry::Distribution(Distribution::start(version, settings).unwrap())
        };
        Self {
            header: format!(
                r#""kid":"{}","x5c":["{}"]"#,
                leaf.public().libtrust(),
                x5c(&certificate)
            ),
            registries: [
                distribution(Version::Two),
                distribution(Version::GitLab),
                distribution(Version::Three),
                distribution(Version::ThreeOne),
                Registry::Zot(Zot::start(&certificate).unwrap()),
            ],
            leaf,
        }
    }

    /// A token that all accept.
    pub(super) fn good(&self) -> Forged<'_> {
        Forged::good(&self.leaf, &self.header)
    }

    /// A verdict for each registry, and every reason of those that refuse.
    fn judge(&self, token: &str) -> (String, Vec<&'static str>) {
        let mut reasons = Vec::new();
        let verdicts = self
            .registries
            .iter()
            .map(|registry| match registry.verify(token, now()) {
                Ok(_) => '+',
                Err(CRASH) => '!',
                Err(reason) => {
                    reasons.push(reason);
                    '-'
                }
            });
        let verdicts = verdicts.collect();
        reasons.dedup();
        (verdicts, reasons)
    }

    /// Asserts that all accept each of the tokens.
    pub(super) fn accepted<const N: usize>(&self, tokens: [Case; N]) {
        for Case { rule, token } in tokens {
            let (judged, reasons) = self.judge(&token);
            assert_eq!(judged, "+++++", "{rule} at {NAMES:?}: {reasons:?}");
        }
    }

    /// Asserts the verdicts about each of the tokens, and the one reason of all that refuse.
    pub(super) fn refused<const N: usize>(&self, verdicts: &str, reason: &str, tokens: [Case; N]) {
        for Case { rule, token } in tokens {
            let (judged, reasons) = self.judge(&token);
            assert_eq!(judged, verdicts, "{rule} at {NAMES:?}: {reasons:?}");
            assert_eq!(reasons, [reason], "{rule}");
        }
    }

    /// Asserts that whoever reads such a token crashes, and that the others accept it.
    pub(super) fn crashes(&self, verdicts: &str, Case { rule, token }: Case) {
        let (judged, reasons) = self.judge(&token);
        assert_eq!(judged, verdicts, "{rule} at {NAMES:?}: {reasons:?}");
        assert!(reasons.is_empty(), "{rule}: {reasons:?}");
    }
}
