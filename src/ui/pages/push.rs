//! `/r/{repo}/-/push`: how to push to a repository, ready to copy, and what came of it.

pub mod ask;

use super::help::Tokens;
use super::load::{PageTitle, load};
use crate::api::repositories::show_push;
use crate::domain::view::PushView;
use crate::domain::{Address, Namespace, RepositoryName, Tag};
use crate::ui::components::clients::Clients;
use crate::ui::components::crumbs::Crumbs;
use crate::ui::components::part::{Part, Stands};
use crate::ui::components::snippets::Snippets;
use crate::ui::islands::live::LiveScope;
use crate::ui::request::{PageRequest, Part as PagePart};
use leptos::prelude::*;

/// The page.
#[component]
pub fn Push(name: RepositoryName) -> impl IntoView {
    load(show_push(name), |view| {
        let request = PageRequest::current();
        match request.part {
            Some(PagePart::Rows | PagePart::Results) => view! { <Arrived view=&view/> }.into_any(),
            Some(PagePart::Dialog) | None => view! { <Whole view request/> }.into_any(),
        }
    })
}

#[component]
fn Whole(view: PushView, request: PageRequest) -> impl IntoView {
    let name = view.repository.clone();
    let title = format!("Push to {name}");
    let sub = match (view.is_elsewhere, view.is_there) {
        (true, _) => format!("{} keeps it, and takes what is pushed to it.", view.host),
        (false, true) => "Whoever may push here signs in once and sends an image under a tag.".to_owned(),
        (false, false) => "There is no such repository yet. The first push makes it.".to_owned(),
    };
    let here = Clients::here(&request);
    let clients = match view.is_elsewhere {
        true => Clients { host: view.host.clone(), username: None, is_plain: view.is_plain },
        false => here,
    };
    view! {
        <PageTitle text=title.clone()/>
        <Crumbs repository=name.clone() inside=view.is_there/>
        <div class="head">
            <div class="grow"><h1>{title}</h1><p class="head-sub">{sub}</p></div>
            <LiveScope scope=format!("repository:{name}") since=request.now nouns=("tag", "tags")/>
        </div>
        <Arrived view=&view/>
        <Lines view clients request/>
    }
    .into_any()
}

/// What to run.
#[component]
fn Lines(view: PushView, clients: Clients, request: PageRequest) -> impl IntoView {
    let tokens = (request.user.is_some() && !view.is_elsewhere).then(|| view! { <Tokens/> });
    let robots = view.robots.clone().map(|namespace| view! { <Robots namespace/> });
    let push = clients.push(&view.name);
    view! {
        <div class="parts">
            <Part id="sign-in" title="Sign in" words="Once for each client and machine. The client asks for a password, or takes a token in its place.">
                <Snippets legend="Commands to sign in" name="log-in" snippets=clients.log_in()/>
                {tokens}
            </Part>
            <Part id="push" title="Push" words="1 is the tag, the name by which the image is pulled: choose another one. In continuous integration a robot signs in; its name stands where ROBOT does.">
                <Snippets legend="Commands to push" name="push" snippets=push/>
                {robots}
            </Part>
        </div>
    }
}

/// Where robots are made.
#[component]
fn Robots(namespace: Namespace) -> impl IntoView {
    let words = format!("Make a robot of {namespace}");
    view! { <p class="sm"><a href=Address::Robots(namespace).to_string()>{words}</a>" that pushes without anybody's password."</p> }
}

/// What is there by now.
#[component]
fn Arrived<'a>(view: &'a PushView) -> impl IntoView + use<> {
    let (title, words) = match view.is_elsewhere {
        false => ("Waiting for the first push", "It is seen here the moment it arrives."),
        true => ("No tag was read here yet", "What is pushed there is seen here once it is read."),
    };
    let state = match view.newest.clone() {
        Some(tag) => view! { <Newest name=view.repository.clone() tag/> }.into_any(),
        None => view! { <Stands tone="" title=title.into_any() words>""</Stands> }.into_any(),
    };
    view! { <div data-live="arrived">{state}</div> }.into_any()
}

#[component]
fn Newest(name: RepositoryName, tag: Tag) -> impl IntoView {
    let link = view! { <a href=Address::Tag(name.clone(), tag.clone()).to_string()>{tag.to_string()}</a> };
    let list = Address::Repository(name).to_string();
    let title = view! { <span data-row="">{link}" is here"</span> }.into_any();
    view! {
        <Stands tone="good" title words="It was pushed last.">
            <a class="btn" href=list>"See all tags"</a>
        </Stands>
    }
}
