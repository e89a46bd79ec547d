//! The command line: a noun a file, beside what they all read (`input`) and print (`output`).
//!
//! Results go to standard output, alone; everything meant for a person goes to standard error.
//! Status 0 is done, 1 is not done, 2 is a command that cannot be read.

mod access_token;
mod audit;
mod backup;
mod context;
mod deploy_token;
mod explain;
mod group;
mod health;
mod input;
mod keys;
mod member;
mod migrate;
mod namespace;
mod notice;
mod output;
mod project;
mod refresh_token;
mod registry;
mod serve;
mod usage;
mod user;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use serde_json::json;

use context::Context;
use input::token_filter;
use output::{NotWritten, Output};

use crate::server;

/// Tokens that say what a container registry's clients may do.
#[derive(Debug, Parser)]
#[command(name = "wharfinger", version, max_term_width = 100)]
struct Arguments {
    /// The configuration file [default: wharfinger.toml, if there is one].
    #[arg(long, global = true, value_name = "FILE", display_order = 900)]
    config: Option<PathBuf>,
    /// Print JSON, with the same fields as the API, errors too.
    #[arg(long, global = true, display_order = 901)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the service; the same as no command at all.
    Serve,
    /// Users: people and machines that sign in.
    #[command(subcommand)]
    User(user::Command),
    /// Groups: namespaces for projects and other groups.
    #[command(subcommand)]
    Group(group::Command),
    /// Projects: namespaces for repositories.
    #[command(subcommand)]
    Project(project::Command),
    /// Members: users' roles in groups and projects.
    #[command(subcommand)]
    Member(member::Command),
    /// Personal access tokens.
    #[command(subcommand)]
    Token(access_token::Command),
    /// Deploy tokens: for machines of a group or project.
    #[command(subcommand)]
    DeployToken(deploy_token::Command),
    /// Refresh tokens: kept by clients that logged in by password.
    #[command(subcommand)]
    RefreshToken(refresh_token::Command),
    /// The audit log: who changed what, when and from where.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Notices about tokens, by webhook and mail.
    #[command(subcommand)]
    Notice(notice::Command),
    /// Usage: grants and refusals by day, token, repository or project.
    ///
    /// A grant is a registry token that a client got; whether it then pulled, and how often, only the registry knows. The last
    /// ten seconds are not in it yet.
    Usage(usage::UsageArguments),
    /// Signing keys and the certificate authority.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Registries that send their clients here.
    #[command(subcommand)]
    Registry(registry::Command),
    /// Show the answer to a token request, and the rule behind each action.
    Explain(explain::ExplainArguments),
    /// Tell by the exit status whether the running service is ready.
    Health(health::HealthArguments),
    /// Make the database, or bring its schema up to date.
    Migrate {
        #[command(subcommand)]
        command: Option<migrate::Command>,
    },
    /// Write everything in the database into one file, also while the service runs; the keys too, if asked.
    Backup(backup::BackupArguments),
    /// Fill an empty database, of any kind, from the file of a backup.
    ///
    /// The whole file is checked first. What is there is never replaced: `database.url` must name a database without users or
    /// anything else, and for key files `keys.directory` an empty folder; otherwise nothing is done.
    Restore(backup::RestoreArguments),
    /// Print the version.
    Version,
    /// Print a script that completes commands in your shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// True if it may wait for others, or do much.
    fn may_take_long(&self) -> bool {
        matches!(
            self,
            Self::Migrate { .. } | Self::Backup(_) | Self::Restore(_)
        )
    }

    /// True if something was changed, or a file written, when its result is printed.
    fn makes_changes(&self) -> bool {
        match self {
            Self::User(user::Command::List { .. } | user::Command::Show { .. })
            | Self::Group(group::Command::List | group::Command::Show { .. })
            | Self::Project(project::Command::List | project::Command::Show { .. })
            | Self::Member(member::Command::List { .. })
            | Self::Token(access_token::Command::List(_) | access_token::Command::Show { .. })
            | Self::DeployToken(deploy_token::Command::List { .. })
            | Self::RefreshToken(refresh_token::Command::List { .. })
            | Self::Migrate { command: Some(_) }
            | Self::Serve
            | Self::Audit(_)
            | Self::Notice(_)
            | Self::Usage(_)
            | Self::Registry(_)
            | Self::Explain(_)
            | Self::Health(_)
            | Self::Version
            | Self::Completions { .. } => false,
            Self::Keys(command) => command.makes_keys(),
            Self::User(_)
            | Self::Group(_)
            | Self::Project(_)
            | Self::Member(_)
            | Self::Token(_)
            | Self::DeployToken(_)
            | Self::RefreshToken(_)
            | Self::Migrate { command: None }
            | Self::Backup(_)
            | Self::Restore(_) => true,
        }
    }
}

