# A small change sends little: what crosses the wire is counted by a proxy in between.
. "$(dirname "$0")/common.sh"
start_hub
start_proxy
size=$((64 * SCALE * 1048576))

make_repo team/model
gen_noise model/blob.bin "$(scaled 64)" 5
mhub -C model push -m "First"
first=$(proxy_bytes up)
expect_at_most "first push, bytes sent" "$first" $((size + size / 50 + 65536))

step "1 % of the bytes changed in one region"
gen_edit overwrite model/blob.bin $((size / 3)) $((size / 100)) 6
before=$(proxy_bytes up)
mhub -C model push -m "Changed"
expect_at_most "push after 1 % changed, bytes sent" $(($(proxy_bytes up) - before)) $((size / 50))

step "1 KiB inserted near the front"
gen_edit insert model/blob.bin 100 1K 7
before=$(proxy_bytes up)
mhub -C model push -m "Inserted"
expect_at_most "push after an insertion, bytes sent" $(($(proxy_bytes up) - before)) 1048576

step "a pull of that fetches little too"
mhub clone "$HUB/team/model" b
expect_same_tree model b
gen_edit overwrite model/blob.bin $((size / 2)) $((size / 100)) 8
mhub -C model push -m "Changed again"
before=$(proxy_bytes down)
mhub -C b pull
expect_same_tree model b
expect_at_most "pull after 1 % changed, bytes received" $(($(proxy_bytes down) - before)) $((size / 50))

step "a copy of a file, and a renamed one, send no data"
cp model/blob.bin model/copy.bin
before=$(proxy_bytes up)
mhub -C model push -m "Copied"
expect_at_most "push of a copy, bytes sent" $(($(proxy_bytes up) - before)) 65536

step "nor does the same file in another repository that one may read"
make_repo team/other
cp model/blob.bin other/same.bin
before=$(proxy_bytes up)
mhub -C other push -m "Same bytes"
expect_at_most "push of known bytes to a second repository, bytes sent" \
  $(($(proxy_bytes up) - before)) $((size / 10))
