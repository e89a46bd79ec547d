//! One of the people who work: what they change is theirs alone, so that they know how it must be.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::harness::{Dice, Outcome, auth, basic};
use crate::work::fact::{Doors, Fact, Person, Thing};

/// The people in a worker's group.
const PEOPLE: usize = 4;
/// Things that one worker has at a time; more are ended rather than made.
const MOST: usize = 60;
/// Old things that are looked at after each restart, beside all new ones.
const SAMPLE: usize = 40;

/// The numbers of what was done and seen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Changes that were acknowledged.
    pub(crate) acknowledged: usize,
    /// Changes whose answer was an error or was missing.
    pub(crate) unanswered: usize,
    /// Answers about tokens and things that were compared with what was acknowledged.
    pub(crate) compared: usize,
}

/// A worker with a group, a project in it, and people.
pub(super) struct Worker {
    group: String,
    group_id: u64,
    people: Vec<Person>,
    facts: Vec<Fact>,
    made: usize,
    dice: Dice,
    pub(super) tally: Tally,
    /// Answers that contradict what was acknowledged.
    pub(super) wrong: Vec<String>,
}

impl Worker {
    /// Makes the things that stay.
    pub(super) fn begin(number: usize, doors: &Doors, seed: u64) -> Self {
        let group = format!("w{number}");
        let mut worker = Self {
            group: group.clone(),
            group_id: 0,
            people: Vec::new(),
            facts: Vec::new(),
            made: 0,
            dice: Dice::new(seed.wrapping_add(u64::try_from(number).unwrap())),
            tally: Tally::default(),
            wrong: Vec::new(),
        };
        let mut make = |request: String| {
            let answer = doors.admin(&request);
            assert_eq!(answer.status(), 201, "{request}: {answer:?}");
            worker.tally.acknowledged += 1;
            answer.json()
        };
        let id = |made: &serde_json::Value| made["id"].as_u64().unwrap();
        worker.group_id = id(&make(format!("POST /groups?name={group}&path={group}")));
        let parent = worker.group_id;
        make(format!(
            "POST /projects?name=app&path=app&namespace_id={parent}"
        ));
        for person in 0..PEOPLE {
            let name = format!("{group}p{person}");
            let user = id(&make(format!("POST /users?username={name}&name={name}")));
            let token = make(format!(
                "POST /users/{user}/personal_access_tokens?name=own&scopes[]=read_registry"
            ));
            let person = Person {
                id: user,
                name,
                secret: token["token"].as_str().unwrap().to_owned(),
            };
            for (thing, is_so) in [
                (Thing::Active(person.clone()), true),
                (Thing::Member(group.clone(), person.clone()), false),
            ] {
                worker.facts.push(Fact {
                    thing,
                    is_so: Some(is_so),
                    is_fresh: true,
                });
            }
            worker.people.push(person);
        }
        worker
    }

    /// Changes something or asks for a token.
    pub(super) fn act(&mut self, doors: &Doors) {
        match self.dice.below(3) {
            0 if self.facts.len() < MOST + 2 * PEOPLE => self.make(doors),
            1 => self.ask(doors),
            _ => self.turn_over(doors),
        }
    }

    fn make(&mut self, doors: &Doors) {
        self.made += 1;
        let (group, made) = (&self.group, self.made);
        let thing = match self.dice.below(5) {
            0 => Thing::Group(format!("{group}g{made}")),
            1 => Thing::Project(format!("{group}/p{made}"), self.group_id),
            2 => Thing::User(format!("{group}u{made}")),
            _ => {
                let owner = self.people[self.dice.below(PEOPLE)].id;
                Thing::Token(0, owner, String::new())
            }
        };
        let request = thing.request(true, doors).unwrap();
        let answer = doors.admin(&request);
        let is_so = self.count(&request, &answer).then_some(true);
        let thing = match thing {
            // Without the answer, nobody knows its secret.
            Thing::Token(..) if is_so.is_none() => return,
            Thing::Token(_, owner, _) => {
                let made = answer.json();
                let secret = made["token"].as_str().unwrap().to_owned();
                Thing::Token(made["id"].as_u64().unwrap(), owner, secret)
            }
            thing => thing,
        };
        if is_so.is_none() && matches!(answer, Outcome::NotSent) {
            return;
        }
        self.facts.push(Fact {
            thing,
            is_so,
            is_fresh: true,
        });
        self.see(self.facts.len() - 1, doors);
    }

    /// Undoes something, or does it again where that is possible.
    fn turn_over(&mut self, doors: &Doors) {
        let at = self.dice.below(self.facts.len());
        let fact = &self.facts[at];
        let returns = matches!(fact.thing, Thing::Member(..) | Thing::Active(_));
        let wanted = match fact.is_so {
            Some(true) => false,
            Some(false) if returns => true,
            Some(false) | None => return,
        };
        let Some(request) = fact.thing.request(wanted, doors) else {
            return;
        };
        let answer = doors.admin(&request);
        if matches!(answer, Outcome::NotSent) {
            return;
        }
        let is_known = self.count(&request, &answer);
        let fact = &mut self.facts[at];
        fact.is_so = is_known.then_some(wanted);
        fact.is_fresh = true;
        self.see(at, doors);
    }

    /// True if the change was acknowledged.
    fn count(&mut self, request: &str, answer: &Outcome) -> bool {
        match answer {
            Outcome::NotSent => {
                std::thread::sleep(Duration::from_millis(10));
                return false;
            }
            Outcome::Answered { status, .. } if (200..300).contains(status) => {
                self.tally.acknowledged += 1;
                return true;
            }
            Outcome::Answered { status: 503, .. } | Outcome::Broken(_) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            // It was acknowledged that this can be done.
            Outcome::Answered { .. } => self.wrong.push(format!("{request}: {answer:?}")),
        }
        self.tally.unanswered += 1;
        false
    }

