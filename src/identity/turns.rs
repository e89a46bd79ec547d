//! The order in which passwords are checked: callers who were right before come first, and those who were wrong last.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::domain::numbers::TurnNumbers;

/// One part of so many of the queue: as many as may wait before all others because their address is known.
const SHARE: usize = 8;

/// The reputation of an address that a password comes from, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reputation {
    /// A password from there was right before.
    Proven,
    /// Nothing.
    Unknown,
    /// A password from there was wrong, and none was right.
    Failing,
}

/// An address that passwords come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) reputation: Reputation,
    /// A fingerprint of the address.
    pub(super) address: u128,
}

impl Place {
    /// Callers who were let in already, of whom somebody chooses a password: all of them, wherever they are.
    pub(super) const OWN: Self = Self {
        reputation: Reputation::Proven,
        address: 0,
    };
}

/// So many turns at a time, and so many callers who wait; clones share them.
///
/// Each place has its share: of two that wait, the one is next that is better known, then the one from whose address fewer
/// others wait. If too many wait, the last in that order is told to come back. An address with many who wait is known for the first of
/// them alone, or one whose password is right could fill the queue; [`Place::OWN`] is no address. One turn, unless it is the only one, is kept for
/// places where a password was right before: they never wait for others.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<Mutex<QueueState>>);

/// A turn, until it is dropped.
#[derive(Debug)]
pub(super) struct PasswordTurn {
    /// None if the turn ended already.
    turns: Option<Turns>,
    reputation: Reputation,
}

/// Too many are waiting.
#[derive(Debug)]
pub(super) struct TooMany;

#[derive(Debug)]
struct QueueState {
    free: usize,
    /// Turns that places may still have where no password was right.
    free_for_strangers: usize,
    most: usize,
    /// By reputation, the number of those from the same address before it, and the order of arrival.
    queue: BTreeMap<(Reputation, u32, u64), (u128, oneshot::Sender<PasswordTurn>)>,
    by_address: HashMap<u128, u32>,
    arrivals: u64,
    concurrent: usize,
    computed: u64,
    turned_away: u64,
}

impl Turns {
    /// `concurrent` turns at a time, for which `most` more may wait.
    pub(super) fn new(concurrent: usize, most: usize) -> Self {
        Self(Arc::new(Mutex::new(QueueState {
            free: concurrent,
            free_for_strangers: concurrent.saturating_sub(1).max(1),
            most,
            queue: BTreeMap::new(),
            by_address: HashMap::new(),
            arrivals: 0,
            concurrent,
            computed: 0,
            turned_away: 0,
        })))
    }

    /// Waits for a turn.
    pub(super) async fn take(&self, place: Place) -> Result<PasswordTurn, TooMany> {
        let receiver = {
            let mut waiting = self.waiting();
            if waiting.has_turn(place.reputation) {
                return Ok(waiting.give(self, place.reputation));
            }
            let joined = waiting.join(place);
            waiting.turned_away += u64::from(joined.is_err());
            joined?
        };
        // The sender is dropped where somebody better known needs the place.
        receiver.await.map_err(|_| TooMany)
    }

