//! Tests that trees of all kinds are removed, and that nothing outside is touched, whether it is mounted in them or
//! symlinked from them, whatever other processes do meanwhile.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, symlink};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use nix::fcntl::openat;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::mkdirat;

use super::*;
use crate::host::immutable::tests::{is_immutable, make_immutable};
use crate::host::mounts;
use crate::host::netns::tests::isolated;

impl Left {
    fn is_nothing(&self) -> bool {
        self.mounts.is_empty() && self.error.is_none()
    }
}

/// Creates these files, whose contents are their names, and their directories.
fn fill(directory: &Path, files: &[&str]) {
    for file in files {
        let path = directory.join(file);
        fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        fs::write(path, file).expect("written");
    }
}

/// All files below `directory` with their contents.
fn contents(directory: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut unread = vec![directory.to_owned()];
    while let Some(directory) = unread.pop() {
        for entry in fs::read_dir(directory).expect("listed") {
            let path = entry.expect("listed").path();
            match path.symlink_metadata().expect("there") {
                metadata if metadata.is_dir() => unread.push(path),
                metadata if metadata.is_file() => {
                    let content = fs::read_to_string(&path).expect("read");
                    found.insert(path, content);
                }
                _ => drop(found.insert(path, "not a file".to_owned())),
            }
        }
    }
    found
}

fn bind(from: &Path, to: &Path) -> nix::Result<()> {
    mount(Some(from), to, None::<&str>, MsFlags::MS_BIND, None::<&str>)
}

fn is_gone(path: &Path) -> bool {
    path.symlink_metadata().is_err()
}

#[test]
fn a_tree_goes_and_what_its_symlinks_lead_to_stays() {
    isolated(|directory| {
        let (tree_, precious) = (directory.join("tree"), directory.join("precious"));
        fill(&tree_, &["a", "b/c", "b/d/e"]);
        fill(&precious, &["x", "y/z"]);
        symlink(&precious, tree_.join("absolute")).expect("a symlink");
        symlink("../../precious", tree_.join("b/relative")).expect("a symlink");
        symlink(&precious, directory.join("link")).expect("a symlink");
        let before = contents(&precious);
        for path in [&tree_, &directory.join("link"), &directory.join("none"), &directory.join("none/below")] {
            assert!(tree(path).is_nothing(), "{}", path.display());
            assert!(is_gone(path), "{}", path.display());
        }
        assert_eq!(contents(&precious), before);
    });
}

#[test]
fn what_is_mounted_in_a_tree_is_named_and_neither_emptied_nor_unmounted() {
    isolated(|directory| {
        let (root, precious) = (directory.join("root"), directory.join("precious"));
        fill(&root, &["etc/file", "mnt/below", "other/file"]);
        fill(&precious, &["x", "y/z"]);
        let (on_directory, on_file, nested) = (root.join("mnt/x"), root.join("etc/file"), root.join("a/b/c"));
        for path in [&on_directory, &nested] {
            fs::create_dir_all(path).expect("made");
        }
        // One mount of the same file system, which no device number reveals, and one of another.
        bind(&precious, &on_directory).expect("mounted");
        bind(&precious.join("x"), &on_file).expect("mounted");
        mount(Some("tmpfs"), &nested, Some("tmpfs"), MsFlags::empty(), None::<&str>).expect("mounted");
        fill(&nested, &["kept"]);
        let before = contents(&precious);
        for _ in 0..2 {
            let mut left = tree(&root);
            left.mounts.sort();
            assert_eq!(left.mounts, [nested.clone(), on_file.clone(), on_directory.clone()]);
            assert!(left.error.is_none(), "{left:?}");
            let error = left.or_error().expect_err("it is in the way");
            assert_eq!(
                (error.0.as_path(), error.1.to_string().as_str()),
                (&*on_directory, "something is mounted there")
            );
        }
        assert_eq!(contents(&precious), before);
        assert!(nested.join("kept").exists());
        assert!(is_gone(&root.join("other")) && is_gone(&root.join("mnt/below")), "it goes on after a mount");
        for path in [&on_directory, &on_file, &nested] {
            umount2(path, MntFlags::empty()).expect("it was still mounted");
        }
        assert!(tree(&root).is_nothing());
        assert!(is_gone(&root));
    });
}

#[test]
fn a_tree_on_which_something_is_mounted_is_not_entered() {
    isolated(|directory| {
        let (root, precious) = (directory.join("root"), directory.join("precious"));
        fill(&root, &["file"]);
        fill(&precious, &["x"]);
        bind(&precious, &root).expect("mounted");
        assert_eq!(tree(&root).mounts, std::slice::from_ref(&root));
        assert!(precious.join("x").exists());
        umount2(&root, MntFlags::empty()).expect("it was still mounted");
        assert!(root.join("file").exists());
    });
}

#[test]
fn what_is_immutable_goes_and_its_other_names_stay_immutable() {
    if !crate::host::namespaces::is_root("to make a file immutable") {
        return;
    }
    isolated(|directory| {
        let root = directory.join("root");
        fill(&root, &["var/empty/file", "var/empty/other/file", "linked"]);
        symlink("/nowhere", root.join("var/empty/link")).expect("a symlink");
        let outside = directory.join("outside");
        fs::hard_link(root.join("linked"), &outside).expect("a hard link");
        make_immutable(&outside);
        for path in ["var/empty/file", "var/empty/other/file", "var/empty/other", "var/empty", "var", ""] {
            make_immutable(&root.join(path));
        }
        fs::remove_dir_all(&root).expect_err("it is immutable");
        assert!(tree(&root).is_nothing());
        assert!(is_gone(&root));
        assert!(is_immutable(&outside));
        assert_eq!(outside.metadata().expect("there").nlink(), 1);
    });
}

