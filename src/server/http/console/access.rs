//! Forms about who has access.

use super::sent::{at, taken};
use super::{Done, Form};
use crate::domain::action::{ChangeAccess, GiveAccess, InviteWithAccess, ListGrants, TakeAccess, TakeInvitation};
use crate::domain::error::What;
use crate::domain::{
    Address, Error, Grant, Grantee, Permission, Result, Role, Scope, Target, Terms, Timestamp, Username,
};
use crate::server::service::{access, invitations};
use crate::ui::form::{Intent, NOBODYS};
use crate::ui::query::address;

pub(super) async fn give(form: &Form<'_>) -> Result<Done> {
    give_or_ask(form).await.map_err(|error| form.to_question(error))
}

/// Everybody is given nothing before that was asked about.
async fn give_or_ask(form: &Form<'_>) -> Result<Done> {
    let (text, terms) = (form.sent.text("who"), terms(form)?);
    let to = match who(text) {
        _ if text.contains('@') => by_address(form, text, &terms).await?,
        Ok(Grantee::User(name)) => access::named(form.app, &name).await.map_err(at_who)?,
        found => found?,
    };
    let proof = form.app.access.authorize(form.caller, GiveAccess { to: to.clone(), terms }).await?;
    let terms = &proof.action().terms;
    require_on_page(form, &terms.scope)?;
    access::require_name(&to, terms.role)?;
    if to == Grantee::Anonymous && !form.answered(&terms.scope.name())? {
        return Ok(asking(form, Intent::GiveAccess, terms));
    }
    access::give(form.app, &proof).await.map_err(|error| taken("who", at_who(error)))?;
    Ok(Done::new(form.page(), Intent::GiveAccess, name(&to)))
}

/// Goes on with the question whether everybody is to have that.
fn asking(form: &Form<'_>, intent: Intent, terms: &Terms) -> Done {
    let scope = terms.scope.to_string();
    let tags = terms.tags.as_ref().map(ToString::to_string).unwrap_or_default();
    let until = terms.expires_at.map(Timestamp::day).unwrap_or_default();
    let (grant, role) = (form.sent.text("grant"), terms.role.name());
    let asked =
        [("open", "yes"), ("grant", grant), ("role", role), ("scope", &scope), ("tags", &tags), ("until", &until)];
    Done::asking(address(form.page(), &asked), intent)
}

/// Makes an account with access, for somebody who has none.
pub(super) async fn invite(form: &Form<'_>) -> Result<Done> {
    let (username, terms): (Username, _) = (form.sent.parse("username")?, terms(form)?);
    let action = InviteWithAccess { username: username.clone(), terms };
    let proof = form.app.access.authorize(form.caller, action).await?;
    require_on_page(form, &proof.action().terms.scope)?;
    let person = (form.sent.text("name"), form.sent.text("who"));
    let link = invitations::invite(form.app, &proof, person).await;
    let link = link.map_err(|error| taken("username", at_who(error)))?;
    Ok(Done::new(form.page(), Intent::InviteWithAccess, username).with_secret(link))
}

/// Takes an invitation back that nobody has taken yet.
pub(super) async fn take_invitation(form: &Form<'_>) -> Result<Done> {
    let username: Username = form.sent.parse("username")?;
    let proof = form.app.access.authorize(form.caller, TakeInvitation { username: username.clone() }).await?;
    invitations::take_back(form.app, &proof).await?;
    Ok(Done::new(form.page(), Intent::TakeInvitation, username))
}

/// Whose address it is. To who may not look people up it is nobody's, whatever it is.
async fn by_address(form: &Form<'_>, address: &str, terms: &Terms) -> Result<Grantee> {
    let listing = form.app.access.authorize(form.caller, ListGrants { scope: terms.scope.clone() }).await?;
    if form.app.access.permits(&form.caller.standing, Permission::UserManage, &Target::Instance).await? {
        let found = invitations::addressee(form.app, address).await.map_err(|error| at("who", taken("who", error)))?;
        let nobody = || Error::invalid("who", NOBODYS);
        return found.map(Grantee::User).ok_or_else(nobody);
    }
    Err(invitations::whom_to_ask(form.app, &listing).await?)
}

/// What is given, where, over which tags, and until when.
fn terms(form: &Form<'_>) -> Result<Terms> {
    let (role, scope) = (form.sent.parse("role")?, form.sent.parse("scope")?);
    let (tags, until) = (form.sent.optional("tags")?, form.sent.end_of_day("until")?);
    if until.is_some_and(|end| end <= form.app.clock.now()) {
        return Err(Error::invalid("until", "this day is over; choose one that is to come"));
    }
    Terms::new(role, scope, tags, until)
}

