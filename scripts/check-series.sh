#!/bin/bash
# check-series.sh [-q [MINUTES]]: does every step of the series build without a warning?
#
# Takes each entry in turn: with the class off, and from the entry on that brings
# it, with the class on, the objects that the series may touch are compiled; the
# kernel before that entry, at it and at the end is linked and booted. The mails
# of `make series` must give the same tree. What passed is not compiled again: a
# full check may be made in parts.
#
# -q, for CI: only the entries that the last commit of the repository changed,
# the class entry and the last one, without link and boot, within MINUTES (12); says
# what was left out, and exits with 4 if that was everything.
set -euo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
build=${BUILD_DIR:-$root/build}
quick=''
[ "${1:-}" != -q ] || quick=1
deadline=$((SECONDS + ${2:-12} * 60))

linux=$build/linux
# Of the same names as in $build, so that ccache knows the objects again.
steps=$build/steps
src=$steps/linux
objects="kernel/ init/ lib/ net/core/ net/bpf/ net/ipv4/bpf_tcp_ca.o
	drivers/tty/sysrq.o fs/proc/"

say() { echo "check-series: $*"; }
die() { say "$*"; exit 1; }
subject() { git -C "$linux" log -1 --format=%s "$1"; }
has() { git -C "$linux" cat-file -e "$1:$2" 2>/dev/null; }

work_tree() {
	[ -e "$src/.git" ] || {
		git -C "$linux" worktree prune
		git -C "$linux" worktree add -q --detach "$src" base
	}
	git -C "$src" am -q --abort 2>/dev/null || true
	git -C "$src" reset -q --hard
}

check_mails() {
	"$root/scripts/tree.py" series -b "$build" >/dev/null
	git -C "$src" checkout -q --detach base
	git -C "$src" -c user.name=series -c user.email=series@localhost \
		am -q --empty=keep --whitespace=nowarn "$build"/series/[0-9]*.patch ||
		die "the mails of make series do not apply"
	git -C "$src" diff --quiet HEAD "$(git -C "$linux" rev-parse HEAD)" ||
		die "the mails of make series give another tree than $linux"
	say "the mails apply and give the tree"
}

# compile NAME OUT FRAGMENT... -- TARGET...: a warning is a failure.
compile() {
	local name=$1 log=$steps/log limit=7200; shift
	[ -z "$quick" ] || limit=$((deadline - SECONDS))
	[ "$limit" -gt 0 ] || return 124
	local rc=0
	timeout "$limit" "$root/scripts/kernel.sh" "$src" "$@" > "$log" 2>&1 || rc=$?
	[ $rc -ne 124 ] || return 124
	if [ $rc -ne 0 ] || grep -q 'warning:' "$log"; then
		cat "$log"
		die "$name: does not compile cleanly"
	fi
}

# tool DIR VARIABLE...
tool() {
	mkdir -p "$steps/tools/$1"
	make -s -C "$src/tools/$1" CLANG=clang-19 LLVM_STRIP=llvm-strip-19 \
		-j"${JOBS:-2}" "${@:2}" >> "$steps/log" 2>&1
}

# libbpf and bpftool, and with LINKED, a kernel, what the series has for it in tools/.
# A warning is a failure here, too.
tools() {
	local log=$steps/log out=$steps/tools vmlinux=$steps/kernel-base/vmlinux rc=0
	: > "$log"
	tool lib/bpf OUTPUT="$out/lib/bpf/" || rc=1
	tool bpf/bpftool OUTPUT="$out/bpf/bpftool/" || rc=1
	if [ -n "$2" ] && [ -d "$src/tools/sched_ext" ]; then
		tool sched_ext O="$out/sched_ext" VMLINUX_BTF="$vmlinux" || rc=1
		tool testing/selftests/sched_ext OUTPUT="$out/testing/selftests/sched_ext" \
			SCX_OUT="$out/sched_ext" VMLINUX_BTF="$vmlinux" || rc=1
	fi
	if [ $rc -ne 0 ] || grep -q 'warning:' "$log"; then
		cat "$log"
		die "$1: tools do not compile cleanly"
	fi
}