/// Runs the command that `arguments` name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // An error in the arguments, too, has the form that they ask for.
    let output = Output::new(arguments.iter().any(|argument| argument == "--json"));
    let arguments = match read(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return unreadable(&error, &output),
    };
    let is_service = matches!(arguments.command, None | Some(Command::Serve));
    let makes_changes = arguments
        .command
        .as_ref()
        .is_some_and(Command::makes_changes);
    let Err(error) = dispatch(arguments, &output) else {
        return ExitCode::SUCCESS;
    };
    // The cause alone, such as a full disk, would make people do it again.
    let is_done = makes_changes && error.is::<NotWritten>();
    let begin = if is_done { "it is done, but " } else { "" };
    let text = format!("{begin}{error:#}");
    if is_service {
        output.error_of_service(&text);
    } else {
        output.error(&text);
    }
    ExitCode::FAILURE
}

/// Reads the arguments. The parser takes the last of an option that stands before and after the name of a command; a
/// configuration that somebody named is never passed over.
fn read(arguments: Vec<OsString>) -> Result<Arguments, clap::Error> {
    let is_config = |argument: &&OsString| {
        let text = argument.to_string_lossy();
        text == "--config" || text.starts_with("--config=")
    };
    let named = arguments.iter().filter(is_config).count();
    let matches = definition().try_get_matches_from(arguments)?;
    if named > 1 {
        let problem = "the argument '--config <FILE>' cannot be used multiple times\n";
        return Err(definition().error(ErrorKind::ArgumentConflict, problem));
    }
    Arguments::from_arg_matches(&matches)
}

/// All commands, with their help.
fn definition() -> clap::Command {
    Arguments::command()
        .mut_subcommand("group", |command| {
            namespace::in_words_of(command, "group", "team")
        })
        .mut_subcommand("project", |command| {
            namespace::in_words_of(command, "project", "team/app")
        })
        .mut_subcommand("deploy-token", |command| {
            command.mut_subcommand("list", token_filter::without_grace)
        })
        .mut_subcommand("refresh-token", |command| {
            command.mut_subcommand("list", token_filter::without_grace)
        })
}

/// Prints help or the version, which are "errors" to clap as well, or the error; it knows the status of each.
fn unreadable(error: &clap::Error, output: &Output) -> ExitCode {
    if output.is_json() && error.use_stderr() {
        let text = error.render().to_string();
        output.error(text.trim_start_matches("error: ").trim_end());
    } else {
        let _ = error.print();
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn dispatch(arguments: Arguments, output: &Output) -> anyhow::Result<()> {
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Version => {
            let version = env!("CARGO_PKG_VERSION");
            output.one(
                &json!({ "version": version, "revision": "release" }),
                version,
            )
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut definition(), "wharfinger", &mut script);
            output.bytes(&script)
        }
        command => {
            let context = Context::load(arguments.config, output)?;
            if !matches!(command, Command::Serve) {
                output.warn(&context.config.ignored_variables);
            }
            if command.may_take_long() {
                server::tell_of_command(output.is_json());
            }
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()?;
            let done = runtime.block_on(run_command(command, &context));
            // A thread may still wait for a file, such as a lock, and may do so for ever.
            runtime.shutdown_background();
            done
        }
    }
}

async fn run_command(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    match command {
        Command::Serve => serve::run(context).await,
        Command::User(command) => user::run(command, context).await,
        Command::Group(command) => group::run(command, context).await,
        Command::Project(command) => project::run(command, context).await,
        Command::Member(command) => member::run(command, context).await,
        Command::Token(command) => access_token::run(command, context).await,
        Command::DeployToken(command) => deploy_token::run(command, context).await,
        Command::RefreshToken(command) => refresh_token::run(command, context).await,
        Command::Audit(command) => audit::run(command, context).await,
        Command::Notice(command) => notice::run(command, context).await,
        Command::Usage(arguments) => usage::run(arguments, context).await,
        Command::Keys(command) => keys::run(&command, context).await,
        Command::Registry(command) => registry::run(&command, context),
        Command::Explain(arguments) => explain::run(arguments, context).await,
        Command::Health(arguments) => health::run(&arguments, context).await,
        Command::Migrate { command } => migrate::run(command, context).await,
        Command::Backup(arguments) => backup::back_up(arguments, context).await,
        Command::Restore(arguments) => backup::restore(arguments, context).await,
        // These need no configuration and were handled above.
        Command::Version | Command::Completions { .. } => Ok(()),
    }
}
