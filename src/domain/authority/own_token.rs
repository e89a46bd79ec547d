//! The right to make an access token for oneself without another one.

use crate::domain::authority::{Authority, Purpose, Refusal};
use crate::domain::ids::UserId;

impl Authority {
    /// The caller, who may make a token for themselves without another one: a person on the web pages. With a token, one
    /// makes only such that end with it, and the command line has none.
    pub fn make_own_access_token(&self) -> Result<UserId, Refusal> {
        match &self.claim {
            Some(claim) if claim.purpose == Purpose::Session => Ok(claim.user),
            _ => Err(Refusal::AdministratorsOnly),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::access_tokens::scope::AccessTokenScope;
    use crate::domain::authority::{Need, Refusal};
    use crate::domain::decision::principal::{Ceiling, Proof, SignedIn};
    use crate::domain::events::origin::{Face, Origin};

    use super::*;

    #[test]
    fn only_people_in_a_session_make_a_token_without_another() {
        let administrator = SignedIn {
            id: UserId(7),
            username: "alice".try_into().unwrap(),
            admin: true,
            external: false,
            is_named_otherwise: false,
            ceiling: Ceiling {
                proof: Proof::Explained,
                scopes: [AccessTokenScope::Api].into_iter().collect(),
                repositories: Vec::new(),
            },
        };
        let origin = || Origin::local(Face::Web);
        let session = Authority::of_session(&administrator, origin());
        assert_eq!(session.make_own_access_token(), Ok(UserId(7)));
        let refused = Err(Refusal::AdministratorsOnly);
        for other in [
            Authority::of_login(&administrator, origin()),
            Authority::of(&administrator, Need::Write, origin()).unwrap(),
            Authority::operator(),
        ] {
            assert_eq!(other.make_own_access_token(), refused, "{other:?}");
        }
    }
}
