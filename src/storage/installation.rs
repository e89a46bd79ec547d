//! The memory of the database that there were key files beside it, so that lost ones are not taken for a first start.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::storage::connections::db::Db;
use crate::storage::entity::installation;
use crate::storage::error::StorageError;

/// The id of the only row.
const THIS: i32 = 1;

impl Db {
    /// True if a service has had keys beside this database.
    pub async fn has_seen_keys(&self) -> Result<bool, StorageError> {
        let row = installation::Entity::find_by_id(THIS);
        Ok(row.one(&self.connection).await?.is_some())
    }

    /// Notes that there are keys, unless that is noted already.
    pub async fn note_keys(&self, now: DateTime<Utc>) -> Result<(), StorageError> {
        if self.has_seen_keys().await? {
            return Ok(());
        }
        let row = installation::ActiveModel {
            id: Set(THIS),
            keys_seen_at: Set(now.into()),
        };
        let noted = installation::Entity::insert(row)
            .exec(&self.connection)
            .await;
        match noted.map_err(StorageError::from) {
            // Another replica was faster.
            Ok(_) | Err(StorageError::Taken(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
