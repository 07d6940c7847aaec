//! Forms of the console's pages. Each posts to the address of its page and names what it asks for; what is done leads
//! on to a page that says so, what is refused comes back on the same page with what was typed.

mod access;
mod account;
mod copies;
mod deletes;
mod groups;
mod jobs;
mod mounts;
mod names;
mod protections;
mod providers;
mod question;
mod robots;
mod sent;
mod settings;
mod tokens;
mod trash;
mod users;

use super::shell::{self, Assets};
use super::{door, error, provider, said};
use crate::domain::view::Ended;
use crate::domain::{Action, Address, Error, Result};
use crate::server::access::Caller;
use crate::server::context::App;
use crate::server::identity::by_provider::Begun;
use crate::server::secret::Secret;
use crate::ui::form::{Back, FormState, Intent, Said};
use crate::ui::query::Pairs;
use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect};
use sent::Sent;

/// Where to go on, and what to say there.
struct Done {
    to: String,
    said: Said,
    /// Where it goes on first, at a provider, before anything is done.
    away: Option<Begun>,
    page: NextPage,
}

/// The page on which it goes on says what was done, shows what comes of it, or asks first.
enum NextPage {
    Said,
    Other,
    Question,
}

impl Done {
    fn new(to: impl ToString, intent: Intent, of: impl ToString) -> Self {
        let said = Said { intent, of: of.to_string(), secret: None, ended: None, back: None };
        Self { to: to.to_string(), said, away: None, page: NextPage::Said }
    }

    /// Goes on with a question.
    fn asking(to: String, intent: Intent) -> Self {
        Self { page: NextPage::Question, ..Self::new(to, intent, "") }
    }

    /// Goes on at a job, whose page says the rest.
    fn at_job(id: String, intent: Intent) -> Self {
        Self { page: NextPage::Other, ..Self::new(Address::Job(id), intent, "") }
    }

    /// With the way back.
    fn with_back(self, back: Option<Back>) -> Self {
        Self { said: Said { back, ..self.said }, ..self }
    }

    /// By a provider.
    fn by(self, begun: Begun) -> Self {
        Self { away: Some(begun), ..self }
    }

    /// With something that is shown this once.
    fn with_secret(self, secret: String) -> Self {
        Self { said: Said { secret: Some(secret), ..self.said }, ..self }
    }

    /// With what stopped by it.
    fn with_ended(self, ended: Option<Ended>) -> Self {
        Self { said: Said { ended, ..self.said }, ..self }
    }
}

/// Does what a form asks for.
pub(super) async fn submit(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Extension(assets): Extension<Assets>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, super::router::FORM_BYTES).await else {
        return error::problem(&Error::TooLarge { message: "this form is too long".to_owned() });
    };
    let sent = Sent::read(&body);
    let Some(intent) = sent.intent() else {
        return error::problem(&Error::Method); // No form of any page.
    };
    let from = door::address_of(&parts.extensions, &parts.headers, &app.facts.trusted_proxies);
    let mark = door::cookie(&parts.headers, door::mark_name(app.facts.is_plain_http())).map(Secret::from);
    let browser = provider::browser(&app, &parts.headers);
    let form = Form { app: &app, caller: &caller, sent: &sent, uri: &parts.uri, from, mark, browser };
    let state = FormState { intent: Some(intent), typed: sent.typed(), ..FormState::default() };
    let done = match mounts::probe(&form, intent).await {
        Ok(None) => form.perform(intent).await,
        Ok(Some(found)) => {
            let state = FormState { probed: Some(found), ..state };
            return again(&app, &caller, assets, (&parts.uri, &parts.headers), state).await;
        }
        Err(failure) => Err(failure),
    };
    match done {
        Ok(Done { away: Some(begun), .. }) => provider::sent_by_form(&app, &begun),
        Ok(Done { page: NextPage::Question, to, .. }) => Redirect::to(&within(&parts.uri, to)).into_response(),
        Ok(Done { page: NextPage::Other, to, .. }) => led_on(&parts.uri, &to),
        Ok(done) => {
            let mut response = led_on(&parts.uri, &done.to);
            response.headers_mut().insert(header::SET_COOKIE, said::cookie(&app, &done.said));
            response
        }
        Err(_) if !caller.standing.is_signed_in() => error::problem(&Error::Unauthenticated),
        Err(failure) => come_back(&app, &caller, assets, (&parts.uri, &parts.headers), state, failure).await,
    }
}

/// Whether a form was sent from a dialog over another page: what comes of it is shown there, and what was done leads
/// that page on.
fn is_in_dialog(uri: &Uri) -> bool {
    Pairs::of(&uri.to_string()).get("part") == Some("dialog")
}

/// The address of a question, for where the form stood.
fn within(uri: &Uri, to: String) -> String {
    let joint = if to.contains('?') { '&' } else { '?' };
    if is_in_dialog(uri) { format!("{to}{joint}part=dialog") } else { to }
}

/// Leads on to the page that says what was done. A script that sent the form is told which one that is, for what it would
/// be led to by itself it would read in place of the reader.
fn led_on(uri: &Uri, to: &str) -> Response<Body> {
    match is_in_dialog(uri) {
        true => (StatusCode::NO_CONTENT, [(header::LOCATION, to.to_owned())]).into_response(),
        false => Redirect::to(to).into_response(),
    }
}

