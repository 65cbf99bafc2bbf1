//! What was asked of the kernel over netlink, and why it failed.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

/// Why a netlink request failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {request}")]
pub(crate) struct NetlinkError {
    /// What was requested.
    pub request: Request,
    /// The error of the kernel or of rtnetlink.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Wraps the error of a request.
pub(super) fn cannot<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    request: Request,
) -> impl FnOnce(E) -> NetlinkError {
    move |source| NetlinkError { request, source: source.into() }
}

/// What was requested; displayed as the object of "cannot".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// A socket to send requests over.
    Open,
    /// Any answer at all.
    Answer,
    /// All objects of a kind.
    List(Listed),
    /// The index of the interface of this name.
    Find(String),
    /// A new interface of the host.
    Create(String),
    /// A new macvlan in a guest.
    CreateMacvlan { link: String, parent: String },
    /// An alternative name.
    AddName { link: String, altname: String },
    /// Set an interface up.
    SetUp(String),
    /// Set the MTU of an interface.
    SetMtu { link: String, mtu: u32 },
    /// Set the `lo` of a guest up.
    SetLoUp,
    /// Set up the guest's end of a pair, with its addresses and routes.
    SetUpGuest { guest: String, host: String },
    /// Make an interface a port of a bridge.
    Attach { link: String, bridge: String },
    /// A new address of an interface.
    AddAddress { address: IpAddr, link: String },
    /// Remove an address of an interface.
    RemoveAddress { address: IpAddr, link: String },
    /// A route to the other end of an interface.
    AddRoute { to: IpAddr, link: String },
    /// The default route through an interface.
    AddDefaultRoute { via: IpAddr, link: String },
    /// Remove the routes to the other end of an interface.
    RemoveRoute { to: IpAddr, link: String },
    /// Delete an interface.
    Delete(String),
    /// Move an interface of the host into a guest.
    Give(String),
    /// Move an interface back, by its name on the host.
    TakeBack(String),
    /// Leave no interfaces in the network namespace at this path.
    Empty(PathBuf),
}

/// The objects of a [`Request::List`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    Interfaces,
    Addresses,
    Routes,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open a netlink socket"),
            Self::Answer => f.write_str("ask the kernel over netlink"),
            Self::List(Listed::Interfaces) => f.write_str("list interfaces"),
            Self::List(Listed::Addresses) => f.write_str("list addresses"),
            Self::List(Listed::Routes) => f.write_str("list routes"),
            Self::Find(link) => write!(f, "find the interface `{link}`"),
            Self::Create(link) => write!(f, "create the interface `{link}`"),
            Self::CreateMacvlan { link, parent } => write!(f, "create the macvlan `{link}` of `{parent}`"),
            Self::AddName { link, altname } => {
                write!(f, "add the alternative name `{altname}` to the interface `{link}`")
            }
            Self::SetMtu { link, mtu } => write!(f, "set the MTU of the interface `{link}` to {mtu}"),
            Self::SetLoUp => f.write_str("set `lo` up"),
            Self::SetUp(link) => write!(f, "set the interface `{link}` up"),
            Self::SetUpGuest { guest, host } => write!(f, "set up `{guest}` of `{host}`"),
            Self::Attach { link, bridge } => write!(f, "attach the interface `{link}` to the bridge `{bridge}`"),
            Self::AddAddress { address, link } => write!(f, "add the address {address} to `{link}`"),
            Self::RemoveAddress { address, link } => write!(f, "remove the address {address} from `{link}`"),
            Self::AddRoute { to, link } => write!(f, "add a route to {to} through `{link}`"),
            Self::AddDefaultRoute { via, link } => write!(f, "add the default route via {via} through `{link}`"),
            Self::RemoveRoute { to, link } => write!(f, "remove the route to {to} through `{link}`"),
            Self::Delete(link) => write!(f, "delete the interface `{link}`"),
            Self::Give(link) => write!(f, "give the interface `{link}` to the guest"),
            Self::TakeBack(link) => write!(f, "take the interface `{link}` back from the guest"),
            Self::Empty(namespace) => write!(f, "empty the network namespace {}", namespace.display()),
        }
    }
}
