//! What an image is, where it is no ordinary one.

use crate::domain::manifest::Kind;
use crate::domain::media_type::artifact_words;
use crate::ui::words::{MAX_NAME_CHARS, inert};

/// `Helm chart`, `Multi-platform image`: the kind in words.
pub fn kind_words(kind: Kind, artifact: Option<&str>) -> String {
    match (kind, artifact) {
        (Kind::Image, _) => "Image".to_owned(),
        (Kind::Index, None) => "Multi-platform image".to_owned(),
        (Kind::Index, Some(artifact)) => format!("Index, {}", type_words(artifact)),
        (Kind::Artifact, None) => "Artifact".to_owned(),
        (Kind::Artifact, Some(artifact)) => type_words(artifact),
    }
}

/// `Helm chart`, or the type itself where nobody has words for it.
pub fn type_words(artifact_type: &str) -> String {
    inert(artifact_words(artifact_type), MAX_NAME_CHARS)
}

/// What sentences about it call it.
pub fn kind_noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Image | Kind::Index => "image",
        Kind::Artifact => "artifact",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_said_in_words() {
        assert_eq!(kind_words(Kind::Artifact, Some("application/vnd.cncf.helm.config.v1+json")), "Helm chart");
        assert_eq!(kind_words(Kind::Artifact, None), "Artifact");
        assert_eq!(kind_words(Kind::Index, None), "Multi-platform image");
    }
}
