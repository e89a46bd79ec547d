//! Groups and projects.

use super::{Workplace, stderr};

#[test]
fn deleting_a_group_says_first_what_goes_with_it() {
    let workplace = Workplace::furnished();
    let output = workplace.run(&["group", "delete", "team", "--yes"]);
    assert_eq!(
        stderr(&output),
        "This deletes, with all memberships and deploy tokens:\n  group team\n  project team/app\nDelete?\n"
            .replace("Delete?\n", "")
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
