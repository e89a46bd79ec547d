//! The form of a `POST`: the only place of its credential.

use super::model;
use super::query::agrees;
use super::reading::{self, Shown};

/// A whole request in an address, where it does not belong.
const ADDRESS: &str = "grant_type=password&username=mallory&password=secret&service=mallory&access_type=offline\
     &scope=registry:catalog:*&refresh_token=stolen&client_id=mallory&offline_token=true";
/// `mallory:secret` in a header, while a form must hold the credential itself.
const HEADER: &str = "Basic bWFsbG9yeTpzZWNyZXQ=";

/// Checks `data` as a form.
pub fn check(data: &[u8]) {
    let read = reading::post("", None, data);
    assert_eq!(
        reading::post(ADDRESS, None, data),
        read,
        "the address changes nothing"
    );
    assert!(
        reading::post("", Some(HEADER), data).is_err(),
        "two credentials"
    );
    let pairs = model::pairs(data);
    let presented = (data.len() <= model::MAX_LENGTH)
        .then(|| presented(&pairs))
        .flatten();
    let Ok(read) = read else {
        assert_eq!(presented, None);
        return;
    };
    assert_eq!(Some(read.presented), presented);
    let offline = match model::one(&pairs, "access_type") {
        Ok(None | Some("" | "online")) => Some(false),
        Ok(Some("offline")) => Some(true),
        Ok(Some(_)) | Err(()) => None,
    };
    agrees(read.asked.as_ref().ok(), data.len(), &pairs, offline);
}

/// The credential that the model reads: one and whole, or none.
fn presented(pairs: &[(String, String)]) -> Option<Shown> {
    let filled = |name| {
        Some(
            model::single(pairs, name)
                .ok()?
                .is_some_and(|text| !text.is_empty()),
        )
    };
    if filled("password")? && filled("refresh_token")? {
        return None;
    }
    let one = |name| model::single(pairs, name).ok()?.map(str::to_owned);
    match one("grant_type")?.as_str() {
        "password" => Some(Shown::Basic(one("username")?, one("password")?)),
        "refresh_token" => Some(Shown::RefreshToken(one("refresh_token")?)),
        _ => None,
    }
}
