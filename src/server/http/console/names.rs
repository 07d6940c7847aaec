//! Forms about names: set, renamed, brought back, one or all of a namespace.

use super::sent::taken;
use super::{Done, Form};
use crate::domain::action::{DeleteTags, RenameTag, RollBackNamespace, RollBackTag, SetTag};
use crate::domain::condition::Expect;
use crate::domain::error::What;
use crate::domain::tag_filter::PROTECTED;
use crate::domain::view::{FEW_TAGS, How, Side};
use crate::domain::{Address, Digest, Error, Namespace, RepositoryName, Result, Tag, Timestamp};
use crate::server::service::history::Agreed;
use crate::server::service::names;
use crate::server::service::{elsewhere, history, plans};
use crate::ui::form::{Back, Intent};
use crate::ui::query::address;
use crate::ui::words::counted;

/// The page that a form stands on, of a repository.
fn page(form: &Form<'_>) -> Result<Address> {
    let page = form.page().strip_prefix("/r/").and_then(Address::parse_repository);
    page.ok_or(Error::NotFound(What::Page))
}

/// What stood on the page when the form was sent: an image, or that the tag was not there.
fn expected(form: &Form<'_>) -> Result<Option<Digest>> {
    form.sent.optional("expect")
}

fn condition(expected: Option<Digest>) -> Expect {
    expected.map_or(Expect::Absent, Expect::Named)
}

/// Does what such a form asks for.
pub(super) async fn perform(form: &Form<'_>, intent: Intent) -> Result<Done> {
    match intent {
        Intent::RenameTag => rename(form).await,
        Intent::RollBackTag => roll_back(form).await,
        Intent::RollBackNamespace => roll_back_namespace(form).await,
        _ => set(form).await,
    }
}

/// Names an image. A tag that is there moves once its page has shown from where to where.
async fn set(form: &Form<'_>) -> Result<Done> {
    const INTENT: Intent = Intent::SetTag;
    let own = page(form)?;
    let (Address::Retag(repository, _) | Address::AddTag(repository, _)) = own.clone() else {
        return Err(Error::NotFound(What::Page));
    };
    let (tag, digest): (Tag, Digest) = (form.sent.new_tag("name")?, form.sent.parse("digest")?);
    let expect = expected(form)?;
    let action = SetTag { repository: repository.clone(), tag: tag.clone(), digest: digest.clone() };
    let proof = form.app.access.authorize(form.caller, action).await?;
    let (_, row) = match names::set(form.app, &proof, How::Set, condition(expect.clone())).await {
        Err(Error::Changed { current: Some(current) }) if expect.is_none() && current == digest => {
            return Err(Error::invalid("name", format!("{tag} names this image already")));
        }
        Err(Error::Changed { current: Some(_) }) if expect.is_none() => {
            return Ok(Done::asking(address(&own.to_string(), &[("name", tag.as_str())]), INTENT));
        }
        set => set?,
    };
    let image = match own {
        Address::Retag(_, known) if row.same_as.contains(&known) => known.to_string(),
        _ => Side::from(row).called(&tag),
    };
    let words = match expect {
        Some(_) => format!("{tag} moved to {image}"),
        None => format!("{image} is {tag} as well"),
    };
    let back = back(form, (repository.clone(), tag.clone()), expect, digest).await;
    Ok(Done::new(Address::Tag(repository, tag), INTENT, words).with_back(back))
}

/// The way back, for who may go it, and where it can be gone: a name that was new is deleted again.
pub(super) async fn back(
    form: &Form<'_>,
    (repository, tag): (RepositoryName, Tag),
    to: Option<Digest>,
    expect: Digest,
) -> Option<Back> {
    let (of, what) = (repository.clone(), tag.clone());
    let may = match &to {
        Some(to) => form.may(&RollBackTag { repository: of, tag: what, digest: to.clone(), reason: String::new() }),
        None => {
            let can = !elsewhere::deletes_nothing_at(form.app, &of).await.unwrap_or(true);
            can && form.may(&DeleteTags { repository: of, tags: vec![what], filter: None })
        }
    };
    may.then_some(Back::Tag { repository, tag, to, expect })
}

