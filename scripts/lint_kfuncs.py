#!/usr/bin/env python3
"""lint_kfuncs.py [-b BASE] TREE: no kfunc of ours takes any pointer that comes along.

6.1 accepts every walked BTF pointer, and NULL, as an argument of a kfunc without a
flag. So each kfunc in the sets that TREE has and its commit BASE (default: base) does
not must say what it takes if it takes a pointer: KF_RCU, KF_TRUSTED_ARGS, KF_RELEASE
or one of the flags of iterators. A kfunc that stands in several sets does so in each.

One line for each fault, exit status 1 if there is any.
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

SAYS = {"KF_RCU", "KF_TRUSTED_ARGS", "KF_RELEASE", "KF_ITER_NEW", "KF_ITER_NEXT",
        "KF_ITER_DESTROY"}
# Those that take a pointer and need not say what kind of.
EXCEPTIONS = {
    "bpf_obj_new_impl": "its only pointer is \"meta__ign\", which the verifier replaces",
}
AT_LEAST = 60  # kfuncs there are; with fewer the sets were not found

START = re.compile(r"\bBTF_ID_FLAGS\s*\(\s*func\b")
ENTRY = re.compile(START.pattern + r"\s*,\s*(\w+)\s*(?:,\s*\(?([^()]*)\)?\s*)?\)")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)


class Broken(Exception):
    """There is nothing to judge."""


def git(tree, *args, ok=(0,)):
    run = subprocess.run(["git", "--no-optional-locks", "-C", str(tree), *args],
                         capture_output=True, text=True, errors="replace", check=False)
    if run.returncode not in ok:
        raise Broken(f"git {args[0]}: {run.stderr.strip()}")
    return run.stdout


def entries(text):
    """(position, kfunc, flags) of each entry of the sets in a file."""
    text = COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    for start in START.finditer(text):
        m = ENTRY.match(text, start.start())
        if not m:
            line = text[start.start():].split("\n", 1)[0]
            raise Broken(f"not an entry that can be read: {line}")
        yield m.start(), m.group(1), {f.strip() for f in (m.group(2) or "").split("|")} - {""}


def ours(tree, base):
    """(file, line, kfunc, flags) of each entry that the base has not."""
    changed = git(tree, "diff", "--name-only", "--diff-filter=d", base, "--",
                  "*.c", "*.h", ":!tools", ":!Documentation").split()
    new = git(tree, "ls-files", "--others", "--exclude-standard", "--",
              "*.c", "*.h", ":!tools").split()
    for path in sorted({*changed, *new}):
        text = (tree / path).read_text(errors="replace")
        if "BTF_ID_FLAGS" not in text:
            continue
        old = git(tree, "show", f"{base}:{path}", ok=(0, 128))
        had = [(name, flags) for _, name, flags in entries(old)]
        for pos, name, flags in entries(text):
            if (name, flags) in had:
                had.remove((name, flags))
            else:
                yield path, text.count("\n", 0, pos) + 1, name, flags


def parameters(text, name):
    """Those of the function that text defines, None if it does not define it."""
    text = COMMENT.sub(" ", text)
    for m in re.finditer(rf"\b{name}\s*\(", text):
        depth, end = 1, m.end()
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        if text[end:].lstrip().startswith("{"):
            return " ".join(text[m.end():end - 1].split())
    return None


def find_parameters(tree, name, first):
    """The definition is most likely in the file with the set."""
    paths = git(tree, "grep", "-l", "--untracked", "-w", name, "--", "*.c", "*.h", ":!tools",
                ":!Documentation", ok=(0, 1)).split()
    for path in [first] + [p for p in paths if p != first]:
        found = parameters((tree / path).read_text(errors="replace"), name)
        if found is not None:
            return found
    return None


def faults(tree, base):
    names, excused = set(), set()
    for path, line, name, flags in ours(tree, base):
        names.add(name)
        params = find_parameters(tree, name, path)
        where = f"{path}:{line}: {name}"
        if params is None:
            yield f"{where}: no definition of it was found"
        elif re.search(r"[*\[]", params) and not flags & SAYS:
            if name in EXCEPTIONS:
                excused.add(name)
            else:
                yield f"{where}({params}): takes a pointer, and has none of " \
                      f"{', '.join(sorted(SAYS))}"
    for name in sorted(EXCEPTIONS.keys() - excused):
        yield f"{name}: is an exception without need"
    if len(names) < AT_LEAST:
        yield f"only {len(names)} kfuncs were found, not {AT_LEAST} or more"
    else:
        print(f"lint_kfuncs: {len(names)} kfuncs, {len(excused)} excused", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":", 1)[0])
    parser.add_argument("-b", "--base", default="base")
    parser.add_argument("tree", type=Path)
    args = parser.parse_args()
    try:
        found = list(faults(args.tree.resolve(), args.base))
    except (Broken, OSError) as err:
        found = [str(err)]
    for fault in found:
        print(f"lint_kfuncs: {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
