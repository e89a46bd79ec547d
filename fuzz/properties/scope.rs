//! Scopes: all that was asked is read, and no more, well formed.

use wharfinger::domain::registry::scope::{Resource, Scope};

use super::model;

/// Checks `data` as the values of `scope` parameters, one on each line.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let values: Vec<&str> = text.split('\n').collect();
    let read = Scope::parse_all(&values);
    let expected = model::scopes(&values);
    let (read, expected) = match (read, expected) {
        (Ok(read), Some(expected)) => (read, expected),
        (Err(_), None) => return,
        (read, expected) => panic!("read {read:?}, expected {expected:?}"),
    };
    let printed: Vec<String> = read.iter().map(ToString::to_string).collect();
    assert_eq!(printed, expected);
    for scope in &read {
        assert_eq!(Scope::parse(&scope.to_string()).as_ref(), Some(scope));
        assert!(!scope.actions.is_empty());
        match &scope.resource {
            Resource::Catalog | Resource::CatalogOfZot => {}
            Resource::Repository(name) => assert!(model::is_repository_name(name.as_str())),
        }
    }
    let resources = read.iter().map(|scope| &scope.resource);
    assert!(resources.is_sorted_by(|one, next| one < next), "merged");
    assert_eq!(Scope::parse_all([printed.join(" ")]), Ok(read));
}
