//! What is asked before everybody, signed in or not, is given something: which repositories that opens, and for what.

use crate::api::people::preview_grant;
use crate::domain::view::Opening;
use crate::domain::{Result, Role, Scope, TagPattern, Terms, Timestamp};
use crate::ui::components::form::Confirm;
use crate::ui::components::opening::Opened;
use crate::ui::form::Intent;
use crate::ui::query::Pairs;
use leptos::prelude::*;

/// What would be given: by a new grant, or by one that is there, with another role.
#[derive(Clone, Debug)]
pub struct Asked {
    grant: Option<String>,
    terms: Terms,
}

impl Asked {
    /// Reads it from an address; nothing where that asks nothing that could be.
    pub fn of(query: &Pairs) -> Option<Self> {
        query.get("open")?;
        let (role, scope): (Role, Scope) = (query.get("role")?.parse().ok()?, query.get("scope")?.parse().ok()?);
        let tags: Option<TagPattern> = query.get("tags").map(str::parse).transpose().ok()?;
        let until = match query.get("until") {
            Some(day) => Some(Timestamp::parse(&format!("{day}T23:59:59Z"))?),
            None => None,
        };
        Some(Self {
            grant: query.get("grant").map(ToOwned::to_owned),
            terms: Terms::new(role, scope, tags, until).ok()?,
        })
    }

    /// What becomes readable by it now.
    pub async fn preview(&self) -> Result<Opening> {
        preview_grant(self.terms.clone()).await
    }

    fn intent(&self) -> Intent {
        if self.grant.is_some() { Intent::ChangeAccess } else { Intent::GiveAccess }
    }
}

/// The question.
#[component]
pub fn Open(asked: Asked, opening: Opening, back: String) -> impl IntoView {
    let intent = asked.intent();
    let Asked { grant, terms: Terms { role, scope, tags, expires_at } } = asked;
    let (name, title, until) = (scope.name(), role.title(), expires_at.map(Timestamp::day).unwrap_or_default());
    let only = tags.as_ref().map(|tags| format!(", of tags only {tags}")).unwrap_or_default();
    let end = expires_at.map(|end| format!(", until {}", end.date())).unwrap_or_default();
    let later = (!matches!(scope, Scope::Repository(_)))
        .then(|| view! { <p class="sm">"Repositories that are made there later are open in the same way."</p> });
    let fields = [
        ("grant", grant.unwrap_or_default()),
        ("who", "everybody".to_owned()),
        ("role", role.name().to_owned()),
        ("scope", scope.to_string()),
        ("tags", tags.map(|tags| tags.to_string()).unwrap_or_default()),
        ("until", until),
    ];
    let fields = fields.map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! {
        <Confirm intent title=format!("Give everybody {title} on {name}?") act=format!("Give everybody {title}") back typed=name>
            <Opened opening/>
            {later}
            <p class="sm">{format!("Without signing in, anybody may {} there{only}{end}.", verbs(role))}</p>
            {fields}
        </Confirm>
    }
    .into_any()
}

/// All that a role lets somebody do, of those that everybody can have.
fn verbs(role: Role) -> &'static str {
    match role {
        Role::Reader => "see and pull",
        Role::Publisher => "see, pull, and push new images and tags",
        _ => "see, pull and push, and move and delete tags",
    }
}
