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

/// Whether a switch is on; one that is not there is off.
pub(super) fn is_on(name: &str) -> bool {
    fs::read_to_string(path(name)).is_ok_and(|value| value.trim() != "0")
}

/// Sets it, unless it is so already: some settings reset others even then. One that is not there, because its interface
/// is gone, is passed over.
pub(super) fn set(sysctl: &Sysctl) -> io::Result<()> {
    let path = path(&sysctl.name);
    let result = match fs::read_to_string(&path) {
        Ok(value) if value.trim() == sysctl.value => Ok(()),
        Ok(_) => {
            tracing::debug!(path = %path.display(), value = sysctl.value, "write");
            fs::write(&path, &sysctl.value)
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
}