/// What is given on the page of a namespace holds there: a row that the page does not show is a slip of the pen.
fn require_on_page(form: &Form<'_>, scope: &Scope) -> Result<()> {
    let page = form.page().strip_prefix("/n/").and_then(Address::parse_namespace);
    let Some(Address::Access(Scope::Namespace(namespace))) = page else { return Ok(()) };
    let words =
        format!("here that is {namespace}/*, for all of {namespace}, or what lies below it, such as {namespace}/web");
    match Scope::Namespace(namespace).holds(scope) {
        true => Ok(()),
        false => Err(Error::invalid("scope", words)),
    }
}

pub(super) async fn change(form: &Form<'_>) -> Result<Done> {
    change_or_ask(form).await.map_err(|error| form.to_question(error))
}

/// What everybody may do becomes more only after that was asked about.
async fn change_or_ask(form: &Form<'_>) -> Result<Done> {
    let Grant { id, to, terms: before, .. } = found(form).await?;
    let role: Role = form.sent.parse("role")?;
    let opens = to == Grantee::Anonymous && !before.role.holds_all_of(role);
    let terms = Terms::new(role, before.scope.clone(), before.tags.clone(), before.expires_at)?;
    let action = ChangeAccess { id, to: to.clone(), before, terms };
    let proof = form.app.access.authorize(form.caller, action).await?;
    access::require_name(&to, role)?;
    let terms = &proof.action().terms;
    if opens && !form.answered(&terms.scope.name())? {
        return Ok(asking(form, Intent::ChangeAccess, terms));
    }
    access::change(form.app, &proof).await?;
    Ok(Done::new(form.page(), Intent::ChangeAccess, name(&to)))
}

pub(super) async fn take(form: &Form<'_>) -> Result<Done> {
    let Grant { id, to, terms, .. } = found(form).await?;
    let proof = form.app.access.authorize(form.caller, TakeAccess { id, to: to.clone(), terms }).await?;
    access::take(form.app, &proof).await?;
    Ok(Done::new(form.page(), Intent::TakeAccess, name(&to)))
}

/// The grant that a form names, for who may see it.
async fn found(form: &Form<'_>) -> Result<Grant> {
    let id = form.sent.text("grant");
    let grant = access::find(form.app, id).await?;
    let listing = ListGrants { scope: grant.terms.scope.clone() };
    let absent = |_| Error::NotFound(What::Grant(id.to_owned()));
    let _sees_it = form.app.access.authorize(form.caller, listing).await.map_err(absent)?;
    Ok(grant)
}

/// Whom somebody means who typed or picked a name: `mara`, `eng-web (group)`, `ci-web (robot)`, `everybody`.
fn who(text: &str) -> Result<Grantee> {
    let (name, kind) = match text.split_once(" (") {
        Some((name, kind)) => (name.trim(), kind.trim_end_matches(')')),
        None => (text, ""),
    };
    let found = match kind {
        "group" => name.parse().map(Grantee::Group),
        "robot" => name.parse().map(Grantee::Robot),
        _ if name == "everybody" => Ok(Grantee::Anonymous),
        _ => name.parse().map(Grantee::User),
    };
    found.map_err(|error| at("who", error))
}

fn at_who(error: Error) -> Error {
    match error {
        Error::Invalid { field, message } if field == "principal" => Error::invalid("who", message),
        Error::Invalid { field, message } if field == "email" => Error::invalid("who", message),
        Error::Invalid { field, message } if field == "expires_at" => Error::invalid("until", message),
        other => other,
    }
}

fn name(to: &Grantee) -> String {
    match to {
        Grantee::User(name) | Grantee::Robot(name) => name.to_string(),
        Grantee::Group(name) => name.to_string(),
        Grantee::Anonymous => "everybody".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_picked_is_meant() {
        let read = |text: &str| who(text).map(|to| to.to_string());
        assert_eq!(read("mara").unwrap(), "user mara");
        assert_eq!(read("eng-web (group)").unwrap(), "group eng-web");
        assert_eq!(read("ci-web (robot)").unwrap(), "robot ci-web");
        assert_eq!(read("everybody").unwrap(), "everybody");
        assert!(matches!(who("Mara Lindqvist"), Err(Error::Invalid { field, .. }) if field == "who"));
    }
}
