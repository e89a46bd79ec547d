//! The message that a webhook gets: `type`, `timestamp` and `data`, as Standard Webhooks recommends.

use serde_json::{Map, Value, json};

use crate::domain::expiry::Expiry;
use crate::domain::ids::UserId;
use crate::domain::notices::{Holder, Matter, TokenNotice};
use crate::domain::timestamp;

impl TokenNotice {
    /// The body of the message; byte for byte the same at each attempt.
    pub fn to_json(&self) -> Value {
        let (owner, namespace) = match &self.holder {
            Holder::User { id, username } => (user(*id, username), Value::Null),
            Holder::Namespace { path } => (Value::Null, Value::from(path.as_str())),
        };
        let author = self.author.as_ref();
        let mut data = Map::new();
        data.insert("message".to_owned(), self.sentence().into());
        data.insert(
            "token".to_owned(),
            json!({
                "type": self.token.kind.name(),
                "id": self.token.id,
                "name": self.token.name,
                "expires_at": self.token.ends_at.map(|end| Expiry::at(end).to_string()),
            }),
        );
        data.insert("owner".to_owned(), owner);
        data.insert("namespace".to_owned(), namespace);
        data.insert(
            "author_name".to_owned(),
            author.map(|author| author.name.as_str()).into(),
        );
        data.insert(
            "ip_address".to_owned(),
            author.and_then(|author| author.address.as_deref()).into(),
        );
        self.add_matter(&mut data);
        json!({ "type": self.kind(), "timestamp": timestamp::seconds(self.at), "data": data })
    }

    fn add_matter(&self, data: &mut Map<String, Value>) {
        match &self.matter {
            Matter::Expiring { days } => {
                data.insert("days_left".to_owned(), (*days).into());
            }
            Matter::Rotated {
                successor,
                works_until,
                with,
            } => {
                data.insert("successor_id".to_owned(), json!(successor));
                data.insert(
                    "works_until".to_owned(),
                    works_until.map(timestamp::seconds).into(),
                );
                data.insert("also_revoked".to_owned(), json!(with));
            }
            Matter::Revoked { with: others } | Matter::Reused { revoked: others } => {
                data.insert("also_revoked".to_owned(), json!(others));
            }
            Matter::NewAddress { address } => {
                data.insert("new_address".to_owned(), address.to_string().into());
            }
        }
    }
}

fn user(id: UserId, username: &str) -> Value {
    json!({ "id": id, "username": username })
}
