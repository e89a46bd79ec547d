//! Second factors and recovery codes.

use wharfinger::domain::sealed::Sealed;
use wharfinger::domain::two_factor::recovery_code::RecoveryCode;
use wharfinger::domain::two_factor::totp::TotpStep;
use wharfinger::domain::users::filter::UserFilter;
use wharfinger::storage::{Db, two_factor, users};

use super::story::{begin, commit};
use super::users::{make_user, user};
use crate::harness::SeededEntropy;

/// One turns it on, another has only begun.
pub(super) async fn second_factors_work_once_and_end(db: &Db) {
    let (dora, emil) = (
        make_user(db, "dora-of-factors").await.id,
        make_user(db, "emil-of-factors").await.id,
    );
    assert_eq!(two_factor::find_any(db).await.unwrap(), None);
    let sealed = |byte: u8| Sealed::stored(vec![byte; 48]);
    for (who, byte) in [(emil, 0), (dora, 1), (dora, 255)] {
        let change = begin(db).await;
        two_factor::begin(&change, who, &sealed(byte))
            .await
            .unwrap();
        commit(change).await.unwrap();
    }
    assert_eq!(two_factor::find_any(db).await.unwrap(), None, "none is on");
    let codes = RecoveryCode::generate(&SeededEntropy::default());
    let digests = codes.each_ref().map(|code| code.digest(dora));
    let change = begin(db).await;
    let on = (dora, TotpStep(70_000_000));
    two_factor::turn_on(&change, on, &digests).await.unwrap();
    commit(change).await.unwrap();
    let (who, stored) = two_factor::find_any(db).await.unwrap().unwrap();
    assert_eq!((who, &stored.secret), (dora, &sealed(255)));
    assert_eq!(stored.last_step, on.1);
    assert!(user(db, "dora-of-factors").await.two_factor);
    assert!(!user(db, "emil-of-factors").await.two_factor);
    let filter = UserFilter {
        two_factor: Some(true),
        ..UserFilter::default()
    };
    let found = users::by_name(db, &filter, None, 10).await.unwrap();
    assert_eq!(found.len(), 1);

    let change = begin(db).await;
    for (step, is_later) in [(69_999_999, false), (70_000_000, false), (70_000_001, true)] {
        let used = two_factor::use_step(&change, dora, TotpStep(step)).await;
        assert_eq!(used.unwrap(), is_later, "{step}");
    }
    for (digest, left) in [
        (&digests[0], Some(9)),
        (&digests[0], None),
        (&digests[1], Some(8)),
        (&codes[2].digest(emil), None),
    ] {
        let used = two_factor::use_recovery_code(&change, dora, digest).await;
        assert_eq!(used.unwrap(), left);
    }
    two_factor::turn_off(&change, dora).await.unwrap();
    two_factor::turn_off(&change, emil).await.unwrap();
    commit(change).await.unwrap();
    assert_eq!(two_factor::find(db, dora).await.unwrap(), None);
    assert_eq!(two_factor::find(db, emil).await.unwrap(), None);
    assert!(!user(db, "dora-of-factors").await.two_factor);
    let change = begin(db).await;
    for who in [dora, emil] {
        users::remove(&change, who).await.unwrap();
    }
    commit(change).await.unwrap();
}
