// Conversations as training sequences, token by token, with small templates that keep, drop and open reasoning; where HONE_SHARED
// names the public data, with real templates.
#include "rl/chat_documents.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "data/error.h"
#include "data/text_file.h"

using namespace hone;

namespace {

// Every ASCII character and these are tokens of their own.
Tokenizer TestTokenizer() {
  const std::string dir = (std::filesystem::temp_directory_path() / "hone_chat_documents").string();
  std::filesystem::create_directories(dir);
  CharacterVocabulary vocabulary = {
      "<pad>", "<bos>", "<eos>", {"<|im_start|>", "<|im_end|>", "<|eot_id|>", "<think>"}, "\n"};
  for (char c = ' '; c <= '~'; ++c) vocabulary.characters += c;
  WriteCharacterTokenizer(vocabulary, dir);
  Tokenizer tokenizer = Tokenizer::Load(dir);
  std::filesystem::remove_all(dir);
  return tokenizer;
}

const Tokenizer& Letters() {
  static const Tokenizer tokenizer = TestTokenizer();
  return tokenizer;
}

ChatInput Conversation(const std::vector<std::pair<std::string, std::string>>& messages) {
  ChatInput input;
  for (const auto& [role, content] : messages)
    input.messages.push_back({{"role", role}, {"content", content}});
  return input;
}

// What is learnt stands between [ and ].
std::string Marked(const TrainingSequence& s) {
  std::string text;
  bool learnt = false;
  for (size_t i = 0; i < s.ids.size(); ++i) {
    const bool now = s.IsScored(static_cast<int64_t>(i));
    if (now != learnt) text += now ? "[" : "]";
    learnt = now;
    text += Letters().Decode({s.ids[i]}, false);
  }
  return learnt ? text + "]" : text;
}

std::vector<std::string> Documents(const std::string& source, const ChatInput& conversation,
                                   LossOn loss_on = LossOn::kCompletion) {
  const ChatTemplate chat = ChatTemplate::Parse(source, "t");
  std::vector<int32_t> stops = {*Letters().TokenId("<eos>"), *Letters().TokenId("<|im_end|>")};
  std::vector<std::string> documents;
  for (const TrainingSequence& s : ChatDocuments(conversation, {chat, Letters(), stops}, loss_on, "row")) {
    CHECK(s.first_scored == 1);
    documents.push_back(Marked(s));
  }
  return documents;
}

using Texts = std::vector<std::string>;

// Says everything as it is, as ChatML does.
const char kPlain[] =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
// Drops the reasoning of all turns but the last.
const char kDropsEarlier[] =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if loop.last %}{{ m.content }}{% else %}{{ m.content.split('</think>')[-1] }}{% endif "
    "%}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
// Drops all reasoning and opens it in the generation prompt.
const char kOpens[] =
    "<bos>{% for m in messages %}{{ m.role[0] }}:{{ m.content.split('</think>')[-1] }}"
    "{% if m.role == 'assistant' %}<eos>{% endif %}{% endfor %}{% if add_generation_prompt %}a:<think>\n{% "
    "endif %}";

}  // namespace

TEST_CASE("turns that follow one another are one sequence, each learnt through the end of the turn") {
  const ChatInput two =
      Conversation({{"system", "S"}, {"user", "A"}, {"assistant", "x"}, {"user", "B"}, {"assistant", "y"}});
  CHECK(Documents(kPlain, two) ==
        Texts{"<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nA<|im_end|>\n<|im_start|>assistant\n[x<|im_"
              "end|>]\n"
              "<|im_start|>user\nB<|im_end|>\n<|im_start|>assistant\n[y<|im_end|>]\n"});
  CHECK(Documents(kPlain, Conversation({{"user", "A"}, {"assistant", "x"}, {"user", "later"}})) ==
        Texts{"<|im_start|>user\nA<|im_end|>\n<|im_start|>assistant\n[x<|im_end|>]\n"});
  const Texts all = Documents(kPlain, two, LossOn::kAll);
  REQUIRE(all.size() == 1);
  CHECK(all[0].rfind("<|im_start|>[system", 0) == 0);  // nothing comes before the first token
  CHECK(all[0].find(']') == all[0].size() - 1);
}

TEST_CASE(
    "where the template drops earlier reasoning, each turn is a sequence of its own with its own reasoning") {
  const ChatInput conversation = Conversation({{"user", "A"},
                                               {"assistant", "<think>r1</think>x"},
                                               {"user", "B"},
                                               {"assistant", "<think>r2</think>y"}});
  CHECK(
      Documents(kDropsEarlier, conversation) ==
      Texts{
          "<|im_start|>user\nA<|im_end|>\n<|im_start|>assistant\n[<think>r1</think>x<|im_end|>]\n",
          "<|im_start|>user\nA<|im_end|>\n<|im_start|>assistant\nx<|im_end|>\n<|im_start|>user\nB<|im_end|>\n"
          "<|im_start|>assistant\n[<think>r2</think>y<|im_end|>]\n"});
  // Without reasoning nothing is dropped.
  CHECK(Documents(kDropsEarlier,
                  Conversation({{"user", "A"}, {"assistant", "x"}, {"user", "B"}, {"assistant", "y"}}))
            .size() == 1);
}

