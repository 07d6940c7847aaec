//! The palette over any page, by Ctrl K or ⌘K: what the search finds as it is typed, and after `>` the links of the menu
//! and of the page's head, so that nothing is offered which the page does not offer. A combobox with a list (ARIA
//! Authoring Practices, "Editable Combobox With List Autocomplete"): the focus stays in the field. Without script there is
//! the page of the search.

use super::{document, elements, find, on, part};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    DocumentFragment, Element, Event, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent,
    ScrollIntoViewOptions, ScrollLogicalPosition,
};

const PALETTE: &str = "#palette";
const OPTIONS: &str = "#found [role=option]";
const CHOSEN: &str = "#found [aria-selected=true]";

/// Its field, which is a form of the search, what was found, and what is said of that.
const FRAME: &str = r#"<form class="dialog-head" action="/search" role="search"><div class="search grow"><svg class="i i-sm" aria-hidden="true"><use href="/icons.svg#search"></use></svg><input class="input" name="q" role="combobox" aria-label="Search, or type &gt; for commands" aria-autocomplete="list" aria-controls="found" aria-expanded="false" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="1024"></div></form><div class="dialog-body"><div id="found" role="listbox" aria-label="Found"></div></div><p class="dialog-foot xs muted" role="status"></p>"#;

/// Where the commands of a page come from, under which heading.
const COMMANDS: [(&str, &str); 2] =
    [("On this page", "#main :is(.head-actions, .tabs) a[href]"), ("Go to", ".side .nav a[href]")];

/// What was found, under its headings.
type Groups = Vec<(String, Vec<Element>)>;

/// Starts to listen.
pub fn start() {
    on(&document(), "keydown", |event| {
        if pressed(&event).is_some() {
            event.prevent_default();
        }
    });
    // A link leads where it leads, and a question comes in its own dialog.
    on(&document(), "click", |event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if target.is_some_and(|it| it.closest(OPTIONS).is_ok_and(|option| option.is_some())) {
            close();
        }
    });
}

/// Does what a key is for; nothing where it is for something else.
fn pressed(event: &Event) -> Option<()> {
    let pressed = event.dyn_ref::<KeyboardEvent>()?;
    let is_asked_for = (pressed.ctrl_key() || pressed.meta_key()) && !pressed.alt_key() && !pressed.shift_key();
    let name = pressed.key();
    if is_asked_for && name.eq_ignore_ascii_case("k") {
        return open();
    }
    find("#palette[open]").filter(|_| !pressed.is_composing())?;
    match name.as_str() {
        "ArrowDown" => step(true),
        "ArrowUp" => step(false),
        // With nothing to open the field's own form asks the search.
        "Enter" => find(CHOSEN)?.dyn_into::<HtmlElement>().ok().map(|chosen| chosen.click()),
        _ => None,
    }
}

/// Opens it; closes it where it is open.
fn open() -> Option<()> {
    if close() {
        return Some(());
    }
    // It stands over no question, and in front of the console there is nothing to find.
    if find("dialog[open]").is_some() {
        return None;
    }
    let palette = find(PALETTE).or_else(make)?.dyn_into::<HtmlDialogElement>().ok()?;
    palette.show_modal().ok()?;
    let field = field()?;
    field.focus().ok()?;
    field.select();
    refresh()
}

fn make() -> Option<Element> {
    find("#main .page")?;
    let palette = document().create_element("dialog").ok()?;
    palette.set_id("palette");
    palette.set_class_name("dialog");
    palette.set_attribute("aria-label", "Search or jump to").ok()?;
    palette.set_inner_html(FRAME);
    on(&palette, "input", |_| {
        let _ = refresh();
    });
    document().body()?.append_child(&palette).ok()?;
    Some(palette)
}

/// Closes it, which gives the focus back; whether it was open.
fn close() -> bool {
    let palette = find("#palette[open]").and_then(|it| it.dyn_into::<HtmlDialogElement>().ok());
    palette.iter().for_each(HtmlDialogElement::close);
    palette.is_some()
}

fn field() -> Option<HtmlInputElement> {
    find("#palette input")?.dyn_into().ok()
}

