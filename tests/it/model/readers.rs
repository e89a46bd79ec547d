//! Those who ask all the time, and the one who stops or kills a replica.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::dice::Dice;
use super::history::{Asked, Pause};
use super::stage::{SERVICE, Stage, TokenRequest};
use super::world::{Answer, Credential, Question, Scope, address_of};

/// What to ask for.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    pub(super) credentials: Vec<Credential>,
    pub(super) repositories: Vec<String>,
    /// Those whose answers changed in the last seconds.
    pub(super) hot: Vec<(Credential, String)>,
}

/// What those who ask share.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) subjects: RwLock<Subjects>,
    pub(super) asked: Mutex<Vec<Asked>>,
    /// Requests without an answer: 503, or the connection broke.
    pub(super) unanswered: AtomicUsize,
    pub(super) pauses: Mutex<Vec<Pause>>,
    pub(super) is_over: AtomicBool,
}

/// The requests that wait for a replica that stands still.
const WAITING: usize = 16;

const ACTIONS: [&[&str]; 5] = [
    &["pull"],
    &["pull", "push"],
    &["push"],
    &["pull", "push", "delete"],
    &["*"],
];

impl Round {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// Ends the round when it is dropped, also by a panic.
    pub(super) fn ends(&self) -> RoundsEnd<'_> {
        RoundsEnd(self)
    }

    /// Asks a replica until the round is over.
    pub(super) fn ask(&self, stage: &Stage, replica: usize, mut dice: Dice) {
        while self.goes_on() {
            self.ask_once(stage, replica, &mut dice, 50);
        }
    }

    /// Asks once; in that many of a hundred cases for something that changed a moment ago.
    fn ask_once(&self, stage: &Stage, replica: usize, dice: &mut Dice, hot: usize) {
        let question = self.subjects.read().unwrap().question(dice, hot);
        let request = TokenRequest::of(&question);
        let begin = stage.clock().now();
        let reply = stage.replicas[replica].ask(&request);
        let end = stage.clock().now();
        let Some((status, body)) = reply.filter(|(status, _)| *status != 503) else {
            self.unanswered.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(20));
            return;
        };
        self.asked.lock().unwrap().push(Asked {
            replica,
            begin,
            end,
            answer: read(status, &body, &question),
            question,
        });
    }

    /// Stops one replica after the other until the round is over, or kills it. Requests wait for it when it goes on: whoever
    /// stood still must not answer them by what it knew before.
    pub(super) fn pause(&self, stage: &Stage, mut dice: Dice) {
        while self.goes_on() {
            let rest = Duration::from_millis(dice.number(900, 3000));
            std::thread::sleep(rest / u32::try_from(stage.replicas.len()).unwrap());
            let duration = Duration::from_millis(dice.number(1200, 3000));
            let replica = dice.below(stage.replicas.len());
            let is_killed = dice.percent(25);
            std::thread::scope(|scope| {
                for _ in 0..WAITING {
                    let mut dice = dice.fork();
                    let early = Duration::from_millis(dice.number(10, 100));
                    scope.spawn(move || {
                        std::thread::sleep(duration.saturating_sub(early));
                        self.ask_once(stage, replica, &mut dice, 100);
                    });
                }
                let begin = stage.clock().now();
                if is_killed {
                    stage.replicas[replica].restart();
                } else {
                    stage.replicas[replica].pause(duration);
                }
                let end = stage.clock().now();
                self.pauses.lock().unwrap().push(Pause {
                    replica,
                    is_killed,
                    begin,
                    end,
                });
            });
        }
    }
}

/// The end of a round.
pub(super) struct RoundsEnd<'a>(&'a Round);

impl Drop for RoundsEnd<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

impl Subjects {
    fn question(&self, dice: &mut Dice, hot: usize) -> Question {
        let (credential, repository) = if dice.percent(hot) && !self.hot.is_empty() {
            dice.one_of(&self.hot).clone()
        } else {
            let credential = dice.one_of(&self.credentials).clone();
            (credential, dice.one_of(&self.repositories).clone())
        };
        let credential = match credential {
            // Each takes a while of a core.
            Credential::Password(..) if dice.percent(80) => Credential::None,
            Credential::Password(name, password) if dice.percent(30) => {
                Credential::Password(address_of(&name), password)
            }
            Credential::DeployToken(name, secret) if dice.percent(10) => {
                Credential::DeployToken(format!("not-{name}"), secret)
            }
            credential => credential,
        };
        Question {
            scopes: self.scopes(dice, (&credential, repository)),
            is_post: dice.percent(30),
            credential,
        }
    }

