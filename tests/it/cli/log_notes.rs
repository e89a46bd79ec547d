//! What the log says about a request besides who and how long.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Workplace;
use super::running::{Running, send, start_with};

/// A running service with the user alice, a project that she may pull from, and one that is hidden from her.
fn started(workplace: &Workplace) -> Running {
    started_with(workplace, "")
}

/// The same with more lines of configuration.
fn started_with(workplace: &Workplace, more: &str) -> Running {
    let running = start_with(workplace, "log", more);
    for command in [
        "user create alice",
        "group create team",
        "project create team/app",
        "project create team/secret",
        "member add team/app alice --level reporter",
    ] {
        workplace.ok(&command.split(' ').collect::<Vec<_>>());
    }
    running
}

fn token(workplace: &Workplace, scope: &str) -> String {
    let arguments = [
        "token", "create", "--user", "alice", "--name", "x", "--scope", scope,
    ];
    workplace.ok(&arguments).trim().to_owned()
}

fn basic(secret: &str) -> String {
    format!(
        "authorization: Basic {}\r\n",
        STANDARD.encode(format!("alice:{secret}"))
    )
}

/// The status and the body of a reply, and the note in the log line of its request.
fn asked(
    workplace: &Workplace,
    running: &Running,
    path: &str,
    headers: &str,
) -> (String, String, String) {
    let reply = running.get_with(path, headers);
    let (_, body) = reply.split_once("\r\n\r\n").unwrap();
    let line: Value = serde_json::from_str(&logged(workplace, &reply)).unwrap();
    let note = line["note"].as_str().unwrap().to_owned();
    (line["http.status"].to_string(), body.to_owned(), note)
}

/// The log line of the request that had this reply.
fn logged(workplace: &Workplace, reply: &str) -> String {
    let id = reply
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(5) {
        let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
        if let Some(line) = log
            .lines()
            .find(|line| line.contains(id) && line.ends_with('}'))
        {
            return line.to_owned();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no line in the log has {id}");
}

#[test]
fn the_log_refuses_in_the_words_of_the_reply() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let token = token(&workplace, "read_registry");
    let scopes = "scope=repository:team/app:pull,push&scope=repository:team/secret:pull&scope=registry:catalog:*";
    for headers in [String::new(), basic(&token)] {
        let path = format!("/jwt/auth?service=container_registry&{scopes}");
        let (status, body, note) = asked(&workplace, &running, &path, &headers);
        assert_eq!(status, "200");
        let body: Value = serde_json::from_str(&body).unwrap();
        let denied = body["denied"].as_array().unwrap();
        assert!(denied.len() >= 3, "{body}");
        for denial in denied {
            let text = |name: &str| denial[name].as_str().unwrap();
            let words = format!(
                "denied {}:{}:{} ({})",
                text("type"),
                text("name"),
                text("action"),
                text("reason")
            );
            assert!(note.contains(&words), "{words} in {note}");
        }
    }
}

#[test]
fn the_log_has_what_was_granted_however_it_was_asked() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let token = token(&workplace, "read_registry");
    let query = "service=container_registry&scope=repository:team/app:pull";
    let form = format!("{query}&grant_type=password&username=alice&client_id=x&password={token}");
    let posted = format!(
        "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    for (request, more) in [
        (format!("GET /jwt/auth?{query}"), basic(&token)),
        (format!("HEAD /jwt/auth?{query}"), basic(&token)),
        ("POST /jwt/auth".to_owned(), posted),
    ] {
        let reply = send(&running.token, &request, &more);
        assert!(reply.starts_with("HTTP/1.1 200"), "{request}: {reply}");
        let line: Value = serde_json::from_str(&logged(&workplace, &reply)).unwrap();
        assert_eq!(
            line["note"], "granted repository:team/app:pull",
            "{request}"
        );
        assert_eq!(line["who"], "alice", "{request}");
    }
}

