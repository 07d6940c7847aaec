//! Groups of a provider whose name another one has by now, and the form that accepts it.

use crate::domain::view::StrangerRow;
use crate::ui::components::form::{PostForm, Problem};
use crate::ui::components::icon::Icon;
use crate::ui::components::time::When;
use crate::ui::form::Intent;
use crate::ui::request::PageRequest;
use crate::ui::words::{MAX_NAME_CHARS, inert};
use leptos::prelude::*;

/// What is said of them; nothing where there are none.
#[component]
pub(super) fn Strangers(rows: Vec<StrangerRow>, title: String) -> impl IntoView {
    let problem = view! { <Problem intent=Intent::AcceptGroup/> };
    let rows: Vec<_> = rows.into_iter().map(|row| view! { <Stranger row title=title.clone()/> }).collect();
    view! { {problem}{rows} }.into_any()
}

#[component]
fn Stranger(row: StrangerRow, title: String) -> impl IntoView {
    let StrangerRow { value, was, is, at } = row;
    let (now, name) = (PageRequest::current().now, inert(&value, MAX_NAME_CHARS));
    view! {
        <div class="callout callout-warn mt-4 wide">
            <Icon name="warn"/>
            <div class="grow stack-2">
                <p class="medium">{format!("{name} is another group at {} by now", inert(&title, MAX_NAME_CHARS))}</p>
                <p class="muted">
                    {format!("Its id there was {was}, and is {is} since somebody came who is in it (")}<When at now/>
                    "). Names are given to others there, so it lets nobody in and gives nobody anything. Accept it only if you know that it is yours."
                </p>
                <PostForm intent=Intent::AcceptGroup class="row" label=format!("Accept {name}")>
                    <input type="hidden" name="value" value=value/>
                    <input type="hidden" name="id" value=is/>
                    <button class="btn btn-sm" type="submit">"It is ours: accept"</button>
                </PostForm>
            </div>
        </div>
    }
    .into_any()
}
