#!/usr/bin/env python3
"""tree.py tree|refresh|check|series [-b BUILD] [-k KERNEL_SRC]

Keeps the repository and the patched kernel tree BUILD/linux the same thing in
two forms.

In the repository, edits to existing kernel files are patches/NN-topic/*.patch,
in the order of patches/series, and new files stand whole at their kernel paths;
patches/manifest says which entry each of them enters with. In BUILD/linux, the
kernel package is one commit tagged `base`, and each entry is one commit on it.

tree     repository -> BUILD/linux; writes only the files whose content changes
refresh  BUILD/linux -> repository; folds fixup! commits
check    do the two agree?
series   the entries as mails with a cover letter, in BUILD/series
"""
import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATCHES = ROOT / "patches"
PACKAGE = "linux-source-6.1"
TARBALL = Path(f"/usr/src/{PACKAGE}.tar.xz")
TRIED = 192  # sublevel of the 6.1.y that the README names
BASE_DATE = "2022-12-11T00:00:00Z"
# Directories of the repository that hold nothing but new kernel files.
KERNEL_DIRS = ["kernel", "include", "tools", "Documentation"]
OUR_DIRS = ("patches/", "scripts/", "configs/", ".ci/", "build/")
TREE_REF = "refs/series/tree"
CARRY_REF = "refs/series/carry"
# What a patch looks like must depend on nothing but the two trees.
DIFF = ["-p", "--no-renames", "--diff-algorithm=myers", "--indent-heuristic", "-U3",
        "--no-ext-diff", "--no-textconv", "--no-color", "--full-index", "--binary",
        "--src-prefix=a/", "--dst-prefix=b/", "--inter-hunk-context=0"]
# git diff-tree reads the whole index, and has no use for it.
NO_INDEX = {"GIT_INDEX_FILE": "/nonexistent"}
INDEX_LINE = re.compile(rb"^index [0-9a-f]{40}\.\.[0-9a-f]{40}( \d{6})?\n", re.M)


class Failure(Exception):
    """Something the user has to look at; the text says what to do."""


def say(text):
    print(f"tree: {text}", flush=True)


def run(args, cwd, check=True, env=None, data=None):
    done = subprocess.run([str(a) for a in args], cwd=cwd, input=data, capture_output=True,
                          env={**os.environ, **(env or {})}, check=False)
    if check and done.returncode:
        text = (done.stdout + done.stderr).decode(errors="replace")
        raise Failure(f"{' '.join(map(str, args[:4]))} failed in {cwd}:\n{text}")
    return done


# Commits of the tree get a fixed committer, so that it needs no git identity.
IDENTITY = {"GIT_COMMITTER_NAME": "series", "GIT_COMMITTER_EMAIL": "series@localhost"}


def git(cwd, *args, check=True, env=None, data=None):
    # The machine's git configuration must not change what comes out.
    args = ["git", "-c", "core.quotePath=false", "-c", "commit.gpgSign=false",
            "-c", "gc.auto=0", "-c", "core.hooksPath=/dev/null", *args]
    return run(args, cwd, check, {**IDENTITY, **(env or {})}, data)


def out(cwd, *args, **kw):
    return git(cwd, *args, **kw).stdout.decode(errors="surrogateescape").strip("\n")


def lines(cwd, *args):
    return [l for l in out(cwd, *args).split("\n") if l]


