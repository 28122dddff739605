//! A client that others wrote: `ws` of node, against an echo over real sockets.

use dunlin_websocket::{Ending, WebSocketOptions, WebSocketStream};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

fn found_or_skipped(what: &str, path: Option<PathBuf>) -> Option<PathBuf> {
    if path.is_none() {
        let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(!in_ci, "{what} is not installed, and CI must have it");
        eprintln!("skipped: {what} is not installed (make clients)");
    }
    path
}

/// Plays the script against an echo; gives how each of its connections ended.
fn play(options: WebSocketOptions, scenario: &str) -> Option<Vec<Option<Ending>>> {
    let modules = std::env::var_os("DUNLIN_TEST_NODE_PATH").map(PathBuf::from).filter(|path| path.join("ws").is_dir());
    let modules = found_or_skipped("ws (DUNLIN_TEST_NODE_PATH)", modules)?;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let options = Arc::new(options);
    let echo = std::thread::spawn(move || {
        let mut endings = Vec::new();
        loop {
            let (socket, _) = listener.accept().expect("a connection");
            // The script is over when somebody connects and says nothing of WebSocket.
            if socket.peek(&mut [0; 1]).is_ok_and(|count| count == 0) {
                return endings;
            }
            let mut stream = WebSocketStream::new(socket, Arc::clone(&options));
            echo(&mut stream);
            endings.push(stream.ending().cloned());
        }
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/ws_client.js");
    let mut command = Command::new("node");
    command.arg(script).args([port.to_string().as_str(), scenario]).env("DUNLIN_TEST_NODE_PATH", modules);
    let played = command.output().expect("node runs");
    drop(std::net::TcpStream::connect(("127.0.0.1", port)).expect("the echo listens"));
    let endings = echo.join().expect("the echo does not panic");
    let (output, errors) = (String::from_utf8_lossy(&played.stdout), String::from_utf8_lossy(&played.stderr));
    assert!(played.status.success(), "{scenario}:\n{output}{errors}");
    Some(endings)
}

fn echo(stream: &mut WebSocketStream<std::net::TcpStream>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count) = stream.read(&mut buffer)
        && count > 0
    {
        if stream.write_all(&buffer[..count]).and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
    let _ = stream.flush();
}

#[test]
fn an_echo_of_every_length_with_pings_and_fragments() {
    let Some(endings) = play(WebSocketOptions::default(), "echo") else { return };
    assert_eq!(endings, [Some(Ending::ClosedByPeer(Some(1000)))]);
}

#[test]
fn an_echo_with_compression_in_all_its_forms() {
    let mut options = WebSocketOptions { compress: true, ..WebSocketOptions::default() };
    for (server, client, window) in [(true, true, 15), (false, false, 15), (true, true, 10)] {
        options.deflate_opts.server_context_takeover = server;
        options.deflate_opts.client_context_takeover = client;
        options.deflate_opts.server_max_window_bits = window;
        options.deflate_opts.client_max_window_bits = window;
        let Some(endings) = play(options.clone(), "compressed") else { return };
        assert_eq!(endings, [Some(Ending::ClosedByPeer(Some(1000)))]);
    }
}

#[test]
fn refusals_and_close_codes_arrive() {
    let options = WebSocketOptions { max_frame_size: Some(1000), ..WebSocketOptions::default() };
    let Some(endings) = play(options, "refused") else { return };
    assert_eq!(endings.len(), 5);
    assert!(
        endings.iter().all(|ending| matches!(ending, Some(Ending::Refused(_) | Ending::Violation(_)))),
        "{endings:?}"
    );
}
