//! Lists of which one entry too many is read at the most, which is refused then: long ones would take many times the memory of
//! their text.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::domain::backup::bounds::{MOST_COLUMNS, MOST_TABLES};
use crate::domain::backup::cell::CellKind;

/// The columns of a table.
pub(super) fn columns<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, CellKind)>, D::Error> {
    deserializer.deserialize_seq(Columns)
}

/// The numbers of rows by table.
pub(super) fn tables<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, u64>, D::Error> {
    deserializer.deserialize_map(Tables)
}

struct Columns;

impl<'de> Visitor<'de> for Columns {
    type Value = Vec<(String, CellKind)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the columns of a table")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut columns = Vec::new();
        while columns.len() <= MOST_COLUMNS {
            let Some(column) = sequence.next_element()? else {
                return Ok(columns);
            };
            columns.push(column);
        }
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(columns)
    }
}

struct Tables;

impl<'de> Visitor<'de> for Tables {
    type Value = BTreeMap<String, u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the numbers of rows by table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tables = BTreeMap::new();
        while tables.len() <= MOST_TABLES {
            let Some((table, rows)) = map.next_entry()? else {
                return Ok(tables);
            };
            tables.insert(table, rows);
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(tables)
    }
}
