//! `wharfinger user`.

use clap::{ArgGroup, Args, Subcommand};
use secrecy::ExposeSecret;

use crate::app::Desk;
use crate::app::users::{NewUser, OwnedGroups, UserChange};
use crate::cli::context::Context;
use crate::cli::input::{Confirmation, password_from_stdin, password_from_terminal, read};
use crate::cli::output::list::{List, PART};
use crate::cli::output::secret_file::{PasswordOutput, SecretPlace};
use crate::cli::output::table::Table;
use crate::domain::authority::Authority;
use crate::domain::text::DisplayName;
use crate::domain::users::filter::UserFilter;
use crate::domain::users::password::NewPassword;
use crate::domain::users::username::Username;
use crate::domain::users::{EmailAddress, User, UserState, VisibleUser};
use crate::representation::UserView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a user.
    Create(CreateUserArguments),
    /// List users: name, state, e-mail, administrator or external, two-factor authentication.
    List {
        /// Only users with two-factor authentication (enabled), or without (disabled).
        #[arg(long, value_name = "enabled|disabled", value_parser = two_factor)]
        two_factor: Option<bool>,
    },
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
    /// Let neither the user's password nor their tokens open anything after a second at most.
    ///
    /// Registry tokens that a client got before work until they end, some minutes later.
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
    /// Two-factor authentication, which users turn on themselves.
    #[command(subcommand)]
    TwoFactor(TwoFactorCommand),
    /// Give a user a new password; on the web pages they are to choose their own.
    ResetPassword {
        /// The user's name.
        #[arg(value_parser = read::<Username>)]
        name: Username,
        /// Read the password from standard input.
        #[arg(long, conflicts_with = "file")]
        password_stdin: bool,
        #[command(flatten)]
        output: PasswordOutput,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum TwoFactorCommand {
    /// Turn it off for a user who lost their device and their recovery codes: their password alone signs them in again.
    Disable {
        /// The user's name.
        #[arg(value_parser = read::<Username>)]
        name: Username,
        #[command(flatten)]
        confirmation: Confirmation,
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
    #[arg(long, conflicts_with = "file")]
    password_stdin: bool,
    #[command(flatten)]
    output: PasswordOutput,
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

const COLUMNS: [&str; 5] = ["USER", "STATE", "E-MAIL", "KIND", "TWO-FACTOR"];

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    let authority = Authority::operator();
    match command {
        Command::Create(arguments) => create(arguments, context, &desk).await,
        Command::List { two_factor } => list(context, &desk, two_factor).await,
        Command::Show { name } => show(context, &desk.user(&authority, &name.into()).await?),
        Command::Change(change) => {
            let user = change.username.clone().into();
            let changed = desk.change_user(&authority, &user, change.into()).await?;
            show(context, &changed)
        }
        Command::Delete { name, confirmation } => delete(context, &desk, &name, confirmation).await,
        Command::Block { name, confirmation } => {
            let reference = name.clone().into();
            let user = desk.user(&authority, &reference).await?;
            if user.user().state == UserState::Blocked {
                context.output.note(&format!("{name} was already blocked."));
                return show(context, &user);
            }
            confirmation.ask(&format!(
                "Block {name}? Their password and tokens open nothing any more, on each instance within a second."
            ))?;
            show(context, &desk.block_user(&authority, &reference).await?)
        }
        Command::Unblock { name } => {
            let reference = name.clone().into();
            let user = desk.user(&authority, &reference).await?;
            if user.user().state == UserState::Active {
                context.output.note(&format!("{name} was not blocked."));
            }
            show(context, &desk.unblock_user(&authority, &reference).await?)
        }
        Command::TwoFactor(TwoFactorCommand::Disable { name, confirmation }) => {
            let reference = name.clone().into();
            let was = desk.user(&authority, &reference).await?;
            confirmation.ask(&format!(
                "Turn off two-factor authentication for {name}? Their password alone signs them in then."
            ))?;
            let reset = desk.reset_two_factor(&authority, &reference).await?;
            if !was.user().two_factor {
                let done = format!("{name} had only begun to set it up; that is deleted.");
                context.output.note(&done);
            }
            show(context, &reset)
        }
        Command::ResetPassword {
            name,
            password_stdin,
            output,
        } => {
            let reference = name.clone().into();
            let user = desk.user(&authority, &reference).await?;
            let password = if output.is_file() {
                desk.random_password()
            } else if password_stdin {
                password_from_stdin()?
            } else {
                password_from_terminal()?
            };
            let place = output.prepare()?;
            let new = NewPassword::try_from(password.clone())?;
            desk.reset_password(&authority, &reference, new).await?;
            context.output.note(&format!("{name} has a new password."));
            let view = UserView::new(&user, &context.base());
            match place {
                SecretPlace::Printed => context.output.for_programs(&view),
                file @ SecretPlace::File(..) => {
                    let secret = (password.expose_secret(), format!("the user {name}"));
                    file.hand_over(context.output, secret, &view, &view)
                }
            }
        }
    }
}

async fn list(context: &Context<'_>, desk: &Desk, two_factor: Option<bool>) -> anyhow::Result<()> {
    let (operator, base) = (Authority::operator(), context.base());
    let mut list = List::new(context.output, &COLUMNS);
    let mut end: Option<Username> = None;
    let filter = UserFilter {
        two_factor,
        ..UserFilter::default()
    };
    loop {
        let part = (end.as_ref(), PART);
        let users = desk.users(&operator, &filter, part).await?;
        let views = users.iter().map(|user| UserView::new(user, &base));
        let rows = users.iter().map(|user| row(user.user())).collect();
        if !list.part(&views.collect::<Vec<_>>(), rows)? {
            return Ok(());
        }
        end = users.last().map(|user| user.user().username.clone());
        if end.is_none() {
            return list.end();
        }
    }
}

async fn create(
    arguments: CreateUserArguments,
    context: &Context<'_>,
    desk: &Desk,
) -> anyhow::Result<()> {
    let password = if arguments.output.is_file() {
        Some(desk.random_password())
    } else if arguments.password_stdin {
        Some(password_from_stdin()?)
    } else {
        None
    };
    let chosen = password.clone().map(NewPassword::try_from).transpose()?;
    let new = NewUser {
        username: arguments.name,
        name: None,
        email: arguments.email,
        admin: arguments.admin,
        external: arguments.external,
        password: if arguments.output.is_file() {
            chosen.map(NewPassword::as_temporary)
        } else {
            chosen
        },
    };
    let place = arguments.output.prepare()?;
    let user = desk.create_user(&Authority::operator(), new).await?;
    let name = &user.user().username;
    context.output.note(&match password {
        None => format!("The user {name} is made. They have no password: only tokens sign in."),
        Some(_) => format!("The user {name} is made."),
    });
    match (place, password) {
        (file @ SecretPlace::File(..), Some(password)) => {
            let view = UserView::new(&user, &context.base());
            let secret = (password.expose_secret(), format!("the user {name}"));
            file.hand_over(context.output, secret, &view, &view)
        }
        _ => show(context, &user),
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
    let mut unnamed = goes.tokens;
    for token in &goes.last_tokens {
        let called = token.specification.name();
        note(format!("  personal access token {} ({called})", token.id));
        unnamed = unnamed.saturating_sub(1);
    }
    if unnamed > 0 {
        note(format!("  and {unnamed} more personal access tokens"));
    }
    for (namespace, member) in &goes.roles {
        note(format!("  the role {} in {}", member.level, namespace.path));
    }
    let view = UserView::new(&user, &context.base());
    let (namespaces, tokens, roles) = (goes.namespaces.len(), goes.tokens, goes.roles.len());
    confirmation.ask(&format!(
        "Delete the user {name} (namespaces: {namespaces}, personal access tokens: {tokens}, roles: {roles})?"
    ))?;
    let gone = desk
        .delete_user(&authority, &id, OwnedGroups::Abandoned)
        .await?;
    let table = Table::new(&COLUMNS, vec![row(&gone)]);
    context.output.table(&view, &table)
}

fn show(context: &Context<'_>, user: &VisibleUser) -> anyhow::Result<()> {
    let view = UserView::new(user, &context.base());
    let table = Table::new(&COLUMNS, vec![row(user.user())]);
    context.output.table(&view, &table)
}

fn row(user: &User) -> Vec<String> {
    let kind = match (user.admin, user.external) {
        (true, _) => "administrator",
        (false, true) => "external",
        (false, false) => "user",
    };
    let email = user.email.as_ref().map_or("-", EmailAddress::as_str);
    let two_factor = if user.two_factor {
        "enabled"
    } else {
        "disabled"
    };
    let (username, state) = (user.username.as_str(), user.state.name());
    [username, state, email, kind, two_factor]
        .map(str::to_owned)
        .to_vec()
}

/// The filter by its word.
fn two_factor(text: &str) -> Result<bool, &'static str> {
    match text {
        "enabled" => Ok(true),
        "disabled" => Ok(false),
        _ => Err("it is enabled or disabled"),
    }
}
