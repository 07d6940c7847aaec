//! Addresses read back as they were printed, and nothing else is one.

use super::*;

#[test]
fn what_is_printed_parses_back() {
    let name: RepositoryName = "team/tags/web".parse().unwrap();
    let digest: Digest = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    for address in [
        Address::Repository(name.clone()),
        Address::Tag(name.clone(), "1.4.2".parse().unwrap()),
        Address::Retag(name.clone(), "1.4.2".parse().unwrap()),
        Address::RenameTag(name.clone(), "rename".parse().unwrap()),
        Address::RollBack(name.clone(), "prod".parse().unwrap()),
        Address::Manifest(name.clone(), digest.clone()),
        Address::AddTag(name.clone(), digest.clone()),
        Address::Images(name.clone()),
        Address::RawManifest(name.clone(), digest.clone()),
        Address::ManifestTab(name.clone(), digest.clone(), ImageTab::Config),
        Address::ManifestTab(name.clone(), digest.clone(), ImageTab::Attestations),
        Address::ManifestTab(name.clone(), digest.clone(), ImageTab::Manifest),
        Address::History(name.clone()),
        Address::Push(name.clone()),
        Address::Compare(name.clone(), None),
        Address::Compare(name.clone(), Some(("1.4".parse().unwrap(), "compare".parse().unwrap()))),
        Address::Compare(name.clone(), Some((Reference::Digest(digest.clone()), "1.5".parse().unwrap()))),
        Address::Copy(name.clone()),
        Address::DeleteTags(name.clone()),
        Address::Tag(name.clone(), "delete".parse().unwrap()),
        Address::DeleteTag(name.clone(), "delete".parse().unwrap()),
        Address::DeleteImage(name.clone(), digest.clone()),
        Address::DeleteAll(Scope::Repository(name.clone())),
        Address::Access(Scope::Repository(name.clone())),
        Address::Settings(Scope::Repository(name.clone())),
        Address::Activity(Scope::Repository(name)),
    ] {
        let text = address.to_string();
        assert_eq!(Address::parse_repository(text.strip_prefix("/r/").unwrap()), Some(address));
    }
    for page in ["overview", "tests", "config/", "config/x", ""] {
        assert_eq!(Address::parse_repository(&format!("team/web/-/manifests/{digest}/{page}")), None, "{page}");
    }
    let dots = Address::Compare("team/web".parse().unwrap(), Some(("1.".parse().unwrap(), "2".parse().unwrap())));
    assert_eq!(dots.to_string(), "/r/team/web/-/compare?from=1.&to=2");
    assert_eq!(Address::parse_repository("team/-/compare/1.4"), None);
    let access = Address::Access("team/backend/*".parse().unwrap());
    let activity = Address::Activity("team/backend/*".parse().unwrap());
    let namespace: Namespace = "team/backend".parse().unwrap();
    let (trash, as_of) = (Address::Trash(Some(namespace.clone())), Address::AsOf(namespace.clone()));
    let (robots, policies) = (Address::Robots(namespace.clone()), Address::Policies(namespace.clone()));
    let all = Address::DeleteAll(Scope::Namespace(namespace.clone()));
    for address in [access, activity, all, robots, policies, trash, as_of, Address::Namespace(namespace)] {
        assert_eq!(Address::parse_namespace(address.to_string().strip_prefix("/n/").unwrap()), Some(address));
    }
    assert_eq!(Address::parse_repository("team/-/robots"), None, "a repository has none");
    assert_eq!(Address::parse_namespace("Team"), None);
    assert_eq!(Address::parse_repository("team/-/unknown/x"), None);
    assert_eq!(Address::parse_repository("team/-/unknown"), None);
    assert_eq!(Address::parse_repository("team/-/tags/.bad"), None);
    assert_eq!(Address::parse_repository("team/-/tags/prod/"), None);
    assert_eq!(Address::parse_repository("team/-/tags/prod/other"), None);
    assert_eq!(Address::parse_repository(""), None);
}
