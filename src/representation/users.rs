//! Users in JSON.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::openapi::schema::{AllOfBuilder, AnyOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::ids::NamespaceId;
use crate::domain::users::{User, VisibleUser};
use crate::representation::absent::AbsentInUsers;
use crate::representation::instant;

/// A user; only administrators and the user themselves see more than the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserView {
    #[serde(flatten)]
    basic: BasicUserView,
    #[serde(flatten)]
    more: Option<UserDetails>,
}

/// The part of a user that everybody sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BasicUser)]
pub struct BasicUserView {
    id: i64,
    username: String,
    name: String,
    /// The address that everybody may see; there is none.
    public_email: Option<String>,
    /// `active` or `blocked`.
    state: &'static str,
    /// True while too many wrong passwords lock the user out, which does not happen here.
    locked: bool,
    /// True for a user that is made for a program, which does not exist here.
    bot: bool,
    avatar_url: Option<String>,
    web_url: String,
}

/// The details of a user that not everybody sees.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the fields are GitLab's, each on its own"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserDetails {
    /// UTC with milliseconds, RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    confirmed_at: String,
    email: Option<String>,
    commit_email: Option<String>,
    /// True if they may do everything on every path.
    is_admin: bool,
    /// True if internal groups and projects are closed to them.
    external: bool,
    /// The namespace that bears their name and holds their own projects.
    namespace_id: Option<i64>,
    bio: &'static str,
    note: &'static str,
    identities: Vec<String>,
    /// GitLab's permission for people who are no administrators to make groups at the top; nobody has it here.
    can_create_group: bool,
    can_create_project: bool,
    /// The limit on own projects. There is none; Terraform's provider expects this number then.
    projects_limit: u32,
    /// True if their password alone opens nothing.
    two_factor_enabled: bool,
    private_profile: bool,
    theme_id: u32,
    color_scheme_id: u32,
    #[serde(flatten)]
    absent: AbsentInUsers,
}

/// The schema is written by hand: the derived one says that the details may be null, and they are left out.
impl PartialSchema for UserView {
    fn schema() -> RefOr<Schema> {
        let basic = || Ref::from_schema_name(BasicUserView::name());
        let whole = AllOfBuilder::new()
            .item(basic())
            .item(Ref::from_schema_name(UserDetails::name()));
        AnyOfBuilder::new()
            .description(Some(
                "A user; only administrators and the user themselves see more than the name.",
            ))
            .item(basic())
            .item(whole)
            .into()
    }
}

impl ToSchema for UserView {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("User")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((BasicUserView::name().into_owned(), BasicUserView::schema()));
        schemas.push((UserDetails::name().into_owned(), UserDetails::schema()));
        BasicUserView::schemas(schemas);
        UserDetails::schemas(schemas);
    }
}

impl BasicUserView {
    /// The user; `base` is the address of our pages.
    pub fn new(user: &User, base: &str) -> Self {
        Self {
            id: user.id.0,
            username: user.username.to_string(),
            name: user.name.clone(),
            public_email: None,
            state: user.state.name(),
            locked: false,
            bot: false,
            avatar_url: None,
            web_url: format!("{base}/{}", user.username),
        }
    }
}

impl UserView {
    /// As much of a user as may be seen; `base` is the address of our pages.
    pub fn new(user: &VisibleUser, base: &str) -> Self {
        match user {
            VisibleUser::Basic(user) => Self {
                basic: BasicUserView::new(user, base),
                more: None,
            },
            VisibleUser::Whole(user, namespace) => Self::whole(user, *namespace, base),
        }
    }

    /// Everything, with the namespace that bears the user's name.
    fn whole(user: &User, own_namespace: Option<NamespaceId>, base: &str) -> Self {
        let email = user.email.as_ref().map(ToString::to_string);
        let more = UserDetails {
            created_at: instant(user.created_at),
            // Nobody has to confirm an address here, so it counts as confirmed from the beginning.
            confirmed_at: instant(user.created_at),
            commit_email: email.clone(),
            email,
            is_admin: user.admin,
            external: user.external,
            namespace_id: own_namespace.map(|id| id.0),
            bio: "",
            note: "",
            identities: Vec::new(),
            can_create_group: false,
            can_create_project: true,
            projects_limit: 0,
            two_factor_enabled: user.two_factor,
            private_profile: false,
            theme_id: 1,
            color_scheme_id: 1,
            absent: AbsentInUsers::HERE,
        };
        Self {
            basic: BasicUserView::new(user, base),
            more: Some(more),
        }
    }
}
