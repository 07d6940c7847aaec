//! What the page that describes `/api/v1` shows.

use serde::{Deserialize, Serialize};

/// All that can be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiView {
    /// What holds for every call.
    pub words: String,
    /// What each status of a refusal says.
    pub refusals: Vec<ApiAnswer>,
    pub groups: Vec<ApiGroup>,
    /// What goes in and comes out, by its name.
    pub shapes: Vec<ApiShape>,
}

/// Calls about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiGroup {
    pub name: String,
    pub words: String,
    pub calls: Vec<ApiCall>,
}

/// One method of one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiCall {
    /// Its name in the document, which is its anchor on the page.
    pub id: String,
    pub method: String,
    pub path: String,
    pub title: String,
    pub words: String,
    /// What stands in the address, and what may be asked.
    pub parameters: Vec<ApiField>,
    /// What is sent.
    pub body: Vec<ApiField>,
    pub answers: Vec<ApiAnswer>,
    /// The statuses with which it is refused.
    pub refusals: Vec<String>,
    /// The address of an example, and what it sends.
    pub sample: String,
    pub sample_body: Option<String>,
    /// Whether nobody has to sign in for it.
    pub is_public: bool,
}

/// A key with what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiField {
    pub name: String,
    pub kind: ApiKind,
    pub is_needed: bool,
    pub words: String,
}

/// What stands somewhere, in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKind(pub Vec<ApiPiece>);

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApiPiece {
    Words(String),
    /// The name of a shape.
    Shape(String),
}

/// What may come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiAnswer {
    pub status: String,
    pub words: String,
    pub kind: ApiKind,
}

/// Something that goes in or comes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiShape {
    pub name: String,
    pub words: String,
    /// What it is, where it has no keys.
    pub kind: ApiKind,
    pub fields: Vec<ApiField>,
}
