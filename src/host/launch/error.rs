//! Why a container could not be launched.

use std::io;
use std::path::PathBuf;

use crate::host::bind_source::SourceError;
use crate::host::idmap::MapError;
use crate::host::netlink::NetlinkError;
use crate::host::netns::NamespaceError;
use crate::host::root::RootError;

/// Why a container could not be launched, or its remains not be removed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub(crate) enum LaunchError {
    #[error("cannot read the record {} of the container to launch", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is not a record of container-rebuild: {reason}", path.display())]
    Corrupt { path: PathBuf, reason: String },
    #[error("cannot create the directory {}", path.display())]
    Directory { path: PathBuf, source: io::Error },
    #[error("cannot create {}, the source of a bind mount", path.display())]
    Source { path: PathBuf, source: SourceError },
    #[error(transparent)]
    Root(#[from] RootError),
    #[error("cannot remove {}, which a former run left", path.display())]
    Left { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
    #[error("cannot set the sysctl `{name}`")]
    Sysctl { name: String, source: io::Error },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Map(#[from] MapError),
    #[error("gave up waiting for {what} after {seconds} s")]
    Waited { what: String, seconds: u64 },
    #[error("cannot freeze the guest until its network is ready")]
    Freezer { source: io::Error },
    #[error("cannot run `systemd-nspawn`")]
    Nspawn { source: io::Error },
}