/// A name means nothing beside a token, and belongs to the line of its request: those who leave out successes have none.
#[test]
fn a_token_beside_another_name_is_told_with_its_request() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let token = token(&workplace, "read_registry");
    let path = "/jwt/auth?service=container_registry&scope=repository:team/app:pull";
    for (name, more) in [
        ("alice", ""),
        ("", ""),
        (
            "gitlab-ci-token",
            "; the token came beside another name than its owner's",
        ),
    ] {
        let basic = STANDARD.encode(format!("{name}:{token}"));
        let header = format!("authorization: Basic {basic}\r\n");
        let (_, _, note) = asked(&workplace, &running, path, &header);
        assert_eq!(note, format!("granted repository:team/app:pull{more}"));
    }
    // One looks for it where something was refused, too.
    let reader = self::token(&workplace, "read_user");
    let basic = STANDARD.encode(format!("bob:{reader}"));
    let header = format!("authorization: Basic {basic}\r\n");
    let (status, _, note) = asked(&workplace, &running, path, &header);
    assert_eq!(status, "403");
    assert!(
        note.ends_with("; the token came beside another name than its owner's"),
        "{note}"
    );
    let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
    assert_eq!(log.matches("another name").count(), 2, "{log}");
}

#[test]
fn the_log_knows_why_a_credential_was_refused_and_the_caller_does_not() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let reader = token(&workplace, "read_registry");
    let revoked = token(&workplace, "api");
    workplace.ok(&["token", "revoke", "2", "--yes"]);
    let mut bodies = Vec::new();
    for (path, headers, cause) in [
        ("/jwt/auth", basic("wrong"), "the user has no password"),
        (
            "/jwt/auth",
            basic("whf_pat_cut"),
            "the token is mistyped or cut",
        ),
        ("/jwt/auth", basic(&revoked), "the token was revoked"),
        (
            "/jwt/auth",
            "authorization: Bearer x\r\n".to_owned(),
            "unreadable",
        ),
        (
            "/auth/verify",
            "authorization: Digest x\r\n".to_owned(),
            "there is no token that can be read",
        ),
        (
            "/auth/verify",
            "private-token: x\r\n".to_owned(),
            "the token is unknown",
        ),
        ("/auth/verify", basic(&revoked), "the token was revoked"),
        (
            "/auth/verify",
            basic(&reader),
            "none of the scopes that suffice",
        ),
    ] {
        let path = format!("{path}?service=container_registry");
        let (status, body, note) = asked(&workplace, &running, &path, &headers);
        assert_eq!(status, "401", "{path} {headers}");
        assert!(
            note.contains(cause),
            "{cause} in {note:?} of {path} {headers}"
        );
        bodies.push(body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let (status, _, note) = asked(&workplace, &running, "/auth/verify?scope=everything", "");
    assert_eq!(status, "400");
    assert!(
        note.contains("`scope` names something else than api"),
        "{note}"
    );
}

#[test]
fn the_log_names_whose_token_does_not_suffice() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let reader = token(&workplace, "read_registry");
    let narrow = workplace.ok(&[
        "token",
        "create",
        "--user",
        "alice",
        "--name",
        "narrow",
        "--scope",
        "read_registry",
        "--repository",
        "team/*",
    ]);
    for (token, scope) in [(reader.as_str(), "api"), (narrow.trim(), "read_registry")] {
        let path = format!("/auth/verify?scope={scope}");
        let reply = running.get_with(&path, &basic(token));
        assert!(reply.starts_with("HTTP/1.1 401"), "{reply}");
        let line: Value = serde_json::from_str(&logged(&workplace, &reply)).unwrap();
        assert_eq!(line["who"], "alice", "{scope}");
    }
}

#[test]
fn a_token_beside_a_name_by_which_its_owner_signs_in_is_nothing_to_log() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    workplace.ok(&["user", "change", "alice", "--email", "älice@example.com"]);
    let token = token(&workplace, "read_registry");
    let told = |name: &str| {
        let credential = STANDARD.encode(format!("{name}:{token}"));
        let header = format!("authorization: Basic {credential}\r\n");
        let path = "/jwt/auth?service=container_registry";
        logged(&workplace, &running.get_with(path, &header));
        let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
        log.matches("another name than").count()
    };
    let own = ["Alice", "ÄLICE@Example.com", ""];
    assert_eq!(own.map(told), [0, 0, 0]);
    assert_eq!(told("x"), 1);
}

