//! Each token breaks one rule about the form of a token: its parts, their encoding, its algorithm and
//! signature.

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

use crate::forge::{Case, Forged, Key};
use crate::one_of_each::World;

const FORM: &str = "a part is not base64url without padding";
const WRONG: &str = "the signature is wrong";
const ALGORITHM: &str = "the algorithm is not the key's";

/// The whole token of a header and claims that are encoded already.
fn signed(world: &World, message: &str) -> String {
    let signature = world.leaf.sign(message.as_bytes()).to_bytes();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn a_token_has_three_parts() {
    let world = World::new();
    let good = world.good().token();
    let (message, _) = good.rsplit_once('.').unwrap();
    world.refused(
        "-----",
        "not three parts",
        [
            Case::of("two parts", message),
            Case::of("four parts", format!("{good}.")),
        ],
    );
    world.refused(
        "-----",
        WRONG,
        [Case::of("no signature", format!("{message}."))],
    );
}

#[test]
fn parts_are_not_padded() {
    let world = World::new();
    let good = world.good().token();
    let message = world.good().message();
    let (header, claims) = message.split_once('.').unwrap();
    let padded = |json: &str| URL_SAFE.encode(json);
    // One space more is not a multiple of three any more, so that there is padding.
    let mut uneven = world.good();
    while uneven.claims.len().is_multiple_of(3) {
        uneven.claims.push(' ');
    }
    while uneven.header.len().is_multiple_of(3) {
        uneven.header.push(' ');
    }
    assert!(padded(&uneven.claims).ends_with('=') && padded(&uneven.header).ends_with('='));
    let with_header = format!("{}.{claims}", padded(&uneven.header));
    let with_claims = format!("{header}.{}", padded(&uneven.claims));
    world.refused(
        "-----",
        FORM,
        [
            Case::of("a padded header", signed(&world, &with_header)),
            Case::of("padded claims", signed(&world, &with_claims)),
            Case::of("a padded signature", format!("{good}==")),
        ],
    );
    world.accepted([uneven.named("the same without padding")]);
}

#[test]
fn parts_are_in_base64url() {
    let world = World::new();
    // These letters make both letters in which the two alphabets differ.
    let strange = world.good().member("sub", "\"~~~???>>>\"");
    let standard = strange.message().replace('-', "+").replace('_', "/");
    assert_ne!(standard, strange.message());
    world.refused(
        "-----",
        FORM,
        [Case::of("standard base64", signed(&world, &standard))],
    );
    world.accepted([strange.named("the same in base64url")]);
}

#[test]
fn the_signature_is_of_these_claims_and_our_key() {
    let world = World::new();
    let good = world.good().token();
    let other_claims = world.good().member("sub", "\"root\"").message();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = message.split_once('.').unwrap();
    let (_, other_claims) = other_claims.split_once('.').unwrap();
    let mixed = format!("{header}.{other_claims}.{signature}");
    let other = Key::of_scalar(4);
    let by_other = Forged {
        key: &other,
        ..world.good()
    };
    world.refused(
        "-----",
        WRONG,
        [
            Case::of("other claims than signed", mixed),
            by_other.named("a key that is not ours"),
        ],
    );
}

#[test]
fn the_signature_is_r_and_s_in_32_bytes_each() {
    let world = World::new();
    let good = world.good();
    let der = good.signed(|_, signature| signature.to_der().as_bytes().to_vec());
    let short = good.signed(|_, signature| signature.to_bytes()[..63].to_vec());
    let long = good.signed(|_, signature| [&signature.to_bytes()[..], &[0]].concat());
    let swapped = good.signed(|_, signature| {
        let bytes = signature.to_bytes();
        [&bytes[32..], &bytes[..32]].concat()
    });
    world.refused(
        "-----",
        WRONG,
        [
            Case::of("a signature in DER", der),
            Case::of("63 bytes of signature", short),
            Case::of("65 bytes of signature", long),
            Case::of("s before r", swapped),
        ],
    );
}

#[test]
fn the_algorithm_is_es256_and_the_type_does_not_matter() {
    let world = World::new();
    let header = |from, to| world.good().header(from, to);
    world.refused(
        "-----",
        ALGORITHM,
        [
            header(r#""alg":"ES256","#, "").named("no algorithm"),
            header("ES256", "none").named("the algorithm none"),
            header("ES256", "HS256").named("another algorithm"),
            header("ES256", "es256").named("an algorithm in other letters"),
        ],
    );
    world.accepted([
        header("\"JWT\"", "\"at+jwt\"").named("another type"),
        header(r#""typ":"JWT","#, "").named("no type"),
    ]);
}

#[test]
fn the_header_is_json_and_its_members_come_once() {
    let world = World::new();
    let twice = world.good().header("\"kid\"", "\"kid\":\"x\",\"kid\"");
    world.refused(
        "++--+",
        "a member comes twice",
        [twice.named("kid comes twice")],
    );
    let number = world.good().header("\"kid\":\"", "\"kid\":1,\"was\":\"");
    world.refused(
        "----+",
        "a string is something else",
        [number.named("kid is a number")],
    );
    let broken = Forged {
        header: "{".to_owned(),
        ..world.good()
    };
    world.refused(
        "-----",
        "not JSON",
        [broken.named("a header that is no JSON")],
    );
}
