//! What a registry shows that nobody has pushed to: the one next step, ready to copy.

use crate::ui::components::copy::CopyButton;
use crate::ui::components::empty::Empty;
use crate::ui::request::PageRequest;
use leptos::either::Either;
use leptos::prelude::*;

/// Three ways to push, or why nothing can be pushed.
#[component]
pub fn FirstPush(request: PageRequest, accepts_push: bool) -> impl IntoView {
    if !accepts_push {
        return Either::Left(view! {
            <Empty icon="globe" title="No repositories here yet".to_owned()>
                <p>"This console reads an existing registry. What is pushed there appears here by itself."</p>
            </Empty>
        });
    }
    let commands = commands(&request.host, request.is_plain_http());
    Either::Right(view! {
        <Empty icon="box" title="Waiting for the first push".to_owned()>
            <p>"Push an image with the client that you have. It appears here the moment it arrives."</p>
            {commands.into_iter().map(|(client, rest)| view! { <Command client rest/> }).collect_view()}
            <p>"Only looking around? "<code>"make demo"</code>" fills this registry with samples."</p>
        </Empty>
    })
}

#[component]
fn Command(client: &'static str, rest: String) -> impl IntoView {
    let label = format!("Copy {client} command");
    view! {
        <div class="code">
            <span class="p" aria-hidden="true">"$"</span>
            <code class="whitespace-pre-wrap" tabindex="0"><span class="k">{client}</span>{format!(" {rest}")}</code>
            <CopyButton text=format!("{client} {rest}") label/>
        </div>
    }
}

/// The same image pushed by three clients. Docker trusts loopback by itself; the others want to be told.
fn commands(host: &str, plain_http: bool) -> [(&'static str, String); 3] {
    let image = format!("{host}/team/hello:1");
    let (podman, skopeo) = if plain_http { ("--tls-verify=false ", "--dest-tls-verify=false ") } else { ("", "") };
    [
        ("docker", format!("tag hello-world {image} && docker push {image}")),
        ("podman", format!("push {podman}hello-world {image}")),
        ("skopeo", format!("copy {skopeo}docker://docker.io/library/hello-world docker://{image}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_the_host() {
        let [docker, podman, skopeo] = commands("127.0.0.1:5000", true);
        assert_eq!(docker.1, "tag hello-world 127.0.0.1:5000/team/hello:1 && docker push 127.0.0.1:5000/team/hello:1");
        assert_eq!(podman.1, "push --tls-verify=false hello-world 127.0.0.1:5000/team/hello:1");
        assert!(skopeo.1.ends_with("docker://127.0.0.1:5000/team/hello:1"));
    }
}
