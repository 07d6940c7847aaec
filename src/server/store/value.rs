//! Parameters and rows that both databases understand: integers, text and bytes.

use crate::domain::{Actor, ByteSize, Error, Result, Timestamp};

/// A parameter or a cell. Absent values keep their type, which PostgreSQL wants to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// Builds the parameters of a statement from things that convert to [`Value`].
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::server::store::value::Value::from($value)),*] };
}

macro_rules! into_value {
    ($($type:ty => |$it:ident| $value:expr),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from($it: $type) -> Self { $value }
        }
    )*};
}

into_value! {
    i64 => |it| Value::Int(Some(it)),
    Option<i64> => |it| Value::Int(it),
    u32 => |it| Value::Int(Some(i64::from(it))),
    u64 => |it| Value::Int(Some(i64::try_from(it).unwrap_or(i64::MAX))),
    bool => |it| Value::Int(Some(i64::from(it))),
    Timestamp => |it| Value::Int(Some(it.0)),
    ByteSize => |it| Value::from(it.0),
    &str => |it| Value::Text(Some(storable(it.to_owned()))),
    String => |it| Value::Text(Some(storable(it))),
    &String => |it| Value::Text(Some(storable(it.clone()))),
    Option<String> => |it| Value::Text(it.map(storable)),
    Option<&str> => |it| Value::Text(it.map(|it| storable(it.to_owned()))),
    Vec<u8> => |it| Value::Bytes(Some(it)),
    Option<Vec<u8>> => |it| Value::Bytes(it),
}

impl From<&Actor> for Value {
    fn from(it: &Actor) -> Self {
        Self::from(it.key())
    }
}

/// Nobody is known where another registry was only read; there is no text then.
impl From<Option<&Actor>> for Value {
    fn from(it: Option<&Actor>) -> Self {
        Self::from(it.map(Actor::key).unwrap_or_default())
    }
}

/// PostgreSQL keeps no U+0000 in text. Nothing legitimate holds one, and foreign text must not make a statement fail.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

macro_rules! checked_text_value {
    ($($type:ty),*) => {$(
        impl From<&$type> for Value {
            fn from(it: &$type) -> Self { Value::Text(Some(it.as_str().to_owned())) }
        }
        impl FromCell for $type {
            fn from_cell(cell: Value) -> Option<Self> { String::from_cell(cell)?.try_into().ok() }
        }
    )*};
}

checked_text_value!(
    crate::domain::RepositoryName,
    crate::domain::Tag,
    crate::domain::Digest,
    crate::domain::MountPrefix,
    crate::domain::Namespace,
    crate::domain::TagPattern,
    crate::domain::Username,
    crate::domain::GroupName,
    crate::domain::TokenName,
    crate::domain::ProviderName
);

/// One row of an answer; cells are taken from left to right.
#[derive(Debug)]
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    pub(super) fn new(cells: Vec<Value>) -> Self {
        Self(cells.into_iter())
    }

    /// The cells that are left.
    pub(super) fn cells(self) -> Vec<Value> {
        self.0.collect()
    }

    /// The next cell as `T`.
    pub fn take<T: FromCell>(&mut self) -> Result<T> {
        let cell = self.0.next().ok_or_else(|| damaged("a column is missing"))?;
        T::from_cell(cell).ok_or_else(|| damaged(std::any::type_name::<T>()))
    }
}

/// What a cell holds where it holds anything: no text is nothing.
pub struct Known<T>(pub Option<T>);

/// A type that a cell can hold.
pub trait FromCell: Sized {
    /// `None` if the cell holds something else.
    fn from_cell(cell: Value) -> Option<Self>;
}

impl FromCell for i64 {
    fn from_cell(cell: Value) -> Option<Self> {
        if let Value::Int(int) = cell { int } else { None }
    }
}

impl FromCell for u64 {
    fn from_cell(cell: Value) -> Option<Self> {
        u64::try_from(i64::from_cell(cell)?).ok()
    }
}

impl FromCell for bool {
    fn from_cell(cell: Value) -> Option<Self> {
        Some(i64::from_cell(cell)? != 0)
    }
}

impl FromCell for Timestamp {
    fn from_cell(cell: Value) -> Option<Self> {
        i64::from_cell(cell).map(Timestamp)
    }
}

impl FromCell for ByteSize {
    fn from_cell(cell: Value) -> Option<Self> {
        u64::from_cell(cell).map(ByteSize)
    }
}

impl FromCell for String {
    fn from_cell(cell: Value) -> Option<Self> {
        if let Value::Text(text) = cell { text } else { None }
    }
}

/// Who did something, as far as that is known.
impl FromCell for Known<Actor> {
    fn from_cell(cell: Value) -> Option<Self> {
        match Option::<String>::from_cell(cell)? {
            Some(key) if !key.is_empty() => Some(Self(Some(key.parse().ok()?))),
            _ => Some(Self(None)),
        }
    }
}

impl FromCell for Vec<u8> {
    fn from_cell(cell: Value) -> Option<Self> {
        if let Value::Bytes(bytes) = cell { bytes } else { None }
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: Value) -> Option<Self> {
        match cell {
            Value::Int(None) | Value::Text(None) | Value::Bytes(None) => Some(None),
            present => T::from_cell(present).map(Some),
        }
    }
}

/// A row that does not fit the code: a defect or a damaged database.
fn damaged(what: &str) -> Error {
    tracing::error!(what, "the database holds an unexpected value; see what portolan check says");
    Error::Internal
}
