//! Chains of certificates are verified with dates, names and rights.

use rcgen::BasicConstraints;

use crate::forge::{Forged, Key, Paper, x5c};
use crate::keys::{CHAIN, LEAF, authority, judge};

const INTERMEDIATE: Paper<'_> = Paper {
    name: "intermediate",
    years: (2026, 2027),
    authority: Some(BasicConstraints::Unconstrained),
    signs_certificates: true,
    serial: 1,
};

/// The keys of an authority, of one below it, and of a leaf, and one that is nobody's.
struct Keys {
    root: Key,
    middle: Key,
    leaf: Key,
    stranger: Key,
}

impl Keys {
    fn new() -> Self {
        let [root, middle, leaf, stranger] = [2, 3, 4, 5].map(Key::of_scalar);
        Self {
            root,
            middle,
            leaf,
            stranger,
        }
    }

    /// The authority's certificate.
    fn bundle(&self) -> String {
        authority().of(&self.root)
    }

    /// A leaf that the authority signed.
    fn leaf(&self, paper: Paper<'_>) -> String {
        self.leaf_of(paper, authority())
    }

    /// A leaf that an authority signed of which another paper speaks.
    fn leaf_of(&self, paper: Paper<'_>, root: Paper<'_>) -> String {
        paper.signed_by(&self.leaf, (root, &self.root))
    }

    /// A leaf that an intermediate signed.
    fn leaf_below(&self, intermediate: Paper<'_>) -> String {
        LEAF.signed_by(&self.leaf, (intermediate, &self.middle))
    }

    fn middle(&self, paper: Paper<'_>, root: Paper<'_>) -> String {
        paper.signed_by(&self.middle, (root, &self.root))
    }

    /// The verdicts of all versions about a token of the leaf's key with that chain.
    fn judge(&self, bundle: &str, chain: &[&str]) -> [Result<(), &'static str>; 4] {
        let chain = chain.iter().map(|pem| format!("\"{}\"", x5c(pem)));
        let chain = chain.collect::<Vec<_>>().join(",");
        let token = Forged::good(&self.leaf, &format!(r#""x5c":[{chain}]"#)).token();
        judge(bundle, &token)
    }

    fn accepted(&self, rule: &str, bundle: &str, chain: &[&str]) {
        assert_eq!(self.judge(bundle, chain), [Ok(()); 4], "{rule}");
    }

    fn refused(&self, rule: &str, bundle: &str, chain: &[&str]) {
        assert_eq!(self.judge(bundle, chain), [Err(CHAIN); 4], "{rule}");
    }
}

#[test]
fn a_chain_leads_from_the_leaf_to_the_bundle() {
    let keys = Keys::new();
    let (bundle, good) = (keys.bundle(), keys.leaf(LEAF));
    let beside = format!("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n{bundle}");
    keys.accepted("a leaf of the authority", &bundle, &[&good]);
    keys.accepted("the root behind it", &bundle, &[&good, &bundle]);
    keys.accepted("the leaf itself in the bundle", &good, &[&good]);
    keys.accepted("other blocks in the bundle", &beside, &[&good]);
    let chain = [
        keys.leaf_below(INTERMEDIATE),
        keys.middle(INTERMEDIATE, authority()),
    ];
    let chain = chain.each_ref().map(String::as_str);
    keys.accepted("an intermediate", &bundle, &chain);
}

#[test]
fn a_leaf_is_in_its_time_and_signed_by_the_authority() {
    let keys = Keys::new();
    let bundle = keys.bundle();
    let leaf_in = |years| keys.leaf(Paper { years, ..LEAF });
    let ended = leaf_in((2025, 2026));
    keys.refused("the leaf has ended", &bundle, &[&ended]);
    let late = leaf_in((2027, 2028));
    keys.refused("the leaf begins later", &bundle, &[&late]);
    let rule = "the leaf itself is in the bundle and has ended";
    keys.refused(rule, &leaf_in((2025, 2026)), &[&ended]);
    let renewed = Paper { serial: 2, ..LEAF }.of(&keys.leaf);
    let own = LEAF.of(&keys.leaf);
    keys.refused("a renewed certificate of the same key", &renewed, &[&own]);
    keys.refused("a leaf that signed itself", &bundle, &[&own]);
    // The root verifies, but it is not its key that signed.
    assert_eq!(
        keys.judge(&bundle, &[&bundle, &keys.leaf(LEAF)]),
        [Err("the signature is wrong"); 4],
        "the leaf is not first"
    );
}

#[test]
fn a_root_is_in_its_time_and_an_authority_of_that_name_and_key() {
    let keys = Keys::new();
    let good = keys.leaf(LEAF);
    let other = Paper {
        name: "other",
        ..authority()
    };
    let same_name = authority().of(&keys.stranger);
    keys.refused("another authority of the same name", &same_name, &[&good]);
    let other = other.of(&keys.root);
    keys.refused("an authority of another name", &other, &[&good]);
    let ended = Paper {
        years: (2025, 2026),
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
    for (rule, root) in [
        ("the root has ended", ended),
        ("the root is no authority", plain),
        ("the root may not sign certificates", powerless),
    ] {
        let leaf = keys.leaf_of(LEAF, root);
        keys.refused(rule, &root.of(&keys.root), &[&leaf]);
    }
}

#[test]
fn an_intermediate_is_there_in_its_time_and_allowed() {
    let keys = Keys::new();
    let bundle = keys.bundle();
    let below = keys.leaf_below(INTERMEDIATE);
    keys.refused("the intermediate is not there", &bundle, &[&below]);
    let no_authority = Paper {
        authority: None,
        ..INTERMEDIATE
    };
    let late = Paper {
        years: (2027, 2028),
        ..INTERMEDIATE
    };
    for (rule, intermediate) in [
        ("the intermediate is no authority", no_authority),
        ("the intermediate begins later", late),
    ] {
        let leaf = keys.leaf_below(intermediate);
        let middle = keys.middle(intermediate, authority());
        keys.refused(rule, &bundle, &[&leaf, &middle]);
    }
    let short = Paper {
        authority: Some(BasicConstraints::Constrained(0)),
        ..authority()
    };
    let middle = keys.middle(INTERMEDIATE, short);
    let rule = "one intermediate too many";
    keys.refused(rule, &short.of(&keys.root), &[&below, &middle]);
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
