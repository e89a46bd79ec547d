//! The commands that `wharfinger group` and `wharfinger project` have in common.

use clap::{ArgGroup, Args, Subcommand};

use crate::app::namespaces::{NamespaceChange, NewNamespace};
use crate::app::{Desk, DeskError};
use crate::cli::context::Context;
use crate::cli::input::{Confirmation, read};
use crate::cli::output::list::{List, PART};
use crate::cli::output::table::Table;
use crate::domain::authority::Authority;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::namespaces::{
    Namespace, NamespaceDescription, NamespaceKind, NamespaceWithAncestors,
};
use crate::domain::text::DisplayName;
use crate::representation::GroupOrProjectView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a NOUN.
    Create(CreateNamespace),
    /// List all NOUNs: path and visibility.
    List,
    /// Show a NOUN.
    Show {
        /// The NOUN's path.
        #[arg(value_parser = read::<NamespacePath>)]
        path: NamespacePath,
    },
    /// Rename or describe a NOUN; its path does not change.
    #[command(group = ArgGroup::new("change").required(true).multiple(true).args(["name", "description"]))]
    Change {
        /// The NOUN's path.
        #[arg(value_parser = read::<NamespacePath>)]
        path: NamespacePath,
        /// The name people read.
        #[arg(long, value_parser = read::<DisplayName>)]
        name: Option<DisplayName>,
        /// The description; empty for none.
        #[arg(long)]
        description: Option<String>,
    },
    /// Change who may see a NOUN.
    SetVisibility {
        /// The NOUN's path.
        #[arg(value_parser = read::<NamespacePath>)]
        path: NamespacePath,
        /// private, internal or public.
        visibility: Visibility,
    },
    /// Delete a NOUN; its images stay closed and its name taken until it is made anew.
    Delete {
        /// The NOUN's path.
        #[arg(value_parser = read::<NamespacePath>)]
        path: NamespacePath,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

#[derive(Debug, Args)]
pub(super) struct CreateNamespace {
    /// The NOUN's path, such as EXAMPLE.
    #[arg(value_parser = read::<NamespacePath>)]
    path: NamespacePath,
    /// The people who see it without being members: private (none), internal (signed-in users) or public (anyone).
    #[arg(long, default_value_t)]
    visibility: Visibility,
    /// The name people read; the last part of the path, if it is left out.
    #[arg(long, value_parser = read::<DisplayName>)]
    name: Option<DisplayName>,
    /// A description.
    #[arg(long)]
    description: Option<String>,
}

const COLUMNS: [&str; 2] = ["PATH", "VISIBILITY"];

/// The command with its help in the words of its noun.
pub(super) fn in_words_of(command: clap::Command, noun: &str, example: &str) -> clap::Command {
    let worded = |text: String| text.replace("NOUN", noun).replace("EXAMPLE", example);
    command.mut_subcommands(|mut verb| {
        if let Some(about) = verb.get_about().map(ToString::to_string) {
            verb = verb.about(worded(about));
        }
        verb.mut_args(
            |argument| match argument.get_help().map(ToString::to_string) {
                Some(help) => argument.help(worded(help)),
                None => argument,
            },
        )
    })
}

/// Runs a command for groups or for projects.
pub(super) async fn run(
    command: Command,
    kind: NamespaceKind,
    context: &Context<'_>,
) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    let authority = Authority::operator();
    let change = async |path, wanted| {
        desk.change_namespace(&authority, &named(kind, path), wanted)
            .await
    };
    let namespace = match command {
        Command::Create(create) => {
            let new = NewNamespace {
                path: create.path.into(),
                name: create.name,
                description: NamespaceDescription::read(&create.description.unwrap_or_default())?,
                visibility: create.visibility,
            };
            let made = match kind {
                NamespaceKind::Project => desk.create_project(&authority, new).await?,
                NamespaceKind::Group | NamespaceKind::User => {
                    desk.create_group(&authority, new).await?
                }
            };
            let (path, visibility) = (&made.namespace.path, made.namespace.visibility);
            let note = format!("The {} {path} is made; it is {visibility}.", kind.name());
            context.output.note(&note);
            return show(context, &made, Some(Vec::new()));
        }
        Command::List => {
            return list(context, &desk, kind).await;
        }
        Command::Show { path } => {
            let name = named(kind, path);
            let found = desk.namespace_with_ancestors(&authority, &name).await?;
            let projects = projects_in(context, &desk, &found).await?;
            return show(context, &found, projects);
        }
        Command::Change {
            path,
            name,
            description,
        } => {
            let wanted = NamespaceChange {
                name,
                description: description
                    .as_deref()
                    .map(NamespaceDescription::read)
                    .transpose()?,
                ..NamespaceChange::default()
            };
            change(path, wanted).await?
        }
        Command::SetVisibility { path, visibility } => {
            change(path, NamespaceChange::to_visibility(visibility)).await?
        }
        Command::Delete { path, confirmation } => {
            return delete(context, &desk, (kind, path), confirmation).await;
        }
    };
    // The change is made, and is told so: the projects are left out if they cannot be read now.
    let projects = projects_in(context, &desk, &namespace).await.ok().flatten();
    show(context, &namespace, projects)
}

