//! The address of the database. It may hold a password: no message repeats more of it than the name of a parameter.

use secrecy::SecretString;

use crate::config::error::ConfigError;
use crate::config::sources::value::{HOME, Setting};
use crate::domain::database_url::parameters;

/// The parameters of an address that the drivers know. They pass over others, so that with a mistyped one nobody would look at the
/// server's certificate; and the one for PostgreSQL logs their values, which may be passwords.
const OF_POSTGRESQL: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];
/// The same for MySQL and MariaDB.
const OF_MYSQL: [&str; 14] = [
    "ssl-mode",
    "sslmode",
    "ssl-ca",
    "sslca",
    "ssl-cert",
    "sslcert",
    "ssl-key",
    "sslkey",
    "charset",
    "collation",
    "socket",
    "timezone",
    "time-zone",
    "statement-cache-capacity",
];

/// The ends of the names of parameters that are paths.
const PATHS: [&str; 5] = ["cert", "ca", "key", "host", "socket"];

/// Reads an address whose scheme and parameters are known. For SQLite's parameters the driver looks itself.
pub(in crate::config) fn read(setting: &Setting) -> Result<SecretString, ConfigError> {
    let text = setting.text()?;
    let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
    let known: Option<&[&str]> = match scheme {
        "mariadb" => {
            return Err(setting.wrong("has the scheme mariadb:; write mysql: for MariaDB too"));
        }
        "sqlite" => None,
        "postgres" | "postgresql" => Some(&OF_POSTGRESQL),
        "mysql" => Some(&OF_MYSQL),
        _ => return Err(setting.wrong("begins with sqlite://, postgres:// or mysql://")),
    };
    if rest.trim_start_matches('/').starts_with('~') {
        return Err(setting.wrong(HOME));
    }
    if let Some(known) = known {
        let is_known = |name: &str| known.contains(&name) || is_option(name);
        for (name, value) in parameters(rest) {
            if !is_known(&name) {
                return Err(setting.wrong(&refusal(&name, known)));
            }
            if value.starts_with('~') && PATHS.iter().any(|end| name.ends_with(end)) {
                return Err(setting.wrong(&format!("has a parameter `{name}` that {HOME}")));
            }
        }
    }
    if scheme == "mysql" && !names_database(rest) {
        let why =
            "names no database; write its name behind the host: mysql://USER:PASSWORD@HOST/NAME";
        return Err(setting.wrong(why));
    }
    Ok(SecretString::from(text))
}

/// True if a name stands behind the host.
fn names_database(address: &str) -> bool {
    let (place, _) = address.split_once('?').unwrap_or((address, ""));
    let name = place.trim_start_matches('/').split_once('/');
    name.is_some_and(|(_, name)| !name.is_empty())
}

/// True for one of PostgreSQL's settings, in its brackets.
fn is_option(name: &str) -> bool {
    name.starts_with("options[") && name.ends_with(']')
}

fn refusal(name: &str, known: &[&str]) -> String {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    let there_are = format!("there are {}", known.join(", "));
    // Else it may be the end of a password in which a question mark was not written as %3F.
    if !name.is_empty() && name.chars().all(is_name) {
        format!("has an unknown parameter `{name}`: {there_are}")
    } else {
        format!(
            "has something behind its question mark that is no parameter: {there_are}; in a password, write ? as %3F"
        )
    }
}
