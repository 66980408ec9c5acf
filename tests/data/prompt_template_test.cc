// data/prompt_template: the slot, the built-in R1-Zero prompt, and what is refused.
#include "data/prompt_template.h"

#include <doctest/doctest.h>

#include "data/error.h"

using hone::PromptTemplate;

TEST_CASE("a template of one's own is filled as written") {
  CHECK(PromptTemplate("<bos>Q:{question}=?A:").Apply("1+2") == "<bos>Q:1+2=?A:");
  CHECK(PromptTemplate("{question}").Apply("{question}") == "{question}");
}

TEST_CASE("r1_zero names the tags literally and ends with the assistant's turn") {
  const std::string text = PromptTemplate("r1_zero").Apply("What is 2+3?");
  for (const char* tag : {"<think>", "</think>", "<answer>", "</answer>"}) {
    CHECK(text.find(tag) != std::string::npos);
  }
  const std::string end = "User: What is 2+3?. Assistant:";
  REQUIRE(text.size() > end.size());
  CHECK(text.substr(text.size() - end.size()) == end);
}

TEST_CASE("a template without exactly one slot is refused") {
  CHECK_THROWS_WITH_AS(PromptTemplate("r1zero"), doctest::Contains("r1_zero"), hone::Error);
  CHECK_THROWS_WITH_AS(PromptTemplate("{question}{question}"), doctest::Contains("more than once"),
                       hone::Error);
  CHECK_THROWS_AS(PromptTemplate(""), hone::Error);
}