async fn delete(
    context: &Context<'_>,
    desk: &Desk,
    (kind, path): (NamespaceKind, NamespacePath),
    confirmation: Confirmation,
) -> anyhow::Result<()> {
    let (authority, name) = (Authority::operator(), named(kind, path.clone()));
    let goes = desk.namespace_deletion(&authority, &name).await?;
    context
        .output
        .note("This deletes, with all memberships and deploy tokens:");
    for goes in &goes {
        let namespace = &goes.namespace;
        context
            .output
            .note(&format!("  {} {}", namespace.kind.name(), namespace.path));
    }
    // The list above is for people; a program's error, and its question, have this alone.
    let number = goes.len();
    confirmation.ask(&format!(
        "Delete the {} {path} (groups and projects: {number})?",
        kind.name()
    ))?;
    desk.delete_namespace(&authority, &name).await?;
    table(context, &goes)
}

fn named(kind: NamespaceKind, path: NamespacePath) -> NamespaceReference {
    let expected = match kind {
        NamespaceKind::Project => ExpectedNamespace::Project,
        NamespaceKind::Group | NamespaceKind::User => ExpectedNamespace::Group,
    };
    NamespaceReference::at(expected, path)
}

async fn list(context: &Context<'_>, desk: &Desk, kind: NamespaceKind) -> anyhow::Result<()> {
    let (operator, base) = (Authority::operator(), context.base());
    let mut list = List::new(context.output, &COLUMNS);
    let mut end: Option<NamespacePath> = None;
    loop {
        let some = desk.namespaces(&operator, kind, end.as_ref(), PART);
        let namespaces = some.await?;
        let rows = namespaces.iter().map(|located| row(&located.namespace));
        let views = namespaces
            .iter()
            .map(|namespace| GroupOrProjectView::new(namespace, &base));
        if !list.part(&views.collect::<Vec<_>>(), rows.collect())? {
            return Ok(());
        }
        end = namespaces
            .last()
            .map(|located| located.namespace.path.clone());
        if end.is_none() {
            return list.end();
        }
    }
}

fn table(context: &Context<'_>, namespaces: &[NamespaceWithAncestors]) -> anyhow::Result<()> {
    let base = context.base();
    let rows = namespaces.iter().map(|located| row(&located.namespace));
    let table = Table::new(&COLUMNS, rows.collect());
    let views = namespaces
        .iter()
        .map(|namespace| GroupOrProjectView::new(namespace, &base));
    let views: Vec<GroupOrProjectView> = views.collect();
    context.output.table(&views, &table)
}

/// The first projects directly in a group, if they are to be shown.
async fn projects_in(
    context: &Context<'_>,
    desk: &Desk,
    found: &NamespaceWithAncestors,
) -> Result<Option<Vec<NamespaceWithAncestors>>, DeskError> {
    let namespace = &found.namespace;
    if !context.output.is_json() || namespace.kind != NamespaceKind::Group {
        return Ok(None);
    }
    let operator = Authority::operator();
    desk.first_projects(&operator, namespace.id).await.map(Some)
}

fn show(
    context: &Context<'_>,
    found: &NamespaceWithAncestors,
    projects: Option<Vec<NamespaceWithAncestors>>,
) -> anyhow::Result<()> {
    let base = context.base();
    let mut view = GroupOrProjectView::new(found, &base);
    if let Some(projects) = projects {
        view = view.with_projects(&projects, &base);
    }
    let table = Table::new(&COLUMNS, vec![row(&found.namespace)]);
    context.output.table(&view, &table)
}

fn row(namespace: &Namespace) -> Vec<String> {
    vec![namespace.path.to_string(), namespace.visibility.to_string()]
}
