//! What every client is asked to do.

use super::client::{Client, Impossible};
use super::record::{Cell, Matrix};
use super::room::{AtHand, Room};
use super::{administer, login, pull, push};

/// A row of the table.
pub(super) struct Case {
    /// Its name in the names of tests.
    pub(super) name: &'static str,
    /// Its name in the table.
    pub(super) title: &'static str,
    pub(super) run: fn(&Matrix, &dyn Client) -> Outcome,
}

/// What came out, or why the client cannot be asked.
pub(super) type Outcome = Result<Cell, Impossible>;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "login",
        title: "log in with a token",
        run: login::login,
    },
    Case {
        name: "login_with_a_wrong_token",
        title: "log in with a wrong token",
        run: login::login_with_a_wrong_token,
    },
    Case {
        name: "login_with_a_password",
        title: "log in with a password",
        run: login::login_with_a_password,
    },
    Case {
        name: "pull",
        title: "pull what one may pull",
        run: pull::pull,
    },
    Case {
        name: "pull_with_a_revoked_token",
        title: "pull with a token that was revoked",
        run: pull::pull_with_a_revoked_token,
    },
    Case {
        name: "pull_with_a_refresh_token",
        title: "pull with a refresh token",
        run: pull::pull_with_a_refresh_token,
    },
    Case {
        name: "pull_denied",
        title: "pull what one may not see",
        run: pull::pull_denied,
    },
    Case {
        name: "pull_anonymously",
        title: "pull a public image without a login",
        run: pull::pull_anonymously,
    },
    Case {
        name: "push",
        title: "push as a Developer",
        run: push::push,
    },
    Case {
        name: "push_denied",
        title: "push as a Reporter",
        run: push::push_denied,
    },
    Case {
        name: "mount",
        title: "mount a layer from another repository",
        run: push::mount,
    },
    Case {
        name: "mount_denied",
        title: "push layers of a repository that one may not see",
        run: push::mount_denied,
    },
    Case {
        name: "delete",
        title: "delete as a Maintainer",
        run: administer::delete,
    },
    Case {
        name: "catalog",
        title: "list the catalog as an administrator",
        run: administer::catalog,
    },
];

/// A private repository with an image, that members of `team` may pull.
pub(super) const PRIVATE: &str = "team/app";
/// A public one.
pub(super) const PUBLIC: &str = "team/open";

/// Logs in, or takes the credential to hand where a client has no login.
pub(super) fn sign_in(room: &mut Room<'_>, client: &dyn Client, user: &str, secret: &str) {
    match client.log_in(room, user, secret) {
        Ok(ran) => ran.must_succeed(),
        Err(Impossible(_)) => {
            room.at_hand = Some(AtHand::Password {
                user: user.to_owned(),
                secret: secret.to_owned(),
            });
        }
    }
}

/// A room where a person of that name has signed in with a token.
pub(super) fn room_of<'a>(matrix: &'a Matrix, client: &dyn Client, user: &str) -> Room<'a> {
    let mut room = Room::new(&matrix.world);
    sign_in(&mut room, client, user, &matrix.token(user));
    room
}
