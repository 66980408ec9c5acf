// The run store: exact round trips, replay after going back, and what it does when the disk or the process dies.
#include "data/run_store.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <random>
#include <string>

#include "data/error.h"
#include "data/sqlite.h"
#include "data/text_file.h"

namespace {

namespace fs = std::filesystem;
using hone::RunStore;
using hone::ScoredGroup;

struct TempDir {
  fs::path path;
  TempDir() {
    std::string name = (fs::temp_directory_path() / "hone_run_store_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TempDir() { fs::remove_all(path); }
  std::string db() const { return (path / "hone.db").string(); }
};

std::string Message(const auto& action) {
  try {
    action();
  } catch (const hone::Error& error) {
    return error.what();
  }
  return "no error";
}
bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// NaN equals NaN, -0.0 is not 0.0.
bool SameBits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}
  double Double() {
    const double special[] = {0.0, -0.0, 1.0, INFINITY, -INFINITY, NAN, 5e-324, 0.1, 9007199254740993.0};
    const uint64_t bits = random_();
    return bits % 2 ? special[bits / 2 % std::size(special)] : std::bit_cast<double>(random_());
  }
  std::string Text() {
    std::string text(random_() % 20, '\0');
    for (char& c : text) c = static_cast<char>(random_());  // any bytes, NUL and broken UTF-8 included
    return text;
  }
  std::vector<int32_t> Ids() {
    std::vector<int32_t> ids(random_() % 9);
    for (int32_t& id : ids) id = static_cast<int32_t>(random_());
    return ids;
  }
  ScoredGroup Scored(int64_t step, int64_t slot) {
    ScoredGroup out{
        {step, slot, {static_cast<int64_t>(random_() % 1000), Text(), Ids(), Text(), Text(), Text()}, {}},
        {}};
    for (uint64_t n = random_() % 5; n > 0; --n) {
      hone::Completion c{Ids(),
                         {},
                         random_() % 2 ? hone::FinishReason::kStop : hone::FinishReason::kLength,
                         static_cast<int64_t>(random_() % 100),
                         Text()};
      for (size_t i = 0; i < c.ids.size(); ++i)
        c.logprobs.push_back(std::bit_cast<float>(uint32_t(random_())));
      out.group.completions.push_back(std::move(c));
      hone::Score score;
      score.status = static_cast<hone::Score::Status>(random_() % 3);
      if (score.status == hone::Score::Status::kValue) score.value = Double();
      if (random_() % 2) score.parts = {{"z \"q\"", Double()}, {"answer", Double()}};
      score.explanation = Text();
      out.scores.push_back(std::move(score));
    }
    return out;
  }

