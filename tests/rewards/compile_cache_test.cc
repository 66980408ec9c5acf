// rewards/code/compile_cache: what was stored comes back, a full cache forgets the oldest, threads share it.
#include "rewards/code/compile_cache.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

using namespace hone;

namespace {

struct Scratch {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("hone-cache-" + std::to_string(::getpid()));
  Scratch() { std::filesystem::create_directories(path); }
  ~Scratch() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("what was stored comes back, also after opening it again") {
  const Scratch scratch;
  const std::string file = (scratch.path / "programs.db").string();
  const std::string program(
      "\x7f"
      "ELF\0\xff",
      6);
  {
    CompileCache cache(file);
    CHECK_FALSE(cache.Find("g++\nint main(){}").has_value());
    cache.Store("g++\nint main(){}", {true, program, "", 12.5});
    cache.Store("g++\nint main(){", {false, "", "expected }", 3.0});
  }
  CompileCache cache(file);
  const std::optional<Compiled> good = cache.Find("g++\nint main(){}");
  REQUIRE(good.has_value());
  CHECK(good->ok);
  CHECK(good->program == program);
  CHECK(good->wall_ms == 12.5);
  const std::optional<Compiled> bad = cache.Find("g++\nint main(){");
  REQUIRE(bad.has_value());
  CHECK_FALSE(bad->ok);
  CHECK(bad->diagnostics == "expected }");
  CHECK_FALSE(cache.Find("g++\nint main()").has_value());
}

TEST_CASE("a full cache forgets the oldest and stays within its capacity") {
  const Scratch scratch;
  constexpr int64_t kCapacity = 100000;
  CompileCache cache((scratch.path / "programs.db").string(), kCapacity);
  for (int i = 0; i < 200; ++i) {
    cache.Store("key" + std::to_string(i), {true, std::string(3000, 'x'), "", 0.0});
    CHECK(cache.Bytes() <= kCapacity);
    CHECK(cache.Find("key" + std::to_string(i)).has_value());
  }
  CHECK_FALSE(cache.Find("key0").has_value());
  cache.Store("huge", {true, std::string(kCapacity, 'x'), "", 0.0});
  CHECK_FALSE(cache.Find("huge").has_value());
}

TEST_CASE("threads and two openings share one file") {
  const Scratch scratch;
  const std::string file = (scratch.path / "programs.db").string();
  CompileCache one(file), two(file);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      CompileCache& cache = t % 2 == 0 ? one : two;
      for (int i = 0; i < 25; ++i)
        cache.Store(std::to_string(t) + "-" + std::to_string(i), {true, "p", "", 0.0});
    });
  }
  for (std::thread& thread : threads) thread.join();
  int found = 0;
  for (int t = 0; t < 4; ++t) {
    for (int i = 0; i < 25; ++i) found += one.Find(std::to_string(t) + "-" + std::to_string(i)).has_value();
  }
  CHECK(found == 100);
}
