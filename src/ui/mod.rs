//! The console: server-rendered pages with islands.
//!
//! Read in this order: [`app`] (the site map), [`document`] (the frame of a page), `pages` (one
//! file or folder for each), `components` (the parts that they share), `islands` (what script adds),
//! [`form`] (what forms ask for), [`query`] (lists in addresses), [`words`] (numbers and sentences),
//! [`request`] (what the server tells a page).

mod app;
mod components;
pub mod document;
pub mod form;
mod islands;
mod pages;
pub mod query;
pub mod request;
pub mod words;

pub use app::Site;
pub use request::{Assets, ErrorReport, PageRequest, Part, Theme};
