//! Things that are so, are not so, or may be either.

use crate::harness::{Outcome, ask, auth, basic};

/// The addresses of a service, and an administrator's token for it.
#[derive(Debug, Clone)]
pub(crate) struct Doors {
    pub(crate) token: String,
    pub(crate) admin: String,
    /// The line with the administrator's token.
    pub(crate) header: String,
}

impl Doors {
    pub(super) fn admin(&self, request: &str) -> Outcome {
        let (method, path) = request.split_once(' ').unwrap();
        let request = format!("{method} /api/v4{path}");
        ask(&self.admin, &request, &self.header)
    }
}

/// A person with a token of their own, and perhaps a role in their worker's group.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) secret: String,
}

/// Something that can be made so, and undone.
#[derive(Debug, Clone)]
pub(super) enum Thing {
    Group(String),
    /// A project's path, and the id of its group.
    Project(String, u64),
    User(String),
    /// A token that works: its id, its owner's, and its secret.
    Token(u64, u64, String),
    /// A role in the group of that path.
    Member(String, Person),
    /// A person who is not blocked.
    Active(Person),
}

/// What is known about a thing.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) thing: Thing,
    /// None while an answer is missing.
    pub(super) is_so: Option<bool>,
    /// True if that was not looked at again since the last restart.
    pub(super) is_fresh: bool,
}

impl Thing {
    /// The request that makes it so, or ends it.
    pub(super) fn request(&self, wanted: bool, doors: &Doors) -> Option<String> {
        let request = match (self, wanted) {
            (Self::Group(path), true) => format!("POST /groups?name={path}&path={path}"),
            (Self::Group(path), false) => format!("DELETE /groups/{path}"),
            (Self::Project(path, group), true) => {
                let name = path.rsplit('/').next().unwrap();
                format!("POST /projects?name={name}&path={name}&namespace_id={group}")
            }
            (Self::Project(path, _), false) => format!("DELETE /projects/{}", encoded(path)),
            (Self::User(name), true) => format!("POST /users?username={name}&name={name}"),
            (Self::User(name), false) => format!("DELETE /users/{}", user_id(name, doors)?),
            (Self::Token(_, owner, _), true) => {
                format!("POST /users/{owner}/personal_access_tokens?name=t&scopes[]=read_registry")
            }
            (Self::Token(id, ..), false) => format!("DELETE /personal_access_tokens/{id}"),
            (Self::Member(group, person), true) => {
                let id = person.id;
                format!("POST /groups/{group}/members?user_id={id}&access_level=20")
            }
            (Self::Member(group, person), false) => {
                format!("DELETE /groups/{group}/members/{}", person.id)
            }
            (Self::Active(person), true) => format!("POST /users/{}/unblock", person.id),
            (Self::Active(person), false) => format!("POST /users/{}/block", person.id),
        };
        Some(request)
    }

    /// Looks whether it is so; `Err` is an answer that says neither.
    pub(super) fn look(&self, doors: &Doors) -> Result<bool, String> {
        let answer = match self {
            Self::Group(path) => doors.admin(&format!("GET /groups/{path}")),
            Self::Project(path, _) => doors.admin(&format!("GET /projects/{}", encoded(path))),
            Self::User(name) => return users(name, doors).map(|found| !found.is_empty()),
            Self::Token(_, _, secret) => {
                let answer = auth(&doors.token, "", &basic("someone", secret));
                return match answer.status() {
                    200 => Ok(true),
                    401 => Ok(false),
                    _ => Err(format!("{self:?}: {answer:?}")),
                };
            }
            Self::Member(group, person) => {
                doors.admin(&format!("GET /groups/{group}/members/{}", person.id))
            }
            Self::Active(person) => {
                let answer = doors.admin(&format!("GET /users/{}", person.id));
                return match answer.json()["state"].as_str() {
                    Some("active") => Ok(true),
                    Some("blocked") => Ok(false),
                    _ => Err(format!("{self:?}: {answer:?}")),
                };
            }
        };
        match answer.status() {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(format!("{self:?}: {answer:?}")),
        }
    }
}

fn encoded(path: &str) -> String {
    path.replace('/', "%2F")
}

fn users(name: &str, doors: &Doors) -> Result<Vec<serde_json::Value>, String> {
    let answer = doors.admin(&format!("GET /users?username={name}"));
    let found = answer.json().as_array().cloned();
    found.ok_or_else(|| format!("{name}: {answer:?}"))
}

fn user_id(name: &str, doors: &Doors) -> Option<u64> {
    users(name, doors).ok()?.first()?["id"].as_u64()
}
