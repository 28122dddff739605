//! `cargo xtask tidy`: the house rules that neither rustfmt nor clippy knows.

mod layers;
mod links;
mod ratchet;
mod rules;
mod sizes;

use crate::workspace::Workspace;

/// What the rules found.
#[derive(Default)]
pub(crate) struct Findings {
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Findings {
    fn error(&mut self, place: &str, message: &str) {
        self.errors.push(format!("{place}: {message}"));
    }

    fn warning(&mut self, place: &str, message: &str) {
        self.warnings.push(format!("{place}: {message}"));
    }
}

/// Runs every rule; the error lists everything that breaks one.
pub(crate) fn run(workspace: &Workspace) -> Result<(), String> {
    let mut findings = Findings::default();
    sizes::check(workspace, &mut findings)?;
    layers::check(workspace, &mut findings);
    rules::check(workspace, &mut findings);
    links::check(&workspace.root, &mut findings)?;
    for warning in &findings.warnings {
        println!("warning: {warning}");
    }
    if findings.errors.is_empty() {
        println!("tidy: {} files and {} crates keep the rules", workspace.sources.len(), workspace.manifests.len());
        return Ok(());
    }
    let count = findings.errors.len();
    Err(format!("{}\ntidy: {count} broken", findings.errors.join("\n")))
}
