//! Activity in words: what was done, and what became another than it was.

use crate::domain::Digest;
use crate::ui::words::inert;
use leptos::prelude::*;

/// The most that is shown of a state.
const MAX_CHARS: usize = 300;

/// What became another: what was there before and what is now, without what stayed and what the object says already.
/// An id says nothing to people.
#[component]
pub(super) fn Difference<'a>(
    before: Option<&'a String>,
    after: Option<&'a String>,
    object: &'a str,
) -> impl IntoView + use<> {
    let text = |of: Option<&'a String>| of.map_or("", String::as_str);
    let (was, is) = difference(text(before), text(after), object);
    let gone = (!was.is_empty()).then(|| view! { <span class="vh">"before: "</span><del>{was.clone()}</del> });
    let arrow = (!was.is_empty() && !is.is_empty()).then_some(" → ");
    let new = (!is.is_empty()).then(|| view! { <span class="vh">"after: "</span><ins>{is.clone()}</ins> });
    view! { {gone}{arrow}{new} }.into_any()
}

/// The parts that only one side has, in the order in which they stand there.
fn difference(before: &str, after: &str, object: &str) -> (String, String) {
    let separator = if before.contains('\n') || after.contains('\n') { "\n" } else { ", " };
    let parts = |text: &str| -> Vec<String> { text.split(separator).map(ToOwned::to_owned).collect() };
    let (was, is) = (parts(before), parts(after));
    let only = |own: &[String], other: &[String]| {
        let repeats = |part: &str| part == object || object.strip_suffix(part).is_some_and(|rest| rest.ends_with('@'));
        let says = |part: &&String| !part.is_empty() && !is_id(part) && !other.contains(part) && !repeats(part);
        inert(&own.iter().filter(says).map(|part| short(part)).collect::<Vec<_>>().join(", "), MAX_CHARS)
    };
    (only(&was, &is), only(&is, &was))
}

/// A text with each digest in it by the twelve digits that people compare. The whole stands with the details.
pub(super) fn short(text: &str) -> String {
    let Some(start) = text.find("sha256:").or_else(|| text.find("sha512:")) else { return text.to_owned() };
    let (before, rest) = text.split_at(start);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != ':').unwrap_or(rest.len());
    let (digest, after) = rest.split_at(end);
    let shown = digest.parse::<Digest>().map_or_else(|_| digest.to_owned(), |digest| digest.short().to_owned());
    format!("{before}{shown}{}", short(after))
}

