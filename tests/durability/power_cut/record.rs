//! The record that strace makes of a process: its changes to a folder, and its answers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Every call that changes files, for the disk to know or to refuse, and those that send answers.
pub const CALLS: &[&str] = &[
    "open",
    "openat",
    "creat",
    "lseek",
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "pwritev2",
    "ftruncate",
    "truncate",
    "fallocate",
    "copy_file_range",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "sendto",
    "sendmsg",
];

/// One thing that has happened. Syncs begin before they have happened.
pub enum Step {
    Opened {
        handle: i32,
        path: PathBuf,
        is_new_if_missing: bool,
        is_emptied: bool,
    },
    Sought {
        handle: i32,
        position: usize,
    },
    Written {
        handle: i32,
        at: Option<usize>,
        bytes: Vec<u8>,
    },
    Cut {
        handle: i32,
        length: usize,
    },
    SyncBegun {
        thread: u32,
        handle: i32,
    },
    Synced {
        thread: u32,
        path: PathBuf,
    },
    Renamed {
        from: PathBuf,
        to: PathBuf,
    },
    Unlinked {
        path: PathBuf,
    },
    FolderMade {
        path: PathBuf,
    },
    /// An answer has begun to leave the server.
    Answered,
}

/// The steps in a log below `root`. Strings in it are written as `\x2f\x74`, so nothing in them looks like syntax.
pub fn read(log: &str, root: &Path) -> Vec<Step> {
    let (mut steps, mut unfinished) = (Vec::new(), HashMap::new());
    for line in log.lines() {
        let (thread, text) = line.split_once(' ').expect("the thread comes first");
        let (thread, text): (u32, _) = (thread.parse().expect("a number"), text.trim_start());
        if let Some((begun, _)) = text.split_once(" <unfinished ...>") {
            steps.extend(Call::parse(begun).and_then(|call| call.beginning(thread, root)));
            unfinished.insert(thread, begun.to_owned());
        } else if let Some((_, rest)) = text.split_once(" resumed>") {
            let whole = format!("{}{rest}", unfinished.remove(&thread).expect("it began"));
            steps.extend(Call::parse(&whole).and_then(|call| call.end(thread, root)));
        } else if let Some(call) = Call::parse(text) {
            steps.extend(call.beginning(thread, root));
            steps.extend(call.end(thread, root));
        }
    }
    steps
}

/// `name(arguments) = result`, as far as it is there.
struct Call<'l> {
    name: &'l str,
    arguments: Vec<&'l str>,
    result: i64,
}

impl<'l> Call<'l> {
    fn parse(text: &'l str) -> Option<Self> {
        let (name, rest) = text.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(" = ").unwrap_or((rest, "-1"));
        let arguments = arguments.trim_end().trim_end_matches(')').split(", ").collect();
        let result = result.split(|c: char| c != '-' && !c.is_ascii_digit()).next().unwrap_or_default();
        Some(Self { name, arguments, result: result.parse().unwrap_or(-1) })
    }

    /// What counts from the moment on at which the call is made.
    fn beginning(&self, thread: u32, root: &Path) -> Option<Step> {
        let is_answer = |text: &&str| text.contains(r#""\x48\x54\x54\x50\x2f\x31\x2e\x31\x20"#); // `HTTP/1.1 `
        match self.name {
            "fsync" | "fdatasync" => self.handle(root).map(|handle| Step::SyncBegun { thread, handle }),
            "write" | "writev" | "sendto" | "sendmsg" if self.arguments[1..].iter().any(is_answer) => {
                Some(Step::Answered)
            }
            _ => None,
        }
    }

    /// What counts when the call has succeeded.
    fn end(&self, thread: u32, root: &Path) -> Option<Step> {
        if self.result < 0 {
            return None;
        }
        let handle = || self.handle(root);
        let number = |at: usize| self.arguments[at].parse().expect("a number");
        match self.name {
            "open" | "openat" => {
                let (path, handle) = (self.path(0, root)?, self.result as i32);
                let is_new_if_missing = self.arguments.iter().any(|flags| flags.contains("O_CREAT"));
                let is_emptied = self.arguments.iter().any(|flags| flags.contains("O_TRUNC"));
                let is_at_its_end = self.arguments.iter().any(|flags| flags.contains("O_APPEND"));
                assert!(!is_at_its_end, "the disk does not know this way to open {}", path.display());
                Some(Step::Opened { handle, path, is_new_if_missing, is_emptied })
            }
            "lseek" => Some(Step::Sought { handle: handle()?, position: self.result as usize }),
            "write" | "pwrite64" => {
                let (handle, at) = (handle()?, (self.name == "pwrite64").then(|| number(3)));
                let mut bytes = unescaped(self.arguments[1]);
                bytes.truncate(self.result as usize);
                Some(Step::Written { handle, at, bytes })
            }
            "writev" => {
                let handle = handle()?;
                let parts = self.arguments.iter().filter_map(|part| Some(unescaped(part.split_once("iov_base=")?.1)));
                let mut bytes: Vec<u8> = parts.flatten().collect();
                bytes.truncate(self.result as usize);
                Some(Step::Written { handle, at: None, bytes })
            }
            "ftruncate" => Some(Step::Cut { handle: handle()?, length: number(1) }),
            "fsync" | "fdatasync" => handle().map(|_| Step::Synced { thread, path: annotated(self.arguments[0]) }),
            "rename" => Some(Step::Renamed { from: self.path(0, root)?, to: self.path(1, root)? }),
            "unlink" => Some(Step::Unlinked { path: self.path(0, root)? }),
            "mkdir" => Some(Step::FolderMade { path: self.path(0, root)? }),
            other => {
                let touches = handle().is_some() || self.path(0, root).is_some();
                assert!(!touches, "the disk does not know {other}");
                None
            }
        }
    }

    /// The handle of a file below `root`, from `14<path>`. What SQLite keeps in shared memory is no matter of disks.
    fn handle(&self, root: &Path) -> Option<i32> {
        let path = annotated(self.arguments[0]);
        is_kept(&path, root).then(|| self.arguments[0].split('<').next().and_then(|number| number.parse().ok()))?
    }

    /// The `at`-th path among the arguments, if it is below `root`.
    fn path(&self, at: usize, root: &Path) -> Option<PathBuf> {
        let text = self.arguments.iter().filter(|argument| argument.starts_with('"')).nth(at)?;
        let path = PathBuf::from(String::from_utf8(unescaped(text)).ok()?);
        is_kept(&path, root).then_some(path)
    }
}

fn is_kept(path: &Path, root: &Path) -> bool {
    path.starts_with(root) && !path.to_string_lossy().ends_with("-shm")
}

fn annotated(handle: &str) -> PathBuf {
    let path = handle.split(['<', '>']).nth(1).unwrap_or_default();
    PathBuf::from(String::from_utf8_lossy(&unescaped(path)).into_owned())
}

/// `"\x2f\x74"` as bytes.
fn unescaped(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("hexadecimal") as u8;
    let escapes = text.trim_matches('"').as_bytes().chunks_exact(4);
    escapes.map(|escape| digit(escape[2]) << 4 | digit(escape[3])).collect()
}
