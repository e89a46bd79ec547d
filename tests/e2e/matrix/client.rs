//! What the matrix asks of a client.

use std::path::Path;

use super::room::Room;
use crate::harness::Ran;

/// A client has no way to do this, and why.
#[derive(Debug)]
pub(super) struct Impossible(pub(super) &'static str);

/// What a client did, if it can do it at all.
pub(super) type Attempt = Result<Ran, Impossible>;

/// Occasions on which a client tells a person that it was refused.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refusal {
    /// A login with a token that is not valid (any more).
    Login,
    /// A pull with a token that was revoked after the login.
    RevokedToken,
    /// A pull of what the person may not see.
    ForbiddenPull,
    /// A push by a person who may only pull.
    ForbiddenPush,
}

/// A client, as a person uses it. It keeps nothing but what is in the room, and acts as the person
/// who logged in there, or as nobody.
pub(super) trait Client: Sync {
    /// Its name in the names of tests and repositories.
    fn name(&self) -> &'static str;

    /// Its name in the table.
    fn title(&self) -> &'static str;

    /// Prints its version.
    fn version(&self, room: &Room<'_>) -> Ran;

    /// Logs in, with the secret on standard input.
    fn log_in(&self, room: &Room<'_>, user: &str, secret: &str) -> Attempt;

    /// Pulls an image, of which nothing is here yet.
    fn pull(&self, room: &Room<'_>, image: &str) -> Attempt;

    /// Pushes what is in the archive, which no registry has seen.
    fn push(&self, room: &Room<'_>, archive: &Path, image: &str) -> Attempt;

    /// Pushes an image that was pulled before into another repository of the same registry.
    fn push_again(&self, room: &Room<'_>, from: &str, to: &str) -> Attempt;

    /// Deletes an image in the registry.
    fn delete(&self, _room: &Room<'_>, _image: &str) -> Attempt {
        Err(Impossible("it has no command that deletes in a registry"))
    }

    /// Lists the registry's repositories.
    fn catalog(&self, _room: &Room<'_>) -> Attempt {
        Err(Impossible("it has no command for a registry's catalog"))
    }

    /// Whether it asks for a refresh token when a person logs in with a password.
    fn asks_for_a_refresh_token(&self) -> bool;

    /// Why it does not upload what it may not mount, if it does not.
    fn gives_up_without_a_mount(&self) -> Option<&'static str> {
        None
    }

    /// What it leaves out when it pulls and pushes, if anything.
    fn limit(&self) -> Option<&'static str> {
        None
    }

    /// What it shows when it is refused; `sentence` is what the token endpoint said.
    fn says(&self, refusal: Refusal, sentence: &str) -> String;
}