/// A request such as `docker login` makes it.
const LOGIN: &str = "/jwt/auth?service=container_registry&account=alice&offline_token=true";

/// A form that asks for a token by a grant of OAuth2, and its headers.
fn granted(kind: &str, field: &str, secret: &str) -> String {
    let form = format!("grant_type={kind}&service=container_registry&client_id=x&{field}={secret}");
    with_headers("", &form)
}

/// A form behind its headers and more of them.
fn with_headers(more: &str, form: &str) -> String {
    let length = form.len();
    format!(
        "{more}content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"
    )
}

/// Somebody who puts secrets where none belongs.
struct Careless {
    running: Running,
    /// A token that works, and another one.
    api: String,
    secret: String,
}

impl Careless {
    fn caller(&self) -> String {
        format!("private-token: {}\r\n", self.api)
    }

    /// A form, and the header with the token.
    fn form(&self, body: &str) -> String {
        with_headers(&self.caller(), body)
    }

    fn call_the_token_listener(&self) -> Vec<String> {
        let (token, secret) = (&self.running.token, &self.secret);
        let form = |body: &str| self.form(body);
        vec![
            send(token, &format!("GET /auth/verify?scope={secret}"), ""),
            send(token, &format!("GET /jwt/auth?service={secret}"), ""),
            send(token, &format!("GET /jwt/auth?{secret}={secret}"), ""),
            send(
                token,
                &format!(
                    "GET /jwt/auth?service=container_registry&scope={secret}&scope=repository:{secret}:pull&client_id={secret}"
                ),
                "",
            ),
            send(token, "POST /jwt/auth", &form(secret)),
            send(
                token,
                "POST /jwt/auth",
                &form(&format!("grant_type={secret}")),
            ),
            send(token, &format!("GET /{secret}"), ""),
            send(token, &format!("GET /v2/{secret}/manifests/latest"), ""),
            send(token, &format!("{} /jwt/auth", secret.to_uppercase()), ""),
            send(
                token,
                &format!("GET /nowhere?{secret}"),
                &format!(
                    "{}: x\r\nx-forwarded-for: {secret}\r\nuser-agent: {secret}\r\n",
                    &secret[..30]
                ),
            ),
            send(token, &format!("GET /{}", "x/".repeat(2000)), ""),
            send(token, &format!("GET {LOGIN}"), &basic(secret)),
            send(token, &format!("GET {LOGIN}"), &basic(&secret[..30])),
            send(token, "GET /auth/verify", &self.caller()),
            send(
                token,
                "POST /jwt/auth",
                &granted("password", "username=alice&password", secret),
            ),
            send(
                token,
                "POST /jwt/auth",
                &granted("password", "username=x&password", &secret[..30]),
            ),
            send(
                token,
                "POST /jwt/auth",
                &granted("refresh_token", "refresh_token", secret),
            ),
        ]
    }

    fn write_over_the_api(&self) -> Vec<String> {
        let (admin, secret) = (&self.running.admin, &self.secret);
        let form = |body: &str| self.form(body);
        let long = "x".repeat(4000);
        vec![
            send(admin, "POST /api/v4/personal_access_tokens", &form(secret)),
            send(
                admin,
                "POST /api/v4/user/personal_access_tokens",
                &form(secret),
            ),
            send(
                admin,
                "POST /api/v4/user/personal_access_tokens",
                &form(&format!("name=x&scopes={secret}")),
            ),
            send(
                admin,
                "POST /api/v4/groups",
                &form(&format!("name={secret}&path={secret}&visibility={secret}")),
            ),
            send(
                admin,
                "POST /api/v4/projects",
                &form(&format!("path=&name={secret}")),
            ),
            send(
                admin,
                "PUT /api/v4/projects/team%2Fapp",
                &form(&format!("{secret}={secret}")),
            ),
            send(
                admin,
                "POST /api/v4/projects/team%2Fapp/members",
                &form(&format!("username={secret}&access_level=30")),
            ),
            send(
                admin,
                "POST /api/v4/user/personal_access_tokens",
                &form(&format!("{long}={long}")),
            ),
        ]
    }

