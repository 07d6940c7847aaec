//! What a list that shows nothing says of the trash: how much its reader may bring back to that place. To others nothing
//! was there.

use crate::domain::view::LeftInTrash;
use crate::domain::{Permission, Result, Scope};
use crate::server::access::Rights;
use crate::server::context::App;
use crate::server::store::trash::{self, Wanted};

/// As much as is in the trash of a scope; one statement, and none for who brings nothing back.
pub(super) async fn left(app: &App, rights: &Rights, scope: &Scope) -> Result<Option<LeftInTrash>> {
    if !rights.reach_anywhere(Permission::TrashRestore) {
        return Ok(None);
    }
    let (repository, below) = match scope.clone() {
        Scope::Everything => (None, None),
        Scope::Namespace(namespace) => (None, Some(namespace)),
        Scope::Repository(name) => (Some(name), None),
    };
    let reach = app.access.reach(&rights.standing(), Permission::TrashRestore);
    trash::left(&app.store, (&reach, &Wanted { repository, below, ..Wanted::default() })).await
}
