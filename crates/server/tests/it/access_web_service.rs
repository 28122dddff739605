//! A web service in a thread of the test: whatever is asked of it, a function answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// Answers the body of a request; an empty answer is 204.
type Answering = dyn Fn(&serde_json::Value) -> String + Send + Sync;

/// Starts one on a free port, and says where. It is there until the end of the process.
pub(crate) fn web_service(
    answering: impl Fn(&serde_json::Value) -> String + Send + Sync + 'static,
) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let answering: Arc<Answering> = Arc::new(answering);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answering = Arc::clone(&answering);
            // Whoever asks has a connection of its own, and closes it when it likes.
            std::thread::spawn(move || serve(stream, &*answering));
        }
    });
    Ok(address)
}

fn serve(stream: TcpStream, answering: &Answering) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        // A question that is all in its address has no body.
        let asked = if body.is_empty() { serde_json::Value::Null } else { serde_json::from_slice(&body)? };
        let answer = answering(&asked);
        let head = match answer.len() {
            0 => "HTTP/1.1 204 No Content\r\n".to_owned(),
            length => format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"),
        };
        write!(reader.get_mut(), "{head}\r\n{answer}")?;
    }
}
