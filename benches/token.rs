//! The cost of a token request's parts: reading, deciding, signing, and all of it, without and with the layers of a listener.

#![expect(clippy::unwrap_used, reason = "a bench that cannot be set up is over")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;
use wharfinger::config::{Config, Sources};
use wharfinger::domain::access_tokens::AccessTokenSpecification;
use wharfinger::domain::access_tokens::policy::WantedEnd;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::decision::claims::RegistryTokenClaims;
use wharfinger::domain::decision::decide;
use wharfinger::domain::decision::principal::{Ceiling, Principal, Proof, SignedIn};
use wharfinger::domain::decision::rights::{NamespaceState, Rights};
use wharfinger::domain::events::origin::{Face, Origin};
use wharfinger::domain::ids::{AccessTokenId, UserId};
use wharfinger::domain::members::access_level::AccessLevel;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::registry::scope::Scope;
use wharfinger::domain::users::reference::UserReference;
use wharfinger::http::layers::{Framed, RequestLog};
use wharfinger::http::token::request::by_get;
use wharfinger::server::{Service, SystemClock, SystemEntropy};
use wharfinger::signing::KeyRing;
use wharfinger::storage::Db;

/// A login's usual question: two scopes in the user's own namespace, as programs encode them.
const QUERY: &str = "service=container_registry&scope=repository%3Aadmin%2Fapp%3Apull&scope=repository%3Aadmin%2Fother%3Apull%2Cpush";

/// The other end of the connection.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4711);

/// The scopes of a client that works in a private project.
const PRIVATE: [&str; 2] = [
    "repository:team/app/web:pull",
    "repository:team/app/worker:pull,push",
];

/// A Developer with an access token of two scopes, in a private project of a private group.
fn member_of_a_private_project() -> (Principal, Rights<'static>) {
    let scopes = [
        AccessTokenScope::ReadRegistry,
        AccessTokenScope::WriteRegistry,
    ];
    let user = SignedIn {
        id: UserId(1),
        username: "alice".try_into().unwrap(),
        admin: false,
        external: false,
        is_named_otherwise: false,
        ceiling: Ceiling {
            proof: Proof::AccessToken(AccessTokenId(1)),
            scopes: scopes.into_iter().collect(),
            repositories: Vec::new(),
        },
    };
    let mut rights = Rights::default();
    for path in ["team", "team/app"] {
        rights.add_namespace(path, NamespaceState::Live(Visibility::Private));
    }
    rights.add_membership("team", AccessLevel::Developer);
    (Principal::User(user), rights)
}

/// A service in a folder of its own, and the header with a token of its administrator.
async fn service(folder: &Path) -> (Service, HeaderMap) {
    let config = Config::load(&Sources::default()).unwrap();
    let url = format!("sqlite://{}/bench.db?mode=rwc", folder.display());
    let db = Db::open_and_migrate(&SecretString::from(url), 4)
        .await
        .unwrap();
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let now = wharfinger::domain::clock::Clock::now(&*clock);
    let keys = folder.join("keys");
    let keys = KeyRing::open_or_create(&keys, config.key_schedule(), now, &*entropy).unwrap();
    let service = Service::new(&config, db, Arc::new(keys.ring), clock, entropy).unwrap();
    service.desk.ensure_administrator().await.unwrap();
    let scopes = [
        AccessTokenScope::ReadRegistry,
        AccessTokenScope::WriteRegistry,
    ];
    let token =
        AccessTokenSpecification::new("bench".try_into().unwrap(), scopes.into_iter().collect());
    let owner = UserReference::Name("admin".try_into().unwrap());
    let made = service
        .desk
        .create_access_token(
            &Authority::operator(),
            &owner,
            token.unwrap(),
            WantedEnd::Unsaid,
        )
        .await
        .unwrap();
    let basic = STANDARD.encode(format!("admin:{}", made.secret.expose()));
    let mut headers = HeaderMap::new();
    let value = HeaderValue::from_str(&format!("Basic {basic}")).unwrap();
    headers.insert(header::AUTHORIZATION, value);
    (service, headers)
}

/// The token listener of a service, whose request log goes nowhere.
fn listener(service: Service) -> Framed {
    // Without anybody who takes lines of that level, none would be made.
    tracing_subscriber::fmt().with_writer(std::io::sink).init();
    let put = |line: &[u8]| {
        black_box(line);
    };
    let log = RequestLog::default().putting(put);
    service.with_request_log(&log).token_router()
}

/// A login's usual request.
fn asked(headers: &HeaderMap) -> Request<Body> {
    let request = Request::get(format!("/jwt/auth?{QUERY}"));
    let mut request = request.body(Body::empty()).unwrap();
    *request.headers_mut() = headers.clone();
    request
}

fn origin() -> Origin {
    Origin {
        face: Face::Registry,
        address: None,
        request_id: None,
    }
}

fn parts(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let folder = TempDir::new().unwrap();
    let (service, headers) = runtime.block_on(service(folder.path()));
    criterion.bench_function("read a request", |bencher| {
        bencher.iter(|| by_get(black_box(QUERY), black_box(&headers), origin()));
    });
    let scopes = Scope::parse_all([
        "repository:admin/app:pull",
        "repository:admin/other:pull,push",
    ])
    .unwrap();
    let mut rights = Rights::default();
    rights.add_namespace("admin", NamespaceState::Live(Visibility::Public));
    criterion.bench_function("decide, anonymous, public namespace", |bencher| {
        bencher.iter(|| {
            decide(
                black_box(&Principal::Anonymous),
                black_box(&rights),
                black_box(&scopes),
            )
        });
    });
    let (principal, private) = member_of_a_private_project();
    let scopes = Scope::parse_all(PRIVATE).unwrap();
    assert_eq!(decide(&principal, &private, &scopes).granted.len(), 2);
    criterion.bench_function(
        "decide, access token with two scopes, private project",
        |bencher| {
            bencher.iter(|| {
                decide(
                    black_box(&principal),
                    black_box(&private),
                    black_box(&scopes),
                )
            });
        },
    );
    let issue = || {
        let request = by_get(QUERY, &headers, origin());
        runtime
            .block_on(service.issuer.issue(request, |_| {}))
            .unwrap()
    };
    let issued = issue();
    let registry = service.issuer.settings.registries.first().unwrap();
    let claims = RegistryTokenClaims::new(
        &service.issuer.settings.issuer,
        registry,
        &issued.principal,
        &issued.decision,
        (issued.issued_at, Uuid::nil()),
    );
    criterion.bench_function("claims and signature", |bencher| {
        bencher.iter(|| {
            service
                .issuer
                .keys
                .sign(&black_box(&claims).to_json(), registry)
                .unwrap()
        });
    });
    // A while later than the last look at the changes, each iteration would ask storage; a service does that beside the requests.
    criterion.bench_function("issue, warm", |bencher| bencher.iter(issue));
    let listener = listener(service.clone());
    let answer = |request| runtime.block_on(listener.answer(request, Some(PEER)));
    let reply = answer(asked(&headers));
    assert_eq!(reply.status(), StatusCode::OK);
    criterion.bench_function("answer with all layers, warm", |bencher| {
        bencher.iter_batched(|| asked(&headers), answer, BatchSize::SmallInput);
    });
    criterion.bench_function("follow the changes", |bencher| {
        bencher.iter(|| runtime.block_on(service.directory.follow()).unwrap());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3));
    targets = parts
}
criterion_main!(benches);
