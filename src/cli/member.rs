//! `wharfinger member`.

use clap::Subcommand;

use super::context::Context;
use super::input::{Confirmation, expiry, read};
use crate::app::{NewMember, Present};
use crate::domain::access_level::AccessLevel;
use crate::domain::authority::Authority;
use crate::domain::expiry::Expiry;
use crate::domain::namespace::Member;
use crate::domain::namespace_path::NamespacePath;
use crate::domain::place_name::{Meant, PlaceName};
use crate::domain::user::User;
use crate::domain::username::Username;
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
    /// List the direct members of a group or project: user, role, end.
    List {
        /// The group or project.
        #[arg(value_parser = read::<NamespacePath>)]
        path: NamespacePath,
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
                place: shared(path),
                user: desk.user(&user).await?.id,
                level,
                expiry: expires_at,
            };
            let added = desk
                .add_member(&Authority::operator(), new, Present::Replaced)
                .await?;
            context
                .output
                .one(&MemberView::from(&added), &row(&added).join("\t"))
        }
        Command::Remove {
            path,
            user,
            confirmation,
        } => {
            let id = desk.user(&user).await?.id;
            confirmation.ask(&format!("Take {user}'s role in {path} away?"))?;
            Ok(desk
                .remove_member(&Authority::operator(), &shared(path), id)
                .await?)
        }
        Command::List { path } => {
            let members = desk.members(&Authority::operator(), &shared(path)).await?;
            let views: Vec<MemberView> = members.iter().map(MemberView::from).collect();
            let rows: Vec<_> = members.iter().map(row).collect();
            context
                .output
                .list(&views, &["USER", "ROLE", "ENDS"], &rows)
        }
    }
}

fn shared(path: NamespacePath) -> PlaceName {
    PlaceName::at(Meant::Shared, path)
}

fn row((member, user): &(Member, User)) -> Vec<String> {
    let ends = member
        .expiry
        .map_or("-".to_owned(), |expiry| expiry.date().to_string());
    vec![user.username.to_string(), member.level.to_string(), ends]
}
