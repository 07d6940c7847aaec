//! How a page gets its data: awaited on the server, drawn when it is there, an error page if not.
//!
//! Pages and their sections are drawn as `AnyView`, so that their types stay small and quick to
//! compile; rows, of which there are many, keep theirs.

use super::error::ErrorPage;
use super::lost::lost;
use crate::domain::Result;
use crate::ui::request::PageRequest;
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
            Ok(data) => draw(data).into_any(),
            Err(error) => {
                let lost = lost(&error).await;
                view! { <ErrorPage error lost/> }.into_any()
            }
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