 private:
  std::mt19937_64 random_;
};

template <class T>
bool SameBytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

void CheckSame(const ScoredGroup& a, const ScoredGroup& b) {
  CHECK(a.group.step == b.group.step);
  CHECK(a.group.slot == b.group.slot);
  CHECK(a.group.prompt.index == b.group.prompt.index);
  CHECK(a.group.prompt.text == b.group.prompt.text);
  CHECK(a.group.prompt.ids == b.group.prompt.ids);
  CHECK(a.group.prompt.gold == b.group.prompt.gold);
  CHECK(a.group.prompt.kind == b.group.prompt.kind);
  CHECK(a.group.prompt.columns == b.group.prompt.columns);
  REQUIRE(a.group.completions.size() == b.group.completions.size());
  REQUIRE(a.scores.size() == b.scores.size());
  for (size_t i = 0; i < a.scores.size(); ++i) {
    const hone::Completion &x = a.group.completions[i], &y = b.group.completions[i];
    CHECK(x.ids == y.ids);
    CHECK(SameBytes(x.logprobs, y.logprobs));
    CHECK(x.finish == y.finish);
    CHECK(x.policy_version == y.policy_version);
    CHECK(x.text == y.text);
    CHECK(a.scores[i].status == b.scores[i].status);
    CHECK(SameBits(a.scores[i].value, b.scores[i].value));
    CHECK(a.scores[i].explanation == b.scores[i].explanation);
    REQUIRE(a.scores[i].parts.size() == b.scores[i].parts.size());
    for (size_t k = 0; k < a.scores[i].parts.size(); ++k) {
      CHECK(a.scores[i].parts[k].first == b.scores[i].parts[k].first);
      CHECK(SameBits(a.scores[i].parts[k].second, b.scores[i].parts[k].second));
    }
  }
}

// A group of one completion with everything set.
ScoredGroup Simple(int64_t step, int64_t slot) {
  return {{step,
           slot,
           {7, "2+2=", {1, 2}, "4", "sum2"},
           {{{5, 6}, {-0.5F, -0.25F}, hone::FinishReason::kStop, 3, "4"}}},
          {{hone::Score::Status::kValue, 1.0, {{"answer", 1.0}}, "right"}}};
}

int ExitOf(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("what is stored comes back bit for bit, also to a reader while the writer is open") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Maker maker(seed);
  const TempDir dir;
  std::vector<ScoredGroup> first, second;
  for (int64_t slot = 0; slot < 20; ++slot) first.push_back(maker.Scored(3, slot));
  for (int64_t slot = 0; slot < 5; ++slot) second.push_back(maker.Scored(1, slot));
  const hone::Metrics metrics = {{"reward", 0.5}, {"a", NAN}, {"b", -0.0}, {"c", INFINITY}, {"", 1e-310}};
  RunStore store = RunStore::Create(dir.db());
  store.PutGroups(first);
  store.PutGroups(second);
  store.PutGroups({});
  store.FinishStep(3, {});
  store.FinishStep(1, metrics);
  store.PutEvent({4, "start", "one", 1.5});
  store.PutEvent({2, "fault", "two", -0.0});
  store.PutMeta("k", "old");
  store.PutMeta("k", std::string("new\0", 4));
  const RunStore reader = RunStore::OpenReadOnly(dir.db());
  store.PutEvent({5, "finish", "three", 2.0});  // after the reader opened
  for (const RunStore* view : {static_cast<const RunStore*>(&store), &reader}) {
    CHECK(view->GroupSteps() == std::vector<int64_t>{1, 3});
    const std::vector<ScoredGroup> back = view->Groups(3);
    REQUIRE(back.size() == first.size());
    for (size_t i = 0; i < back.size(); ++i) CheckSame(back[i], first[i]);
    CHECK(view->Groups(1).size() == 5);
    CHECK(view->Groups(2).empty());
    const auto all = view->AllMetrics();
    REQUIRE(all.size() == 2);
    CHECK(all[0].step == 1);
    REQUIRE(all[0].values.size() == metrics.size());
    for (size_t i = 0; i < metrics.size(); ++i) {
      CHECK(all[0].values[i].first == metrics[i].first);
      CHECK(SameBits(all[0].values[i].second, metrics[i].second));
    }
    CHECK(all[1].values.empty());
    REQUIRE(view->Events().size() == 3);
    CHECK(view->Events()[1].message == "two");
    CHECK(SameBits(view->Events()[1].time, -0.0));
    CHECK(view->Meta("k") == std::string("new\0", 4));
    CHECK_FALSE(view->Meta("other").has_value());
    CHECK(view->RolloutDigest() == store.RolloutDigest());
  }
  RunStore writing_reader = RunStore::OpenReadOnly(dir.db());
  CHECK(Contains(Message([&] { writing_reader.PutMeta("a", "b"); }), "cannot be written"));
}

TEST_CASE("going back voids metrics and marks, keeps groups and events, and can be replayed") {
  const TempDir dir;
  RunStore store = RunStore::Create(dir.db());
  for (int64_t step = 0; step < 4; ++step) {
    store.PutGroups({Simple(step, 1), Simple(step, 0)});
    store.FinishStep(step, {{"m", double(step)}});
  }
  store.PutEvent({3, "checkpoint", "", 0});
  const uint64_t digest = store.RolloutDigest();
  CHECK(store.Groups(2)[0].group.slot == 0);
  CHECK(store.CountConsumed() == 8);
  store.VoidFrom(2);
  CHECK(store.CountConsumed() == 4);
  CHECK(store.AllMetrics().size() == 2);
  CHECK(store.GroupSteps().size() == 4);
  CHECK(store.Events().size() == 1);
  CHECK(store.RolloutDigest() == digest);
  store.FinishStep(2, {{"m", 9.0}});
  CHECK(store.AllMetrics().back().values[0].second == 9.0);
  CHECK(store.CountConsumed() == 6);
}

TEST_CASE("the digest sees every stored bit of a rollout and nothing else") {
  const auto digest = [](const auto& change) {
    const TempDir dir;
    RunStore store = RunStore::Create(dir.db());
    ScoredGroup group = Simple(0, 0);
    change(group);
    store.PutGroups({group});
    store.PutEvent({0, "start", "", static_cast<double>(::getpid())});
    return store.RolloutDigest();
  };
  const uint64_t base = digest([](ScoredGroup&) {});
  CHECK(base == digest([](ScoredGroup& g) { g.scores[0].explanation = "took 3 s"; }));
  CHECK(base != digest([](ScoredGroup& g) { g.group.step = 1; }));
  CHECK(base != digest([](ScoredGroup& g) { g.group.slot = 1; }));
  CHECK(base != digest([](ScoredGroup& g) { g.group.completions[0].ids[1] = 7; }));
  CHECK(base !=
        digest([](ScoredGroup& g) { g.group.completions[0].logprobs[0] = std::nextafter(-0.5F, 0.0F); }));
  CHECK(base != digest([](ScoredGroup& g) { g.group.completions[0].finish = hone::FinishReason::kLength; }));
  CHECK(base != digest([](ScoredGroup& g) { g.group.completions[0].policy_version = 4; }));
  CHECK(base != digest([](ScoredGroup& g) { g.scores[0].value = std::nextafter(1.0, 0.0); }));
  CHECK(base != digest([](ScoredGroup& g) { g.scores[0].status = hone::Score::Status::kFault; }));
  CHECK(base != digest([](ScoredGroup& g) { g.scores[0].parts[0].second = 0.0; }));
}

TEST_CASE("a store without columns of prompts is read as it is and brought up to date by a writer") {
  const TempDir dir;
  const ScoredGroup group = Simple(1, 0);
  { RunStore::Create(dir.db()).PutGroups({group}); }
  {
    const hone::sqlite::Database raw(dir.db(), hone::sqlite::Database::Mode::kReadWrite);
    raw.Run("ALTER TABLE groups DROP COLUMN columns; PRAGMA user_version=1");
  }
  CheckSame(RunStore::OpenReadOnly(dir.db()).Groups(1).at(0), group);
  ScoredGroup second = Simple(1, 1);
  second.group.prompt.columns = "{\"a\":1}";
  RunStore store = RunStore::Open(dir.db());
  store.PutGroups({second});
  CheckSame(store.Groups(1).at(0), group);
  CheckSame(store.Groups(1).at(1), second);
}

TEST_CASE("missing, existing, foreign, newer, damaged and locked files are one clear line") {
  const TempDir dir;
  CHECK(Contains(Message([&] { RunStore::Open(dir.db()); }),
                 dir.db() + ": cannot open the run store: No such file"));
  CHECK(Contains(Message([&] { RunStore::OpenReadOnly(dir.db()); }), "No such file"));
  CHECK(Contains(Message([&] { RunStore::Create(dir.path.string() + "/no/hone.db"); }), "cannot be opened"));
  { RunStore::Create(dir.db()).PutGroups({Simple(0, 0)}); }
  CHECK(Contains(Message([&] { RunStore::Create(dir.db()); }), "exists already"));
  CHECK(std::distance(fs::directory_iterator(dir.path), fs::directory_iterator()) == 1);

  hone::sqlite::Database raw(dir.db(), hone::sqlite::Database::Mode::kReadWrite);
  raw.Run("PRAGMA user_version=3");
  CHECK(Contains(Message([&] { RunStore::Open(dir.db()); }), "run store of version 3"));
  raw.Run("PRAGMA user_version=2; PRAGMA application_id=0");
  CHECK(Contains(Message([&] { RunStore::Open(dir.db()); }), "not a hone run store"));
  raw.Run("PRAGMA application_id=1752133221");
  CHECK(Message([&] { RunStore::Open(dir.db()); }) == "no error");
  {
    const hone::sqlite::Database other(dir.db(), hone::sqlite::Database::Mode::kReadWrite);
    other.Run("PRAGMA busy_timeout=20");
    const hone::sqlite::Transaction writing(raw);
    CHECK(Contains(Message([&] { const hone::sqlite::Transaction blocked(other); }),
                   "locked by another process"));
  }
  raw.Run("UPDATE completions SET ids = x'010203'");
  CHECK(Contains(Message([&] { RunStore::Open(dir.db()).Groups(0); }), "damaged: a blob of 3 bytes"));
  raw.Run("DELETE FROM completions");
  CHECK(Contains(Message([&] { RunStore::Open(dir.db()).Groups(0); }), "damaged: a group without all"));
}

TEST_CASE("a file with overwritten pages is an Error, whatever was overwritten") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const TempDir dir;
  {
    RunStore store = RunStore::Create(dir.db());
    for (int64_t step = 0; step < 30; ++step) store.PutGroups({Simple(step, 0), Simple(step, 1)});
  }
  const std::string good = hone::ReadFile(dir.db());
  for (int i = 0; i < 60; ++i) {
    std::string bad = good;
    const size_t at = i == 0 ? 0 : random() % bad.size();
    for (size_t k = at; k < std::min(bad.size(), at + 600); ++k) bad[k] = static_cast<char>(random());
    if (i % 5 == 1) bad.resize(random() % bad.size());
    fs::remove(dir.db() + "-wal");
    fs::remove(dir.db() + "-shm");
    hone::WriteFileAtomic(dir.db(), bad);
    const std::string message = Message([&] {  // must not crash; silence is allowed where only values changed
      const RunStore store = RunStore::Open(dir.db());
      store.RolloutDigest();
    });
    if (i == 0) CHECK(Contains(message, "not a SQLite database"));
  }
}

