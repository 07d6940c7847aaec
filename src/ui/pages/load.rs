//! How a page gets its data: awaited on the server, drawn when it is there, an error page if not.

use super::error::ErrorPage;
use crate::domain::Result;
use crate::ui::request::PageRequest;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use std::future::Future;

/// Draws what `data` brings, or the page of its error.
pub fn load<T, V>(
    data: impl Future<Output = Result<T>> + Send + 'static,
    draw: impl FnOnce(T) -> V + Send + 'static,
) -> impl IntoView
where
    T: Send + 'static,
    V: IntoView + Send + 'static,
{
    Suspend::new(async move {
        match data.await {
            Ok(data) => Either::Left(draw(data)),
            Err(error) => Either::Right(view! { <ErrorPage error/> }),
        }
    })
}

/// The title of the document; a part of a page has none.
#[component]
pub fn PageTitle(text: String) -> impl IntoView {
    let is_whole = PageRequest::current().part.is_none();
    // leptos_meta puts the text into the head as it is.
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    is_whole.then(|| view! { <Title text=format!("{text} · Portolan")/> })
}
