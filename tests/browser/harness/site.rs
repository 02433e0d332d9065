//! The built site, served on the loopback interface under a sub-path, as some
//! static hosts do; with every request on record, and with faults on demand.

use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::static_server::{self, Response, Site};

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Path and query.
    pub target: String,
    /// HTTP status of the answer.
    pub status: u16,
}

/// What can be made to go wrong with a file.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Answered with this status and no content.
    Status(u16),
    /// Answered with this content instead.
    Body(Vec<u8>),
}

/// A running server; it ends with the test process.
#[derive(Debug)]
pub struct Server {
    port: u16,
    prefix: String,
    requests: Arc<Mutex<Vec<Request>>>,
    faults: Arc<Mutex<HashMap<String, Fault>>>,
    down: Arc<AtomicBool>,
}

impl Server {
    /// Serves the site in `dist`, or else in `ASR_DIST`, under `prefix` (which begins and
    /// ends with `/`), on any free port.
    pub fn start(dist: Option<&Path>, prefix: &str) -> Self {
        let site = Site {
            root: dist.map_or_else(built_site, Path::to_owned),
            prefix: prefix.to_owned(),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let server = Self {
            port: listener.local_addr().expect("a bound port").port(),
            prefix: prefix.to_owned(),
            requests: Arc::default(),
            faults: Arc::default(),
            down: Arc::default(),
        };
        let requests = Arc::clone(&server.requests);
        let faults = Arc::clone(&server.faults);
        let down = Arc::clone(&server.down);
        let respond = move |target: &str| {
            let path = target.split('?').next().unwrap_or_default();
            let fault = path
                .strip_prefix(&site.prefix)
                .and_then(|file| faults.lock().unwrap().get(file).cloned());
            let response = match fault {
                _ if down.load(Ordering::Relaxed) => Response::text(503, "the host is down"),
                None => site.respond(target),
                Some(Fault::Status(status)) => Response::text(status, "made to fail"),
                Some(Fault::Body(body)) => Response {
                    status: 200,
                    body,
                    ..site.respond(target)
                },
            };
            requests.lock().unwrap().push(Request {
                target: target.to_owned(),
                status: response.status,
            });
            response
        };
        let respond: static_server::Responder = Arc::new(respond);
        std::thread::spawn(move || static_server::serve(&listener, &respond));
        server
    }

    /// The page's address, for a browser that calls this machine `host`.
    pub fn address(&self, host: &str) -> String {
        format!("{}{}", self.origin(host), self.prefix)
    }

    /// The site's origin, for a browser that calls this machine `host`.
    pub fn origin(&self, host: &str) -> String {
        format!("http://{host}:{}", self.port)
    }

    /// From now on it answers nothing but an error.
    pub fn go_down(&self) {
        self.down.store(true, Ordering::Relaxed);
    }

    /// Every request so far, in order of their answers.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// From now on something is wrong with `file`, named from the page's folder:
    /// `models/manifest.toml`.
    pub fn fail(&self, file: &str, fault: Fault) {
        self.faults.lock().unwrap().insert(file.to_owned(), fault);
    }

    /// Nothing is wrong with `file` any more.
    pub fn mend(&self, file: &str) {
        self.faults.lock().unwrap().remove(file);
    }
}

/// The folder with the built site.
pub fn built_site() -> PathBuf {
    let dist = std::env::var_os("ASR_DIST").map(PathBuf::from).expect(
        "the browser tests need the built site: run them with `cargo xtask test --browser`, \
         or set ASR_DIST to its folder",
    );
    assert!(
        dist.join("index.html").is_file(),
        "there is no built site in {}: run `cargo xtask dist`",
        dist.display()
    );
    dist
}
