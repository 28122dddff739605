//! Which paths of EMQX there are here: for whoever asks for another one, and for docs/api-coverage.md.

/// Methods and paths of EMQX 5, a line for each path; `{}` stands for a name.
const REFERENCE: &str = include_str!("reference_paths.txt");

/// Whether EMQX has a path that begins like this one.
pub(crate) fn is_known_to_emqx(path: &str) -> bool {
    let first = |path: &str| path.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
    let wanted = first(path);
    REFERENCE.lines().filter_map(|line| line.split(' ').next_back()).any(|known| first(known) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources;
    use std::collections::BTreeSet;
    use std::fmt::Write;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api-coverage.md");

    /// `GET /users/{}` of each operation that there is here.
    fn built() -> BTreeSet<String> {
        let document = serde_json::to_value(resources::document()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
            let path = parts.collect::<Vec<_>>().join("/");
            let methods = item.as_object().unwrap().keys();
            methods.map(|method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
        });
        operations.collect()
    }

    fn page() -> String {
        let built = built();
        let (mut there, mut all) = (0, 0);
        let mut table = String::new();
        for line in REFERENCE.lines() {
            let mut words: Vec<_> = line.split(' ').collect();
            let path = words.pop().unwrap();
            let (yes, no): (Vec<_>, Vec<_>) =
                words.into_iter().partition(|method| built.contains(&format!("{method} {path}")));
            (there, all) = (there + yes.len(), all + yes.len() + no.len());
            let _ = writeln!(table, "| `{path}` | {} | {} |", yes.join(" "), no.join(" "));
        }
        format!(
            "# Which paths of EMQX's REST API there are\n\nMade by a test from the paths of EMQX 5 and the code \
             (`UPDATE_COVERAGE=1 cargo test -p dunlin-api`). `{{}}` stands for a name.\nWhat is not there answers 404 and says so.\n\
             Authenticators of a listener are part of it (`PUT /listeners/{{}}`), as in EMQX since 5.1.\n\n\
             {there} of {all} operations.\n\n| path below `/api/v5` | there | not yet |\n|---|---|---|\n{table}"
        )
    }

    #[test]
    fn the_page_says_what_is_there() {
        let page = page();
        if std::env::var_os("UPDATE_COVERAGE").is_some() {
            std::fs::write(FILE, &page).unwrap();
        }
        let written = std::fs::read_to_string(FILE).unwrap_or_default();
        assert!(written == page, "docs/api-coverage.md is not up to date: UPDATE_COVERAGE=1 cargo test -p dunlin-api");
    }

    #[test]
    fn lines_of_the_reference_are_methods_and_a_path_once() {
        let mut seen = BTreeSet::new();
        for line in REFERENCE.lines() {
            let (methods, path) = line.rsplit_once(' ').unwrap();
            assert!(methods.split(' ').all(|method| ["GET", "POST", "PUT", "DELETE"].contains(&method)), "{line}");
            assert!(path.starts_with('/') && seen.insert(path), "{line}");
        }
        assert!(is_known_to_emqx("/publish") && !is_known_to_emqx("/nowhere"));
    }
}
