//! The tables, with the kind of each column. A test compares them with the schema.

use sea_orm::{ColumnTrait, ColumnType, EntityTrait, Iterable, PrimaryKeyTrait};

use crate::domain::backup::cell::CellKind;
use crate::domain::backup::change_numbers::COUNTER_TABLE;
use crate::storage::entity::{
    access_token, change, change_counter, deploy_token, event, installation, member, namespace,
    notice, notice_progress, recovery_code, refresh_token, repository, two_factor, usage_day, user,
};

/// The column that names another row of its own table.
pub(super) const OWN_REFERENCE: (&str, &str) = ("namespaces", "parent_id");

/// The column of texts as searches compare them, in several tables.
pub(super) const FOLDED: &str = "folded";

/// The tables whose one row may be there before anything else is: the schema has it, or a start notes it before it makes a
/// change. That of a backup takes its place.
pub(super) const NOTED: [&str; 3] = [COUNTER_TABLE, "installation", "notice_progress"];

/// A table.
#[derive(Debug, Clone)]
pub(super) struct StoredTable {
    pub(super) name: &'static str,
    /// The columns; the first is the key.
    pub(super) columns: Vec<Column>,
    /// True if the database counts up the key.
    pub(super) counts_up: bool,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: CellKind,
    /// True for numbers of 32 bits.
    pub(super) is_short: bool,
}

/// All tables but those of sessions, which nobody takes to another database, of the index of searches, which is made anew, and of the
/// keys that services have now; those that others refer to come first.
pub(super) fn all() -> Vec<StoredTable> {
    vec![
        table::<user::Entity>(),
        table::<namespace::Entity>(),
        table::<member::Entity>(),
        table::<access_token::Entity>(),
        table::<deploy_token::Entity>(),
        table::<refresh_token::Entity>(),
        table::<event::Entity>(),
        table::<change::Entity>(),
        table::<change_counter::Entity>(),
        table::<installation::Entity>(),
        table::<notice::Entity>(),
        table::<notice_progress::Entity>(),
        table::<repository::Entity>(),
        table::<usage_day::Entity>(),
        table::<two_factor::Entity>(),
        table::<recovery_code::Entity>(),
    ]
}

fn table<E: EntityTrait>() -> StoredTable {
    StoredTable {
        name: E::default().table_name(),
        columns: E::Column::iter().map(column).collect(),
        counts_up: E::PrimaryKey::auto_increment(),
    }
}

fn column(column: impl ColumnTrait) -> Column {
    let kind = match column.def().get_column_type() {
        ColumnType::Integer | ColumnType::BigInteger => CellKind::Integer,
        ColumnType::Boolean => CellKind::Boolean,
        ColumnType::Binary(_) | ColumnType::VarBinary(_) | ColumnType::Blob => CellKind::Bytes,
        ColumnType::DateTime => CellKind::Instant,
        // Words of ours are text too. A kind that is missing here cannot be read as one, and the tests find it.
        _ => CellKind::Text,
    };
    Column {
        name: column.as_str(),
        kind,
        is_short: matches!(column.def().get_column_type(), ColumnType::Integer),
    }
}
