# Two processes in one repository, and several clients on one hub, get in nobody's way for long.
. "$(dirname "$0")/common.sh"
start_hub
make_repo team/model
gen_noise model/a.bin "$(scaled 16)" 1
gen_noise model/b.bin "$(scaled 16)" 2

step "two adds in one repository"
mhub -C model add a.bin 2>a.err & one=$!
mhub -C model add b.bin 2>b.err & two=$!
code_one=0 code_two=0
wait $one || code_one=$?
wait $two || code_two=$?
for code in $code_one $code_two; do
  case $code in 0) ;; 7) mhub -C model add a.bin b.bin ;; *) cat a.err b.err >&2; fail "add ended with $code" ;; esac
done
mhub -C model commit -m "Both"
mhub -C model ls-files --json | jq -e 'map(.path) | contains(["a.bin", "b.bin"])' >/dev/null || fail "a file is missing"
mhub -C model fsck
mhub -C model push
expect_clean model

step "four clients push to four repositories of one hub"
pids=()
for i in 1 2 3 4; do
  make_repo "team/m$i"
  gen_noise "m$i/own.bin" "$(scaled 8)" "$i$i"
  cp model/a.bin "m$i/shared.bin"
done
for i in 1 2 3 4; do
  mhub -C "m$i" push -m "From $i" 2>"m$i.err" & pids+=($!)
done
for i in 0 1 2 3; do wait "${pids[$i]}" || { cat "m$((i + 1)).err" >&2; fail "push $i"; }; done
for i in 1 2 3 4; do
  mhub clone "$HUB/team/m$i" "clone$i"
  expect_same_tree "m$i" "clone$i"
done

step "two push to one branch: one wins, the other is told to pull"
mhub clone "$HUB/team/model" other
gen_noise model/c.bin 4M 21
gen_noise other/d.bin 4M 22
mhub -C model push -m "C" 2>a.err & one=$!
mhub -C other push -m "D" 2>b.err & two=$!
code_one=0 code_two=0
wait $one || code_one=$?
wait $two || code_two=$?
case $code_one$code_two in
  03) loser=other ;;
  30) loser=model ;;
  00) loser='' ;;
  *) cat a.err b.err >&2; fail "pushes ended with $code_one and $code_two" ;;
esac
if [ -n "$loser" ]; then
  mhub -C "$loser" pull
  mhub -C "$loser" push
fi
mhub -C model pull
mhub -C other pull
expect_same_tree model other
expect_clean model
expect_clean other
stop_hub
mhub admin fsck --data "$HUB_DATA"
