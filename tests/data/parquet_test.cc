// Parquet written by pyarrow with several settings (tests/data/parquet/make.py) against the rows as JSON; without Arrow, the refusal.
#include "data/parquet.h"

#include <vector>

#include "data/error.h"
#include "tests/data/files.h"

using namespace hone;
using json = nlohmann::ordered_json;

namespace {

std::string Path(const std::string& name) { return HONE_SOURCE_DIR "/tests/data/parquet/" + name; }

std::vector<json> Rows(const std::string& path) {
  std::vector<json> rows;
  ForEachRow(path, [&](const json& row, const std::string& where) {
    rows.push_back(row);
    CHECK(where.ends_with(": row " + std::to_string(rows.size())));
  });
  return rows;
}

}  // namespace

TEST_CASE("every codec, encoding, page version and row group gives the table's rows") {
  if (!HasParquet()) {
    CHECK_THROWS_WITH_AS(Rows(Path("snappy.parquet")), doctest::Contains("pip install --no-deps pyarrow=="),
                         Error);
    return;
  }
  const std::vector<json> expected = Rows(Path("rows.json"));
  REQUIRE(expected.size() == 7);
  for (const char* name : {"snappy", "zstd_v2_groups", "gzip_plain", "none_v2_plain", "brotli_small_pages",
                           "lz4_delta", "no_arrow_schema"}) {
    CAPTURE(name);
    CHECK(Rows(Path(name + std::string(".parquet"))) == expected);
  }
}

TEST_CASE("bytes, dates, decimals and maps have a JSON value; bytes that are no text are not one") {
  if (!HasParquet()) return;
  const std::vector<json> rows = Rows(Path("odd.parquet"));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["bytes"] == "text");
  CHECK(rows[1]["bytes"].is_binary());
  CHECK(rows[1]["day"] == "1970-01-02");
  CHECK(rows[0]["price"].is_null());
  CHECK(rows[1]["price"] == "1.50");
  CHECK(rows[0]["pairs"] == json::parse(R"([{"key":"a","value":1}])"));
  CHECK(rows[1]["pairs"] == json::array());
}

TEST_CASE("a file that is missing, torn or no Parquet is an error with its name") {
  if (!HasParquet()) return;
  const TestFiles files;
  CHECK_THROWS_WITH_AS(Rows(files.dir + "/none.parquet"), doctest::Contains("none.parquet: cannot read"),
                       Error);
  CHECK_THROWS_WITH_AS(Rows(files.Write("a.parquet", "{\"a\":1}\n")), doctest::Contains("as Parquet"), Error);
  const std::string whole = ReadFile(Path("none_v2_plain.parquet"));
  for (size_t size = 0; size < whole.size(); size += 97) {
    CAPTURE(size);
    CHECK_THROWS_AS(Rows(files.Write("torn.parquet", whole.substr(0, size))), Error);
  }
  // A changed byte gives an error or other values, never a crash.
  for (size_t at = 4; at < whole.size(); at += 11) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    try {
      ForEachRow(files.Write("changed.parquet", changed), [](const json&, const std::string&) {});
    } catch (const Error&) {
    }
  }
}
