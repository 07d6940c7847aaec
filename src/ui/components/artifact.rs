//! What an image is, where it is no ordinary one.

use crate::domain::manifest::Kind;
use crate::domain::media_type::artifact_words;

/// `Helm chart`, `Multi-platform image`: the kind in words.
pub fn kind_words(kind: Kind, artifact: Option<&str>) -> String {
    match (kind, artifact) {
        (Kind::Image, _) => "Image".to_owned(),
        (Kind::Index, None) => "Multi-platform image".to_owned(),
        (Kind::Index, Some(artifact)) => format!("Index, {}", artifact_words(artifact)),
        (Kind::Artifact, artifact) => artifact.map_or("Artifact", artifact_words).to_owned(),
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
