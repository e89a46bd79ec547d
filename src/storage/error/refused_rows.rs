//! Errors that are about what is in a row.

use sea_orm::{DbErr, RuntimeErr, SqlxMySqlError};

/// The classes of codes of PostgreSQL and MySQL about what is in a row: values that a column does not take, rows that others are in the way
/// of, and limits of the program.
const CLASSES: [&str; 3] = ["22", "23", "54"];
/// MySQL's numbers for values that a column does not take, which have a code of no class.
const MYSQL_VALUES: [u16; 2] = [1265, 1366];
/// SQLite's codes: too big, a constraint, another kind of value.
const SQLITE: [u32; 3] = [18, 19, 20];
/// The part of a code of SQLite that is not its reason.
const WITHOUT_REASON: u32 = 0xff;

/// The database's code, if it refused what is in a row, and would do so again.
pub(super) fn code_of_refused_rows(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return None;
    };
    let error = error.as_database_error()?;
    let code = error.code()?;
    let of_mysql = error.try_downcast_ref::<SqlxMySqlError>();
    let is_value = of_mysql.is_some_and(|error| MYSQL_VALUES.contains(&error.number()));
    (is_value || is_about_rows(&code)).then(|| code.into_owned())
}

fn is_about_rows(code: &str) -> bool {
    // The codes of the others always have five letters, and SQLite's never.
    if code.len() == 5 {
        CLASSES.iter().any(|class| code.starts_with(class))
    } else {
        let code = code.parse::<u32>();
        code.is_ok_and(|code| SQLITE.contains(&(code & WITHOUT_REASON)))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use sea_orm::SqlxError;

    use super::*;

    #[test]
    fn codes_about_rows_are_told_from_others() {
        for code in ["22001", "22021", "23502", "54000", "1811", "1299", "18"] {
            assert!(is_about_rows(code), "{code}");
        }
        for code in [
            "40001", "57P01", "53100", "08S01", "HY000", "5", "13", "2570", "",
        ] {
            assert!(!is_about_rows(code), "{code}");
        }
    }

    #[test]
    fn a_lost_connection_says_nothing_about_rows() {
        let lost = SqlxError::Io(io::ErrorKind::ConnectionReset.into());
        let lost = DbErr::Exec(RuntimeErr::SqlxError(lost.into()));
        assert_eq!(code_of_refused_rows(&lost), None);
    }
}