fn is_id(text: &str) -> bool {
    text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// Actions by their names, in the words of a sentence that their object ends.
const WORDS: &[(&str, &str)] = &[
    ("blob.push", "Uploaded to"),
    ("blob.mount", "Mounted a blob:"),
    ("blob.delete", "Deleted the blob"),
    ("manifest.push", "Pushed"),
    ("manifest.delete", "Deleted the image"),
    ("tag.delete", "Deleted the tag"),
    ("tag.set", "Set the tag"),
    ("tag.rename", "Renamed the tag"),
    ("tag.roll-back", "Rolled back the tag"),
    ("tag.copy", "Copied to"),
    ("tag.take-back", "Took back a copy to"),
    ("namespace.roll-back", "Rolled back the namespace"),
    ("namespace.delete", "Deleted the namespace"),
    ("trash.restore", "Restored"),
    ("trash.purge", "Deleted for good:"),
    ("grant.give", "Gave access:"),
    ("grant.take", "Took access:"),
    ("grant.change", "Changed access:"),
    ("grant.invite", "Invited with access:"),
    ("user.take-invitation", "Took back the invitation of"),
    ("user.create", "Made the account"),
    ("user.change", "Changed the account"),
    ("user.invite", "Made an invitation link for"),
    ("user.delete", "Deleted the account"),
    ("user.sign-out", "Signed out everywhere:"),
    ("user.accept-link", "Chose a password by a link:"),
    ("account.change-password", "Changed the password of"),
    ("group.create", "Made the group"),
    ("group.change", "Changed the group"),
    ("group.delete", "Deleted the group"),
    ("group.map", "Mapped groups of providers to"),
    ("user.join", "Came by a provider:"),
    ("user.follow-provider", "Groups of a provider changed for"),
    ("user.rest", "A provider vouches no more for"),
    ("identity.link", "Linked a way to sign in:"),
    ("identity.unlink", "Unlinked a way to sign in:"),
    ("session.open", "Signed in"),
    ("session.end", "Signed out"),
    ("token.issue", "Got a registry token for"),
    ("user.let-in", "Let in"),
    ("user.dismiss", "Dismissed"),
    ("repository.create", "Made the repository"),
    ("token.create", "Made the token"),
    ("token.delete", "Revoked the token"),
    ("token.revoke", "Revoked the token"),
    ("robot.create", "Made the robot"),
    ("robot.rotate", "Rotated the secret of"),
    ("robot.change", "Changed the robot"),
    ("robot.delete", "Deleted the robot"),
    ("provider.create", "Added the sign-in provider"),
    ("provider.change", "Changed the sign-in provider"),
    ("provider.enable", "Enabled the sign-in provider"),
    ("provider.disable", "Disabled the sign-in provider"),
    ("provider.delete", "Removed the sign-in provider"),
    ("provider.accept-group", "Accepted the group"),
    ("group.count", "Counted the group"),
    ("provider.list", "Asked for sign-in providers"),
    ("provider.try", "Tried the sign-in provider"),
    ("repository.configure", "Changed the settings of"),
    ("repository.delete", "Deleted the repository"),
    ("protection.set", "Set the rule"),
    ("protection.change", "Changed the rule to"),
    ("protection.remove", "Removed the rule"),
    ("protection.list", "Asked for protection rules of"),
    ("namespace.configure", "Changed the settings of"),
    ("mount.create", "Mounted a registry at"),
    ("mount.change", "Changed the mount"),
    ("mount.check", "Asked to read the mount"),
    ("mount.rotate", "Made a new secret for the notifications of"),
    ("mount.delete", "Removed the mount"),
    ("mount.read", "Asked for mounts"),
    ("mount.probe", "Asked for mounts"),
    ("repository.read", "Asked for"),
    ("grant.list", "Asked who has access to"),
    ("user.list", "Asked for users"),
    ("group.list", "Asked for groups"),
    ("role.list", "Asked for roles"),
    ("activity.read", "Asked for activity of"),
    ("account.read", "Asked for an account"),
    ("job.collect", "Started a garbage collection"),
    ("job.control", "Changed the job:"),
    ("job.list", "Asked for jobs"),
    ("job.read", "Asked for the job"),
    ("system.read", "Asked for metrics"),
    ("session.open", "Signed in"),
    ("session.end", "Ended a session"),
    ("instance.set-up", "Set up the instance as"),
];

/// What was done, by the first of its words, and what was tried.
const TRIED: &[(&str, &str)] = &[
    ("Accepted", "Accepting"),
    ("Added", "Adding"),
    ("Asked", "Asking"),
    ("Came", "Coming"),
    ("Changed", "Changing"),
    ("Chose", "Choosing"),
    ("Copied", "Copying"),
    ("Deleted", "Deleting"),
    ("Disabled", "Disabling"),
    ("Dismissed", "Dismissing"),
    ("Enabled", "Enabling"),
    ("Ended", "Ending"),
    ("Gave", "Giving"),
    ("Got", "Getting"),
    ("Invited", "Inviting"),
    ("Let", "Letting"),
    ("Linked", "Linking"),
    ("Made", "Making"),
    ("Mapped", "Mapping"),
    ("Mounted", "Mounting"),
    ("Pushed", "Pushing"),
    ("Removed", "Removing"),
    ("Renamed", "Renaming"),
    ("Restored", "Restoring"),
    ("Revoked", "Revoking"),
    ("Rolled", "Rolling"),
    ("Rotated", "Rotating"),
    ("Set", "Setting"),
    ("Signed", "Signing"),
    ("Started", "Starting"),
    ("Took", "Taking"),
    ("Tried", "Trying"),
    ("Unlinked", "Unlinking"),
    ("Uploaded", "Uploading"),
];

/// The same of what was refused, in the words of a sentence that goes on with its object and ends in `was refused`.
pub(super) fn tried(action: &str) -> String {
    let done = words(action);
    let (first, rest) = done.split_once(' ').unwrap_or((&done, ""));
    match TRIED.iter().find(|(word, _)| *word == first) {
        Some((_, tried)) if rest.is_empty() => (*tried).to_owned(),
        Some((_, tried)) => format!("{tried} {rest}"),
        None => done,
    }
}

/// An action in words; one that a newer version did, by its name.
pub(super) fn words(action: &str) -> String {
    let known = WORDS.iter().find(|(name, _)| *name == action).map(|(_, words)| *words);
    known.unwrap_or(action).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stayed_is_left_out_and_so_are_ids() {
        let of = |before, after| {
            let (was, is) = difference(before, after, "mara");
            format!("{was}|{is}")
        };
        assert_eq!(of("reader", "owner"), "reader|owner");
        assert_eq!(of("mara, otto", "mara, nina"), "otto|nina");
        let (before, after) = ("visibility: private\ndescription: a, b", "visibility: public\ndescription: a, b");
        assert_eq!(of(before, after), "visibility: private|visibility: public");
        assert_eq!(of("", "0190a5c1-7b1e-7000-8000-000000000000"), "|");
        assert_eq!(of("same", "same"), "|");
    }

    #[test]
    fn what_was_refused_is_no_deed() {
        assert_eq!(
            ["blob.push", "tag.delete", "session.open", "user.list", "thing.do"].map(tried),
            ["Uploading to", "Deleting the tag", "Signing in", "Asking for users", "thing.do"]
        );
        // What a provider says is refused to nobody.
        let by_providers = ["user.follow-provider", "user.rest", "group.count"];
        let deeds = WORDS.iter().filter(|(name, _)| !by_providers.contains(name));
        let same: Vec<_> = deeds.filter(|(name, words)| tried(name) == *words).collect();
        assert!(same.is_empty(), "{same:?}");
    }

    #[test]
    fn a_digest_is_said_once_and_shortly() {
        let (one, two) = (format!("sha256:{}", "a".repeat(64)), format!("sha256:{}", "b".repeat(64)));
        assert_eq!(difference("", &one, &format!("team/web@{one}")), (String::new(), String::new()));
        assert_eq!(difference(&one, &two, "team/web@prod"), ("a".repeat(12), "b".repeat(12)));
        assert_eq!(
            short(&format!("team/web@{one} and {two}")),
            format!("team/web@{} and {}", "a".repeat(12), "b".repeat(12))
        );
        assert_eq!(short("sha256:none"), "sha256:none");
    }
}
