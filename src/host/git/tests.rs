//! Reads a revision while the work tree has moved on.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::host::files::RestrictedFiles;

/// A repository with one commit, tagged `then`, and a work tree in which everything has changed since.
struct Fixture {
    directory: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let this = Self { directory: tempfile::tempdir().expect("a directory") };
        fs::create_dir_all(this.at("repo/sub/deep")).expect("a directory");
        fs::write(this.at("outside"), "outside").expect("a file");
        for (file, content) in [("a.nix", "then"), ("b.nix", "b"), ("sub/deep/c.nix", "c"), ("-odd", "odd")] {
            fs::write(this.repo().join(file), content).expect("a file");
        }
        fs::set_permissions(this.repo().join("b.nix"), fs::Permissions::from_mode(0o755)).expect("a mode");
        for (target, link) in [
            ("a.nix", "stays"),
            ("deep/../../a.nix", "sub/up"),
            ("sub", "directory"),
            ("../outside", "leaves"),
            ("/etc/passwd", "absolute"),
            ("circle", "circle"),
        ] {
            symlink(target, this.repo().join(link)).expect("a link");
        }
        commit(&Repository::init(this.repo()).expect("a repository"), "then");
        fs::remove_dir_all(this.repo().join("sub")).expect("a directory");
        fs::write(this.repo().join("a.nix"), "now").expect("a file");
        this
    }

    fn at(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn repo(&self) -> PathBuf {
        self.at("repo")
    }

    fn open(&self, revision: &str) -> Result<RevisionFiles, RevisionError> {
        RevisionFiles::open(&self.repo(), revision, Box::new(RestrictedFiles::new([])))
    }
}

/// Commits the whole work tree and tags the commit.
fn commit(repository: &Repository, tag: &str) {
    let mut index = repository.index().expect("an index");
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).expect("added");
    let tree = repository.find_tree(index.write_tree().expect("a tree")).expect("a tree");
    let author = git2::Signature::now("test", "test@localhost").expect("a signature");
    let commit = repository.commit(Some("HEAD"), &author, &author, "", &tree, &[]).expect("a commit");
    let commit = repository.find_object(commit, None).expect("a commit");
    repository.tag(tag, &commit, &author, "", false).expect("a tag");
}

#[test]
fn a_revision_is_read_as_if_it_were_checked_out() {
    let fixture = Fixture::new();
    let files = fixture.open("then").expect("the revision");
    let at = |path: &str| fixture.repo().join(path);
    let read = |path: &str| files.read(&at(path)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    for (path, content) in [
        ("a.nix", "then"),
        ("stays", "then"),
        ("sub/up", "then"),
        ("directory/deep/c.nix", "c"),
        ("sub/../b.nix", "b"),
        ("-odd", "odd"),
    ] {
        assert_eq!(read(path).expect(path), content, "{path}");
    }
    for (path, kind) in [
        ("leaves", io::ErrorKind::PermissionDenied),
        ("absolute", io::ErrorKind::PermissionDenied),
        ("../outside", io::ErrorKind::PermissionDenied),
        ("circle", io::ErrorKind::InvalidInput),
        ("none", io::ErrorKind::NotFound),
        ("a.nix/x", io::ErrorKind::NotADirectory),
        ("sub", io::ErrorKind::IsADirectory),
    ] {
        assert_eq!(read(path).expect_err(path).kind(), kind, "{path}");
    }
    let names: Vec<_> = files.read_dir(&at("")).expect("a directory");
    let names: Vec<_> = names.iter().map(|(name, kind)| format!("{name} {}", kind.as_str())).collect();
    assert_eq!(
        names.join(", "),
        "-odd regular, a.nix regular, absolute symlink, b.nix regular, circle symlink, directory symlink, leaves symlink, \
         stays symlink, sub directory"
    );
    assert_eq!(files.read_dir(&at("directory")).expect("a directory").len(), 2);
    assert_eq!(files.read_link(&at("sub/up")).expect("a link"), Path::new("deep/../../a.nix"));
    assert!(
        files.is_executable(&at("b.nix")).expect("a file") && !files.is_executable(&at("a.nix")).expect("a file")
    );
}

#[test]
fn an_unknown_revision_lists_the_branches() {
    let fixture = Fixture::new();
    let Err(RevisionError::Unknown { shallow: false, branches, .. }) = fixture.open("nowhere") else {
        panic!("there is no such revision")
    };
    assert_eq!(branches.len(), 1);
    fs::write(fixture.repo().join(".git/shallow"), format!("{}\n", Oid::ZERO_SHA1)).expect("a file");
    assert!(matches!(fixture.open("nowhere"), Err(RevisionError::Unknown { shallow: true, .. })));
}

#[test]
fn a_submodule_is_read_at_the_commit_that_the_revision_names() {
    let fixture = Fixture::new();
    fs::create_dir_all(fixture.at("module")).expect("a directory");
    fs::write(fixture.at("module/m.nix"), "module then").expect("a file");
    let module = Repository::init(fixture.at("module")).expect("a repository");
    commit(&module, "then");
    let top = Repository::open(fixture.repo()).expect("the repository");
    let url = fixture.at("module").to_string_lossy().into_owned();
    let mut submodule = top.submodule(&url, Path::new("lib/module"), true).expect("a submodule");
    submodule.clone(None).expect("a clone");
    submodule.add_finalize().expect("added");
    let parent = top.head().and_then(|head| head.peel_to_commit()).expect("a commit");
    let tree =
        top.index().and_then(|mut index| index.write_tree()).and_then(|tree| top.find_tree(tree)).expect("a tree");
    let author = git2::Signature::now("test", "test@localhost").expect("a signature");
    top.commit(Some("HEAD"), &author, &author, "", &tree, &[&parent]).expect("a commit");

    let at = |path: &str| fixture.repo().join("lib/module").join(path);
    fs::write(at("m.nix"), "module now").expect("a file");
    let files = fixture.open("HEAD").expect("the revision");
    assert_eq!(files.read(&at("m.nix")).expect("a file"), b"module then");
    assert_eq!(files.kind(&at("")).expect("a directory"), FileKind::Directory);
    // The submodule is no longer checked out, but git's own clone of it still has the commit.
    fs::remove_dir_all(at("")).expect("a directory");
    assert_eq!(files.read(&at("m.nix")).expect("a file"), b"module then");
    fs::remove_dir_all(fixture.repo().join(".git/modules")).expect("a directory");
    let error = files.read(&at("m.nix")).expect_err("it is gone");
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("git submodule update --init"), "{error}");
}

#[test]
fn the_commit_of_a_work_tree_is_dirty_if_tracked_files_differ() {
    let fixture = Fixture::new();
    let top = Repository::open(fixture.repo()).expect("the repository");
    let commit = top.head().and_then(|head| head.peel_to_commit()).expect("a commit").id().to_string();
    assert_eq!(head(&fixture.repo()), Some(format!("{commit}-dirty")));
    top.checkout_head(Some(git2::build::CheckoutBuilder::new().force())).expect("checked out");
    fs::write(fixture.repo().join("untracked"), "").expect("a file");
    assert_eq!(head(&fixture.repo()), Some(commit));
    assert_eq!(head(&fixture.at("")), None);
    Repository::init(fixture.at("empty")).expect("a repository");
    assert_eq!(head(&fixture.at("empty")), None);
}