    pub(super) fn numbers(&self) -> TurnNumbers {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let waiting = self.waiting();
        TurnNumbers {
            running: number(waiting.concurrent.saturating_sub(waiting.free)),
            waiting: number(waiting.queue.len()),
            computed: waiting.computed,
            turned_away: waiting.turned_away,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, QueueState> {
        // The lock is held only to change numbers and maps that agree again before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueState {
    fn join(&mut self, place: Place) -> Result<oneshot::Receiver<PasswordTurn>, TooMany> {
        if self.queue.len() >= self.most {
            self.forget_those_who_left();
        }
        let others = self.by_address.get(&place.address).copied().unwrap_or(0);
        let own_reputation = self.reputation(place, others);
        if self.queue.len() >= self.most {
            let last = self.queue.last_key_value().map(|(rank, _)| *rank);
            let (reputation, number, arrival) = last.ok_or(TooMany)?;
            if (reputation, number) <= (own_reputation, others) {
                return Err(TooMany);
            }
            self.remove((reputation, number, arrival));
            self.turned_away += 1;
        }
        let (sender, receiver) = oneshot::channel();
        let rank = (own_reputation, others, self.arrivals);
        self.arrivals += 1;
        self.queue.insert(rank, (place.address, sender));
        self.by_address.insert(place.address, others + 1);
        Ok(receiver)
    }

    /// The reputation of one who joins while so many `others` from the same address wait.
    fn reputation(&self, place: Place, others: u32) -> Reputation {
        let known = (self.most / SHARE).max(1);
        if place == Place::OWN || usize::try_from(others).is_ok_and(|others| others < known) {
            place.reputation
        } else {
            place.reputation.max(Reputation::Unknown)
        }
    }

    fn forget_those_who_left(&mut self) {
        let gone = self
            .queue
            .iter()
            .filter(|(_, (_, sender))| sender.is_closed());
        let gone: Vec<_> = gone.map(|(rank, _)| *rank).collect();
        for rank in gone {
            self.remove(rank);
        }
    }

    fn remove(&mut self, rank: (Reputation, u32, u64)) -> Option<oneshot::Sender<PasswordTurn>> {
        let (address, sender) = self.queue.remove(&rank)?;
        if let Some(number) = self.by_address.get_mut(&address) {
            *number -= 1;
            if *number == 0 {
                self.by_address.remove(&address);
            }
        }
        Some(sender)
    }

    fn has_turn(&self, reputation: Reputation) -> bool {
        self.free > 0 && (reputation == Reputation::Proven || self.free_for_strangers > 0)
    }

    fn give(&mut self, turns: &Turns, reputation: Reputation) -> PasswordTurn {
        let is_stranger = reputation != Reputation::Proven;
        self.free -= 1;
        self.free_for_strangers -= usize::from(is_stranger);
        PasswordTurn {
            turns: Some(turns.clone()),
            reputation,
        }
    }

    fn take_back(&mut self, reputation: Reputation) {
        self.free += 1;
        self.free_for_strangers += usize::from(reputation != Reputation::Proven);
    }

    /// The first who waits, with a turn if there is one for them; nobody behind them has better claims.
    fn next(&mut self, turns: &Turns) -> Option<(oneshot::Sender<PasswordTurn>, PasswordTurn)> {
        let (rank, _) = self.queue.first_key_value()?;
        let rank @ (reputation, ..) = *rank;
        if !self.has_turn(reputation) {
            return None;
        }
        let sender = self.remove(rank)?;
        Some((sender, self.give(turns, reputation)))
    }
}

impl PasswordTurn {
    /// Counts a hash that was computed in this turn.
    pub(super) fn count_hash(&self) {
        if let Some(turns) = &self.turns {
            turns.waiting().computed += 1;
        }
    }
}

impl Drop for PasswordTurn {
    /// Gives the turn to the next.
    fn drop(&mut self) {
        let Some(turns) = self.turns.take() else {
            return;
        };
        turns.waiting().take_back(self.reputation);
        loop {
            let next = turns.waiting().next(&turns);
            let Some((sender, turn)) = next else { return };
            if let Err(mut turn) = sender.send(turn) {
                // That one has left, and the turn goes to the one after.
                turn.turns = None;
                turns.waiting().take_back(turn.reputation);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_secs(1);

    fn place(reputation: Reputation, address: u128) -> Place {
        Place {
            reputation,
            address,
        }
    }

    /// Lets all join in their order, and returns the order in which they got a turn; the others were told to come back.
    async fn order(turns: &Turns, places: &[Place]) -> Vec<usize> {
        let first = turns.take(place(Reputation::Proven, 0)).await.unwrap();
        let got = Arc::new(Mutex::new(Vec::new()));
        let mut callers = tokio::task::JoinSet::new();
        for (number, &place) in places.iter().enumerate() {
            let (own, got) = (turns.clone(), Arc::clone(&got));
            callers.spawn(async move {
                if let Ok(turn) = own.take(place).await {
                    got.lock().unwrap().push(number);
                    drop(turn);
                }
            });
            tokio::task::yield_now().await;
        }
        drop(first);
        timeout(SOON, callers.join_all()).await.unwrap();
        got.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn the_better_known_are_first_and_each_address_has_its_share() {
        let (failing, unknown) = (place(Reputation::Failing, 1), place(Reputation::Unknown, 2));
        let (other, proven) = (place(Reputation::Unknown, 3), place(Reputation::Proven, 4));
        let turns = Turns::new(1, 10);
        let got = order(&turns, &[failing, unknown, unknown, unknown, other, proven]).await;
        assert_eq!(got, [5, 1, 4, 2, 3, 0]);
    }

    #[tokio::test]
    async fn where_too_many_wait_the_worst_known_is_told_to_come_back() {
        let failing = |address| place(Reputation::Failing, address);
        let proven = place(Reputation::Proven, 9);
        let turns = Turns::new(1, 2);
        let got = order(&turns, &[failing(1), failing(2), failing(3), proven]).await;
        assert_eq!(
            got,
            [3, 0],
            "the second made room, and the third found none"
        );
        assert_eq!(
            order(&turns, &[failing(1)]).await,
            [0],
            "all turns came back"
        );
    }

    #[tokio::test]
    async fn a_place_that_was_right_keeps_nobody_out_however_many_come_from_it() {
        let (proven, other) = (place(Reputation::Proven, 1), place(Reputation::Unknown, 2));
        let turns = Turns::new(1, 4);
        let got = order(&turns, &[proven, proven, proven, proven, other]).await;
        assert_eq!(got, [0, 4, 1, 2], "the fourth made room");
    }

    /// They are of many people, who showed a password or a token before.
    #[tokio::test]
    async fn whoever_was_let_in_already_waits_for_no_stranger() {
        let strangers = (1..9).map(|address| place(Reputation::Unknown, address));
        let places: Vec<_> = [Place::OWN; 3].into_iter().chain(strangers).collect();
        let got = order(&Turns::new(1, 8), &places).await;
        assert_eq!(got, [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[tokio::test]
    async fn strangers_never_have_all_turns() {
        let turns = Turns::new(3, 10);
        let (stranger, proven) = (place(Reputation::Unknown, 1), place(Reputation::Proven, 2));
        let first = turns.take(stranger).await.unwrap();
        let _second = turns.take(place(Reputation::Failing, 3)).await.unwrap();
        let mut third = Box::pin(turns.take(stranger));
        assert!(
            timeout(Duration::from_millis(10), &mut third)
                .await
                .is_err()
        );
        let kept = timeout(SOON, turns.take(proven)).await.unwrap().unwrap();
        drop(kept);
        assert!(
            timeout(Duration::from_millis(10), &mut third)
                .await
                .is_err()
        );
        drop(first);
        assert!(timeout(SOON, third).await.unwrap().is_ok());
        // Those who were right before may have all.
        let turns = Turns::new(3, 0);
        let all = [
            turns.take(proven).await,
            turns.take(proven).await,
            turns.take(proven).await,
        ];
        assert!(all.iter().all(Result::is_ok));
        assert!(turns.take(proven).await.is_err());
        // An only turn is for everybody.
        let turns = Turns::new(1, 0);
        assert!(turns.take(stranger).await.is_ok());
    }

    #[tokio::test]
    async fn whoever_leaves_holds_nobody_up() {
        let turns = Turns::new(1, 1);
        let unknown = place(Reputation::Unknown, 1);
        let first = turns.take(unknown).await.unwrap();
        assert!(
            timeout(Duration::from_millis(10), turns.take(unknown))
                .await
                .is_err()
        );
        let next = timeout(SOON, async {
            let next = turns.take(unknown);
            let freed = async { drop(first) };
            tokio::join!(next, freed).0
        });
        assert!(next.await.unwrap().is_ok());
        assert!(turns.take(unknown).await.is_ok());
    }
}
