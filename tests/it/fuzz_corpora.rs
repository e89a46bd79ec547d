//! Replays what `fuzz/seeds/` holds: the properties that the fuzz targets look to break
//! (fuzz/README.md), on the stable toolchain and with every run of the tests.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

#[path = "../../fuzz/properties/lib.rs"]
#[expect(
    unreachable_pub,
    reason = "the fuzz crate has this file as its library"
)]
mod properties;

/// Gives every file of a target's folder to its property; tells which files broke it.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 20, "{target} has only {} files", files.len());
    let broken: Vec<_> = files
        .into_iter()
        .filter(|file| {
            let data = fs::read(file).unwrap();
            catch_unwind(|| check(&data)).is_err()
        })
        .collect();
    assert!(broken.is_empty(), "{target} breaks on {broken:?}");
}

#[test]
fn scopes_are_read_as_the_grammar_says() {
    replay("scope", properties::scope::check);
}

#[test]
fn queries_never_authenticate_and_are_read_like_forms() {
    replay("query", properties::query::check);
}

#[test]
fn forms_authenticate_by_themselves_alone() {
    replay("form", properties::form::check);
}

#[test]
fn headers_come_back_as_they_were_encoded_or_are_wrong_credentials() {
    replay("basic_header", properties::basic_header::check);
}

#[test]
fn tokens_are_whole_or_none() {
    replay("token_checksum", properties::token_checksum::check);
}

#[test]
fn every_folder_of_seeds_belongs_to_a_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let names = |folder: &str| {
        let mut names: Vec<String> = fs::read_dir(root.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_owned())
            .map(|name| name.into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let targets = names("fuzz_targets");
    assert_eq!(names("seeds"), targets);
    let tests = include_str!("fuzz_corpora.rs");
    for target in targets {
        assert!(tests.contains(&format!("replay(\"{target}\"")), "{target}");
    }
}
