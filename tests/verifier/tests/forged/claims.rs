//! The verifier itself: each token breaks one rule about claims, and who minds is who was measured to mind.

use crate::forge::{Forged, SERVICE};
use crate::one_of_each::World;

#[test]
fn every_rule_about_a_claim_has_a_token_that_breaks_only_it() {
    let world = World::new();
    let rules: Vec<(&str, Forged<'_>, &str, &str)> = vec![
        ("a good token", world.good(), "+++++", ""),
        // iss
        (
            "iss is another",
            world.good().member("iss", "\"other\""),
            "----+",
            "the issuer is another",
        ),
        (
            "iss ends in a slash",
            world.good().member("iss", "\"wharfinger/\""),
            "----+",
            "the issuer is another",
        ),
        (
            "iss in other letters",
            world.good().member("iss", "\"Wharfinger\""),
            "----+",
            "the issuer is another",
        ),
        (
            "iss is missing",
            world.good().without("iss"),
            "----+",
            "the issuer is another",
        ),
        (
            "iss is null",
            world.good().member("iss", "null"),
            "----+",
            "the issuer is another",
        ),
        (
            "iss is a number",
            world.good().member("iss", "1"),
            "-----",
            "a string is something else",
        ),
        (
            "iss is a list",
            world.good().member("iss", r#"["wharfinger"]"#),
            "-----",
            "a string is something else",
        ),
        // aud
        (
            "aud is another",
            world.good().member("aud", "\"other\""),
            "----+",
            "the audience is another",
        ),
        (
            "aud is missing",
            world.good().without("aud"),
            "----+",
            "the audience is another",
        ),
        (
            "aud is a list",
            world.good().member("aud", &format!("[\"{SERVICE}\"]")),
            "-++++",
            "a string is something else",
        ),
        (
            "aud is a number",
            world.good().member("aud", "1"),
            "-----",
            "a string is something else",
        ),
        // exp: accepted until 60 s later, by zot until the second before
        ("exp in a second", world.good().time("exp", 1), "+++++", ""),
        (
            "exp is now",
            world.good().time("exp", 0),
            "++++-",
            "it has expired",
        ),
        (
            "exp was a minute ago",
            world.good().time("exp", -60),
            "++++-",
            "it has expired",
        ),
        (
            "exp was longer ago",
            world.good().time("exp", -61),
            "-----",
            "it has expired",
        ),
        (
            "exp is missing",
            world.good().without("exp"),
            "----+",
            "it has expired",
        ),
        (
            "exp is a fraction",
            world
                .good()
                .claims("\"exp\":1773501266", "\"exp\":1773501266.5"),
            "----+",
            "a time is not an integer",
        ),
        (
            "exp has an exponent",
            world.good().member("exp", "2e10"),
            "----+",
            "a time is not an integer",
        ),
        (
            "exp is a string",
            world.good().member("exp", "\"1773501266\""),
            "-----",
            "a time is not a number",
        ),
        // nbf: accepted from 60 s before, by zot from the second itself
        ("nbf is now", world.good().time("nbf", 0), "+++++", ""),
        (
            "nbf is in a second",
            world.good().time("nbf", 1),
            "++++-",
            "it is not valid yet",
        ),
        (
            "nbf is in a minute",
            world.good().time("nbf", 60),
            "++++-",
            "it is not valid yet",
        ),
        (
            "nbf is later",
            world.good().time("nbf", 61),
            "-----",
            "it is not valid yet",
        ),
        ("nbf is missing", world.good().without("nbf"), "+++++", ""),
        (
            "nbf is a fraction",
            world.good().member("nbf", "1.5"),
            "----+",
            "a time is not an integer",
        ),
        (
            "nbf is a string",
            world.good().member("nbf", "\"1\""),
            "-----",
            "a time is not a number",
        ),
        // iat: only its type counts, and to zot its time
        ("iat is now", world.good().time("iat", 0), "+++++", ""),
        (
            "iat is in a second",
            world.good().time("iat", 1),
            "++++-",
            "it was issued later than now",
        ),
        (
            "iat is in an hour",
            world.good().time("iat", 3600),
            "++++-",
            "it was issued later than now",
        ),
        ("iat is missing", world.good().without("iat"), "+++++", ""),
        (
            "iat is a fraction",
            world.good().member("iat", "1.5"),
            "----+",
            "a time is not an integer",
        ),
        (
            "iat is a string",
            world.good().member("iat", "\"1\""),
            "-----",
            "a time is not a number",
        ),
        // jti and sub
        ("jti is missing", world.good().without("jti"), "+++++", ""),
        (
            "jti is a number",
            world.good().member("jti", "1"),
            "-----",
            "a string is something else",
        ),
        ("sub is missing", world.good().without("sub"), "+++++", ""),
        (
            "sub is empty",
            world.good().member("sub", "\"\""),
            "+++++",
            "",
        ),
        (
            "sub is a number",
            world.good().member("sub", "1"),
            "-----",
            "a string is something else",
        ),
        // access
        (
            "access is missing",
            world.good().without("access"),
            "+++++",
            "",
        ),
        (
            "access is null",
            world.good().member("access", "null"),
            "+++++",
            "",
        ),
        (
            "access is empty",
            world.good().member("access", "[]"),
            "+++++",
            "",
        ),
        (
            "access has a null",
            world.good().member("access", "[null]"),
            "!!!!+",
            "",
        ),
        (
            "access is a string",
            world.good().member("access", "\"*\""),
            "-----",
            "a list is something else",
        ),
        (
            "access has a string",
            world.good().member("access", "[\"*\"]"),
            "-----",
            "not an object",
        ),
        (
            "actions are null",
            world.good().claims(r#"["pull","push"]"#, "null"),
            "+++++",
            "",
        ),
        (
            "actions are a string",
            world.good().claims(r#"["pull","push"]"#, "\"pull\""),
            "-----",
            "a list is something else",
        ),
        (
            "an action is a number",
            world.good().claims(r#"["pull","push"]"#, "[1]"),
            "-----",
            "a list has something that is not a string",
        ),
        (
            "a type is a number",
            world.good().claims("\"repository\"", "1"),
            "-----",
            "a string is something else",
        ),
        (
            "an entry has more",
            world
                .good()
                .claims(r#""type":"#, r#""meta":{},"class":"plugin","type":"#),
            "+++++",
            "",
        ),
        // members
        (
            "a claim is unknown",
            world.good().claims("{\"iss\"", "{\"azp\":1,\"iss\""),
            "+++++",
            "",
        ),
        (
            "iss comes twice",
            world
                .good()
                .claims("{\"iss\"", "{\"iss\":\"other\",\"iss\""),
            "++--+",
            "a member comes twice",
        ),
        (
            "an entry's name comes twice",
            world.good().claims("\"name\":", "\"name\":\"x\",\"name\":"),
            "++--+",
            "a member comes twice",
        ),
        (
            "iss is written ISS",
            world.good().claims("\"iss\"", "\"ISS\""),
            "++--+",
            "the issuer is another",
        ),
        (
            "exp is written Exp",
            world.good().claims("\"exp\"", "\"Exp\""),
            "++--+",
            "it has expired",
        ),
        (
            "claims are a list",
            Forged {
                claims: "[]".to_owned(),
                ..world.good()
            },
            "-----",
            "not an object",
        ),
        (
            "claims are no JSON",
            Forged {
                claims: "{".to_owned(),
                ..world.good()
            },
            "-----",
            "not JSON",
        ),
    ];
    for (rule, forged, verdicts, reason) in rules {
        world.expect(rule, &forged.token(), verdicts, reason);
    }
}