class Repo:
    """The repository's form: series, manifest, patches and new files."""

    def __init__(self, root=ROOT):
        self.root = root
        self.series = self._words(root / "patches/series")
        self.files = {entry: [] for entry in self.series}
        for line in self._words(root / "patches/manifest"):
            path, entry = line.split()
            if entry not in self.files:
                raise Failure(f"patches/manifest: {path} enters with {entry}, "
                              "which patches/series does not have")
            self.files[entry].append(path)

    @staticmethod
    def _words(path):
        text = path.read_text().split("\n") if path.exists() else []
        return [l.strip() for l in text if l.strip() and not l.startswith("#")]

    def new_files(self):
        return [f for files in self.files.values() for f in files]

    def check(self):
        listed = self.new_files()
        for path in {p for p in listed if listed.count(p) > 1}:
            raise Failure(f"patches/manifest: {path} is there twice")
        for path in listed:
            if not (self.root / path).is_file():
                raise Failure(f"{path}: in patches/manifest, but no such file")
        found = run(["git", "ls-files", "-co", "--exclude-standard", "--", *KERNEL_DIRS],
                    self.root).stdout.decode().split("\n")
        found = set(filter(None, found))
        hidden = sorted(set(listed) - found)
        if hidden:
            raise Failure("in patches/manifest, but hidden from git by .gitignore:\n  " +
                          "\n  ".join(hidden))
        stray = sorted(found - set(listed))
        stray = [p for p in stray if (self.root / p).exists()]
        if stray:
            raise Failure("new kernel files that enter nowhere; name the entry of each in "
                          "patches/manifest:\n  " + "\n  ".join(stray))

    def patched_files(self):
        """Existing files that the patches touch."""
        paths = set()
        for entry in self.series:
            text = (self.root / "patches" / entry).read_bytes()
            paths.update(re.findall(rb"^diff --git a/(\S+) b/", text, re.M))
        return sorted(p.decode() for p in paths)

    def key(self, before, entry):
        """Names the tree after entry by all that made it."""
        digest = hashlib.sha256(before.encode())
        digest.update((self.root / "patches" / entry).read_bytes())
        for path in self.files[entry]:
            full = self.root / path
            digest.update(f"{path} {os.access(full, os.X_OK)} ".encode())
            digest.update(full.read_bytes())
        return digest.hexdigest()


