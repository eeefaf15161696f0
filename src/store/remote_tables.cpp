#include "remote_tables.hpp"

#include <mhub/base/error.hpp>

namespace mhub::store {

RemoteTables::Entry& RemoteTables::entry(const xet::XorbHash& xorb) {
  const auto [found, missing] = entries_.try_emplace(xorb);
  Entry& entry = found->second;
  if (!missing) return entry;
  try {
    if (const auto row = find_xorb_row(connection_, xorb))
      entry.table = load_xorb(connection_, row->id).value();
  } catch (...) {
    entries_.erase(found);
    throw;
  }
  entry.table.row.hash = entry.table.index.hash = xorb;
  chunks_ += entry.table.index.chunks.size();
  return entry;
}

const XorbTable* RemoteTables::find(const xet::XorbHash& xorb) {
  const Entry& found = entry(xorb);
  return found.table.row.id != 0 || found.fresh_count > 0 ? &found.table : nullptr;
}

void RemoteTables::merge(const xet::XorbHash& xorb, std::uint32_t first,
                         std::span<const xet::ChunkRef> chunks, Undo& undo) {
  if (chunks.empty()) return;
  if (first >= xet::kXorbMaxChunks || chunks.size() > xet::kXorbMaxChunks - first) {
    throw Error(ErrorKind::corrupt, "xorb {} would have {} chunks; the limit is {}", xorb.text(),
                first + chunks.size(), xet::kXorbMaxChunks);
  }
  Entry& entry = this->entry(xorb);
  xet::XorbIndex& index = entry.table.index;
  const std::size_t end = first + chunks.size();
  if (end > index.chunks.size() && entry.table.row.local) {
    throw Error(ErrorKind::corrupt, "xorb {} has {} chunks; {} were said to exist", xorb.text(),
                index.chunks.size(), end);
  }
  Undo::Step step{xorb, index.chunks.size(), {}};
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const auto number = static_cast<std::uint32_t>(first + i);
    if (chunks[i].size_bytes == 0 || chunks[i].size_bytes > xet::kChunkMaxBytes) {
      throw Error(ErrorKind::corrupt, "chunk {} of xorb {} has the impossible size {}", number,
                  xorb.text(), chunks[i].size_bytes);
    }
    if (!entry.table.knows(number)) {
      step.fresh.push_back(number);
    } else if (index.chunks[number] != chunks[i]) {
      throw Error(ErrorKind::corrupt, "chunk {} of xorb {} is not what was seen there before",
                  number, xorb.text());
    }
  }
  if (step.fresh.empty()) return;
  if (end > index.chunks.size()) {
    chunks_ += end - index.chunks.size();
    index.chunks.resize(end);
    index.record_ends.resize(end);
  }
  entry.fresh.resize(index.chunks.size());
  for (const std::uint32_t number : step.fresh) {
    index.chunks[number] = chunks[number - first];
    entry.fresh[number] = true;
  }
  entry.fresh_count += step.fresh.size();
  undo.steps_.push_back(std::move(step));
}

void RemoteTables::take_back(const Undo& undo) {
  for (auto step = undo.steps_.rbegin(); step != undo.steps_.rend(); ++step) {
    Entry& entry = entries_.at(step->xorb);
    for (const std::uint32_t number : step->fresh) {
      entry.table.index.chunks[number] = {};
      entry.fresh[number] = false;
    }
    entry.fresh_count -= step->fresh.size();
    chunks_ -= entry.table.index.chunks.size() - step->count_before;
    entry.table.index.chunks.resize(step->count_before);
    entry.table.index.record_ends.resize(step->count_before);
    entry.fresh.resize(step->count_before);
  }
}

std::vector<std::int64_t> RemoteTables::write() {
  std::vector<std::int64_t> written;
  const std::int64_t now_s = unix_now_s();
  for (const auto& [hash, entry] : entries_) {
    if (entry.fresh_count > 0) {
      written.push_back(write_remote_table(connection_, entry.table, entry.fresh, now_s));
    } else if (entry.table.row.id != 0) {
      touch_xorb(connection_, entry.table.row.id, now_s);
    }
  }
  entries_.clear();
  chunks_ = 0;
  return written;
}

}  // namespace mhub::store
