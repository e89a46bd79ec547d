//! `wharfinger group`.

use super::context::Context;
use super::place;
use crate::domain::namespace::NamespaceKind;

pub(super) type Command = place::Command;

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    place::run(command, NamespaceKind::Group, context).await
}
