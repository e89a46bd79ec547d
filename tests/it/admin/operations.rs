//! The operations that the API's description names, and calls of them.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Map, Value, json};

use crate::harness::{Caller, Reply, TestApp};

/// What the API says about itself.
pub(super) async fn description(app: &TestApp) -> Value {
    let request = Request::get("/api/openapi.json").body(Body::empty());
    app.send_admin(request.unwrap()).await.json()
}

/// A method on a path, which may have parameters in braces.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
}

/// The ids of what belongs to someone else.
pub(super) struct Others {
    pub(super) user: i64,
    pub(super) token: i64,
    pub(super) group: i64,
    pub(super) project: i64,
}

pub(super) async fn operations(app: &TestApp) -> Vec<Operation> {
    let description = description(app).await;
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut found = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for method in item
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| ["get", "post", "put", "patch", "delete"].contains(&key.as_str()))
        {
            found.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
            });
        }
    }
    assert!(found.len() >= 51, "{found:?}");
    found
}

impl Operation {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path as callers of the API write it.
    pub(super) fn below_api(&self) -> &str {
        self.path.strip_prefix("/api/v4").unwrap()
    }

    /// What the description says about it.
    pub(super) fn described<'a>(&self, description: &'a Value) -> &'a Value {
        &description["paths"][&self.path][self.method.to_lowercase()]
    }

    /// The names of its parameters in the query and in the body, and an example of those that it needs.
    pub(super) fn parameters(&self, description: &Value) -> (Vec<String>, Map<String, Value>) {
        let described = self.described(description);
        let (mut names, mut example) = (Vec::new(), Map::new());
        let parameters = described["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap().to_owned();
            // The only one that must be there is a scope.
            if parameter["required"] == true {
                example.insert(name.clone(), json!("repository:base/app:pull"));
            }
            names.push(name);
        }
        if let Some(body) = body_of(description, described) {
            names.extend(body["properties"].as_object().unwrap().keys().cloned());
            example.extend(body["example"].as_object().unwrap().clone());
        }
        (names, example)
    }

    /// Calls it on the ids of someone else.
    pub(super) async fn call(&self, caller: &Caller, ids: &Others) -> Reply {
        self.call_with(caller, ids, json!({})).await
    }

    /// The same with parameters: in the query of a `GET`, and else in the body.
    pub(super) async fn call_with(&self, caller: &Caller, ids: &Others, body: Value) -> Reply {
        let id = match self.path.split('/').nth(3) {
            Some("personal_access_tokens") => ids.token,
            Some("groups" | "namespaces") => ids.group,
            Some("projects") => ids.project,
            _ => ids.user,
        };
        let path = self
            .below_api()
            .replace("{id}", &id.to_string())
            .replace("{user_id}", &ids.user.to_string())
            .replace("{token_id}", "1")
            .replace("{event_id}", "1");
        assert!(
            !path.contains('{'),
            "{path} has a parameter that this test does not know"
        );
        if self.method == "GET" {
            return caller.get(&format!("{path}?{}", query_of(&body))).await;
        }
        caller.call(&self.method, &path, body).await
    }
}

/// The parameters as a query has them: a list is `name[]=…`, and an object `name[key]=…`, also one with nothing in it.
fn query_of(parameters: &Value) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
    for (name, value) in parameters.as_object().unwrap() {
        match value {
            Value::Array(items) => {
                for item in items {
                    query.append_pair(&format!("{name}[]"), &text(item));
                }
            }
            Value::Object(members) if members.is_empty() => {
                query.append_pair(&format!("{name}[key]"), "");
            }
            Value::Object(members) => {
                for (key, value) in members {
                    query.append_pair(&format!("{name}[{key}]"), &text(value));
                }
            }
            one => drop(query.append_pair(name, &text(one))),
        }
    }
    query.finish()
}

/// The schema of an operation's body; one that may be left out is null or the schema.
fn body_of<'a>(description: &'a Value, operation: &'a Value) -> Option<&'a Value> {
    let schema = operation.pointer("/requestBody/content/application~1json/schema")?;
    let either = schema["oneOf"].as_array().into_iter().flatten();
    let mut references = either
        .chain([schema])
        .filter_map(|schema| schema["$ref"].as_str());
    description.pointer(&references.next().unwrap()[1..])
}
