//! Hostile and clumsy upstreams, each a small server on a free port of this machine.

mod answers;
mod blob_reads;
mod listing;
mod redirects;
mod sign_in;
mod upstream;
