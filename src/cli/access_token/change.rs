//! `wharfinger token change`.

use clap::{ArgGroup, Args};

use crate::app::Desk;
use crate::cli::access_token::end::TokenEnd;
use crate::cli::input::{access_token_id, read};
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::access_tokens::{AccessToken, AccessTokenChange};
use crate::domain::authority::Authority;
use crate::domain::ids::AccessTokenId;
use crate::domain::text::{Description, DisplayName};

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true)
    .args(["name", "scopes", "expires_at", "expires_in", "repositories", "description"]))]
pub(in crate::cli) struct ChangeTokenArguments {
    /// The token's id.
    #[arg(value_parser = access_token_id)]
    pub(super) id: AccessTokenId,
    /// Another name.
    #[arg(long, value_parser = read::<DisplayName>)]
    name: Option<DisplayName>,
    /// A scope that it keeps; may be repeated.
    #[arg(long = "scope", value_delimiter = ',')]
    scopes: Vec<AccessTokenScope>,
    #[command(flatten)]
    end: TokenEnd,
    /// A pattern that it keeps, or a repository that one of them covers; may be repeated.
    #[arg(long = "repository", value_name = "PATTERN", value_parser = read::<RepositoryPattern>)]
    repositories: Vec<RepositoryPattern>,
    /// Another description; empty for none.
    #[arg(long)]
    description: Option<String>,
}

impl ChangeTokenArguments {
    /// Changes the token; what is left out stays as it is.
    pub(super) async fn apply(self, desk: &Desk) -> anyhow::Result<AccessToken> {
        let description = self.description.as_deref().map(Description::read);
        let (scopes, repositories) = (self.scopes, self.repositories);
        let wanted = AccessTokenChange {
            name: self.name,
            description: description.transpose()?,
            end: self.end.wanted(desk.now())?,
            scopes: (!scopes.is_empty()).then(|| scopes.into_iter().collect()),
            repositories: (!repositories.is_empty()).then_some(repositories),
        };
        let operator = Authority::operator();
        Ok(desk.change_access_token(&operator, self.id, wanted).await?)
    }
}
