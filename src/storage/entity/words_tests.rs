//! Words of ours fit the columns that they are stored in, on the databases too that count letters.

use std::collections::BTreeMap;

use migration::{Migrator, MigratorTrait};
use sea_orm::{ActiveEnum, ConnectOptions, ConnectionTrait, Database, Iterable, Statement};

use super::{namespace, session, user};
use crate::domain::events::EventAction;
use crate::domain::events::entity::EntityKind;
use crate::domain::notices::outbox::{Channel, NoticeState};
use crate::domain::usage::CredentialKind;

/// All that is stored in each of these columns.
fn words() -> BTreeMap<&'static str, Vec<String>> {
    fn of<E: ActiveEnum<Value = String> + Iterable>() -> Vec<String> {
        E::iter().map(|word| word.to_value()).collect()
    }
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    BTreeMap::from([
        (
            "events.action",
            all(&EventAction::ALL.map(EventAction::name)),
        ),
        (
            "events.entity_kind",
            all(&EntityKind::ALL.map(EntityKind::name)),
        ),
        ("namespaces.kind", of::<namespace::Kind>()),
        ("namespaces.visibility", of::<namespace::Visibility>()),
        ("notices.channel", all(&Channel::ALL.map(Channel::name))),
        (
            "notices.state",
            all(&NoticeState::ALL.map(NoticeState::name)),
        ),
        ("sessions.state", of::<session::State>()),
        (
            "usage_days.credential",
            all(&CredentialKind::ALL.map(CredentialKind::name)),
        ),
        ("users.state", of::<user::State>()),
    ])
}

/// The lengths of all columns of words.
async fn lengths() -> BTreeMap<String, usize> {
    let mut one = ConnectOptions::new("sqlite::memory:");
    one.max_connections(1);
    let connection = Database::connect(one).await.unwrap();
    Migrator::up(&connection, None).await.unwrap();
    let columns = "SELECT t.name || '.' || c.name AS name, c.type AS type \
        FROM sqlite_master AS t, pragma_table_info(t.name) AS c \
        WHERE t.type = 'table' AND t.name <> 'seaql_migrations' AND c.type LIKE 'varchar(%)'";
    let backend = connection.get_database_backend();
    let columns = Statement::from_string(backend, columns);
    let rows = connection.query_all_raw(columns).await.unwrap();
    let length = |row: &sea_orm::QueryResult| {
        let name: String = row.try_get("", "name").unwrap();
        let kind: String = row.try_get("", "type").unwrap();
        let digits = kind.trim_start_matches("varchar(").trim_end_matches(')');
        (name, digits.parse().unwrap())
    };
    let all = rows.iter().map(length);
    // Longer ones are for texts of callers, who have bounds of their own.
    all.filter(|(_, length)| *length < 255).collect()
}

#[tokio::test]
async fn each_word_of_ours_fits_its_column() {
    let (lengths, words) = (lengths().await, words());
    let columns: Vec<&str> = lengths.keys().map(String::as_str).collect();
    let known: Vec<&str> = words.keys().copied().collect();
    assert_eq!(columns, known, "each column is known");
    for (column, words) in words {
        for word in words {
            assert!(word.len() <= lengths[column], "{word} in {column}");
        }
    }
}
