//! The words that a field may have, for the API's description; each list is the domain's own.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::deploy_tokens::DEPLOY_TOKEN_SCOPES;
use crate::domain::namespaces::visibility::Visibility;

/// A personal access token's scope.
pub(super) struct ScopeName;

impl ToSchema for ScopeName {}

impl PartialSchema for ScopeName {
    fn schema() -> RefOr<Schema> {
        one_of_scopes(AccessTokenScope::ALL)
    }
}

/// A deploy token's scope.
pub(super) struct DeployScopeName;

impl ToSchema for DeployScopeName {}

impl PartialSchema for DeployScopeName {
    fn schema() -> RefOr<Schema> {
        one_of_scopes(DEPLOY_TOKEN_SCOPES)
    }
}

/// A visibility of a group or project.
pub(super) struct VisibilityName;

impl ToSchema for VisibilityName {}

impl PartialSchema for VisibilityName {
    fn schema() -> RefOr<Schema> {
        one_of(Visibility::ALL.map(Visibility::name))
    }
}

fn one_of<const N: usize>(words: [&'static str; N]) -> RefOr<Schema> {
    words_of(words).into()
}

/// The scopes with their sentences.
fn one_of_scopes<const N: usize>(scopes: [AccessTokenScope; N]) -> RefOr<Schema> {
    let lines = scopes.map(|scope| format!("- `{scope}`: {}", scope.sentence()));
    let schema = words_of(scopes.map(AccessTokenScope::name));
    schema.description(Some(lines.join("\n"))).into()
}

fn words_of<const N: usize>(words: [&'static str; N]) -> ObjectBuilder {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    schema.enum_values(Some(words))
}
