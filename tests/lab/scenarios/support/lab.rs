//! The lab, driven from outside through its script.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::world::World;

/// How long one command in the lab may take, in seconds; the longest is a switch that builds.
const PATIENCE: &str = "90";

/// The lab belongs to one scenario at a time, also where `cargo test` runs several in one process.
static TURN: Mutex<()> = Mutex::new(());

/// A booted lab with this build of the program in it, on which nothing is configured.
pub(crate) struct Lab {
    _turn: MutexGuard<'static, ()>,
}

/// What a command said, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// What it printed, if it succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.out
    }
}

impl Lab {
    /// An empty one. A lab that a failed scenario left is replaced.
    pub(crate) fn empty() -> Self {
        let lab = Self { _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner) };
        lab_command("up", &[]);
        if !lab.prepare() {
            lab_command("reset", &[]);
            assert!(lab.prepare(), "a fresh lab is not empty");
        }
        lab
    }

    /// One that was never used: without even what the program keeps until the next boot, such as the failures that it tells of.
    pub(crate) fn fresh() -> Self {
        lab_command("down", &[]);
        Self::empty()
    }

    /// Puts in what scenarios need; whether nothing of an earlier one is there.
    fn prepare(&self) -> bool {
        self.sh(include_str!("prepare.sh")).ok();
        self.write("/usr/local/lib/lab/observe.py", include_str!("observe.py"));
        self.push_program();
        let is_clean = self.observe().is_empty();
        let files = "find /mnt /root /var/lib/container-rebuild /var/lib/nixos-containers -mindepth 1 ! -path '/root/.*' 2>&- || true";
        is_clean && self.sh(files).ok().is_empty()
    }

    fn push_program(&self) {
        let program = Path::new(env!("CARGO_BIN_EXE_container-rebuild"));
        let metadata = program.metadata().expect("cargo built it");
        let version = format!("{} {:?}", metadata.len(), metadata.modified());
        if self.sh("cat /var/lib/lab/program-version || true").ok() != version {
            let program = program.to_str().expect("a path in UTF-8");
            lab_command("push", &[program, "/usr/local/bin/container-rebuild"]);
            self.write("/var/lib/lab/program-version", &version);
        }
    }

    /// Ends a scenario: removes what it configured, through the program, and fails when that leaves anything.
    pub(crate) fn finish(self) {
        self.write("/root/nothing.nix", "{ }\n");
        self.sh("container-rebuild --quiet switch --yes --allow-remove /root/nothing.nix").ok();
        let world = self.observe();
        assert!(world.is_empty(), "left behind: {:#?}", world.traces);
        // What is kept on purpose, and what a scenario may have installed.
        self.sh(r#"
            systemctl stop 'scenario-*'
            systemctl disable --quiet --now container-rebuild.service 2>/dev/null || true
            rm -rf /etc/systemd/system/container-rebuild.service /var/lib/container-rebuild /run/container-rebuild/booted-generation /mnt/* /root/*.nix /root/*.conf
            chattr -R -i /var/lib/nixos-containers 2>/dev/null || true
            rm -rf /var/lib/nixos-containers
            systemctl daemon-reload
            systemctl reset-failed
        "#)
        .ok();
    }

    /// Runs a bash script as root.
    pub(crate) fn sh(&self, script: &str) -> Said {
        self.exec(&["bash", "-euo", "pipefail", "-c", script], &[])
    }

    /// Runs a program with `input`; what it prints has to be UTF-8.
    pub(crate) fn exec(&self, command: &[&str], input: &[u8]) -> Said {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let (code, out, err) = self.exec_binary(command, input);
        Said { code, out: text(out), err: text(err) }
    }

    /// The same for what is not text.
    pub(crate) fn exec_binary(&self, command: &[&str], input: &[u8]) -> (i32, Vec<u8>, Vec<u8>) {
        let mut child = self.spawn(command);
        let mut stdin = child.stdin.take().expect("a pipe");
        std::thread::scope(|scope| {
            // It may end without having read all of it.
            scope.spawn(move || drop(std::io::Write::write_all(&mut stdin, input)));
            let output = child.wait_with_output().expect("its output");
            // As a shell has it: our own script becomes the command, and may die of its signal.
            let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
            let code = output.status.code().or(signal.map(|signal| 128 + signal)).expect("it ended");
            assert!(
                code != 124,
                "{command:?} took more than {PATIENCE} s: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            (code, output.stdout, output.stderr)
        })
    }

    /// Starts a program whose streams are pipes.
    pub(crate) fn spawn(&self, command: &[&str]) -> std::process::Child {
        lab_script()
            .args(["exec", "--", "timeout", "-k", "5", PATIENCE])
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the lab's script can be run")
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let script = "mkdir -p \"$(dirname \"$1\")\" && cat >\"$1\"";
        self.exec(&["bash", "-c", script, "write", path], text.as_bytes()).ok();
    }

    /// Looks at it, without the program.
    pub(crate) fn observe(&self) -> World {
        World::parse(&self.sh("python3 /usr/local/lib/lab/observe.py").ok())
    }

    /// The same, after every running guest was marked: a guest whose root is emptied loses its mark.
    pub(crate) fn mark(&self) -> World {
        World::parse(&self.sh("python3 /usr/local/lib/lab/observe.py mark").ok())
    }

    /// A page, as the host itself gets it.
    #[track_caller]
    pub(crate) fn page(&self, url: &str) -> String {
        self.sh(&format!("curl --silent --show-error --max-time 10 {url}")).ok()
    }

    /// A page, as a machine on the LAN gets it.
    #[track_caller]
    pub(crate) fn lan_page(&self, url: &str) -> String {
        self.sh(&format!("ip netns exec lan curl --silent --show-error --max-time 10 {url}")).ok()
    }

    /// Boots it again.
    pub(crate) fn reboot(&self) {
        lab_command("reboot", &[]);
    }

    /// Boots it again after a power failure.
    pub(crate) fn power_failure(&self) {
        lab_command("reboot", &["--hard"]);
    }
}

#[track_caller]
fn lab_command(command: &str, arguments: &[&str]) {
    let output = lab_script().arg(command).args(arguments).stdin(Stdio::null()).output();
    let output = output.expect("the lab's script can be run");
    assert!(output.status.success(), "lab {command}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The lab's script, for the lab of this process: `LAB_NAME`, and a number behind it for all but the first of those that nextest
/// runs at the same time.
fn lab_script() -> Command {
    let name = std::env::var("LAB_NAME").unwrap_or_else(|_| "lab".to_owned());
    let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT").ok().filter(|slot| slot != "0");
    let mut script = Command::new("tests/lab/lab");
    script.env("LAB_NAME", slot.map_or_else(|| name.clone(), |slot| format!("{name}-{slot}")));
    script
}