class Tree:
    """BUILD/linux, and the second work tree BUILD/replay where commits are made."""

    def __init__(self, build):
        self.build = build
        self.linux = build / "linux"
        self.replay_dir = build / "replay"

    # --- the base commit -------------------------------------------------

    def base(self, source):
        """Makes `base` the commit of source, unpacking only what is new."""
        name = self._source_name(source)
        have = git(self.linux, "log", "-1", "--format=%s", "base", check=False) \
            if (self.linux / ".git").exists() else None
        if have and have.stdout.decode().strip() == name:
            return
        fresh = self.build / "linux.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        self._unpack(source, fresh)
        self._check_version(fresh, source)
        say(f"making the base commit: {name}")
        git(fresh, "init", "-q", "-b", "main")
        git(fresh, "config", "gc.auto", "0")
        git(fresh, "add", "-A", "-f")
        git(fresh, "commit", "-q", "-m", name,
            env={"GIT_AUTHOR_NAME": "series", "GIT_AUTHOR_EMAIL": "series@localhost",
                 "GIT_AUTHOR_DATE": BASE_DATE, "GIT_COMMITTER_DATE": BASE_DATE})
        git(fresh, "tag", "base")
        if (self.linux / ".git").exists():
            git(self.linux, "fetch", "-q", "-f", fresh, "refs/tags/base:refs/tags/base")
            shutil.rmtree(fresh)
        else:
            fresh.rename(self.linux)
            git(self.linux, "update-ref", TREE_REF, "HEAD")

    @staticmethod
    def _source_name(source):
        if source is None:
            if not TARBALL.exists():
                raise Failure(f"{TARBALL} is missing: run `make setup`, or give KERNEL_SRC=")
            done = run(["dpkg-query", "-W", PACKAGE], ROOT)
            return done.stdout.decode().strip().replace("\t", " ")
        if not source.exists():
            raise Failure(f"KERNEL_SRC={source}: no such file or directory")
        probe = source / "Makefile" if source.is_dir() else source
        if not probe.exists():
            raise Failure(f"KERNEL_SRC={source}: not a kernel tree (no Makefile)")
        stat = probe.stat()
        return f"{source.resolve().name} {stat.st_size} {int(stat.st_mtime)}"

    @staticmethod
    def _unpack(source, fresh):
        source = source or TARBALL
        say(f"unpacking {source}")
        if source.is_dir() and (source / ".git").exists():
            archive = run(["git", "archive", "HEAD"], source).stdout
            run(["tar", "-x"], fresh, data=archive)
        elif source.is_dir():
            run(["cp", "-a", f"{source}/.", "."], fresh)
        elif tarfile.is_tarfile(source):
            run(["tar", "-xf", source.resolve(), "--strip-components=1"], fresh)
        else:
            raise Failure(f"KERNEL_SRC={source}: neither a tarball nor a directory")

    @staticmethod
    def _check_version(fresh, source):
        makefile = fresh / "Makefile"
        text = makefile.read_text() if makefile.exists() else ""
        found = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL) = (\d+)$", text, re.M))
        version = ".".join(found.get(k, "?") for k in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))
        if not version.startswith("6.1."):
            raise Failure(f"{source or TARBALL}: Linux {version}; the series is for 6.1.y")
        if int(found["SUBLEVEL"]) < TRIED:
            say(f"warning: {version} is older than 6.1.{TRIED}, which the series was tried on")

    # --- replaying the series ----------------------------------------------

    def replay(self, repo, use_cache=True):
        """One commit per entry on top of base; returns the last."""
        cache_file = self.build / "replay.cache"
        cache = dict(l.split() for l in cache_file.read_text().splitlines()) \
            if use_cache and cache_file.exists() else {}
        tip = key = out(self.linux, "rev-parse", "base^{commit}")
        made, wanted = {}, []
        for entry in repo.series:
            key = repo.key(key, entry)
            known = cache.get(key)
            if known and not wanted and \
                    not git(self.linux, "cat-file", "-e", known, check=False).returncode:
                made[key] = tip = known
            else:
                wanted.append((key, entry))
        if wanted:
            root = self.small_root(tip, repo.patched_files() + repo.new_files())
            small = [self._apply(repo, entry) for _, entry in wanted]
            whole = self.carry(root, small[-1], tip)
            made.update((key, whole[s]) for (key, _), s in zip(wanted, small))
            tip = made[key]
        if use_cache:
            cache_file.write_text("".join(f"{k} {v}\n" for k, v in made.items()))
        return tip

    # git is slow with an index of all the kernel's files. So commits are made in
    # BUILD/replay on a root that has those which the series touches, and no others, and
    # carried over to the whole tree when they are done.

    def small_root(self, commit, paths):
        """A commit with only paths of commit, checked out in BUILD/replay."""
        files = git(self.linux, "ls-tree", "-r", "-z", "--full-tree", commit, "--",
                    *paths).stdout
        with tempfile.TemporaryDirectory() as tmp:
            index = {"GIT_INDEX_FILE": f"{tmp}/index"}
            git(self.linux, "update-index", "-z", "--index-info", env=index, data=files)
            root = out(self.linux, "commit-tree", "-m", f"files of {commit}",
                       out(self.linux, "write-tree", env=index),
                       env={"GIT_AUTHOR_NAME": "series", "GIT_AUTHOR_EMAIL": "series@localhost"})
        self._show_small(root)
        return root

    def _show_small(self, commit):
        shutil.rmtree(self.replay_dir, ignore_errors=True)
        git(self.linux, "worktree", "prune")
        git(self.linux, "worktree", "add", "-q", "--detach", self.replay_dir, commit)

    def carry(self, root, tip, onto):
        """Makes the commits root..tip anew on onto; a map from those to these."""
        git(self.linux, "update-ref", CARRY_REF, tip)
        stream = git(self.linux, "fast-export", "--no-data", "--show-original-ids",
                     "--reference-excluded-parents", "--reencode=no",
                     f"{root}..{CARRY_REF}").stdout
        stream = stream.replace(f"\nfrom {root}\n".encode(), f"\nfrom {onto}\n".encode(), 1)
        with tempfile.TemporaryDirectory() as tmp:
            marks = Path(tmp) / "marks"
            git(self.linux, "fast-import", "--quiet", "--force", f"--export-marks={marks}",
                data=stream)
            made = dict(l.split() for l in marks.read_text().splitlines())
        git(self.linux, "update-ref", "-d", CARRY_REF)
        pairs = re.findall(rb"^mark (:\d+)\noriginal-oid ([0-9a-f]{40})$", stream, re.M)
        return {root: onto, **{old.decode(): made[mark.decode()] for mark, old in pairs}}

    def _apply(self, repo, entry):
        patch = repo.root / "patches" / entry
        am = ["am", "-q", "--empty=keep", "--keep-non-patch", "--committer-date-is-author-date"]
        done = git(self.replay_dir, *am, patch, check=False)
        if done.returncode:
            git(self.replay_dir, "am", "--abort", check=False)
            where = failed_hunks(self.replay_dir, patch) or done.stderr.decode()
            if git(self.replay_dir, *am, "-C1", patch, check=False).returncode:
                git(self.replay_dir, "am", "--abort", check=False)
                raise Failure(f"patches/{entry} does not apply to this base:\n{where}\n"
                              "Mend the patch, or rebase its commit in the tree of a base that "
                              "it fits and run `make refresh`.")
            say(f"patches/{entry} applied with less context:\n{where}")
        if repo.files[entry]:
            self._add_files(repo, entry)
        return out(self.replay_dir, "rev-parse", "HEAD")

    def _add_files(self, repo, entry):
        for path in lines(self.replay_dir, "ls-tree", "-r", "--name-only", "HEAD", "--",
                          *repo.files[entry]):
            raise Failure(f"{path} (entry {entry}) exists in the base already: "
                          "an edit of it belongs into a patch")
        for path in repo.files[entry]:
            target = self.replay_dir / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repo.root / path, target)
        git(self.replay_dir, "add", "-f", "--", *repo.files[entry])
        date = out(self.replay_dir, "log", "-1", "--format=%aI")
        git(self.replay_dir, "commit", "-q", "--amend", "--no-edit", "--allow-empty-message",
            env={"GIT_COMMITTER_DATE": date})

    def move_to(self, commit):
        """Makes BUILD/linux show commit; touches only files that differ."""
        if out(self.linux, "rev-parse", "HEAD") != commit:
            done = git(self.linux, "reset", "-q", "--keep", commit, check=False)
            if done.returncode:
                raise Failure(f"{self.linux} has uncommitted edits of files that change now: "
                              "commit them there and run `make refresh`, or drop them.\n"
                              + done.stderr.decode())
        git(self.linux, "update-ref", TREE_REF, commit)

    def last_tree(self):
        """The commit that the repository and BUILD/linux last agreed on."""
        ref = git(self.linux, "rev-parse", "-q", "--verify", TREE_REF, check=False)
        return out(self.linux, "rev-parse", "base^{commit}") if ref.returncode \
            else ref.stdout.decode().strip()

    def builds_on(self, tip):
        """Does BUILD/linux show tip, or tip with commits on top?"""
        return not self.differ(tip, "HEAD") or not git(
            self.linux, "merge-base", "--is-ancestor", tip, "HEAD", check=False).returncode

    def differ(self, a, b):
        return git(self.linux, "diff", "--quiet", a, b, check=False).returncode != 0

    # --- from commits to files ---------------------------------------------

    def folded_tip(self):
        """HEAD with fixup! commits folded into the commits they mend."""
        base, head = lines(self.linux, "rev-parse", "base^{commit}", "HEAD")
        history = list(self.history(head))
        base_files = self.base_files()
        # New files are taken at their final state: only hunks need folding.
        if not any(re.match(r"(fixup|squash|amend)! ", subject) and base_files & set(paths)
                   for _, subject, paths in history):
            return head
        say("folding fixup! commits")
        root = self.small_root(base, sorted({p for _, _, paths in history for p in paths}))
        self._show_small(self.carry(base, head, root)[head])
        done = git(self.replay_dir, "rebase", "-q", "-i", "--autosquash",
                   "--committer-date-is-author-date", root, check=False,
                   env={"GIT_SEQUENCE_EDITOR": "true", "GIT_EDITOR": "true"})
        if done.returncode:
            git(self.replay_dir, "rebase", "--abort", check=False)
            raise Failure("a fixup! does not fold; do it by hand with\n  git -C "
                          f"{self.linux} rebase -i --autosquash base\n"
                          + (done.stdout + done.stderr).decode(errors="replace"))
        tip = out(self.replay_dir, "rev-parse", "HEAD")
        return self.carry(root, tip, base)[tip]

    def history(self, tip):
        """(commit, subject, paths) of each commit from base to tip, the oldest first."""
        text = out(self.linux, "log", "--reverse", "--no-renames", "--name-only",
                   "--format=%x00%H %s", f"base..{tip}")
        for part in text.split("\0")[1:]:
            head, *paths = part.split("\n")
            yield *head.split(" ", 1), [p for p in paths if p]

    def base_files(self):
        return set(lines(self.linux, "ls-tree", "-r", "--name-only", "base"))

    def export(self, tip, to):
        """Writes tip's series, manifest, patches and new files below to."""
        base_files = self.base_files()
        final = set(lines(self.linux, "diff", "--no-renames", "--diff-filter=A",
                          "--name-only", "base", tip))
        topics = Topics()
        series, manifest, owned = [], [], set()
        for commit, subject, touched in self.history(tip):
            hunks = [p for p in touched if p in base_files]
            new = sorted((set(touched) & final) - owned)
            if not hunks and not new:
                say(f"nothing of its own is left of “{subject}”: folded")
                continue
            if re.match(r"(fixup|squash|amend)! ", subject):
                raise Failure(f"“{subject}” has no commit to go to, or adds {new}: "
                              "give it a subject of its own")
            entry = topics.entry(subject)
            write(to / "patches" / entry, self.mail(commit, hunks))
            manifest += [f"{path}\t{entry}" for path in new]
            owned.update(new)
            series.append(entry)
        self._copy_out(tip, sorted(owned), to)
        write(to / "patches/series", "".join(f"{e}\n" for e in series).encode())
        write(to / "patches/manifest", "".join(f"{l}\n" for l in manifest).encode())

    def mail(self, commit, hunks):
        head = git(self.linux, "log", "-1", "--format=email", "--encoding=UTF-8",
                   "--no-notes", commit).stdout
        head = re.sub(rb"^From [0-9a-f]{40} ", b"From " + b"0" * 40 + b" ", head, count=1)
        text = head.rstrip(b"\n") + b"\n"
        if hunks:
            text += b"---\n"  # git am takes a mail for empty only without it
            diff = git(self.linux, "diff-tree", *DIFF, "--no-commit-id", commit, "--",
                       *hunks, env=NO_INDEX).stdout
            text += INDEX_LINE.sub(b"", diff)
        return text

    def _copy_out(self, tip, paths, to):
        for path in paths:
            if path.startswith(OUR_DIRS) or "/" not in path:
                raise Failure(f"{path}: a new kernel file cannot stand there in the repository")
        listed = [re.split("[ \t]", l, maxsplit=3) for l in
                  lines(self.linux, "ls-tree", "-r", "--full-tree", tip, "--", *paths)]
        blobs = git(self.linux, "cat-file", "--batch", data="".join(
            f"{blob}\n" for _, _, blob, _ in listed).encode()).stdout
        for mode, _, _, path in listed:
            if mode not in ("100644", "100755"):
                raise Failure(f"{path}: neither a plain file nor a script (mode {mode})")
            head, _, blobs = blobs.partition(b"\n")
            size = int(head.split()[-1])
            write(to / path, blobs[:size], 0o755 if mode == "100755" else 0o644)
            blobs = blobs[size + 1:]


