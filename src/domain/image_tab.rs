//! The tabs of an image's page, by the words that stand in its address.

use serde::{Deserialize, Serialize};

/// A tab of an image's page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageTab {
    /// What it is made of and how it is called; its address has no word.
    #[default]
    Overview,
    /// What is in its layers.
    Files,
    Config,
    /// What others say about it: signatures, SBOMs, attestations.
    Attestations,
    Manifest,
}

impl ImageTab {
    /// All of them, in the order in which they stand.
    pub const ALL: [Self; 5] = [Self::Overview, Self::Files, Self::Config, Self::Attestations, Self::Manifest];

    /// The word in the address: `?tab=config` of a tag, `/config` of a digest.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Files => "files",
            Self::Config => "config",
            Self::Attestations => "attestations",
            Self::Manifest => "manifest",
        }
    }

    /// What a person reads on it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Files => "Files",
            Self::Config => "Config",
            Self::Attestations => "Attestations",
            Self::Manifest => "Manifest",
        }
    }

    /// The tab of a word; the first has none.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().skip(1).find(|tab| tab.word() == word)
    }
}
