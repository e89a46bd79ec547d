//! The state of a database's schema, as a program sees it that may be older or newer.

/// A migration: one step from an empty database to a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The name.
    pub name: String,
    /// Its state in the database.
    pub state: MigrationState,
}

/// The state of a migration in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    /// It was made.
    Applied,
    /// It is still to be made.
    Pending,
    /// It was made by a newer program, and this one does not know it.
    Unknown,
}

impl MigrationState {
    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}

/// The schema in comparison with the program's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaAge {
    /// There is none yet.
    None,
    /// Some migrations are still to be made.
    Older,
    /// It is the program's own.
    UpToDate,
    /// A newer program made it.
    Newer,
}

impl SchemaAge {
    /// The age that follows from the states of all migrations.
    pub fn of(migrations: &[Migration]) -> Self {
        let has = |state| migrations.iter().any(|migration| migration.state == state);
        if has(MigrationState::Unknown) {
            Self::Newer
        } else if !has(MigrationState::Pending) {
            Self::UpToDate
        } else if has(MigrationState::Applied) {
            Self::Older
        } else {
            Self::None
        }
    }

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "no schema",
            Self::Older => "older",
            Self::UpToDate => "up to date",
            Self::Newer => "newer",
        }
    }
}
