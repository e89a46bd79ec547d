//! What `wharfinger group` and `wharfinger project` have in common.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::context::Context;
use super::input::{Confirmation, read};
use crate::app::{Desk, NewPlace, PlaceChange};
use crate::domain::authority::Authority;
use crate::domain::namespace::{Namespace, NamespaceKind};
use crate::domain::namespace_path::NamespacePath;
use crate::domain::place_name::{Meant, PlaceName};
use crate::domain::visibility::Visibility;
use crate::representation::{GroupView, ProjectView};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make one.
    Create(Create),
    /// List all: path and visibility.
    List,
    /// Show it to others than before.
    SetVisibility {
        /// Where it is.
        #[arg(value_parser = read::<NamespacePath>)]
        path: NamespacePath,
        /// private, internal or public.
        visibility: Visibility,
    },
    /// Delete it; its images stay closed and its name taken until it is made anew.
    Delete {
        /// Where it is.
        #[arg(value_parser = read::<NamespacePath>)]
        path: NamespacePath,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Where, such as team/app.
    #[arg(value_parser = read::<NamespacePath>)]
    path: NamespacePath,
    /// Who sees it without being a member: private, internal (signed-in users) or public.
    #[arg(long, default_value_t)]
    visibility: Visibility,
}

/// Runs a command for groups or for projects.
pub(super) async fn run(
    command: Command,
    kind: NamespaceKind,
    context: &Context<'_>,
) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    let authority = Authority::operator();
    match command {
        Command::Create(Create { path, visibility }) => {
            let new = NewPlace::at(path, visibility);
            let made = match kind {
                NamespaceKind::Project => desk.create_project(&authority, new).await?,
                NamespaceKind::Group | NamespaceKind::User => {
                    desk.create_group(&authority, new).await?
                }
            };
            show(context, &made)
        }
        Command::List => list(context, kind, &desk.namespaces(kind).await?),
        Command::SetVisibility { path, visibility } => show(
            context,
            &desk
                .change_namespace(
                    &authority,
                    &named(kind, path),
                    PlaceChange::to_visibility(visibility),
                )
                .await?,
        ),
        Command::Delete { path, confirmation } => {
            delete(context, &desk, (kind, path), confirmation).await
        }
    }
}

async fn delete(
    context: &Context<'_>,
    desk: &Desk,
    (kind, path): (NamespaceKind, NamespacePath),
    confirmation: Confirmation,
) -> anyhow::Result<()> {
    let (authority, name) = (Authority::operator(), named(kind, path));
    let goes = desk.what_goes_with(&authority, &name).await?;
    context.output.note("This deletes, with all memberships:");
    for place in &goes {
        context
            .output
            .note(&format!("  {} {}", place.kind.name(), place.path));
    }
    confirmation.ask("Delete?")?;
    let gone = desk.delete_namespace(&authority, &name).await?;
    list(context, kind, &gone)
}

fn named(kind: NamespaceKind, path: NamespacePath) -> PlaceName {
    let meant = match kind {
        NamespaceKind::Project => Meant::Project,
        NamespaceKind::Group | NamespaceKind::User => Meant::Group,
    };
    PlaceName::at(meant, path)
}

fn list(context: &Context<'_>, kind: NamespaceKind, places: &[Namespace]) -> anyhow::Result<()> {
    let rows: Vec<Vec<String>> = places.iter().map(row).collect();
    let columns = ["PATH", "VISIBILITY"];
    match kind {
        NamespaceKind::Project => {
            context
                .output
                .list(&views::<ProjectView>(places), &columns, &rows)
        }
        NamespaceKind::Group | NamespaceKind::User => {
            context
                .output
                .list(&views::<GroupView>(places), &columns, &rows)
        }
    }
}

fn views<'a, T: Serialize + From<&'a Namespace>>(places: &'a [Namespace]) -> Vec<T> {
    places.iter().map(T::from).collect()
}

fn show(context: &Context<'_>, place: &Namespace) -> anyhow::Result<()> {
    let plain = row(place).join("\t");
    match place.kind {
        NamespaceKind::Project => context.output.one(&ProjectView::from(place), &plain),
        NamespaceKind::Group | NamespaceKind::User => {
            context.output.one(&GroupView::from(place), &plain)
        }
    }
}

fn row(place: &Namespace) -> Vec<String> {
    vec![place.path.to_string(), place.visibility.to_string()]
}
