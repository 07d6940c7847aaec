//! What a page of a delete is about, and its words.

use crate::api::deletes::{preview_all, preview_image, preview_matching, preview_tags};
use crate::domain::tag_filter::PROTECTED;
use crate::domain::view::{FEW_TAGS, Preview, PreviewKind};
use crate::domain::{Address, Digest, Error, RepositoryName, Result, Scope, Tag};
use crate::ui::form::Intent;
use crate::ui::query::Pairs;
use crate::ui::words::{counted, grouped};

/// The most tags that are chosen one by one.
const MAX_CHOSEN: usize = 200;

/// What is left out of the tags that are chosen: those that rules keep.
const LEAVE: &str = "leave";

/// Whether an address leaves those out.
pub fn leaves_protected(query: &Pairs) -> bool {
    query.get(LEAVE) == Some(PROTECTED)
}

/// What is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Tags(RepositoryName, Vec<Tag>),
    /// The tags that a filter matches.
    Matching(RepositoryName, String),
    Image(RepositoryName, Digest),
    All(Scope),
}

impl Asked {
    /// Reads an address; a filter goes before what is chosen besides.
    ///
    /// # Errors
    /// [`Error::Invalid`] where nothing is chosen, or too much one by one.
    pub fn of(address: Address, query: &Pairs) -> Result<Self> {
        match address {
            Address::DeleteTag(name, tag) => Ok(Self::Tags(name, vec![tag])),
            Address::DeleteImage(name, digest) => Ok(Self::Image(name, digest)),
            Address::DeleteAll(scope) => Ok(Self::All(scope)),
            Address::DeleteTags(name) => match query.get("filter") {
                Some(filter) => Ok(Self::Matching(name, filter.to_owned())),
                None => Ok(Self::Tags(name, chosen(query)?)),
            },
            _ => Err(Error::NotFound(crate::domain::error::What::Page)),
        }
    }

    /// What would go now; of tags, those alone that no rule keeps from who asks, where the others are left out.
    pub async fn preview(self, unprotected: bool) -> Result<Preview> {
        match self {
            Self::Tags(repository, tags) => preview_tags(repository, tags, unprotected).await,
            Self::Matching(repository, filter) => preview_matching(repository, filter, unprotected).await,
            Self::Image(repository, digest) => preview_image(repository, digest).await,
            Self::All(scope) => preview_all(scope).await,
        }
    }

    /// Where its reader goes on while something is in the way: the address, and its words. A registry elsewhere that deletes
    /// nothing is asked again, since that is switched on there.
    pub fn onward(&self, preview: &Preview, own: &str) -> Option<(String, String)> {
        match preview.barred.is_empty() {
            true => self.without_protected(preview, own),
            false => Some((own.to_owned(), "Check again".to_owned())),
        }
    }

    /// Leaves out what rules keep, where that is some of the tags: the address at which the others go, and its words.
    fn without_protected(&self, preview: &Preview, own: &str) -> Option<(String, String)> {
        if matches!(self, Self::Image(..) | Self::All(_)) {
            return None;
        }
        let tags = counted(preview.n_protected()?, "protected tag", "protected tags");
        let joint = if own.contains('?') { '&' } else { '?' };
        Some((format!("{own}{joint}{LEAVE}={PROTECTED}"), format!("Leave out {tags} and go on")))
    }

    /// What its form asks for.
    pub fn intent(&self) -> Intent {
        match self {
            Self::Tags(..) | Self::Matching(..) => Intent::DeleteTags,
            Self::Image(..) => Intent::DeleteImage,
            Self::All(Scope::Repository(_)) => Intent::DeleteRepository,
            Self::All(_) => Intent::DeleteNamespace,
        }
    }

    /// `Delete 2 tags from team/web`.
    pub fn title(&self, preview: &Preview) -> String {
        match self {
            Self::Tags(repository, tags) if tags.len() == 1 => format!("Delete tag {} from {repository}", tags[0]),
            Self::Tags(repository, _) | Self::Matching(repository, _) => {
                format!("Delete {} from {repository}", counted(preview.n_tags, "tag", "tags"))
            }
            Self::Image(_, digest) => format!("Delete image {}{}", digest.short(), and_tags(preview, "its ")),
            Self::All(scope) => format!("Delete {}", place(scope)),
        }
    }

    /// What the button does.
    pub fn act(&self, preview: &Preview) -> String {
        match self {
            Self::Tags(_, tags) if tags.len() == 1 => "Delete tag".to_owned(),
            Self::Tags(..) | Self::Matching(..) => format!("Delete {}", counted(preview.n_tags, "tag", "tags")),
            Self::Image(..) => format!("Delete image{}", and_tags(preview, "")),
            Self::All(scope @ Scope::Repository(_)) => format!("Delete {}", place(scope)),
            Self::All(_) => format!("Delete {}", counted(n_repositories(preview), "repository", "repositories")),
        }
    }

    /// Where its reader came from.
    pub fn back(&self) -> Address {
        match self {
            Self::Tags(name, tags) if tags.len() == 1 => Address::Tag(name.clone(), tags[0].clone()),
            Self::Tags(name, _) | Self::Matching(name, _) => Address::Repository(name.clone()),
            Self::Image(name, digest) => Address::Manifest(name.clone(), digest.clone()),
            Self::All(scope) => Address::Settings(scope.clone()),
        }
    }

