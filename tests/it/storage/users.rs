//! Users: found, changed, removed, and listed in pages.

use wharfinger::domain::page::{KeysetRequest, PageRequest, Paging};
use wharfinger::domain::users::filter::{UserFilter, UserSort, UserSortKey};
use wharfinger::domain::users::password::PasswordHash;
use wharfinger::domain::users::username::Username;
use wharfinger::domain::users::{EmailAddress, User, UserState};
use wharfinger::storage::users::UserRecord;
use wharfinger::storage::{Db, StorageError, access_tokens, members, refresh_tokens, users};

use super::story::{begin, commit, now};

pub(super) fn new_user(name: &str) -> UserRecord {
    UserRecord {
        username: Username::try_from(name).unwrap(),
        name: "Älice Ω 東京".to_owned(),
        email: Some(EmailAddress::try_from(format!("{name}@Example.com").as_str()).unwrap()),
        admin: false,
        external: true,
        password: Some(PasswordHash::from_phc(
            "$argon2id$not-a-real-hash".to_owned(),
        )),
        password_is_temporary: false,
    }
}

pub(super) async fn make_user(db: &Db, name: &str) -> User {
    let change = begin(db).await;
    let user = users::insert(&change, new_user(name)).await.unwrap();
    commit(change).await.unwrap();
    user
}

/// A user that is there.
pub(super) async fn user(db: &Db, name: &str) -> User {
    let name = Username::try_from(name).unwrap();
    let found = users::find_by_username(db, &name).await;
    found.unwrap().unwrap()
}

pub(super) async fn users_are_found_by_name_and_address(db: &Db) {
    assert!(!users::exist(db).await.unwrap());
    let alice = make_user(db, "Alice").await;
    assert_eq!(alice.username.as_str(), "alice");
    assert_eq!(alice.created_at, now(), "beyond 2038, in whole seconds");
    assert_eq!(users::find(db, alice.id).await.unwrap().unwrap(), alice);
    assert_eq!(
        users::find_by_username(db, &alice.username)
            .await
            .unwrap()
            .unwrap(),
        alice
    );
    let email = EmailAddress::try_from("ALICE@example.com").unwrap();
    let account = users::account_by_email(db, &email).await.unwrap().unwrap();
    assert_eq!(account.user, alice);
    assert_eq!(
        account.password.unwrap().as_phc(),
        "$argon2id$not-a-real-hash"
    );
    assert!(
        users::find_by_username(db, &Username::try_from("bob").unwrap())
            .await
            .unwrap()
            .is_none()
    );

    let change = begin(db).await;
    users::set_state(&change, alice.id, UserState::Blocked)
        .await
        .unwrap();
    users::set_password(&change, alice.id, &PasswordHash::from_phc("new".to_owned()))
        .await
        .unwrap();
    commit(change).await.unwrap();
    let account = users::account_by_username(db, &alice.username)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(account.user.state, UserState::Blocked);
    assert_eq!(
        account.user.email, alice.email,
        "a change touches what it changes"
    );
    assert_eq!(account.password.unwrap().as_phc(), "new");
}

pub(super) async fn names_are_unique(db: &Db) {
    let change = begin(db).await;
    let error = users::insert(&change, new_user("ALICE")).await.unwrap_err();
    assert!(matches!(error, StorageError::Taken(_)), "{error:?}");
}

pub(super) async fn keysets_go_both_ways(db: &Db) {
    let all = users::by_name(db, &UserFilter::default(), None, 1000)
        .await
        .unwrap();
    for descending in [false, true] {
        let mut expected: Vec<_> = all.iter().map(|user| user.id.0).collect();
        expected.sort_unstable();
        if descending {
            expected.reverse();
        }
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let request = KeysetRequest {
                after,
                descending,
                size: 2,
            };
            let part = users::page(db, &UserFilter::default(), Paging::Keyset(request)).await;
            let slice = part.unwrap();
            assert!(slice.items.len() <= 2);
            found.extend(slice.items.iter().map(|user| user.id.0));
            after = slice.next();
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected);
    }
}

pub(super) async fn users_are_changed_and_leave_nothing(db: &Db) {
    let bob = user(db, "bob").await;
    let to = User {
        name: "Bøb".to_owned(),
        email: None,
        admin: true,
        external: false,
        ..bob.clone()
    };
    let change = begin(db).await;
    users::save(&change, &to).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(users::find(db, bob.id).await.unwrap(), Some(to));
    let account = users::account_by_username(db, &bob.username).await.unwrap();
    assert!(
        account.unwrap().password.is_some(),
        "a change touches what it changes"
    );

    let change = begin(db).await;
    assert!(
        users::remove(&change, bob.id).await.is_err(),
        "what is theirs goes first"
    );
    drop(change);
    let change = begin(db).await;
    members::remove_all_of(&change, bob.id).await.unwrap();
    access_tokens::remove_all_of(&change, bob.id).await.unwrap();
    refresh_tokens::remove_all_of(&change, bob.id)
        .await
        .unwrap();
    users::remove(&change, bob.id).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(users::find(db, bob.id).await.unwrap(), None);
}

pub(super) async fn text_is_found_in_any_letter_case(db: &Db) {
    let change = begin(db).await;
    for (username, name) in [
        ("found-1", "Änne ÖZGÜR 100%"),
        ("found-2", "ΣΊΣΥΦΟΣ ЖУК"),
        ("found-3", "anne 1000! a_b 😀"),
        ("found-4", "İbrahim Straße"),
        ("found-5", "été ქართველი Երևան"),
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
        ("İbrahim", "found-4"),
        ("ibrahim", "found-4"),
        ("STRASSE", "found-4"),
        ("e\u{301}t", "found-5"),
        ("ÉT", "found-5"),
        ("ქართ", "found-5"),
        ("ԵՐԵՒԱՆ", "found-5"),
        ("found-5\n", ""),
    ] {
        let filter = UserFilter {
            search: Some(text.to_owned()),
            ..UserFilter::default()
        };
        assert_eq!(found(db, filter.clone()).await, expected, "{text}");
        let sort = UserSort {
            key: UserSortKey::Likeness,
            descending: false,
        };
        let filter = UserFilter { sort, ..filter };
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

pub(super) async fn found(db: &Db, filter: UserFilter) -> String {
    let all = Paging::Offset(PageRequest {
        number: 1,
        size: 100,
    });
    let page = users::page(db, &filter, all).await.unwrap();
    let names = page.items.iter().map(|user| user.username.as_str());
    names.collect::<Vec<_>>().join(" ")
}