async fn rename(form: &Form<'_>) -> Result<Done> {
    let Address::RenameTag(repository, tag) = page(form)? else { return Err(Error::NotFound(What::Page)) };
    let (to, expect): (Tag, Option<Digest>) = (form.sent.new_tag("to")?, expected(form)?);
    let action = RenameTag { repository: repository.clone(), tag: tag.clone(), to: to.clone() };
    let proof = form.app.access.authorize(form.caller, action).await?;
    names::rename(form.app, &proof, condition(expect.clone())).await.map_err(|error| taken("to", error))?;
    let words = format!("{tag} is called {to} now");
    let undo = RenameTag { repository: repository.clone(), tag: to.clone(), to: tag.clone() };
    let expect = expect.filter(|_| form.may(&undo));
    let RenameTag { repository, tag: to, to: tag } = undo;
    let back = |expect| Back::Renamed { repository: repository.clone(), tag: to.clone(), to: tag, expect };
    let back = expect.map(back);
    Ok(Done::new(Address::Tag(repository.clone(), to.clone()), Intent::RenameTag, words).with_back(back))
}

/// Brings a tag back to what it named before; where it was not there before, it goes again.
async fn roll_back(form: &Form<'_>) -> Result<Done> {
    const INTENT: Intent = Intent::RollBackTag;
    let Address::RollBack(repository, tag) = page(form)? else { return Err(Error::NotFound(What::Page)) };
    let (to, expect): (Option<Digest>, Option<Digest>) = (form.sent.optional("to")?, expected(form)?);
    let Some(digest) = to else {
        let action = DeleteTags { repository: repository.clone(), tags: vec![tag.clone()], filter: None };
        let proof = form.app.access.authorize(form.caller, action).await?;
        plans::untag(form.app, &proof, &expect.ok_or(Error::Outdated)?).await?;
        return Ok(Done::new(Address::Repository(repository), INTENT, format!("The tag {tag} is gone again")));
    };
    let reason = form.sent.text("reason").to_owned();
    let action = RollBackTag { repository: repository.clone(), tag: tag.clone(), digest: digest.clone(), reason };
    let proof = form.app.access.authorize(form.caller, action).await?;
    let row = names::roll_back(form.app, &proof, condition(expect.clone())).await?;
    let words = format!("{tag} names {} again", Side::from(row).called(&tag));
    let back = back(form, (repository.clone(), tag.clone()), expect, digest).await;
    Ok(Done::new(Address::Tag(repository, tag), INTENT, words).with_back(back))
}

/// Brings all tags of a namespace back to a time, as many as its page said.
async fn roll_back_namespace(form: &Form<'_>) -> Result<Done> {
    let Some(Address::AsOf(namespace)) = form.page().strip_prefix("/n/").and_then(Address::parse_namespace) else {
        return Err(Error::NotFound(What::Page));
    };
    let then = Timestamp::parse(form.sent.text("t")).ok_or_else(|| Error::invalid("t", "this time is damaged"))?;
    let action = RollBackNamespace { namespace: namespace.clone(), to: then };
    let proof = form.app.access.authorize(form.caller, action).await?;
    let expected = form.sent.text("expected");
    let print: Digest = form.sent.text("print").parse().map_err(|_| Error::Outdated)?;
    if !expected.parse::<u64>().is_ok_and(|n| n <= FEW_TAGS) {
        form.confirmed(expected)?;
    }
    let before = Timestamp(form.app.clock.now().0 - 1);
    let agreed = Agreed { print: Some(print), leaves_out: form.sent.text("leave") == PROTECTED };
    let n_moved = history::roll_back(form.app, &proof, agreed).await?;
    Ok(rolled_back(namespace, (then, before), n_moved))
}

fn rolled_back(namespace: Namespace, (then, before): (Timestamp, Timestamp), n_moved: u64) -> Done {
    let (tags, are) = (counted(n_moved, "tag", "tags"), if n_moved == 1 { "is as it was" } else { "are as they were" });
    let words = format!("{tags} of {namespace} {are} on {}", then.absolute());
    let back = Back::Namespace { namespace: namespace.clone(), then: before };
    Done::new(Address::Namespace(namespace), Intent::RollBackNamespace, words).with_back(Some(back))
}