    /// One scope, or those of a push with a mount of another repository's layer, or some mixed ones.
    fn scopes(
        &self,
        dice: &mut Dice,
        (credential, repository): (&Credential, String),
    ) -> Vec<Scope> {
        let scope = |repository, actions| Scope {
            repository,
            actions,
        };
        let mut actions = || *dice.one_of::<&[&str]>(&ACTIONS);
        let first = actions();
        let others = [actions(), actions()];
        let hot = self.hot.iter();
        let hot = hot.filter(|(other, _)| other == credential);
        let hot: Vec<&String> = hot.map(|(_, repository)| repository).collect();
        let mut other = || match hot[..] {
            [_, ..] if dice.percent(50) => (*dice.one_of(&hot)).clone(),
            _ => dice.one_of(&self.repositories).clone(),
        };
        let (second, third) = (other(), other());
        match dice.below(10) {
            0..4 => vec![scope(repository, first)],
            4..7 => vec![
                scope(repository, &["pull", "push"]),
                scope(second, &["pull"]),
            ],
            7..9 => vec![scope(repository, first), scope(second, others[0])],
            _ => vec![
                scope(repository, first),
                scope(second, others[0]),
                scope(third, others[1]),
            ],
        }
    }
}

impl TokenRequest {
    fn of(question: &Question) -> Self {
        let scopes = question.scopes.iter();
        let scopes: Vec<String> = scopes
            .map(|scope| {
                format!(
                    "repository:{}:{}",
                    scope.repository,
                    scope.actions.join(",")
                )
            })
            .collect();
        let joined = scopes.join(" ");
        let mut asked = vec![("service", SERVICE)];
        if question.is_post {
            asked.push(("scope", &joined));
        } else {
            asked.extend(scopes.iter().map(|scope| ("scope", scope.as_str())));
        }
        if question.is_post
            && let Some(form) = form(&question.credential)
        {
            return Self::post(&[&form[..], &asked].concat());
        }
        let basic = match &question.credential {
            Credential::None => None,
            Credential::Token(secret) => Some(("anyone", secret)),
            // As containerd does.
            Credential::RefreshToken(secret) => Some(("", secret)),
            Credential::Password(name, secret) | Credential::DeployToken(name, secret) => {
                Some((name.as_str(), secret))
            }
        };
        Self::get(&asked, basic.map(|(name, secret)| (name, secret.as_str())))
    }
}

/// The fields of a form that say who is asking; nobody does not send one.
fn form(credential: &Credential) -> Option<Vec<(&str, &str)>> {
    let (name, secret) = match credential {
        Credential::None => return None,
        Credential::RefreshToken(secret) => {
            return Some(vec![
                ("grant_type", "refresh_token"),
                ("refresh_token", secret),
            ]);
        }
        Credential::Token(secret) => ("anyone", secret),
        Credential::Password(name, secret) | Credential::DeployToken(name, secret) => {
            (name.as_str(), secret)
        }
    };
    Some(vec![
        ("grant_type", "password"),
        ("username", name),
        ("password", secret),
    ])
}

fn read(status: u16, body: &str, question: &Question) -> Answer {
    match status {
        200 => Answer::Granted(granted(body).unwrap()),
        401 => Answer::Refused,
        403 => Answer::Forbidden,
        status => panic!("{question:?} is answered {status}: {body}"),
    }
}

/// The actions in the token, each after its repository.
fn granted(body: &str) -> Option<BTreeSet<String>> {
    let reply: Value = serde_json::from_str(body).ok()?;
    let claims = reply["token"].as_str()?.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    let mut actions = BTreeSet::new();
    for entry in claims["access"].as_array()? {
        assert_eq!(entry["type"], "repository", "{claims}");
        let name = entry["name"].as_str()?;
        for action in entry["actions"].as_array()? {
            actions.insert(format!("{name}:{}", action.as_str()?));
        }
    }
    Some(actions)
}
