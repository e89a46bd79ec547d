//! Rows in statements of many, in plain SQL that all databases read.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::ensure;
use chrono::{Days, NaiveDate};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
    TransactionTrait,
};
use wharfinger::domain::letter_pairs::{PairPlace, pairs_of};
use wharfinger::domain::secret::SecretKind;

use super::world::{World, secret};

/// The rows of one statement.
const AT_A_TIME: u64 = 1000;
const MADE: &str = "'2026-01-01 00:00:00'";

/// The numbers that are added to those of the world, because ids may be taken.
struct Fill<'a> {
    connection: DatabaseConnection,
    world: &'a World,
    users: i64,
    namespaces: i64,
    repositories: i64,
}

/// Fills the database at `url`, which has the schema, and which nobody uses.
pub(crate) async fn fill(url: &str, world: &World) -> anyhow::Result<()> {
    let connection = connect(url).await?;
    for used in [
        // The first start makes this one.
        "SELECT COUNT(*) FROM users WHERE username <> 'admin'",
        "SELECT COUNT(*) FROM personal_access_tokens",
    ] {
        ensure!(
            number(&connection, used).await? == 0,
            "this database is in use: it has users or tokens, and everybody can make up the secrets of those that would be \
             added, an administrator's too; fill an empty one"
        );
    }
    connection.close().await?;
    fill_in_use(url, world).await
}

async fn connect(url: &str) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|options| {
        // A database that a power cut breaks is filled again.
        let options = options.pragma("synchronous", "OFF");
        options.pragma("cache_size", "-500000")
    });
    Ok(Database::connect(options).await?)
}

/// Fills the database at `url` beside what is there: for tests alone.
pub(crate) async fn fill_in_use(url: &str, world: &World) -> anyhow::Result<()> {
    let connection = connect(url).await?;
    let fill = Fill {
        users: number(&connection, "SELECT MAX(id) FROM users").await?,
        namespaces: number(&connection, "SELECT MAX(id) FROM namespaces").await?,
        repositories: number(&connection, "SELECT MAX(id) FROM repositories").await?,
        connection,
        world,
    };
    fill.people().await?;
    fill.places().await?;
    fill.roles().await?;
    fill.tokens().await?;
    fill.events().await?;
    fill.usage().await?;
    fill.letter_pairs().await?;
    fill.finish().await?;
    Ok(fill.connection.close().await?)
}

