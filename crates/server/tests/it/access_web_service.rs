//! A web service in a thread of the test: whatever is asked of it, as JSON, as a form or in the address, a function answers.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// Answers the fields of a request; an empty answer is 204.
type Answering = dyn Fn(&Value) -> String + Send + Sync;

/// Starts one on a free port, and says where. It is there until the end of the process.
pub(crate) fn web_service(answering: impl Fn(&Value) -> String + Send + Sync + 'static) -> std::io::Result<SocketAddr> {
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
    while let Some(asked) = read(&mut reader)? {
        let answer = answering(&asked);
        let head = match answer.len() {
            0 => "HTTP/1.1 204 No Content\r\n".to_owned(),
            length => format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"),
        };
        write!(reader.get_mut(), "{head}\r\n{answer}")?;
    }
    Ok(())
}

/// The fields of the next request: those of its body, or those of its address where it has none. `None` at the end.
fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Value>> {
    let (mut target, mut length, mut is_form) = (String::new(), 0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if target.is_empty() {
            target = line.split(' ').nth(1).unwrap_or("/").to_owned();
        }
        let line = line.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        is_form |= line.starts_with("content-type:") && line.contains("form");
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if body.is_empty() {
        return Ok(Some(form(target.split_once('?').map_or("", |(_, query)| query).as_bytes())));
    }
    if is_form { Ok(Some(form(&body))) } else { Ok(Some(serde_json::from_slice(&body)?)) }
}

/// The fields of a form (WHATWG URL, `application/x-www-form-urlencoded`).
fn form(text: &[u8]) -> Value {
    let fields = text.split(|byte| *byte == b'&').filter_map(|field| {
        let place = field.iter().position(|byte| *byte == b'=')?;
        Some((decoded(field.get(..place)?), decoded(field.get(place + 1..)?)))
    });
    Value::Object(fields.map(|(name, value)| (name, Value::String(value))).collect())
}

fn decoded(text: &[u8]) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        let escaped = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%');
        bytes.push(escaped.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = if escaped.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
