//! What a page may ask of the server: one file per noun, one server function per question.
//!
//! A function gets the proof that its caller may ask, hands it to the service, and holds nothing
//! else. Only server-side rendering calls these; the browser half never does.

pub mod compare;
pub mod copies;
pub mod credentials;
pub mod deletes;
mod error;
pub mod images;
pub mod jobs;
pub mod mounts;
pub mod names;
pub mod openapi;
pub mod people;
pub mod providers;
pub mod repositories;
pub mod search;
