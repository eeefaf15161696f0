// One statement per order and direction. A page begins after its cursor's key and id, so that it
// costs the same wherever it stands, and neither skips nor repeats what stays where it is.

#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "catalog/facts.hpp"
#include "catalog/schema.hpp"
#include "catalog/viewer_sql.hpp"
#include "http/message.hpp"

namespace mhub::serve {

namespace {

using nlohmann::json;

/// Parameters ?1 to ?3 are the viewer's.
constexpr std::string_view kColumns =
    "SELECT r.id, r.type, r.owner, r.name, r.private, r.created, f.head, "
    "coalesce(f.modified, r.created), f.pipeline_tag, f.library_name, f.sdk, f.tags, "
    "coalesce(c.likes, 0), coalesce(c.downloads, 0), "
    "CASE WHEN ?11 THEN f.card END, CASE WHEN ?12 THEN f.config END, r.gating, "
    "f.parameters "
    "FROM repos r LEFT JOIN repo_facts f ON f.repo_id=r.id "
    "LEFT JOIN repo_counts c ON c.repo_id=r.id WHERE r.type=?4 AND (?5='' OR r.owner_key=?5) "
    "AND NOT EXISTS(SELECT 1 FROM json_each(?6) s "
    "WHERE instr(r.owner_key||'/'||r.name_key, s.value)=0) "
    "AND NOT EXISTS(SELECT 1 FROM json_each(?7) w WHERE NOT EXISTS("
    "SELECT 1 FROM repo_tags t WHERE t.tag_key=w.value AND t.repo_id=r.id)) "
    "AND (?13<0 OR (r.gating<>0)=?13) "
    "AND (?14 IS NULL OR f.parameter_count>=?14) AND (?15 IS NULL OR f.parameter_count<=?15) ";

std::string_view key_of(RepoOrder order) {
  switch (order) {
    case RepoOrder::id:
      return "r.id";
    case RepoOrder::name:
      return "(r.owner_key||'/'||r.name_key)";
    case RepoOrder::modified:
      return "coalesce(f.modified, r.created)";
    case RepoOrder::likes:
      return "coalesce(c.likes, 0)";
    case RepoOrder::downloads:
      return "coalesce(c.downloads, 0)";
  }
  return "r.id";
}
constexpr std::size_t kOrders = 5;

/// Texts that last: statements are kept by them.
const std::string& list_statement(RepoOrder order, bool descending) {
  static const auto kStatements = [] {
    std::array<std::string, 2 * kOrders> all;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string_view key = key_of(static_cast<RepoOrder>(i / 2));
      const bool down = i % 2 == 1;
      all[i] = fmt::format(
          "{}AND {} AND (?8=0 OR {} {} ?9 OR ({}=?9 AND r.id {} ?8)) "
          "ORDER BY {} {}, r.id {} LIMIT ?10",
          kColumns, visible_sql(), key, down ? "<" : ">", key, down ? "<" : ">", key,
          down ? "DESC" : "ASC", down ? "DESC" : "ASC");
    }
    return all;
  }();
  return kStatements[2 * static_cast<std::size_t>(order) + (descending ? 1 : 0)];
}

/// "ID:KEY".
struct Cursor {
  std::int64_t id = 0;
  std::string key_text;
  std::int64_t key = 0;
};

bool read_number(std::string_view text, std::int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

Cursor read_cursor(const ListingFilter& filter) {
  Cursor cursor;
  if (filter.cursor.empty()) return cursor;
  const std::string_view text = filter.cursor;
  const auto colon = text.find(':');
  const bool is_text = filter.order == RepoOrder::name;
  if (colon != std::string_view::npos && read_number(text.substr(0, colon), cursor.id) &&
      cursor.id > 0) {
    cursor.key_text = text.substr(colon + 1);
    if (is_text || read_number(cursor.key_text, cursor.key)) return cursor;
  }
  throw Error(ErrorKind::usage, "this is no cursor of a list in that order");
}

std::string cursor_of(const ListedRepo& listed, RepoOrder order) {
  const auto with = [&](const auto& key) { return fmt::format("{}:{}", listed.repo.id, key); };
  switch (order) {
    case RepoOrder::id:
      return with(listed.repo.id);
    case RepoOrder::name:
      return with(lower_case(listed.repo.name.id()));
    case RepoOrder::modified:
      return with(listed.facts.modified_unix_s);
    case RepoOrder::likes:
      return with(listed.likes);
    case RepoOrder::downloads:
      return with(listed.downloads);
  }
  return {};
}

std::string lower_list(const std::vector<std::string>& texts) {
  json list = json::array();
  for (const std::string& text : texts) list.push_back(lower_case(text));
  return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string pack(const std::vector<RepoTag>& tags) {
  json list = json::array();
  for (const RepoTag& tag : tags) {
    if (tag.is_shown) list.push_back({tag.kind, tag.text});
  }
  return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<RepoTag> unpack(const std::string& text) {
  std::vector<RepoTag> tags;
  const json list = json::parse(text, nullptr, false);
  if (!list.is_array()) return tags;
  for (const json& pair : list) {
    if (pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string())
      tags.push_back({pair[0].get<std::string>(), pair[1].get<std::string>(), true});
  }
  return tags;
}

std::string pack(const wire::ParameterCounts& counts) {
  return counts.empty() ? std::string() : json(counts).dump();
}

wire::ParameterCounts unpack_counts(const std::string& text) {
  wire::ParameterCounts counts;
  if (text.empty()) return counts;
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return counts;
  for (const auto& [type, count] : object.items()) {
    if (count.is_number_unsigned()) counts[type] = count.get<std::uint64_t>();
  }
  return counts;
}

ListedRepo listed_from(const Query& row) {
  ListedRepo listed;
  listed.repo.id = row.integer(0);
  listed.repo.name = {static_cast<wire::RepoType>(row.integer(1)), row.text(2), row.text(3)};
  listed.repo.is_private = row.integer(4) != 0;
  listed.repo.created_unix_s = row.integer(5);
  listed.facts.head = row.text(6);
  listed.facts.modified_unix_s = row.integer(7);
  listed.facts.pipeline_tag = row.text(8);
  listed.facts.library_name = row.text(9);
  listed.facts.sdk = row.text(10);
  listed.facts.tags = unpack(row.text(11));
  listed.likes = static_cast<std::uint64_t>(row.integer(12));
  listed.downloads = static_cast<std::uint64_t>(row.integer(13));
  listed.facts.card_json = row.text(14);
  listed.facts.config_json = row.text(15);
  listed.repo.gating = static_cast<wire::Gating>(row.integer(16));
  listed.facts.parameters = unpack_counts(row.text(17));
  return listed;
}

class SqliteFacts : public RepoFactsTable {
public:
  explicit SqliteFacts(std::shared_ptr<Database> database) : db_(std::move(database)) {}

  void put(std::int64_t repo, const RepoFacts& facts) override {
    std::optional<std::uint64_t> parameter_count;
    if (!facts.parameters.empty()) parameter_count = wire::total_of(facts.parameters);
    db_->write([&](Connection& db) {
      // What a repository that was deleted meanwhile would leave behind has nothing to refer to.
      db.run(
          "INSERT OR REPLACE INTO repo_facts(repo_id, head, modified, pipeline_tag, "
          "library_name, sdk, tags, card, config, parameters, parameter_count, weights) "
          "SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 FROM repos WHERE id=?1",
          repo, facts.head, facts.modified_unix_s, facts.pipeline_tag, facts.library_name,
          facts.sdk, pack(facts.tags), facts.card_json, facts.config_json, pack(facts.parameters),
          parameter_count, facts.weights);
      db.run("DELETE FROM repo_tags WHERE repo_id=?", repo);
      for (const RepoTag& tag : facts.tags) {
        db.run(
            "INSERT OR IGNORE INTO repo_tags(tag_key, repo_id, kind, tag, shown) "
            "SELECT ?2, id, ?3, ?4, ?5 FROM repos WHERE id=?1",
            repo, lower_case(tag.text), tag.kind, tag.text, tag.is_shown);
      }
    });
  }

  std::optional<RepoFacts> find(std::int64_t repo) override {
    return db_->read([&](Connection& db) -> std::optional<RepoFacts> {
      Query row(db,
                "SELECT head, modified, pipeline_tag, library_name, sdk, tags, card, config, "
                "parameters, weights FROM repo_facts WHERE repo_id=?",
                repo);
      if (!row.next()) return std::nullopt;
      RepoFacts facts;
      facts.head = row.text(0);
      facts.modified_unix_s = row.integer(1);
      facts.pipeline_tag = row.text(2);
      facts.library_name = row.text(3);
      facts.sdk = row.text(4);
      facts.tags = unpack(row.text(5));
      facts.card_json = row.text(6);
      facts.config_json = row.text(7);
      facts.parameters = unpack_counts(row.text(8));
      facts.weights = row.text(9);
      return facts;
    });
  }

  std::vector<Kept> kept_heads(std::int64_t after_id, std::size_t limit) override {
    return db_->read([&](Connection& db) {
      std::vector<Kept> kept;
      Query row(db,
                "SELECT r.id, CASE WHEN f.weights IS NOT NULL THEN f.head END "
                "FROM repos r LEFT JOIN repo_facts f ON f.repo_id=r.id "
                "WHERE r.id>? ORDER BY r.id LIMIT ?",
                after_id, limit);
      while (row.next()) {
        kept.push_back({row.integer(0), std::nullopt});
        if (!row.is_null(1)) kept.back().head = row.text(1);
      }
      return kept;
    });
  }

  std::vector<std::int64_t> repos_without(std::size_t limit) override {
    return db_->read([&](Connection& db) {
      std::vector<std::int64_t> ids;
      Query row(db,
                "SELECT id FROM repos WHERE id NOT IN (SELECT repo_id FROM repo_facts) "
                "ORDER BY id LIMIT ?",
                limit);
      while (row.next()) ids.push_back(row.integer(0));
      return ids;
    });
  }

  ListingPage list(const Viewer& viewer, const ListingFilter& filter) override {
    const Cursor cursor = read_cursor(filter);
    return db_->read([&](Connection& db) {
      ListingPage page;
      const auto after = [&](const auto& key) {
        // One more says whether a page follows.
        return viewer_query(db, list_statement(filter.order, filter.descending), viewer,
                            static_cast<int>(filter.type), lower_case(filter.owner),
                            lower_list(filter.search), lower_list(filter.tags), cursor.id, key,
                            filter.limit + 1, filter.with_card, filter.with_config,
                            filter.is_gated ? int{*filter.is_gated} : -1,
                            filter.parameters_at_least, filter.parameters_at_most);
      };
      Query row = filter.order == RepoOrder::name ? after(cursor.key_text) : after(cursor.key);
      std::size_t text_bytes = 0;
      while (row.next()) {
        if (page.repos.size() == filter.limit || text_bytes > filter.text_bytes_at_most) {
          page.has_more = true;
          break;
        }
        ListedRepo listed = listed_from(row);
        listed.cursor = cursor_of(listed, filter.order);
        text_bytes += listed.facts.card_json.size() + listed.facts.config_json.size();
        page.repos.push_back(std::move(listed));
      }
      return page;
    });
  }

  std::vector<RepoTag> list_tags(const Viewer& viewer, wire::RepoType type,
                                 std::size_t limit) override {
    return db_->read([&](Connection& db) {
      std::vector<RepoTag> tags;
      static const std::string sql =
          "SELECT DISTINCT t.kind, t.tag FROM repo_tags t JOIN repos r ON r.id=t.repo_id "
          "WHERE r.type=?4 AND t.shown AND " +
          visible_sql() + " ORDER BY t.kind, t.tag LIMIT ?5";
      auto row = viewer_query(db, sql, viewer, static_cast<int>(type), limit);
      while (row.next()) tags.push_back({row.text(0), row.text(1), true});
      return tags;
    });
  }

  StoragePage list_storage(const Viewer& viewer, const std::string& owner, std::int64_t after_id,
                           std::size_t limit) override {
    return db_->read([&](Connection& db) {
      static const std::string total =
          "SELECT coalesce(sum(x.size), 0) FROM repos r JOIN repo_files x ON x.repo_id=r.id "
          "WHERE r.owner_key=?4 AND " +
          visible_sql();
      static const std::string page =
          "SELECT r.id, r.type, r.owner, r.name, r.private, r.created, "
          "coalesce(f.modified, r.created), "
          "(SELECT coalesce(sum(size), 0) FROM repo_files WHERE repo_id=r.id) "
          "FROM repos r LEFT JOIN repo_facts f ON f.repo_id=r.id "
          "WHERE r.owner_key=?4 AND r.id>?5 AND " +
          visible_sql() + " ORDER BY r.id LIMIT ?6";
      StoragePage found;
      {
        auto row = viewer_query(db, total, viewer, lower_case(owner));
        if (row.next()) found.total_bytes = static_cast<std::uint64_t>(row.integer(0));
      }
      auto row = viewer_query(db, page, viewer, lower_case(owner), after_id, limit + 1);
      while (row.next()) {
        if (found.repos.size() == limit) {
          found.has_more = true;
          break;
        }
        StoredRepo& stored = found.repos.emplace_back();
        stored.repo.id = row.integer(0);
        stored.repo.name = {static_cast<wire::RepoType>(row.integer(1)), row.text(2), row.text(3)};
        stored.repo.is_private = row.integer(4) != 0;
        stored.repo.created_unix_s = row.integer(5);
        stored.modified_unix_s = row.integer(6);
        stored.size_bytes = static_cast<std::uint64_t>(row.integer(7));
      }
      return found;
    });
  }

  RepoCounts counts(std::int64_t repo) override {
    return db_->read([&](Connection& db) {
      Query row(db, "SELECT likes, downloads FROM repo_counts WHERE repo_id=?", repo);
      if (!row.next()) return RepoCounts{};
      return RepoCounts{static_cast<std::uint64_t>(row.integer(0)),
                        static_cast<std::uint64_t>(row.integer(1))};
    });
  }

  void add_downloads(const std::vector<DownloadCount>& counts) override {
    db_->write([&](Connection& db) {
      for (const DownloadCount& one : counts) {
        db.run(
            "INSERT INTO repo_counts(repo_id, likes, downloads) "
            "SELECT id, 0, ?2 FROM repos WHERE id=?1 "
            "ON CONFLICT(repo_id) DO UPDATE SET downloads=downloads+excluded.downloads",
            one.repo_id, one.count);
      }
    });
  }

private:
  std::shared_ptr<Database> db_;
};

}  // namespace

std::unique_ptr<RepoFactsTable> sqlite_facts(std::shared_ptr<Database> database) {
  return std::make_unique<SqliteFacts>(std::move(database));
}

}  // namespace mhub::serve
