//! Opens files of a running guest beneath its root.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Component, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2, readlinkat};
use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Uid, fork, setresuid};

use super::error::GuestError;
use crate::state::Machine;

/// The guest's system bus, below its root.
const BUS: &str = "/run/dbus/system_bus_socket";
/// The socket of the guest's systemd itself: it exists before the bus does, and also if the bus has failed.
const PRIVATE: &str = "/run/systemd/private";

/// How long the guest's bus may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// The most that is read of the account database.
const PASSWD_LIMIT: u64 = 1 << 20;

/// The root of a running guest. It stays that guest's, even if another process gets its PID.
#[derive(Debug)]
pub(super) struct Root {
    name: String,
    directory: File,
    /// Its PID namespace, and its user namespace if it has its own.
    processes: File,
    users: Option<File>,
}

impl Root {
    /// Opens the root of the guest's first process.
    pub(super) fn open(machine: &Machine) -> Result<Self, GuestError> {
        let open = || {
            let process = format!("/proc/{}", machine.leader);
            let directory = OpenOptions::new()
                .read(true)
                .custom_flags(nix::libc::O_DIRECTORY)
                .open(format!("{process}/root"))?;
            let processes = File::open(format!("{process}/ns/pid"))?;
            let users = File::open(format!("{process}/ns/user"))?;
            let ours = std::fs::metadata("/proc/self/ns/user")?;
            let users = (users.metadata()?.ino() != ours.ino()).then_some(users);
            Ok(Self { name: machine.name.clone(), directory, processes, users })
        };
        open().map_err(|source| GuestError::Root { name: machine.name.clone(), source })
    }

    /// Opens a path in the guest.
    fn beneath(&self, path: &str, flags: OFlag) -> io::Result<OwnedFd> {
        beneath(&self.directory, path, flags)
    }

    /// The guest's root directory.
    pub(super) fn directory(&self) -> &File {
        &self.directory
    }

    /// Fails unless the guest has this file.
    pub(super) fn must_have(&self, path: &str) -> Result<(), GuestError> {
        self.beneath(path, OFlag::O_PATH).map(drop).map_err(|source| self.missing(path, source))
    }

    /// Whether a path in the guest is the file or directory `there`.
    pub(super) fn is_same(&self, path: &str, there: &std::fs::Metadata) -> bool {
        let found = self.beneath(path, OFlag::O_PATH).and_then(|found| File::from(found).metadata());
        found.is_ok_and(|found| (found.dev(), found.ino()) == (there.dev(), there.ino()))
    }

    fn missing(&self, path: &str, source: io::Error) -> GuestError {
        GuestError::Missing { name: self.name.clone(), path: path.into(), source }
    }

    /// Connects to the guest's system bus.
    ///
    /// The guest's systemd only talks to a root that it can see: one in its own PID and user namespaces (unix(7),
    /// `SO_PEERCRED`). The kernel records the credentials when connecting, so a process in these namespaces connects
    /// for us.
    pub(super) fn connect(&self) -> Result<UnixStream, GuestError> {
        self.connect_to_bus(CONNECT_LIMIT)
            .map_err(|source| GuestError::Unreachable { name: self.name.clone(), source })
    }

    /// Like [`connect`](Self::connect), with another time limit.
    pub(super) fn connect_to_bus(&self, limit: Duration) -> io::Result<UnixStream> {
        self.connect_to(BUS, limit)
    }

    /// Connects to the guest's systemd itself, without a bus.
    pub(super) fn connect_to_systemd(&self, limit: Duration) -> io::Result<UnixStream> {
        self.connect_to(PRIVATE, limit)
    }

    fn connect_to(&self, path: &str, limit: Duration) -> io::Result<UnixStream> {
        let attempt = || {
            let inode = self.beneath(path, OFlag::O_PATH)?;
            let address = UnixAddr::new(format!("/proc/self/fd/{}", inode.as_raw_fd()).as_str())?;
            let stream = socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
            // The listener may not accept connections, and connecting would block (unix(7)).
            let stream = UnixStream::from(stream);
            stream.set_write_timeout(Some(limit))?;
            in_child(|| {
                setns(self.processes.as_fd(), CloneFlags::CLONE_NEWPID)?;
                // Entering a PID namespace only affects children (pid_namespaces(7)).
                in_child(|| {
                    if let Some(users) = &self.users {
                        setns(users.as_fd(), CloneFlags::CLONE_NEWUSER)?;
                        let root = Uid::from_raw(0);
                        setresuid(root, root, root)?;
                    }
                    connect(stream.as_raw_fd(), &address)
                })
            })?;
            stream.set_write_timeout(None)?;
            Ok(stream)
        };
        attempt()
    }

