//! What is known of usual identity providers: how each is found, and what goes wrong with it most often.

use crate::domain::ProviderKind;

/// A usual provider.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// In the address, and the name that is offered.
    pub key: &'static str,
    pub title: &'static str,
    pub kind: ProviderKind,
    /// Its address, or one that looks like it.
    pub url: &'static str,
    pub scopes: &'static str,
    pub groups_claim: &'static str,
    /// Where the callback is registered there.
    pub place: &'static str,
    /// What to know before.
    pub trap: &'static str,
}

const USUAL: Preset = Preset {
    key: "oidc",
    title: "OpenID Connect",
    kind: ProviderKind::Oidc,
    url: "https://login.example.com",
    scopes: "openid profile email",
    groups_claim: "groups",
    place: "Register a web application (confidential client, authorization code) there.",
    trap: "The issuer is written as the provider writes itself in its discovery document, to the last slash.",
};

const GITHUB: Preset = Preset {
    key: "github",
    title: "GitHub",
    kind: ProviderKind::Github,
    url: "https://github.com",
    scopes: "read:user user:email read:org",
    groups_claim: "",
    place: "Make an OAuth app in the settings of your organisation, under Developer settings.",
    trap: "An organisation that restricts OAuth apps hides itself and its teams until one of its owners approves this app. Groups are written org or org/team.",
};

/// All of them, in the order of the page.
pub const PRESETS: [Preset; 10] = [
    Preset {
        key: "keycloak",
        title: "Keycloak",
        url: "https://keycloak.example.com/realms/acme",
        place: "In the realm, make a client of type OpenID Connect with client authentication on.",
        trap: "Keycloak sends no groups until you add a mapper: in the client's dedicated scope, add a Group Membership mapper with the claim groups, and turn Full group path off to get plain names.",
        ..USUAL
    },
    Preset {
        key: "entra",
        title: "Entra ID",
        url: "https://login.microsoftonline.com/TENANT-ID/v2.0",
        place: "Under App registrations, register a web application.",
        trap: "Entra sends groups only if the token configuration has a groups claim, and sends their object ids, not their names. Of somebody in more than 200 groups it sends none; let it send groups assigned to the application.",
        ..USUAL
    },
    Preset {
        key: "okta",
        title: "Okta",
        url: "https://acme.okta.com",
        scopes: "openid profile email groups",
        place: "Under Applications, create an app integration: OIDC, web application.",
        trap: "Okta sends groups only if the application's sign-on settings have a groups claim filter, and the scope groups is asked for.",
        ..USUAL
    },
    Preset {
        key: "google",
        title: "Google",
        url: "https://accounts.google.com",
        groups_claim: "",
        place: "In the Cloud console, under Credentials, create an OAuth client id for a web application.",
        trap: "Google tells no groups. Everybody with a Google account can come unless the consent screen is internal to your organisation, so leave open sign-up off and let people in by hand.",
        ..USUAL
    },
    Preset {
        key: "dex",
        title: "Dex",
        url: "https://dex.example.com",
        scopes: "openid profile email groups",
        place: "Add a static client to Dex's configuration.",
        trap: "Dex sends groups only if the scope groups is asked for and the connector behind it knows them.",
        ..USUAL
    },
    Preset {
        key: "authentik",
        title: "Authentik",
        url: "https://authentik.example.com/application/o/portolan/",
        place: "Create a provider of type OAuth2/OpenID with a confidential client, and an application for it.",
        trap: "The issuer ends with a slash, and holds the slug of the application.",
        ..USUAL
    },
    Preset {
        key: "gitlab",
        title: "GitLab",
        url: "https://gitlab.com",
        place: "Under Applications of your group, add one that is confidential, with the scopes openid, profile and email.",
        trap: "GitLab sends the first groups in the id_token and all of them from userinfo; names are full paths such as acme/platform.",
        ..USUAL
    },
    USUAL,
    GITHUB,
    Preset {
        key: "github-enterprise",
        title: "GitHub Enterprise",
        url: "https://github.example.com",
        trap: "The API is looked for at /api/v3 of the same host. An organisation that restricts OAuth apps hides its teams until one of its owners approves this app.",
        ..GITHUB
    },
];

impl Preset {
    /// The one of that key.
    pub fn find(key: &str) -> Option<Self> {
        PRESETS.into_iter().find(|preset| preset.key == key)
    }
}
