//! The rows that a database looks at for a statement, as it says itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::sqlx::{self, Executor};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// The steps of SQLite's machine after which it tells of them.
const STEPS: u16 = 10;
/// The steps that count as a row: to look at one takes three, to count one eleven.
const STEPS_OF_A_ROW: u64 = 10;

/// A connection that runs statements to see what they cost.
pub(super) struct Effort(DatabaseConnection);

impl Effort {
    pub(super) async fn at(url: &SecretString) -> Self {
        let mut options = ConnectOptions::new(url.expose_secret());
        let connection = Database::connect(options.max_connections(1).to_owned());
        let connection = connection.await.unwrap();
        let effort = Self(connection);
        if effort.is_postgresql() {
            // As for the service.
            let price = "SET jit = off; SET random_page_cost = 1.1";
            effort.change(price).await;
        }
        effort
    }

    pub(super) fn is_postgresql(&self) -> bool {
        self.0.get_database_backend() == DbBackend::Postgres
    }

    /// The number of rows; a statement is run for that, so it must be a question.
    pub(super) async fn of(&self, question: &str) -> u64 {
        match self.0.get_database_backend() {
            DbBackend::Sqlite => self.steps(question).await / STEPS_OF_A_ROW,
            DbBackend::Postgres => {
                let plan = self.explained("EXPLAIN (ANALYZE, FORMAT JSON)", question);
                rows_of_postgres(&plan.await)
            }
            _ => rows_of_mariadb(&self.explained("ANALYZE FORMAT=JSON", question).await),
        }
    }

    /// Those of these questions of `what` that look at more rows than `most`, as they are told.
    pub(super) async fn dear(&self, what: &str, questions: Vec<String>, most: u64) -> Vec<String> {
        let mut dear = Vec::new();
        for question in questions {
            let rows = self.of(&question).await;
            if rows > most {
                dear.push(format!("{what}: {rows} rows by {question}"));
            }
        }
        dear
    }

    /// True if the answer to a question about many rows of one table is in an index, so that their rows are not fetched.
    pub(super) async fn is_of_an_index_alone(&self, question: &str) -> bool {
        let backend = self.0.get_database_backend();
        let (how, column, sign) = match backend {
            DbBackend::Sqlite => ("EXPLAIN QUERY PLAN", 3, "COVERING INDEX"),
            DbBackend::Postgres => ("EXPLAIN", 0, "Index Only Scan"),
            _ => ("EXPLAIN FORMAT=JSON", 0, "\"using_index\": true"),
        };
        let asked = Statement::from_string(backend, format!("{how} {question}"));
        let plan = self.0.query_all_raw(asked).await.unwrap();
        let mut lines = plan.iter().map(|row| row.try_get_by_index(column).unwrap());
        lines.any(|line: String| line.contains(sign))
    }

    /// Runs a statement that changes something; tells the number of rows that it changed.
    pub(super) async fn change(&self, statement: &str) -> u64 {
        let changed = self.0.execute_unprepared(statement).await;
        changed.unwrap().rows_affected()
    }

    /// Lets the database look at a table, as it does by itself after a while.
    pub(super) async fn look_at(&self, table: &str) {
        let statement = match self.0.get_database_backend() {
            DbBackend::MySql => "ANALYZE TABLE",
            DbBackend::Postgres => "VACUUM ANALYZE",
            _ => "ANALYZE",
        };
        self.change(&format!("{statement} {table}")).await;
    }

    async fn steps(&self, question: &str) -> u64 {
        let told = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&told);
        let pool = self.0.get_sqlite_connection_pool();
        let mut connection = pool.acquire().await.unwrap();
        let mut handle = connection.lock_handle().await.unwrap();
        handle.set_progress_handler(STEPS.into(), move || {
            counter.fetch_add(1, Ordering::Relaxed);
            true
        });
        drop(handle);
        connection
            .fetch_all(sqlx::raw_sql(sqlx::AssertSqlSafe(question)))
            .await
            .unwrap();
        let mut handle = connection.lock_handle().await.unwrap();
        handle.remove_progress_handler();
        told.load(Ordering::Relaxed) * u64::from(STEPS)
    }

    async fn explained(&self, how: &str, question: &str) -> Value {
        let statement = format!("{how} {question}");
        let asked = Statement::from_string(self.0.get_database_backend(), statement);
        let row = self.0.query_one_raw(asked).await.unwrap().unwrap();
        row.try_get_by_index::<Value>(0).unwrap_or_else(|_| {
            let text: String = row.try_get_by_index(0).unwrap();
            serde_json::from_str(&text).unwrap()
        })
    }
}

/// The rows that were taken from tables and indexes, also those that a filter threw away.
fn rows_of_postgres(plan: &Value) -> u64 {
    let number = |name: &str| plan[name].as_f64().unwrap_or_default();
    let own = if plan["Relation Name"].is_string() {
        let rows = [
            "Actual Rows",
            "Rows Removed by Filter",
            "Rows Removed by Index Recheck",
        ];
        rows.map(number).iter().sum::<f64>() * number("Actual Loops")
    } else {
        0.0
    };
    rounded(own) + below(plan, rows_of_postgres)
}

fn rows_of_mariadb(plan: &Value) -> u64 {
    let number = |name: &str| plan[name].as_f64().unwrap_or_default();
    let table = plan["table_name"].as_str().unwrap_or("<");
    let own = if table.starts_with('<') {
        0.0
    } else {
        number("r_rows") * number("r_loops")
    };
    rounded(own) + below(plan, rows_of_mariadb)
}

fn below(plan: &Value, rows: impl Fn(&Value) -> u64) -> u64 {
    match plan {
        Value::Array(parts) => parts.iter().map(rows).sum(),
        Value::Object(parts) => parts.values().map(rows).sum(),
        _ => 0,
    }
}

fn rounded(rows: f64) -> u64 {
    format!("{rows:.0}").parse().unwrap()
}
