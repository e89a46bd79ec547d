//! `wharfinger member`.

use clap::{ArgGroup, Subcommand};

use crate::app::members::{IfMember, InheritedRoles, MemberChange, NewMember, RolesBelow};
use crate::cli::context::{Context, user_id};
use crate::cli::input::{Confirmation, expiry, read};
use crate::domain::authority::Authority;
use crate::domain::expiry::Expiry;
use crate::domain::members::Member;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::users::User;
use crate::domain::users::username::Username;
use crate::representation::MemberView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Give a user a role in a group or project, in place of the one they have there.
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
    /// Give a member another role, or another end to it.
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
                namespace: NamespaceReference::shared(path),
                user: user.into(),
                level,
                expiry: expires_at,
            };
            let added = desk
                .add_member(&Authority::operator(), new, IfMember::Replace)
                .await?;
            show(context, &added)
        }
        Command::Change {
            path,
            user,
            level,
            expires_at,
            endless,
        } => {
            let user = user_id(&desk, user).await?;
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
            let id = user_id(&desk, user.clone()).await?;
            confirmation.ask(&format!("Take {user}'s role in {path} away?"))?;
            Ok(desk
                .remove_member(
                    &Authority::operator(),
                    &NamespaceReference::shared(path),
                    id,
                    RolesBelow::Kept,
                )
                .await?)
        }
        Command::List { path, all } => {
            let reach = if all {
                InheritedRoles::Included
            } else {
                InheritedRoles::Excluded
            };
            let members = desk
                .members(
                    &Authority::operator(),
                    (&NamespaceReference::shared(path), reach),
                )
                .await?;
            let base = context.base();
            let views: Vec<_> = members
                .iter()
                .map(|member| MemberView::new(member, &base))
                .collect();
            let rows: Vec<_> = members.iter().map(row).collect();
            context
                .output
                .list(&views, &["USER", "ROLE", "ENDS"], &rows)
        }
    }
}

fn show(context: &Context<'_>, member: &(Member, User)) -> anyhow::Result<()> {
    let view = MemberView::new(member, &context.base());
    context.output.one(&view, &row(member).join("\t"))
}

fn row((member, user): &(Member, User)) -> Vec<String> {
    let ends = member
        .expiry
        .map_or("-".to_owned(), |expiry| expiry.date().to_string());
    vec![user.username.to_string(), member.level.to_string(), ends]
}
