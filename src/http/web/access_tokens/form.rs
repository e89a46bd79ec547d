//! The form for a new token: the values as they were typed, and the problems beside their fields.

use chrono::{DateTime, Utc};

use crate::app::DeskError;
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::access_tokens::policy::{AccessTokenPolicy, WantedEnd};
use crate::domain::access_tokens::scope::{AccessTokenScope, AccessTokenScopes};
use crate::domain::access_tokens::{
    AccessTokenDescription, AccessTokenSpecification, InvalidAccessToken,
};
use crate::domain::text::DisplayName;
use crate::http::web::access_tokens::ends::{EndField, refusal};
use crate::http::web::page::error::{WebError, sentence};
use crate::http::web::page::form::FilledForm;

/// The form as it is shown, perhaps once more.
#[derive(Debug)]
pub(super) struct TokenForm {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) scopes: Vec<ScopeBox>,
    pub(super) ends: EndField,
    /// The patterns, one on each line.
    pub(super) repositories: String,
    pub(super) problems: FormProblems,
}

/// The checkbox of a scope.
#[derive(Debug)]
pub(super) struct ScopeBox {
    pub(super) scope: AccessTokenScope,
    pub(super) is_checked: bool,
}

/// The problems, each for one field, and one that is nobody's.
#[derive(Debug, Default)]
pub(super) struct FormProblems {
    pub(super) whole: Option<String>,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) scopes: Option<String>,
    pub(super) ends: Option<String>,
    pub(super) repositories: Option<String>,
}

impl FormProblems {
    /// True if there is a problem with a field.
    pub(super) fn any(&self) -> bool {
        let fields = [
            &self.name,
            &self.description,
            &self.scopes,
            &self.ends,
            &self.repositories,
        ];
        fields.iter().any(|problem| problem.is_some())
    }
}

impl TokenForm {
    /// The form with what `filled` says, be it what a person typed or what a link fills in.
    pub(super) fn new(filled: &FilledForm, policy: &AccessTokenPolicy, now: DateTime<Utc>) -> Self {
        let checked: Vec<&str> = filled
            .all("scopes")
            .flat_map(|names| names.split(','))
            .collect();
        let scopes = AccessTokenScope::ALL.map(|scope| ScopeBox {
            scope,
            is_checked: checked.contains(&scope.name()),
        });
        let repositories: Vec<&str> = filled.all("repositories").collect();
        Self {
            name: filled.text("name").to_owned(),
            description: filled.text("description").to_owned(),
            scopes: scopes.into(),
            ends: EndField::new(filled, policy, now),
            repositories: repositories.join("\n"),
            problems: FormProblems::default(),
        }
    }

    /// The token that is wanted; none if there are problems, which the form tells from then on.
    pub(super) fn read(
        &mut self,
        now: DateTime<Utc>,
    ) -> Option<(AccessTokenSpecification, WantedEnd)> {
        let name = DisplayName::try_from(self.name.as_str());
        let name = name.map_err(|error| sentence(&error.to_string()));
        let description = AccessTokenDescription::read(&self.description)
            .map_err(|error| format!("A description is at most {} characters.", error.longest));
        let scopes = match self.checked() {
            none if none.is_empty() => Err("Check at least one scope.".to_owned()),
            scopes => Ok(scopes),
        };
        match (
            name,
            description,
            scopes,
            self.ends.read(now),
            self.patterns(),
        ) {
            (Ok(name), Ok(description), Ok(scopes), Ok(end), Ok(patterns)) => {
                let wanted = AccessTokenSpecification::new(name, scopes)
                    .and_then(|wanted| wanted.described(description).limited_to(patterns));
                match wanted {
                    Ok(wanted) => Some((wanted, end)),
                    Err(error) => {
                        self.breaks(&error);
                        None
                    }
                }
            }
            (name, description, scopes, end, patterns) => {
                self.problems = FormProblems {
                    whole: None,
                    name: name.err(),
                    description: description.err(),
                    scopes: scopes.err(),
                    ends: end.err(),
                    repositories: patterns.err(),
                };
                None
            }
        }
    }

    /// The patterns, or the problem with the first that is none.
    pub(super) fn patterns(&self) -> Result<Vec<RepositoryPattern>, String> {
        let texts = self.repositories.split([',', '\n', '\r', ' ']);
        texts
            .filter(|text| !text.is_empty())
            .map(|text| {
                RepositoryPattern::try_from(text).map_err(|error| sentence(&error.to_string()))
            })
            .collect()
    }

    fn checked(&self) -> AccessTokenScopes {
        let checked = self.scopes.iter().filter(|shown| shown.is_checked);
        checked.map(|shown| shown.scope).collect()
    }

    /// Tells of the rule that the token would break, beside the field that breaks it.
    fn breaks(&mut self, error: &InvalidAccessToken) {
        let text = Some(sentence(&error.to_string()));
        match error {
            InvalidAccessToken::NoScope => self.problems.scopes = text,
            InvalidAccessToken::TooManyPatterns | InvalidAccessToken::TooWideForPatterns(_) => {
                self.problems.repositories = text;
            }
            InvalidAccessToken::Wider(_) => self.problems.whole = text,
        }
    }

    /// Tells the reason why the desk did not make the token; an error that has nothing to do with the form comes back.
    pub(super) fn refuse(&mut self, error: DeskError) -> Result<(), WebError> {
        match error {
            DeskError::End(problem) => {
                self.problems.ends = Some(refusal(problem));
            }
            DeskError::AccessToken(error) => self.breaks(&error),
            DeskError::Refused(why) => self.problems.whole = Some(sentence(&why)),
            error => return Err(error.into()),
        }
        Ok(())
    }
}