/// Creates nested directories called `d`.
fn nest(top: &Path, depth: usize) {
    fs::create_dir(top).expect("made");
    let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut last = std::os::fd::OwnedFd::from(File::open(top).expect("opened"));
    for _ in 0..depth {
        mkdirat(&last, "d", Mode::S_IRWXU).expect("made");
        last = openat(&last, "d", flags, Mode::empty()).expect("opened");
    }
}

#[test]
fn there_is_no_limit_to_the_depth_of_a_tree() {
    isolated(|directory| {
        let root = directory.join("root");
        // Its longest path would have 40,000 bytes; a stack frame or a descriptor for each level would be too many.
        nest(&root, 20_000);
        fill(&root, &[".wipe-1/file", ".wipe-2"]);
        assert!(tree(&root).is_nothing());
        assert!(is_gone(&root));
    });
}

#[test]
fn what_is_mounted_far_below_is_kept_too() {
    isolated(|directory| {
        let (root, precious) = (directory.join("root"), directory.join("precious"));
        nest(&root, 300);
        fill(&precious, &["x"]);
        let deep: PathBuf = std::iter::repeat_n("d", 300).collect();
        bind(&precious, &root.join(deep)).expect("mounted");
        let left = tree(&root);
        let mounted = mounts::below(&root).expect("listed");
        assert_eq!(
            mounted.iter().map(|mount| &mount.at).collect::<Vec<_>>(),
            left.mounts.iter().collect::<Vec<_>>()
        );
        assert!(left.error.is_none() && precious.join("x").exists(), "{left:?}");
        umount2(&left.mounts[0], MntFlags::empty()).expect("unmounted");
        assert!(tree(&root).is_nothing());
    });
}

/// The number of rounds of the race below.
fn rounds() -> usize {
    std::env::var("WIPE_ROUNDS").map_or(200, |rounds| rounds.parse().expect("WIPE_ROUNDS is a number"))
}

/// Repeatedly replaces directories of `root` with a symlink to `precious` or a mount of it, and puts them back, until
/// `is_over`. Returns how often that worked. No two threads may share a part of the tree, or one would go through the
/// symlink of the other.
fn swap(root: &Path, precious: &Path, aside: &Path, is_over: &AtomicBool, paths: &[&str]) -> usize {
    let mut swapped = 0;
    for n in 0.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let path = paths[n % paths.len()];
        let (path, parked) = (root.join(path), aside.join(format!("{}{n}", &path[..1])));
        if (n / paths.len()).is_multiple_of(2) {
            if fs::rename(&path, &parked).is_err() {
                continue;
            }
            if symlink(precious, &path).is_ok() {
                swapped += 1;
                thread::yield_now();
                _ = fs::remove_file(&path);
            }
            // Put back, or it would survive outside the tree. If its parent is gone by now, it stays outside.
            _ = fs::rename(&parked, &path);
        } else if bind(precious, &path).is_ok() {
            swapped += 1;
            thread::yield_now();
            _ = umount2(&path, MntFlags::MNT_DETACH);
        }
    }
    swapped
}

#[test]
fn nothing_outside_is_touched_while_others_swap_directories_for_symlinks_and_mounts() {
    isolated(|directory| {
        let (root, precious, aside) = (directory.join("root"), directory.join("precious"), directory.join("aside"));
        // The same names exist inside and outside, so that a wrong turn would find them.
        let files: Vec<String> =
            ["", "a/", "a/b/", "a/b/c/", "a/b/c/f/", "b/", "b/c/", "c/", "c/f/", "d/", "d/e/", "e/"]
                .iter()
                .flat_map(|directory| (0..4).map(move |n| format!("{directory}{n}")))
                .collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        fill(&precious, &files);
        let before = contents(&precious);
        let swaps = AtomicUsize::new(0);
        for round in 0..rounds() {
            fill(&root, &files);
            fs::create_dir(&aside).expect("made");
            let is_over = AtomicBool::new(false);
            thread::scope(|scope| {
                let racers = [&["a", "a/b", "a/b/c", "a/b/c/f"][..], &["d", "d/e", "b", "b/c"]].map(|paths| {
                    let (root, precious, aside, is_over, swaps) = (&root, &precious, &aside, &is_over, &swaps);
                    scope.spawn(move || {
                        swaps.fetch_add(swap(root, precious, aside, is_over, paths), Ordering::Relaxed)
                    })
                });
                // What a wipe leaves must be removable by another.
                for _ in 0..4 {
                    drop(tree(&root));
                }
                is_over.store(true, Ordering::Relaxed);
                for racer in racers {
                    racer.join().expect("a racer ends");
                }
            });
            assert_eq!(contents(&precious), before, "in round {round}");
            for mount in mounts::below(&root).expect("listed").iter().rev() {
                umount2(&mount.at, MntFlags::MNT_DETACH).expect("unmounted");
            }
            for path in [&root, &aside] {
                let left = tree(path);
                assert!(left.is_nothing() && is_gone(path), "in round {round}: {left:?}");
            }
            assert_eq!(contents(&precious), before, "in round {round}");
        }
        let swaps = swaps.into_inner();
        assert!(swaps > 0, "nobody was there to race with");
    });
}
