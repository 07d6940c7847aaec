//! What an extended header says of the entry that follows it (POSIX.1-2024, pax, "pax Extended Header").

use super::source::Stop;
use std::io;

/// As far as lists show it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Extended {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    pub uid: Option<u64>,
    pub gid: Option<u64>,
    /// Of a file with holes, whose content is stored with a map of them (GNU tar, "Storing Sparse Files").
    pub sparse: Option<Sparse>,
}

/// What is said of such a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sparse {
    pub name: Option<Vec<u8>>,
    pub size: Option<u64>,
}

impl Extended {
    /// Takes in records `LENGTH KEY=VALUE\n`; of a key that comes twice the last one counts.
    pub fn take_in(&mut self, mut records: &[u8]) -> io::Result<()> {
        let odd = || Stop::damaged("an extended header of it is damaged");
        while records.first().is_some_and(|byte| *byte != 0) {
            let blank = records.iter().take(20).position(|byte| *byte == b' ').ok_or_else(odd)?;
            let length = number(&records[..blank]).and_then(|n| usize::try_from(n).ok()).ok_or_else(odd)?;
            let record = records.get(blank + 1..length).and_then(|it| it.strip_suffix(b"\n")).ok_or_else(odd)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(odd)?;
            self.set(&record[..equals], &record[equals + 1..]).ok_or_else(odd)?;
            records = &records[length..];
        }
        Ok(())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let said = || (!value.is_empty()).then(|| value.to_vec());
        match key {
            b"path" => self.path = said(),
            b"linkpath" => self.link = said(),
            b"size" => self.size = Some(number(value)?),
            b"uid" => self.uid = number(value),
            b"gid" => self.gid = number(value),
            b"GNU.sparse.name" => self.sparse.get_or_insert_default().name = said(),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => {
                self.sparse.get_or_insert_default().size = Some(number(value)?);
            }
            _ if key.starts_with(b"GNU.sparse.") => drop(self.sparse.get_or_insert_default()),
            _ => {}
        }
        Some(())
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}
