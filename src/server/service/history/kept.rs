//! What rules keep of a namespace that is to go back to a time, said before it goes.

use super::{mount_of, past, print_of, whole};
use crate::domain::action::RollBackNamespace;
use crate::domain::protection::{Act, Barred};
use crate::domain::view::{Difference, Differences, RuleMet};
use crate::domain::{Digest, Result, Rule};
use crate::server::access::{Authorized, Rights};
use crate::server::context::App;
use crate::server::service::plans::Kept;
use crate::server::store::history::{self, Span};
use crate::server::store::protections::Rules;

/// Tags that are looked at together.
const TOGETHER: u32 = 50_000;

/// All that differs, and what of it rules keep.
pub struct Weighed {
    /// How many that is, where rules hold: else it was not counted.
    pub all: Option<Differences>,
    pub protected: Differences,
    pub rules: Vec<RuleMet>,
    pub rules_more: u64,
    /// Whether what they keep is left out: asked for, and neither nothing nor all of it.
    pub leaves_out: bool,
    /// What would go back, as one value.
    pub print: Digest,
}

/// Weighs what would go back, and tells the rules that cover any of it. One statement; where rules hold, one more for each
/// fifty thousand tags.
pub async fn weigh(app: &App, proof: &Authorized<RollBackNamespace>, leaves_out: bool) -> Result<(Weighed, Vec<Rule>)> {
    let RollBackNamespace { namespace, to } = proof.action();
    past(app, *to)?;
    let mount = mount_of(app, namespace)?;
    let span = whole(&mount.id, namespace, *to);
    let (since, rules) = history::since_and_rules(&app.store, &span).await?;
    let found = match rules.is_empty() {
        true => Found::default(),
        false => found(app, (&span, &rules), &proof.rights()).await?,
    };
    let Found { all, protected, kept, names } = found;
    let leaves_out = leaves_out && (1..all.n).contains(&protected.n);
    let left_out: &[String] = if leaves_out { &names } else { &[] };
    let (print, rules_more) = (print_of(since, left_out), kept.n_more);
    let met = kept.rules(&proof.rights());
    let all = (!rules.is_empty()).then_some(all);
    Ok((Weighed { all, protected, rules: met, rules_more, leaves_out, print }, rules))
}

#[derive(Default)]
struct Found {
    all: Differences,
    protected: Differences,
    kept: Kept,
    /// Those that are kept, by repository and tag.
    names: Vec<String>,
}

async fn found(app: &App, (span, rules): (&Span<'_>, &[Rule]), rights: &Rights) -> Result<Found> {
    let mut found = Found::default();
    let mut after = (String::new(), String::new());
    loop {
        let part = Span { after: (&after.0, &after.1), limit: TOGETHER, ..*span };
        let mut some = history::differences(&app.store, &part).await?;
        mark(rules, rights, &mut some);
        let is_last = some.len() < TOGETHER as usize;
        if let Some(last) = some.last() {
            after = (last.repository.to_string(), last.tag.to_string());
        }
        for mut it in some {
            found.all.count(&it);
            if let Some(barred) = it.barred.take() {
                found.protected.count(&it);
                found.names.push(barred.what.clone());
                found.kept.meet(barred);
            }
        }
        if is_last {
            return Ok(found);
        }
    }
}

/// Says of each tag which rule keeps it as it is, if one does. They come in the order of their repositories.
pub(super) fn mark(rules: &[Rule], rights: &Rights, differences: &mut [Difference]) {
    for some in differences.chunk_by_mut(|one, other| one.repository == other.repository) {
        let Some(first) = some.first() else { continue };
        let rules = Rules::covering(first.repository.clone(), rules);
        for it in some {
            let act = Act::between(it.now.as_ref(), it.then.as_ref());
            let barred = act.and_then(|act| rules.bar(rights, act, &it.tag));
            it.barred = barred.map(|barred| Barred { what: format!("{}:{}", it.repository, it.tag), ..barred });
        }
    }
}
