//! The same for the form of a token: its parts, their encoding, its algorithm and signature.

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

use crate::forge::{Forged, Key};
use crate::one_of_each::World;

#[test]
fn every_rule_about_the_form_of_a_token_has_a_token_that_breaks_only_it() {
    let world = World::new();
    let form = "a part is not base64url without padding";
    let wrong = "the signature is wrong";
    let good = world.good().token();
    let other = Key::of_scalar(4);
    let (message, signature) = good.rsplit_once('.').unwrap();
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
    let signed = |message: String| {
        let signature = world.leaf.sign(message.as_bytes()).to_bytes();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    // These letters make both letters in which the two alphabets differ.
    let strange = world.good().member("sub", "\"~~~???>>>\"");
    let standard = strange.message().replace('-', "+").replace('_', "/");
    assert_ne!(standard, strange.message());

    for (rule, token, verdicts, reason) in [
        ("two parts", message.to_owned(), "-----", "not three parts"),
        ("four parts", format!("{good}."), "-----", "not three parts"),
        ("no signature", format!("{message}."), "-----", wrong),
        (
            "a padded header",
            signed(format!("{}.{claims}", padded(&uneven.header))),
            "-----",
            form,
        ),
        (
            "padded claims",
            signed(format!("{header}.{}", padded(&uneven.claims))),
            "-----",
            form,
        ),
        ("the same without padding", uneven.token(), "+++++", ""),
        ("a padded signature", format!("{good}=="), "-----", form),
        ("standard base64", signed(standard), "-----", form),
        ("the same in base64url", strange.token(), "+++++", ""),
        (
            "other claims than signed",
            format!(
                "{header}.{}.{signature}",
                world
                    .good()
                    .member("sub", "\"root\"")
                    .message()
                    .split_once('.')
                    .unwrap()
                    .1
            ),
            "-----",
            wrong,
        ),
        (
            "a key that is not ours",
            Forged {
                key: &other,
                ..world.good()
            }
            .token(),
            "-----",
            wrong,
        ),
        (
            "a signature in DER",
            world
                .good()
                .signed(|_, signature| signature.to_der().as_bytes().to_vec()),
            "-----",
            wrong,
        ),
        (
            "63 bytes of signature",
            world
                .good()
                .signed(|_, signature| signature.to_bytes()[..63].to_vec()),
            "-----",
            wrong,
        ),
        (
            "65 bytes of signature",
            world
                .good()
                .signed(|_, signature| [&signature.to_bytes()[..], &[0]].concat()),
            "-----",
            wrong,
        ),
        (
            "s before r",
            world.good().signed(|_, signature| {
                let bytes = signature.to_bytes();
                [&bytes[32..], &bytes[..32]].concat()
            }),
            "-----",
            wrong,
        ),
        (
            "no algorithm",
            world.good().header(r#""alg":"ES256","#, "").token(),
            "-----",
            "the algorithm is not the key's",
        ),
        (
            "the algorithm none",
            world.good().header("ES256", "none").token(),
            "-----",
            "the algorithm is not the key's",
        ),
        (
            "another algorithm",
            world.good().header("ES256", "HS256").token(),
            "-----",
            "the algorithm is not the key's",
        ),
        (
            "an algorithm in other letters",
            world.good().header("ES256", "es256").token(),
            "-----",
            "the algorithm is not the key's",
        ),
        (
            "another type",
            world.good().header("\"JWT\"", "\"at+jwt\"").token(),
            "+++++",
            "",
        ),
        (
            "no type",
            world.good().header(r#""typ":"JWT","#, "").token(),
            "+++++",
            "",
        ),
        (
            "kid comes twice",
            world
                .good()
                .header("\"kid\"", "\"kid\":\"x\",\"kid\"")
                .token(),
            "++--+",
            "a member comes twice",
        ),
        (
            "kid is a number",
            world
                .good()
                .header("\"kid\":\"", "\"kid\":1,\"was\":\"")
                .token(),
            "----+",
            "a string is something else",
        ),
        (
            "a header that is no JSON",
            Forged {
                header: "{".to_owned(),
                ..world.good()
            }
            .token(),
            "-----",
            "not JSON",
        ),
    ] {
        world.expect(rule, &token, verdicts, reason);
    }
}
