//! The pages in front of the console: signing in, making the first administrator, choosing a password
//! by a link. Each is a plain form.

pub mod invite;
pub mod set_up;
pub mod sign_in;
