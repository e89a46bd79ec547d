//! `wharfinger user`.

use clap::{Args, Subcommand};

use super::context::Context;
use super::input::{Confirmation, password_from_stdin, password_from_terminal, read};
use crate::app::NewUser;
use crate::domain::authority::Authority;
use crate::domain::user::{EmailAddress, User};
use crate::domain::username::Username;
use crate::representation::UserView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a user.
    Create(Create),
    /// List all users: name, state, e-mail, administrator or external.
    List,
    /// Show one user.
    Show {
        /// The user's name.
        #[arg(value_parser = read::<Username>)]
        name: Username,
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
pub(super) struct Create {
    /// The name to sign in with: lower-case letters, digits and `.`, `_`, `-` between them.
    #[arg(value_parser = read::<Username>)]
    name: Username,
    /// May do everything on every path.
    #[arg(long)]
    admin: bool,
    /// Does not see internal projects.
    #[arg(long)]
    external: bool,
    /// An address, which also signs in.
    #[arg(long, value_parser = read::<EmailAddress>)]
    email: Option<EmailAddress>,
    /// Read a password from standard input; without one, only tokens sign in.
    #[arg(long)]
    password_stdin: bool,
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
                    Some(password_from_stdin()?)
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
            let users = desk.users().await?;
            let views: Vec<UserView> = users.iter().map(|user| view(context, user)).collect();
            let rows: Vec<_> = users.iter().map(row).collect();
            context
                .output
                .list(&views, &["USER", "STATE", "E-MAIL", "KIND"], &rows)
        }
        Command::Show { name } => show(context, &desk.user(&name).await?),
        Command::Block { name, confirmation } => {
            confirmation.ask(&format!(
                "Block {name}? Their password and tokens stop working at once."
            ))?;
            show(context, &desk.block_user(&authority, &name).await?)
        }
        Command::Unblock { name } => show(context, &desk.unblock_user(&authority, &name).await?),
        Command::ResetPassword {
            name,
            password_stdin,
        } => {
            desk.user(&name).await?;
            let password = if password_stdin {
                password_from_stdin()?
            } else {
                password_from_terminal()?
            };
            desk.reset_password(&authority, &name, password).await?;
            context.output.note(&format!("{name} has a new password."));
            Ok(())
        }
    }
}

fn show(context: &Context<'_>, user: &User) -> anyhow::Result<()> {
    context
        .output
        .one(&view(context, user), &row(user).join("\t"))
}

fn view(context: &Context<'_>, user: &User) -> UserView {
    UserView::full(user, &context.config.admin.public_url.join(""))
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
