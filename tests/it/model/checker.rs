//! The check finds wrong answers, and leaves right ones in peace.

use std::sync::Arc;

use super::history::{Asked, BOUND, Changed, History};
use super::world::{
    Answer, Credential, Deletion, Place, Question, RefreshToken, Scope, Token, User, World, set,
};

/// A second.
const S: i64 = BOUND;

/// alice has a token for her project, which replica 0 revokes at 10 s and which ends at 30 s all the same; at 20 s the
/// command line makes the project public.
fn history() -> History {
    let user = User::default();
    let token = Token {
        owner: "alice".to_owned(),
        scopes: set(&["read_registry"]),
        end: Some(30 * S),
        ..Token::default()
    };
    let first = World {
        users: Arc::new([("alice".to_owned(), user)].into()),
        tokens: Arc::new([("secret".to_owned(), token.clone())].into()),
        places: Arc::new([("alice".to_owned(), Place::Private)].into()),
        ..World::default()
    };
    let mut revoked = first.clone();
    let token = Token {
        is_revoked: true,
        ..token
    };
    revoked.tokens = Arc::new([("secret".to_owned(), token)].into());
    let mut public = revoked.clone();
    public.places = Arc::new([("alice".to_owned(), Place::Public)].into());
    let change = |what: &str, by, at: i64, world| Changed {
        what: what.to_owned(),
        by,
        sent: at,
        acknowledged: at + S / 10,
        world,
    };
    History {
        first,
        pauses: Vec::new(),
        changes: vec![
            change("revoke", Some(0), 10 * S, revoked),
            change("show", None, 20 * S, public),
        ],
        asked: Vec::new(),
    }
}

fn pull_of(repository: &str) -> Vec<Scope> {
    vec![Scope {
        repository: repository.to_owned(),
        actions: &["pull"],
    }]
}

/// The verdict on one answer to alice's token, or to nobody: wrong or not.
fn is_wrong(
    history: &History,
    replica: usize,
    begin: i64,
    (secret, answer): (&str, &Answer),
) -> bool {
    let credential = match secret {
        "" => Credential::None,
        secret => Credential::Token(secret.to_owned()),
    };
    let mut history = history.clone();
    history.asked = vec![Asked {
        replica,
        begin,
        end: begin + S / 100,
        question: Question {
            credential,
            is_post: false,
            scopes: pull_of("alice/app"),
        },
        answer: answer.clone(),
    }];
    let verdict = history.check();
    assert_eq!(verdict.answers, 1);
    verdict.wrong.len() + verdict.torn.len() == 1
}

#[test]
fn an_old_answer_is_right_for_a_second_elsewhere_and_not_at_all_where_it_was_changed() {
    let history = history();
    let (granted, refused) = (Answer::Granted(set(&["alice/app:pull"])), Answer::Refused);
    for (replica, begin, old_is_wrong, new_is_wrong) in [
        (1, 9 * S, false, true),
        // The change begins while the request is answered.
        (1, 10 * S - S / 200, false, false),
        (0, 10 * S + S / 20, false, false),
        (0, 10 * S + S / 5, true, false),
        (1, 10 * S + S / 5, false, false),
        (1, 11 * S, false, false),
        (1, 11 * S + S / 5, true, false),
    ] {
        let wrong = |answer| is_wrong(&history, replica, begin, ("secret", answer));
        let found = (wrong(&granted), wrong(&refused));
        assert_eq!(
            found,
            (old_is_wrong, new_is_wrong),
            "replica {replica} at {begin}"
        );
    }
}

#[test]
fn an_end_counts_at_its_moment() {
    let mut history = history();
    history.changes.clear();
    let (granted, refused) = (Answer::Granted(set(&["alice/app:pull"])), Answer::Refused);
    for (begin, old_is_wrong, new_is_wrong) in [
        (29 * S, false, true),
        (30 * S - S / 200, false, false),
        (30 * S + S / 10, true, false),
    ] {
        let wrong = |answer| is_wrong(&history, 1, begin, ("secret", answer));
        assert_eq!(
            (wrong(&granted), wrong(&refused)),
            (old_is_wrong, new_is_wrong),
            "{begin}"
        );
    }
}

#[test]
fn an_answer_that_was_never_right_is_wrong() {
    let history = history();
    for (begin, secret, answer) in [
        (
            5 * S,
            "secret",
            Answer::Granted(set(&["alice/app:pull", "alice/app:push"])),
        ),
        (5 * S, "secret", Answer::Granted(set(&[]))),
        (5 * S, "secret", Answer::Forbidden),
        (5 * S, "unknown", Answer::Granted(set(&["alice/app:pull"]))),
        (5 * S, "", Answer::Granted(set(&["alice/app:pull"]))),
        (25 * S, "", Answer::Granted(set(&[]))),
        (25 * S, "secret", Answer::Granted(set(&["alice/app:pull"]))),
    ] {
        assert!(
            is_wrong(&history, 1, begin, (secret, &answer)),
            "{begin} {secret} {answer:?}"
        );
    }
}