class Topics:
    """Names of entries: NN-topic/NNNN-subject.patch."""

    def __init__(self):
        self.rules = []
        for line in Repo._words(PATCHES / "topics"):
            name, pattern = line.split(None, 1)
            self.rules.append((name, re.compile(pattern)))
        self.count = {}

    def entry(self, subject):
        topic = next((n for n, p in self.rules if p.search(subject)), None)
        if topic is None:
            raise Failure(f"patches/topics has no rule for “{subject}”")
        self.count[topic] = self.count.get(topic, 0) + 1
        slug = re.sub(r"[^A-Za-z0-9_.]+", "-", subject).strip("-.")[:52].rstrip("-.")
        return f"{topic}/{self.count[topic]:04d}-{slug}.patch"


def write(path, data, mode=0o644):
    if not (path.exists() and path.read_bytes() == data):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if path.stat().st_mode & 0o777 != mode:
        path.chmod(mode)


def failed_hunks(cwd, patch):
    """What of patch does not apply, as file and hunk header."""
    text = patch.read_text(errors="replace")
    errors = git(cwd, "apply", "--check", patch, check=False).stderr.decode()
    report = []
    for path, line in re.findall(r"^error: patch failed: (.*):(\d+)$", errors, re.M):
        part = text.split(f"\n+++ b/{path}\n", 1)[-1].split("\ndiff --git ", 1)[0]
        headers = re.findall(rf"^@@ -{line}[, ].*$", part, re.M)
        report.append(f"  {path}: hunk {headers[0] if headers else 'at line ' + line}")
    others = [l for l in errors.splitlines()
              if "patch failed" not in l and "patch does not apply" not in l]
    return "\n".join(report + [f"  {l}" for l in others])


