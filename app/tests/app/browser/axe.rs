//! The accessibility audit of axe-core.

use super::{page::Page, skipped};
use serde_json::Value as Json;
use std::path::Path;

/// The rules that the page breaks as it stands, in words; `script` is `axe.min.js` of the npm package axe-core.
#[track_caller]
pub(crate) fn violations(page: &Page, script: &Path) -> Vec<String> {
    let Ok(script) = std::fs::read_to_string(script) else {
        skipped("no axe-core");
        return Vec::new();
    };
    // From the debugger, to which the page's content security policy does not apply.
    if page.eval("typeof axe").unwrap() == "undefined" {
        page.eval(&format!("{script}; 0")).unwrap();
    }
    let found = page.eval(
        "axe.run(document, { resultTypes: ['violations'], preload: false }).then(({ violations }) => violations.map(
            ({ id, impact, help, nodes }) => `${id} (${impact}): ${help}` + nodes.map(node =>
                `\\n  ${node.html}\\n    ${node.failureSummary.replaceAll('\\n', '\\n    ')}`).join('')))",
    );
    found.unwrap().as_array().unwrap().iter().map(|text| Json::as_str(text).unwrap().to_string()).collect()
}