/// The token is revoked, and then the place shown to everybody: nobody may see it with the token.
#[test]
fn an_answer_from_facts_of_different_moments_is_torn() {
    let mut history = history();
    let shown = history.changes[1].clone();
    history.changes[1] = Changed {
        sent: 10 * S + S / 5,
        acknowledged: 10 * S + S / 4,
        world: World {
            places: Arc::new([("team".to_owned(), Place::Public)].into()),
            ..shown.world
        },
        ..shown
    };
    let mut verdict = |replica, answer: &Answer| {
        history.asked = vec![Asked {
            replica,
            begin: 10 * S + S / 2,
            end: 10 * S + S / 2 + S / 100,
            question: Question {
                credential: Credential::Token("secret".to_owned()),
                is_post: false,
                scopes: pull_of("team/app"),
            },
            answer: answer.clone(),
        }];
        let verdict = history.check();
        (verdict.wrong.len(), verdict.torn.len())
    };
    let (nothing, pull) = (
        Answer::Granted(set(&[])),
        Answer::Granted(set(&["team/app:pull"])),
    );
    assert_eq!(verdict(1, &nothing), (0, 0));
    assert_eq!(verdict(1, &Answer::Refused), (0, 0));
    assert_eq!(verdict(1, &pull), (0, 1));
    assert_eq!(
        verdict(1, &Answer::Granted(set(&["team/app:push"]))),
        (1, 0)
    );
    // Replica 0 revoked it, and knows that at once.
    assert_eq!(verdict(0, &pull), (1, 0));
}

/// A login at replica 0 deletes one of alice's refresh tokens at 10 s.
#[test]
fn a_refresh_token_that_a_login_deleted_may_work_on_elsewhere_for_a_while() {
    let mut history = history();
    let with = |deleted| {
        let token = RefreshToken {
            owner: "alice".to_owned(),
            deleted,
            ..RefreshToken::default()
        };
        World {
            refresh_tokens: Arc::new([("login".to_owned(), token)].into()),
            ..history.first.clone()
        }
    };
    let deletion = Deletion {
        by: 0,
        until: 70 * S,
    };
    let (first, deleted) = (with(None), with(Some(deletion)));
    history.first = first;
    history.changes[0].world = deleted;
    history.changes.truncate(1);
    let pull = Answer::Granted(set(&["alice/app:pull"]));
    let mut verdict = |replica, begin, answer: &Answer| {
        history.asked = vec![Asked {
            replica,
            begin,
            end: begin + S / 100,
            question: Question {
                credential: Credential::RefreshToken("login".to_owned()),
                is_post: true,
                scopes: pull_of("alice/app"),
            },
            answer: answer.clone(),
        }];
        let verdict = history.check();
        verdict.wrong.len() + verdict.torn.len()
    };
    let found = [(0, 9), (0, 12), (1, 12), (1, 69), (1, 71)].map(|(replica, second)| {
        let mut wrong = |answer| verdict(replica, second * S, answer);
        (wrong(&pull), wrong(&Answer::Refused))
    });
    assert_eq!(found, [(0, 1), (1, 0), (0, 0), (0, 0), (1, 0)]);
}

/// Two places are shown one after the other: no moment shows the second and not the first.
#[test]
fn an_answer_about_two_scopes_is_of_one_moment() {
    let mut history = history();
    let shown = |paths: &[&str]| World {
        places: Arc::new(
            paths
                .iter()
                .map(|path| ((*path).to_owned(), Place::Public))
                .collect(),
        ),
        ..World::default()
    };
    history.first = shown(&[]);
    for (at, world) in [shown(&["one"]), shown(&["one", "two"])]
        .into_iter()
        .enumerate()
    {
        let change = &mut history.changes[at];
        let tenths = i64::try_from(at).unwrap() * S / 10;
        (change.by, change.sent, change.acknowledged) = (None, 10 * S + tenths, 10 * S + tenths);
        change.world = world;
    }
    let mut verdict = |granted: &[&str]| {
        history.asked = vec![Asked {
            replica: 0,
            begin: 10 * S + S / 2,
            end: 10 * S + S / 2 + S / 100,
            question: Question {
                credential: Credential::None,
                is_post: false,
                scopes: [pull_of("one/app"), pull_of("two/app")].concat(),
            },
            answer: Answer::Granted(set(granted)),
        }];
        let verdict = history.check();
        (verdict.wrong.len(), verdict.torn.len())
    };
    assert_eq!(verdict(&[]), (0, 0));
    assert_eq!(verdict(&["one/app:pull"]), (0, 0));
    assert_eq!(verdict(&["one/app:pull", "two/app:pull"]), (0, 0));
    assert_eq!(verdict(&["two/app:pull"]), (0, 1));
}
