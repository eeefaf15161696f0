#!/usr/bin/env bash
# Loads a real model with PyTorch from a hub and pushes it back: tests/interop/hf-stack.sh with Debian's PyTorch,
# an older transformers and an older huggingface_hub (0.36). Not part of scripts/test.sh, as it installs
# 150 MB of Debian packages (650 MB on disk); PyPI's own wheel of PyTorch is 540 MB and needs CUDA's libraries beside.
#
#   scripts/test-torch.sh
set -euo pipefail
. "$(dirname "$0")/setup.sh"
cd "$root"

install_packages build test torch
cmake --preset dev >/dev/null
cmake --build build/dev --target mhub gen_data
fetch_minilm "$root/build/minilm"
# Debian's own Python, whose PyTorch it is.
make_python_client "$root/build/hf-torch" "$root/tests/interop/hf-torch-requirements.txt" /usr/bin/python3 --system-site-packages
"$root/build/hf-torch/bin/python" -c 'import torch, transformers; print("torch", torch.__version__, "transformers", transformers.__version__)'
code=0
STACK_BIN=$root/build/hf-torch/bin bash tests/interop/hf-stack.sh || code=$?
case $code in
  0) say "1 passed, 0 failed" ;;
  *) say "0 passed, 1 failed" ;;
esac
exit "$code"
