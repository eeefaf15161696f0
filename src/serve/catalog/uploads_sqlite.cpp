#include <span>
#include <vector>

#include <mhub/base/error.hpp>

#include "catalog/schema.hpp"
#include "catalog/uploads.hpp"

namespace mhub::serve {

namespace {

xet::XorbHash xorb_from(ByteView bytes) {
  if (bytes.size() != xet::kHashBytes)
    throw Error(ErrorKind::corrupt, "catalog: a hash is {} bytes long", bytes.size());
  return xet::XorbHash::from_raw(
      std::span<const std::byte, xet::kHashBytes>(bytes.data(), xet::kHashBytes));
}

class SqliteUploads : public Uploads {
public:
  explicit SqliteUploads(std::shared_ptr<Database> database) : db_(std::move(database)) {}

  bool has(std::int64_t user, const xet::XorbHash& xorb) override {
    return db_->read([&](Connection& db) {
      return db.number("SELECT 1 FROM user_xorbs WHERE user_id=? AND xorb=?", user,
                       ByteView(xorb.bytes)) != 0;
    });
  }

  void drop(const std::function<bool(const xet::XorbHash&)>& is_gone) override {
    std::vector<xet::XorbHash> gone;
    db_->read([&](Connection& db) {
      Query row(db, "SELECT DISTINCT xorb FROM user_xorbs");
      while (row.next()) {
        const auto xorb = xorb_from(row.blob(0));
        if (is_gone(xorb)) gone.push_back(xorb);
      }
    });
    db_->write([&](Connection& db) {
      for (const auto& xorb : gone) {
        // It may have been sent again since.
        if (!is_gone(xorb)) continue;
        db.run("DELETE FROM user_xorbs WHERE xorb=?", ByteView(xorb.bytes));
      }
    });
  }

private:
  std::shared_ptr<Database> db_;
};

}  // namespace

std::unique_ptr<Uploads> sqlite_uploads(std::shared_ptr<Database> database) {
  return std::make_unique<SqliteUploads>(std::move(database));
}

}  // namespace mhub::serve