    fn read_over_the_api(&self) -> Vec<String> {
        let (admin, secret, caller) = (&self.running.admin, &self.secret, self.caller());
        let long = "x".repeat(4000);
        vec![
            send(
                admin,
                &format!("GET /api/v4/personal_access_tokens/{secret}"),
                &caller,
            ),
            send(admin, &format!("GET /api/v4/users/{secret}"), &caller),
            send(admin, &format!("GET /api/v4/projects/{secret}"), &caller),
            send(
                admin,
                &format!("GET /api/v4/projects?visibility={secret}&sort={secret}"),
                &caller,
            ),
            send(admin, &format!("GET /api/v4/{secret}"), &caller),
            send(
                admin,
                &format!("GET /api/v4/explain?user={secret}&scope={secret}"),
                &caller,
            ),
            send(admin, &format!("GET /api/v4/user?sudo={secret}"), &caller),
            send(
                admin,
                "GET /api/v4/user",
                &format!("private-token: {secret}\r\n"),
            ),
            send(admin, &format!("GET /api/v4/{long}/{long}"), &caller),
        ]
    }
}

/// Callers put secrets into places where none belongs; no log keeps them, nor anything else that is theirs to choose. The log has
/// all that our libraries tell, too.
#[test]
fn nothing_that_a_caller_wrote_is_in_the_log() {
    let workplace = Workplace::empty();
    let careless = Careless {
        running: started_with(&workplace, "[log]\nfilter = \"debug\"\n"),
        api: token(&workplace, "api"),
        secret: token(&workplace, "read_registry"),
    };
    let replies = [
        careless.call_the_token_listener(),
        careless.write_over_the_api(),
        careless.read_over_the_api(),
    ];
    for reply in &replies.concat() {
        let line = logged(&workplace, reply);
        assert!(line.len() < 1000, "{line}");
    }
    let written = std::fs::read_to_string(workplace.path().join("log")).unwrap();
    let (body, hidden) = (&careless.secret[8..], &careless.api[8..]);
    for line in written.lines() {
        let lower = line.to_lowercase();
        for part in [body, hidden] {
            assert!(!lower.contains(&part.to_lowercase()), "{line}");
            assert!(!lower.contains(&part.to_lowercase()[..20]), "{line}");
        }
    }
}

#[test]
fn a_request_for_very_much_has_a_short_line() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let scopes: Vec<String> = (0..99)
        .map(|number| {
            format!(
                "scope=repository:{}{number}:pull,push,delete",
                "x".repeat(120)
            )
        })
        .collect();
    let path = format!("/jwt/auth?service=container_registry&{}", scopes.join("&"));
    let (status, _, note) = asked(&workplace, &running, &path, "");
    assert_eq!(status, "200");
    assert!(note.len() < 2100, "{}", note.len());
    assert!(note.ends_with(" more"), "{note}");
}

#[test]
fn an_admin_request_is_logged_with_its_caller_whatever_becomes_of_it() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let caller = format!("private-token: {}\r\n", token(&workplace, "api"));
    for (path, status) in [
        ("/api/v4/user", 200),
        ("/api/v4/users?per_page=x", 400),
        ("/api/v4/users/1/personal_access_tokens/x", 404),
        ("/api/v4/projects/99999", 404),
        ("/api/v4/user?sudo=root", 403),
    ] {
        let reply = send(&running.admin, &format!("GET {path}"), &caller);
        let line: Value = serde_json::from_str(&logged(&workplace, &reply)).unwrap();
        assert_eq!(line["http.status"], status, "{line}");
        if line["http.route"] != "none" {
            assert_eq!(line["who"], "alice", "{line}");
        }
    }
    let reply = send(&running.admin, "GET /api/v4/user", "");
    let line: Value = serde_json::from_str(&logged(&workplace, &reply)).unwrap();
    assert_eq!(
        (&line["who"], &line["http.status"]),
        (&"-".into(), &401.into())
    );
}

