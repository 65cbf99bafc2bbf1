//! Settings of the kernel below `/proc/sys` (sysctl(8)).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::render::nft::Sysctl;

/// Where a setting is: dots separate, and a dot that belongs to a name is written as a slash (sysctl.d(5)).
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

/// What it is; `None` where it is not there.
pub(super) fn get(name: &str) -> Option<String> {
    fs::read_to_string(path(name)).ok().map(|value| value.trim().to_owned())
}

/// Whether a switch is on; one that is not there is off.
pub(super) fn is_on(name: &str) -> bool {
    get(name).is_some_and(|value| value != "0")
}

/// Where each link's settings of IPv6 are, with those of `all` and `default` beside them.
const IPV6_LINKS: &str = "/proc/sys/net/ipv6/conf";

/// The links that take advertisements of routers only as long as the host does not forward, and the `default` of new ones.
/// Ours are none of them: no guest is to be the host's router.
fn losing_advertisements() -> Vec<PathBuf> {
    let Ok(links) = fs::read_dir(IPV6_LINKS) else { return Vec::new() };
    let links = links.filter_map(|link| Some(link.ok()?.file_name().to_string_lossy().into_owned()));
    let is_other =
        |link: &String| !["all", "lo"].contains(&&**link) && !link.starts_with("ve-") && !link.starts_with("vb-");
    let settings = links.filter(is_other).map(|link| Path::new(IPV6_LINKS).join(link).join("accept_ra"));
    settings.filter(|path| fs::read_to_string(path).is_ok_and(|value| value.trim() == "1")).collect()
}

/// Whether all links that take advertisements of routers also do when the host forwards.
pub(super) fn keeps_advertisements() -> bool {
    losing_advertisements().is_empty()
}

/// Keeps a link that leads to a guest from taking its advertisements.
pub(super) fn refuse_advertisements(link: &str) -> io::Result<()> {
    write(&Path::new(IPV6_LINKS).join(link).join("accept_ra"), "0")
}

/// Sets it, unless it is so already: some settings reset others even then. One that is not there, because its interface
/// is gone, is passed over.
///
/// `accept_ra` of `all` is what NixOS sets, and the kernel lets it change no link: here it is that of each link. Where it is
/// off, somebody else takes the advertisements (systemd-networkd, dhcpcd), and it stays off.
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
    fn a_dot_in_a_link_stays_in_its_name() {
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
    fn advertisements_are_taken_by_links_that_took_them_and_by_no_other() {
        isolated(|_| {
            let setting = |link: &str| Path::new(IPV6_LINKS).join(link).join("accept_ra");
            let read = |link: &str| fs::read_to_string(setting(link)).expect("a setting").trim().to_owned();
            fs::write(setting("default"), "1").expect("written");
            assert!(!keeps_advertisements());
            let to = |link: &str| Sysctl { name: format!("net.ipv6.conf.{link}.accept_ra"), value: "2".to_owned() };
            set(&to("all")).expect("set");
            assert!(keeps_advertisements());
            assert_eq!((read("default"), read("lo")), ("2".to_owned(), "1".to_owned()));
            // Somebody else takes them.
            fs::write(setting("default"), "0").expect("written");
            for link in ["all", "default", "gone0"] {
                set(&to(link)).expect("set");
            }
            assert_eq!(read("default"), "0");
        });
    }
}
