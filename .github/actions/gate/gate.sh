#!/usr/bin/env bash
# Evaluate, decide, and leave with the harness's exit status. Inputs come as environment variables, never as text
# pasted into the script, so that no input can run a command.
set -uo pipefail
: "${SUITE:?name the suite file}" "${OUT:=runs/gate}" "${CACHE:=}" "${POLICY:=}" "${INCONCLUSIVE:=fail}"

run=(harness run "$SUITE" --out "$OUT")
if [ -n "$CACHE" ]; then
  mkdir -p "$(dirname "$CACHE")"
  run+=(--cache "$CACHE")
fi
"${run[@]}"
status=$?

# A policy decides in the suite's place: what the suite itself found (0, 1 or 4) then does not count.
if [ -n "$POLICY" ] && { [ "$status" -eq 0 ] || [ "$status" -eq 1 ] || [ "$status" -eq 4 ]; }; then
  harness gate "$OUT" --policy "$POLICY"
  status=$?
fi

case "$status" in
  0) decision=pass ;;
  1) decision=fail ;;
  4) decision=inconclusive ;;
  *) decision= ;;
esac
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  printf 'decision=%s\nstatus=%s\n' "$decision" "$status" >> "$GITHUB_OUTPUT"
fi
if [ "$status" -eq 4 ] && [ "$INCONCLUSIVE" = warn ]; then
  exit 0
fi
exit "$status"
