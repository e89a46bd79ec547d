//! The grammar of scopes, in which clients ask for actions on resources.

use std::fmt;

use crate::domain::registry::action::{Action, ActionSet};
use crate::domain::registry::repository_name::{InvalidRepositoryName, RepositoryName};

/// Most scopes one request may name, before duplicates are merged.
pub const MAX_SCOPES: usize = 100;

/// The thing that a scope is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// The list of all repositories, `registry:catalog`.
    Catalog,
    /// The same list, as zot's clients ask for it: `repository::pull`.
    CatalogOfZot,
    /// One repository.
    Repository(RepositoryName),
}

impl Resource {
    /// The resource type in a token's access entry.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Catalog => "registry",
            Self::CatalogOfZot | Self::Repository(_) => "repository",
        }
    }

    /// The name in a token's access entry.
    pub fn name(&self) -> &str {
        match self {
            Self::Catalog => "catalog",
            Self::CatalogOfZot => "",
            Self::Repository(name) => name.as_str(),
        }
    }
}

/// Actions on one resource; a scope that exists is well formed and names at least one action.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// The resource.
    pub resource: Resource,
    /// The actions that are wanted.
    pub actions: ActionSet,
}

/// More than [`MAX_SCOPES`] scopes in one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} scopes are too many; a request may name at most {MAX_SCOPES}")]
pub struct TooManyScopes(usize);

/// The reason why a word gives no scope, or not all that it asks for; a sentence about scopes that does not repeat it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// It has too few parts.
    #[error("write TYPE:NAME:ACTIONS, such as repository:team/app:pull,push")]
    Form,
    /// It is about something that registries do not have.
    #[error("a registry has repository:NAME and registry:catalog")]
    Resource,
    /// It names no repository.
    #[error(transparent)]
    Name(InvalidRepositoryName),
    /// It asks for an action that there is not.
    #[error("the actions are pull, push, delete and *")]
    Action,
    /// It asks for an action that zot's catalog has not.
    #[error("the action of repository:: is pull")]
    ActionOnCatalogOfZot,
}

/// The repositories that scopes are about.
pub fn repositories_in(scopes: &[Scope]) -> Vec<&RepositoryName> {
    let names = scopes.iter().filter_map(|scope| match &scope.resource {
        Resource::Repository(name) => Some(name),
        Resource::Catalog | Resource::CatalogOfZot => None,
    });
    names.collect()
}

impl Scope {
    /// True for what is refused while rights may have changed unnoticed.
    pub fn is_more_than_a_pull(&self) -> bool {
        !matches!(self.resource, Resource::Repository(_))
            || self.actions.iter().any(|action| action != Action::Pull)
    }

    /// Reads one scope; none if it cannot be parsed or is about something that registries do not have.
    ///
    /// The type ends at the first colon and the actions begin after the last, because the name of
    /// a repository may hold a port; a class in parentheses is dropped (docs/protocol.md §1.6).
    pub fn parse(text: &str) -> Option<Self> {
        let (scope, _) = Self::read(text).ok()?;
        (!scope.actions.is_empty()).then_some(scope)
    }

    /// Makes sure that a word gives a scope and all its actions are some, for somebody who asks for a reason: a service passes over what
    /// is neither, and whoever writes it has mistyped it.
    pub fn check(text: &str) -> Result<(), InvalidScope> {
        let (scope, actions) = Self::read(text)?;
        let is_there = |name| scope.actions.iter().any(|action| action.name() == name);
        match scope.resource {
            _ if actions.split(',').all(is_there) => Ok(()),
            Resource::CatalogOfZot => Err(InvalidScope::ActionOnCatalogOfZot),
            Resource::Catalog | Resource::Repository(_) => Err(InvalidScope::Action),
        }
    }

    /// Reads a resource with the actions that it has, perhaps none, and all that are asked for.
    fn read(text: &str) -> Result<(Self, &str), InvalidScope> {
        let (kind, rest) = text.split_once(':').ok_or(InvalidScope::Form)?;
        let (name, asked) = rest.rsplit_once(':').ok_or(InvalidScope::Form)?;
        let resource = match (without_class(kind), name) {
            ("repository", "") => Resource::CatalogOfZot,
            ("repository", name) => {
                let name = RepositoryName::try_from(name);
                Resource::Repository(name.map_err(InvalidScope::Name)?)
            }
            ("registry", "catalog") => Resource::Catalog,
            _ => return Err(InvalidScope::Resource),
        };
        let exists =
            |action: &Action| resource != Resource::CatalogOfZot || *action == Action::Pull;
        let actions = asked.split(',').filter_map(Action::from_name);
        let actions = actions.filter(exists).collect();
        Ok((Self { resource, actions }, asked))
    }

