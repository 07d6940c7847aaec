//! A secret that is shown this once, ready for what it is for: one tab for each client. Radios and CSS choose, so that
//! it works without script.

use super::clients::{command, file, github, gitlab};
use super::copy::CopyButton;
use super::snippets::{Snippet, Snippets};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use leptos::prelude::*;

/// What a client signs in with.
#[derive(Clone, Debug)]
pub struct Login {
    pub host: String,
    pub username: String,
    pub secret: String,
    /// Whether the host speaks HTTP without TLS: all but docker want to be told.
    pub is_plain: bool,
}

/// The secret alone, and then in what takes it.
#[component]
pub fn Ready(login: Login, back: String) -> impl IntoView {
    let snippets = login.snippets();
    view! {
        <p class="sm">"Copy this secret now: Portolan keeps only its fingerprint and cannot show it again."</p>
        <div class="code">
            <code tabindex="0">{login.secret.clone()}</code>
            <CopyButton text=login.secret label="Copy secret".to_owned()/>
        </div>
        <Snippets legend="Where to put it" name="ready" snippets/>
        <p><a class="btn btn-sm" href=back>"I have stored it"</a></p>
    }
    .into_any()
}

impl Login {
    fn snippets(&self) -> Vec<Snippet> {
        let Self { host, username, secret, is_plain } = self;
        let name = self.resource();
        let podman = if *is_plain { " --tls-verify=false" } else { "" };
        let login = format!("docker login {host} -u {username} --password-stdin");
        vec![
            command("docker login", format!("echo '{secret}' | {login}")),
            command(
                "podman login",
                format!("echo '{secret}' | podman login{podman} {host} -u {username} --password-stdin"),
            ),
            file("GitHub Actions", github(host, username)),
            file("GitLab CI", gitlab(&format!("{host}/REPOSITORY"), &login)),
            file("Kubernetes", self.kubernetes(&name)),
            command(
                "kubectl",
                format!(
                    "kubectl create secret docker-registry {name} --docker-server={host} --docker-username={username} --docker-password='{secret}'"
                ),
            ),
            file(
                "Docker Swarm",
                format!(
                    "# on a manager, after docker login\ndocker service create --with-registry-auth --name NAME {host}/REPOSITORY:TAG"
                ),
            ),
            file(".env", format!("REGISTRY={host}\nREGISTRY_USERNAME={username}\nREGISTRY_PASSWORD={secret}")),
        ]
    }

    /// A name that Kubernetes takes for it.
    fn resource(&self) -> String {
        format!("portolan-{}", self.username.replace(['_', '.'], "-"))
    }

    fn kubernetes(&self, name: &str) -> String {
        let Self { host, username, secret, .. } = self;
        let auth = STANDARD.encode(format!("{username}:{secret}"));
        let config =
            format!(r#"{{"auths":{{"{host}":{{"username":"{username}","password":"{secret}","auth":"{auth}"}}}}}}"#);
        let data = STANDARD.encode(config);
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\ntype: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: {data}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        let secret = "ptl_r_abc-_".to_owned();
        Login { host: "registry.acme.dev".to_owned(), username: "ci_web.x".to_owned(), secret, is_plain: true }
    }

    fn text(client: &str) -> String {
        login().snippets().into_iter().find(|snippet| snippet.client == client).unwrap().text
    }

    #[test]
    fn every_client_is_told_host_and_name_and_who_keeps_secrets_elsewhere_no_secret() {
        for Snippet { client, text, .. } in login().snippets() {
            let tells = |part: &str| text.contains(part);
            let keeps_it_elsewhere = matches!(client, "GitHub Actions" | "GitLab CI" | "Docker Swarm" | "Kubernetes");
            assert_eq!(tells("ptl_r_"), !keeps_it_elsewhere, "{client}: {text}");
            assert!(tells("registry.acme.dev") || client == "Kubernetes", "{client}: {text}");
        }
        assert_eq!(
            text("docker login"),
            "echo 'ptl_r_abc-_' | docker login registry.acme.dev -u ci_web.x --password-stdin"
        );
        assert!(text("podman login").contains("podman login --tls-verify=false registry.acme.dev -u ci_web.x"));
        assert!(text("GitLab CI").contains("\n  script:\n"), "a job without a script is refused");
        assert!(text("GitHub Actions").ends_with("password: ${{ secrets.PORTOLAN_TOKEN }}"));
    }

    #[test]
    fn the_secret_of_kubernetes_decodes_to_host_and_robot() {
        let yaml = text("Kubernetes");
        assert!(yaml.contains("name: portolan-ci-web-x\n") && yaml.contains("type: kubernetes.io/dockerconfigjson\n"));
        let data = yaml.lines().last().unwrap().trim().strip_prefix(".dockerconfigjson: ").unwrap();
        let config: serde_json::Value = serde_json::from_slice(&STANDARD.decode(data).unwrap()).unwrap();
        let entry = &config["auths"]["registry.acme.dev"];
        let auth = STANDARD.decode(entry["auth"].as_str().unwrap()).unwrap();
        assert_eq!(auth, b"ci_web.x:ptl_r_abc-_");
        assert_eq!((entry["username"].as_str(), entry["password"].as_str()), (Some("ci_web.x"), Some("ptl_r_abc-_")));
    }
}
