//! Plain data of the field: names, digests, manifests, actions, errors.
//!
//! Both halves share it, so a name that the browser accepts is a name that the
//! server accepts. Nothing here does input or output, knows a database, an HTTP
//! library or a clock.

pub mod action;
pub mod address;
pub mod capability;
pub mod condition;
pub mod digest;
pub mod error;
pub mod files;
pub mod grant;
pub mod image_tab;
pub mod json_text;
pub mod manifest;
pub mod media_type;
pub mod mount;
pub mod name;
pub mod notice;
pub mod order;
pub mod page;
pub mod pasted;
pub mod permission;
pub mod platform;
pub mod principal;
pub mod protection;
pub mod provider;
pub mod radius;
pub mod reference;
pub mod role;
pub mod run;
pub mod scope;
pub mod size;
pub mod sought;
pub mod tag;
pub mod tag_filter;
pub mod tag_pattern;
pub mod text;
pub mod time;
pub mod token_name;
pub mod trash;
pub mod username;
pub mod view;

pub use action::Action;
pub use address::Address;
pub use digest::Digest;
pub use error::{Error, Result};
pub use grant::{Grant, Grantee, GroupName, Terms};
pub use image_tab::ImageTab;
pub use name::{MountPrefix, Namespace, RepositoryName};
pub use page::{Cursor, Page};
pub use permission::{Permission, Target};
pub use platform::Platform;
pub use principal::Actor;
pub use protection::{Protection, Rule};
pub use provider::{ProviderKind, ProviderName, ProviderSettings};
pub use reference::Reference;
pub use role::Role;
pub use scope::{RepositoryVisibility, Scope};
pub use size::ByteSize;
pub use tag::Tag;
pub use tag_pattern::TagPattern;
pub use time::Timestamp;
pub use token_name::TokenName;
pub use username::Username;
