//! OCI layouts: folders that skopeo fills from here and sends back, and that umoci works on in between.

use super::place::Place;
use crate::support::sha256;
use std::fs;

/// OCI-28.
#[test]
fn umoci_names_and_changes_what_skopeo_fetched_and_skopeo_sends_it_back() {
    let Some(place) = Place::new() else { return };
    let (skopeo, umoci) = (place.client("skopeo"), place.client("umoci"));
    let layout = place.path("layout");
    let image = |tag: &str| format!("{layout}:{tag}");
    let (fetched, one) = (place.docker("team/base:1.0.0"), format!("oci:{}", image("1.0.0")));
    skopeo.run(&["copy", "--quiet", "--override-arch=amd64", "--src-tls-verify=false", &fetched, &one]);
    let amd64 = sha256(skopeo.run(&["inspect", "--raw", &one]).as_bytes());
    umoci.run(&["tag", "--image", &image("1.0.0"), "stable"]);
    umoci.run(&["config", "--image", &image("1.0.0"), "--tag", "labelled", "--config.label=made=by-umoci"]);
    let send = |tag: &str| {
        let (from, to) = (format!("oci:{}", image(tag)), place.docker(&format!("umoci/base:{tag}")));
        skopeo.run(&["copy", "--quiet", "--dest-tls-verify=false", &from, &to]);
        place.digest("umoci/base", tag).expect("it was pushed")
    };
    assert_eq!(send("stable"), amd64, "another name of the same image");
    assert_ne!(send("labelled"), amd64);
    let labelled = skopeo.run(&["inspect", "--tls-verify=false", &place.docker("umoci/base:labelled")]);
    assert!(labelled.contains("by-umoci"), "{labelled}");
}

/// OCI-28: its own image, since umoci unpacks no layer in zstd and the sample image has one.
#[test]
fn umoci_makes_an_image_and_packs_it_anew_after_a_pull() {
    let Some(place) = Place::new() else { return };
    let (skopeo, umoci) = (place.client("skopeo"), place.client("umoci"));
    let (made, pulled, bundle) = (place.path("made"), place.path("pulled"), place.path("bundle"));
    let send = |layout: &str, tag: &str| {
        let (from, to) = (format!("oci:{}:{tag}", place.path(layout)), place.docker(&format!("umoci/made:{tag}")));
        skopeo.run(&["copy", "--quiet", "--dest-tls-verify=false", &from, &to]);
        let digest = place.digest("umoci/made", tag).expect("it was pushed");
        assert!(place.read(&format!("{layout}/index.json")).contains(&digest), "as it lies in the layout");
        digest
    };
    place.write("home/note", "hello");
    umoci.run(&["init", "--layout", &made]);
    umoci.run(&["new", "--image", &format!("{made}:1")]);
    umoci.run(&["insert", "--rootless", "--image", &format!("{made}:1"), "note", "/note"]);
    let first = send("made", "1");
    let there = place.docker("umoci/made:1");
    skopeo.run(&["copy", "--quiet", "--src-tls-verify=false", &there, &format!("oci:{pulled}:1")]);
    umoci.run(&["unpack", "--rootless", "--image", &format!("{pulled}:1"), &bundle]);
    assert_eq!(place.read("bundle/rootfs/note"), "hello");
    place.write("bundle/rootfs/more", "and more");
    umoci.run(&["repack", "--image", &format!("{pulled}:2"), &bundle]);
    assert_ne!(send("pulled", "2"), first);
    assert_eq!(send("pulled", "1"), first, "what is there already is pushed again as it was");
    let layers = |tag: &str| {
        let manifest: serde_json::Value =
            serde_json::from_str(&place.get(&format!("/v2/umoci/made/manifests/{tag}")).1).unwrap();
        manifest["layers"].as_array().unwrap().clone()
    };
    assert!(layers("2").len() == 2 && layers("2").starts_with(&layers("1")), "a layer came on top");
    assert_eq!(place.tags("umoci/made"), r#"{"name":"umoci/made","tags":["1","2"]}"#);
}

/// OCI-28: images that have most of their layers in common, sent and fetched at once.
#[test]
fn skopeo_copies_two_images_with_the_same_layers_at_once() {
    let Some(place) = Place::new() else { return };
    let copies = [("base", "1.0.0"), ("app", "1.0.0"), ("base", "1.1.0"), ("app", "2.0.0")];
    let local = |name: &str, tag: &str| format!("oci:{}:{tag}", place.fixtures.join(name).display());
    let all_at_once = |copy: &(dyn Fn(&str, &str) + Sync)| {
        std::thread::scope(|scope| {
            for (name, tag) in copies {
                scope.spawn(move || copy(name, tag));
            }
        });
    };
    all_at_once(&|name, tag| {
        let to = place.docker(&format!("shared/images:{name}-{tag}"));
        place.client("skopeo").run(&["copy", "--quiet", "--all", "--dest-tls-verify=false", &local(name, tag), &to]);
    });
    all_at_once(&|name, tag| {
        let from = place.docker(&format!("shared/images:{name}-{tag}"));
        let back = format!("oci:{}:{tag}", place.path(&format!("back-{name}-{tag}")));
        place.client("skopeo").run(&["copy", "--quiet", "--all", "--src-tls-verify=false", &from, &back]);
    });
    for (name, tag) in copies {
        let raw = |image: &str| sha256(place.client("skopeo").run(&["inspect", "--raw", image]).as_bytes());
        let digest = raw(&local(name, tag));
        assert_eq!(place.digest("shared/images", &format!("{name}-{tag}")).as_ref(), Some(&digest), "{name} {tag}");
        assert_eq!(raw(&format!("oci:{}:{tag}", place.path(&format!("back-{name}-{tag}")))), digest, "{name} {tag}");
    }
    let staged = fs::read_dir(place.path("data/staging")).unwrap().count();
    assert_eq!(staged, 0, "nothing is left of the uploads");
}
