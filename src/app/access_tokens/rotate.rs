//! Rotation: a new token takes the place of another.

use chrono::{DateTime, Utc};

use crate::app::access_tokens::create::{CreatedAccessToken, check_room};
use crate::app::access_tokens::find::access_token_for;
use crate::app::access_tokens::graces::end_graces_before;
use crate::app::access_tokens::maker::end_of_maker;
use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::access_tokens::policy::{AccessTokenPolicy, WantedEnd};
use crate::domain::access_tokens::{AccessToken, CredentialState};
use crate::domain::authority::Authority;
use crate::domain::events::detail::{Detail, EndedTokens};
use crate::domain::events::{Event, EventAction};
use crate::domain::expiry::{Expiry, Lifetime};
use crate::domain::ids::AccessTokenId;
use crate::domain::secret::{SecretDigest, SecretKind};
use crate::storage::access_tokens::{AccessTokenRecord, families};
use crate::storage::{Change, GrantedEvent, access_tokens};

/// The wishes for a rotation.
#[derive(Debug, Clone, Copy)]
pub struct AccessTokenRotation {
    /// The end of the new token; if nothing is said, in a week if the old one had an end, else never.
    pub end: WantedEnd,
    /// The time for which the old token works beside the new one, but no longer than that.
    pub grace: Option<Lifetime>,
}

/// A token that took the place of another.
///
/// All that its face says is in it: once it is committed, nothing that can fail may come before its secret.
#[derive(Debug)]
pub struct RotatedAccessToken {
    /// The new token.
    pub made: CreatedAccessToken,
    /// The time until which the old one works beside it; without one, it works no longer.
    pub old_works_until: Option<DateTime<Utc>>,
}

impl Desk {
    /// Replaces a token by a new one with the same rights.
    ///
    /// The old one is revoked, or works on until its grace ends. The tokens that were made with it depend
    /// on the new one from then on.
    #[tracing::instrument(name = "app.rotate_access_token", skip_all, fields(id = %id))]
    pub async fn rotate_access_token(
        &self,
        authority: &Authority,
        id: AccessTokenId,
        rotation: AccessTokenRotation,
    ) -> Result<RotatedAccessToken, DeskError> {
        let secret = self.new_secret(SecretKind::AccessToken);
        let change = self.begin(authority).await?;
        let rotated = rotate(&change, self, (id, &secret.digest()), rotation).await?;
        let (token, old_works_until, event) = rotated;
        change.commit([event]).await?;
        Ok(RotatedAccessToken {
            made: CreatedAccessToken { token, secret },
            old_works_until,
        })
    }
}

/// Replaces a token by a new one with the given digest; tells the time until which the old one works, too.
pub(in crate::app) async fn rotate(
    change: &Change,
    Desk { policy, limits, .. }: &Desk,
    (id, digest): (AccessTokenId, &SecretDigest),
    rotation: AccessTokenRotation,
) -> Result<(AccessToken, Option<DateTime<Utc>>, GrantedEvent), DeskError> {
    let old = access_token_for(change, change.authority(), id).await?;
    let grant = change.grant(|authority| authority.act_for(old.user_id))?;
    old.check_rotatable(change.now())?;
    let end = end_of_successor(change, policy, &old, rotation.end).await?;
    if rotation.grace.is_some() && end.is_some_and(|end| end.has_passed(change.now())) {
        return Err(DeskError::refused(
            "the new token would have ended already, and the grace of the old one with it: name a later end, or no grace",
        ));
    }
    let longest = policy.longest;
    let grace = rotation
        .grace
        .map(|grace| longest.map_or(grace, |longest| grace.min(longest)))
        .and_then(|grace| old.grace_end(grace, end, change.now()));
    // Only a token that works now and stops with this makes room for the new one.
    if grace.is_some() || old.state(change.now()) != CredentialState::Active {
        check_room(change, old.user_id, limits.access_per_user).await?;
    }
    let record = AccessTokenRecord {
        owner: old.user_id,
        digest: *digest,
        specification: &old.specification.clone().expiring(end),
        lineage: old.lineage_of_successor(),
    };
    let token = access_tokens::insert(change, record).await?;
    let ended = retire(change, &old, (token.id, end), grace).await?;
    let detail = Detail::access_token_rotated(&old.specification, (token.id, end), grace, &ended);
    let event = Event::new(EventAction::AccessTokenRotated, &old, detail);
    Ok((token, grace, grant.event(event)))
}

async fn end_of_successor(
    change: &Change,
    policy: &AccessTokenPolicy,
    old: &AccessToken,
    wanted: WantedEnd,
) -> Result<Option<Expiry>, DeskError> {
    let now = change.now();
    let maker = end_of_maker(change, old).await?;
    if maker.is_some_and(|end| end.has_passed(now)) {
        return Err(DeskError::refused(
            "the token that it was made with has ended, so no other can take its place",
        ));
    }
    // A token that is put in the place of the presented one goes on for it; any other one ends with it.
    let caller = match change.authority() {
        authority if authority.is_by(old.id) => None,
        authority => authority.end(),
    };
    let ends = (old.specification.expiry(), maker);
    let allowed = policy.end_of_successor(wanted, ends, now)?;
    Ok(wanted.no_later_than(caller, allowed)?)
}

/// Ends the old token, when its grace ends or now; then the tokens that it had replaced end too, with what these made. With a grace
/// they go on, but no longer than the successor. What the old one made itself hangs on the successor from now on. Returns what was
/// revoked and shortened.
async fn retire(
    change: &Change,
    old: &AccessToken,
    (successor, last): (AccessTokenId, Option<Expiry>),
    grace: Option<DateTime<Utc>>,
) -> Result<EndedTokens, DeskError> {
    let mut ended = EndedTokens::default();
    if let Some(end) = grace {
        families::give_grace(change, old.id, end).await?;
        if let Some(last) = last {
            ended.shortened = end_graces_before(change, old, last).await?;
        }
    } else {
        let before = families::in_grace_before(change, old).await?;
        let made = families::made_with(change, &before).await?;
        ended.revoked = [before, vec![old.id], made].concat();
        families::revoke_all(change, &ended.revoked).await?;
    }
    families::hand_over(change, old.id, successor).await?;
    Ok(ended)
}
