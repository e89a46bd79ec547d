"""A session with python-gitlab, unchanged, through every manager it has for what Wharfinger serves.

Usage: gitlab_session.py URL TOKEN, with an administrator's token of scope `api`. Prints one line for
each part that went well; the first thing that is not as it should be ends it.
"""

import datetime
import sys

import gitlab
from gitlab import const, exceptions

URL, TOKEN = sys.argv[1:3]


def session(token: str) -> gitlab.Gitlab:
    return gitlab.Gitlab(URL, private_token=token, keep_base_url=True)


def refused(status: int, kind: type, call, *arguments, **named) -> str:
    """What the client says about a call that must be refused."""
    try:
        result = call(*arguments, **named)
    except kind as error:
        assert error.response_code == status, (error.response_code, error)
        return str(error.error_message)
    raise AssertionError(f"not refused: {result}")


def now() -> datetime.datetime:
    """As most scripts write it: in UTC, without saying so."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def in_days(days: int) -> str:
    return (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days)).isoformat()


def sign_in(gl: gitlab.Gitlab) -> None:
    gl.auth()
    assert gl.user.username == "root" and gl.user.is_admin
    version, revision = gl.version()
    assert version and revision, (version, revision)
    metadata = gl.http_get("/metadata")
    assert metadata["version"] == version, metadata
    bearer = gitlab.Gitlab(URL, oauth_token=TOKEN)
    bearer.auth()
    assert bearer.user.id == gl.user.id
    for wrong in ["", "nonsense"]:
        refused(401, exceptions.GitlabAuthenticationError, session(wrong).auth)


def users(gl: gitlab.Gitlab) -> None:
    alice = gl.users.create(
        {"username": "alice", "name": "Alice", "email": "alice@example.com", "password": "a good long secret"}
    )
    assert alice.state == "active" and alice.username == "alice" and not alice.is_admin
    taken = {"username": "alice", "name": "Again", "email": "other@example.com", "password": "a good long secret"}
    refused(409, exceptions.GitlabCreateError, gl.users.create, taken)
    taken |= {"username": "other", "email": "alice@example.com"}
    refused(409, exceptions.GitlabCreateError, gl.users.create, taken)
    refused(400, exceptions.GitlabCreateError, gl.users.create, {"name": "Nobody"})

    assert gl.users.get(alice.id).email == "alice@example.com"
    refused(404, exceptions.GitlabGetError, gl.users.get, 999999)
    assert [user.id for user in gl.users.list(username="alice")] == [alice.id]
    assert [user.id for user in gl.users.list(search="ALI")] == [alice.id]
    assert alice.id in [user.id for user in gl.users.list(active=True, get_all=True)]
    assert [user.username for user in gl.users.list(admins=True)] == ["admin", "root"]

    assert alice.id not in [user.id for user in gl.users.list(created_after=now() + datetime.timedelta(1))]
    assert alice.id in [user.id for user in gl.users.list(created_after=(now() - datetime.timedelta(1)).isoformat())]
    assert gl.users.head(alice.id)["Content-Type"] == "application/json"

    alice.name = "Alice Liddell"
    alice.save()
    assert gl.users.get(alice.id).name == "Alice Liddell"
    assert alice.block() is True and gl.users.get(alice.id).state == "blocked"
    assert [user.id for user in gl.users.list(blocked=True)] == [alice.id]
    assert alice.unblock() is True and gl.users.get(alice.id).state == "active"

    bob = gl.users.create(
        {"username": "bob", "name": "Bob", "email": "bob@example.com", "password": "a good long secret", "external": True}
    )
    assert gl.users.get(bob.id).external
    gone = gl.users.create({"username": "gone", "name": "Gone", "email": "gone@example.com", "password": "a good long secret"})
    gone.delete()
    refused(404, exceptions.GitlabGetError, gl.users.get, gone.id)


def groups(gl: gitlab.Gitlab) -> None:
    team = gl.groups.create({"name": "Team", "path": "team", "visibility": "private", "description": "all of us"})
    assert (team.full_path, team.visibility, team.parent_id) == ("team", "private", None)
    backend = gl.groups.create({"name": "Backend", "path": "backend", "parent_id": team.id})
    assert backend.full_path == "team/backend" and backend.parent_id == team.id
    refused(400, exceptions.GitlabCreateError, gl.groups.create, {"name": "Again", "path": "team"})

    assert gl.groups.get("team/backend").id == backend.id == gl.groups.get(backend.id).id
    refused(404, exceptions.GitlabGetError, gl.groups.get, "nowhere")
    assert {group.full_path for group in gl.groups.list(get_all=True)} == {"team", "team/backend"}
    assert [group.id for group in gl.groups.list(search="backe")] == [backend.id]
    assert [group.id for group in team.subgroups.list()] == [backend.id]
    assert [group.id for group in team.descendant_groups.list()] == [backend.id]

    assert gl.namespaces.get("team/backend").id == backend.id
    assert [space.full_path for space in gl.namespaces.list(search="backe")] == ["team/backend"]
    assert gl.namespaces.exists("team").exists and not gl.namespaces.exists("nowhere").exists
    assert team.shared_with_groups == []

    team.description = "some of us"
    team.visibility = "internal"
    team.save()
    team = gl.groups.get("team")
    assert (team.description, team.visibility) == ("some of us", "internal")


def projects(gl: gitlab.Gitlab) -> None:
    team, backend = gl.groups.get("team"), gl.groups.get("team/backend")
    app = gl.projects.create({"name": "App", "path": "app", "namespace_id": team.id, "visibility": "private"})
    assert app.path_with_namespace == "team/app" and app.namespace["full_path"] == "team"
    said = refused(400, exceptions.GitlabCreateError, gl.projects.create, {"path": "app", "namespace_id": team.id})
    assert "path" in said, said
    gl.projects.create({"name": "worker", "namespace_id": backend.id})
    mine = gl.projects.create({"name": "mine"})
    assert mine.path_with_namespace == "root/mine"

    assert gl.projects.get("team/app").id == app.id == gl.projects.get(app.id).id
    refused(404, exceptions.GitlabGetError, gl.projects.get, "team/nothing")
    paths = {project.path_with_namespace for project in gl.projects.list(get_all=True)}
    assert paths == {"team/app", "team/backend/worker", "root/mine"}, paths
    assert [project.id for project in gl.projects.list(search="app")] == [app.id]
    assert [project.id for project in team.projects.list()] == [app.id]
    assert len(team.projects.list(include_subgroups=True)) == 2
    assert gl.projects.list(archived=True) == team.projects.list(archived=True) == []
    assert [project.id for project in gl.projects.list(id_after=app.id, order_by="id", sort="asc")][-1] == mine.id
    own = gl.users.get(gl.user.id).projects
    assert [project.id for project in own.list(search="mine")] == [mine.id]
    keyset = gl.projects.list(iterator=True, pagination="keyset", order_by="id", sort="asc", per_page=1)
    assert len(list(keyset)) == 3
    bob = gl.users.get(gl.users.list(username="bob")[0].id)
    assert bob.projects.create({"name": "tool"}).path_with_namespace == "bob/tool"
    assert [project.path_with_namespace for project in bob.projects.list()] == ["bob/tool"]

    app.visibility = "public"
    app.description = "the app"
    app.save()
    app = gl.projects.get("team/app")
    assert (app.visibility, app.description) == ("public", "the app")
    mine.delete()
    refused(404, exceptions.GitlabGetError, gl.projects.get, "root/mine")
    # A tombstone keeps the name; an administrator may make it anew.
    assert gl.projects.create({"name": "mine"}).path_with_namespace == "root/mine"


def members(gl: gitlab.Gitlab) -> None:
    alice = gl.users.list(username="alice")[0]
    bob = gl.users.list(username="bob")[0]
    team, app = gl.groups.get("team"), gl.projects.get("team/app")
    member = team.members.create({"user_id": alice.id, "access_level": const.AccessLevel.REPORTER})
    assert (member.id, member.username, member.access_level) == (alice.id, "alice", 20)
    twice = {"user_id": alice.id, "access_level": const.AccessLevel.REPORTER}
    refused(409, exceptions.GitlabCreateError, team.members.create, twice)
    refused(400, exceptions.GitlabCreateError, team.members.create, {"user_id": bob.id, "access_level": 31})
    app.members.create({"user_id": bob.id, "access_level": const.AccessLevel.DEVELOPER, "expires_at": in_days(30)})
    app.members.create({"user_id": alice.id, "access_level": const.AccessLevel.DEVELOPER})

    assert team.members.get(alice.id).access_level == 20 and member.created_by["username"] == "root"
    assert app.members.get(bob.id).expires_at == in_days(30)
    assert alice.id in [member.id for member in team.members.list()]
    assert [member.id for member in app.members.list(query="bob")] == [bob.id]
    inherited = {member.id: member.access_level for member in app.members_all.list(get_all=True)}
    assert inherited[alice.id] == 30, "the highest of both counts"
    assert app.members_all.get(alice.id).access_level == 30
    refused(404, exceptions.GitlabGetError, team.members.get, bob.id)

    roles = gl.users.get(alice.id).memberships.list(type="Project")
    assert [(role.source_id, role.access_level) for role in roles] == [(app.id, 30)]

    member = app.members.get(alice.id)
    member.access_level = const.AccessLevel.MAINTAINER
    member.save()
    assert app.members.get(alice.id).access_level == 40
    member.delete()
    refused(404, exceptions.GitlabGetError, app.members.get, alice.id)
    assert app.members_all.get(alice.id).access_level == 20, "what is inherited stays"


def deploy_tokens(gl: gitlab.Gitlab) -> None:
    for place in [gl.groups.get("team"), gl.projects.get("team/app")]:
        wanted = {"name": "ci", "scopes": ["read_registry", "write_registry"], "username": "robot", "expires_at": in_days(90)}
        made = place.deploytokens.create(wanted)
        assert made.token.startswith("whf_dpt_") and made.username == "robot"
        one = place.deploytokens.get(made.id)
        assert one.scopes == ["read_registry", "write_registry"] and not one.expired
        assert [token.id for token in place.deploytokens.list()] == [made.id]
        assert made.id in [token.id for token in gl.deploytokens.list(get_all=True)]
        one.delete()
        refused(404, exceptions.GitlabGetError, place.deploytokens.get, made.id)
        assert place.deploytokens.list() == []


def tokens(gl: gitlab.Gitlab) -> None:
    alice = gl.users.list(username="alice")[0]
    wanted = {"name": "laptop", "scopes": ["api"], "expires_at": in_days(60), "description": "of alice"}
    made = gl.users.get(alice.id).personal_access_tokens.create(wanted)
    assert made.token.startswith("whf_pat_") and made.active and made.expires_at == in_days(60)
    theirs = session(made.token)
    theirs.auth()
    assert theirs.user.username == "alice"

    own = theirs.personal_access_tokens.get("self")
    assert own.id == made.id and own.description == "of alice"
    assert [token.id for token in theirs.personal_access_tokens.list()] == [made.id]
    assert [token.id for token in gl.personal_access_tokens.list(user_id=alice.id, state="active")] == [made.id]
    assert gl.personal_access_tokens.list(user_id=alice.id, revoked=True) == []
    refused(400, exceptions.GitlabCreateError, gl.users.get(alice.id).personal_access_tokens.create, wanted | {"scopes": ["nonsense"]})
    refused(400, exceptions.GitlabCreateError, gl.users.get(alice.id).personal_access_tokens.create, wanted | {"misspelt": 1})

    rotated = theirs.personal_access_tokens.get(made.id)
    rotated.rotate()
    assert rotated.id != made.id and rotated.expires_at == in_days(7)
    refused(401, exceptions.GitlabAuthenticationError, theirs.auth)
    theirs = session(rotated.token)
    again = theirs.personal_access_tokens.rotate("self", expires_at=in_days(20))
    assert again["expires_at"] == in_days(20)
    theirs = session(again["token"])
    theirs.auth()
    associations = theirs.http_get("/personal_access_tokens/self/associations")
    reached = [gl.groups.get(path).id for path in ["team", "team/backend"]]
    assert [group["id"] for group in associations["groups"]] == reached

    others = gl.personal_access_tokens.get("self").id
    refused(401, exceptions.GitlabAuthenticationError, theirs.personal_access_tokens.get, others)
    refused(400, exceptions.GitlabDeleteError, theirs.personal_access_tokens.delete, others)
    refused(404, exceptions.GitlabGetError, gl.personal_access_tokens.get, 999999)
    theirs.personal_access_tokens.delete(again["id"])
    refused(401, exceptions.GitlabAuthenticationError, theirs.auth)


def pages(gl: gitlab.Gitlab) -> None:
    bob = gl.users.get(gl.users.list(username="bob")[0].id)
    for number in range(250):
        bob.personal_access_tokens.create({"name": f"token {number:03}", "scopes": ["read_registry"]})
    everything = gl.personal_access_tokens.list(user_id=bob.id, get_all=True)
    assert [token.name for token in everything] == [f"token {number:03}" for number in range(250)]
    listed = gl.personal_access_tokens.list(user_id=bob.id, iterator=True, per_page=100)
    assert (listed.total, listed.total_pages, listed.per_page) == (250, 3, 100)
    assert len(list(listed)) == 250
    page = gl.personal_access_tokens.list(user_id=bob.id, page=3, per_page=100, sort="name_desc")
    assert [token.name for token in page] == [f"token {number:03}" for number in range(49, -1, -1)]


def audit(gl: gitlab.Gitlab) -> None:
    team, app = gl.groups.get("team"), gl.projects.get("team/app")
    of_group = gl.audit_events.list(entity_type="Group", entity_id=team.id, get_all=True)
    assert of_group[-1].details["action"] == "group.created" and of_group[-1].details["entity_path"] == "team"
    assert gl.audit_events.get(of_group[0].id).details == of_group[0].details
    below = team.audit_events.list(get_all=True, per_page=3)
    assert {event.id for event in of_group} < {event.id for event in below}
    of_project = app.audit_events.list(created_after=in_days(-1), get_all=True)
    assert {event.entity_id for event in of_project} == {app.id} and app.audit_events.get(of_project[0].id).entity_type == "Project"
    keyset = gl.audit_events.list(pagination="keyset", order_by="id", per_page=50, iterator=True)
    places = [(event.created_at, event.id) for event in keyset]
    # The log is in the order of time. Clocks may be set back meanwhile, ids are not.
    assert len(places) > 250 and places == sorted(set(places), reverse=True)
    refused(404, exceptions.GitlabGetError, gl.audit_events.get, 999999)
    refused(400, exceptions.GitlabListError, gl.audit_events.list, entity_id=team.id)


def deletions(gl: gitlab.Gitlab) -> None:
    app, team = gl.projects.get("team/app"), gl.groups.get("team")
    app.delete()
    team.delete()
    for path in ["team", "team/backend"]:
        refused(404, exceptions.GitlabGetError, gl.groups.get, path)
    refused(404, exceptions.GitlabGetError, gl.projects.get, "team/backend/worker")
    alice = gl.users.list(username="alice")[0]
    gl.users.delete(alice.id)
    refused(404, exceptions.GitlabGetError, gl.users.get, alice.id)
    # Administrators may make anew what was deleted.
    assert gl.users.create({"username": "alice", "name": "A", "email": "a@example.com"}).id != alice.id


def main() -> None:
    gl = session(TOKEN)
    for part in [sign_in, users, groups, projects, members, deploy_tokens, tokens, pages, audit, deletions]:
        part(gl)
        print(part.__name__)


main()
