//! The top of an image's page: its names, its digest, when it came, and its platforms.

use crate::domain::manifest::Kind;
use crate::domain::view::image_tabs::ImageQuery;
use crate::domain::view::{ChildRow, ImageView, Subject};
use crate::domain::{Actor, Address, Digest, Protection, Reference, RepositoryName, Tag, Timestamp};
use crate::ui::components::artifact::{kind_noun, kind_words};
use crate::ui::components::copy::CopyButton;
use crate::ui::components::digest::{DigestLink, DigestText};
use crate::ui::components::icon::Icon;
use crate::ui::components::mark::Mark;
use crate::ui::components::missing::Missing;
use crate::ui::components::name::Breakable;
use crate::ui::components::protected::{Protected, words};
use crate::ui::components::time::When;
use crate::ui::query::address;
use crate::ui::words::{counted, sentence};
use leptos::either::Either;
use leptos::prelude::*;

/// `team/web:1.4.2`, its other names, its digest.
#[component]
pub fn Heading<'a>(view: &'a ImageView, now: Timestamp) -> impl IntoView + use<> {
    let missing = view.missing_since.map(|at| view! { <Missing at now/> });
    view! {
        <div class="head">
            <div class="grow">
                <div class="head-title"><Name view/>{missing}{rule(view).map(|rule| view! { <Protected rule/> })}<Siblings view/></div>
                <p class="head-sub row-1 wrap">
                    <span class="digest"><Mark digest=&view.digest/><span>{view.digest.to_string()}</span></span>
                    <CopyButton text=view.digest.to_string() label="Copy full digest".to_owned()/>
                    <Named view/>
                </p>
            </div>
            <More view/>
        </div>
    }
    .into_any()
}

/// What can be done with it, by who may; what is done rarely, or takes something away, is behind *More*.
#[component]
fn More<'a>(view: &'a ImageView) -> impl IntoView + use<> {
    let reached = view.tag.as_ref().map_or_else(|| view.digest.to_string(), Tag::to_string);
    let compare = address(&Address::Compare(view.repository.clone(), None).to_string(), &[("to", &reached)]);
    let named = view.tag.as_ref().or(view.tags.first()).filter(|_| view.may_copy);
    let copy = named.map(|tag| {
        let href = address(&Address::Copy(view.repository.clone()).to_string(), &[("tag", tag.as_str())]);
        view! { <a class="btn btn-primary" href=href><Icon name="up" class="i i-sm"/>"Copy or promote…"</a> }
    });
    let acts = acts(view);
    let more = (!acts.is_empty()).then(|| {
        view! {
            <details class="drop">
                <summary class="btn">"More"<Icon name="down" class="i i-sm"/></summary>
                <nav class="menu" aria-label="More to do">{acts}</nav>
            </details>
        }
    });
    view! {
        <div class="head-actions row">
            <a class="btn" href=compare><Icon name="compare" class="i i-sm"/>"Compare…"</a>
            {copy}{more}
        </div>
    }
    .into_any()
}

/// What is done to its names, then what takes something away: each opens its form.
fn acts(view: &ImageView) -> Vec<AnyView> {
    let repository = || view.repository.clone();
    let act = |is_open: bool, href: Option<String>, class: &'static str, icon: &'static str, words: &'static str| {
        let href = href.filter(|_| is_open)?;
        Some(view! { <a class=class href=href data-dialog=""><Icon name=icon/>{words}</a> }.into_any())
    };
    let of_tag = |to: fn(RepositoryName, Tag) -> Address| {
        let tag = view.tag.clone()?;
        Some(to(repository(), tag).to_string())
    };
    let of_image = |to: fn(RepositoryName, Digest) -> Address| to(repository(), view.digest.clone()).to_string();
    // By which of its tags somebody came to it, so that this one alone can be offered instead.
    let by: Vec<(&str, &str)> = view.tag.iter().map(|tag| ("tag", tag.as_str())).collect();
    let delete = address(&of_image(Address::DeleteImage), &by);
    let whole = if view.tags.is_empty() { "Delete image…" } else { "Delete image and its tags…" };
    let acts = [
        act(view.may_name, Some(of_image(Address::AddTag)), "", "plus", "Retag…"),
        act(view.may.rename, of_tag(Address::RenameTag), "", "pencil", "Rename…"),
        act(view.may.roll_back, of_tag(Address::RollBack), "", "undo", "Roll back…"),
        act(view.may_delete_tag, of_tag(Address::DeleteTag), "bad", "tag", "Delete tag…"),
        act(view.may_delete, Some(delete), "bad", "trash", whole),
    ];
    acts.into_iter().flatten().collect()
}

/// The rule that binds the tag in the address.
fn rule(view: &ImageView) -> Option<&Protection> {
    view.tag.as_ref().and_then(|tag| Protection::of_tag(&view.rules, tag))
}

