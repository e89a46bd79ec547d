//! The index of searches: names by the pairs of letters that they have.
//!
//! All that has a text is found by its pairs, and perhaps some more: pairs are added and never taken away, so that things
//! that were renamed or removed are found in vain, and the names themselves decide.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbBackend, EntityTrait};

use crate::domain::letter_pairs::{LetterPair, PairPlace, pairs_of};
use crate::storage::entity::letter_pair::{self, Column};
use crate::storage::error::StorageError;

/// The most rows that one statement writes.
const AT_A_TIME: usize = 64;

/// A kind of things with names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum Named {
    User,
    Namespace,
    AccessToken,
}

impl Named {
    /// The number that is stored.
    pub(in crate::storage) fn number(self) -> i32 {
        match self {
            Self::User => 1,
            Self::Namespace => 2,
            Self::AccessToken => 3,
        }
    }
}

/// Adds the pairs of the folded names of things with these ids.
pub(in crate::storage) async fn note(
    connection: &impl ConnectionTrait,
    kind: Named,
    names: impl IntoIterator<Item = (i64, &str)>,
) -> Result<(), StorageError> {
    let mut bits: BTreeMap<(LetterPair, i64), i64> = BTreeMap::new();
    for (id, name) in names {
        let place = PairPlace::of(id);
        for letters in pairs_of(name) {
            *bits.entry((letters, place.block)).or_default() |= place.bit;
        }
    }
    let rows: Vec<letter_pair::ActiveModel> = bits
        .into_iter()
        .map(|((letters, block), bits)| letter_pair::ActiveModel {
            kind: Set(kind.number()),
            letters: Set(letters),
            block: Set(block),
            bits: Set(bits),
        })
        .collect();
    let added = match connection.get_database_backend() {
        DbBackend::MySql => "VALUES(bits)",
        _ => "excluded.bits",
    };
    let known = Expr::col((letter_pair::Entity, Column::Bits));
    let add = OnConflict::columns([Column::Kind, Column::Letters, Column::Block])
        .value(Column::Bits, known.bit_or(Expr::cust(added)))
        .to_owned();
    let mut rest = rows.as_slice();
    while let Some((some, after)) = rest.split_at_checked(at_once(rest.len())) {
        if some.is_empty() {
            break;
        }
        letter_pair::Entity::insert_many(some.to_vec())
            .on_conflict(add.clone())
            .exec_without_returning(connection)
            .await?;
        rest = after;
    }
    Ok(())
}

/// The rows of so many that one statement writes: a power of two. Each number is another statement, which the connection keeps.
fn at_once(rows: usize) -> usize {
    let most = if rows > AT_A_TIME { AT_A_TIME } else { rows };
    most.checked_ilog2().map_or(0, |power| 1 << power)
}
