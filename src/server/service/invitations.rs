//! Inviting somebody to a scope: an account, access there, and the link by which they choose a password, in one step.

use super::{access, users};
use crate::domain::action::{InviteWithAccess, ListGrants, TakeInvitation};
use crate::domain::principal::{PrincipalKind, email};
use crate::domain::{Action, Error, Result, Username};
use crate::server::access::Authorized;
use crate::server::context::App;
use crate::server::entropy::new_id;
use crate::server::identity::links;
use crate::server::store::grants::GranteeId;
use crate::server::store::{Change, grants, people, principals};

/// How many are named who may invite somebody.
const MAX_NAMED: u32 = 3;

/// Makes the account with its one grant; the link is nowhere but in what this returns.
///
/// # Errors
/// [`Error::Conflict`] if the username is taken, or nobody could take an invitation.
pub async fn invite(app: &App, proof: &Authorized<InviteWithAccess>, (name, email): (&str, &str)) -> Result<String> {
    users::require_invitable(app)?;
    let InviteWithAccess { username, terms } = proof.action().clone();
    let (rights, needs) = (proof.rights(), proof.action().needs());
    let (user, invitation) = (users::new_user(app, username, (name, email))?, links::New::invitation(app));
    let (address, now, by) = (invitation.address.clone(), app.clock.now(), proof.actor().clone());
    let grant_id = new_id(&*app.entropy, now);
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            access::require_until(&rights, &needs, terms.expires_at)?;
            if !principals::insert(tx, &user, &by).await? {
                return Err(principals::taken(&user.username));
            }
            invitation.keep(tx, &user.id, &by).await?;
            let to = GranteeId::Principal(PrincipalKind::User, user.id);
            grants::insert(tx, &grant_id, &to, &terms, &by, now).await?;
            Ok(Change::new((), None, Some(grant_id)))
        })
    });
    write.await?;
    Ok(address)
}

/// Takes an invitation back that nobody has taken yet: its link stops working, and the account goes with all that was
/// given to it.
///
/// # Errors
/// [`Error::Conflict`] for somebody who has a way in by now.
pub async fn take_back(app: &App, proof: &Authorized<TakeInvitation>) -> Result<()> {
    let user = users::of(app, &proof.action().username).await?;
    let write = app.store.write(proof, move |tx| {
        Box::pin(async move {
            if principals::has_way_in(tx, &user.id).await? {
                let words =
                    format!("{} has taken the invitation; disable or delete the account instead", user.username);
                return Err(Error::Conflict(words));
            }
            people::delete(tx, &user.id).await?;
            Ok(Change::new((), Some(user.id), None))
        })
    });
    write.await
}

/// The user with that e-mail address, for who may look people up; nobody where it is no one's.
///
/// # Errors
/// [`Error::Conflict`] where several people have it.
pub async fn addressee(app: &App, address: &str) -> Result<Option<Username>> {
    let mut found = people::with_email(&app.store, &email(address)?).await?;
    let first = found.pop();
    match found.is_empty() {
        true => Ok(first),
        false => {
            Err(Error::Conflict("several accounts have this address; type the username of the one you mean".to_owned()))
        }
    }
}

/// Whom to ask for an invitation, in words.
pub async fn whom_to_ask(app: &App, _proof: &Authorized<ListGrants>) -> Result<Error> {
    let names = people::administrators(&app.store, MAX_NAMED).await?;
    let names: Vec<&str> = names.iter().map(Username::as_str).collect();
    let whom = if names.is_empty() { "whoever runs this registry".to_owned() } else { names.join(" or ") };
    let words =
        format!("you cannot invite people by e-mail; type the username of somebody who has an account, or ask {whom}");
    Ok(Error::invalid("who", words))
}
