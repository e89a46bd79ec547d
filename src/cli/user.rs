//! `wharfinger user`.

use clap::{ArgGroup, Args, Subcommand};

use crate::app::Desk;
use crate::app::users::{NewUser, UserChange};
use crate::cli::context::Context;
use crate::cli::input::{Confirmation, password_from_stdin, password_from_terminal, read};
use crate::domain::authority::Authority;
use crate::domain::text::DisplayName;
use crate::domain::users::password::NewPassword;
use crate::domain::users::username::Username;
use crate::domain::users::{EmailAddress, User, VisibleUser};
use crate::representation::UserView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a user.
    Create(CreateUserArguments),
    /// List all users: name, state, e-mail, administrator or external.
    List,
    /// Show one user.
    Show {
        /// The user's name.
        #[arg(value_parser = read::<Username>)]
        name: Username,
    },
    /// Change a user; user names do not change.
    Change(ChangeUserArguments),
    /// Delete a user with their tokens, roles and projects; their name stays taken until they are made anew.
    Delete {
        /// The user's name.
        #[arg(value_parser = read::<Username>)]
        name: Username,
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Let neither the user's password nor their tokens work any more.
    Block {
        /// The user's name.
        #[arg(value_parser = read::<Username>)]
        name: Username,
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Let a blocked user sign in again.
    Unblock {
        /// The user's name.
        #[arg(value_parser = read::<Username>)]
        name: Username,
    },
    /// Give a user a new password.
    ResetPassword {
        /// The user's name.
        #[arg(value_parser = read::<Username>)]
        name: Username,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct CreateUserArguments {
    /// The name to sign in with: lower-case letters, digits and `.`, `_`, `-` between them.
    #[arg(value_parser = read::<Username>)]
    name: Username,
    /// The user may do everything on every path.
    #[arg(long)]
    admin: bool,
    /// The user does not see internal projects.
    #[arg(long)]
    external: bool,
    /// An e-mail address, which also signs in.
    #[arg(long, value_parser = read::<EmailAddress>)]
    email: Option<EmailAddress>,
    /// Read a password from standard input; without one, only tokens sign in.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true).args(["name", "email", "no_email", "admin", "external"]))]
pub(super) struct ChangeUserArguments {
    /// The user's name.
    #[arg(value_parser = read::<Username>)]
    username: Username,
    /// The name people read.
    #[arg(long, value_parser = read::<DisplayName>)]
    name: Option<DisplayName>,
    /// An e-mail address, which also signs in.
    #[arg(long, value_parser = read::<EmailAddress>)]
    email: Option<EmailAddress>,
    /// The user has no address any more.
    #[arg(long, conflicts_with = "email")]
    no_email: bool,
    /// True if the user may do everything on every path.
    #[arg(long, value_name = "true|false")]
    admin: Option<bool>,
    /// True if the user does not see internal projects.
    #[arg(long, value_name = "true|false")]
    external: Option<bool>,
}

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    let authority = Authority::operator();
    match command {
        Command::Create(create) => {
            let new = NewUser {
                username: create.name,
                name: None,
                email: create.email,
                admin: create.admin,
                external: create.external,
                password: if create.password_stdin {
                    Some(NewPassword::try_from(password_from_stdin()?)?)
                } else {
                    None
                },
            };
            let has_password = new.password.is_some();
            let user = desk.create_user(&authority, new).await?;
            if !has_password {
                context
                    .output
                    .note("The user has no password: only tokens sign in.");
            }
            show(context, &user)
        }
        Command::List => {
            let (users, base) = (desk.users(&authority).await?, context.base());
            let views: Vec<UserView> = users
                .iter()
                .map(|user| UserView::new(user, &base))
                .collect();
            let rows: Vec<_> = users.iter().map(|user| row(user.user())).collect();
            context
                .output
                .list(&views, &["USER", "STATE", "E-MAIL", "KIND"], &rows)
        }
        Command::Show { name } => show(context, &desk.user(&authority, &name.into()).await?),
        Command::Change(change) => {
            let user = change.username.clone().into();
            let changed = desk.change_user(&authority, &user, change.into()).await?;
            show(context, &changed)
        }
        Command::Delete { name, confirmation } => delete(context, &desk, &name, confirmation).await,
        Command::Block { name, confirmation } => {
            confirmation.ask(&format!(
                "Block {name}? Their password and tokens stop working at once."
            ))?;
            show(context, &desk.block_user(&authority, &name.into()).await?)
        }
        Command::Unblock { name } => {
            let user = desk.unblock_user(&authority, &name.into()).await?;
            show(context, &user)
        }
        Command::ResetPassword {
            name,
            password_stdin,
        } => {
            let user = name.clone().into();
            desk.user(&authority, &user).await?;
            let password = if password_stdin {
                password_from_stdin()?
            } else {
                password_from_terminal()?
            };
            let password = NewPassword::try_from(password)?;
            desk.reset_password(&authority, &user, password).await?;
            context.output.note(&format!("{name} has a new password."));
            Ok(())
        }
    }
}

impl From<ChangeUserArguments> for UserChange {
    fn from(change: ChangeUserArguments) -> Self {
        Self {
            name: change.name,
            email: if change.no_email {
                Some(None)
            } else {
                change.email.map(Some)
            },
            admin: change.admin,
            external: change.external,
            ..Self::default()
        }
    }
}

async fn delete(
    context: &Context<'_>,
    desk: &Desk,
    name: &Username,
    confirmation: Confirmation,
) -> anyhow::Result<()> {
    let authority = Authority::operator();
    let user = desk.user(&authority, &name.clone().into()).await?;
    let id = user.user().id.into();
    let goes = desk.user_deletion(&authority, &id).await?;
    let note = |text: String| context.output.note(&text);
    note(format!("This deletes:\n  user {name}"));
    for namespace in &goes.namespaces {
        note(format!("  {} {}", namespace.kind.name(), namespace.path));
    }
    for token in &goes.tokens {
        let called = token.specification.name();
        note(format!("  personal access token {} ({called})", token.id));
    }
    for (namespace, member) in &goes.roles {
        note(format!("  the role {} in {}", member.level, namespace.path));
    }
    let view = UserView::new(&user, &context.base());
    confirmation.ask("Delete?")?;
    let gone = desk.delete_user(&authority, &id).await?;
    context.output.one(&view, &row(&gone.user).join("\t"))
}

fn show(context: &Context<'_>, user: &VisibleUser) -> anyhow::Result<()> {
    let view = UserView::new(user, &context.base());
    context.output.one(&view, &row(user.user()).join("\t"))
}

fn row(user: &User) -> Vec<String> {
    let kind = match (user.admin, user.external) {
        (true, _) => "administrator",
        (false, true) => "external",
        (false, false) => "user",
    };
    let email = user.email.as_ref().map_or("-", EmailAddress::as_str);
    [user.username.as_str(), user.state.name(), email, kind]
        .map(str::to_owned)
        .to_vec()
}
