//! Whether this node can serve.

use crate::domain::Result;
use crate::server::context::App;

/// Fails while the database does not answer.
pub async fn ready(app: &App) -> Result<()> {
    app.store.ping().await
}
