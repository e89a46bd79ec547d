//! Each token breaks one rule about claims, and the registries that mind are those that were measured to mind.

use crate::forge::{Forged, SERVICE};
use crate::one_of_each::World;

const STRING: &str = "a string is something else";
const NO_INTEGER: &str = "a time is not an integer";
const NO_NUMBER: &str = "a time is not a number";
const LIST: &str = "a list is something else";
const TWICE: &str = "a member comes twice";

#[test]
fn a_good_token_is_accepted_by_all() {
    let world = World::new();
    world.accepted([world.good().named("a good token")]);
}

#[test]
fn iss_is_the_issuer_to_the_letter() {
    let world = World::new();
    let iss = |json| world.good().member("iss", json);
    world.refused(
        "----+",
        "the issuer is another",
        [
            iss("\"other\"").named("iss is another"),
            iss("\"wharfinger/\"").named("iss ends in a slash"),
            iss("\"Wharfinger\"").named("iss in other letters"),
            world.good().without("iss").named("iss is missing"),
            iss("null").named("iss is null"),
        ],
    );
    world.refused(
        "-----",
        STRING,
        [
            iss("1").named("iss is a number"),
            iss(r#"["wharfinger"]"#).named("iss is a list"),
        ],
    );
}

#[test]
fn aud_is_the_service() {
    let world = World::new();
    let aud = |json: &str| world.good().member("aud", json);
    world.refused(
        "----+",
        "the audience is another",
        [
            aud("\"other\"").named("aud is another"),
            world.good().without("aud").named("aud is missing"),
        ],
    );
    let list = aud(&format!("[\"{SERVICE}\"]"));
    world.refused("-++++", STRING, [list.named("aud is a list")]);
    world.refused("-----", STRING, [aud("1").named("aud is a number")]);
}

/// Accepted until 60 s later, by zot until the second before.
#[test]
fn exp_is_an_integer_and_not_over() {
    let world = World::new();
    let exp = |seconds| world.good().time("exp", seconds);
    let expired = "it has expired";
    world.accepted([exp(1).named("exp in a second")]);
    world.refused(
        "++++-",
        expired,
        [
            exp(0).named("exp is now"),
            exp(-60).named("exp was a minute ago"),
        ],
    );
    world.refused("-----", expired, [exp(-61).named("exp was longer ago")]);
    let missing = world.good().without("exp");
    world.refused("----+", expired, [missing.named("exp is missing")]);
    let fraction = world
        .good()
        .claims("\"exp\":1773501266", "\"exp\":1773501266.5");
    let exponent = world.good().member("exp", "2e10");
    world.refused(
        "----+",
        NO_INTEGER,
        [
            fraction.named("exp is a fraction"),
            exponent.named("exp has an exponent"),
        ],
    );
    let string = world.good().member("exp", "\"1773501266\"");
    world.refused("-----", NO_NUMBER, [string.named("exp is a string")]);
}

/// Accepted from 60 s before, by zot from the second itself.
#[test]
fn nbf_is_an_integer_and_reached() {
    let world = World::new();
    let nbf = |seconds| world.good().time("nbf", seconds);
    let early = "it is not valid yet";
    world.accepted([
        nbf(0).named("nbf is now"),
        world.good().without("nbf").named("nbf is missing"),
    ]);
    world.refused(
        "++++-",
        early,
        [
            nbf(1).named("nbf is in a second"),
            nbf(60).named("nbf is in a minute"),
        ],
    );
    world.refused("-----", early, [nbf(61).named("nbf is later")]);
    let fraction = world.good().member("nbf", "1.5");
    world.refused("----+", NO_INTEGER, [fraction.named("nbf is a fraction")]);
    let string = world.good().member("nbf", "\"1\"");
    world.refused("-----", NO_NUMBER, [string.named("nbf is a string")]);
}

/// Only its type counts, and to zot its time.
#[test]
fn iat_is_an_integer() {
    let world = World::new();
    let iat = |seconds| world.good().time("iat", seconds);
    world.accepted([
        iat(0).named("iat is now"),
        world.good().without("iat").named("iat is missing"),
    ]);
    world.refused(
        "++++-",
        "it was issued later than now",
        [
            iat(1).named("iat is in a second"),
            iat(3600).named("iat is in an hour"),
        ],
    );
    let fraction = world.good().member("iat", "1.5");
    world.refused("----+", NO_INTEGER, [fraction.named("iat is a fraction")]);
    let string = world.good().member("iat", "\"1\"");
    world.refused("-----", NO_NUMBER, [string.named("iat is a string")]);
}

#[test]
fn jti_and_sub_are_strings() {
    let world = World::new();
    world.accepted([
        world.good().without("jti").named("jti is missing"),
        world.good().without("sub").named("sub is missing"),
        world.good().member("sub", "\"\"").named("sub is empty"),
    ]);
    world.refused(
        "-----",
        STRING,
        [
            world.good().member("jti", "1").named("jti is a number"),
            world.good().member("sub", "1").named("sub is a number"),
        ],
    );
}

#[test]
fn access_is_a_list_of_entries() {
    let world = World::new();
    let access = |json| world.good().member("access", json);
    world.accepted([
        world.good().without("access").named("access is missing"),
        access("null").named("access is null"),
        access("[]").named("access is empty"),
    ]);
    world.crashes("!!!!+", access("[null]").named("access has a null"));
    world.refused("-----", LIST, [access("\"*\"").named("access is a string")]);
    let string = access("[\"*\"]");
    world.refused(
        "-----",
        "not an object",
        [string.named("access has a string")],
    );
}

#[test]
fn an_entry_has_a_type_and_actions() {
    let world = World::new();
    let actions = |json| world.good().claims(r#"["pull","push"]"#, json);
    let more = world
        .good()
        .claims(r#""type":"#, r#""meta":{},"class":"plugin","type":"#);
    world.accepted([
        actions("null").named("actions are null"),
        more.named("an entry has more"),
    ]);
    world.refused(
        "-----",
        LIST,
        [actions("\"pull\"").named("actions are a string")],
    );
    world.refused(
        "-----",
        "a list has something that is not a string",
        [actions("[1]").named("an action is a number")],
    );
    let kind = world.good().claims("\"repository\"", "1");
    world.refused("-----", STRING, [kind.named("a type is a number")]);
}

#[test]
fn members_come_once_in_the_right_letters() {
    let world = World::new();
    let claims = |from, to| world.good().claims(from, to);
    let unknown = claims("{\"iss\"", "{\"azp\":1,\"iss\"");
    world.accepted([unknown.named("a claim is unknown")]);
    let twice = claims("{\"iss\"", "{\"iss\":\"other\",\"iss\"");
    let name = claims("\"name\":", "\"name\":\"x\",\"name\":");
    world.refused(
        "++--+",
        TWICE,
        [
            twice.named("iss comes twice"),
            name.named("an entry's name comes twice"),
        ],
    );
    world.refused(
        "++--+",
        "the issuer is another",
        [claims("\"iss\"", "\"ISS\"").named("iss is written ISS")],
    );
    world.refused(
        "++--+",
        "it has expired",
        [claims("\"exp\"", "\"Exp\"").named("exp is written Exp")],
    );
}

#[test]
fn claims_are_an_object_in_json() {
    let world = World::new();
    let claims = |text: &str| Forged {
        claims: text.to_owned(),
        ..world.good()
    };
    world.refused(
        "-----",
        "not an object",
        [claims("[]").named("claims are a list")],
    );
    world.refused(
        "-----",
        "not JSON",
        [claims("{").named("claims are no JSON")],
    );
}
