//! The state of a database's schema, as a program sees it that may be older or newer.

/// A migration: one step from an empty database to a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The name.
    pub name: String,
    /// Its state in the database.
    pub state: MigrationState,
}

/// The state of a database, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaStatus {
    /// The file, or the host and port.
    pub place: String,
    /// False if there is no such file yet.
    pub is_there: bool,
    /// The states of all migrations.
    pub migrations: Vec<Migration>,
    /// False if a migration or a restoration was cut off before searches had their index of all names.
    pub is_indexed: bool,
    /// True if a change was ever made in it.
    pub has_changes: bool,
}

impl SchemaStatus {
    /// The age of the schema; an index that is not finished belongs to it.
    pub fn age(&self) -> SchemaAge {
        match SchemaAge::of(&self.migrations) {
            SchemaAge::UpToDate if !self.is_indexed => SchemaAge::Older,
            age => age,
        }
    }

    /// The next step, for somebody who asks for the state; none if it can be served and has been.
    pub fn next_step(&self) -> Option<String> {
        const MAKE: &str = "start the server or run `wharfinger migrate`";
        const FILL: &str = "fill it from a backup with `wharfinger restore`";
        let place = &self.place;
        match self.age() {
            SchemaAge::None if !self.is_there => Some(format!(
                "there is no database {place} yet; {MAKE}, or {FILL}"
            )),
            SchemaAge::None => Some(format!(
                "the database {place} has no schema yet; {MAKE}, or {FILL}"
            )),
            SchemaAge::Older if !self.has_changes => Some(format!(
                "the schema of the database {place} is not finished, and nothing is in it: `wharfinger restore`, `wharfinger migrate` or \
                 a start of the server was cut off, or is under way. Run the same again, and it goes on; else {MAKE}"
            )),
            SchemaAge::Older => Some(format!(
                "the schema of the database {place} is older than this program; {MAKE}, also if that was cut off before: it goes \
                 on where it ended"
            )),
            SchemaAge::Newer => Some(format!(
                "the schema of the database {place} is newer than this program; run the version that made it, or a later one. To \
                 go back to this one, restore a backup that it made into an empty database"
            )),
            SchemaAge::Foreign => Some(format!(
                "the schema of the database {place} is another program's; give Wharfinger a database, or a schema, of its own"
            )),
            SchemaAge::UpToDate if !self.has_changes => Some(format!(
                "Nothing is in it yet: start the server, or {FILL}."
            )),
            SchemaAge::UpToDate => None,
        }
    }
}

/// The state of a migration in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    /// It was made.
    Applied,
    /// It is still to be made.
    Pending,
    /// It was made by a newer program, or by another one, and this one does not know it.
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
    /// Another program made it.
    Foreign,
}

impl SchemaAge {
    /// The age that follows from the states of all migrations.
    fn of(migrations: &[Migration]) -> Self {
        let has = |state| migrations.iter().any(|migration| migration.state == state);
        if has(MigrationState::Unknown) && !has(MigrationState::Applied) {
            Self::Foreign
        } else if has(MigrationState::Unknown) {
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
            Self::Foreign => "another program's",
        }
    }
}