#[test]
fn a_token_request_that_is_refused_is_logged_with_its_caller() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let (user, reader) = ("read_user", "read_registry");
    let unknown = "service=nothing";
    let known = "service=container_registry";
    for (scope, query, status) in [
        (user, known, 403),
        (reader, unknown, 400),
        (reader, "", 400),
    ] {
        let caller = basic(&token(&workplace, scope));
        let reply = send(&running.token, &format!("GET /jwt/auth?{query}"), &caller);
        let line: Value = serde_json::from_str(&logged(&workplace, &reply)).unwrap();
        assert_eq!(line["http.status"], status, "{line}");
        assert_eq!(line["who"], "alice", "{line}");
    }
}

#[test]
fn a_path_that_is_nothing_is_logged_and_a_probe_is_not() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let path_of = |path: &str| {
        let reply = running.get(path);
        let line: Value = serde_json::from_str(&logged(&workplace, &reply)).unwrap();
        assert_eq!(line["http.route"], "none");
        line["http.path"].as_str().unwrap().to_owned()
    };
    assert_eq!(path_of("/jwt/auht?service=x"), "/jwt/auht");
    assert_eq!(path_of("/nothing/"), "/nothing/");
    let long = "x".repeat(25);
    assert_eq!(path_of(&format!("/a/{long}/b/")), "/a/…/b/");
    let written = std::fs::read_to_string(workplace.path().join("log")).unwrap();
    assert!(
        !written.contains("/readyz") && !written.contains("/livez"),
        "{written}"
    );
}

/// The header with the cookie that a reply sets.
pub(crate) fn cookie_line(reply: &str) -> String {
    let cookie = reply
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    format!("cookie: {}\r\n", cookie.unwrap().split(';').next().unwrap())
}

/// A form that is sent to the web pages, and what it is answered.
pub(crate) fn submit(running: &Running, path: &str, more: &str, form: &str) -> String {
    let rest = with_headers(more, form);
    send(&running.admin, &format!("POST {path}"), &rest)
}

#[test]
fn the_log_of_the_pages_names_people_and_shows_neither_passwords_nor_sessions() {
    let workplace = Workplace::furnished();
    let running = start_with(&workplace, "log", "[log]\nfilter = \"debug\"\n");
    let mut set = workplace.command(&["user", "reset-password", "alice", "--password-stdin"]);
    set.write_stdin("correct horse battery").assert().success();
    let form = |password: &str| format!("username=alice&password={password}&next=/secret-page");
    let refused = submit(&running, "/sign_in", "", &form("incorrect+horse"));
    let line: Value = serde_json::from_str(&logged(&workplace, &refused)).unwrap();
    assert_eq!(
        line["note"],
        "the credential was refused: the password is wrong"
    );
    let reply = submit(&running, "/sign_in", "", &form("correct+horse+battery"));
    let line: Value = serde_json::from_str(&logged(&workplace, &reply)).unwrap();
    assert!(line.to_string().contains("alice"), "{line}");
    let cookie_line = cookie_line(&reply);
    let page = send(&running.admin, "GET /profile/password", &cookie_line);
    assert!(page.contains("Choose a new password"), "{page}");
    let change = "current=correct+horse+battery&new=another+good+one&repeated=another+good+one";
    let changed = submit(&running, "/profile/password", &cookie_line, change);
    assert!(changed.starts_with("HTTP/1.1 303"), "{changed}");
    let line: Value = serde_json::from_str(&logged(&workplace, &changed)).unwrap();
    assert!(line.to_string().contains("alice"), "{line}");
    let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
    let (_, secret) = cookie_line.trim_end().split_once('=').unwrap();
    for hidden in [
        "correct horse",
        "correct+horse",
        "another good",
        "another+good",
        secret,
        "secret-page",
    ] {
        assert!(!log.contains(hidden), "{hidden}");
    }
}