def fill(tree, args):
    """What every command starts with: a base to work on."""
    args.build.mkdir(parents=True, exist_ok=True)
    tree.base(args.kernel_src)


def cmd_tree(tree, args):
    repo = Repo()
    repo.check()
    fill(tree, args)
    tip = tree.replay(repo)
    if out(tree.linux, "rev-parse", "HEAD") == tip:
        return
    last = tree.last_tree()
    if tree.differ(last, "HEAD") and tree.differ(tip, "HEAD") and not args.force:
        if tree.builds_on(tip) or not tree.differ(last, tip):
            say(f"{tree.linux} is ahead of the repository (`make refresh` writes it back)")
            return
        raise Failure(f"{tree.linux} has commits that the repository lacks, and the repository "
                      "has changed too." + both_changed(tree, tip)
                      + "or drop them with `make tree FORCE=1`")
    before = out(tree.linux, "rev-parse", "HEAD")
    tree.move_to(tip)
    count = len(lines(tree.linux, "diff", "--name-only", before, tip))
    say(f"{tree.linux}: {len(repo.series)} entries on "
        f"{out(tree.linux, 'log', '-1', '--format=%s', 'base')}, {count} files written")


def cmd_refresh(tree, args):
    if not (tree.linux / ".git").exists():
        raise Failure(f"{tree.linux} is not there: run `make tree`")
    if lines(tree.linux, "status", "--porcelain", "-uno"):
        raise Failure(f"{tree.linux} has uncommitted edits: commit them first "
                      "(git commit --fixup=COMMIT folds them)")
    # The package's .gitignore hides new files, so git itself does not tell.
    for path in lines(tree.linux, "ls-files", "-o", "--", "*.[chS]", "*.rst", "*.sh"):
        say(f"warning: {path} is not in any commit (git add -f)")
    old = Repo()
    if not args.force:
        not_ahead(tree, old)
    with tempfile.TemporaryDirectory() as tmp:
        new = export_to(tree, Path(tmp))
        if not args.force:
            not_over(new, old)
        tip = tree.replay(new)
        if tree.differ("HEAD", tip):
            raise Failure("the series does not give back the tree it was made of; it differs in\n"
                          + out(tree.linux, "diff", "--stat", "HEAD", tip))
        for path in sorted(p for p in Path(tmp).rglob("*") if p.is_file()):
            write(ROOT / path.relative_to(tmp), path.read_bytes(), path.stat().st_mode & 0o777)
    for path in set(old.new_files()) - set(new.new_files()):
        (ROOT / path).unlink(missing_ok=True)
    for path in PATCHES.glob("*/*.patch"):
        if str(path.relative_to(PATCHES)) not in new.series:
            path.unlink()
    tree.move_to(tip)
    say(f"{len(new.series)} entries, {len(new.new_files())} new files")