TEST_CASE("a full disk is an Error and what was committed stays") {
  const TempDir dir;
  { RunStore::Create(dir.db()).PutGroups({Simple(0, 0)}); }
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // a file size limit stands in for the full disk
    ::signal(SIGXFSZ, SIG_IGN);
    RunStore store = RunStore::Open(dir.db());
    const rlimit limit{200000, 200000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ScoredGroup large = Simple(1, 0);
    large.group.prompt.text.assign(400000, 'x');
    const bool full = Contains(Message([&] {
                                 store.PutGroups({Simple(1, 1), large});
                               }),
                               dir.db() + ": disk full; free");
    const bool usable = store.GroupSteps() == std::vector<int64_t>{0};
    ::_exit(full && usable ? 0 : 1);
  }
  CHECK(ExitOf(child) == 0);
  RunStore store = RunStore::Open(dir.db());
  CHECK(store.GroupSteps() == std::vector<int64_t>{0});
  store.PutGroups({Simple(1, 0)});
}

TEST_CASE("a writer killed at any moment leaves whole transactions") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const TempDir dir;
  { RunStore::Create(dir.db()); }
  int64_t next = 0;
  for (int round = 0; round < 6; ++round) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      RunStore store = RunStore::Open(dir.db());
      for (int64_t step = next;; ++step) {
        store.PutGroups({Simple(step, 0), Simple(step, 1), Simple(step, 2)});
        store.FinishStep(step, {{"a", 1.0}, {"b", 2.0}});
      }
    }
    ::usleep(static_cast<useconds_t>(20000 + random() % 60000));
    ::kill(child, SIGKILL);
    ExitOf(child);
    RunStore store = RunStore::Open(dir.db());
    for (const int64_t step : store.GroupSteps()) {
      const auto groups = store.Groups(step);
      REQUIRE(groups.size() == 3);
      for (int64_t slot = 0; slot < 3; ++slot)
        CheckSame(groups[static_cast<size_t>(slot)], Simple(step, slot));
    }
    for (const auto& metrics : store.AllMetrics()) REQUIRE(metrics.values.size() == 2);
    const auto num_finished = static_cast<int64_t>(store.AllMetrics().size());
    CHECK(store.CountConsumed() == 3 * num_finished);
    next = store.GroupSteps().empty() ? 0 : store.GroupSteps().back() + 1;
    if (next > num_finished) store.FinishStep(next - 1, {{"a", 1.0}, {"b", 2.0}});
  }
  CHECK(next > 0);
}

TEST_CASE("storing a slot twice, or a group without its scores, aborts") {
  const TempDir dir;
  for (const bool twice : {true, false}) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::signal(SIGABRT, SIG_DFL);
      ::close(STDERR_FILENO);
      RunStore store = RunStore::Create(dir.db() + (twice ? "1" : "2"));
      ScoredGroup group = Simple(0, 0);
      if (!twice) group.scores.clear();
      store.PutGroups({group});
      store.PutGroups({group});
      ::_exit(0);
    }
    const int status = ExitOf(child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
  }
}
