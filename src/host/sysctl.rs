//! Reads and writes kernel settings below `/proc/sys` (sysctl(8)).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::render::nft::Sysctl;

/// The path of a setting. Dots in its name separate directories, and a slash stands for a dot within an interface's
/// name (sysctl.d(5)).
pub(super) fn path(name: &str) -> PathBuf {
    let swapped: String = name
        .chars()
        .map(|c| match c {
            '.' => '/',
            '/' => '.',
            other => other,
        })
        .collect();
    Path::new("/proc/sys").join(swapped)
}

/// Reads a setting; `None` if it does not exist.
pub(super) fn get(name: &str) -> Option<String> {
    fs::read_to_string(path(name)).ok().map(|value| value.trim().to_owned())
}

/// Whether a boolean setting is on; a missing one is off.
pub(super) fn is_on(name: &str) -> bool {
    get(name).is_some_and(|value| value != "0")
}

/// The directory of the IPv6 settings of each interface, and of `all` and `default`.
const IPV6_LINKS: &str = "/proc/sys/net/ipv6/conf";

/// The `accept_ra` settings of interfaces that stop accepting router advertisements once the host forwards, and the
/// `default` of new ones.
///
/// Our own interfaces are left out: no guest may become the host's router.
fn losing_advertisements() -> Vec<PathBuf> {
    let Ok(links) = fs::read_dir(IPV6_LINKS) else { return Vec::new() };
    let links = links.filter_map(|link| Some(link.ok()?.file_name().to_string_lossy().into_owned()));
    let is_other =
        |link: &String| !["all", "lo"].contains(&&**link) && !link.starts_with("ve-") && !link.starts_with("vb-");
    let settings = links.filter(is_other).map(|link| Path::new(IPV6_LINKS).join(link).join("accept_ra"));
    settings.filter(|path| fs::read_to_string(path).is_ok_and(|value| value.trim() == "1")).collect()
}

/// Whether all interfaces that accept router advertisements also do so when the host forwards.
pub(super) fn keeps_advertisements() -> bool {
    losing_advertisements().is_empty()
}

/// Makes an interface to a guest ignore the guest's router advertisements.
pub(super) fn refuse_advertisements(link: &str) -> io::Result<()> {
    write(&Path::new(IPV6_LINKS).join(link).join("accept_ra"), "0")
}

/// Sets a sysctl, unless it has the value already: some reset others even then. If it does not exist because its
/// interface is gone, it is skipped.
///
/// NixOS sets `accept_ra` of `all`, but the kernel does not apply that to any interface. Here it is applied to each
/// interface. If an interface has it off, another program handles the advertisements (systemd-networkd, dhcpcd), so it
/// stays off.
pub(super) fn set(sysctl: &Sysctl) -> io::Result<()> {
    let path = path(&sysctl.name);
    match sysctl.accept_ra() {
        None => write(&path, &sysctl.value),
        Some("all") => {
            for link in losing_advertisements() {
                write(&link, &sysctl.value)?;
            }
            write(&path, &sysctl.value)
        }
        Some(_) if losing_advertisements().contains(&path) => write(&path, &sysctl.value),
        Some(_) => Ok(()),
    }
}

fn write(path: &Path, wanted: &str) -> io::Result<()> {
    let result = match fs::read_to_string(path) {
        Ok(value) if value.trim() == wanted => Ok(()),
        Ok(_) => {
            tracing::debug!(path = %path.display(), value = wanted, "write");
            fs::write(path, wanted)
        }
        Err(error) => Err(error),
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::netns::tests::isolated;

    #[test]
    fn a_dot_in_an_interface_name_is_kept() {
        let path = path("net.ipv4.conf.ve-a/b.route_localnet");
        assert_eq!(path, Path::new("/proc/sys/net/ipv4/conf/ve-a.b/route_localnet"));
    }

    #[test]
    fn it_is_set_in_the_namespace_of_the_thread() {
        let name = "net.ipv4.conf.lo.route_localnet";
        isolated(|_| {
            let to = |value: &str| set(&Sysctl { name: name.to_owned(), value: value.to_owned() });
            for (value, on) in [("1", true), ("1", true), ("0", false)] {
                to(value).expect("set");
                assert_eq!(is_on(name), on);
            }
            let gone = Sysctl { name: "net.ipv4.conf.ve-gone.route_localnet".to_owned(), value: "1".to_owned() };
            set(&gone).expect("passed over");
        });
    }

    #[test]
    fn only_interfaces_that_accept_advertisements_go_on_accepting_them() {
        isolated(|_| {
            let setting = |link: &str| Path::new(IPV6_LINKS).join(link).join("accept_ra");
            let read = |link: &str| fs::read_to_string(setting(link)).expect("a setting").trim().to_owned();
            fs::write(setting("default"), "1").expect("written");
            assert!(!keeps_advertisements());
            let to = |link: &str| Sysctl { name: format!("net.ipv6.conf.{link}.accept_ra"), value: "2".to_owned() };
            set(&to("all")).expect("set");
            assert!(keeps_advertisements());
            assert_eq!((read("default"), read("lo")), ("2".to_owned(), "1".to_owned()));
            // Another program handles advertisements.
            fs::write(setting("default"), "0").expect("written");
            for link in ["all", "default", "gone0"] {
                set(&to(link)).expect("set");
            }
            assert_eq!(read("default"), "0");
        });
    }
}
