// Runs the real binary as a person would: in a directory of its own, with what it prints and its exit code.
#ifndef HONE_TESTS_RECIPES_BINARY_H_
#define HONE_TESTS_RECIPES_BINARY_H_

#include <doctest/doctest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

namespace hone {

struct Said {
  int status = -1;  // exit code, or 128 + the signal that ended it
  std::string out, err;
  bool Says(const std::string& text) const { return err.find(text) != std::string::npos; }
  bool Prints(const std::string& text) const { return out.find(text) != std::string::npos; }
};

// A recipe of a tiny model made anew; `kind` is grpo or sft.
inline std::string TinyRecipe(const std::string& kind) {
  return "name = \"tiny\"\nkind = \"" + kind + R"("
[model.shape]
hidden_size = 16
num_layers = 2
num_heads = 2
intermediate_size = 16
q_lora_rank = 8
kv_lora_rank = 8
qk_nope_head_dim = 4
qk_rope_head_dim = 4
v_head_dim = 4
num_experts = 4
moe_intermediate_size = 8
max_position_embeddings = 160
[run]
checkpoint_every = 2
threads = 1
[grpo]
steps = 6
prompts_per_step = 4
group_size = 4
[sft]
steps = 6
rows_per_step = 2
[rollout]
max_new_tokens = 8
max_sequences = 32
[eval]
prompts = 4
samples_per_prompt = 2
every = 0
)";
}

class Workplace {
 public:
  Workplace() {
    std::string name = (std::filesystem::temp_directory_path() / "hone_cli_XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = std::filesystem::canonical(name);
  }
  ~Workplace() { std::filesystem::remove_all(path_); }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  std::string operator/(const std::string& name) const { return path_ / name; }
  void Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool Has(const std::string& name) const { return std::filesystem::exists(path_ / name); }

  // `arguments` as typed into a shell here. `meanwhile` gets the process id once it
  // runs; `before` is shell text in front.
  Said Hone(const std::string& arguments, const std::function<void(pid_t)>& meanwhile = {},
            const std::string& before = "") const {
    const std::string line =
        "cd '" + path_.string() + "' && " + before + " exec '" HONE_BINARY "' " + arguments + " >out 2>err";
    std::filesystem::remove(path_ / "err");
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/sh", "sh", "-c", line.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
    if (meanwhile) meanwhile(child);
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), Read("out"), Read("err")};
  }

  // Waits until stderr holds `text`.
  void AwaitErr(const std::string& text) const {
    for (int i = 0; i < 6000 && Read("err").find(text) == std::string::npos; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

 private:
  std::filesystem::path path_;
};

// An error is one line that starts with the program's name.
inline void CheckOneLine(const Said& said) {
  CAPTURE(said.err);
  CHECK(said.status == 1);
  CHECK(said.err.rfind("hone: ", 0) == 0);
  CHECK(said.err.find('\n') == said.err.size() - 1);
}

}  // namespace hone

#endif  // HONE_TESTS_RECIPES_BINARY_H_
