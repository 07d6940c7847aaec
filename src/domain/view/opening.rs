//! What is shown before something becomes public.

use crate::domain::RepositoryName;
use serde::{Deserialize, Serialize};

/// What becomes readable by anybody, signed in or not, that is not so by now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    pub n: u64,
    /// The first of them by name.
    pub first: Vec<RepositoryName>,
}