TEST_CASE("reasoning that the generation prompt opens is learnt from behind the opening") {
  const Texts want = {
      "<bos>u:A"
      "a:<think>\n[r1\n</think>\n\nx<eos>]"};
  CHECK(Documents(kOpens, Conversation({{"user", "A"}, {"assistant", "<think>\nr1\n</think>\n\nx"}})) ==
        want);
  CHECK(Documents(kOpens, Conversation({{"user", "A"}, {"assistant", "r1\n</think>\n\nx"}})) == want);
  ChatInput apart = Conversation({{"user", "A"}, {"assistant", "x"}});
  apart.messages[1]["reasoning_content"] = "\nr1 ";
  CHECK(Documents(kOpens, apart) == want);
  const Texts both = Documents(kOpens, Conversation({{"user", "A"},
                                                     {"assistant", "<think>\nr1</think>x"},
                                                     {"user", "B"},
                                                     {"assistant", "<think>\nr2</think><a> "}}));
  CHECK(both == Texts{"<bos>u:Aa:<think>\n[r1</think>x<eos>]",
                      "<bos>u:Aa:x<eos>u:Ba:<think>\n[r2</think><a> <eos>]"});
}

TEST_CASE("what cannot be learnt as it would be generated is refused") {
  const ChatInput reasons = Conversation({{"user", "A"}, {"assistant", "<think>r</think>x"}});
  const ChatInput plain = Conversation({{"user", "A"}, {"assistant", "x"}});
  const std::string shows = "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}";
  const auto refused = [](const std::string& source, const ChatInput& conversation, const char* says) {
    CAPTURE(source);
    CHECK_THROWS_WITH_AS(Documents(source, conversation), doctest::Contains(says), Error);
  };
  refused(kPlain, Conversation({{"user", "A"}}), "row: the conversation has no assistant's turn");
  refused(kOpens, plain, "row: the generation prompt opens <think>, but the reply has no reasoning");
  refused("{% for m in messages %}{{ m.content.split('</think>')[-1] }}<|im_end|>{% endfor %}", reasons,
          "drops the reply's reasoning");
  refused(shows + "{% if add_generation_prompt %}bot:{% endif %}", plain,
          "does not write a reply after its generation");
  refused("{% for m in messages %}{{ m.content }}<|eot_id|>{% endfor %}", plain,
          "no token that ends generation");
  refused("{{ raise_exception('no users') }}", plain, "t:1: no users");
  refused(kPlain, Conversation({{"user", "A"}, {"assistant", "\xC3\xA9"}}), "U+00E9");
  CHECK(Documents(shows, plain) == Texts{"A<|im_end|>[x<|im_end|>]"});  // a template that needs no prompt
}

TEST_CASE("real templates: the learnt text is what follows the prompt that the model would see") {
  const char* shared = std::getenv("HONE_SHARED");
  if (shared == nullptr) {
    MESSAGE("skipped: HONE_SHARED is not set");
    return;
  }
  const auto source = [&](const char* name) {
    std::string text = ReadFile(std::string(shared) + "/data/chat-templates/" + name + ".jinja");
    // The test's tokenizer is ASCII.
    for (const auto& [from, to] :
         {std::pair{"\xEF\xBD\x9C", "|"}, {"\xE2\x96\x81", "_"}, {"<|end_of_sentence|>", "<eos>"}})
      for (size_t at; (at = text.find(from)) != std::string::npos;)
        text.replace(at, std::string(from).size(), to);
    return text;
  };
  ChatInput conversation = Conversation({{"user", "A"},
                                         {"assistant", "<think>\nr1\n</think>\n\nx"},
                                         {"user", "B"},
                                         {"assistant", "<think>\nr2\n</think>\n\ny"}});
  const Texts qwen3 = Documents(source("Qwen-Qwen3-0.6B"), conversation);
  REQUIRE(qwen3.size() == 2);
  CHECK(qwen3[0].ends_with("<|im_start|>assistant\n[<think>\nr1\n</think>\n\nx<|im_end|>]\n"));
  CHECK(qwen3[1].find("r1") == std::string::npos);
  CHECK(qwen3[1].ends_with("<|im_start|>assistant\n[<think>\nr2\n</think>\n\ny<|im_end|>]\n"));
  const Texts qwen2 = Documents(source("Qwen-Qwen2.5-7B-Instruct"), conversation);
  REQUIRE(qwen2.size() == 1);
  CHECK(qwen2[0].find("assistant\n[<think>\nr1\n</think>\n\nx<|im_end|>]\n<|im_start|>user\nB") !=
        std::string::npos);
  const Texts r1 = Documents(source("deepseek-ai-DeepSeek-R1-Distill-Qwen-32B"), conversation);
  REQUIRE(r1.size() == 2);
  CHECK(r1[0] == "<|User|>A<|Assistant|><think>\n[r1\n</think>\n\nx<eos>]");
  CHECK(r1[1] == "<|User|>A<|Assistant|>\n\nx<eos><|User|>B<|Assistant|><think>\n[r2\n</think>\n\ny<eos>]");
  conversation.variables["thinking"] = true;
  const Texts v31 = Documents(source("deepseek-ai-DeepSeek-V3.1"), conversation);
  REQUIRE(v31.size() == 2);
  CHECK(v31[0] == "<|User|>A<|Assistant|><think>[\nr1\n</think>\n\nx<eos>]");
  conversation.variables["thinking"] = false;
  CHECK_THROWS_WITH_AS(Documents(source("deepseek-ai-DeepSeek-V3.1"), conversation),
                       doctest::Contains("drops the reply's reasoning"), Error);
}
