#!/bin/bash
# lint.sh: checkpatch over the patches and the new files; what kfuncs take; W=1 and
# sparse over the kernel objects of the new files.
set -uo pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
build=${BUILD_DIR:-$root/build}
linux=$build/linux
bad=0
say() { echo "lint: $*"; }

# Not for us: new files appear in MAINTAINERS with the entry of their own; a mail
# here has its new files beside it; names longer than mails like; stack dumps pass
# their log level as an argument.
ignored=FILE_PATH_CHANGES,EMAIL_SUBJECT,UNNECESSARY_KERN_LEVEL,PRINTK_WITHOUT_KERN_LEVEL
checkpatch() {
	perl "$linux/scripts/checkpatch.pl" --quiet --terse --no-tree --no-summary \
		"$@" || bad=1
}

cd "$linux" || exit 1
while read -r entry; do
	if grep -q '^diff --git' "$root/patches/$entry"; then
		# Beside old code its idiom counts: BUG_ON()s that are there, long lines.
		idiom=AVOID_BUG,LONG_LINE,LONG_LINE_STRING,COMMIT_LOG_LONG_LINE,COMPLEX_MACRO
		case $entry in
		*verifier-*) idiom+=,ENOTSUPP ;;	# what backtracking gives up with
		*bpftool-*) idiom+=,LINE_CONTINUATIONS ;;	# code as text
		*selftests-bpf-*) idiom+=,SPACING,AVOID_EXTERNS ;;	# __kptr, kfuncs
		esac
		checkpatch --ignore "$ignored,$idiom" "$root/patches/$entry"
	fi
done < <(grep -v '^#' "$root/patches/series")
mapfile -t files < <(cut -f1 "$root/patches/manifest" | grep '\.[chS]$')
# Memory shared with BPF is volatile, and the macros of the BPF headers are what
# sources written for other kernels expect.
user=VOLATILE,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE,PREFER_DEFINED_ATTRIBUTE_MACRO
user+=,AVOID_BUG,AVOID_EXTERNS,FUNCTION_ARGUMENTS,COMPLEX_MACRO,BIT_MACRO,CAMELCASE,SPACING
user+=,MACRO_WITH_FLOW_CONTROL,LINE_SPACING
# Assembly language is text over several lines, bpf_for_each_map_elem() is no loop.
bpf=SPLIT_STRING,LINE_CONTINUATIONS,SUSPECT_CODE_INDENT
for file in "${files[@]}"; do
	case $file in
	*.bpf.c) checkpatch --strict --ignore "$ignored,$user,$bpf" -f "$file" ;;
	tools/*) checkpatch --strict --ignore "$ignored,$user" -f "$file" ;;
	*) checkpatch --strict --ignore "$ignored,AVOID_BUG,MACRO_ARG_REUSE" -f "$file" ;;
	esac
done

"$root/scripts/lint_kfuncs.py" "$linux" || bad=1

# Only complaints about our own files count; the base has many of its own.
objects=()
while read -r path; do
	case $path in
	kernel/sched/ext/*) ;; # all in ext.o
	kernel/*.c) objects+=("${path%.c}.o") ;;
	esac
done < <(cut -f1 "$root/patches/manifest")
if [ ${#objects[@]} -gt 0 ]; then
	fragments=("$root/configs/base.config" "$root/configs/ext.config")
	out=$build/kernel-lint
	"$root/scripts/kernel.sh" "$linux" "$out" "${fragments[@]}" -- prepare || exit 1
	(cd "$out" && rm -f "${objects[@]}")
	"$root/scripts/kernel.sh" "$linux" "$out" "${fragments[@]}" -- W=1 C=2 \
		CF="-D__CHECK_ENDIAN__" "${objects[@]}" > "$out/lint.log" 2>&1 || bad=1
	# 6.1 has no mark for kfuncs, which only BPF programs call.
	cut -f1 "$root/patches/manifest" | grep -F -f - "$out/lint.log" |
		grep -v "/kernel/sched/sched\.h:\|/kernel/bpf/.*: symbol 'bpf_.*' was not declared" | grep -E ' (error|warning): ' && bad=1
	[ $bad -eq 0 ] || grep -i error "$out/lint.log"
fi

if command -v shellcheck >/dev/null; then
	(cd "$root" && shellcheck -x scripts/*.sh scripts/guest-* .ci/run) || bad=1
fi
[ $bad -eq 0 ] && say "clean: $(grep -c . "$root/patches/series") entries, ${#files[@]} files"
exit $bad
