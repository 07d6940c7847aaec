//! Parts that pages are made of. A part gets data and draws it; none of them loads anything.
//!
//! `impl IntoView + use<>` on a part that borrows says that what it draws borrows nothing.

pub mod again;
pub mod artifact;
pub mod avatar;
pub mod back;
pub mod change;
pub mod clients;
pub mod confirm;
pub mod copy;
pub mod crumbs;
pub mod dialog;
pub mod digest;
pub mod empty;
pub mod files;
pub mod filter;
pub mod form;
pub mod icon;
pub mod in_trash;
pub mod layer_bar;
pub mod lines;
pub mod mark;
pub mod missing;
pub mod name;
pub mod notice;
pub mod opening;
pub mod pages;
pub mod part;
pub mod prose;
pub mod protected;
pub mod pull_box;
pub mod rail;
pub mod ready;
pub mod snippets;
pub mod sort_head;
pub mod table;
pub mod tabs;
pub mod text;
pub mod time;
