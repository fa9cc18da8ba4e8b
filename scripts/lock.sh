#!/usr/bin/env bash
# Resolves every requirements file anew. One resolution serves Python 3.11 to 3.14 on every platform (--universal).
# No index address may be recorded: whoever installs chooses the index, and the hashes hold at any of them.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=${UV:-uv}
command -v "$uv" >/dev/null || { echo "make lock needs uv on PATH, or UV=…" >&2; exit 1; }

compile() {
  "$uv" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --custom-compile-command "make lock" "$1.in" --output-file "$1.txt" "${@:2}"
  echo "$1.txt"
}

for environment in dev sam cloud; do
  compile "requirements/$environment"
done
# What is shipped is exactly what was tested.
for layer in core edge; do
  compile "layers/$layer/requirements" --constraints requirements/dev.txt
done