def not_ahead(tree, repo):
    """Refuses to write back over edits that the tree has never seen."""
    tip = tree.replay(repo)
    if not tree.builds_on(tip) and tree.differ(tip, tree.last_tree()):
        raise Failure("the repository has changed since it was last the same as "
                      f"{tree.linux}, in\n"
                      + out(tree.linux, "diff", "--stat", tree.last_tree(), tip)
                      + both_changed(tree, tip)
                      + "or overwrite the repository with `make refresh FORCE=1`")


def both_changed(tree, tip):
    return ("\nPut the commits of the tree on top of that (`make tree` if there are none):\n"
            f"  git -C {tree.linux} rebase --onto {tip[:12]} {tree.last_tree()[:12]}\n")


def not_over(new, old):
    """Refuses to overwrite files that no entry brought here."""
    known = set(old.new_files())
    lost = [p for p in new.new_files() if p not in known and (ROOT / p).exists()
            and (ROOT / p).read_bytes() != (new.root / p).read_bytes()]
    if lost:
        raise Failure("these exist in the repository, in no entry, and differ from the tree's; "
                      "`make refresh FORCE=1` overwrites them\n  " + "\n  ".join(lost))


def export_to(tree, to):
    tree.export(tree.folded_tip(), to)
    return Repo(to)


