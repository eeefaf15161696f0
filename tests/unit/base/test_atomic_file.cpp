#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::test;

TEST_CASE("a file shows up only when committed", "[base][atomic_file]") {
  TemporaryFolder folder;
  FileSystem& fs = real_file_system();
  {
    AtomicFile out(fs, folder / "a");
    out.file().write(as_bytes("half"));
  }
  CHECK(fs.list(folder.path()).empty());

  write_file_atomically(fs, folder / "a", as_bytes("one"));
  write_file_atomically(fs, folder / "a", as_bytes("two"));
  CHECK(as_text(read_file(fs, folder / "a", 10)) == "two");
  CHECK(fs.list(folder.path()).size() == 1);
}

TEST_CASE("reading is bounded and a missing file is not_found", "[base][file_system]") {
  TemporaryFolder folder;
  FileSystem& fs = real_file_system();
  write_file_atomically(fs, folder / "a", as_bytes("0123456789"));
  CHECK_THROWS_MATCHES(read_file(fs, folder / "a", 9), Error, HasKind(ErrorKind::corrupt));
  CHECK_THROWS_MATCHES(read_file(fs, folder / "b", 9), Error, HasKind(ErrorKind::not_found));
  CHECK_FALSE(fs.stat(folder / "b").has_value());
  CHECK(fs.stat(folder / "a")->size_bytes == 10);
  CHECK(fs.remove(folder / "a"));
  CHECK_FALSE(fs.remove(folder / "a"));
}

TEST_CASE("pieces are written one after another, however many", "[base][file_system]") {
  TemporaryFolder folder;
  FileSystem& fs = real_file_system();
  std::string expected;
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) texts.push_back(std::string(static_cast<std::size_t>(i % 7), 'a'));
  std::vector<ByteView> pieces;
  for (const std::string& text : texts) {
    pieces.push_back(as_bytes(text));
    expected += text;
  }
  const auto file = fs.create(folder / "a", 0644);
  file->write(as_bytes("begin "));
  file->write_pieces(pieces);
  file->write(as_bytes(" end"));
  CHECK(as_text(read_file(fs, folder / "a", 10'000)) == "begin " + expected + " end");
}
