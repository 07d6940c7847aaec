//! What is more than goes at once, and so goes by a job.

use super::super::act::Content;
use super::super::sealed::{Asked, Planned};
use crate::domain::run::{AT_ONCE, AT_ONCE_ELSEWHERE};
use crate::domain::{Digest, Error, Result};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::service::elsewhere;

/// Whether this is more than goes at once, where so many tags go. An image that is here goes with all its tags in one
/// transaction; elsewhere it takes requests as each of them does.
fn is_much(app: &App, asked: &Asked, n_tags: u64) -> Result<bool> {
    let Asked::Content { repository, digests, .. } = asked else { return Ok(false) };
    match elsewhere::of(app, repository)? {
        Some(_) => Ok(n_tags + digests.len() as u64 > AT_ONCE_ELSEWHERE),
        None => Ok(digests.is_empty() && n_tags > AT_ONCE),
    }
}

/// The same, of what would go now.
pub(in crate::server::service::plans) async fn is_much_now<A: Planned>(
    app: &App,
    proof: &Authorized<A>,
    seen: Option<&Digest>,
) -> Result<bool> {
    let asked = proof.action().asked();
    let Asked::Content { repository, tags, digests, .. } = &asked else { return Ok(false) };
    if digests.is_empty() || elsewhere::of(app, repository)?.is_none() {
        return is_much(app, &asked, tags.len() as u64);
    }
    let (named, expected) = ((tags.clone(), digests.clone()), (proof.rights(), seen.cloned()));
    let found = Content::of(app, repository.clone(), named, expected)?.now(app).await?;
    is_much(app, &asked, found.radius.tags.len() as u64)
}

/// # Errors
/// [`Error::Conflict`] for more than is done without a plan.
pub(in crate::server::service::plans) async fn require_little<A: Planned>(
    app: &App,
    proof: &Authorized<A>,
) -> Result<()> {
    match is_much_now(app, proof, None).await? {
        true => Err(Error::Conflict(format!(
            "this takes more than {AT_ONCE_ELSEWHERE} tags and images, and so many go by a job there: ask for a preview, \
             and redeem its plan"
        ))),
        false => Ok(()),
    }
}

/// What a preview says of that.
pub(in crate::server::service::plans) fn note(app: &App, asked: &Asked, n_tags: u64) -> Vec<String> {
    let is_much = is_much(app, asked, n_tags).unwrap_or_default();
    let is_final =
        matches!(asked, Asked::Content { repository, .. } if app.mount(repository).is_some_and(|it| !it.keeps_trash));
    let words = match is_final {
        false => "So many go by a job: its page shows how far it is, and takes all of it back",
        true => "So many go by a job: its page shows how far it is",
    };
    is_much.then(|| words.to_owned()).into_iter().collect()
}