/// A form on its way to what it asks for.
struct Form<'a> {
    app: &'a App,
    caller: &'a Caller,
    sent: &'a Sent,
    uri: &'a Uri,
    from: String,
    /// That this browser is known to its owner's account.
    mark: Option<Secret>,
    /// By what it is known when it comes back from a provider.
    browser: Option<Secret>,
}

impl Form<'_> {
    async fn perform(&self, intent: Intent) -> Result<Done> {
        use Intent as I;
        match intent {
            I::CreateUser
            | I::InviteAgain
            | I::DisableUser
            | I::EnableUser
            | I::DeleteUser
            | I::EndSessions
            | I::LetIn
            | I::Dismiss => users::perform(self, intent).await,
            I::GiveAccess => access::give(self).await,
            I::InviteWithAccess => access::invite(self).await,
            I::TakeInvitation => access::take_invitation(self).await,
            I::ChangeAccess => access::change(self).await,
            I::TakeAccess => access::take(self).await,
            I::CreateGroup => groups::create(self).await,
            I::AddMember | I::RemoveMember => groups::set_member(self, intent == I::AddMember).await,
            I::MapClaim | I::UnmapClaim => groups::set_claim(self, intent == I::MapClaim).await,
            I::DeleteGroup => groups::delete(self).await,
            I::CreateRepository => settings::create(self).await,
            I::DeleteTags | I::DeleteImage | I::DeleteRepository | I::DeleteNamespace => deletes::redeem(self).await,
            I::Undo => deletes::undo(self).await,
            I::CopyTags | I::UndoCopy => copies::perform(self, intent).await,
            I::ConfigureRepository => settings::repository(self).await,
            I::ConfigureNamespace => settings::namespace(self).await,
            I::SetProtection | I::ChangeProtection | I::RemoveProtection => protections::perform(self, intent).await,
            I::Star | I::Unstar | I::ChangePassword | I::EndSession | I::LinkIdentity | I::UnlinkIdentity => {
                account::perform(self, intent).await
            }
            I::CreateToken => tokens::create(self).await,
            I::DeleteToken => tokens::delete(self).await,
            I::RevokeToken => tokens::revoke(self).await,
            I::CreateRobot => robots::create(self).await,
            I::RotateRobot => robots::rotate(self).await,
            I::DisableRobot | I::EnableRobot => robots::set_disabled(self, intent == I::DisableRobot).await,
            I::DeleteRobot => robots::delete(self).await,
            I::CreateMount | I::ChangeMount | I::CheckMount | I::RotateHook | I::DeleteMount => {
                mounts::perform(self, intent).await
            }
            I::CreateProvider
            | I::ChangeProvider
            | I::EnableProvider
            | I::DisableProvider
            | I::DeleteProvider
            | I::AcceptGroup
            | I::TryProvider => providers::perform(self, intent).await,
            I::SetTag | I::RenameTag | I::RollBackTag | I::RollBackNamespace => names::perform(self, intent).await,
            I::RestoreTrash | I::PurgeTrash => trash::perform(self, intent).await,
            I::RunCollection => jobs::collect(self).await,
            I::PauseJob | I::ResumeJob | I::CancelJob => jobs::control(self, intent).await,
        }
    }

    /// Whether whoever sent it might do something else as well.
    fn may(&self, action: &impl Action) -> bool {
        self.app.access.may(&self.caller.standing, action)
    }

    /// The page that the form stands on, without what its address asks besides.
    fn page(&self) -> &str {
        self.uri.path()
    }

    /// The last part of that page's path.
    fn last_part(&self) -> &str {
        self.page().rsplit('/').next().unwrap_or_default()
    }
}

/// The page of a form once more, with what was typed and what is wrong with it.
pub(super) async fn come_back(
    app: &App,
    caller: &Caller,
    assets: Assets,
    (uri, headers): (&Uri, &HeaderMap),
    state: FormState,
    failure: Error,
) -> Response<Body> {
    let status = match failure {
        Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Changed { .. } => StatusCode::CONFLICT,
        ref failure => error::status(failure),
    };
    let wait = error::retry_after(&failure);
    let rule = match &failure {
        Error::Protected(barred) => {
            crate::server::service::protections::in_the_way(app, caller, barred.clone()).await.ok()
        }
        _ => None,
    };
    let state = FormState { error: Some(failure), rule, ..state };
    let mut response = again(app, caller, assets, (uri, headers), state).await;
    // A page that its reader may not see says so itself.
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response.headers_mut().extend(wait.map(|wait| (header::RETRY_AFTER, wait)));
    response
}

/// The page of a form with what stands in it.
async fn again(
    app: &App,
    caller: &Caller,
    assets: Assets,
    (uri, headers): (&Uri, &HeaderMap),
    state: FormState,
) -> Response<Body> {
    let mut request = Request::builder().uri(uri.clone()).body(Body::empty()).expect("an address that was asked for");
    request.headers_mut().extend(headers.get(header::COOKIE).map(|cookies| (header::COOKIE, cookies.clone())));
    shell::draw(app, caller, assets, request, state).await
}
