//! `wharfinger project`.

use crate::cli::context::Context;
use crate::cli::namespace;
use crate::domain::namespaces::NamespaceKind;

pub(super) type Command = namespace::Command;

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    namespace::run(command, NamespaceKind::Project, context).await
}
