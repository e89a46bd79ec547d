//! Text is found in any letter case, and is no pattern.

use wharfinger::domain::authority::Authority;
use wharfinger::domain::page::{Listing, PageRequest, Paging};
use wharfinger::domain::users::filter::UserFilter;
use wharfinger::storage::users::UserRecord;
use wharfinger::storage::{Db, users};

use super::story::{At, commit, new_user, now};

pub(super) async fn text_is_found_in_any_letter_case(db: &Db) {
    let change = db.begin(&Authority::operator(), &At(now())).await.unwrap();
    for (username, name) in [
        ("found-1", "Änne ÖZGÜR 100%"),
        ("found-2", "ΣΊΣΥΦΟΣ ЖУК"),
        ("found-3", "anne 1000! a_b 😀"),
    ] {
        let new = UserRecord {
            name: name.to_owned(),
            ..new_user(username)
        };
        users::insert(&change, new).await.unwrap();
    }
    commit(change).await.unwrap();
    for (text, expected) in [
        ("Änne", "found-1"),
        ("änne özgür", "found-1"),
        ("ÄNNE Özgür", "found-1"),
        ("anne", "found-3"),
        ("σίσ", "found-2"),
        ("ΣΊΣ", "found-2"),
        ("ΥΦΟΣ", "found-2"),
        ("σίσυφος", "found-2"),
        ("жук", "found-2"),
        ("0%", "found-1"),
        ("0!", "found-3"),
        ("A_B", "found-3"),
        ("😀", "found-3"),
        ("Ä_NE", ""),
    ] {
        let filter = UserFilter {
            search: Some(text.to_owned()),
            ..UserFilter::default()
        };
        assert_eq!(found(db, filter).await, expected, "{text}");
    }
    // However many letters there are, it is a question.
    let letters: String = ('\u{a1}'..'\u{2fff}').collect();
    let filter = UserFilter {
        search: Some(letters),
        ..UserFilter::default()
    };
    assert_eq!(found(db, filter).await, "");
}

async fn found(db: &Db, filter: UserFilter) -> String {
    let all = Paging::Offset(PageRequest {
        number: 1,
        size: 100,
    });
    let Listing::Page(page) = users::page(db, &filter, all).await.unwrap() else {
        panic!("a page was asked for")
    };
    let names = page.items.iter().map(|user| user.username.as_str());
    names.collect::<Vec<_>>().join(" ")
}
