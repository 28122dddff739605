//! `cargo xtask spec`: how much of the MQTT 5.0 specification, and of what users rely on, is cited and tested.

mod behaviours;
mod coverage;
mod statements;

use crate::workspace::Workspace;
use behaviours::Behaviours;
use coverage::Coverage;
use statements::Statements;

/// Prints the report.
pub(crate) fn report(workspace: &Workspace) -> Result<(), String> {
    let (statements, behaviours) = (Statements::find(workspace), Behaviours::find(workspace)?);
    print!("{}\n{}", statements.table(), behaviours.table());
    println!("\n{}", Coverage::of(&statements, &behaviours).text());
    Ok(())
}

/// Prints the counts; the error names those that are below the committed ones.
pub(crate) fn check(workspace: &Workspace) -> Result<(), String> {
    let today = Coverage::of(&Statements::find(workspace), &Behaviours::find(workspace)?);
    let committed = Coverage::read(workspace)?;
    print!("{}", today.text());
    today.compare(&committed)
}

/// Writes today's counts as those that may not fall.
pub(crate) fn write(workspace: &Workspace) -> Result<(), String> {
    let today = Coverage::of(&Statements::find(workspace), &Behaviours::find(workspace)?);
    today.write(workspace)?;
    print!("{}", today.text());
    Ok(())
}
