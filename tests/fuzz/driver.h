// What the fuzz programs share; each is one file and includes this once. With clang and -fsanitize=fuzzer,address libFuzzer drives
// them; with any other compiler `Drive` does: `PROGRAM [inputs] [seed]` mutates a corpus, and prints the seed.
#ifndef HONE_TESTS_FUZZ_DRIVER_H_
#define HONE_TESTS_FUZZ_DRIVER_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

// One to eight changes: cut, repeat, swap in a piece of another text, put in one of `tokens`, change a byte.
inline std::string Mutated(std::string text, const std::vector<std::string>& corpus,
                           const std::vector<std::string>& tokens, size_t longest, std::mt19937_64& random) {
  const auto below = [&](size_t n) { return n == 0 ? 0 : random() % n; };
  for (size_t change = 1 + below(8); change > 0; --change) {
    const size_t at = below(text.size() + 1), size = below(24);
    const std::string& other = corpus[below(corpus.size())];
    switch (below(5)) {
      case 0:
        text.erase(at, size);
        break;
      case 1:
        text.insert(at, text.substr(at, size));
        break;
      case 2:
        text.insert(at, other.substr(below(other.size()), below(32)));
        break;
      case 3:
        text.insert(at, tokens[below(tokens.size())]);
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(random());
    }
    if (text.size() > longest) text.resize(longest);
  }
  return text;
}

// Each character by itself.
inline std::vector<std::string> Characters(std::string_view text) {
  std::vector<std::string> out;
  for (const char c : text) out.emplace_back(1, c);
  return out;
}

// Calls `once` with the number of each input and the generator.
inline int Drive(int argc, char** argv,
                 const std::function<void(uint64_t i, std::mt19937_64& random)>& once) {
  const uint64_t inputs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::printf("%llu inputs, seed %llu\n", static_cast<unsigned long long>(inputs),
              static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (uint64_t i = 0; i < inputs; ++i) once(i, random);
  return 0;
}

#endif  // HONE_TESTS_FUZZ_DRIVER_H_
