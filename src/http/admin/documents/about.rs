//! The words about the whole API: its name, its address, how to present a token, its nouns, and the
//! answers that all operations have in common.

use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{Components, Info, OpenApi, OpenApiBuilder, Server};

const DESCRIPTION: &str = "\
Users, groups, projects, members and tokens of this service, as GitLab's REST API has them.

Present a personal access token with each request: in the header `PRIVATE-TOKEN`, as `Authorization: Bearer TOKEN`, \
or as the parameter `private_token`. Prefer a header: addresses end up in logs. The token needs the scope `read_api` to \
look at things and `api` to change them; `read_user` suffices to look at what is below `/user` and `/users`.

Other parameters may be in the query or in the body, as JSON or as a form. A boolean is `true`, `t`, `yes`, `y`, `on` \
or `1`, or `false`, `f`, `no`, `n`, `off` or `0`; dates and instants may have any usual form of ISO 8601; a blank value \
is not given, but a filter that cannot be applied here counts when it is blank, too. A `name` that people read has something that can be seen, and no characters that turn the direction of the text \
around it. Lists come in pages: `page` and `per_page` choose one, and the header `Link` leads to the next. `X-Total`, \
`X-Total-Pages` and the link to the last page are there for lists of at most 10000 entries. Pages reach 50000 entries; \
with `pagination=keyset`, `Link` leads through all. \
The pages for people, where they sign in and manage their own tokens, are at `/sign_in`, `/access_tokens` and `/profile`; there are none for a \
`web_url`, and a browser that follows one is told so with status 404.";

/// The nouns, in the order of the page's contents.
const NOUNS: [(&str, &str); 14] = [
    ("users", "People and machines that sign in."),
    ("groups", "Namespaces that hold projects and other groups."),
    (
        "projects",
        "Namespaces that hold repositories of a registry.",
    ),
    (
        "repositories",
        "Repositories of a project, as far as tokens for them were granted.",
    ),
    (
        "namespaces",
        "Groups and users' own namespaces: what a project can lie in.",
    ),
    (
        "members",
        "The roles of users in groups and projects; a role counts there and below.",
    ),
    (
        "personal_access_tokens",
        "Users' tokens: the passwords of programs, with scopes and an end.",
    ),
    (
        "deploy_tokens",
        "Tokens for machines of a group or project, which belong to no user.",
    ),
    (
        "refresh_tokens",
        "Tokens that registries' clients keep after a login by password.",
    ),
    (
        "notices",
        "The notices about tokens that were sent or wait, by webhook and mail.",
    ),
    (
        "audit_events",
        "The audit log: who changed what, when and from where.",
    ),
    (
        "usage",
        "What each token was granted and refused, by day, repository and project.",
    ),
    ("explain", "The rule behind each decision."),
    ("version", "The program that answers, and its settings."),
];

/// The words about the answer of a service that cannot give the wanted one.
pub(super) const UNAVAILABLE: &str = "The service cannot answer now: try again after the seconds in the header `Retry-After`. \
Without that header, trying again does not help; the message says what does.";

/// The answers that every operation may give, with what to do about them.
pub(super) const COMMON_ANSWERS: [(&str, &str); 10] = [
    (
        "400",
        "A parameter is missing, unknown or unreadable, or a rule forbids it; the body names it.",
    ),
    (
        "401",
        "There is no token, or it is wrong, has expired or was revoked: present another one.",
    ),
    (
        "403",
        "The token's scopes or its owner's role do not suffice; the body says what would.",
    ),
    (
        "404",
        "It does not exist, or the token's owner may not see it.",
    ),
    (
        "405",
        "The address does not take this method, or the page is too far on; the body says which.",
    ),
    ("413", "The request has a body of more than 64 KiB."),
    (
        "415",
        "The request has a body that is neither JSON nor a form; the header `Content-Type` says what it is.",
    ),
    (
        "429",
        "Too many tokens, codes or passwords were wrong: correct yours, and try again after the seconds in the header `Retry-After`.",
    ),
    (
        "500",
        "The service failed: its log says why, under the header `X-Request-Id`.",
    ),
    ("503", UNAVAILABLE),
];

/// The answers that only an operation may give that changes something.
pub(super) const ANSWERS_TO_CHANGES: [(&str, &str); 3] = [
    (
        "409",
        "Something is there already, such as the name or the member, or is still needed; the body says what.",
    ),
    (
        "412",
        "The request has a condition, `If-Match` or `If-Unmodified-Since`: times and versions of changes are not kept.",
    ),
    (
        "422",
        "The request can be read, but what it asks for is impossible.",
    ),
];

/// The document before the operations are in it. `address` is where clients reach the API.
pub(in crate::http::admin) fn about(address: &str) -> OpenApi {
    let mut info = Info::new("Wharfinger API", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
    let mut components = Components::new();
    for (name, scheme) in security_schemes() {
        components.add_security_scheme(name, scheme);
    }
    let schemes =
        security_schemes().map(|(name, _)| SecurityRequirement::new(name, Vec::<String>::new()));
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new(address)]))
        .components(Some(components))
        .security(Some(schemes))
        .tags(Some(NOUNS.map(noun)))
        .build()
}

fn noun((name, about): (&str, &str)) -> Tag {
    TagBuilder::new()
        .name(name)
        .description(Some(about))
        .build()
}

/// The places of a request in which a token is looked for.
fn security_schemes() -> [(&'static str, SecurityScheme); 3] {
    let token = "A personal access token, beginning with `whf_pat_`.";
    let header = ApiKeyValue::with_description("PRIVATE-TOKEN", token);
    let parameter = ApiKeyValue::with_description(
        "private_token",
        "The same; prefer a header, because addresses end up in logs.",
    );
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(token))
        .build();
    [
        (
            "private_token",
            SecurityScheme::ApiKey(ApiKey::Header(header)),
        ),
        ("bearer", SecurityScheme::Http(bearer)),
        (
            "private_token_parameter",
            SecurityScheme::ApiKey(ApiKey::Query(parameter)),
        ),
    ]
}
