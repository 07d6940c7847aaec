//! Words of filters, read and refused.

use super::*;

#[test]
fn names_and_ages_are_read_and_what_is_neither_is_said() {
    let now = Timestamp(100 * 86_400_000);
    let filter = TagFilter::parse(" 1.4.*  rc age:>30d age:<8w ", now).unwrap();
    let fitting = |globs: &str| NameIs::Fitting(globs.parse().unwrap());
    assert_eq!(filter.names, [fitting("1.4.*"), NameIs::With("rc".to_owned())]);
    assert_eq!(filter.before, Some(Timestamp(70 * 86_400_000)));
    assert_eq!(filter.after, Some(Timestamp(44 * 86_400_000)));
    assert!(TagFilter::parse("", now).unwrap().is_empty());
    let protected = TagFilter::parse("*protected* protected", now).unwrap();
    assert_eq!((protected.names, protected.under), (vec![fitting("*protected*")], Some(vec![])));
    let words = TagFilter::parse("v[0-9]*,!*-rc? !v1 !*.0", now).unwrap().names;
    assert_eq!(words, [fitting("v[0-9]*,!*-rc?"), NameIs::Without("v1".to_owned()), fitting("!*.0")]);
    assert_eq!(TagFilter::parse("unprotected", now).unwrap().free_of, Some(vec![]));
    for (odd, words) in [
        ("age:30d", "is no age"),
        ("age:>", "is no age"),
        ("age:>d", "is no age"),
        ("age:>30", "is no age"),
        ("age:>-1d", "is no age"),
        ("age:>9223372036854775807y", "is no age"),
        ("age:>3é", "is no age"),
        ("stars:>1", "`stars:` is no filter; write a part of a name"),
        ("unused:<90d", "is no such time; write unused:>90d"),
        ("size:>1", "is no size"),
        ("size:1GB", "is no size"),
        ("size:>1.2345GB", "is no size"),
        ("size:>.GB", "is no size"),
        ("size:>99999999TB", "is no size"),
        ("size:>1GB size:>2GB", "`size:>2GB` says a second time"),
        ("platform:", "is no platform"),
        ("platform:arm%64", "is no platform"),
        ("digest:xyz", "is no beginning of a digest"),
        ("digest:sha512:3f", "is no beginning of a digest"),
        ("by:", "names nobody"),
        ("by:a by:b", "`by:b` says a second time"),
        ("signed unsigned", "`unsigned` says a second time"),
        ("age:>90d v* age:>30d", "`age:>30d` says a second time"),
        ("age:<1d age:<1d", "`age:<1d` says a second time"),
        ("v[9-0]", "`v[9-0]`: a set in a tag pattern"),
        ("v[0-9", "`v[0-9`: a set in a tag pattern"),
        ("team/*", "`team/*`: a tag pattern has letters"),
        ("!", "`!` has a glob that is empty"),
        ("v*, !*-rc?", "`v*,` has a glob that is empty; write globs without spaces"),
    ] {
        let refused = TagFilter::parse(odd, now).unwrap_err();
        let says = |message: &String| message.contains(words);
        assert!(
            matches!(&refused, Error::Invalid { field, message } if field == "q" && says(message)),
            "{odd}: {refused}"
        );
    }
}

#[test]
fn words_about_images_are_read() {
    let now = Timestamp(100 * 86_400_000);
    let text = "size:>1.5gb size:<38MB unused:>90d platform:ARM64 platform:linux/arm/v7 digest:3F9a by:ci-web unsigned";
    let filter = TagFilter::parse(text, now).unwrap();
    assert_eq!((filter.larger, filter.smaller), (Some(1_500_000_000), Some(38_000_000)));
    assert_eq!(filter.unused_since, Some(Timestamp(10 * 86_400_000)));
    assert_eq!(filter.platforms, ["arm64", "linux/arm/v7"]);
    assert_eq!(filter.digest.as_deref(), Some("sha256:3f9a"));
    assert_eq!((filter.by.as_deref(), filter.is_signed), (Some("ci-web"), Some(false)));
    assert_eq!(TagFilter::parse("digest:sha256:3f9a", now).unwrap().digest.as_deref(), Some("sha256:3f9a"));
}

#[test]
fn every_word_that_is_shown_is_read() {
    for word in WORDS {
        assert!(!TagFilter::parse(word.sample, Timestamp(i64::MAX)).unwrap().is_empty(), "{}", word.sample);
    }
}
