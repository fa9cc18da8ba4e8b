#!/usr/bin/env bash
# All that `make check` checks. Every check runs, even after one has failed: one look shows everything there is to mend.
set -uo pipefail
cd "$(dirname "$0")/.."

bin=${1:-.venv/bin}
failed=()

check() {
  local name=$1 started=$SECONDS
  shift
  echo "--- $name"
  if "$@"; then
    echo "    $name: ok ($((SECONDS - started)) s)"
  else
    echo "    $name: FAILED ($((SECONDS - started)) s)"
    failed+=("$name")
  fi
}

typed=()
for room in layers/core/jobherald functions tests scripts bench faults; do
  [[ -d $room ]] && typed+=("$room")
done

check "ruff" "$bin/ruff" check --quiet --output-format concise .
check "ruff format" "$bin/ruff" format --quiet --check --output-format concise .
check "mypy" "$bin/mypy" "${typed[@]}"
check "locks" "$bin/python" scripts/check_locks.py

# What follows is skipped, loudly, only while its subject is missing from the tree.
if [[ -d functions ]]; then
  check "imports" "$bin/lint-imports" --no-logo
else
  echo "--- imports: skipped, there is no functions/"
fi
if [[ -f template.yaml ]]; then
  check "cfn-lint" "$bin/cfn-lint" template.yaml
else
  echo "--- cfn-lint: skipped, there is no template.yaml"
fi
check "generated template" "$bin/jobherald" template --check
if [[ -f layers/core/jobherald/cli/docs.py ]]; then
  check "generated pages" "$bin/jobherald" docs --check
else
  echo "--- generated pages: skipped, the command cannot write them yet"
fi

if ((${#failed[@]})); then
  echo "make check: failed: $(IFS=,; echo "${failed[*]}")" >&2
  exit 1
fi
echo "make check: all well"
