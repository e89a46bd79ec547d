//! The text that a start shows to a person.

use std::fmt::Write;
use std::io::IsTerminal;

use secrecy::ExposeSecret;

use crate::app::users::FirstAdministrator;
use crate::config::Config;
use crate::domain::registry::{Registry, TrustMode};
use crate::signing::KeyRing;

/// The steps that come next, after the first start.
///
/// The password is shown on a terminal only: anywhere else it would end up in a log.
pub(super) fn first_steps(
    config: &Config,
    keys: &KeyRing,
    administrator: Option<&FirstAdministrator>,
) -> String {
    let mut text = String::new();
    let trusted = keys.ca_certificate_path();
    let _ = writeln!(
        text,
        "This is the first start. Registries trust {}.",
        trusted.display()
    );
    if let Some(first) = administrator {
        let _ = if std::io::stderr().is_terminal() {
            let password = first.password.expose_secret();
            writeln!(
                text,
                "The user {} has the password {password} (shown only now).",
                first.username
            )
        } else {
            writeln!(
                text,
                "Give the administrator a password: wharfinger user reset-password {}",
                first.username
            )
        };
    }
    let _ = write!(
        text,
        "\nWhat to do next:\n\
         1. Put this into your registry's configuration, and restart it:\n\
         {registries}\
         2. Make a user, a place for images, and let the one into the other:\n\
         \x20    wharfinger user create alice\n\
         \x20    wharfinger group create team\n\
         \x20    wharfinger project create team/app\n\
         \x20    wharfinger member add team/app alice --level reporter\n\
         3. Make a token; the secret is printed once:\n\
         \x20    wharfinger token create --user alice --name laptop --scope read_registry\n\
         4. Log in, with the secret as the password:\n\
         \x20    docker login --username alice REGISTRY\n\
         The admin API is described at {docs}.\n\n",
        registries = configurations(&config.registries),
        docs = config.admin.public_url.join("/api/docs")
    );
    text
}

/// The command that prints what each registry needs.
fn configurations(registries: &[Registry]) -> String {
    let arguments = match registries {
        [only] if only.trust != TrustMode::Pinned => vec![" --for distribution".to_owned()],
        [_] => vec![String::new()],
        several => several
            .iter()
            .map(|registry| format!(" --service {}", registry.service))
            .collect(),
    };
    let mut lines = String::new();
    for arguments in arguments {
        let _ = writeln!(lines, "     wharfinger registry config{arguments}");
    }
    lines
}