/// How many tags name it. A part of an index and what is about another image need none.
#[component]
fn Named<'a>(view: &'a ImageView) -> impl IntoView + use<> {
    let noun = kind_noun(view.kind);
    let words = match (view.tags.len() as u64 + view.tags_more, view.parents.first()) {
        (0, Some(parent)) => {
            let parent = view! { <DigestLink repository=&view.repository digest=parent/> };
            return view! { <span class="row-1 wrap subtle">"Part of "{parent}</span> }.into_any();
        }
        (0, None) if view.subject.is_some() => return ().into_any(),
        (0, None) => format!("No tag names this {noun}"),
        (1, _) => format!("1 tag names this {noun}"),
        (count, _) => format!("{} name this {noun}", counted(count, "tag", "tags")),
    };
    view! { <span class="subtle">{words}</span> }.into_any()
}

#[component]
fn Name<'a>(view: &'a ImageView) -> impl IntoView + use<> {
    let (joint, own) = match &view.tag {
        Some(tag) => (':', tag.to_string()),
        None => ('@', view.digest.short().to_owned()),
    };
    let repository = format!("{}{joint}", view.repository);
    view! { <h1><span class="dim"><Breakable text=repository/></span>{own}</h1> }
}

/// The other tags on the same image.
#[component]
fn Siblings<'a>(view: &'a ImageView) -> impl IntoView + use<> {
    let others = view.tags.iter().filter(|tag| Some(*tag) != view.tag.as_ref());
    let chip = |tag: &Tag| {
        let href = Address::Tag(view.repository.clone(), tag.clone()).to_string();
        let locked = Protection::of_tag(&view.rules, tag).map(|rule| {
            let hidden = format!("{}: ", rule.guard.title());
            view! { <Icon name="lock" class="i i-sm"/><span class="vh">{hidden}</span> }
        });
        view! { <a class="tagchip" href=href>{locked}{tag.to_string()}</a> }
    };
    let more =
        (view.tags_more > 0).then(|| view! { <span class="xs subtle">{format!("and {} more", view.tags_more)}</span> });
    view! { {others.map(chip).collect_view()}{more} }
}

/// What it is, what it is about, when it came and was built.
#[component]
pub fn Facts<'a>(view: &'a ImageView, now: Timestamp) -> impl IntoView + use<> {
    let pushed = view.pushed.map(|at| {
        let by = view.pushed_by.as_ref().and_then(Actor::name).map(|by| view! { " by "<b>{by.to_owned()}</b> });
        // A registry elsewhere does not say when something came to it.
        let came = if by.is_none() && view.notice.is_some() { "First seen " } else { "Pushed " };
        view! { <span>{came}<When at now/>{by}</span> }
    });
    let built = view.shown.as_ref().map(|shown| match shown.built {
        Some(at) => view! { <span>"Built "<When at now/></span> }.into_any(),
        None => view! { <span>"Build time not stated"</span> }.into_any(),
    });
    let bound = rule(view).map(|rule| {
        let tag = view.tag.as_ref().map(ToString::to_string).unwrap_or_default();
        let link = view.rule_at.clone().map(|href| view! { " "<a href=href>"See the rule"</a> });
        view! { <span>{sentence(&words(rule, &tag))}{link}</span> }
    });
    let about = view.subject.as_ref().map(|subject| view! { <About repository=&view.repository subject/> });
    view! {
        <div class="facts">
            <span><b>{kind_words(view.kind, view.artifact.as_deref())}</b></span>
            {about}
            {pushed}
            {(view.kind != Kind::Artifact).then_some(built)}
            {bound}
        </div>
    }
    .into_any()
}

/// The manifest that this one is about, whether or not the repository has it.
#[component]
fn About<'a>(repository: &'a RepositoryName, subject: &'a Subject) -> impl IntoView + use<> {
    let digest = &subject.digest;
    let subject = if subject.present {
        Either::Left(view! { <DigestLink repository digest/> })
    } else {
        Either::Right(view! { <DigestText digest/><span class="badge">"Not in this repository"</span> })
    };
    view! { <span class="row-1 wrap">"About "{subject}</span> }
}

/// All platforms of an index, or one of them; each has an address.
#[component]
pub fn PlatformSwitch<'a>(
    view: &'a ImageView,
    reference: &'a Reference,
    query: &'a ImageQuery,
) -> impl IntoView + use<> {
    let chosen = query.platform.as_deref();
    let on = |platform: Option<&str>| {
        let query = ImageQuery { tab: query.tab, platform: platform.map(str::to_owned), ..ImageQuery::default() };
        query.print(&view.repository, reference)
    };
    let platforms: Vec<&ChildRow> = view.children.iter().filter(|child| !child.attestation && child.present).collect();
    let link = |child: &&ChildRow| {
        let href = on(Some(child.platform.as_str()));
        let is_shown = view.shown.as_ref().is_some_and(|shown| shown.digest == child.digest);
        let current = (chosen.is_some() && is_shown).then_some("true"); // Also where its variant was left out.
        view! {
            <a href=href aria-current=current>{child.platform.clone()} <span class="n">{child.size.to_string()}</span></a>
        }
    };
    let links = platforms.iter().map(link).collect_view();
    let all = chosen.is_none().then_some("true");
    (!platforms.is_empty()).then(|| {
        view! {
            <div class="filters">
                <nav class="seg seg-wrap" aria-label="Platform"><a href=on(None) aria-current=all>"All platforms"</a>{links}</nav>
            </div>
        }
        .into_any()
    })
}
