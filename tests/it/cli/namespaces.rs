//! Groups and projects.

use super::{Workplace, stderr};

#[test]
fn deleting_a_group_says_first_what_goes_with_it() {
    let workplace = Workplace::furnished();
    let told = workplace.fails(1, &["--json", "group", "delete", "team"]);
    assert!(
        told.contains("Delete the group team (groups and projects: 2)?"),
        "{told}"
    );
    let output = workplace.run(&["group", "delete", "team", "--yes"]);
    assert_eq!(
        stderr(&output),
        "This deletes, with all memberships and deploy tokens:\n  group team\n  project team/app\n"
    );
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "team\tprivate\nteam/app\tinternal\n"
    );
    let told = workplace.fails(1, &["user", "create", "team"]);
    assert!(
        told.contains("`team` is taken"),
        "the name stays taken: {told}"
    );
}

#[test]
fn a_group_alone_is_shown_with_its_projects_as_the_api_shows_it() {
    let workplace = Workplace::furnished();
    let projects = |arguments: &[&str]| {
        let shown = workplace.json(arguments);
        assert_eq!(shown["shared_projects"], serde_json::json!([]), "{shown}");
        let projects = shown["projects"].as_array().unwrap();
        let path = |project: &serde_json::Value| project["path_with_namespace"].clone();
        projects.iter().map(path).collect::<Vec<_>>()
    };
    assert_eq!(projects(&["group", "show", "team"]), ["team/app"]);
    let set = ["group", "set-visibility", "team", "internal"];
    assert_eq!(projects(&set), ["team/app"]);
    assert!(projects(&["group", "create", "other"]).is_empty());
}

#[test]
fn no_project_is_made_where_a_group_was_deleted() {
    let workplace = Workplace::furnished();
    workplace.ok(&["group", "create", "team/tools"]);
    workplace.ok(&["group", "delete", "team/tools", "--yes"]);
    let told = workplace.fails(1, &["project", "create", "team/tools"]);
    assert_eq!(
        told,
        "error: `team/tools` was a group that was deleted; make the group again, because a project there would close for \
         ever what was below it\n"
    );
    workplace.ok(&["group", "create", "team/tools"]);
}
