//! Media types of the field, and what they say to a person.

/// OCI image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// OCI image index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker image manifest, version 2 schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// OCI image configuration.
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// Two bytes, `{}`, that stand where an artifact has nothing to say (OCI image specification, "Guidance
/// for an Empty Descriptor").
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// Docker image configuration.
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// What a client that understands everything sends as `Accept` for manifests. Some registries
/// convert or hide a manifest whose type the client does not name.
pub const ACCEPT_MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json, */*;q=0.1";

/// Whether a manifest of this type lists other manifests.
pub fn is_index(media_type: &str) -> bool {
    matches!(media_type, OCI_INDEX | DOCKER_LIST)
}

/// Whether this is one of the types that a manifest can have.
pub fn is_manifest(media_type: &str) -> bool {
    is_index(media_type) || matches!(media_type, OCI_MANIFEST | DOCKER_MANIFEST)
}

/// Whether a configuration of this type describes something to run.
pub fn is_image_config(media_type: &str) -> bool {
    matches!(media_type, OCI_CONFIG | DOCKER_CONFIG)
}

/// The longest that a media type can be (RFC 6838, section 4.2: 127 characters on either side of the slash).
pub const MAX_BYTES: usize = 255;

/// Whether a layer of this type may be handed out by its owner alone (OCI image specification, "Non-Distributable
/// Layers"; Docker image manifest, version 2 schema 2).
pub fn is_foreign_layer(media_type: &str) -> bool {
    media_type.starts_with("application/vnd.oci.image.layer.nondistributable.v1.tar")
        || media_type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
}

/// Whether any version of Portolan took a layer of this type without having it: then that it is named never says that
/// it was pushed.
pub fn was_ever_foreign(media_type: &str) -> bool {
    media_type.contains(".nondistributable.") || media_type.contains(".foreign.")
}

/// Whether a layer of this type is no part of a file system but an SBOM, a signature or an attestation.
pub fn is_statement(media_type: &str) -> bool {
    matches!(
        media_type,
        "application/spdx+json"
            | "text/spdx+json"
            | "text/spdx"
            | "application/vnd.cyclonedx+json"
            | "application/vnd.syft+json"
            | "application/vnd.in-toto+json"
            | "application/vnd.dsse.envelope.v1+json"
    ) || SIGNATURES.contains(&media_type)
        || media_type.starts_with(SIGSTORE_BUNDLE)
}

/// What signatures are, but for [`SIGSTORE_BUNDLE`].
pub const SIGNATURES: [&str; 3] = [
    "application/vnd.dev.cosign.simplesigning.v1+json",
    "application/vnd.dev.cosign.artifact.sig.v1+json",
    "application/vnd.cncf.notary.signature",
];

/// What the type of a signature with what proves it begins with; its version follows.
pub const SIGSTORE_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// What an artifact of this type is called on screen, for the types that people meet.
pub fn artifact_words(artifact_type: &str) -> &str {
    match artifact_type {
        "application/vnd.cncf.helm.config.v1+json" => "Helm chart",
        "application/spdx+json" | "text/spdx+json" | "text/spdx" => "SBOM (SPDX)",
        "application/vnd.cyclonedx+json" => "SBOM (CycloneDX)",
        "application/vnd.syft+json" => "SBOM (Syft)",
        "application/vnd.in-toto+json" => "Attestation (in-toto)",
        "application/vnd.dsse.envelope.v1+json" => "Attestation (DSSE)",
        "application/vnd.dev.cosign.simplesigning.v1+json" | "application/vnd.dev.cosign.artifact.sig.v1+json" => {
            "Signature (cosign)"
        }
        "application/vnd.cncf.notary.signature" => "Signature (notation)",
        "application/vnd.buildkit.cacheconfig.v0" => "Build cache",
        "application/vnd.wasm.config.v0+json" => "WebAssembly module",
        other if other.starts_with(SIGSTORE_BUNDLE) => "Signature (sigstore)",
        other => other,
    }
}
