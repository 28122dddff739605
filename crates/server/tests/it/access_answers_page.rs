//! The page of the manual that has what is played in `access_login_rows.rs`, `access_rule_table.rs` and `access_rule_servers.rs`.

use crate::access_login_rows;
use crate::access_rule_table::{DEEDS, Deed, SOURCES, Says};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const HEAD: &str = "# What access control answers

Made by the tests that play it (`UPDATE_ANSWERS=1 cargo test -p dunlin-server --test it access_answers_page`): a cell that is here has been
seen.

## Who comes in

Each cell is a CONNECT to a node that is configured so, with its back end as it is in the world; that of MongoDB is FerretDB. First the
reason code of 5.0, then the return code of 3.1.1; `closed`: without a CONNACK; `-`: it cannot be.

";

const OF_LOGINS: &str = "
- *Injected*: names and passwords that would be more than that to SQL, the filter of a directory, a document, a command, a web service, or as
  a placeholder.
- *Unknown* to `jwt` is whoever shows the token of somebody else. A password that is no token is nobody's.
- `scram`: clients of 3.1.1 have a password to show, and are refused; those of 5.0 come by AUTH packets. A password with NUL cannot be one.
- `cinfo` looks at no password.
- Certificates of clients and pre-shared keys are checked before there is a CONNECT: a handshake fails.

## Who may do what

Played with each source of rules, over 5.0 and 3.1.1, with `deny_action` as `ignore` and as `disconnect`, without a mountpoint and with one
that rules see and do not see:

";

const OF_RULES: &str = "
What rules say nothing about is allowed or denied by `no_match`, and both are played. A Redis cannot deny: there it is no match. The `pub` and
`sub` lists of a client are final: what is in none is denied.

| denied | `ignore`, 5.0 | `ignore`, 3.1.1 | `disconnect`, 5.0 | `disconnect`, 3.1.1 |
|---|---|---|---|---|
| publish, QoS 0 | dropped | dropped | DISCONNECT 0x87 | closed |
| publish, QoS 1 and 2 | dropped, 0x87 in the acknowledgement | dropped, acknowledged | DISCONNECT 0x87 | closed |
| subscribe | SUBACK 0x87 | SUBACK 0x80 | DISCONNECT 0x87 | closed |
| will | left out | left out | left out | left out |
";

fn page() -> String {
    let mut page = format!("{HEAD}{}{OF_LOGINS}", access_login_rows::table());
    for source in SOURCES {
        let _ = writeln!(page, "- {source}");
    }
    page.push_str("\n| what | topic | rules say |\n|---|---|---|\n");
    for (deed, topic, says) in DEEDS {
        let deed = match deed {
            Deed::Publish(qos) => format!("publish, QoS {}", qos.as_u8()),
            Deed::PublishRetained => "publish, retained".to_owned(),
            Deed::Subscribe => "subscribe".to_owned(),
            Deed::Will => "will".to_owned(),
        };
        let says = match says {
            Says::Allow => "allow",
            Says::Deny => "deny",
            Says::Nothing => "nothing",
        };
        let _ = writeln!(page, "| {deed} | `{topic}` | {says} |");
    }
    page + OF_RULES
}

#[test]
fn the_manual_has_what_is_played() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/access-control-answers.md");
    let page = page();
    if std::env::var_os("UPDATE_ANSWERS").is_some() {
        fs::write(&file, &page).expect("it can be written");
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == page, "docs/access-control-answers.md is not up to date: run this test with UPDATE_ANSWERS=1");
}