/// Finds what the field says.
fn refresh() -> Option<()> {
    let typed = field()?.value();
    match typed.trim().strip_prefix('>') {
        Some(words) => show(commands(words.trim())),
        None if typed.trim().is_empty() => show(commands("")),
        None => {
            spawn_local(async move {
                let _ = search(typed).await;
            });
            Some(())
        }
    }
}

/// An answer to what stands in the field no longer is dropped.
async fn search(typed: String) -> Option<()> {
    let encoded = String::from(js_sys::encode_uri_component(typed.trim()));
    let found = part(&format!("/search?q={encoded}"), "results").await;
    if field()?.value() != typed {
        return None;
    }
    match found {
        Some(found) => show(groups(&found)),
        None => say("The search does not answer. Enter asks it once more."),
    }
}

/// What a page of results found.
fn groups(found: &DocumentFragment) -> Groups {
    let mut groups = Groups::new();
    for it in elements(found.query_selector_all("h2, h3, [data-result]")) {
        match groups.last_mut() {
            Some((_, options)) if it.has_attribute("data-result") => options.push(it),
            _ => groups.push((it.text_content().unwrap_or_default(), vec![])),
        }
    }
    groups
}

/// The links that the page has, by what they say.
fn commands(words: &str) -> Groups {
    let of = |(title, links): (&str, &str)| {
        let links = elements(document().query_selector_all(links)).filter_map(|link| {
            let link: Element = link.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
            // How many there are is no part of the words.
            if let Ok(Some(count)) = link.query_selector(".n") {
                count.remove();
            }
            let text = link.text_content()?.to_ascii_lowercase();
            text.contains(&words.to_ascii_lowercase()).then_some(link)
        });
        (title.to_owned(), links.collect())
    };
    COMMANDS.into_iter().map(of).collect()
}

/// Lists them, and chooses the first.
fn show(groups: Groups) -> Option<()> {
    let list = find("#found")?;
    list.set_text_content(None);
    let mut number = 0;
    for (title, options) in groups.into_iter().filter(|(_, options)| !options.is_empty()) {
        let group = document().create_element("div").ok()?;
        group.set_class_name("nav");
        group.set_attribute("role", "group").ok()?;
        group.set_attribute("aria-label", &title).ok()?;
        let head = document().create_element("p").ok()?;
        head.set_class_name("nav-title");
        head.set_attribute("aria-hidden", "true").ok()?;
        head.set_text_content(Some(&title));
        group.append_child(&head).ok()?;
        for option in options {
            number += 1;
            option.set_id(&format!("found-{number}"));
            for (name, value) in [("role", "option"), ("aria-selected", "false"), ("tabindex", "-1"), ("class", "")] {
                option.set_attribute(name, value).ok()?;
            }
            option.remove_attribute("aria-current").ok()?;
            group.append_child(&option).ok()?;
        }
        list.append_child(&group).ok()?;
    }
    field()?.set_attribute("aria-expanded", if number > 0 { "true" } else { "false" }).ok()?;
    let _ = choose(find(OPTIONS));
    match number {
        0 => say("Nothing found. > lists commands."),
        _ => say(&format!("{number} found. Enter opens, > lists commands.")),
    }
}

fn say(words: &str) -> Option<()> {
    find("#palette [role=status]")?.set_text_content(Some(words));
    Some(())
}

/// Chooses the one after, or before, and from an end the other end.
fn step(is_on: bool) -> Option<()> {
    let options: Vec<Element> = elements(document().query_selector_all(OPTIONS)).collect();
    let chosen = find(CHOSEN)?;
    let now = options.iter().position(|option| *option == chosen)?;
    let to = if is_on { now + 1 } else { now + options.len() - 1 };
    choose(options.get(to % options.len()).cloned())
}

fn choose(option: Option<Element>) -> Option<()> {
    if let Some(before) = find(CHOSEN) {
        before.set_attribute("aria-selected", "false").ok()?;
    }
    let field = field()?;
    let Some(option) = option else { return field.remove_attribute("aria-activedescendant").ok() };
    option.set_attribute("aria-selected", "true").ok()?;
    let nearest = ScrollIntoViewOptions::new();
    nearest.set_block(ScrollLogicalPosition::Nearest);
    option.scroll_into_view_with_scroll_into_view_options(&nearest);
    field.set_attribute("aria-activedescendant", &option.id()).ok()
}
