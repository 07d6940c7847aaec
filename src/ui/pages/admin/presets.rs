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

/// What is asked for where the provider can be asked again by it, without more having to be set there.
const LASTING: &str = "openid profile email offline_access";

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
        scopes: LASTING,
        place: "In the realm, make a client of type OpenID Connect with client authentication on.",
        trap: "Keycloak sends no groups until you add a mapper: in the client's dedicated scope, add a Group Membership mapper with the claim groups, and turn Full group path off to get plain names. The scope offline_access lets Portolan ask again while people are away; without it groups change at sign-ins alone.",
        ..USUAL
    },
    Preset {
        key: "entra",
        title: "Entra ID",
        url: "https://login.microsoftonline.com/TENANT-ID/v2.0",
        scopes: LASTING,
        place: "Under App registrations, register a web application.",
        trap: "Entra sends groups only if the token configuration has a groups claim, and sends their object ids, not their names. Of somebody in more than 200 groups it sends none; let it send groups assigned to the application. The scope offline_access lets Portolan ask again while people are away.",
        ..USUAL
    },
    Preset {
        key: "okta",
        title: "Okta",
        url: "https://acme.okta.com",
        scopes: "openid profile email groups",
        place: "Under Applications, create an app integration: OIDC, web application.",
        trap: "Okta sends groups only if the application's sign-on settings have a groups claim filter, and the scope groups is asked for. To have Portolan ask again while people are away, turn the grant type Refresh Token on there and add offline_access to the scopes; without it Okta refuses that scope. Signing out there too needs more than Portolan sends: people do so at Okta.",
        ..USUAL
    },
    Preset {
        key: "google",
        title: "Google",
        url: "https://accounts.google.com",
        groups_claim: "",
        place: "In the Cloud console, under Credentials, create an OAuth client id for a web application.",
        trap: "Google tells no groups, and has no scope offline_access: Portolan does not ask again while people are away. Everybody with a Google account can come unless the consent screen is internal to your organisation, so leave open sign-up off and let people in by hand.",
        ..USUAL
    },
    Preset {
        key: "dex",
        title: "Dex",
        url: "https://dex.example.com",
        scopes: "openid profile email groups offline_access",
        place: "Add a static client to Dex's configuration.",
        trap: "Dex sends groups only if the scope groups is asked for and the connector behind it knows them. Connectors that cannot be asked again give no refresh token, whatever the scope offline_access asks for.",
        ..USUAL
    },
    Preset {
        key: "authentik",
        title: "Authentik",
        url: "https://authentik.example.com/application/o/portolan/",
        scopes: LASTING,
        place: "Create a provider of type OAuth2/OpenID with a confidential client, and an application for it.",
        trap: "The issuer ends with a slash, and holds the slug of the application. Authentik gives a refresh token for the scope offline_access only if the provider's selected scopes have its mapping.",
        ..USUAL
    },
    Preset {
        key: "gitlab",
        title: "GitLab",
        url: "https://gitlab.com",
        place: "Under Applications of your group, add one that is confidential, with the scopes openid, profile and email.",
        trap: "GitLab sends the first groups in the id_token and all of them from userinfo; names are full paths such as acme/platform. It gives refresh tokens without a scope for that, and has no offline_access.",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_preset_says_what_goes_wrong_with_it_most_often() {
        let told = |key: &str, scopes: &str, words: &[&str]| {
            let preset = Preset::find(key).expect("a preset");
            assert_eq!(preset.scopes, scopes, "{key}");
            words.iter().for_each(|words| assert!(preset.trap.contains(words), "{key}: {words}"));
        };
        told("keycloak", LASTING, &["Group Membership mapper", "Full group path off", "offline_access"]);
        told(
            "entra",
            LASTING,
            &["object ids, not their names", "more than 200 groups it sends none", "offline_access"],
        );
        told("okta", "openid profile email groups", &["groups claim filter", "grant type Refresh Token"]);
        told("google", USUAL.scopes, &["tells no groups", "no scope offline_access", "leave open sign-up off"]);
        told("dex", "openid profile email groups offline_access", &["scope groups", "no refresh token"]);
        told("authentik", LASTING, &["ends with a slash", "selected scopes have its mapping"]);
        told("gitlab", USUAL.scopes, &["full paths such as acme/platform", "no offline_access"]);
        told("oidc", USUAL.scopes, &["to the last slash"]);
        told("github", GITHUB.scopes, &["restricts OAuth apps hides itself", "org or org/team"]);
        told("github-enterprise", GITHUB.scopes, &["/api/v3", "approves this app"]);
        assert_eq!(PRESETS.len(), 10, "each of them is told of above");
        assert!(PRESETS.iter().all(|it| it.kind != ProviderKind::Oidc || it.scopes.starts_with("openid ")));
    }
}