    /// Reads the values of all `scope` parameters of a request; the only error is a number of scopes that is too high.
    ///
    /// Every value may hold several scopes between spaces (clients replay a challenge verbatim), scopes
    /// that cannot be parsed are ignored, and those of one resource are merged.
    pub fn parse_all(
        values: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Vec<Self>, TooManyScopes> {
        let mut scopes: Vec<Self> = Vec::new();
        let mut count = 0_usize;
        for value in values {
            for text in value.as_ref().split(' ').filter(|text| !text.is_empty()) {
                count += 1;
                if count <= MAX_SCOPES {
                    scopes.extend(Self::parse(text));
                }
            }
        }
        if count > MAX_SCOPES {
            return Err(TooManyScopes(count));
        }
        scopes.sort_unstable();
        scopes.dedup_by(|next, kept| {
            let is_same = next.resource == kept.resource;
            if is_same {
                kept.actions = kept.actions.union(next.actions);
            }
            is_same
        });
        Ok(scopes)
    }

    /// The parts of its text, in their order.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        let actions = self.actions.iter().enumerate();
        let actions = actions.flat_map(|(position, action)| {
            let before = if position == 0 { ":" } else { "," };
            [before, action.name()]
        });
        let resource = [self.resource.kind(), ":", self.resource.name()];
        resource.into_iter().chain(actions)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts().try_for_each(|part| f.write_str(part))
    }
}

/// The type without its deprecated class: `repository(plugin)` is `repository`.
fn without_class(kind: &str) -> &str {
    let inside = kind.strip_suffix(')').and_then(|open| open.split_once('('));
    inside.map_or(kind, |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(values: &[&str]) -> Vec<String> {
        let scopes = Scope::parse_all(values).unwrap();
        scopes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn scopes_of_all_clients_are_understood() {
        assert_eq!(
            read(&["repository:team/app:pull"]),
            ["repository:team/app:pull"]
        );
        assert_eq!(
            read(&["repository:x:pull repository:x:pull,push"]),
            ["repository:x:pull,push"],
            "containerd's push"
        );
        assert_eq!(
            read(&["repository:x:push,pull", "repository:y:pull"]),
            ["repository:x:pull,push", "repository:y:pull"],
            "docker's mount"
        );
        assert_eq!(
            read(&["repository:h.example:5000/x:pull"]),
            ["repository:h.example:5000/x:pull"]
        );
        for class in ["(plugin)", "()", "(a)(b)"] {
            let scope = format!("repository{class}:x:pull");
            assert_eq!(read(&[&scope]), ["repository:x:pull"], "{class}");
        }
        assert_eq!(
            read(&["repository:x:*"]),
            ["repository:x:*"],
            "skopeo delete"
        );
        assert_eq!(read(&["registry:catalog:*"]), ["registry:catalog:*"]);
    }

    #[test]
    fn what_cannot_be_parsed_is_ignored() {
        let odd = [
            "",
            ":",
            "::",
            "repository",
            "repository:x",
            "repository:X:pull",
            "repository(:x:pull",
            "repository):x:pull",
            "repository(a)b:x:pull",
            "repository:x:",
            "repository:x:admin",
            "registry:catalog:search",
            "registry:other:*",
            "robot:x:pull",
            "repository(plugin:x:pull",
            "repository:../x:pull",
            "repository:x/*:pull",
        ];
        assert_eq!(read(&odd), Vec::<String>::new());
        assert_eq!(read(&["repository::push,delete,*"]), Vec::<String>::new());
        assert_eq!(read(&["repository::pull,push"]), ["repository::pull"]);
        assert_eq!(
            read(&["junk repository:x:pull,admin :::"]),
            ["repository:x:pull"]
        );
    }

    #[test]
    fn what_is_ignored_has_a_reason() {
        for (text, reason) in [
            ("junk", InvalidScope::Form),
            ("repository:x", InvalidScope::Form),
            (
                "repository:X:pull",
                InvalidScope::Name(InvalidRepositoryName),
            ),
            (
                "repository:x/*:pull",
                InvalidScope::Name(InvalidRepositoryName),
            ),
            ("registry:other:*", InvalidScope::Resource),
            ("robot:x:pull", InvalidScope::Resource),
            ("registry:catalog:search", InvalidScope::Action),
            ("repository:x:", InvalidScope::Action),
            ("repository:x:pull,admin", InvalidScope::Action),
            ("repository::pull,push", InvalidScope::ActionOnCatalogOfZot),
        ] {
            assert_eq!(Scope::check(text), Err(reason), "{text}");
        }
        for text in ["repository(plugin):x:pull,push,pull", "registry:catalog:*"] {
            assert_eq!(Scope::check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_hundred_and_first_scope_is_one_too_many() {
        let text = vec!["repository:x:pull"; 101].join(" ");
        assert_eq!(Scope::parse_all([text.as_str()]), Err(TooManyScopes(101)));
        let text = vec!["repository:x:pull"; 100].join(" ");
        assert!(Scope::parse_all([text.as_str()]).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,300}") {
            let _ = Scope::parse_all([text.as_str()]);
        }

        #[test]
        fn a_scope_that_was_read_reads_the_same_again(text in "(repository|registry|[a-z(]{1,4}):[a-z0-9:/._-]{0,20}:(pull|push|delete|\\*|,){0,6}") {
            if let Some(scope) = Scope::parse(&text) {
                prop_assert_eq!(Scope::parse(&scope.to_string()), Some(scope));
            }
        }

        #[test]
        fn order_and_repetition_change_nothing(mut texts in prop::collection::vec("repository:[ab]:(pull|push|delete|\\*)", 0..8)) {
            let once = Scope::parse_all(&texts);
            texts.reverse();
            let again = texts.iter().chain(texts.iter());
            prop_assert_eq!(Scope::parse_all(again), once);
        }
    }
}
