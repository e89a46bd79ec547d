//! `wharfinger member`.

use anyhow::bail;
use clap::{ArgGroup, Subcommand};

use crate::app::members::{InheritedRoles, MemberChange, NewMember, RolesBelow};
use crate::app::{Desk, DeskError};
use crate::cli::context::{Context, user_id};
use crate::cli::input::{Confirmation, expiry, read, to_come};
use crate::cli::output::list::{List, Parts};
use crate::cli::output::table::Table;
use crate::cli::output::words::{end, until};
use crate::domain::authority::Authority;
use crate::domain::expiry::Expiry;
use crate::domain::members::ListedMember;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::filter::MemberFilter;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::users::username::Username;
use crate::representation::MemberView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Give a user a role in a group or project where they have none; `change` is for members.
    Add {
        /// The group or project.
        #[arg(value_parser = read::<NamespacePath>)]
        path: NamespacePath,
        /// The user.
        #[arg(value_parser = read::<Username>)]
        user: Username,
        /// guest, reporter (pulls), developer (pushes), maintainer (deletes) or owner.
        #[arg(long)]
        level: AccessLevel,
        /// The date on which the role ends, at 00:00 UTC.
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = expiry)]
        expires_at: Option<Expiry>,
    },
    /// Take a user's role in a group or project away.
    Remove {
        /// The group or project.
        #[arg(value_parser = read::<NamespacePath>)]
        path: NamespacePath,
        /// The user.
        #[arg(value_parser = read::<Username>)]
        user: Username,
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Give a member another role in a group or project, or another end to it.
    #[command(group = ArgGroup::new("change").required(true).multiple(true).args(["level", "expires_at", "endless"]))]
    Change {
        /// The group or project.
        #[arg(value_parser = read::<NamespacePath>)]
        path: NamespacePath,
        /// The user.
        #[arg(value_parser = read::<Username>)]
        user: Username,
        /// guest, reporter (pulls), developer (pushes), maintainer (deletes) or owner.
        #[arg(long)]
        level: Option<AccessLevel>,
        /// The date on which the role ends, at 00:00 UTC.
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = expiry)]
        expires_at: Option<Expiry>,
        /// The role does not end any more.
        #[arg(long, conflicts_with = "expires_at")]
        endless: bool,
    },
    /// List the members of a group or project: user, role, end.
    List {
        /// The group or project.
        #[arg(value_parser = read::<NamespacePath>)]
        path: NamespacePath,
        /// Also list members of the groups above; the highest role of each user counts.
        #[arg(long)]
        all: bool,
    },
}

const COLUMNS: [&str; 3] = ["USER", "ROLE", "ENDS"];

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    match command {
        Command::Add {
            path,
            user,
            level,
            expires_at,
        } => {
            let new = NewMember {
                namespace: NamespaceReference::shared(path.clone()),
                user: user.into(),
                level,
                expiry: to_come(expires_at, desk.now())?,
            };
            add(context, &desk, new, &path).await
        }
        Command::Change {
            path,
            user,
            level,
            expires_at,
            endless,
        } => {
            let user = user_id(&desk, user).await?;
            let expires_at = to_come(expires_at, desk.now())?;
            let wanted = MemberChange {
                level,
                expiry: if endless {
                    Some(None)
                } else {
                    expires_at.map(Some)
                },
            };
            let changed = desk
                .change_member(
                    &Authority::operator(),
                    &NamespaceReference::shared(path),
                    user,
                    wanted,
                )
                .await?;
            show(context, &changed)
        }
        Command::Remove {
            path,
            user,
            confirmation,
        } => {
            let (authority, id) = (Authority::operator(), user_id(&desk, user.clone()).await?);
            let namespace = NamespaceReference::shared(path.clone());
            let own = (&namespace, InheritedRoles::Excluded);
            let was = desk.member(&authority, own, id).await;
            let was = was.map_err(|error| match error {
                DeskError::NotMember { namespace, .. } => DeskError::NotMember {
                    user: user.to_string(),
                    namespace,
                },
                other => other,
            })?;
            confirmation.ask(&format!("Take {user}'s role in {path} away?"))?;
            desk.remove_member(&authority, &namespace, id, RolesBelow::Kept)
                .await?;
            context
                .output
                .note(&format!("{user} has no role in {path} any more."));
            show(context, &was)
        }
        Command::List { path, all } => {
            let reach = if all {
                InheritedRoles::Included
            } else {
                InheritedRoles::Excluded
            };
            let (operator, namespace) = (Authority::operator(), NamespaceReference::shared(path));
            let (filter, base) = (MemberFilter::default(), context.base());
            let (mut list, mut parts) = (List::new(context.output, &COLUMNS), Parts::default());
            while let Some(part) = parts.wanted() {
                let part = desk.members_page(&operator, (&namespace, reach), &filter, part);
                let members = parts.taken(part.await?);
                let views = members.iter().map(|member| MemberView::new(member, &base));
                let rows = members.iter().map(row).collect();
                if !list.part(&views.collect::<Vec<_>>(), rows)? {
                    return Ok(());
                }
            }
            list.end()
        }
    }
}

/// Gives a role; who has one there keeps it, and is told how to change it.
async fn add(
    context: &Context<'_>,
    desk: &Desk,
    new: NewMember,
    path: &NamespacePath,
) -> anyhow::Result<()> {
    let authority = Authority::operator();
    let (namespace, level, expiry) = (new.namespace.clone(), new.level, new.expiry);
    let user = desk.user(&authority, &new.user).await?;
    let user = user.user();
    match desk.add_member(&authority, new).await {
        Ok(added) => {
            context.output.note(&format!(
                "{} is {level} in {path}{}.",
                user.username,
                until(expiry)
            ));
            show(context, &added)
        }
        Err(DeskError::AlreadyMember) => {
            let own = (&namespace, InheritedRoles::Excluded);
            let held = desk.member(&authority, own, user.id).await?;
            let (has, end) = (held.member.level, held.member.expiry);
            if (has, end) != (level, expiry) {
                bail!(
                    "{name} is {has} in {path} already{}; `wharfinger member change {path} {name}` gives another role or end",
                    until(end),
                    name = user.username,
                );
            }
            let note = format!("{} was already {has} in {path}.", user.username);
            context.output.note(&note);
            show(context, &held)
        }
        Err(error) => Err(error.into()),
    }
}

fn show(context: &Context<'_>, member: &ListedMember) -> anyhow::Result<()> {
    let view = MemberView::new(member, &context.base());
    let table = Table::new(&COLUMNS, vec![row(member)]);
    context.output.table(&view, &table)
}

fn row(ListedMember { member, user, .. }: &ListedMember) -> Vec<String> {
    vec![
        user.username.to_string(),
        member.level.to_string(),
        end(member.expiry),
    ]
}
