//! A `ChromeDriver` process, and a proxy that shows what would leave the machine.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A `ChromeDriver` of this test's own; it and its browsers end when it is dropped.
#[derive(Debug)]
pub struct Driver {
    process: Child,
    port: u16,
    /// Where its log is written.
    pub log: PathBuf,
}

impl Driver {
    /// Starts the one named by `CHROMEDRIVER`, or found on the search path, on a
    /// free port.
    pub fn start() -> Self {
        let program = std::env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
        let log = super::temporary("chromedriver.log");
        let mut process = Command::new(&program)
            .arg("--port=0")
            .arg(format!("--log-path={}", log.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "{} does not start ({error}): set CHROMEDRIVER to where it is",
                    program.display()
                )
            });
        let output = process.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        // "ChromeDriver was started successfully on port 12345."
        let port = lines
            .find_map(|line| {
                let (_, after) = line.split_once("successfully on port ")?;
                after.trim_end_matches('.').parse().ok()
            })
            .expect("ChromeDriver says which port it listens on");
        // It must be able to go on printing.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, port, log }
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
        if self.shut_down().is_ok() {
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

    /// The browser's argument.
    pub fn argument(&self) -> String {
        format!("--proxy-server=http://127.0.0.1:{}", self.port)
    }

    /// The first line of every request so far: `CONNECT host:443 HTTP/1.1`.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}
