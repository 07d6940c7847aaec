//! The integration tests: one binary, because each further one is another link.
//!
//! In process: `architecture`, `conformance` (one suite per trait, every implementation),
//! `distribution` and `pages` (HTTP), `crawl` (a large registry far away), `fuzz` (the parsers), `policy` (who may
//! do what), `surface` (every route).
//! With the built binary: `start`, `streams` (bytes that come slowly or not at all). With real counterparts:
//! `clients` (skopeo, buildah), `official` (the OCI conformance suite) and `remote` (CNCF distribution).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod architecture;
mod clients;
mod conformance;
mod crawl;
mod distribution;
mod fuzz;
mod official;
mod pages;
mod policy;
mod remote;
mod start;
mod streams;
mod support;
mod surface;
