//! The fields that a change made different.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// The values of fields before and after a change; only of those that differ.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Changes(Vec<FieldChange>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FieldChange {
    field: &'static str,
    from: Value,
    to: Value,
}

impl Changes {
    /// Adds the field, if its value is another one.
    #[must_use]
    pub fn of(mut self, field: &'static str, from: impl Into<Value>, to: impl Into<Value>) -> Self {
        let (from, to) = (from.into(), to.into());
        if from != to {
            self.0.push(FieldChange { field, from, to });
        }
        self
    }

    /// Adds the field without its values, which are secret.
    #[must_use]
    pub fn of_secret(mut self, field: &'static str, is_changed: bool) -> Self {
        if is_changed {
            let hidden = || Value::from("(hidden)");
            self.0.push(FieldChange {
                field,
                from: hidden(),
                to: hidden(),
            });
        }
        self
    }

    /// True if no field has another value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, change) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let FieldChange { field, from, to } = change;
            write!(f, "{comma}{field} from {from} to {to}")?;
        }
        Ok(())
    }
}
