//! A driver's process (`ChromeDriver`, or geckodriver for Firefox), and a proxy that shows what
//! would leave the machine.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Which browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Browser {
    /// Chromium or Chrome: what every test runs in.
    #[default]
    Chromium,
    /// Firefox, where it is there.
    Firefox,
}

impl Browser {
    /// Its driver: named by `CHROMEDRIVER` or `GECKODRIVER`, in `.tools/bin`, or on the
    /// search path.
    fn driver(self) -> PathBuf {
        let (variable, name) = match self {
            Self::Chromium => ("CHROMEDRIVER", "chromedriver"),
            Self::Firefox => ("GECKODRIVER", "geckodriver"),
        };
        let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join(".tools/bin")
            .join(name);
        let named = std::env::var_os(variable).map(PathBuf::from);
        named.unwrap_or_else(|| if own.is_file() { own } else { name.into() })
    }

    /// Whether browser and driver can be started here. Firefox is named by `FIREFOX`, or it
    /// is Debian's `firefox-esr`.
    pub fn is_here(self) -> bool {
        let answers = |program: &std::path::Path| {
            let mut asked = Command::new(program);
            asked
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            asked.status().is_ok_and(|status| status.success())
        };
        answers(&self.driver()) && (self == Self::Chromium || answers(&firefox()))
    }
}

/// Firefox's program.
pub fn firefox() -> PathBuf {
    std::env::var_os("FIREFOX").map_or_else(|| "/usr/bin/firefox-esr".into(), PathBuf::from)
}

/// A driver of this test's own; it and its browsers end when it is dropped.
#[derive(Debug)]
pub struct Driver {
    browser: Browser,
    process: Child,
    port: u16,
    /// Where its log is written.
    pub log: PathBuf,
}

impl Driver {
    /// Starts the browser's one on a free port. `ChromeDriver` ends at once where the port it
    /// found free for IPv4 is taken for IPv6; then another one is started.
    pub fn start(browser: Browser) -> Self {
        (0..5)
            .find_map(|_| Self::try_start(browser))
            .expect("the driver says which port it listens on")
    }

    /// `None` when it ends before it listens.
    fn try_start(browser: Browser) -> Option<Self> {
        let program = browser.driver();
        let log = super::temporary("driver.log");
        let mut command = Command::new(&program);
        command.arg("--port=0");
        if browser == Browser::Chromium {
            command.arg(format!("--log-path={}", log.display()));
        }
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "{} does not start ({error}): set CHROMEDRIVER (or GECKODRIVER) to where it is",
                    program.display()
                )
            });
        let output = process.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        // "ChromeDriver was started successfully on port 12345."
        // "… geckodriver INFO Listening on 127.0.0.1:12345"
        let port = lines.find_map(|line| {
            let chromium = line.split_once("successfully on port ");
            let (_, after) = chromium.or_else(|| line.split_once("Listening on 127.0.0.1:"))?;
            after.trim_end_matches('.').parse().ok()
        });
        let Some(port) = port else {
            let _ = process.wait();
            return None;
        };
        // It must be able to go on printing.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self {
            browser,
            process,
            port,
            log,
        })
    }

    /// Where it takes commands.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks it to end; it closes its browsers first.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let asked = Instant::now();
        // geckodriver has no such command; its browser ends with its session.
        if self.browser == Browser::Chromium && self.shut_down().is_ok() {
            while asked.elapsed() < Duration::from_secs(10) {
                if let Ok(Some(_)) = self.process.try_wait() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A proxy that lets nothing through and remembers who was called. The browser
/// sends it everything that is not for this machine, from workers as well.
#[derive(Debug)]
pub struct Tripwire {
    port: u16,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Tripwire {
    /// Listens on a free port until the test process ends.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let tripwire = Self {
            port: listener.local_addr().expect("a bound port").port(),
            calls: Arc::default(),
        };
        let calls = Arc::clone(&tripwire.calls);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = String::new();
                if BufReader::new(&stream).read_line(&mut request).is_ok() {
                    calls.lock().unwrap().push(request.trim().to_owned());
                }
                let _ = stream.write_all(b"HTTP/1.1 502 \r\nContent-Length: 0\r\n\r\n");
            }
        });
        tripwire
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Chromium's argument.
    pub fn argument(&self) -> String {
        format!("--proxy-server=http://127.0.0.1:{}", self.port)
    }

    /// The first line of every request so far: `CONNECT host:443 HTTP/1.1`.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}
