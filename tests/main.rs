//! The integration tests: one binary, because each further one is another link.
//!
//! In process: `architecture`, `conformance` (one suite per trait, every implementation),
//! `distribution` and `pages` (HTTP), `identity` (who comes in), `crawl` (a large registry far away), `fuzz` (the parsers),
//! `policy` (who may do what), `surface` (every route), `rebuild` (what the catalog derives), `leftovers` (what is swept),
//! `collect` (what is freed), `copies` (between registries), `jobs` (long work that people see), `lists` (very long ones),
//! `pulls` (how they are counted), `search` (what a text finds), `tags` (names, what a delete takes, and what brings it back).
//! `collect` (what is freed), `insight` (what is in layers), `copies` (between registries), `jobs` (long work that people see), `lists` (very long ones),
//! `pulls` (how they are counted), `tags` (names, what a delete takes, and what brings it back).
//! With the built binary: `start`, `streams` (bytes that come slowly or not at all), `durability` (kills, power cuts,
//! a full disk, bad clients), `backup`, `migration` (data folders of earlier versions), `proxy` (behind nginx). With real
//! counterparts: `clients` (skopeo, podman, crane, …), `official` (the OCI conformance suite), `recorded` (what daemons send) and
//! `remote` (registries elsewhere: CNCF distribution, zot, and one in memory).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod architecture;
mod backup;
mod clients;
mod collect;
mod conformance;
mod copies;
mod crawl;
mod distribution;
mod durability;
mod fuzz;
mod identity;
mod insight;
mod jobs;
mod leftovers;
mod lists;
mod migration;
mod official;
mod pages;
mod policy;
mod proxy;
mod pulls;
mod rebuild;
mod recorded;
mod remote;
mod search;
mod start;
mod streams;
mod support;
mod surface;
mod tags;
