//! The catalog without a client: few have a command for it.

use super::record::Matrix;

/// An administrator whose token has scope `api` gets the catalog; nobody else does.
pub(super) fn catalog(matrix: &Matrix) {
    let world = &matrix.world;
    let administrator = matrix.token("admin");
    let answer = world.asks(Some(("admin", &administrator)), "/v2/_catalog");
    assert_eq!(answer.status, 200, "{answer:?}");
    let repositories = answer.body["repositories"].as_array().unwrap();
    assert!(repositories.contains(&"team/app".into()), "{answer:?}");

    let reading = world.token("admin", &["read_registry", "read_api"]);
    let maintainer = world.token("maintainer", &["api"]);
    for credential in [
        Some(("admin", reading.as_str())),
        Some(("maintainer", maintainer.as_str())),
        None,
    ] {
        let answer = world.asks(credential, "/v2/_catalog");
        assert_eq!(answer.status, 401, "{answer:?}");
        assert!(answer.body.get("repositories").is_none(), "{answer:?}");
    }
}
