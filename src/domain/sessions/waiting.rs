//! Sign-ins that await a code, and the room for them: whoever knows only the password may begin as many as they like, and must
//! not end that of the user, who comes from another network.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::domain::client_network::client_network;
use crate::domain::ids::SessionId;

/// The most of one user that came from one network.
const MOST_OF_NETWORK: usize = 10;

/// The most of one user.
const MOST: usize = 100;

/// A sign-in that awaits a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingSignIn {
    /// The id of its session.
    pub id: SessionId,
    /// The address that it came from, if it is known.
    pub address: Option<IpAddr>,
}

/// The sign-ins that end for another one from `address`, if `waiting` are those of its user, the last one first. The oldest end
/// of the network that has the most; among equal ones, the oldest of all.
pub fn ending(waiting: &[WaitingSignIn], address: Option<IpAddr>) -> Vec<SessionId> {
    let new = address.map(client_network);
    let mut networks: BTreeMap<Option<IpAddr>, Vec<(usize, SessionId)>> = BTreeMap::new();
    for (age, one) in waiting.iter().enumerate() {
        let network = one.address.map(client_network);
        networks.entry(network).or_default().push((age, one.id));
    }
    let mut ending = Vec::new();
    loop {
        let left = waiting.len() - ending.len() + 1;
        let largest = networks.iter_mut().filter_map(|(network, ones)| {
            let (age, _) = *ones.last()?;
            Some((ones.len() + usize::from(*network == new), age, ones))
        });
        let Some((number, _, ones)) = largest.max_by_key(|(number, age, _)| (*number, *age)) else {
            return ending;
        };
        if left <= MOST && number <= MOST_OF_NETWORK {
            return ending;
        }
        ending.extend(ones.pop().map(|(_, id)| id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sign-ins with ids that fall, because the last one is first.
    fn waiting(addresses: &[&str]) -> Vec<WaitingSignIn> {
        let ids = (1..).map(SessionId).zip(addresses.iter().rev());
        let mut all: Vec<WaitingSignIn> = ids
            .map(|(id, address)| WaitingSignIn {
                id,
                address: address.parse().ok(),
            })
            .collect();
        all.reverse();
        all
    }

    fn ended(addresses: &[&str], new: &str) -> Vec<i64> {
        let ending = ending(&waiting(addresses), new.parse().ok());
        ending.iter().map(|id| id.0).collect()
    }

    #[test]
    fn one_network_has_ten() {
        let mut all = vec!["192.0.2.1"; 9];
        assert!(ended(&all, "192.0.2.1").is_empty());
        all.push("198.51.100.7");
        assert!(ended(&all, "192.0.2.1").is_empty());
        all.insert(0, "192.0.2.1");
        assert_eq!(ended(&all, "192.0.2.1"), [2], "not that of the other one");
        assert!(ended(&all, "198.51.100.7").is_empty());
        let mut one = vec!["2001:db8::1"; 9];
        one.push("2001:db8::2");
        assert_eq!(ended(&one, "2001:db8::3"), [1], "one network");
        assert_eq!(ended(&["unknown"; 12], "unknown"), [1, 2, 3]);
    }

    #[test]
    fn a_user_has_a_hundred_and_the_largest_network_makes_room() {
        let texts: Vec<String> = (0..98).map(|number| format!("192.0.2.{number}")).collect();
        let mut all: Vec<&str> = texts.iter().map(String::as_str).collect();
        all.push("198.51.100.7");
        assert!(ended(&all, "203.0.113.1").is_empty());
        all.insert(0, "192.0.2.50");
        assert_eq!(ended(&all, "203.0.113.1"), [49], "the older of the two");
        let mut single = texts.clone();
        single.extend(["203.0.113.1".to_owned(), "198.51.100.7".to_owned()]);
        let single: Vec<&str> = single.iter().map(String::as_str).collect();
        assert_eq!(ended(&single, "203.0.113.2"), [1], "the oldest");
        assert_eq!(
            ended(&single, "203.0.113.1"),
            [2],
            "its own, which makes two"
        );
    }
}
