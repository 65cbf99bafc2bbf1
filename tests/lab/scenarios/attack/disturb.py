"""Runs a command and disturbs it once; says as JSON how it ended. Run in the lab, by the lab's own Python.

    disturb.py KIND SECONDS COMMAND…

KIND is what happens after SECONDS: `nothing`; `kill` and `kill-group` (SIGKILL to the process, to its children too); `hang-up` (its
terminal vanishes), `sighup` (it is told so, and the terminal stays); `pipe-stdout`, `pipe-stderr`, `pipe-both` (whoever read there is
gone). `full-stdout`, `full-stderr` and `full-both` hold from the start: nothing can be written there.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time

# How long a command may go on once it was disturbed, in seconds.
PATIENCE = 60
# How much of what it says is kept, in bytes.
EXCERPT = 4000


class Run:
    """A command that runs, and the ends of its streams that are read."""

    def __init__(self, kind, command):
        self.said = b""
        self.streams = {}
        if kind in ("hang-up", "sighup"):
            self.pid, terminal = os.forkpty()
            if self.pid == 0:
                os.execvp(command[0], command)
            self.streams[terminal] = "terminal"
        else:
            out, err = (self.full() if kind in (f"full-{name}", "full-both") else self.pipe(name) for name in ("stdout", "stderr"))
            # A session of its own: `kill-group` spares us.
            self.pid = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True).pid
            os.close(out)
            os.close(err)
        self.ended = os.pidfd_open(self.pid)

    def full(self):
        return os.open("/dev/full", os.O_WRONLY)

    def pipe(self, name):
        ours, theirs = os.pipe()
        self.streams[ours] = name
        return theirs

    def follow(self, seconds):
        """Reads what it says until then; whether it has ended."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self.ended, *self.streams], [], [], left)
            for stream in ready:
                if stream != self.ended:
                    self.read(stream)
            if ready == [self.ended]:
                return True
        return False

    def read(self, stream):
        try:
            chunk = os.read(stream, 65536)
        except OSError:
            # A terminal that nobody has open any more says EIO.
            chunk = b""
        self.said = (self.said + chunk)[-EXCERPT:]
        if not chunk:
            self.close(stream)

    def close(self, stream):
        del self.streams[stream]
        os.close(stream)

    def disturb(self, kind):
        match kind:
            case "kill":
                os.kill(self.pid, signal.SIGKILL)
            case "kill-group":
                os.killpg(self.pid, signal.SIGKILL)
            case "sighup":
                os.kill(self.pid, signal.SIGHUP)
            case "hang-up" | "pipe-stdout" | "pipe-stderr" | "pipe-both":
                gone = {"hang-up": ["terminal"], "pipe-both": ["stdout", "stderr"]}.get(kind, [kind.removeprefix("pipe-")])
                for stream in [stream for stream, name in self.streams.items() if name in gone]:
                    self.close(stream)


def main():
    kind, seconds, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    begin = time.monotonic()
    run = Run(kind, command)
    in_time = run.follow(seconds)
    if not in_time:
        run.disturb(kind)
    hung = not in_time and not run.follow(PATIENCE)
    if hung:
        os.kill(run.pid, signal.SIGKILL)
    _, status = os.waitpid(run.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    print(json.dumps({
        "code": 128 - code if code < 0 else code,
        "disturbed": not in_time,
        "hung": hung,
        "seconds": time.monotonic() - begin,
        "said": run.said.decode(errors="replace"),
    }))


main()
