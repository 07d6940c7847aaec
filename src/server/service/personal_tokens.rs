//! Tokens of people, for clients that sign in with no browser. Each is an upper bound on what its owner may do.

use super::{draw, within_a_year};
use crate::domain::action::{CreateToken, DeleteToken, ListUsers, Mutation, ReadAccount, RevokeToken};
use crate::domain::error::What;
use crate::domain::view::{MAX_TOKENS, TokenRow, TokensView};
use crate::domain::{Error, Result, Terms, Username};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::identity::secrets::{self, Kind};
use crate::server::secret::Secret;
use crate::server::store::tokens::{self, NewToken};
use crate::server::store::{Change, grants, people};

/// The page of one's own.
pub async fn view(app: &App, proof: &Authorized<ReadAccount>) -> Result<TokensView> {
    let tokens = list(app, proof, "", MAX_TOKENS).await?;
    Ok(TokensView { username: proof.action().username.clone(), tokens })
}

/// One's own tokens after `after`, oldest first.
pub async fn list(app: &App, proof: &Authorized<ReadAccount>, after: &str, limit: u32) -> Result<Vec<TokenRow>> {
    of_principal(app, &id_of(app, &proof.action().username).await?, after, limit).await
}

/// One of one's own, by id or name.
pub async fn find(app: &App, proof: &Authorized<ReadAccount>, which: &str) -> Result<TokenRow> {
    chosen(list(app, proof, "", MAX_TOKENS).await?, which)
}

/// The tokens of somebody with an account.
pub async fn of_user<'t>(
    app: &App,
    _proof: &Authorized<ListUsers>,
    id: &str,
    given: impl Iterator<Item = &'t Terms>,
) -> Result<Vec<TokenRow>> {
    let given: Vec<&Terms> = given.collect();
    marked(app, tokens::of_principal(&app.store, id, "", MAX_TOKENS).await?, &given)
}

/// That one of them.
///
/// # Errors
/// [`Error::NotFound`].
pub fn chosen(tokens: Vec<TokenRow>, which: &str) -> Result<TokenRow> {
    let place = tokens.iter().position(|token| token.id == which);
    let place = place.or_else(|| tokens.iter().position(|token| token.name.as_str() == which));
    place.and_then(|place| tokens.into_iter().nth(place)).ok_or(Error::NotFound(What::Token))
}

async fn of_principal(app: &App, id: &str, after: &str, limit: u32) -> Result<Vec<TokenRow>> {
    let providers = app.identity.providers.names();
    let given = grants::of_principal(&app.store, id, &providers).await?;
    let found = tokens::of_principal(&app.store, id, after, limit).await?;
    marked(app, found, &given.iter().collect::<Vec<_>>())
}

/// The same, with whether each reaches anything of what was given to its owner.
fn marked(app: &App, mut found: Vec<TokenRow>, given: &[&Terms]) -> Result<Vec<TokenRow>> {
    let now = app.clock.now();
    found.iter_mut().for_each(|token| {
        let meets = |terms: &Terms| token.bound.as_ref().is_none_or(|bound| meet(bound, terms));
        token.reaches = given.iter().filter(|terms| terms.hold_at(now)).any(|terms| meets(terms));
    });
    Ok(found)
}

/// Whether there is something that both reach.
fn meet(one: &Terms, other: &Terms) -> bool {
    one.scope.holds(&other.scope) || other.scope.holds(&one.scope)
}

async fn id_of(app: &App, username: &Username) -> Result<String> {
    let found = people::find(&app.store, username).await?;
    found.map(|user| user.id).ok_or_else(|| Error::NotFound(What::User(username.to_string())))
}

/// Makes a token; its secret is nowhere but in what this returns.
///
/// # Errors
/// [`Error::Conflict`] if its owner has one of that name or too many, [`Error::Invalid`] for an end that is over or
/// too far away.
pub async fn create(app: &App, proof: &Authorized<CreateToken>) -> Result<(TokenRow, Secret)> {
    let CreateToken { username, name, bound, expires_at } = proof.action().clone();
    let now = app.clock.now();
    if let Some(end) = expires_at {
        within_a_year(end, now)?;
    }
    let (owner, secret) = (id_of(app, &username).await?, draw(app, Kind::Personal));
    let new = NewToken {
        id: new_id(&*app.entropy, now),
        principal_id: owner.clone(),
        name: name.to_string(),
        fingerprint: secrets::fingerprint(&secret),
        bound,
        expires_at,
    };
    let id = new.id.clone();
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            match tokens::count(tx, &new.principal_id, &name).await? {
                (_, true) => {
                    return Err(Error::Conflict(format!("you have a token called {name}; choose another name")));
                }
                (MAX_TOKENS.., _) => {
                    let words = format!("you have {MAX_TOKENS} tokens; revoke one that nothing uses any more");
                    return Err(Error::Conflict(words));
                }
                _ => tokens::insert(tx, &new, now).await?,
            }
            Ok(Change::new((), None, Some(new.id)))
        })
    });
    write.await?;
    Ok((chosen(of_principal(app, &owner, "", MAX_TOKENS).await?, &id)?, secret))
}

/// Takes one of one's own away, at once.
pub async fn delete(app: &App, proof: &Authorized<DeleteToken>) -> Result<()> {
    let DeleteToken { username, id, .. } = proof.action();
    take(app, proof, username, id).await
}

/// Takes somebody else's away, at once.
pub async fn revoke(app: &App, proof: &Authorized<RevokeToken>) -> Result<()> {
    let RevokeToken { username, id, .. } = proof.action();
    take(app, proof, username, id).await
}

async fn take<A: Mutation>(app: &App, proof: &Authorized<A>, username: &Username, id: &str) -> Result<()> {
    let (owner, id) = (id_of(app, username).await?, id.to_owned());
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if !tokens::delete_own(tx, &owner, &id).await? {
                return Err(Error::NotFound(What::Token));
            }
            Ok(Change::new((), Some(id), None))
        })
    });
    write.await
}
