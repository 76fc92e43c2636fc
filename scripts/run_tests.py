#!/usr/bin/env python3
"""run_tests.py [-v] [-c CONFIG] [-j VMS] [-m MINUTES] [NAME...]: selftests in the VM.

Runs the NAMEd tests (default: all) of DIR, which holds their executables, on
BUILD/kernel-CONFIG. A test passes when it exits with 0, leaves the class
disabled and the canary running, and the kernel log holds no complaint but those
it announced on stdout as `# expect-log: REGEX`. Exit status 4 is a skip. When a
test brings the VM down, it has failed and the rest runs in a new VM.

The results go to BUILD/results/CONFIG/, one line a test to the tally file.
"""
import argparse
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import dmesg_check

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("BUILD_DIR", ROOT / "build"))
SKIP = 4
BOOT_LIMIT = 120  # seconds to the first test, more on slower kernels
SHARE = 4  # tests that a VM runs before it comes back for more, when there are several
# Not under test: what kselftest and the tests themselves need beside them.
HELPERS = {"bench", "runner"}
# How much slower than base, and what to add to the kernel's command line.
SCALE = {"debug": 8, "kcsan": 8, "gcov": 2}
APPEND = {"debug": "panic_on_warn=1"}
MARK = re.compile(r"selftest: (begin|end) (\S+)(?: rc=(\d+) left=(\S+))?\s*$")


class Result:
    def __init__(self, name):
        self.name = name
        self.verdict = "fail"
        self.why = []
        self.log = []
        self.seconds = 0.0


def segments(lines):
    """Splits a log at the markers: name -> (lines, end marker or None)."""
    parts, name = {None: []}, None
    ends = {}
    for line in lines:
        mark = MARK.search(line)
        if mark and mark.group(1) == "begin":
            name = mark.group(2)
            parts[name] = []
        elif mark:
            ends[mark.group(2)] = mark
            name = None
        else:
            parts[name].append(line)
    return parts, ends


def judge(result, log, end, console):
    """Fills in result from what the test printed and what the kernel logged."""
    result.log = log
    expected = [re.compile(m.group(1)) for m in
                (re.match(r"\s*# expect-log: (.*\S)", line) for line in log) if m]
    if end is None:
        result.why.append("the VM died or hung in it")
    else:
        rc, left = int(end.group(3)), end.group(4)
        if rc == 137:
            result.why.append("killed: it ran out of its time")
        elif rc not in (0, SKIP):
            result.why.append(f"exit status {rc}")
        if left != "clean":
            result.why.append(f"left behind: {left}")
    result.why += [f"kernel log: {msg}" for msg in dmesg_check.complaints(console, expected)]
    if not result.why:
        result.verdict = "skip" if int(end.group(3)) == SKIP else "ok"


class Guest:
    """A VM, of which each round boots a new one, and what its tests gave."""
    running = set()

    def __init__(self, args, out, slot):
        self.args = args
        self.scale = SCALE.get(args.config, 1)
        self.limit = args.limit * self.scale
        self.kernel = args.kernel or BUILD / f"kernel-{args.config}"
        self.out = out
        self.vm = out / (f"vm{slot}" if slot else "vm")
        self.seconds = {}

    def boot(self, names):
        """One VM for names, showing them as they come; True if it ended well."""
        command = ["scripts/vm.sh", "-n", "-o", self.vm, "-t",
                   str(60 * self.scale + self.limit * len(names)), "-a",
                   APPEND.get(self.args.config, ""), self.kernel,
                   "scripts/guest-run-tests:/opt/scripts/guest-run-tests"]
        # Only what the tests name by themselves comes with them: programs and objects.
        command += [f"{p}:/opt/selftests/{p.name}" for p in self.needed(names)]
        tools = BUILD / "tools/bin"
        if tools.is_dir():
            command.append(f"{tools}:/opt/tools")
        command += ["--", f"SCX_TEST_SCALE={self.scale} {self.args.env} sh "
                    f"/opt/scripts/guest-run-tests {self.limit} /opt/selftests",
                    " ".join(names)]
        started = {}
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE if not self.args.verbose else None,
                              text=True, errors="replace", start_new_session=True) as vm:
            # Emulated machines at times hang before they come to the first test.
            boot = threading.Timer(BOOT_LIMIT * self.scale ** 0.5,
                                   lambda: started or os.killpg(vm.pid, signal.SIGKILL))
            boot.start()
            self.running.add(vm.pid)
            for line in vm.stdout:
                if self.args.verbose:
                    print(line, end="", flush=True)
                self.progress(line, started)
            boot.cancel()
            self.running.discard(vm.pid)
        return vm.returncode == 0

    def needed(self, names):
        everything = sorted(p for p in self.args.dir.iterdir() if p.is_file())
        return [p for p in everything if p.name in names or p.name in HELPERS or
                not is_program(p) and p.suffix not in (".o", ".h", ".d", ".c", ".a")]

    def progress(self, line, started):
        mark = MARK.search(line)
        if not mark:
            return
        name = mark.group(2)
        if mark.group(1) == "begin":
            started[name] = time.monotonic()
        else:
            self.seconds[name] = time.monotonic() - started.get(name, 0)
            if not self.args.verbose:
                print(f"  {self.args.config}: {name} ({self.seconds[name]:.1f} s) "
                      f"{'' if mark.group(3) == '0' else 'exit ' + mark.group(3)}", flush=True)

    def read(self, name):
        path = self.vm / name
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    def tests(self, names):
        results = []
        boots = 3
        while names:
            ended = self.boot(names)
            output, ends = segments(self.read("output"))
            console, _ = segments(self.read("console"))
            done = [n for n in names if n in console or n in output]
            for name in done:
                result = Result(name)
                result.seconds = self.seconds.get(name, 0)
                judge(result, output.get(name, []), ends.get(name), console.get(name, []))
                results.append(result)
                self.keep(result, console.get(name, []))
            rest = [n for n in names if n not in done]
            if not done and boots > 1:
                boots -= 1
                print(f"  {self.args.config}: the VM did not come up, once more", flush=True)
                continue
            outside = Result("between-tests")
            outside.why = dmesg_check.complaints(console[None])
            if outside.why or not done or (ended and rest):
                outside.why = outside.why or ["the VM did not come as far as the tests"]
                results.append(outside)
                self.keep(outside, console[None])
                if not done:
                    break
            names = rest
        return results

    def keep(self, result, console):
        (self.out / f"{result.name}.log").write_text("\n".join(result.log) + "\n")
        (self.out / f"{result.name}.dmesg").write_text("\n".join(console) + "\n")


