//! Finds a dhcpcd that configures all interfaces of the host, and its configuration.
//!
//! dhcpcd has no directory for configuration that others may add to while it runs. So a plan can only say what is missing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::state::Dhcpcd;
use crate::state::dhcpcd::values;

/// The files with its process ID, if it configures more than one interface; for a single one there are others.
const PIDS: [&str; 2] = ["run/dhcpcd/pid", "run/dhcpcd.pid"];
/// Its unit, which may name another configuration, by precedence.
const UNITS: [&str; 4] = [
    "etc/systemd/system/dhcpcd.service",
    "run/systemd/system/dhcpcd.service",
    "usr/lib/systemd/system/dhcpcd.service",
    "lib/systemd/system/dhcpcd.service",
];
/// Its configuration, if the unit names no other. Its command line does not show it: dhcpcd overwrites that.
const CONFIG: &str = "/etc/dhcpcd.conf";

/// The dhcpcd that runs, if one does.
pub(super) fn look() -> Option<Dhcpcd> {
    look_in(Path::new("/"))
}

fn look_in(root: &Path) -> Option<Dhcpcd> {
    let read = |path: &str| fs::read_to_string(root.join(path.trim_start_matches('/'))).ok();
    let runs = |pid: &str| read(&format!("proc/{}/comm", pid.trim())).is_some_and(|name| name.trim() == "dhcpcd");
    PIDS.iter().find(|path| read(path).is_some_and(|pid| runs(&pid)))?;
    let unit = UNITS.iter().find_map(|path| read(path)).unwrap_or_default();
    let command = unit.lines().rev().find_map(|line| line.strip_prefix("ExecStart=")).unwrap_or_default();
    let arguments: Vec<&str> = command.split_whitespace().collect();
    let config = values(&arguments, "-f", "--config").last().unwrap_or(CONFIG);
    Some(Dhcpcd::new(PathBuf::from(config), &read(config).unwrap_or_default(), &arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_that_runs_counts_with_the_configuration_that_its_unit_names() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path();
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("below the root")).expect("made");
            fs::write(path, text).expect("written");
        };
        assert_eq!(look_in(root), None);
        write("run/dhcpcd/pid", "17\n");
        assert_eq!(look_in(root), None, "its process is gone");
        write("proc/17/comm", "bash\n");
        assert_eq!(look_in(root), None, "another process");
        write("proc/17/comm", "dhcpcd\n");
        write("etc/dhcpcd.conf", "denyinterfaces side1\n");
        let found = look_in(root).expect("it runs");
        assert_eq!((found.config.as_path(), found.acts_on("side1")), (Path::new(CONFIG), false));
        write("lib/systemd/system/dhcpcd.service", "[Service]\nExecStart=/usr/sbin/dhcpcd -q -b\n");
        assert_eq!(look_in(root), Some(found));
        let unit =
            "[Service]\nExecStart=@/nix/store/1/sbin/dhcpcd dhcpcd --quiet --config /nix/store/2-dhcpcd.conf\n";
        write("etc/systemd/system/dhcpcd.service", unit);
        write("nix/store/2-dhcpcd.conf", "denyinterfaces ve-*\n");
        let found = look_in(root).expect("it runs");
        assert_eq!(found.config, Path::new("/nix/store/2-dhcpcd.conf"));
        assert!(found.acts_on("side1") && !found.acts_on("ve-web"));
    }
}
