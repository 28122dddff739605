//! Whoever cleans up when the test program is gone.

use std::io;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A process that waits until its standard input ends, which happens when the test program drops this, or ends in whatever way. Then
/// it kills the server whose id stands in the file `pid` of the folder, and removes the folder.
#[derive(Debug)]
pub(crate) struct Undertaker {
    process: Child,
    line: Option<ChildStdin>,
}

/// Postgres passes `QUIT` on to the processes of its connections. The wait is bounded: without an init that reaps, a process that is
/// gone looks as if it was there.
const WORK: &str = r#"
cat >/dev/null
if pid=$(cat "$1/pid" 2>/dev/null); then
  kill -CONT "$pid"; kill -QUIT "$pid"
  left=100
  while kill -0 "$pid" && [ "$left" -gt 0 ]; do left=$((left - 1)); sleep 0.05; done
  kill -KILL "$pid"
fi
rm -rf "$1"
"#;

impl Undertaker {
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        let mut command = Command::new("sh");
        command.arg("-c").arg(WORK).arg("sh").arg(folder);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let line = process.stdin.take();
        Ok(Self { process, line })
    }
}

impl Drop for Undertaker {
    fn drop(&mut self) {
        self.line = None;
        let _ = self.process.wait();
    }
}
