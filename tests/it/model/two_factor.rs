//! Two-factor authentication in the model: a password opens nothing any more.

use chrono::DateTime;
use serde_json::json;

use super::stage::{Call, Door, unix_time};
use super::writer::Writer;
use crate::two_factor::shown;

impl Writer<'_> {
    /// A user turns it on, or it is turned off for them.
    pub(super) fn second_factor(&mut self) -> Option<()> {
        let (name, mut user) = self.user()?;
        let path = format!("/users/{}", user.id);
        let (door, done) = if user.has_second_factor {
            // An administrator's takes the command line.
            let door = if user.is_administrator {
                Door::CommandLine
            } else {
                self.door()
            };
            let call = Call {
                method: "PATCH",
                path: &format!("{path}/disable_two_factor"),
                body: json!({}),
                command: &["user", "two-factor", "disable", &name, "--yes"],
            };
            (door, self.stage.make(door, &call))
        } else if user.is_blocked {
            return None;
        } else {
            let door = self.replica();
            let post = |path, body| Call {
                method: "POST",
                path,
                body,
                command: &[],
            };
            let token = self.own_token(door, user.id);
            let beginning = post("/user/two_factor", json!({}));
            let begun = self.stage.make_as(&token, door, &beginning).reply;
            let now = DateTime::from_timestamp_micros(unix_time()).unwrap();
            let code = shown(begun["secret"].as_str().unwrap(), now);
            let confirm = post("/user/two_factor/confirm", json!({ "code": code }));
            (door, self.stage.make_as(&token, door, &confirm))
        };
        user.has_second_factor = !user.has_second_factor;
        let what = format!("second factor of {name}: {}", user.has_second_factor);
        self.note_user(door, (&name, user), &done, what);
        Some(())
    }
}