impl Fill<'_> {
    /// Users with their own namespaces; the last is an administrator.
    async fn people(&self) -> anyhow::Result<()> {
        let last = self.world.users + 1;
        let name = |user| {
            if user == last {
                "seed-admin".to_owned()
            } else {
                format!("user{user}")
            }
        };
        let columns =
            "users (id, username, name, email, admin, external, state, created_at, folded)";
        self.insert(columns, last, |user| {
            let (id, name, admin) = (self.user(user), name(user), user == last);
            format!(
                "{id}, '{name}', '{name}', '{name}@example.com', {admin}, FALSE, 'active', {MADE}, \
                 '{name}\n{name}\n{name}@example.com'"
            )
        })
        .await?;
        self.insert(NAMESPACE, last, |user| {
            let (id, name) = (self.own(user), name(user));
            format!("{id}, '{name}', 'user', 'private', NULL, '{name}', {MADE}, '{name}\n{name}'")
        })
        .await
    }

    async fn places(&self) -> anyhow::Result<()> {
        self.insert(NAMESPACE, self.world.groups, |group| {
            let parent = World::parent(group).map(|parent| self.group(parent));
            let parent = parent.map_or("NULL".to_owned(), |parent| parent.to_string());
            let (id, path) = (self.group(group), World::group_path(group));
            let name = format!("group{group}");
            format!(
                "{id}, '{path}', 'group', 'private', {parent}, '{name}', {MADE}, '{name}\n{path}'"
            )
        })
        .await?;
        self.insert(NAMESPACE, self.world.projects, |project| {
            let parent = self.group(self.world.group_of(project));
            let (id, path) = (self.project(project), self.world.project_path(project));
            let name = format!("project{project}");
            format!(
                "{id}, '{path}', 'project', 'private', {parent}, '{name}', {MADE}, '{name}\n{path}'"
            )
        })
        .await
    }

    /// Each user is a reporter in a group, and a developer in a project of it.
    async fn roles(&self) -> anyhow::Result<()> {
        let columns = "members (namespace_id, user_id, access_level, created_at)";
        self.insert(columns, self.world.users, |user| {
            let (id, group) = (self.user(user), self.group(self.world.group_of(user)));
            format!("{group}, {id}, 20, {MADE}")
        })
        .await?;
        self.insert(columns, self.world.users, |user| {
            let (id, project) = (self.user(user), self.project(user));
            format!("{project}, {id}, 30, {MADE}")
        })
        .await
    }

    /// Access tokens, and as many deploy tokens and refresh tokens as there are users.
    async fn tokens(&self) -> anyhow::Result<()> {
        let columns = "personal_access_tokens (user_id, name, digest, scopes, repositories, created_at, folded)";
        let admin = self.user(self.world.users + 1);
        self.insert(columns, 1, |_| {
            let digest = self.digest(SecretKind::AccessToken, 0);
            format!("{admin}, 'admin', {digest}, 'api', '', {MADE}, 'admin'")
        })
        .await?;
        self.insert(columns, self.world.tokens, |token| {
            let owner = self.user(self.world.owner(token));
            let (name, digest) = (format!("token{token}"), self.digest(SecretKind::AccessToken, token));
            format!("{owner}, '{name}', {digest}, 'read_registry write_registry read_api', '', {MADE}, '{name}'")
        })
        .await?;
        let columns = "deploy_tokens (namespace_id, name, username, digest, scopes, created_at)";
        self.insert(columns, self.world.users, |token| {
            let (place, digest) = (
                self.project(token),
                self.digest(SecretKind::DeployToken, token),
            );
            format!("{place}, 'deploy{token}', 'deploy{token}', {digest}, 'read_registry', {MADE}")
        })
        .await?;
        let columns = "refresh_tokens (user_id, service, digest, created_at, last_used_at)";
        self.insert(columns, self.world.users, |token| {
            let (owner, digest) = (
                self.user(token),
                self.digest(SecretKind::RefreshToken, token),
            );
            format!("{owner}, 'registry', {digest}, {MADE}, {MADE}")
        })
        .await
    }

    /// An event for each project and for as many tokens, a second after one another.
    async fn events(&self) -> anyhow::Result<()> {
        let columns = "events (created_at, actor, actor_id, action, subject_kind, subject_id, subject_name, \
            entity_kind, entity_id, entity_path, entity_root, sentence)";
        let admin = self.user(self.world.users + 1);
        self.insert(columns, self.world.projects, |project| {
            let (id, path) = (self.project(project), self.world.project_path(project));
            let root = path.split('/').next().unwrap_or_default();
            format!(
                "{}, 'seed-admin', {admin}, 'project.created', 'namespace', {id}, '{path}', 'project', {id}, \
                 '{path}', '{root}', 'private'",
                at_second(project)
            )
        })
        .await?;
        self.insert(columns, self.world.projects, |token| {
            let owner = self.world.owner(token);
            let id = self.user(owner);
            format!(
                "{}, 'user{owner}', {id}, 'access_token.created', 'access_token', {token}, 'token{token}', 'user', \
                 {id}, NULL, NULL, ''",
                at_second(self.world.projects + token)
            )
        })
        .await
    }

    /// A repository for each project, which was pulled once with one of as many tokens, on one of 400 days.
    async fn usage(&self) -> anyhow::Result<()> {
        let columns = "repositories (id, name, root, namespace_id, pushed, created_at, last_used_at, last_pulled_at, last_pushed_at)";
        self.insert(columns, self.world.projects, |project| {
            let (id, path) = (self.repository(project), self.world.project_path(project));
            let root = path.split('/').next().unwrap_or_default();
            let at = format!("'{} 00:00:00'", day(project));
            let place = self.project(project);
            format!("{id}, '{path}', '{root}', {place}, TRUE, {at}, {at}, {at}, {at}")
        })
        .await?;
        let columns = "usage_days (day, credential, credential_id, user_id, repository_id, namespace_id, root, pulls, pushes, \
             deletes, refused_hidden, refused_login_needed, refused_role_too_low, refused_scope_missing, \
             refused_outside, refused_not_allowed)";
        self.insert(columns, self.world.projects, |project| {
            let (id, path) = (self.repository(project), self.world.project_path(project));
            let root = path.split('/').next().unwrap_or_default();
            let (user, place) = (self.user(self.world.owner(project)), self.project(project));
            let day = day(project);
            format!(
                "'{day} 00:00:00', 'access_token', {project}, {user}, {id}, {place}, '{root}', 1, 1, 0, 0, 0, 0, 0, 0, 0"
            )
        })
        .await
    }

    /// The index of searches, for what is in the tables.
    async fn letter_pairs(&self) -> anyhow::Result<()> {
        for (kind, table) in (1..).zip(["users", "namespaces", "personal_access_tokens"]) {
            let mut pairs: BTreeMap<(i64, i64), i64> = BTreeMap::new();
            let mut last = 0;
            loop {
                let some = format!(
                    "SELECT id, folded FROM {table} WHERE id > {last} AND folded IS NOT NULL ORDER BY id LIMIT 5000"
                );
                let some = Statement::from_string(self.connection.get_database_backend(), some);
                let rows = self.connection.query_all_raw(some).await?;
                if rows.is_empty() {
                    break;
                }
                for row in rows {
                    last = row.try_get_by_index(0)?;
                    let (name, place): (String, _) =
                        (row.try_get_by_index(1)?, PairPlace::of(last));
                    for letters in pairs_of(&name) {
                        *pairs.entry((letters, place.block)).or_default() |= place.bit;
                    }
                }
            }
            let pairs: Vec<_> = pairs.into_iter().collect();
            let columns = "letter_pairs (kind, letters, block, bits)";
            self.connection
                .execute_unprepared(&format!("DELETE FROM letter_pairs WHERE kind = {kind}"))
                .await?;
            self.insert(columns, u64::try_from(pairs.len())?, |number| {
                let pair = usize::try_from(number - 1)
                    .ok()
                    .and_then(|index| pairs.get(index));
                let ((letters, block), bits) = pair.copied().unwrap_or_default();
                format!("{kind}, {letters}, {block}, {bits}")
            })
            .await?;
        }
        Ok(())
    }

    /// Goes on counting behind the ids that were given, and lets the database look at its tables.
    async fn finish(&self) -> anyhow::Result<()> {
        for table in [
            "users",
            "namespaces",
            "members",
            "personal_access_tokens",
            "deploy_tokens",
            "refresh_tokens",
            "events",
            "repositories",
            "usage_days",
            "letter_pairs",
        ] {
            match self.connection.get_database_backend() {
                DbBackend::Postgres if table == "letter_pairs" => {
                    self.connection
                        .execute_unprepared("ANALYZE letter_pairs")
                        .await?;
                }
                DbBackend::Postgres => {
                    let count = format!(
                        "SELECT setval(pg_get_serial_sequence('{table}', 'id'), MAX(id)) FROM {table}"
                    );
                    self.connection.execute_unprepared(&count).await?;
                    self.connection
                        .execute_unprepared(&format!("ANALYZE {table}"))
                        .await?;
                }
                DbBackend::MySql => {
                    self.connection
                        .execute_unprepared(&format!("ANALYZE TABLE {table}"))
                        .await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Inserts rows with the numbers from 1 to `last`.
    async fn insert(
        &self,
        columns: &str,
        last: u64,
        row: impl Fn(u64) -> String,
    ) -> anyhow::Result<()> {
        let transaction = self.connection.begin().await?;
        let mut first = 1;
        while first <= last {
            let next = (first + AT_A_TIME).min(last + 1);
            let mut statement = format!("INSERT INTO {columns} VALUES ");
            for number in first..next {
                let comma = if number == first { "" } else { ", " };
                write!(statement, "{comma}({})", row(number))?;
            }
            transaction.execute_unprepared(&statement).await?;
            first = next;
        }
        Ok(transaction.commit().await?)
    }

    fn user(&self, user: u64) -> i64 {
        self.users + number_of(user)
    }

    /// The user's own namespace; groups come behind these, and projects behind groups.
    fn own(&self, user: u64) -> i64 {
        self.namespaces + number_of(user)
    }

    fn group(&self, group: u64) -> i64 {
        self.own(self.world.users + 1 + group)
    }

    fn project(&self, project: u64) -> i64 {
        self.group(self.world.groups + project)
    }

    fn repository(&self, project: u64) -> i64 {
        self.repositories + number_of(project)
    }

    fn digest(&self, kind: SecretKind, number: u64) -> String {
        let mut hex = String::new();
        for byte in secret(kind, number).digest().as_bytes() {
            let _ = write!(hex, "{byte:02x}");
        }
        match self.connection.get_database_backend() {
            DbBackend::Postgres => format!("'\\x{hex}'"),
            _ => format!("x'{hex}'"),
        }
    }
}

const NAMESPACE: &str =
    "namespaces (id, path, kind, visibility, parent_id, name, created_at, folded)";

/// An instant of January, counted in seconds.
fn at_second(number: u64) -> String {
    let (minute, second) = (number / 60, number % 60);
    let (hour, minute) = (minute / 60, minute % 60);
    let (day, hour) = (hour / 24 % 31 + 1, hour % 24);
    format!("'2026-01-{day:02} {hour:02}:{minute:02}:{second:02}'")
}

/// The day of a project's usage, which it shares with some others, of other groups.
fn day(project: u64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2025, 2, 1).unwrap_or_default();
    first + Days::new(project / 50 % 400)
}

fn number_of(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The number that a question answers; 0 for NULL.
async fn number(connection: &DatabaseConnection, question: &str) -> anyhow::Result<i64> {
    let statement = Statement::from_string(connection.get_database_backend(), question);
    let row = connection.query_one_raw(statement).await?;
    let number = row
        .map(|row| row.try_get_by_index::<Option<i64>>(0))
        .transpose()?;
    Ok(number.flatten().unwrap_or_default())
}
