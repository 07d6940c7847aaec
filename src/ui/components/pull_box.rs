//! The pull command, one tab for each client. Radios and CSS choose, so that it works without script.

use super::copy::CopyButton;
use crate::domain::RepositoryName;
use crate::domain::manifest::Kind;
use crate::domain::media_type::artifact_words;
use leptos::prelude::*;

/// The `id` of the box of a page.
pub const PULL_BOX: &str = "pull";

/// What is pulled, and from where.
#[derive(Clone, Debug)]
pub struct Pull {
    pub host: String,
    /// The name at that host.
    pub name: String,
    /// `:1.4.2` or `@sha256:…`.
    pub suffix: String,
    pub kind: Kind,
    pub artifact: Option<String>,
    /// Podman and its kin refuse plain HTTP unless told.
    pub plain_http: bool,
}

/// One client's line; `verb` is set off in colour.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    client: &'static str,
    is_command: bool,
    verb: &'static str,
    rest: String,
}

/// The box with a line for each client that can use the image.
#[component]
pub fn PullBox(pull: Pull, repository: RepositoryName) -> impl IntoView {
    let lines = pull.lines();
    let tabs = lines.iter().enumerate().map(|(index, line)| view! { <Tab client=line.client checked=index == 0/> });
    let tabs = tabs.collect_view();
    let codes = lines.into_iter().map(|line| view! { <Code line/> }).collect_view();
    view! {
        <div class="tablewrap" id=PULL_BOX>
            <fieldset class="snip">
                <legend class="vh">{format!("Commands to pull {repository}")}</legend>
                <div class="snip-tabs">{tabs}</div>
                {codes}
            </fieldset>
        </div>
    }
    .into_any()
}

#[component]
fn Tab(client: &'static str, checked: bool) -> impl IntoView {
    view! { <label>{client}<input type="radio" name="client" value=client checked=checked/></label> }
}

#[component]
fn Code(line: Line) -> impl IntoView {
    let Line { client, is_command, verb, rest } = line;
    let label = format!("Copy {client} {}", if is_command { "command" } else { "line" });
    view! {
        <div class="code">
            {is_command.then(|| view! { <span class="p" aria-hidden="true">"$"</span> })}
            <code tabindex="0"><span class="k">{verb}</span>{format!(" {rest}")}</code>
            <CopyButton text=format!("{verb} {rest}") label/>
        </div>
    }
}

impl Pull {
    /// The place of a tag in what many rows share: no tag has such signs.
    pub const ANY: &str = ":{}";

    /// What each client is told, a line for each.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self.lines().into_iter().map(|line| format!("{} {}", line.verb, line.rest)).collect();
        lines.join("\n")
    }

    fn lines(&self) -> Vec<Line> {
        let Self { host, name, suffix, .. } = self;
        let image = format!("{host}/{name}{suffix}");
        if self.kind == Kind::Artifact {
            return self.artifact_lines(&image);
        }
        let base = name.rsplit('/').next().unwrap_or(name);
        let insecure = if self.plain_http { "--tls-verify=false " } else { "" };
        vec![
            Line { client: "docker", is_command: true, verb: "docker", rest: format!("pull {image}") },
            Line { client: "podman", is_command: true, verb: "podman", rest: format!("pull {insecure}{image}") },
            Line {
                client: "kubectl",
                is_command: true,
                verb: "kubectl",
                rest: format!("set image deployment/{base} {base}={image}"),
            },
            Line { client: "compose", is_command: false, verb: "image:", rest: image },
        ]
    }

    fn artifact_lines(&self, image: &str) -> Vec<Line> {
        let insecure = if self.plain_http { "--plain-http " } else { "" };
        let oras = Line { client: "oras", is_command: true, verb: "oras", rest: format!("pull {insecure}{image}") };
        let is_chart = self.artifact.as_deref().map(artifact_words) == Some("Helm chart");
        let chart = self.suffix.strip_prefix(':').filter(|_| is_chart).map(|version| Line {
            client: "helm",
            is_command: true,
            verb: "helm",
            rest: format!("pull {insecure}oci://{}/{} --version {}", self.host, self.name, version.replace('_', "+")),
        });
        chart.into_iter().chain([oras]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pull(kind: Kind, artifact: Option<&str>) -> Pull {
        Pull {
            host: "registry.acme.dev".to_owned(),
            name: "team/web".to_owned(),
            suffix: ":1.4.2".to_owned(),
            kind,
            artifact: artifact.map(str::to_owned),
            plain_http: false,
        }
    }

    fn texts(pull: &Pull) -> Vec<String> {
        pull.text().lines().map(str::to_owned).collect()
    }

    #[test]
    fn an_image_is_pulled_by_every_client() {
        assert_eq!(
            texts(&pull(Kind::Index, None)),
            [
                "docker pull registry.acme.dev/team/web:1.4.2",
                "podman pull registry.acme.dev/team/web:1.4.2",
                "kubectl set image deployment/web web=registry.acme.dev/team/web:1.4.2",
                "image: registry.acme.dev/team/web:1.4.2",
            ]
        );
    }

    #[test]
    fn a_chart_is_pulled_by_helm() {
        let chart = pull(Kind::Artifact, Some("application/vnd.cncf.helm.config.v1+json"));
        assert_eq!(texts(&chart)[0], "helm pull oci://registry.acme.dev/team/web --version 1.4.2");
        assert_eq!(texts(&pull(Kind::Artifact, None)), ["oras pull registry.acme.dev/team/web:1.4.2"]);
    }

    #[test]
    fn plain_http_is_said_to_clients_that_ask() {
        let pull = Pull { plain_http: true, ..pull(Kind::Image, None) };
        assert_eq!(texts(&pull)[1], "podman pull --tls-verify=false registry.acme.dev/team/web:1.4.2");
    }
}
