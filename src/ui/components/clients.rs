//! What clients are told to sign in and to push, and what continuous integration is. How they pull is in `pull_box.rs`.

use super::snippets::Snippet;
use crate::ui::request::PageRequest;

/// Between the steps of a command, each on its own line.
pub const JOINT: &str = " &&\n";

/// A registry, as clients reach it.
#[derive(Clone, Debug)]
pub struct Clients {
    pub host: String,
    /// Who signs in there, where that is known.
    pub username: Option<String>,
    /// Whether it speaks HTTP without TLS: all but docker want to be told.
    pub is_plain: bool,
}

impl Clients {
    /// This registry, for the reader of a page.
    pub fn here(request: &PageRequest) -> Self {
        Self { host: request.host.clone(), username: request.user.clone(), is_plain: request.is_plain_http() }
    }

    /// `flag` with a space before it, where the registry has no TLS.
    fn plain(&self, flag: &str) -> String {
        if self.is_plain { format!(" {flag}") } else { String::new() }
    }

    /// To sign in. Each asks for the password.
    pub fn log_in(&self) -> Vec<Snippet> {
        let user = self.username.as_ref().map(|name| format!(" -u {name}")).unwrap_or_default();
        let (tls, http, host) = (self.plain("--tls-verify=false"), self.plain("--plain-http"), &self.host);
        vec![
            command("docker", format!("docker login{user} {host}")),
            command("podman", format!("podman login{tls}{user} {host}")),
            command("skopeo", format!("skopeo login{tls}{user} {host}")),
            command("buildah", format!("buildah login{tls}{user} {host}")),
            command("helm", format!("helm registry login{http}{user} {host}")),
            command("oras", format!("oras login{http}{user} {host}")),
        ]
    }

    /// To push to a repository of that name there.
    pub fn push(&self, name: &str) -> Vec<Snippet> {
        let (tls, http, host) = (self.plain("--tls-verify=false"), self.plain("--plain-http"), &self.host);
        let (to, image) = (self.plain("--dest-tls-verify=false"), format!("{host}/{name}:1"));
        // A chart lies where its own name leads.
        let (above, chart) =
            name.rsplit_once('/').map_or((String::new(), name), |(above, base)| (format!("/{above}"), base));
        let build = |client: &str| format!("{client} build -t {image} .{JOINT}{client} push");
        let login = format!("docker login {host} -u ROBOT --password-stdin");
        vec![
            command("docker", format!("{} {image}", build("docker"))),
            command("podman", format!("{}{tls} {image}", build("podman"))),
            command("buildah", format!("{}{tls} {image}", build("buildah"))),
            command("skopeo", format!("skopeo copy{to} oci-archive:image.tar docker://{image}")),
            command(
                "helm",
                format!("helm package {chart}{JOINT}helm push{http} {chart}-1.0.0.tgz oci://{host}{above}"),
            ),
            command("oras", format!("oras push{http} {image} FILE")),
            file("GitHub Actions", format!("{}\n{}", github(host, "ROBOT"), github_push(host, name))),
            file("GitLab CI", gitlab(&format!("{host}/{name}"), &login)),
        ]
    }
}

/// What is run.
pub(super) fn command(client: &'static str, text: String) -> Snippet {
    Snippet { client, is_command: true, text }
}

/// What is written to a file.
pub(super) fn file(client: &'static str, text: String) -> Snippet {
    Snippet { client, is_command: false, text }
}

/// Signs a workflow in.
pub(super) fn github(host: &str, username: &str) -> String {
    format!(
        "# the secret as PORTOLAN_TOKEN in the settings of the repository\n- uses: docker/login-action@v3\n  with:\n    registry: {host}\n    username: {username}\n    password: ${{{{ secrets.PORTOLAN_TOKEN }}}}"
    )
}

/// Builds and pushes in it.
fn github_push(host: &str, name: &str) -> String {
    format!(
        "- uses: docker/build-push-action@v6\n  with:\n    push: true\n    tags: {host}/{name}:${{{{ github.sha }}}}"
    )
}

/// Signs a job in, builds and pushes.
pub(super) fn gitlab(image: &str, login: &str) -> String {
    format!(
        "# the secret as masked variable PORTOLAN_TOKEN in the settings of the project\npush:\n  image: docker:28\n  services: [docker:28-dind]\n  script:\n    - echo \"$PORTOLAN_TOKEN\" | {login}\n    - docker build -t {image}:$CI_COMMIT_SHORT_SHA .\n    - docker push {image}:$CI_COMMIT_SHORT_SHA"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(snippets: Vec<Snippet>, client: &str) -> String {
        snippets.into_iter().find(|snippet| snippet.client == client).unwrap().text
    }

    #[test]
    fn each_client_is_told_where_and_whether_there_is_tls() {
        let mut at = Clients { host: "registry.acme.dev".to_owned(), username: None, is_plain: false };
        let (log_in, push) = (at.log_in(), at.push("team/web"));
        assert!(push.len() <= 8, "as many as the style sheet can show");
        for Snippet { client, text, .. } in log_in.iter().chain(&push) {
            assert!(text.contains("registry.acme.dev") && !text.contains("tls-verify"), "{client}: {text}");
        }
        assert_eq!(
            text(push, "docker"),
            "docker build -t registry.acme.dev/team/web:1 . &&\ndocker push registry.acme.dev/team/web:1"
        );
        assert!(text(at.push("team/web"), "helm").ends_with("helm push web-1.0.0.tgz oci://registry.acme.dev/team"));
        assert!(text(at.push("web"), "helm").ends_with("helm push web-1.0.0.tgz oci://registry.acme.dev"));
        (at.is_plain, at.username) = (true, Some("mara".to_owned()));
        assert_eq!(text(at.log_in(), "podman"), "podman login --tls-verify=false -u mara registry.acme.dev");
        assert!(text(at.push("team/web"), "skopeo").contains("copy --dest-tls-verify=false "));
    }
}
