//! A static file server for `cargo xtask serve` and the browser tests, as plain
//! as the plainest host: no special headers, no ranges, one thread a request.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// Value of `Location`, for a redirect.
    pub location: Option<String>,
    /// The content.
    pub body: Vec<u8>,
}

impl Response {
    /// A page of one line, for errors.
    pub fn text(status: u16, line: &str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            location: None,
            body: format!("{line}\n").into_bytes(),
        }
    }
}

/// A folder served under a path.
#[derive(Clone, Debug)]
pub struct Site {
    /// The folder.
    pub root: PathBuf,
    /// The path it is served under: begins and ends with `/`.
    pub prefix: String,
}

impl Site {
    /// The answer to a request for `target`, a path with or without a query.
    pub fn respond(&self, target: &str) -> Response {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        if format!("{path}/") == self.prefix {
            return Response {
                status: 301,
                location: Some(self.prefix.clone()),
                ..Response::text(301, "moved")
            };
        }
        let not_found = || Response::text(404, "There is no such file.");
        let Some(inside) = path.strip_prefix(&self.prefix) else {
            return not_found();
        };
        let Some(mut file) = percent_decode(inside)
            .filter(|inside| stays_inside(inside))
            .map(|inside| self.root.join(inside))
        else {
            return not_found();
        };
        if file.is_dir() {
            file.push("index.html");
        }
        match std::fs::read(&file) {
            Ok(body) => Response {
                status: 200,
                content_type: content_type(&file),
                location: None,
                body,
            },
            Err(_) => not_found(),
        }
    }
}

fn stays_inside(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|component| matches!(component, Component::Normal(_)))
}

/// `None` where the bytes are no UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let decoded = (first == b'%')
            .then(|| std::str::from_utf8(after.get(..2)?).ok())
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(decoded.unwrap_or(first));
        rest = if decoded.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    String::from_utf8(bytes).ok()
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "webmanifest") => "application/json",
        Some("toml" | "txt" | "md") => "text/plain; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wav") => "audio/wav",
        Some("flac") => "audio/flac",
        Some("mp3") => "audio/mpeg",
        Some("ogg" | "opus") => "audio/ogg",
        _ => "application/octet-stream",
    }
}

/// Answers a request's target (path and query).
pub type Responder = Arc<dyn Fn(&str) -> Response + Send + Sync>;

/// Answers requests until the process ends. `respond` is given the request's
/// target (path and query).
pub fn serve(listener: &TcpListener, respond: &Responder) {
    for stream in listener.incoming().flatten() {
        let respond = Arc::clone(respond);
        std::thread::spawn(move || {
            // A browser that goes away in the middle is no one's problem.
            let _ = answer(&stream, respond.as_ref());
        });
    }
}

fn answer(stream: &TcpStream, respond: &dyn Fn(&str) -> Response) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut head = BufReader::new(stream.take(16 << 10));
    let mut request = String::new();
    head.read_line(&mut request)?;
    let mut header = String::from("…");
    while !header.trim().is_empty() {
        header.clear();
        head.read_line(&mut header)?;
    }
    let mut words = request.split_whitespace();
    let response = match (words.next(), words.next()) {
        (Some("GET" | "HEAD"), Some(target)) => respond(target),
        (Some(_), Some(_)) => Response::text(405, "Only GET and HEAD."),
        // A connection opened ahead of need and never used.
        _ => return Ok(()),
    };
    let location = response
        .location
        .map(|location| format!("Location: {location}\r\n"))
        .unwrap_or_default();
    let mut out = stream;
    write!(
        out,
        "HTTP/1.1 {} \r\nContent-Type: {}\r\nContent-Length: {}\r\n{location}\
         Cache-Control: no-cache\r\nConnection: close\r\n\r\n",
        response.status,
        response.content_type,
        response.body.len()
    )?;
    if !request.starts_with("HEAD") {
        out.write_all(&response.body)?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        Site {
            root: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
            prefix: "/a/b/".to_owned(),
        }
    }

    #[test]
    fn answers_with_the_file() {
        let response = site().respond("/a/b/Cargo.toml?v=1");
        assert_eq!(response.status, 200);
        assert_eq!(response.content_type, "text/plain; charset=utf-8");
        assert_eq!(site().respond("/a/b/Cargo%2etoml"), response);
    }

    #[test]
    fn nothing_outside_the_prefix_or_the_folder_is_served() {
        for target in [
            "/Cargo.toml",
            "/a/Cargo.toml",
            "/a/b/../Cargo.toml",
            "/a/b/%2e%2e/Cargo.toml",
            "/a/b//etc/passwd",
            "/a/b/missing",
            "/a/b/%ff",
            "",
        ] {
            assert_eq!(site().respond(target).status, 404, "{target}");
        }
    }

    #[test]
    fn the_prefix_without_its_slash_is_redirected() {
        let response = site().respond("/a/b");
        assert_eq!(
            (response.status, response.location.as_deref()),
            (301, Some("/a/b/"))
        );
    }

    #[test]
    fn a_half_escape_is_taken_as_it_stands() {
        assert_eq!(percent_decode("100%").as_deref(), Some("100%"));
        assert_eq!(percent_decode("%4").as_deref(), Some("%4"));
        assert_eq!(percent_decode("%zz%41").as_deref(), Some("%zzA"));
    }

    #[test]
    fn speaks_http() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it has one");
        std::thread::spawn(move || {
            let echo: Responder = Arc::new(|target| Response::text(200, target));
            serve(&listener, &echo);
        });
        let mut stream = TcpStream::connect(address).expect("connected");
        stream
            .write_all(b"GET /x?y HTTP/1.1\r\nHost: h\r\n\r\n")
            .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 \r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n/x?y\n"), "{answer}");
    }
}
