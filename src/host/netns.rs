//! Manages named network namespaces as ip-netns(8) does: each is mounted on a file below `/run/netns`, so that it stays
//! while no process is in it.
//!
//! A namespace belongs to a thread (unshare(2)), so creating or entering one here happens on a thread of its own.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::Pid;

use super::mounts;

/// Why an operation on a namespace failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} the network namespace {}", path.display())]
pub(crate) struct NamespaceError {
    /// `create`, `name`, `enter` or `delete`.
    pub what: &'static str,
    /// The path that names it.
    pub path: PathBuf,
    /// The kernel's error.
    pub source: io::Error,
}

fn error<E: Into<io::Error>>(what: &'static str, path: &Path) -> impl Fn(E) -> NamespaceError {
    move |source| NamespaceError { what, path: path.to_owned(), source: source.into() }
}

/// Creates a namespace named by `path`, which must not exist yet.
///
/// # Errors
///
/// If the name exists, or the kernel refuses.
pub(crate) fn create(path: &Path) -> Result<(), NamespaceError> {
    named("create", path, || {
        on_thread(|| {
            unshare(CloneFlags::CLONE_NEWNET)?;
            bind(Path::new("/proc/thread-self/ns/net"), path)
        })
    })
}

/// Names a process's namespace by `path`, which must not exist yet.
///
/// # Errors
///
/// If the name exists, the process has no network namespace of its own, or the kernel refuses.
pub(crate) fn adopt(path: &Path, process: Pid) -> Result<(), NamespaceError> {
    named("name", path, || {
        let [its, ours] = [format!("/proc/{process}/ns/net").into(), PathBuf::from("/proc/self/ns/net")];
        if fs::read_link(&its)? == fs::read_link(ours)? {
            return Err(io::Error::other("the process has no network namespace of its own"));
        }
        bind(&its, path)
    })
}

fn bind(namespace: &Path, path: &Path) -> io::Result<()> {
    Ok(mount(Some(namespace), path, None::<&str>, MsFlags::MS_BIND, None::<&str>)?)
}

/// Creates the file and mounts a namespace on it.
fn named(what: &'static str, path: &Path, put: impl FnOnce() -> io::Result<()>) -> Result<(), NamespaceError> {
    let failed = error(what, path);
    if let Some(directory) = path.parent() {
        share(directory).map_err(&failed)?;
    }
    OpenOptions::new().write(true).create_new(true).mode(0o000).open(path).map_err(&failed)?;
    put().map_err(|source| {
        // A file without a namespace would only be in the way.
        _ = fs::remove_file(path);
        failed(source)
    })
}

/// Makes `directory` a shared mount point, like ip-netns: its mounts are visible, and can be undone, in every mount
/// namespace.
fn share(directory: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(directory)?;
    let shared =
        || mount(None::<&str>, directory, None::<&str>, MsFlags::MS_SHARED | MsFlags::MS_REC, None::<&str>);
    match shared() {
        // Not a mount point yet.
        Err(Errno::EINVAL) => {
            mount(Some(directory), directory, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>)?;
            Ok(shared()?)
        }
        result => Ok(result?),
    }
}

/// Deletes the name, and with it the namespace once no process is in it. A missing name is not an error.
///
/// # Errors
///
/// If the kernel refuses.
pub(crate) fn delete(path: &Path) -> Result<(), NamespaceError> {
    let failed = error("delete", path);
    mounts::detach(path).map_err(&failed)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
        _ => Ok(()),
    }
}

/// Runs `work` in the namespace named by `path`.
///
/// # Errors
///
/// If the namespace cannot be entered.
pub(crate) fn within<T: Send>(path: &Path, work: impl FnOnce() -> T + Send) -> Result<T, NamespaceError> {
    on_thread(|| {
        let namespace = File::open(path)?;
        setns(namespace, CloneFlags::CLONE_NEWNET)?;
        Ok(work())
    })
    .map_err(error("enter", path))
}