boot() {
	"$root/scripts/vm.sh" -t 120 "$1" -- true > "$steps/log" 2>&1 ||
		{ cat "$steps/log"; die "$2: does not boot"; }
}

# What the result of a step depends on.
key() {
	{
		git -C "$linux" rev-parse "$1^{tree}"
		cat "$root/configs/base.config" "$root/configs/ext.config"
		gcc --version
		echo "$objects" "$2"
	} | sha1sum | cut -c1-16
}

# step COMMIT LINK: 124 when the time is up
step() {
	local commit=$1 link=$2 name targets=$objects passed
	name=$(subject "$commit")
	passed=$steps/passed/$(key "$commit" "$link")
	[ ! -e "$passed" ] || { say "ok: $name (before)"; return; }
	git -C "$src" checkout -q --detach "$commit"
	[ -z "$link" ] || targets="bzImage vmlinux"
	# shellcheck disable=SC2086 # lists of words
	compile "$name (off)" "$steps/kernel-noext" "$root/configs/base.config" -- $targets || return
	[ -z "$link" ] || boot "$steps/kernel-noext" "$name (off)"
	if has "$commit" kernel/sched/ext.c; then
		# shellcheck disable=SC2086
		compile "$name (on)" "$steps/kernel-base" "$root/configs/base.config" \
			"$root/configs/ext.config" -- $targets || return
		[ -z "$link" ] || boot "$steps/kernel-base" "$name (on)"
	fi
	if [ -n "$link" ] || git -C "$linux" diff-tree -r --name-only "$commit" | grep -q '^tools/\|^include/uapi'; then
		tools "$name" "$link"
	fi
	touch "$passed"
	say "ok: $name"
}

# The entries that the last commit here changed, by patch or new file.
changed_entries() {
	git -C "$root" rev-parse -q --verify HEAD~1 >/dev/null || return 0
	git -C "$root" diff --name-only HEAD~1 | while read -r path; do
		case $path in
		patches/*/*.patch) echo "${path#patches/}" ;;
		*) awk -v p="$path" '$1 == p { print $2 }' "$root/patches/manifest" ;;
		esac
	done | sort -u
}

mkdir -p "$steps/passed"
work_tree
[ -z "$(git -C "$linux" status --porcelain -uno)" ] || die "$linux has uncommitted edits"
check_mails

mapfile -t commits < <(git -C "$linux" rev-list --reverse base..HEAD)
mapfile -t entries < <(grep -v '^#' "$root/patches/series")
last=$((${#commits[@]} - 1))
[ $last -ge 0 ] || { say "the series is empty"; exit 0; }
[ ${#commits[@]} -eq ${#entries[@]} ] || die "patches/series and $linux differ: make tree"
class=$last
for i in "${!commits[@]}"; do
	if has "${commits[i]}" kernel/sched/ext.c; then
		class=$i
		break
	fi
done

declare -A link=()
if [ -n "$quick" ]; then
	order="$last $class"
	for entry in $(changed_entries); do
		for i in "${!entries[@]}"; do
			[ "${entries[i]}" != "$entry" ] || order+=" $i"
		done
	done
else
	order=${!commits[*]}
	for i in $((class - 1)) "$class" "$last"; do
		[ "$i" -lt 0 ] || link[$i]=1
	done
fi

done_steps=''
for i in $order; do
	case " $done_steps " in *" $i "*) continue ;; esac
	rc=0
	step "${commits[i]}" "${link[$i]:-}" || rc=$?
	[ $rc -ne 124 ] || { say "out of time"; break; }
	[ $rc -eq 0 ] || exit $rc
	done_steps+=" $i"
done
# shellcheck disable=SC2086
set -- $done_steps
say "$# of ${#entries[@]} entries compiled${quick:+; a full check is \`make check-series\`}"
for i in "${!entries[@]}"; do
	case " $done_steps " in
	*" $i "*) ;;
	*) say "left out: ${entries[i]}" ;;
	esac
done
[ $# -gt 0 ] || exit 4
