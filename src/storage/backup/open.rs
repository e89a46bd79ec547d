//! Opens a database for a restoration.

use secrecy::{ExposeSecret, SecretString};

use crate::storage::connections::db::Db;
use crate::storage::connections::file::DatabaseFile;
use crate::storage::connections::pools::Opener;
use crate::storage::connections::sizes::Connections;
use crate::storage::error::StorageError;

/// The connections: one holds the turn while another changes the schema.
const CONNECTIONS: u32 = 3;

impl Db {
    /// Opens a database in which a backup is to be restored; a SQLite file is made if it is missing.
    pub async fn open_for_restoration(
        url: &SecretString,
        connections: Connections,
    ) -> Result<Self, StorageError> {
        let opener = match DatabaseFile::of(url.expose_secret())? {
            Some(_) => Opener::Migration,
            // The turn is quiet for as long as rows are written, longer than a server lets a migration be.
            None => Opener::Command,
        };
        let connections = Connections {
            token: CONNECTIONS,
            ..connections
        };
        Box::pin(Self::connect(url, connections, opener)).await
    }
}