def cmd_check(tree, args):
    repo = Repo()
    repo.check()
    fill(tree, args)
    if lines(tree.linux, "status", "--porcelain", "-uno"):
        raise Failure(f"{tree.linux} has uncommitted edits")
    tip = tree.replay(repo, use_cache=False)
    stat = out(tree.linux, "diff", "--stat", tip, "HEAD")
    if stat:
        raise Failure(f"the repository and {tree.linux} differ in\n{stat}")
    with tempfile.TemporaryDirectory() as tmp:
        new = export_to(tree, Path(tmp))
        paths = ["patches/series", "patches/manifest", *new.new_files(),
                 *(f"patches/{e}" for e in new.series)]
        differ = [p for p in paths if not (ROOT / p).exists() or
                  (ROOT / p).read_bytes() != (Path(tmp) / p).read_bytes()]
    if differ:
        raise Failure("`make refresh` would change\n  " + "\n  ".join(differ))
    say(f"{tree.linux} and the repository agree: {len(repo.series)} entries")


def cmd_series(tree, args):
    cmd_tree(tree, args)
    to = args.build / "series"
    shutil.rmtree(to, ignore_errors=True)
    author = out(tree.linux, "log", "-1", "--format=%an%n%ae").split("\n")
    git(tree.linux, "format-patch", "-q", "--zero-commit", "--no-signature", "--cover-letter",
        "--subject-prefix=PATCH 6.1", "--no-renames", "-o", to, "base..HEAD",
        env={"GIT_COMMITTER_NAME": author[0], "GIT_COMMITTER_EMAIL": author[1]})
    cover = next(to.glob("0*-cover-letter.patch"))
    subject, _, blurb = (PATCHES / "cover-letter").read_text().partition("\n")
    text = cover.read_text().replace("*** SUBJECT HERE ***", subject)
    cover.write_text(text.replace("*** BLURB HERE ***", blurb.strip()))
    say(f"{len(list(to.glob('*.patch'))) - 1} mails and a cover letter in {to}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    commands = {"tree": cmd_tree, "refresh": cmd_refresh, "check": cmd_check,
                "series": cmd_series}
    parser.add_argument("command", choices=commands)
    parser.add_argument("-b", "--build", type=Path, default=ROOT / "build")
    parser.add_argument("-k", "--kernel-src", type=Path)
    parser.add_argument("-f", "--force", action="store_true")
    args = parser.parse_args()
    args.build = args.build.resolve()
    try:
        commands[args.command](Tree(args.build), args)
    except Failure as problem:
        sys.exit(f"tree: {problem}")


if __name__ == "__main__":
    main()
