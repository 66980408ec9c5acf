// Everything that comes from one declaration of fields, on a recipe that has every field type.
#include "data/fields.h"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <random>
#include <string>

#include "data/error.h"

namespace fields_test {
enum class Color { kRed, kDeepBlue };
// Tables by name, whose keys depend on what was read before.
struct Animal {
  std::string kind;
  double weight = 1.0;
  int64_t legs = 4, fins = 2;
  bool operator==(const Animal&) const = default;
  void SetName(const std::string& name) {
    if (kind.empty()) kind = name;
  }
  template <class V>
  void Fields(V& v) {
    v.Field(
        "kind", kind,
        [](const std::string& text) { return text == "dog" || text == "fish" ? "" : "it must be an animal"; },
        "what it is");
    v.Field("weight", weight, hone::Above(0), "");
    if (kind == "dog") v.Field("legs", legs, "");
    if (kind == "fish") v.Field("fins", fins, "");
  }
};
struct Zoo {
  std::map<std::string, Animal> animals = {{"dog", {"dog"}}};
  int64_t size = 1;
  template <class V>
  void Fields(V& v) {
    v.Field("animals", animals, "who lives here");
    v.Field("size", size, "");
  }
};
Zoo ParseZoo(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return hone::ParseRecipe<Zoo>(text, "z.toml", overrides);
}
std::string ZooFault(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    ParseZoo(text, overrides);
  } catch (const hone::Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace fields_test

namespace hone {
template <>
inline constexpr auto kEnumNames<fields_test::Color> = std::to_array<EnumName<fields_test::Color>>(
    {{fields_test::Color::kRed, "red"}, {fields_test::Color::kDeepBlue, "deep_blue"}});
}  // namespace hone

namespace fields_test {

struct Inner {
  double temperature = 1.0;
  std::vector<double> betas = {0.9, 0.999};
  bool operator==(const Inner&) const = default;
  template <class V>
  void Fields(V& v) {
    v.Field("temperature", temperature, hone::Above(0), "of sampling");
    v.Field("betas", betas, hone::Range{.low = 0, .high = 1, .high_open = true}, "of Adam");
  }
};

struct Kl {
  double beta = 0.04;
  std::optional<Inner> inner;
  bool operator==(const Kl&) const = default;
  template <class V>
  void Fields(V& v) {
    v.Field("beta", beta, hone::AtLeast(0), "weight");
    v.Field("inner", inner, "nested twice");
  }
};

struct Empty {
  bool operator==(const Empty&) const = default;
  template <class V>
  void Fields(V&) {}
};

struct Recipe {
  int64_t group_size = 8;
  Inner rollout;
  bool fast = false;  // declared after a table: must still be dumped above it
  std::string name = "run";
  std::vector<std::string> rewards = {"answer"};
  std::vector<int64_t> sizes;
  Color color = Color::kRed;
  std::optional<Kl> kl;
  std::optional<Empty> empty;
  double rate = 1e-3;
  bool operator==(const Recipe&) const = default;
  template <class V>
  void Fields(V& v) {
    v.Field("group_size", group_size, hone::Range{2, 1024}, "completions sampled per prompt");
    v.Field("rollout", rollout, "how completions are sampled");
    v.Field("fast", fast, "fast | slow");
    v.Field("name", name, "");
    v.Field("rewards", rewards, "");
    v.Field("sizes", sizes, hone::AtLeast(1), "");
    v.Field("color", color, "");
    v.Field("kl", kl, "");
    v.Field("empty", empty, "");
    v.Field("rate", rate, "");
  }
};

Recipe Parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return hone::ParseRecipe<Recipe>(text, "r.toml", overrides);
}

std::string Fault(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    Parse(text, overrides);
  } catch (const hone::Error& error) {
    return error.what();
  }
  return "no error";
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace fields_test

using namespace fields_test;

TEST_CASE("values replace defaults; optional tables are there iff written") {
  const Recipe defaults;
  CHECK(Parse("") == defaults);
  const Recipe recipe = Parse(
      "group_size = 16\nfast = true\nname = 'a/../b'\nrewards = ['x', \"y\\n\"]\nsizes = [1, 2]\n"
      "color = 'deep_blue'\nrate = 3\nrollout.temperature = 0.5\n[kl]\n[kl.inner]\nbetas = []\n");
  CHECK(recipe.group_size == 16);
  CHECK(recipe.fast);
  CHECK(recipe.name == "a/../b");
  CHECK(recipe.rewards == std::vector<std::string>{"x", "y\n"});
  CHECK(recipe.sizes == std::vector<int64_t>{1, 2});
  CHECK(recipe.color == Color::kDeepBlue);
  CHECK(recipe.rate == 3.0);
  CHECK(recipe.rollout.temperature == 0.5);
  CHECK(recipe.rollout.betas == std::vector<double>{0.9, 0.999});
  REQUIRE(recipe.kl.has_value());
  CHECK(recipe.kl->beta == 0.04);
  REQUIRE(recipe.kl->inner.has_value());
  CHECK(recipe.kl->inner->betas.empty());
  CHECK_FALSE(recipe.empty.has_value());
  CHECK(hone::NameOf(recipe.color) == "deep_blue");
}

TEST_CASE("faults name file and line, what is wrong and what is allowed") {
  CHECK(Fault("fast = true\ngroup_sze = 3\n") ==
        "r.toml:2: unknown key 'group_sze'; did you mean 'group_size'?");
  CHECK(Fault("[rollout]\nbetas = [0]\ntemprature = 1") ==
        "r.toml:3: unknown key 'rollout.temprature'; did you mean 'rollout.temperature'?");
  CHECK(Fault("temperature = 1") ==
        "r.toml:1: unknown key 'temperature'; did you mean 'rollout.temperature'?");
  CHECK(Fault("[kl]\nquite_other = 1") == "r.toml:2: unknown key 'kl.quite_other'; known here: beta, inner");
  CHECK(Contains(Fault("\n\n[rolout]\ntemperature = 1"),
                 "r.toml:3: unknown key 'rolout'; did you mean 'rollout'?"));
  CHECK(Contains(Fault("'rollout.temperature' = 1"), "unknown key 'rollout.temperature'"));
  CHECK(Fault("\"a\\nb\" = 1").find('\n') == std::string::npos);
  CHECK(Fault("z1 = 1\na1 = 1")
            .starts_with("r.toml:1: unknown key 'z1'"));  // the first in the file, not the alphabet

  CHECK(Fault("\ngroup_size = 2.0") == "r.toml:2: 'group_size' is a float; it must be an integer");
  CHECK(Fault("group_size = '2'") == "r.toml:1: 'group_size' is a string; it must be an integer");
  CHECK(Fault("rate = true") == "r.toml:1: 'rate' is a boolean; it must be a number");
  CHECK(Fault("fast = 1") == "r.toml:1: 'fast' is an integer; it must be true or false");
  CHECK(Fault("name = 1979-05-27") == "r.toml:1: 'name' is a date or time; it must be a string");
  CHECK(Contains(Fault("sizes = 1"), "r.toml:1: 'sizes' is an integer; it must be an array"));
  CHECK(Fault("sizes = [1,\n 2,\n 3.5]") == "r.toml:3: 'sizes[2]' is a float; it must be an integer");
  CHECK(Fault("rollout = 3") == "r.toml:1: 'rollout' is an integer; it must be a table");
  CHECK(Fault("kl = 3") == "r.toml:1: 'kl' is an integer; it must be a table");
  CHECK(Fault("group_size.x = 3") == "r.toml:1: 'group_size' is a table; it must be an integer");
  CHECK(Fault("[[rollout]]\ntemperature = 1") == "r.toml:1: 'rollout' is an array; it must be a table");
  CHECK(Fault("color = 'blue'") == "r.toml:1: 'color' is \"blue\"; it must be one of red | deep_blue");
  CHECK(Fault("color = 1") == "r.toml:1: 'color' is an integer; it must be one of red | deep_blue");

  CHECK(Fault("group_size = 1") == "r.toml:1: 'group_size' is 1; it must be 2 to 1024");
  CHECK(Fault("group_size = 1025") == "r.toml:1: 'group_size' is 1025; it must be 2 to 1024");
  CHECK(Fault("rollout.temperature = 0") == "r.toml:1: 'rollout.temperature' is 0; it must be > 0");
  CHECK(Fault("kl.beta = -0.5") == "r.toml:1: 'kl.beta' is -0.5; it must be >= 0");
  CHECK(Fault("[rollout]\nbetas = [0, 1]") == "r.toml:2: 'rollout.betas[1]' is 1; it must be >= 0, < 1");
  CHECK(Fault("rate = nan") == "r.toml:1: 'rate' is nan; it must be a finite number");
  CHECK(Fault("rate = -inf") == "r.toml:1: 'rate' is -inf; it must be a finite number");
  CHECK(Parse("group_size = 2").group_size == 2);
  CHECK(Parse("group_size = 1024").group_size == 1024);

  CHECK(Fault("fast = true\nname = \n").starts_with("r.toml:2: "));
  CHECK(Fault("fast = true\nfast = true").starts_with("r.toml:2: "));
  CHECK(Fault("[kl]\n[kl]").starts_with("r.toml:2: "));
  CHECK(Fault("fast = true\n[.kl]\nrate = 1") == "r.toml:2: malformed TOML; correct the TOML syntax");
  CHECK(Fault("fast = true # é\nname é= 'a'") ==
        "r.toml:2: Error while parsing key-value pair: expected '=', saw 'é'; correct the TOML syntax");
  CHECK(Fault("fast = true\nrate = 1\"é").starts_with("r.toml:2: "));
  CHECK(Parse("name = '''\né''' # é\n").name == "é");
  CHECK(Parse("\xef\xbb\xbfname = \"\"\"\\\"é\"\"\"\"\"").name == "\"é\"\"");
  CHECK(Fault("name = '\xff'").starts_with("r.toml:1: "));
  CHECK(Fault("group_size = 99999999999999999999").starts_with("r.toml:1: "));
}

TEST_CASE("--set overrides the file, later ones win, faults name the flag") {
  CHECK(Parse("group_size = 1", {"group_size=4"}).group_size == 4);  // before the range check
  CHECK(Parse("", {"group_size=4", "group_size=5"}).group_size == 5);
  CHECK(Parse("", {"rollout.temperature=0.5"}).rollout.temperature == 0.5);
  CHECK(Parse("", {"kl.inner.temperature=2"}).kl->inner->temperature == 2.0);
  CHECK(Parse("", {"kl={}"}).kl.has_value());
  CHECK(Parse("", {"kl={beta=1}", "kl.beta=2"}).kl->beta == 2.0);
  CHECK(Parse("", {"fast=true"}).fast);
  CHECK(Parse("", {"color=deep_blue"}).color == Color::kDeepBlue);
  CHECK(Parse("", {"name=runs/my run#3 = \"x\""}).name == "runs/my run#3 = \"x\"");
  CHECK(Parse("", {"name=3#4"}).name == "3#4");
  CHECK(Parse("", {"name="}).name.empty());
  CHECK(Parse("", {"name=\"a\\tb\""}).name == "a\tb");
  CHECK(Parse("", {"rewards=['a','b']"}).rewards == std::vector<std::string>{"a", "b"});

  CHECK(Fault("", {"group_sze=4"}) ==
        "--set group_sze=4: unknown key 'group_sze'; did you mean 'group_size'?");
  CHECK(Fault("", {"group_size=1"}) == "--set group_size=1: 'group_size' is 1; it must be 2 to 1024");
  CHECK(Fault("", {"group_size=many"}) ==
        "--set group_size=many: 'group_size' is a string; it must be an integer");
  CHECK(Fault("", {"kl={beta=-1}"}) == "--set kl={beta=-1}: 'kl.beta' is -1; it must be >= 0");
  CHECK(Fault("fast = true", {"fast.x=1"}) ==
        "--set fast.x=1: 'fast' is a boolean in r.toml:1, not a table; set that key instead");
  CHECK(Contains(Fault("", {"group_size"}), "--set group_size: there is no '='"));
  CHECK(Contains(Fault("", {"=1"}), "--set =1: '' is not a key"));
  CHECK(Contains(Fault("", {"rollout..x=1"}), "'' is not a key"));
  CHECK(Fault("", {"rewards=['a'"}).starts_with("--set rewards=['a': "));
  CHECK(Fault("", {"group_size=4\nname='x'"}).starts_with("--set "));
  CHECK(Fault("", {"name=\xff"}).starts_with("--set "));
}

TEST_CASE("the dump has each key once, in order, and parses back to the same bits") {
  CHECK(
      hone::DumpRecipe(Parse("[kl]\n[empty]")) ==
      "group_size = 8\nfast = false\nname = \"run\"\nrewards = [\"answer\"]\nsizes = []\ncolor = \"red\"\n"
      "rate = 0.001\n\n[rollout]\ntemperature = 1.0\nbetas = [0.9, 0.999]\n\n[kl]\nbeta = 0.04\n\n[empty]\n");

  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto any_double = [&] {
    while (true) {
      const double value = std::bit_cast<double>(random());
      if (std::isfinite(value)) return value;
    }
  };
  const auto any_text = [&] {
    static const char* const kPieces[] = {
        "a", "\"", "\\", "\n", "\x01", "\x7f", "é", "\t", "'", "#", "\xf0\x9f\x98\x80"};
    std::string text;
    for (size_t i = random() % 8; i > 0; --i) text += kPieces[random() % std::size(kPieces)];
    if (random() % 4 == 0) text += '\0';
    return text;
  };
  for (int i = 0; i < 300; ++i) {
    Recipe recipe;
    recipe.group_size = 2 + static_cast<int64_t>(random() % 1023);
    recipe.rate = i == 0 ? -0.0 : i == 1 ? 5e-324 : any_double();
    recipe.rollout.temperature = std::fabs(any_double()) + 5e-324;
    recipe.rollout.betas.assign(random() % 4, std::ldexp(static_cast<double>(random() >> 11), -53));
    recipe.fast = random() % 2;
    recipe.name = any_text();
    recipe.rewards = {any_text(), any_text()};
    recipe.sizes = {static_cast<int64_t>(random() >> 1), INT64_MAX};
    recipe.color = random() % 2 ? Color::kRed : Color::kDeepBlue;
    if (random() % 2) recipe.kl = Kl{std::fabs(any_double()), {}};
    if (recipe.kl && random() % 2) recipe.kl->inner = recipe.rollout;
    if (random() % 2) recipe.empty.emplace();
    const std::string dump = hone::DumpRecipe(recipe);
    CAPTURE(dump);
    const Recipe back = Parse(dump);
    CHECK(back == recipe);
    CHECK(std::bit_cast<uint64_t>(back.rate) == std::bit_cast<uint64_t>(recipe.rate));
    CHECK(hone::DumpRecipe(back) == dump);
    CHECK(hone::DiffRecipes(hone::FlattenRecipe(recipe), hone::FlattenRecipe(back)).empty());
  }
}

TEST_CASE("the description lists every field, those of absent tables too") {
  const std::vector<hone::FieldDoc> docs = hone::DescribeRecipe<Recipe>();
  std::string keys;
  for (const hone::FieldDoc& doc : docs) keys += doc.key + " ";
  CHECK(keys ==
        "group_size rollout rollout.temperature rollout.betas fast name rewards sizes color kl kl.beta "
        "kl.inner "
        "kl.inner.temperature kl.inner.betas empty rate ");
  CHECK(docs[0].type == "integer");
  CHECK(docs[0].default_value == "8");
  CHECK(docs[0].range == "2 to 1024");
  CHECK(docs[0].doc == "completions sampled per prompt");
  CHECK(docs[8].type == "red | deep_blue");
  const std::string table = hone::MarkdownTable(docs);
  CHECK(Contains(table, "| `group_size` | integer | `8` | 2 to 1024 | completions sampled per prompt |\n"));
  CHECK(Contains(table, "| `color` | red \\| deep_blue | `\"red\"` |  |  |\n"));
  CHECK(hone::AboveUpTo(0, 1).ToString() == "> 0, <= 1");
}

TEST_CASE("two recipes are compared key by key") {
  const auto diff = [](const std::string& a, const std::string& b) {
    return hone::DiffRecipes(hone::FlattenRecipe(Parse(a)), hone::FlattenRecipe(Parse(b)));
  };
  CHECK(diff("", "").empty());
  CHECK(diff("", "rollout.temperature = 0.9\nfast = true") ==
        std::vector<std::string>{"rollout.temperature: 1.0 -> 0.9", "fast: false -> true"});
  CHECK(diff("", "[kl]") == std::vector<std::string>{"kl: absent -> {}", "kl.beta: absent -> 0.04"});
  CHECK(diff("[empty]", "") == std::vector<std::string>{"empty: {} -> absent"});
}

TEST_CASE("parsing random text never does worse than an Error") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  static const char* const kTokens[] = {
      "[",      "]",  "{",   "}",    "=",        ".",   ",",          "\n",      "#",     "\"", "'",
      "\"\"\"", "kl", "kl.", "[[",   "]]",       "1",   "-",          "0x",      "e9",    "1_", "nan",
      "true",   " ",  "é",   "\xff", "\xe2\x82", "\\u", "group_size", "rollout", "07:32", "\\"};
  const auto any_bytes = [&](size_t limit) {
    std::string text;
    for (size_t i = random() % limit; i > 0; --i) {
      text +=
          random() % 8 ? std::string(kTokens[random() % std::size(kTokens)]) : std::string(1, char(random()));
    }
    return text;
  };
  const std::string valid = hone::DumpRecipe(Parse("[kl.inner]\n[empty]"));
  for (int i = 0; i < 4000; ++i) {
    std::string text = i % 2 ? any_bytes(40) : valid;
    if (i % 2 == 0) text.replace(random() % text.size(), random() % 20, any_bytes(5));
    const std::string fault =
        Fault(text, i % 3 ? std::vector<std::string>{} : std::vector<std::string>{any_bytes(9)});
    CHECK(fault.find('\0') == std::string::npos);
  }
  CHECK(Fault("sizes = " + std::string(100000, '[')) != "no error");  // no stack overflow
  CHECK(Fault(std::string(100000, '[')) != "no error");
  std::string deep = "a";
  for (int i = 0; i < 20000; ++i) deep += ".a";
  CHECK(Fault(deep + " = 1") != "no error");
}

TEST_CASE("tables by name: written ones replace the defaults, and each knows its own keys") {
  CHECK(ParseZoo("size = 2").animals == std::map<std::string, Animal>{{"dog", {"dog"}}});
  CHECK(ParseZoo("[animals]").animals.empty());
  const Zoo zoo = ParseZoo("[animals.nemo]\nkind = 'fish'\nfins = 3\n[animals.dog]\nlegs = 3\n",
                           {"animals.nemo.weight=0.5", "animals.rex.kind=dog"});
  REQUIRE(zoo.animals.size() == 3);
  CHECK(zoo.animals.at("nemo") == Animal{"fish", 0.5, 4, 3});
  CHECK(zoo.animals.at("dog").legs == 3);
  CHECK(zoo.animals.at("rex").kind == "dog");
  CHECK(hone::FlattenRecipe(ParseZoo(hone::DumpRecipe(zoo))) == hone::FlattenRecipe(zoo));
  CHECK(hone::DumpRecipe(Zoo()) == "size = 1\n\n[animals.dog]\nkind = \"dog\"\nweight = 1.0\nlegs = 4\n");
  CHECK(hone::DescribeRecipe<Zoo>()[1].key == "animals.NAME");

  CHECK(ZooFault("[animals.nemo]\nkind = 'fish'\nfin = 3\n") ==
        "z.toml:3: unknown key 'animals.nemo.fin'; did you mean 'animals.nemo.fins'?");
  CHECK(Contains(ZooFault("[animals.nemo]\nkind = 'fish'\nwait = 3\n"), "known here: kind, weight, fins"));
  CHECK(ZooFault("[animals.cat]\n") == "z.toml:1: 'animals.cat.kind' is \"cat\"; it must be an animal");
  CHECK(ZooFault("[animals.x]\nkind = 'cat'\n") ==
        "z.toml:2: 'animals.x.kind' is \"cat\"; it must be an animal");
  CHECK(Contains(ZooFault("[animals]\ndog = 3\n"),
                 "z.toml:2: 'animals.dog' is an integer; it must be a table"));
  CHECK(Contains(ZooFault("animals = 3\n"), "it must be a table"));
  CHECK(Contains(ZooFault("[animals.'a b']\nkind = 'dog'\n"), "use letters"));
  CHECK(Contains(ZooFault("[animals.dog]\nweight = 0\n"), "z.toml:2: 'animals.dog.weight' is 0"));
}
