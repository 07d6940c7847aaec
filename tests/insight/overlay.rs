//! Layers on top of each other beside what unpacking them one after another leaves.

use portolan::domain::files::{Difference, File, FileKind, Folder, Layer, Listing, differences, join, split};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// One thing that an archive says.
#[derive(Clone, Debug)]
enum Said {
    Put(String, File),
    Hide(String),
    HideAllIn(String),
}

fn file(kind: FileKind, size: u64) -> File {
    let mode = Some(0o644);
    File { kind, mode, owner: (0, 0), size, link: None, digest: None }
}

fn listing(id: usize, said: &[Said]) -> Listing {
    let mut listing = Listing::of(format!("layer {id}"));
    for one in said {
        match one.clone() {
            Said::Put(path, file) => listing.put(&path, file),
            Said::Hide(path) => listing.hide(split(&path).0, split(&path).1),
            Said::HideAllIn(folder) => listing.hide_all_in(&folder),
        }
    }
    listing
}

fn listings(stack: &[Vec<Said>]) -> Vec<Listing> {
    stack.iter().enumerate().map(|(id, said)| listing(id, said)).collect()
}

type Tree = BTreeMap<String, File>;

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Puts what is above a path there as who unpacks it does.
fn make_folders(tree: &mut Tree, folder: &str) {
    if folder.is_empty() {
        return;
    }
    make_folders(tree, split(folder).0);
    if !tree.get(folder).is_some_and(File::is_folder) {
        tree.insert(folder.to_owned(), File::implied());
    }
}

/// What is there when each layer is unpacked over those below: first goes what it hides, then comes what it has.
fn unpacked(stack: &[Vec<Said>]) -> Tree {
    let mut tree = Tree::new();
    for layer in stack {
        for said in layer {
            match said {
                Said::Hide(hidden) => tree.retain(|path, _| path != hidden && !is_below(path, hidden)),
                Said::HideAllIn(folder) => tree.retain(|path, _| !is_below(path, folder)),
                Said::Put(..) => {}
            }
        }
        for said in layer {
            match said {
                Said::Put(path, file) => {
                    make_folders(&mut tree, split(path).0);
                    if !file.is_folder() {
                        tree.retain(|other, _| !is_below(other, path));
                    }
                    tree.insert(path.clone(), file.clone());
                }
                Said::Hide(hidden) => make_folders(&mut tree, split(hidden).0),
                Said::HideAllIn(folder) => make_folders(&mut tree, folder),
            }
        }
    }
    tree
}

fn walk<L: Layer>(folder: &Folder<'_, L>, tree: &mut Tree) {
    for shown in folder.names("").map(Result::unwrap) {
        if shown.file.is_folder() {
            walk(&folder.enter(&shown.name).unwrap().unwrap(), tree);
        }
        tree.insert(join(folder.path(), &shown.name), shown.file);
    }
}

fn merged<L: Layer>(layers: &[L]) -> Tree {
    let mut tree = Tree::new();
    walk(&Folder::root(layers), &mut tree);
    tree
}

fn all_differences<L: Layer>(from: &[L], to: &[L]) -> Vec<Difference> {
    let mut all = Vec::new();
    let seen = differences(from, to, &mut |one| {
        all.push(one);
        ControlFlow::Continue(())
    });
    assert!(seen.unwrap().is_continue());
    all
}

fn said() -> impl Strategy<Value = Said> {
    let path = prop::collection::vec("[ab-]", 1..5).prop_map(|names| names.join("/"));
    let kind = prop_oneof![Just(FileKind::File), Just(FileKind::Folder), Just(FileKind::Symlink)];
    let put = (path.clone(), kind, 0..3_u64).prop_map(|(path, kind, size)| Said::Put(path, file(kind, size)));
    prop_oneof![
        6 => put,
        1 => path.clone().prop_map(Said::Hide),
        1 => prop_oneof![4 => path, 1 => Just(String::new())].prop_map(Said::HideAllIn),
    ]
}

fn stack() -> impl Strategy<Value = Vec<Vec<Said>>> {
    prop::collection::vec(prop::collection::vec(said(), 0..7), 0..5)
}

proptest! {
    #[test]
    fn layers_on_top_of_each_other_are_what_unpacking_them_leaves(stack in stack()) {
        prop_assert_eq!(merged(&listings(&stack)), unpacked(&stack));
    }

    #[test]
    fn a_folder_goes_on_where_it_was_left(stack in stack()) {
        let layers = listings(&stack);
        let root = Folder::root(&layers);
        let names = |from: &str| root.names(from).map(|shown| shown.unwrap().name).collect::<Vec<_>>();
        let all = names("");
        for (at, name) in all.iter().enumerate() {
            prop_assert_eq!(&names(&format!("{name}\0")), &all[at + 1..]);
        }
    }

    #[test]
    fn what_differs_makes_one_of_the_other(below in stack(), one in stack(), other in stack()) {
        let below = listings(&below);
        let with = |stack: &[Vec<Said>], first: usize| {
            let own = stack.iter().enumerate().map(|(id, said)| listing(first + id, said));
            below.iter().cloned().chain(own).collect::<Vec<_>>()
        };
        let (from, to) = (with(&one, 100), with(&other, 200));
        prop_assert_eq!(all_differences(&from, &from), vec![]);
        let (mut changed, wanted) = (merged(&from), merged(&to));
        let found = all_differences(&from, &to);
        for one in &found {
            prop_assert_eq!(changed.get(&one.path), one.from.as_ref());
            prop_assert!(one.from.is_some() || one.to.is_some());
        }
        for one in found {
            match one.to {
                Some(file) => drop(changed.insert(one.path, file)),
                None => drop(changed.remove(&one.path)),
            }
        }
        prop_assert_eq!(changed.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
        for (path, file) in &changed {
            prop_assert!(file.is_like(&wanted[path]), "{path}");
        }
    }
}

#[test]
fn a_whiteout_hides_what_is_below_and_nothing_of_its_own_layer() {
    let put = |path: &str, size| Said::Put(path.to_owned(), file(FileKind::File, size));
    let stack = [
        vec![put("etc/old", 1), put("etc/kept", 1), put("srv/a", 1)],
        vec![Said::Hide("etc/old".to_owned()), put("srv/b", 2), Said::HideAllIn("srv".to_owned())],
    ];
    let layers = listings(&stack);
    let tree = merged(&layers);
    assert_eq!(tree.keys().map(String::as_str).collect::<Vec<_>>(), ["etc", "etc/kept", "srv", "srv/b"]);
    let top = layers[1].find("etc", "old").unwrap().unwrap();
    assert!(top.hides && top.file.is_none(), "alone, the layer says what it hides: {top:?}");
}