class Pool:
    """Tests shared among VMs, until it is too late to begin with more."""

    def __init__(self, args, out):
        self.args = args
        self.out = out
        self.shares = queue.SimpleQueue()
        self.results = []
        self.until = time.monotonic() + args.minutes * 60 if args.minutes else None

    def work(self, slot):
        guest = Guest(self.args, self.out, slot)
        while True:
            try:
                names = self.shares.get_nowait()
            except queue.Empty:
                return
            if self.until and time.monotonic() > self.until:
                self.results += [left_out(name) for name in names]
            else:
                self.results += guest.tests(names)

    def tests(self, names):
        size = SHARE if self.args.jobs > 1 or self.args.minutes else len(names)
        for i in range(0, len(names), size):
            self.shares.put(names[i:i + size])
        workers = [threading.Thread(target=self.work, args=(slot,), daemon=True)
                   for slot in range(self.args.jobs)]
        try:
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        finally:
            for pid in list(Guest.running):
                os.killpg(pid, signal.SIGKILL)
        return sorted(self.results, key=lambda r: r.name)


def left_out(name, why="there was no time"):
    result = Result(name)
    result.verdict = "skip"
    result.log = [f"left out: {why}"]
    return result


def is_program(path):
    return os.access(path, os.X_OK)


def report(results, args, out):
    for result in results:
        if result.verdict == "ok":
            continue
        print(f"{args.config}: {result.name}: {result.verdict}")
        for why in result.why[:12]:
            print(f"    {why}")
        tail = [l for l in result.log if not l.startswith(("ok", "TAP", "1.."))]
        for line in tail[-12:] if result.verdict == "fail" else tail[-1:]:
            print(f"    | {line}")
        if result.verdict == "fail":
            print(f"    all of it: {out}/{result.name}.log, {result.name}.dmesg")
    if args.tally:
        with open(args.tally, "a") as tally:
            for result in results:
                tally.write(f"{result.verdict}\t{args.config}\t{result.name}\t"
                            f"{result.seconds:.1f}\n")
    count = {v: sum(r.verdict == v for r in results) for v in ("ok", "fail", "skip")}
    print(f"{args.config}: {count['ok']} passed, {count['fail']} failed, "
          f"{count['skip']} skipped")
    return 0 if results and not count["fail"] else 1


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("-c", "--config", default="base")
    parser.add_argument("-k", "--kernel", type=Path)
    parser.add_argument("-d", "--dir", type=Path, default=BUILD / "selftests")
    parser.add_argument("-o", "--out", type=Path)
    parser.add_argument("-l", "--limit", type=int, default=60, help="seconds for one test")
    parser.add_argument("-e", "--env", default="", help="NAME=VALUE for the tests")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="VMs at a time")
    parser.add_argument("-m", "--minutes", type=float, default=0,
                        help="after these, tests not begun are left out, as skipped")
    parser.add_argument("--first", default="", help="begin with these, if all are run")
    parser.add_argument("--without", default="", help="leave these out, as skipped")
    parser.add_argument("--tally", type=Path)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    have = sorted(p.name for p in args.dir.iterdir() if p.is_file() and is_program(p)
                  and p.name not in HELPERS) if args.dir.is_dir() else []
    for name in args.names:
        if name not in have:
            sys.exit(f"run_tests: no test {name} in {args.dir}; there are: {' '.join(have)}")
    if not have:
        sys.exit(f"run_tests: no tests in {args.dir}: make selftests")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    out = args.out or BUILD / "results" / args.config
    out.mkdir(parents=True, exist_ok=True)
    first = [name for name in args.first.split() if name in have]
    names = args.names or first + [name for name in have if name not in first]
    without = [name for name in args.without.split() if name in names]
    results = Pool(args, out).tests([name for name in names if name not in without])
    return report(results + [left_out(name, "as asked") for name in without], args, out)


if __name__ == "__main__":
    sys.exit(main())
