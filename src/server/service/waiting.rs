//! People who signed in by a provider and whom nobody has let in yet.

use crate::domain::action::{Dismiss, LetIn, ListUsers};
use crate::domain::error::What;
use crate::domain::page::Position;
use crate::domain::principal::Principal;
use crate::domain::view::{AlikeRow, UserRow};
use crate::domain::{Error, Page, Permission, Result, Target};
use crate::server::access::{Authorized, Caller};
use crate::server::context::App;
use crate::server::identity;
pub use crate::server::store::waiting::Waiting;
use crate::server::store::{Change, people, waiting};

/// The most accounts that are named for a page of them.
const MAX_ALIKE: u32 = 100;

/// A page of those who wait, who came last first; the first one where nobody is left on the page that is asked for.
pub async fn latest(
    app: &App,
    proof: &Authorized<ListUsers>,
    position: &Position,
    limit: u32,
) -> Result<Page<Waiting>> {
    require_manager(proof)?;
    let found = waiting::latest(&app.store, position, limit).await?;
    let found = match found.items.is_empty() && *position != Position::Start {
        true => waiting::latest(&app.store, &Position::Start, limit).await?,
        false => found,
    };
    let Page { items, previous, next } = found;
    Ok(Page { items: items.into_iter().map(vouched).collect(), previous, next })
}

/// Those after an identity, in the order of identities.
pub async fn page(app: &App, proof: &Authorized<ListUsers>, after: (&str, &str), limit: u32) -> Result<Vec<Waiting>> {
    require_manager(proof)?;
    Ok(waiting::page(&app.store, after, limit).await?.into_iter().map(vouched).collect())
}

/// How many wait, for who may let them in; nobody for others.
pub async fn count(app: &App, caller: &Caller) -> u64 {
    match app.access.holds(&caller.standing, Permission::UserManage, &Target::Instance) {
        true => waiting::count(&app.store).await.unwrap_or_default(),
        false => 0,
    }
}

/// Of those who wait the names of accounts that have the very address for which the provider vouches, and by what their
/// owners sign in.
pub async fn alike(app: &App, waiting: &[Waiting]) -> Result<Vec<AlikeRow>> {
    let emails: Vec<String> = waiting.iter().map(|who| who.email.to_lowercase()).filter(|it| !it.is_empty()).collect();
    if emails.is_empty() {
        return Ok(vec![]);
    }
    let found = people::with_emails(&app.store, &emails, MAX_ALIKE).await?;
    let row = |user: UserRow| AlikeRow {
        email: user.email.to_lowercase(),
        username: user.username,
        providers: user.providers.iter().map(|name| app.identity.providers.title(name)).collect(),
        has_password: user.has_password,
    };
    Ok(found.into_iter().map(row).collect())
}

/// Only who can let them in reads who waits.
fn require_manager(proof: &Authorized<ListUsers>) -> Result<()> {
    let manages = proof.rights().require(Permission::UserManage, &Target::Instance);
    manages.map_err(|_| Error::Forbidden(Permission::UserManage))
}

/// Without an address for which nobody vouches: anybody can say of themselves what they like.
fn vouched(waiting: Waiting) -> Waiting {
    let email = if waiting.email_verified { waiting.email } else { String::new() };
    Waiting { email, ..waiting }
}

/// The one who waits under that identity.
///
/// # Errors
/// [`Error::NotFound`] if nobody does.
pub async fn find(app: &App, proof: &Authorized<ListUsers>, (issuer, subject): (&str, &str)) -> Result<Waiting> {
    require_manager(proof)?;
    let found = waiting::find(&app.store, issuer, subject).await?;
    found.map(vouched).ok_or_else(|| Error::NotFound(What::User(subject.chars().take(80).collect())))
}

/// Lets somebody in: they are a user from now on, with what is given to them and what their groups bring.
///
/// # Errors
/// [`Error::NotFound`] if nobody waits under that identity.
pub async fn let_in(app: &App, proof: &Authorized<LetIn>) -> Result<Principal> {
    identity::let_in(app, proof).await
}

/// Somebody waits no longer; whoever they are, they may ask again by signing in.
pub async fn dismiss(app: &App, proof: &Authorized<Dismiss>) -> Result<()> {
    let Dismiss { issuer, subject } = proof.action().clone();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            waiting::remove(tx, &issuer, &subject).await?;
            Ok(Change::new((), Some(format!("{subject} of {issuer}")), None))
        })
    });
    let dismissed = write.await;
    waiting::changed(&app.store);
    dismissed
}
