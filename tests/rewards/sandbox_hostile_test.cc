// Hostile programs, opt-in: HONE_SHARED names the directory that holds cases/hostile_examples.jsonl. The judge has its own test of verdicts; here each
// program runs alone in a box, and the box's own promises are checked.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "data/json.h"
#include "tests/rewards/sandbox_case.h"

namespace hone {
namespace {

using End = RunResult::End;

std::string VerdictOf(const RunResult& result) {
  switch (result.end) {
    case End::kExited:
      return result.exit_code != 0 ? "RE" : result.out == "6\n3\n" ? "AC" : "WA";
    case End::kSignalled:
      return "RE";
    case End::kCpuLimit:
    case End::kWallLimit:
      return "TLE";
    case End::kMemoryLimit:
      return "MLE";
    case End::kOutputLimit:
    case End::kFileLimit:
      return "OLE";
  }
  return "";
}

std::string Judge(Sandbox& sandbox, const nlohmann::json& row, double& over_ms) {
  RunRequest request;
  const std::string lang = row["lang"], code = row["code"];
  if (lang == "python") {
    request.files = {{"main.py", code}};
    request.argv = {"/usr/bin/python3", "main.py"};
  } else {
    const RunResult compiled = lang == "c" ? Compile(sandbox, code) : Compile(sandbox, code, "g++", "cc");
    if (compiled.end != End::kExited || compiled.exit_code != 0) return "CE";
    request.files = compiled.fetched;
    request.argv = {"./main"};
  }
  request.stdin_text = "3\n1 2 3\n";
  const auto start = std::chrono::steady_clock::now();
  const RunResult result = sandbox.Run(request);
  const double took =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  over_ms = took - request.limits.wall_s * 1000;
  for (const char* secret : {"root:", "daemon:"}) {
    CHECK(result.out.find(secret) == std::string::npos);
    CHECK(result.err.find(secret) == std::string::npos);
  }
  return VerdictOf(result);
}

TEST_CASE("hostile programs get an allowed verdict in time and leave nothing") {
  const char* shared = std::getenv("HONE_SHARED");
  if (shared == nullptr) {
    MESSAGE("skipped: HONE_SHARED is not set");
    return;
  }
  const Traces before = TracesNow();
  {
    Sandbox sandbox(1);
    std::ifstream file(std::string(shared) + "/cases/hostile_examples.jsonl");
    const Traces idle = TracesNow();
    for (std::string line; std::getline(file, line);) {
      const nlohmann::json row = ParseStrictJson(line, "hostile_examples.jsonl");
      if (row["mode"] != "stdio") continue;  // calls are the judge's
      CAPTURE(row["id"].get<std::string>());
      double over_ms = 0;
      const std::string verdict = Judge(sandbox, row, over_ms);
      const auto allowed = row["expect"].get<std::set<std::string>>();
      MESSAGE(row["id"].get<std::string>()
              << ": " << verdict << ", " << over_ms << " ms past the wall limit");
      CHECK(allowed.count(verdict) == 1);
      CHECK(over_ms < 100);
      CHECK(TracesNow() == idle);
    }
  }
  CHECK(TracesNow() == before);
}

}  // namespace
}  // namespace hone
