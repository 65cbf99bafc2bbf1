//! Drives the lab from outside, through its script.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::world::World;

/// The time limit for one command in the lab, in seconds; the longest is a switch that builds.
const PATIENCE: &str = "90";

/// Lets one scenario at a time use the lab, even if `cargo test` runs several in one process.
static TURN: Mutex<()> = Mutex::new(());

/// A booted lab with this build of the program, on which nothing is configured.
pub(crate) struct Lab {
    _turn: MutexGuard<'static, ()>,
}

/// The output and exit code of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(crate) struct CommandOutput {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl CommandOutput {
    /// The output, if the command succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.out
    }
}

impl Lab {
    /// An empty lab. If a failed scenario left its lab dirty, a new one replaces it.
    pub(crate) fn empty() -> Self {
        let lab = Self { _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner) };
        lab_command("up", &[]);
        if !lab.prepare() {
            lab_command("reset", &[]);
            assert!(lab.prepare(), "a fresh lab is not empty");
        }
        lab
    }

    /// A lab that was never used: even what the program keeps until the next boot is absent, such as recorded failures.
    pub(crate) fn fresh() -> Self {
        lab_command("down", &[]);
        Self::empty()
    }

    /// Installs what scenarios need, and returns whether earlier ones left nothing.
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

    /// Ends a scenario: removes its configuration through the program, and fails if anything is left.
    pub(crate) fn finish(self) {
        self.write("/root/nothing.nix", "{ }\n");
        self.sh("container-rebuild --quiet switch --yes --allow-remove /root/nothing.nix").ok();
        let world = self.observe();
        assert!(world.is_empty(), "left behind: {:#?}", world.traces);
        // Removes what the program keeps on purpose, and what the scenario installed.
        self.sh(r#"
            systemctl stop 'scenario-*'
            systemctl disable --quiet --now container-rebuild.service 2>/dev/null || true
            rm -rf /etc/systemd/system/container-rebuild.service /var/lib/container-rebuild /run/container-rebuild/{booted,current}-generation /mnt/* /root/*.nix /root/*.conf
            chattr -R -i /var/lib/nixos-containers 2>/dev/null || true
            rm -rf /var/lib/nixos-containers
            systemctl daemon-reload
            systemctl reset-failed
        "#)
        .ok();
    }

    /// Waits until a container runs with another first process than `leader`; returns false if that takes too long.
    pub(crate) fn restarts(&self, name: &str, leader: u32) -> bool {
        // While nspawn ends, its machine is gone already and its unit is still active.
        let script = format!(
            "for i in {{1..300}}; do leader=$(machinectl show -p Leader --value {name} 2>/dev/null) \
             && [[ -n $leader && $leader != {leader} && $(systemctl is-active container@{name}) == active ]] && exit; \
             sleep 0.1; done; exit 1"
        );
        self.sh(&script).code == 0
    }

    /// Runs a bash script as root.
    pub(crate) fn sh(&self, script: &str) -> CommandOutput {
        self.exec(&["bash", "-euo", "pipefail", "-c", script], &[])
    }

    /// Runs a program with `input`; its output must be UTF-8.
    pub(crate) fn exec(&self, command: &[&str], input: &[u8]) -> CommandOutput {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let (code, out, err) = self.exec_binary(command, input);
        CommandOutput { code, out: text(out), err: text(err) }
    }

    /// Runs a program with `input`; its output may be binary.
    pub(crate) fn exec_binary(&self, command: &[&str], input: &[u8]) -> (i32, Vec<u8>, Vec<u8>) {
        let mut child = self.spawn(command);
        let mut stdin = child.stdin.take().expect("a pipe");
        std::thread::scope(|scope| {
            // The program may exit without having read all input.
            scope.spawn(move || drop(std::io::Write::write_all(&mut stdin, input)));
            let output = child.wait_with_output().expect("its output");
            // As in a shell: our script execs the command, and may die of a signal.
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

    /// Starts a program with its streams as pipes.
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

    /// Observes the lab without using the program.
    pub(crate) fn observe(&self) -> World {
        World::parse(&self.sh("python3 /usr/local/lib/lab/observe.py").ok())
    }

    /// Marks every running guest, then observes the lab. A guest whose root is emptied loses its mark.
    pub(crate) fn mark(&self) -> World {
        World::parse(&self.sh("python3 /usr/local/lib/lab/observe.py mark").ok())
    }

    /// Fetches a page from the host itself.
    #[track_caller]
    pub(crate) fn page(&self, url: &str) -> String {
        self.sh(&format!("curl --silent --show-error --max-time 10 {url}")).ok()
    }

    /// Fetches a page from a machine on the LAN.
    #[track_caller]
    pub(crate) fn lan_page(&self, url: &str) -> String {
        self.sh(&format!("ip netns exec lan curl --silent --show-error --max-time 10 {url}")).ok()
    }

    /// Reboots the lab.
    pub(crate) fn reboot(&self) {
        lab_command("reboot", &[]);
    }

    /// Reboots the lab after a power failure.
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

/// The lab's script, for the lab of this process: `LAB_NAME`, with a number appended for all but the first process that
/// nextest runs at the same time.
fn lab_script() -> Command {
    let name = std::env::var("LAB_NAME").unwrap_or_else(|_| "lab".to_owned());
    let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT").ok().filter(|slot| slot != "0");
    let mut script = Command::new("tests/lab/lab");
    script.env("LAB_NAME", slot.map_or_else(|| name.clone(), |slot| format!("{name}-{slot}")));
    script
}
