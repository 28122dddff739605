//! Calls that people's scripts make, as EMQX's documents have them: 60 of the command line and 80 of the REST API and more.
//! The tables are `reference/ctl.txt` and `reference/rest.txt`.

use crate::api_client::ApiNode;
use dunlin_model::Qos::AtMostOnce;
use dunlin_testkit::Client;

const REST: &str = include_str!("reference/rest.txt");
const CTL: &str = include_str!("reference/ctl.txt");
const NODE: &str = "dunlin@127.0.0.1";

/// A line of a table.
struct Call {
    /// What is called, with its placeholders filled in.
    wanted: String,
    /// Status or exit code.
    code: u16,
    /// Part of the answer.
    part: String,
}

fn calls(table: &str, folder: &str) -> Vec<Call> {
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let filled = |text: &str| text.replace("{node}", NODE).replace("{folder}", folder);
    let call = |line: &str| {
        let (wanted, expected) = line.split_once(" => ").unwrap_or_else(|| panic!("no expectation: {line}"));
        let (code, part) = expected.split_once(' ').unwrap_or((expected, ""));
        Call { wanted: filled(wanted), code: code.parse().expect("a number"), part: filled(part) }
    };
    lines.map(call).collect()
}

/// A node with two clients.
fn node_with_clients() -> (ApiNode, [Client; 2]) {
    let node = ApiNode::start("");
    let clients = [("c1", "t/1"), ("c2", "t/#")].map(|(id, filter)| {
        let mut client = Client::v5(id).connect_to(node.mqtt);
        client.subscribe(filter, AtMostOnce);
        client
    });
    (node, clients)
}

#[test]
fn calls_of_the_rest_api_are_answered_as_by_emqx() {
    let (node, _clients) = node_with_clients();
    let admin = node.administrator();
    let calls = calls(REST, "");
    assert!(calls.len() >= 80, "{} calls", calls.len());
    let mut wrong = Vec::new();
    for Call { wanted, code, part } in calls {
        let mut words = wanted.splitn(3, ' ');
        let (method, path) = (words.next().expect("a method"), words.next().expect("a path"));
        let body = words.next().map(|body| ("application/json", body.to_owned()));
        let answer = admin.send(method, path, body);
        if answer.status != code || !answer.text.contains(&part) {
            wrong.push(format!("{wanted} => {} {}", answer.status, answer.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn calls_of_the_command_line_are_answered_as_by_emqx() {
    let (node, _clients) = node_with_clients();
    let folder = node.process.path("");
    let calls = calls(CTL, folder.to_str().expect("a path in UTF-8").trim_end_matches('/'));
    assert!(calls.len() >= 60, "{} calls", calls.len());
    let mut wrong = Vec::new();
    for Call { wanted, code, part } in calls {
        let done = node.process.ctl(&wanted.split(' ').collect::<Vec<_>>());
        let output = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        if done.status.code() != Some(i32::from(code)) || !output.contains(&part) {
            wrong.push(format!("{wanted} => {:?} {output}", done.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// With `--json` the same calls end alike, and say what they say as JSON: a value, or one in each line.
#[test]
fn calls_of_the_command_line_are_answered_in_json() {
    let (node, _clients) = node_with_clients();
    let folder = node.process.path("");
    let mut wrong = Vec::new();
    for Call { wanted, code, .. } in calls(CTL, folder.to_str().expect("a path in UTF-8").trim_end_matches('/')) {
        let words: Vec<&str> = wanted.split(' ').filter(|word| *word != "--json").collect();
        let done = node.process.ctl(&[&words[..], &["--json"]].concat());
        let output = String::from_utf8_lossy(&done.stdout).into_owned();
        let is_value = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
        let is_json = is_value(&output) || output.lines().all(is_value);
        // What does not exist prints what does.
        if done.status.code() != Some(i32::from(code)) || (code == 0 && !is_json) {
            wrong.push(format!(
                "{wanted} => {:?} {output}{}",
                done.status.code(),
                String::from_utf8_lossy(&done.stderr)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