    /// Looks at once at something that was changed, as a registry's client would notice it.
    fn see(&mut self, at: usize, doors: &Doors) {
        match &self.facts[at].thing {
            Thing::Token(..) => self.compare_token(at, doors),
            Thing::Member(_, person) | Thing::Active(person) => {
                let name = person.name.clone();
                self.compare_person(&name, doors);
            }
            Thing::Group(_) | Thing::Project(..) | Thing::User(_) => {}
        }
    }

    fn ask(&mut self, doors: &Doors) {
        let at = self.dice.below(self.facts.len());
        if let Thing::Token(..) = self.facts[at].thing {
            self.compare_token(at, doors);
        } else {
            let name = self.people[at % PEOPLE].name.clone();
            self.compare_person(&name, doors);
        }
    }

    /// A token opens the door if neither it was revoked nor its owner blocked.
    fn compare_token(&mut self, at: usize, doors: &Doors) {
        let Thing::Token(_, owner, secret) = &self.facts[at].thing else {
            return;
        };
        let owner = self.people.iter().find(|person| person.id == *owner);
        let name = &owner.unwrap().name;
        let (Some(is_so), Some((is_active, _))) = (self.facts[at].is_so, self.standing(name))
        else {
            return;
        };
        let answer = auth(&doors.token, "", &basic("x", secret));
        self.judge(&answer, is_so && is_active, None);
    }

    /// A person pulls if they are active and have a role.
    fn compare_person(&mut self, name: &str, doors: &Doors) {
        let Some((is_active, is_member)) = self.standing(name) else {
            return;
        };
        let person = self.people.iter().find(|person| person.name == name);
        let login = basic(name, &person.unwrap().secret);
        let scope = format!("repository:{}/app:pull", self.group);
        let answer = auth(&doors.token, &scope, &login);
        self.judge(&answer, is_active, Some(is_member));
    }

    fn judge(&mut self, answer: &Outcome, is_let_in: bool, pulls: Option<bool>) {
        let is_right = match answer.status() {
            200 => is_let_in && pulls.is_none_or(|pulls| pulls == grants_pull(answer)),
            401 => !is_let_in,
            0 | 503 => return,
            _ => false,
        };
        self.tally.compared += 1;
        if !is_right {
            let expected = format!("let in: {is_let_in}, pulls: {pulls:?}");
            self.wrong.push(format!("{expected}, but: {answer:?}"));
        }
    }

    /// Whether a person is active and a member; none while an answer about it is missing.
    fn standing(&self, name: &str) -> Option<(bool, bool)> {
        let (mut is_active, mut is_member) = (None, None);
        for fact in &self.facts {
            match &fact.thing {
                Thing::Active(person) if person.name == name => is_active = fact.is_so,
                Thing::Member(_, person) if person.name == name => is_member = fact.is_so,
                _ => {}
            }
        }
        Some((is_active?, is_member?))
    }

    /// Looks at everything that was touched since the last time and at some of the rest, or at all; what was
    /// open is known from now on.
    pub(super) fn check(&mut self, doors: &Doors, is_last: bool) {
        let mut settled = Vec::new();
        for at in 0..self.facts.len() {
            let in_sample = is_last || self.dice.below(self.facts.len()) < SAMPLE;
            let fact = self.facts[at].clone();
            if !fact.is_fresh && !in_sample {
                continue;
            }
            if let Thing::Token(..) = fact.thing
                && !self.owner_is_let_in(&fact.thing)
            {
                continue;
            }
            match (fact.thing.look(doors), fact.is_so) {
                (Ok(seen), Some(is_so)) if seen != is_so => {
                    let thing = &fact.thing;
                    self.wrong
                        .push(format!("{thing:?}: acknowledged {is_so}, found {seen}"));
                }
                (Ok(seen), _) => settled.push((at, seen)),
                (Err(why), _) => self.wrong.push(why),
            }
            self.tally.compared += 1;
        }
        for (at, is_so) in settled {
            self.facts[at].is_so = Some(is_so);
            self.facts[at].is_fresh = false;
        }
        for name in self.people.clone() {
            self.compare_person(&name.name, doors);
        }
        self.forget();
    }

    /// Keeps the last things that are gone, and everything that is there.
    fn forget(&mut self) {
        let mut gone = 0;
        let count = self.facts.len();
        let mut kept = Vec::new();
        for fact in self.facts.drain(..).rev() {
            let returns = matches!(fact.thing, Thing::Member(..) | Thing::Active(_));
            let is_gone = fact.is_so == Some(false) && !returns;
            gone += usize::from(is_gone);
            if !is_gone || gone <= MOST / 2 || count < MOST / 2 {
                kept.push(fact);
            }
        }
        kept.reverse();
        self.facts = kept;
    }

    fn owner_is_let_in(&self, token: &Thing) -> bool {
        let Thing::Token(_, owner, _) = token else {
            return false;
        };
        let active = self.facts.iter().find_map(|fact| match &fact.thing {
            Thing::Active(person) if person.id == *owner => Some(fact.is_so == Some(true)),
            _ => None,
        });
        active == Some(true)
    }
}

/// True if the token grants to pull.
fn grants_pull(answer: &Outcome) -> bool {
    let json = answer.json();
    let token = json["token"].as_str().unwrap_or_default();
    let claims = token.split('.').nth(1).unwrap_or_default();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    let access = claims["access"].as_array().cloned().unwrap_or_default();
    access.iter().any(|entry| {
        entry["actions"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    })
}
