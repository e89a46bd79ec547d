//! The words that screen readers are told, and the faults that axe-core finds in a page.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::Browser;

/// The rules, made ready by tests/run.sh.
const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/axe/axe_playwright_python/axe.min.js"
);

/// Roles without a meaning of their own, whose children are told in their place.
const TRANSPARENT: &[&str] = &["none", "generic", "InlineTextBox", "RootWebArea"];
/// Roles whose names are the texts in them, and are told with these.
const NAMED_BY_CONTENT: &[&str] = &["cell", "row", "rowheader"];
/// Properties that are told.
const TOLD: &[&str] = &[
    "checked", "disabled", "expanded", "invalid", "level", "readonly", "required",
];

impl Browser {
    /// The accessibility tree as text. Dates change from day to day, and are left out.
    pub(crate) fn aria(&self) -> String {
        let tree = self
            .driver
            .devtools("Accessibility.getFullAXTree", &json!({}));
        let nodes: BTreeMap<&str, &Value> = tree["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| (node["nodeId"].as_str().unwrap(), node))
            .collect();
        let mut text = String::new();
        let root = tree["nodes"][0]["nodeId"].as_str().unwrap();
        tell(&nodes, root, (0, ""), &mut text);
        text
    }

    /// The violations of axe-core's rules, each with the elements.
    pub(crate) fn axe(&self) -> Vec<String> {
        let rules = std::fs::read_to_string(AXE).unwrap();
        let run = "const done = arguments[arguments.length - 1]; \
            axe.run({ resultTypes: ['violations'] }).then(result => done(result.violations.map( \
            found => `${found.id}: ${found.help}: ${found.nodes.slice(0, 5).map(node => node.target.join(' ')).join(', ')}`)));";
        self.driver
            .post("/execute/sync", &json!({ "script": rules, "args": [] }));
        let found = self
            .driver
            .post("/execute/async", &json!({ "script": run, "args": [] }));
        let found = found.as_array().unwrap().iter();
        found
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    }
}

/// Writes a node with all below it; `said` is the name of the node around it, which is not said twice.
fn tell(nodes: &BTreeMap<&str, &Value>, id: &str, (depth, said): (usize, &str), text: &mut String) {
    let Some(node) = nodes.get(id) else { return };
    let role = node["role"]["value"].as_str().unwrap_or_default();
    let name = match node["name"]["value"].as_str() {
        Some(name) if !NAMED_BY_CONTENT.contains(&role) => name,
        _ => "",
    };
    let is_transparent = node["ignored"] == Value::Bool(true) || TRANSPARENT.contains(&role);
    let is_said = role == "StaticText" && said.contains(name.trim());
    let children = node["childIds"].as_array().into_iter().flatten();
    let below = if is_transparent || is_said {
        depth
    } else {
        depth + 1
    };
    if !is_transparent && !is_said {
        write!(text, "{}- {role}", "  ".repeat(depth)).unwrap();
        // A time is a date, or how far away it is.
        if !name.is_empty() && role != "time" {
            write!(text, " {name:?}").unwrap();
        }
        for property in node["properties"].as_array().into_iter().flatten() {
            let (name, value) = (
                property["name"].as_str().unwrap(),
                &property["value"]["value"],
            );
            let is_off = value == &json!(false) || value == &json!("false");
            if TOLD.contains(&name) && !is_off {
                write!(text, " [{name}={}]", value.to_string().replace('"', "")).unwrap();
            }
        }
        text.push('\n');
    }
    if role == "time" {
        return;
    }
    let said = if is_transparent { said } else { name };
    for child in children {
        tell(nodes, child.as_str().unwrap(), (below, said), text);
    }
}
