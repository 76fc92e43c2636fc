#!/usr/bin/env python3
"""bpf_compare.py OLD NEW EXPECTED [TABLE]: the BPF selftests on two kernels side by side.

OLD and NEW are directories as guest-bpf-selftests fills them. Prints the differences
and what loading costs; TABLE, a file, gets every test. Lines of EXPECTED are

    WHAT: OLD -> NEW: reason

with WHAT as the table names it ("*" and "?" match), OLD and NEW the results (the
same words, if a test fails on both but with other words). Exits 1 for a difference
that is not in EXPECTED, an expected one that did not show, a cost over LIMIT, or no
results.
"""
import fnmatch
import re
import sys
from pathlib import Path

# Insns that the verifier processes and instructions of the loads: new over old.
LIMIT = 1.02

VERIFIER = re.compile(r"#(\d+/[up]) (.*) (OK|FAIL|SKIP)\b(.*)")
CASES = re.compile(r" \d+ cases$")
PROGS = re.compile(r"#\d+(?:/\d+)? +(\S.*):(OK|FAIL|SKIP)$")
EXPECTED = re.compile(r"(.+?): (\S+) -> (\S+): (.+)")
NUMBER = re.compile(r"0x[0-9a-f]+|\d+")


def lines(path):
    return path.read_text(errors="replace").splitlines()


def words(text):
    """What was said, without the numbers: addresses, times and ids differ always."""
    return NUMBER.sub("N", text.strip())


class Result:
    """One test: its status, and why it failed."""

    def __init__(self, status, why=()):
        self.status = status
        self.why = list(why)

    def __eq__(self, other):
        return self.status == other.status and (
            self.status != "FAIL" or sorted(self.why) == sorted(other.why)
        )


def read_verifier(directory):
    found, current = {}, None
    for line in lines(directory / "verifier.out"):
        match = VERIFIER.match(line)
        if match:
            nr, what, status, rest = match.groups()
            current = Result(status, [words(rest)])
            found[f"verifier {nr} {CASES.sub('', what)}"] = current
        elif line.startswith("Summary:"):
            found["verifier whole"] = Result("done")
        elif current is not None and current.status == "FAIL":
            current.why.append(words(line))
    return found


def read_progs(directory):
    found = {}
    for path in sorted((directory / "progs").glob("*.out")):
        name, failures = path.stem, []
        text = lines(path)
        for line in text:
            match = PROGS.match(line)
            if match:
                # The log of a run that failed has it twice.
                found[f"progs {match[1]}"] = Result(match[2])
            elif ":FAIL:" in line:
                failures.append(words(line))
        status = int(text[-1].split()[-1]) if text else -1
        whole = found.setdefault(f"progs {name}", Result("died"))
        if status > 2:
            whole.status = f"died-{status}"
        whole.why = failures
    return found


def read_loads(path):
    """(object, program) -> verdict, insns, nanoseconds, last line of the log"""
    found = {}
    for line in lines(path):
        obj, prog, verdict, insns, ns, last = line.split(" ", 5)
        found[obj, prog] = (verdict, int(insns), int(ns), words(last))
    return found


def read_verdicts(directory):
    found = {}
    for (obj, prog), (verdict, _, _, last) in read_loads(directory / "verdicts").items():
        status = "FAIL" if verdict == "refused" else verdict
        found[f"load {obj} {prog}"] = Result(status, [last])
    return found


def read(directory):
    found = {}
    for reader in read_verifier, read_progs, read_verdicts:
        found.update(reader(directory))
    return found


class Expectations:
    def __init__(self, path):
        self.entries = []
        for nr, line in enumerate(lines(path), 1):
            if not line.strip() or line.startswith("#"):
                continue
            match = EXPECTED.fullmatch(line)
            if not match:
                sys.exit(f"bpf_compare: {path}:{nr}: not WHAT: OLD -> NEW: reason")
            self.entries.append(match.groups())
        self.seen = set()

    def reason(self, what, old, new):
        for entry in self.entries:
            pattern = entry[0].replace("[", "[[]")
            if fnmatch.fnmatchcase(what, pattern) and entry[1:3] == (old, new):
                self.seen.add(entry)
                return entry[3]
        return None

    def unseen(self):
        return [e for e in self.entries if e not in self.seen]


def compare_results(old, new, expected, table):
    """Prints what differs; returns how much of it nobody expected."""
    absent = Result("absent")
    counts, bad = {}, 0
    for what in sorted(old.keys() | new.keys()):
        a, b = old.get(what, absent), new.get(what, absent)
        table.append(f"{a.status:10} {b.status:10} {what}")
        key = a.status, b.status
        counts[key] = counts.get(key, 0) + 1
        if a == b:
            continue
        reason = expected.reason(what, a.status, b.status)
        if reason is None:
            bad += 1
        print(f"{what}: {a.status} -> {b.status}: {reason or 'NOT EXPECTED'}")
        if reason is None:
            for sign, mine, other in ("-", a, b), ("+", b, a):
                for why in [w for w in mine.why if w not in other.why][:12]:
                    print(f"    {sign} {why}")
    print(f"\n{'unpatched':10} {'patched':10} tests")
    for (a, b), count in sorted(counts.items()):
        print(f"{a:10} {b:10} {count}")
    return bad


def compare_costs(old, new):
    """Prints the costs; returns whether they keep within LIMIT."""
    print(f"\n{'insns processed':>23} {'instructions':>31}")
    print(f"{'old':>9} {'new':>9} {'':>6} {'old':>13} {'new':>13} {'':>6}")
    total, fine = [0, 0, 0, 0], True

    def row(a_insns, b_insns, a_ns, b_ns, what):
        print(f"{a_insns:9} {b_insns:9} {b_insns / max(a_insns, 1):6.3f}"
              f" {a_ns:13} {b_ns:13} {b_ns / max(a_ns, 1):6.3f} {what}")

    for key in sorted(old.keys() | new.keys()):
        what = " ".join(key)
        if key not in old or key not in new:
            print(f"only on one of them: {what}")
            fine = False
            continue
        (a, a_insns, a_ns, _), (b, b_insns, b_ns, _) = old[key], new[key]
        if a != "accepted" or b != "accepted":
            # Counts nothing; whether the two agree is among the results.
            print(f"{a} -> {b}: {what}")
            continue
        row(a_insns, b_insns, a_ns, b_ns, what)
        for i, value in enumerate((a_insns, b_insns, a_ns, b_ns)):
            total[i] += value
    row(*total, "all")
    fine = fine and total[0] and total[1] <= LIMIT * total[0] and total[3] <= LIMIT * total[2]
    print(f"limit {LIMIT}: {'kept' if fine else 'EXCEEDED'}")
    return bool(fine)


def main(argv):
    if len(argv) not in (4, 5):
        sys.exit(__doc__)
    dirs = Path(argv[1]), Path(argv[2])
    old, new = (read(d) for d in dirs)
    if not old or not new:
        sys.exit("bpf_compare: no results")
    expected, table = Expectations(Path(argv[3])), []
    bad = compare_results(old, new, expected, table)
    for what, before, after, _ in expected.unseen():
        print(f"expected, but did not show: {what}: {before} -> {after}")
        bad += 1
    if len(argv) == 5:
        Path(argv[4]).write_text("".join(f"{line}\n" for line in table))
    fine = compare_costs(*(read_loads(d / "cost") for d in dirs))
    print(f"{bad} differences that need an explanation")
    return 0 if fine and not bad else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
