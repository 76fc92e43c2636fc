#!/usr/bin/env python3
"""dmesg_check.py CONSOLE [REGEX...]: does a kernel log hold a complaint?

Prints each line that is one and matches none of the expected REGEXes; exits 1
if there was any. test_report.py uses the same rules, one test at a time.
"""
import re
import sys

# "[   12.345678][  T123] " and, with a raw log, "<4>" before it.
PREFIX = re.compile(r"^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?")

# Matched at the start of the message: words like "stall" are in "Installing".
COMPLAINTS = re.compile(
    r"""
    -+\[\ cut\ here\ \]-+
    | WARNING:\s
    | (?:watchdog:\s)?BUG:\s
    | kernel\ BUG\ at
    | Oops\b
    | Kernel\ panic
    | Unable\ to\ handle\ kernel
    | general\ protection
    | (?:traps|int3|stack\ segment|invalid\ opcode|divide\ error|double\ fault):
    | Call\ Trace:
    | KASAN:
    | UBSAN:
    | ODEBUG:
    | refcount_t:
    | list_(?:add|del)\ corruption
    | slab\ error
    | INFO:\ (?:task\ .*\ blocked\ for\ more\ than|possible|inconsistent|suspicious
              |trying\ to\ register\ non-static\ key|lockdep\ is\ turned\ off|rcu_)
    | rcu:\ .*(?:detected\ stalls|self-detected\ stall|kthread\ starved)
    | possible\ (?:circular|recursive)\ locking | possible\ irq\ lock
    | inconsistent\ lock\ state
    | suspicious\ RCU\ usage
    | scheduling\ while\ atomic
    | sched:\ Unexpected\ reschedule
    | workqueue:\ .*lockup
    | \S+\[\d+\]:?\ segfault\ at
    | Out\ of\ memory: | \S+\ invoked\ oom-killer
    # All that the class says but that a scheduler came, or left when asked to.
    | sched_ext:\ (?!.*(?:\benabled\b|unregistered\ from\ user\ space))
    """,
    re.VERBOSE,
)


def message(line):
    return PREFIX.sub("", line.rstrip("\r\n"))


def complaints(lines, expected=()):
    """The messages among lines that are complaints nobody expected."""
    found = []
    for line in lines:
        msg = message(line)
        if COMPLAINTS.match(msg) and not any(e.search(msg) for e in expected):
            found.append(msg)
    return found


def main(argv):
    if len(argv) < 2:
        sys.exit(__doc__)
    with open(argv[1], errors="replace") as console:
        found = complaints(console, [re.compile(e) for e in argv[2:]])
    for msg in found:
        print(f"kernel log: {msg}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
