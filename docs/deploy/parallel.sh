#!/bin/sh
# A campaign in N shards, as many at once as there are processors: parallel.sh N DIR [ARGUMENTS OF qmprobe fuzz].
# Run again, it plays what failed or was not begun, and puts everything together. More machines: add --sshlogin.
set -u
shards=$1 dir=$2
shift 2
mkdir -p "$dir"
words=$(parallel --keep-order --shellquote ::: "$@" | tr '\n' ' ')
place=$(parallel --shellquote ::: "$dir")
# Findings (1) are a result; whatever else is not 0 is tried again when this is run again.
seq "$shards" | parallel --joblog "$dir/joblog" --resume-failed --line-buffer --tagstring 'shard {}' \
    "qmprobe fuzz $words --jobs 1 --shard {}/$shards --resume --out $place/shard-{}; code=\$?; [ \$code -eq 1 ] || exit \$code"
exec qmprobe merge "$dir"/shard-* --out "$dir/whole"
