//! What a registry shows that nobody has pushed to: the one next step, ready to copy.

use crate::domain::{Address, Permission, RepositoryName, Scope};
use crate::ui::components::clients::JOINT;
use crate::ui::components::copy::CopyButton;
use crate::ui::components::empty::Empty;
use crate::ui::request::PageRequest;
use leptos::prelude::*;

/// Three ways to push, or why nothing can be pushed.
#[component]
pub fn FirstPush(request: PageRequest, accepts_push: bool) -> impl IntoView {
    if !accepts_push {
        return view! {
            <Empty icon="globe" title="No repositories here yet".to_owned()>
                <p>"This console reads an existing registry. What is pushed there appears here by itself."</p>
            </Empty>
        }
        .into_any();
    }
    let commands = commands(&format!("{}/team/hello:1", request.host), request.is_plain_http());
    let demo = format!("PORTOLAN_USER=you:password make demo URL={}", request.public_url);
    let insecure = if request.is_plain_http() { "--tls-verify=false " } else { "" };
    view! {
        <Empty icon="box" title="Waiting for the first push".to_owned()>
            <p>
                "Push an image with the client that you have. It appears here the moment it arrives. The client signs in first, once: "
                <code>{format!("docker login {}", request.host)}</code>" or "
                <code>{format!("podman login {insecure}{}", request.host)}</code>
            </p>
            {commands.into_iter().map(|(client, steps)| view! { <Command client steps/> }).collect_view()}
            <Next request/>
            <p>"Only looking around? "<code>{demo}</code>", where Portolan was built, fills this registry with samples."</p>
        </Empty>
    }
    .into_any()
}

/// What else somebody who runs a new registry does, as far as it is theirs to do.
#[component]
fn Next(request: PageRequest) -> impl IntoView {
    let steps = [
        (Permission::SystemConfigure, Address::Providers, "Connect a sign-in provider"),
        (Permission::UserManage, Address::Users, "Invite people"),
        (Permission::GrantManage, Address::Access(Scope::Everything), "Give access"),
        (Permission::MountManage, Address::Mounts, "Mount a registry that you have"),
    ];
    let held: Vec<_> = steps.into_iter().filter(|(needs, ..)| request.holds(*needs)).collect();
    (!held.is_empty()).then(|| {
        let links = held
            .into_iter()
            .map(|(_, to, words)| view! { <li><a class="btn btn-sm" href=to.to_string()>{words}</a></li> });
        view! { <ul class="row wrap justify-center" aria-label="What comes next">{links.collect_view()}</ul> }
    })
}

/// What an empty repository shows: the same, for its name.
#[component]
pub fn PushTo(name: RepositoryName) -> impl IntoView {
    let request = PageRequest::current();
    let commands = commands(&format!("{}/{name}:1", request.host), request.is_plain_http());
    view! {
        <Empty icon="tag" title="No tags".to_owned()>
            <p>"No name points to an image here now. A push with a tag gives it one; whoever may push runs, after signing in there:"</p>
            {commands.into_iter().map(|(client, steps)| view! { <Command client steps/> }).collect_view()}
        </Empty>
    }
    .into_any()
}

/// For somebody to whom nothing was granted yet: what there is, is not theirs to know.
#[component]
pub fn NothingToSee() -> impl IntoView {
    view! {
        <Empty icon="lock" title="No repositories that you can see".to_owned()>
            <p>"You see a repository once somebody gives you access to it. Ask whoever runs this registry."</p>
        </Empty>
    }
}

#[component]
fn Command(client: &'static str, steps: Vec<String>) -> impl IntoView {
    let label = format!("Copy {client} command");
    let text = steps.iter().map(|step| format!("{client} {step}")).collect::<Vec<_>>().join(JOINT);
    let lines = steps.into_iter().enumerate().map(|(index, step)| {
        let joint = (index > 0).then_some(JOINT);
        view! { {joint}<span class="k">{client}</span>{format!(" {step}")} }
    });
    view! {
        <div class="code">
            <span class="p" aria-hidden="true">"$"</span>
            <code class="whitespace-pre-wrap" tabindex="0">{lines.collect_view()}</code>
            <CopyButton text label/>
        </div>
    }
}

/// The same image pushed by three clients. Docker trusts loopback by itself; the others want to be told.
fn commands(image: &str, plain_http: bool) -> [(&'static str, Vec<String>); 3] {
    let (podman, skopeo) = if plain_http { ("--tls-verify=false ", "--dest-tls-verify=false ") } else { ("", "") };
    [
        ("docker", vec!["pull hello-world".to_owned(), format!("tag hello-world {image}"), format!("push {image}")]),
        ("podman", vec!["pull docker.io/library/hello-world".to_owned(), format!("push {podman}hello-world {image}")]),
        ("skopeo", vec![format!("copy {skopeo}docker://docker.io/library/hello-world docker://{image}")]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_the_host() {
        let [docker, podman, skopeo] = commands("127.0.0.1:5000/team/hello:1", true);
        assert_eq!(docker.1[1..], ["tag hello-world 127.0.0.1:5000/team/hello:1", "push 127.0.0.1:5000/team/hello:1"]);
        assert_eq!(podman.1[1..], ["push --tls-verify=false hello-world 127.0.0.1:5000/team/hello:1"]);
        assert!(skopeo.1[0].ends_with("docker://127.0.0.1:5000/team/hello:1"));
    }
}