    /// The store path that the guest's `/run/current-system` leads to.
    pub(super) fn current_system(&self) -> Option<PathBuf> {
        let run = self.beneath("/run", OFlag::O_PATH | OFlag::O_DIRECTORY).ok()?;
        let target = PathBuf::from(readlinkat(&run, "current-system").ok()?);
        // Only a name in the store means the same on the host, and the guest may have put anything there.
        let name = target.strip_prefix("/nix/store").ok()?;
        let is_name =
            name.components().count() == 1 && matches!(name.components().next(), Some(Component::Normal(_)));
        is_name.then_some(target)
    }

    /// Root's shell in the guest's account database.
    pub(super) fn login_shell(&self) -> Result<String, GuestError> {
        let path = "/etc/passwd";
        let read = || {
            // A guest could put a pipe there, on which opening would block.
            let file = self.beneath(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
            let mut text = String::new();
            File::from(file).take(PASSWD_LIMIT).read_to_string(&mut text)?;
            Ok(text)
        };
        let shell = login_shell(&read().map_err(|source| self.missing(path, source))?);
        self.must_have(&shell)?;
        Ok(shell)
    }

    /// The name of the guest.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// Opens a path below a root, resolving symlinks inside that root (openat2(2)).
pub(super) fn beneath(root: &File, path: &str, flags: OFlag) -> io::Result<OwnedFd> {
    let how = OpenHow::new()
        .flags(flags | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    Ok(openat2(root, path, how)?)
}

/// Runs `task` in a child process and waits for it.
///
/// `task` may only make system calls: the child has just one thread, and locks that other threads held stay locked
/// (fork(2)).
fn in_child(task: impl FnOnce() -> nix::Result<()>) -> nix::Result<()> {
    // SAFETY: the callers keep to the rule above, and the child never returns from here.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let status = task().err().map_or(0, |error| error as i32);
            // SAFETY: always allowed in a child.
            unsafe { nix::libc::_exit(status) }
        }
        ForkResult::Parent { child } => loop {
            match waitpid(child, None) {
                Err(Errno::EINTR) => {}
                Ok(WaitStatus::Exited(_, 0)) => return Ok(()),
                Ok(WaitStatus::Exited(_, status)) => return Err(Errno::from_raw(status)),
                Ok(_) => return Err(Errno::ECHILD),
                Err(error) => return Err(error),
            }
        },
    }
}

/// The shell of uid 0 in the text of passwd(5).
fn login_shell(passwd: &str) -> String {
    let shell = passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        match fields.as_slice() {
            [_, _, "0", _, _, _, shell] if shell.starts_with('/') => Some((*shell).to_owned()),
            _ => None,
        }
    });
    shell.unwrap_or_else(|| String::from("/bin/sh"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_of_root_is_found() {
        let passwd =
            "messagebus:x:4:4::/:/no\nroot:x:0:0:System administrator:/root:/run/current-system/sw/bin/bash\n";
        assert_eq!(login_shell(passwd), "/run/current-system/sw/bin/bash");
        assert_eq!(login_shell("root:x:0:0::/root:"), "/bin/sh");
        assert_eq!(login_shell("\u{0}"), "/bin/sh");
    }

    #[test]
    fn a_child_reports_its_error() {
        assert_eq!(in_child(|| Ok(())), Ok(()));
        assert_eq!(in_child(|| Err(Errno::EXDEV)), Err(Errno::EXDEV));
    }

    #[test]
    fn a_symlink_to_a_file_of_the_host_is_not_followed() {
        let directory = tempfile::tempdir().expect("directory");
        let secret = tempfile::NamedTempFile::new().expect("file");
        std::os::unix::fs::symlink(secret.path(), directory.path().join("link")).expect("link");
        let processes = File::open("/proc/self/ns/pid").expect("opened");
        let directory = File::open(directory.path()).expect("opened");
        let root = Root { name: "x".to_owned(), directory, processes, users: None };
        assert!(secret.path().exists());
        let error = root.must_have("/link").expect_err("it leads out");
        assert!(matches!(error, GuestError::Missing { .. }), "{error}");
    }
}
