//! JSON that keeps what a map would lose: the order of members, and those that come twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::Refusal;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool,
    Number(Number),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// The two ways in which programs find the members of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Go's `encoding/json`: any letter case, and the last one counts.
    Folded,
    /// go-jose: the same letters, and no name twice.
    Strict,
}

/// An object, read in one of the two ways.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'a> {
    members: &'a [(String, Json)],
    names: Names,
}

impl Json {
    pub(crate) fn parse(text: &[u8], names: Names) -> Result<Self, Refusal> {
        let json: Self = serde_json::from_slice(text).map_err(|_| "not JSON")?;
        if names == Names::Strict && json.has_a_name_twice() {
            return Err("a member comes twice");
        }
        Ok(json)
    }

    pub(crate) fn object(&self, names: Names) -> Result<Object<'_>, Refusal> {
        match self {
            Self::Object(members) => Ok(Object { members, names }),
            _ => Err("not an object"),
        }
    }

    fn has_a_name_twice(&self) -> bool {
        match self {
            Self::Object(members) => members.iter().enumerate().any(|(at, (name, value))| {
                let mut before = members.iter().take(at);
                before.any(|(other, _)| other == name) || value.has_a_name_twice()
            }),
            Self::List(items) => items.iter().any(Self::has_a_name_twice),
            _ => false,
        }
    }
}

impl<'a> Object<'a> {
    /// A member that is there and not null; Go leaves a field as it was for null.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Json> {
        let is_named = |other: &str| match self.names {
            Names::Folded => other.eq_ignore_ascii_case(name),
            Names::Strict => other == name,
        };
        let mut found = self.members.iter().rev();
        found
            .find(|(other, value)| is_named(other) && *value != Json::Null)
            .map(|(_, value)| value)
    }

    /// A string; empty if it is missing.
    pub(crate) fn text(&self, name: &str) -> Result<&'a str, Refusal> {
        match self.get(name) {
            None => Ok(""),
            Some(Json::Text(text)) => Ok(text),
            Some(_) => Err("a string is something else"),
        }
    }

    /// An integer; 0 if it is missing.
    pub(crate) fn integer(&self, name: &str) -> Result<i64, Refusal> {
        match self.get(name) {
            None => Ok(0),
            Some(Json::Number(number)) => number.as_i64().ok_or("a time is not an integer"),
            Some(_) => Err("a time is not a number"),
        }
    }

    /// Strings; none if they are missing.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<&'a str>, Refusal> {
        let items = match self.get(name) {
            None => return Ok(Vec::new()),
            Some(Json::List(items)) => items,
            Some(_) => return Err("a list is something else"),
        };
        let text = |item: &'a Json| match item {
            Json::Text(text) => Ok(text.as_str()),
            _ => Err("a list has something that is not a string"),
        };
        items.iter().map(text).collect()
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Bool)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}