    /// What has to be typed: nothing for few tags.
    pub fn typed(&self, preview: &Preview) -> Option<String> {
        match self {
            Self::Tags(..) | Self::Matching(..) => (preview.n_tags > FEW_TAGS).then(|| preview.n_tags.to_string()),
            Self::Image(name, _) => Some(name.to_string()),
            Self::All(scope) => Some(place(scope)),
        }
    }

    /// What became of it since it was looked at, when the page showed so many tags.
    pub fn changed(&self, before: Option<u64>, preview: &Preview) -> String {
        let now = preview.n_tags;
        let (verb, verbs) = match self {
            Self::Image(..) => ("names this image", "name this image"),
            Self::Matching(..) => ("matches", "match"),
            Self::Tags(..) | Self::All(_) => ("is here", "are here"),
        };
        let words = |number: u64, how: &str| {
            let (noun, verb) = if number == 1 { ("tag", verb) } else { ("tags", verbs) };
            format!("{} {how} {noun} now {verb}. Look again.", grouped(number))
        };
        match before {
            Some(before) if now > before => words(now - before, "more"),
            Some(before) if now < before => words(before - now, "fewer"),
            _ => "What would go changed since you looked. Look again.".to_owned(),
        }
    }
}

fn chosen(query: &Pairs) -> Result<Vec<Tag>> {
    let mut tags: Vec<Tag> = query.all("tag").map(str::parse).collect::<Result<_>>()?;
    tags.sort();
    tags.dedup();
    match tags.len() {
        0 => Err(Error::invalid("tag", "no tag is selected; select some in the list first")),
        1..=MAX_CHOSEN => Ok(tags),
        _ => Err(Error::invalid("tag", format!("select at most {MAX_CHOSEN} tags, or use a filter that matches them"))),
    }
}

/// ` and its 3 tags`.
fn and_tags(preview: &Preview, whose: &str) -> String {
    match preview.n_tags {
        0 => String::new(),
        1 => format!(" and {whose}tag"),
        count => format!(" and {whose}{}", counted(count, "tag", "tags")),
    }
}

fn place(scope: &Scope) -> String {
    scope.to_string().trim_end_matches("/*").to_owned()
}

/// How many repositories go.
pub fn n_repositories(preview: &Preview) -> u64 {
    preview.removed.iter().filter(|it| it.kind == PreviewKind::Repository).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::view::More;
    use crate::domain::{ByteSize, Timestamp};

    fn preview(n_tags: u64) -> Preview {
        Preview {
            plan: String::new(),
            removed: vec![],
            removed_more: More::default(),
            kept: vec![],
            kept_more: More::default(),
            unreachable: vec![],
            unreachable_more: More::default(),
            referrers: vec![],
            parents: vec![],
            rules: vec![],
            barred: vec![],
            barred_more: 0,
            left_out: vec![],
            notes: vec![],
            logical: ByteSize(0),
            pulls: vec![],
            freed: ByteSize(0),
            kept_until: None,
            freed_at: Timestamp(0),
            freed_by: None,
            stays_at: None,
            n_tags,
            n_images: 0,
        }
    }

    fn of(page: &str) -> Result<Asked> {
        let path = page.split('?').next().unwrap_or_default();
        Asked::of(Address::parse_repository(path).unwrap(), &Pairs::of(page))
    }

    #[test]
    fn what_goes_is_said_with_its_number() {
        let two = of("team/web/-/delete?tag=b&tag=a&tag=b").unwrap();
        assert_eq!(two.title(&preview(2)), "Delete 2 tags from team/web");
        assert_eq!((two.act(&preview(2)).as_str(), two.typed(&preview(2))), ("Delete 2 tags", None));
        assert_eq!(two.typed(&preview(21)), Some("21".to_owned()));
        let one = of("team/web/-/tags/1.4/delete").unwrap();
        assert_eq!(
            (one.title(&preview(1)).as_str(), one.act(&preview(1)).as_str()),
            ("Delete tag 1.4 from team/web", "Delete tag")
        );
        let image = of(&format!("team/web/-/manifests/sha256:{}/delete", "a".repeat(64))).unwrap();
        assert_eq!(image.title(&preview(3)), "Delete image aaaaaaaaaaaa and its 3 tags");
        assert_eq!(image.act(&preview(0)), "Delete image");
        assert_eq!(image.changed(Some(1), &preview(3)), "2 more tags now name this image. Look again.");
        assert_eq!(image.changed(Some(3), &preview(2)), "1 fewer tag now names this image. Look again.");
        assert_eq!(one.changed(Some(1), &preview(1)), "What would go changed since you looked. Look again.");
    }

    #[test]
    fn nothing_chosen_and_too_much_are_told() {
        assert!(matches!(of("team/web/-/delete"), Err(Error::Invalid { field, .. }) if field == "tag"));
        let many: Vec<String> = (0..=MAX_CHOSEN).map(|tag| format!("tag={tag}")).collect();
        assert!(of(&format!("team/web/-/delete?{}", many.join("&"))).is_err());
        let filter = of("team/web/-/delete?tag=a&filter=1.4.*").unwrap();
        assert_eq!(filter, Asked::Matching("team/web".parse().unwrap(), "1.4.*".to_owned()));
    }
}
