//! `/help/shortcuts`: the keys that do something by themselves, and the switch for them. Over another page it is a dialog.

use crate::api::repositories::may_read_help;
use crate::domain::Address;
use crate::ui::components::dialog::DialogHead;
use crate::ui::components::part::{Part, Stands};
use crate::ui::islands::keys::{Key, Place};
use crate::ui::pages::load::{PageTitle, load};
use crate::ui::request::{PageRequest, Part as PagePart};
use leptos::prelude::*;

/// Keys that are nobody's to switch off: browsers and dialogs have them.
const ALWAYS: &[(&str, &str)] = &[
    ("Ctrl+K", "Search, or after > do what the page offers; ⌘K on a Mac"),
    ("Tab", "Go to the next control; with Shift to the one before"),
    ("Enter", "Open what has the focus"),
    ("Esc", "Close what is open: a menu, a question"),
];

const EVERYWHERE: &str = "On every page";
const OF_TAGS: &str = "On a row of a list of tags";

/// The page, or the dialog.
#[component]
pub fn Shortcuts() -> impl IntoView {
    load(may_read_help(), |()| {
        let request = PageRequest::current();
        match request.part {
            Some(PagePart::Dialog) => view! { <InDialog/> }.into_any(),
            _ => view! { <Whole are_on=request.single_keys/> }.into_any(),
        }
    })
}

#[component]
fn Whole(are_on: bool) -> impl IntoView {
    let always = ALWAYS.iter().map(|(key, words)| view! { <Line pressed=*key words=*words/> }).collect_view();
    view! {
        <PageTitle text="Keys".to_owned()/>
        <nav class="crumbs" aria-label="Breadcrumb"><ol><li><a href=Address::Help.to_string()>"Help"</a></li></ol></nav>
        <div class="head">
            <div class="grow">
                <h1>"Keys"</h1>
                <p class="head-sub">"Where script runs, these keys do something by themselves. They do nothing in a field, nor together with Ctrl, Alt or ⌘."</p>
            </div>
        </div>
        <Switch are_on/>
        <div class="parts">
            <Part id="everywhere" title=EVERYWHERE><dl class="kv"><Lines place=Place::Everywhere/></dl></Part>
            <Part id="tags" title=OF_TAGS words="j and k go from row to row."><dl class="kv"><Lines place=Place::Tags/></dl></Part>
            <Part id="always" title="Always" words="These stay."><dl class="kv">{always}</dl></Part>
        </div>
    }
    .into_any()
}

/// How it stands, and the form that changes it: to who speaks to a computer, each letter of a word would be a key.
#[component]
fn Switch(are_on: bool) -> impl IntoView {
    let (tone, title, words, value, act) = match are_on {
        true => ("good", "Single keys are on", "In this browser.", "off", "Switch them off"),
        false => {
            ("", "Single keys are off", "In this browser: no key does anything by itself.", "on", "Switch them on")
        }
    };
    view! {
        <Stands tone title=title.into_any() words>
            <form method="post" action=Address::Shortcuts.to_string()>
                <input type="hidden" name="keys" value=value/>
                <button class="btn" type="submit">{act}</button>
            </form>
        </Stands>
    }
}

#[component]
fn InDialog() -> impl IntoView {
    let section = |title: &'static str, place: Place| {
        view! { <section class="stack-2"><h3 class="medium">{title}</h3><dl class="kv"><Lines place/></dl></section> }
    };
    view! {
        <DialogHead title="Keys".to_owned()/>
        <div class="dialog-body">{section(EVERYWHERE, Place::Everywhere)}{section(OF_TAGS, Place::Tags)}</div>
        <div class="dialog-foot"><a class="btn" href=Address::Shortcuts.to_string() autofocus=true>"Switch them off…"</a></div>
    }
    .into_any()
}

#[component]
fn Lines(place: Place) -> impl IntoView {
    let keys = Key::ALL.iter().filter(|key| key.place() == place);
    keys.map(|key| view! { <Line pressed=key.pressed() words=key.words()/> }).collect_view()
}

/// A key, or several one after another, with what comes of it.
#[component]
fn Line(pressed: &'static str, words: &'static str) -> impl IntoView {
    let keys = pressed.split(' ').enumerate().map(|(index, key)| {
        view! { {(index > 0).then_some(" then ")}<kbd>{key}</kbd> }
    });
    view! { <dt>{keys.collect_view()}</dt><dd>{words}</dd> }
}
