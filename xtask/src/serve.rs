//! `cargo xtask serve`: build, serve, open a browser.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::process::{Context, Outcome, Project, fail};
use crate::site;
use crate::static_server::{self, Site};

/// Where to begin looking for a free port when none is asked for.
const FIRST_PORT: u16 = 8080;

/// Builds the site and serves it until interrupted.
///
/// # Errors
/// When the build fails or the port is taken.
pub fn serve(project: &Project, arguments: &[String]) -> Outcome {
    let options = Options::parse(arguments)?;
    site::dist(project, &[])?;
    let listener = options.listen()?;
    let port = listener
        .local_addr()
        .context(|| "read the server's address".to_owned())?
        .port();
    // Not the numeric address: browsers call both secure, people know this one.
    let address = format!("http://localhost:{port}/");
    println!("\nThe playground is at {address}  (Ctrl+C ends it)");
    if options.open {
        open(&address);
    }
    let site = Site {
        root: project.dist(),
        prefix: "/".to_owned(),
    };
    let respond: static_server::Responder = Arc::new(move |target| site.respond(target));
    static_server::serve(&listener, &respond);
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    port: Option<u16>,
    open: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Outcome<Self> {
        let mut options = Self {
            port: None,
            open: true,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let port = match argument.as_str() {
                "--no-open" => {
                    options.open = false;
                    continue;
                }
                "--port" => arguments.next().map(String::as_str),
                option => match option.strip_prefix("--port=") {
                    Some(port) => Some(port),
                    None => return fail(format!("it takes no argument `{option}`.")),
                },
            };
            options.port = port.and_then(|port| port.parse().ok());
            if options.port.is_none() {
                return fail("--port takes a number from 0 (any free port) to 65535.");
            }
        }
        Ok(options)
    }

    fn listen(&self) -> Outcome<TcpListener> {
        if let Some(port) = self.port {
            return TcpListener::bind((Ipv4Addr::LOCALHOST, port))
                .context(|| format!("listen on port {port}; try another with --port"));
        }
        (FIRST_PORT..FIRST_PORT + 20)
            .find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok())
            .map_or_else(
                || fail("ports 8080 to 8099 are all taken; name one with --port."),
                Ok,
            )
    }
}

/// Opens the person's browser where there is one to open; silent otherwise, the
/// address has been printed.
fn open(address: &str) {
    let graphical = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.args(["/C", "start", ""]);
        command
    } else if graphical("DISPLAY") || graphical("WAYLAND_DISPLAY") {
        Command::new("xdg-open")
    } else {
        return;
    };
    let _ = command
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Outcome<Options> {
        let arguments: Vec<String> = arguments.iter().map(|&a| a.to_owned()).collect();
        Options::parse(&arguments)
    }

    #[test]
    fn options_are_read() {
        let default = parse(&[]).expect("valid");
        assert_eq!(
            default,
            Options {
                port: None,
                open: true
            }
        );
        let both = parse(&["--no-open", "--port", "9000"]).expect("valid");
        assert_eq!(
            both,
            Options {
                port: Some(9000),
                open: false
            }
        );
        assert_eq!(parse(&["--port=1"]).expect("valid").port, Some(1));
    }

    #[test]
    fn bad_options_are_refused() {
        for arguments in [
            &["--port"][..],
            &["--port", "x"],
            &["--port=70000"],
            &["--open"],
        ] {
            assert!(parse(arguments).is_err(), "{arguments:?}");
        }
    }

    #[test]
    fn a_taken_port_is_said_to_be_taken() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = taken.local_addr().expect("it has one").port();
        let options = Options {
            port: Some(port),
            open: false,
        };
        let failure = options.listen().expect_err("it is taken");
        assert!(failure.sentence.contains("--port"), "{failure:?}");
    }
}
