//! Filters of GitLab's for things that do not exist here.
//!
//! If they were ignored, everything would be listed to a program that takes the first entry or deletes
//! all of them. So each noun has a table of them: a filter for things that do not exist here lists
//! nothing, one for facts that we do not know is refused, and only one that leaves nothing out has no
//! effect. A filter that GitLab does not know either is ignored, as in GitLab.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::Parameters;

/// A filter of GitLab's, its effect here, and the reason.
#[derive(Debug)]
pub(super) struct ForeignFilter {
    name: &'static str,
    effect: Effect,
    why: &'static str,
}

/// The effect of a filter.
#[derive(Debug, Clone, Copy)]
enum Effect {
    /// The list is empty.
    Nothing(When),
    /// The request is refused.
    Refused(When),
    /// It would leave nothing out, or changes only how entries look.
    Ignored,
}

/// The values for which a filter has its effect; others leave nothing out.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    /// Any value, also a blank one: the empty variable of a script must not list everything.
    Given,
    /// True.
    True,
    /// False.
    False,
    /// The first of these two words.
    Word(&'static str, &'static str),
}

/// A filter for things that do not exist here.
pub(super) const fn nothing(name: &'static str, when: When, why: &'static str) -> ForeignFilter {
    let effect = Effect::Nothing(when);
    ForeignFilter { name, effect, why }
}

/// A filter for facts that are not known here.
pub(super) const fn refused(name: &'static str, when: When, why: &'static str) -> ForeignFilter {
    let effect = Effect::Refused(when);
    ForeignFilter { name, effect, why }
}

/// It would leave nothing out, or changes only how entries look.
pub(super) const fn ignored(name: &'static str, why: &'static str) -> ForeignFilter {
    let effect = Effect::Ignored;
    ForeignFilter { name, effect, why }
}

/// True if one of these filters makes the list empty.
pub(super) fn leave_nothing(
    filters: &[ForeignFilter],
    parameters: &Parameters,
) -> Result<bool, ApiError> {
    let mut is_empty = false;
    for ForeignFilter { name, effect, why } in filters {
        match effect {
            Effect::Nothing(when) => is_empty |= when.holds(name, parameters)?,
            Effect::Refused(when) if when.holds(name, parameters)? => {
                return Err(ApiError::parameter(format!(
                    "{name} cannot be answered here, leave it out: {why}"
                )));
            }
            Effect::Refused(_) | Effect::Ignored => {}
        }
    }
    Ok(is_empty)
}

/// The filters that have an effect, for the API's description.
pub(super) fn describe(filters: &[ForeignFilter]) -> Vec<Parameter> {
    let described = filters.iter().filter_map(|filter| {
        let (does, when) = match filter.effect {
            Effect::Nothing(when) => ("lists nothing", when),
            Effect::Refused(when) => ("is refused", when),
            Effect::Ignored => return None,
        };
        let text = format!("{} {does}: {}.", when.subject(), filter.why);
        let parameter = ParameterBuilder::new()
            .name(filter.name)
            .parameter_in(ParameterIn::Query)
            .description(Some(text))
            .schema(Some(when.schema()));
        Some(parameter.build())
    });
    described.collect()
}

impl When {
    fn holds(self, name: &str, parameters: &Parameters) -> Result<bool, ApiError> {
        match self {
            Self::Given => Ok(parameters.is_given(name)),
            Self::True => Ok(parameters.boolean(name)? == Some(true)),
            Self::False => Ok(parameters.boolean(name)? == Some(false)),
            Self::Word(yes, no) => {
                let word = parameters.word(name, |text| {
                    (text == yes || text == no).then(|| text == yes)
                })?;
                Ok(word == Some(true))
            }
        }
    }

    fn subject(self) -> String {
        match self {
            Self::Given => "Any value, also a blank one,".to_owned(),
            Self::True => "`true`".to_owned(),
            Self::False => "`false`".to_owned(),
            Self::Word(yes, _) => format!("`{yes}`"),
        }
    }

    fn schema(self) -> Schema {
        let schema = ObjectBuilder::new();
        let schema = match self {
            Self::Given => schema.schema_type(Type::String),
            Self::True | Self::False => schema.schema_type(Type::Boolean),
            Self::Word(yes, no) => schema
                .schema_type(Type::String)
                .enum_values(Some([yes, no])),
        };
        schema.into()
    }
}