fn on_thread<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    let span = tracing::Span::current();
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, || span.in_scope(work))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use nix::mount::{MntFlags, umount2};

    use super::*;
    use crate::host::namespaces;

    /// Runs `test` with an empty directory in mount and network namespaces of its own, so that nothing it mounts or
    /// creates is seen by others or outlives it. An ordinary user is root in a user namespace meanwhile.
    pub(in crate::host) fn isolated(test: impl FnOnce(&Path) + Send) {
        if !nix::unistd::geteuid().is_root() {
            return again_as_root();
        }
        let directory = tempfile::tempdir().expect("a directory");
        thread::scope(|scope| {
            let isolated = scope.spawn(|| {
                unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).expect("namespaces of our own");
                let private = MsFlags::MS_PRIVATE | MsFlags::MS_REC;
                mount(None::<&str>, "/", None::<&str>, private, None::<&str>).expect("private mounts");
                mount(Some("tmpfs"), directory.path(), Some("tmpfs"), MsFlags::empty(), None::<&str>)
                    .expect("a tmpfs");
                test(directory.path());
            });
            isolated.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        })
    }

    /// Runs the test that calls this once more, as root of a user namespace. That takes a process without other threads,
    /// which libtest has.
    fn again_as_root() {
        if !namespaces::are_possible() {
            return;
        }
        // libtest names threads after tests. It has only one where there is one processor.
        let thread = thread::current();
        let exact = std::env::args().skip_while(|argument| argument != "--exact").nth(1);
        let Some(name) = thread.name().filter(|name| *name != "main").map(str::to_owned).or(exact) else {
            return namespaces::not_run("needs root, or `--test-threads=2`");
        };
        let program = std::env::current_exe().expect("this program");
        let mut command = namespaces::as_root(program.to_str().expect("UTF-8"));
        let output = command.args(["--exact", &name, "--nocapture"]).output().expect("unshare(1) can be run");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success() && said.contains("1 passed"), "in a user namespace:\n{said}");
    }

    /// Like [`isolated`], but `/` is empty except for the kernel's `/proc`. `test` may write anywhere.
    pub(in crate::host) fn empty_host(test: impl FnOnce() + Send) {
        isolated(|root| {
            let proc = root.join("proc");
            for directory in [&proc, &root.join("tmp")] {
                fs::create_dir(directory).expect("made");
            }
            let tree = MsFlags::MS_BIND | MsFlags::MS_REC;
            mount(Some("/proc"), &proc, None::<&str>, tree, None::<&str>).expect("proc");
            // Not chroot(2), which does not allow creating user namespaces. The former root is stacked on the new one
            // until it is unmounted.
            nix::unistd::chdir(root)
                .and_then(|()| nix::unistd::pivot_root(".", "."))
                .and_then(|()| umount2(".", MntFlags::MNT_DETACH))
                .and_then(|()| nix::unistd::chdir("/"))
                .expect("a root of our own");
            test();
        });
    }

    fn here() -> PathBuf {
        fs::read_link("/proc/thread-self/ns/net").expect("a namespace")
    }

    #[test]
    fn a_namespace_is_another_one_until_it_is_deleted() {
        isolated(|directory| {
            let path = directory.join("netns/wasabi");
            create(&path).expect("made");
            assert_eq!(create(&path).map_err(|error| error.source.kind()), Err(io::ErrorKind::AlreadyExists));
            let inside = within(&path, here).expect("entered");
            assert_ne!(inside, here());
            assert_eq!(within(&path, here).expect("entered again"), inside);
            for _ in 0..2 {
                delete(&path).expect("deleted");
                assert!(!path.exists());
            }
            let error = within(&path, here).expect_err("gone");
            assert_eq!(error.to_string(), format!("cannot enter the network namespace {}", path.display()));
        });
    }

    #[test]
    fn a_name_without_a_namespace_can_be_deleted() {
        isolated(|directory| {
            let path = directory.join("left");
            fs::write(&path, "").expect("a file");
            delete(&path).expect("deleted");
            create(&path).expect("made");
            delete(&path).expect("deleted");
        });
    }
}
