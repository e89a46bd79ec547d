//! The bodies of requests, for the API's description.
//!
//! They are read by [`Parameters`](crate::http::admin::parameters::Parameters), which takes them as JSON, as a form
//! or in the query alike; nothing is ever made of these types.

#![expect(dead_code, reason = "these types describe; Parameters reads")]

use chrono::NaiveDate;
use utoipa::ToSchema;

use crate::domain::access_tokens::scope::AccessTokenScope;

/// A token that is to be made; other fields are refused.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "ci", "scopes": ["read_registry"], "expires_at": "2099-01-01" }))]
pub(super) struct NewToken {
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    #[schema(min_items = 1, value_type = Vec<ScopeName>)]
    scopes: Vec<AccessTokenScope>,
    #[schema(max_length = 255)]
    description: Option<String>,
    /// Dead from 00:00 UTC on; null for never; left out, as the configuration says.
    expires_at: Option<NaiveDate>,
    /// Instead of a date, how long it lives: `90m`, `12h` or `30d`.
    expires_in: Option<String>,
    /// Patterns of the repositories it is limited to; then only registry scopes and `self_rotate` do.
    #[schema(max_items = 50)]
    repositories: Option<Vec<String>>,
}

/// What is to be changed of a token; other fields are refused, what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "ci of team", "expires_at": "2098-01-01" }))]
pub(super) struct AccessTokenChange {
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    #[schema(max_length = 255)]
    description: Option<String>,
    /// An earlier end than it has.
    expires_at: Option<NaiveDate>,
    /// Instead of a date, how long it lives from now on: `90m`, `12h` or `30d`.
    expires_in: Option<String>,
    /// Some of those it has.
    #[schema(min_items = 1, value_type = Option<Vec<ScopeName>>)]
    scopes: Option<Vec<AccessTokenScope>>,
    /// Patterns that it has, or repositories that they cover.
    #[schema(max_items = 50)]
    repositories: Option<Vec<String>>,
}

/// How a token is to be rotated; other fields are refused, and all of it may be left out.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "grace": "7d" }))]
pub(super) struct Rotation {
    /// When the new token ends; left out, in 7 days if the old one had an end, else never.
    expires_at: Option<NaiveDate>,
    /// Instead of a date, how long the new token lives: `90m`, `12h` or `30d`.
    expires_in: Option<String>,
    /// How long the old token works beside the new one: `90m`, `12h` or `7d`; left out, no longer.
    grace: Option<String>,
}

/// A token's scope.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum ScopeName {
    /// Everything the owner may do.
    Api,
    /// Every `GET`, and pull.
    ReadApi,
    /// `GET` under `/user` and `/users`.
    ReadUser,
    /// Pull.
    ReadRegistry,
    /// Push.
    WriteRegistry,
    /// Delete images.
    DeleteRegistry,
    /// Rotate itself.
    SelfRotate,
}

/// A deploy token that is to be made.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "ci", "scopes": ["read_registry"], "username": "robot", "expires_at": "2099-01-01" }))]
pub(super) struct NewDeployToken {
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    #[schema(min_items = 1)]
    scopes: Vec<DeployScopeName>,
    /// The user name to log in with; `deploy-token-ID` without one.
    #[schema(min_length = 1, max_length = 255, pattern = "^[A-Za-z0-9.+_-]+$")]
    username: Option<String>,
    /// A date or an instant (RFC 3339); without it, never.
    expires_at: Option<String>,
}

/// A deploy token's scope.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum DeployScopeName {
    /// Pull.
    ReadRegistry,
    /// Push.
    WriteRegistry,
}

/// A user that is to be made.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "username": "alice", "name": "Alice", "email": "alice@example.com" }))]
pub(super) struct NewUser {
    #[schema(min_length = 1, max_length = 255)]
    username: String,
    #[schema(max_length = 255)]
    name: Option<String>,
    email: Option<String>,
    /// At least 8 characters; without one, only tokens sign in.
    password: Option<String>,
    admin: Option<bool>,
    external: Option<bool>,
}

