//! A client that trusts nothing: an answer counts when its last byte has come, and everything that breaks before is
//! an error.

use crate::support::{OCI_MANIFEST, sha256};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One connection, opened anew where the last one has ended.
pub struct Client {
    host: String,
    connection: Option<BufReader<TcpStream>>,
    /// Lines of every head.
    credentials: &'static str,
}

impl Client {
    pub fn new(host: &str) -> Self {
        Self { host: host.to_owned(), connection: None, credentials: "" }
    }

    /// As the administrator that `ADMIN` makes.
    pub fn as_admin(host: &str) -> Self {
        Self { credentials: "Authorization: Basic YWRtaW46Y29ycmVjdCBob3JzZQ==\r\n", ..Self::new(host) }
    }

    /// Any request whose body is at hand.
    pub fn call(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Reply> {
        let mut stream = self.begin(method, path, headers, body.len() as u64)?;
        // A server that refuses may stop reading before everything is sent: what it says counts.
        let sent = stream.get_mut().write_all(body);
        let reply = Reply::read(&mut stream, method)?;
        if sent.is_ok() && reply.header("connection") != "close" {
            self.connection = Some(stream);
        }
        Ok(reply)
    }

    /// Sends the head of a request of so many bytes and hands over the connection.
    pub fn begin(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        length: u64,
    ) -> io::Result<BufReader<TcpStream>> {
        self.send_head(method, path, headers, &format!("Content-Length: {length}"))
    }

    /// The same for a body of unknown length, which the caller sends in chunks.
    pub fn begin_chunked(&mut self, method: &str, path: &str) -> io::Result<BufReader<TcpStream>> {
        self.send_head(method, path, &[], "Transfer-Encoding: chunked")
    }

    fn send_head(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        framing: &str,
    ) -> io::Result<BufReader<TcpStream>> {
        let mut stream = match self.connection.take() {
            Some(stream) => stream,
            None => self.connect()?,
        };
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{framing}\r\n{}", self.host, self.credentials);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.get_mut().write_all(format!("{head}\r\n").as_bytes())?;
        Ok(stream)
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(&self.host)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(BufReader::new(stream))
    }

    pub fn get(&mut self, path: &str) -> io::Result<Reply> {
        self.call("GET", path, &[], b"")
    }

    /// POST that starts an upload.
    pub fn start(&mut self, repository: &str) -> io::Result<Reply> {
        self.call("POST", &format!("/v2/{repository}/blobs/uploads/"), &[], b"")
    }

    /// A blob in one request.
    pub fn push_blob(&mut self, repository: &str, content: &[u8]) -> io::Result<Reply> {
        let path = format!("/v2/{repository}/blobs/uploads/?digest={}", sha256(content));
        self.call("POST", &path, &[], content)
    }

    /// A manifest under a tag.
    pub fn push_manifest(&mut self, repository: &str, tag: &str, manifest: &[u8]) -> io::Result<Reply> {
        self.call("PUT", &format!("/v2/{repository}/manifests/{tag}"), &[("Content-Type", OCI_MANIFEST)], manifest)
    }
}

/// An answer that came whole.
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Reply {
    /// # Errors
    /// If the connection ends, or stays silent, before the answer does.
    pub fn read(stream: &mut BufReader<TcpStream>, method: &str) -> io::Result<Self> {
        let mut reply = Self::read_head(stream)?;
        let is_bare = method == "HEAD" || reply.status == 204;
        let length = if is_bare { 0 } else { reply.length()? };
        reply.body.resize(length, 0);
        stream.read_exact(&mut reply.body)?;
        assert_ne!(reply.status, 500, "a fault outside of the server is none of the server's: {reply:?}");
        Ok(reply)
    }

    /// Status and headers; the body is still to come.
    pub fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<Self> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no status: {head}")))?;
        Ok(Self { status, head, body: vec![] })
    }

    pub fn length(&self) -> io::Result<usize> {
        let length = self.header("content-length").parse();
        length.map_err(|_| io::Error::other(format!("the answer does not say how long it is: {}", self.head)))
    }

    pub fn header(&self, name: &str) -> &str {
        let mut pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.find(|(found, _)| found.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    /// How many bytes of an upload are there.
    pub fn offset(&self) -> usize {
        let last = self.header("range").strip_prefix("0-").and_then(|last| last.parse::<usize>().ok());
        last.map_or_else(|| panic!("no offset: {self:?}"), |last| if last == 0 { 0 } else { last + 1 })
    }

    /// The status with the code of the first error.
    pub fn refusal(&self) -> String {
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        let body: serde_json::Value = serde_json::from_slice(&self.body).expect("JSON");
        format!("{} {}", self.status, body["errors"][0]["code"].as_str().unwrap_or_default())
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}{}", self.head, String::from_utf8_lossy(&self.body[..self.body.len().min(500)]))
    }
}
