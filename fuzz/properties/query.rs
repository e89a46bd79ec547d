//! The query of a `GET`: never a credential, and read like the same words in a form.

use axum::http::HeaderMap;
use wharfinger::app::registry::RequestedAccess;

use super::model;
use super::reading::{self, Shown};

/// Fields that mean something only in one of the two.
const DIFFERENT: [&str; 6] = [
    "offline_token",
    "access_type",
    "grant_type",
    "username",
    "password",
    "refresh_token",
];
/// The fields that make a query into a form.
const GRANT: &str = "grant_type=password&username=u&password=p&";

/// Checks `data` as a query.
pub fn check(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else {
        return;
    };
    let read = reading::get(query, &HeaderMap::new());
    assert_eq!(
        read.presented,
        Shown::Nothing,
        "an address shows no credential"
    );
    let pairs = model::pairs(data);
    let offline = match model::one(&pairs, "offline_token") {
        Ok(None | Some("" | "0" | "f" | "F" | "false" | "FALSE" | "False")) => Some(false),
        Ok(Some("1" | "t" | "T" | "true" | "TRUE" | "True")) => Some(true),
        Ok(Some(_)) | Err(()) => None,
    };
    agrees(read.asked.as_ref().ok(), data.len(), &pairs, offline);

    let form = format!("{GRANT}{query}");
    let is_different = |(name, _): &(String, String)| DIFFERENT.contains(&name.as_str());
    if form.len() <= model::MAX_LENGTH && !pairs.iter().any(is_different) {
        let posted = reading::post("", None, form.as_bytes());
        assert_eq!(posted.map(|posted| posted.asked), Ok(read.asked));
    }
}

/// Compares a reading with the model's reading of the same fields.
pub(super) fn agrees(
    asked: Option<&RequestedAccess>,
    length: usize,
    pairs: &[(String, String)],
    offline: Option<bool>,
) {
    let expected = (length <= model::MAX_LENGTH)
        .then(|| expected(pairs, offline))
        .flatten();
    let asked = asked.map(|asked| {
        let scopes = asked.scopes.iter().map(ToString::to_string).collect();
        let client = asked.client_id.clone();
        (asked.service.clone(), scopes, asked.offline, client)
    });
    assert_eq!(asked, expected);
}

type ExplainRequest = (String, Vec<String>, bool, Option<String>);

fn expected(pairs: &[(String, String)], offline: Option<bool>) -> Option<ExplainRequest> {
    let service = model::one(pairs, "service").ok()??;
    let client = model::one(pairs, "client_id").ok()?;
    let values: Vec<&str> = pairs
        .iter()
        .filter(|(name, _)| name == "scope")
        .map(|(_, value)| value.as_str())
        .collect();
    let readable = !service.is_empty() && values.iter().all(|value| model::is_printable(value));
    let client = client.filter(|client| !client.is_empty());
    let scopes = model::scopes(&values)?;
    readable.then_some((
        service.to_owned(),
        scopes,
        offline?,
        client.map(str::to_owned),
    ))
}