/// What is to be changed of a user; what is left out stays, other fields have no effect.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "Alice A.", "external": true }))]
pub(super) struct UserChange {
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// Empty for none.
    email: Option<String>,
    /// At least 8 characters; whoever logged in with the old one is out.
    password: Option<String>,
    admin: Option<bool>,
    external: Option<bool>,
    /// The name that the user has; it does not change.
    username: Option<String>,
}

/// A group that is to be made; other fields have no effect.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "Team", "path": "team", "visibility": "private" }))]
pub(super) struct NewGroup {
    /// The last part of the path.
    #[schema(min_length = 1, max_length = 255)]
    path: String,
    /// The name people read; the path, if it is left out.
    #[schema(max_length = 255)]
    name: Option<String>,
    #[schema(max_length = 2000)]
    description: Option<String>,
    #[schema(value_type = Option<VisibilityName>)]
    visibility: Option<String>,
    /// The group to put it in; at the top, if it is left out.
    parent_id: Option<i64>,
}

/// What is to be changed of a group; what is left out stays, other fields have no effect.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "The team", "visibility": "internal" }))]
pub(super) struct GroupChange {
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// Empty for none.
    #[schema(max_length = 2000)]
    description: Option<String>,
    #[schema(value_type = Option<VisibilityName>)]
    visibility: Option<String>,
    /// The path that the group has; it does not change.
    path: Option<String>,
}

/// A project that is to be made; `name` or `path` is needed, other fields have no effect.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "App", "path": "app" }))]
pub(super) struct NewProject {
    /// The name people read; the path, if it is left out.
    #[schema(max_length = 255)]
    name: Option<String>,
    /// The last part of the path; made of the name, if it is left out.
    #[schema(max_length = 255)]
    path: Option<String>,
    /// The group or user's namespace to put it in; the caller's own, if it is left out.
    namespace_id: Option<i64>,
    #[schema(max_length = 2000)]
    description: Option<String>,
    #[schema(value_type = Option<VisibilityName>)]
    visibility: Option<String>,
}

/// What is to be changed of a project; what is left out stays, other fields have no effect.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "description": "What it is for" }))]
pub(super) struct ProjectChange {
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// Empty for none.
    #[schema(max_length = 2000)]
    description: Option<String>,
    #[schema(value_type = Option<VisibilityName>)]
    visibility: Option<String>,
    /// The path that the project has; it does not change.
    path: Option<String>,
}

/// Who sees a group or project without being a member.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum VisibilityName {
    /// Nobody.
    Private,
    /// Any signed-in user who is not external.
    Internal,
    /// Anyone.
    Public,
}

/// A role that is to be given: to `user_id` or to `username`, each of which may be several with commas between.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "user_id": 1, "access_level": 30 }))]
pub(super) struct NewMember {
    #[schema(value_type = Option<i64>)]
    user_id: Option<i64>,
    username: Option<String>,
    /// 10 Guest, 20 Reporter, 30 Developer, 40 Maintainer, 50 Owner.
    access_level: i32,
    /// The date on which the role ends, at 00:00 UTC.
    expires_at: Option<NaiveDate>,
}

/// What is to be changed of a member; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "access_level": 20 }))]
pub(super) struct MemberChange {
    /// 10 Guest, 20 Reporter, 30 Developer, 40 Maintainer, 50 Owner.
    access_level: Option<i32>,
    /// Empty for no end.
    expires_at: Option<NaiveDate>,
}

/// Why something was not done, in GitLab's words: `error` for what cannot be read and for tokens that
/// do not suffice, `message` for everything else.
#[derive(Debug, ToSchema)]
pub(super) struct ErrorBody {
    /// What is wrong: a text, or an object with the problems of each field.
    message: Option<serde_json::Value>,
    error: Option<String>,
    error_description: Option<String>,
    /// The token scopes of which one would suffice.
    scope: Option<String>,
}
