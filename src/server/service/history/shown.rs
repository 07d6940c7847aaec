//! Pages about what tags named before.

use super::kept::mark;
use super::{Weighed, mount_of, past, weigh};
use crate::domain::action::{ReadRepository, RestoreTrash, RollBackNamespace, Trashed};
use crate::domain::view::{AsOfView, Deleted, Differences, HistoryQuery, HistoryView};
use crate::domain::{RepositoryName, Result, Scope, Tag};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::service::names::Powers;
use crate::server::service::repositories::{position, require};
use crate::server::service::{may, opens, who};
use crate::server::store::history::{self, Span};
use crate::server::store::protections::Rules;

/// Differences on one page.
const ROWS: u32 = 50;
/// Repositories in the trash that are named.
const MAX_DELETED: u32 = 50;

/// A repository's history with what its reader may bring back. Three statements.
pub async fn page(app: &App, proof: &Authorized<ReadRepository>, query: &HistoryQuery) -> Result<HistoryView> {
    who::require_told(&proof.rights(), query.by.is_some())?;
    let name = &proof.action().repository;
    let position = position(query.after.clone(), query.before.clone())?;
    let found = require(app, name).await?;
    let mut page = history::list(&app.store, &found.id, query, &position).await?;
    who::of_history(&proof.rights(), &mut page.items);
    let rules = Rules::now(&app.store, name).await?.say();
    let powers = Powers::of(app, proof, &found.mount_id, rules);
    let restores = powers.restore_images();
    for row in &mut page.items {
        let leads_back =
            row.from.is_some() && row.from_is_kept && row.from != row.now && (row.from_is_here() || restores);
        row.may_roll_back = leads_back && powers.roll_back(&row.tag, row.now.is_some());
    }
    Ok(HistoryView { repository: name.clone(), page, opens: opens(app, proof, &Scope::Repository(name.clone())) })
}

/// A namespace beside how it was at the time that the proof names; without a time the page on which one is chosen. At
/// most four statements.
pub async fn as_of_page(
    app: &App,
    proof: &Authorized<RollBackNamespace>,
    (is_chosen, leaves_out): (bool, bool),
    after: Option<(RepositoryName, Tag)>,
) -> Result<AsOfView> {
    let RollBackNamespace { namespace, to } = proof.action().clone();
    let mount = mount_of(app, &namespace)?;
    let days = app.facts.history_days;
    let opens = opens(app, proof, &Scope::Namespace(namespace.clone()));
    let mut view = AsOfView {
        namespace,
        opens,
        then: is_chosen.then_some(to),
        differences: vec![],
        next: None,
        all: Differences::default(),
        protected: Differences::default(),
        rules: vec![],
        rules_more: 0,
        leaves_out: false,
        print: None,
        deleted: Deleted::default(),
        days,
    };
    if !is_chosen {
        return Ok(view);
    }
    past(app, to)?;
    let after = after.as_ref().map_or(("", ""), |(repository, tag)| (repository.as_str(), tag.as_str()));
    let span = Span { mount_id: &mount.id, namespace: &proof.action().namespace, then: to, after, limit: ROWS + 1 };
    view.differences = history::differences(&app.store, &span).await?;
    if view.differences.len() > ROWS as usize {
        view.differences.truncate(ROWS as usize);
        view.next = view.differences.last().map(|last| (last.repository.clone(), last.tag.clone()));
    }
    let (weighed, rules) = weigh(app, proof, leaves_out).await?;
    mark(&rules, &proof.rights(), &mut view.differences);
    let Weighed { all, protected, rules, rules_more, leaves_out, print } = weighed;
    let all = match all {
        Some(all) => all,
        None => history::count_differences(&app.store, &span).await?,
    };
    view = AsOfView { all, protected, rules, rules_more, leaves_out, print: Some(print), ..view };
    view.deleted = deleted(app, proof).await?;
    Ok(view)
}

/// Repositories of the namespace that were deleted since the time that the proof names: going back to it leaves them in
/// the trash. Those are named that the proof's holder may bring back.
pub async fn deleted(app: &App, proof: &Authorized<RollBackNamespace>) -> Result<Deleted> {
    let RollBackNamespace { namespace, to } = proof.action();
    let mount = mount_of(app, namespace)?;
    let span = Span { mount_id: &mount.id, namespace, then: *to, after: ("", ""), limit: MAX_DELETED };
    let (mut first, n_all) = history::deleted_since(&app.store, &span).await?;
    let more = n_all.saturating_sub(first.len() as u64);
    let restoring = |name: &RepositoryName| RestoreTrash { what: Trashed::Whole(name.clone()), words: String::new() };
    first.retain(|name| may(proof, &restoring(name)));
    Ok(Deleted { first, more })
}
