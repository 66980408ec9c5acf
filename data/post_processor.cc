// See post_processor.h.
#include "data/post_processor.h"

namespace hone {

namespace {

void ReadTemplate(const TokenizerSection& section, PostProcessor& out) {
  section.AllowOnly({"single", "pair", "special_tokens"});
  PostProcessor read;
  int texts = 0;
  for (const TokenizerSection& item : section.List("single")) {
    if (item.Has("Sequence")) {
      if (item.value.at("Sequence").at("id") != "A") item.Refuse("a second text");
      ++texts;
      continue;
    }
    const auto& special = section.value.at("special_tokens").at(item.value.at("SpecialToken").at("id"));
    for (const auto& id : special.at("ids"))
      (texts == 0 ? read.before : read.after).push_back(id.get<int32_t>());
  }
  if (texts != 1) section.Refuse("a template that does not name the text once");
  out.before.insert(out.before.begin(), read.before.begin(), read.before.end());
  out.after.insert(out.after.end(), read.after.begin(), read.after.end());
}

}  // namespace

PostProcessor PostProcessor::Read(const TokenizerSection& section) {
  PostProcessor out;
  for (const TokenizerSection& step : FlatSteps(section, "processors")) {
    if (step.Type() == "TemplateProcessing") {
      ReadTemplate(step, out);
    } else if (step.Type() == "ByteLevel") {
      step.AllowOnly({"add_prefix_space", "trim_offsets", "use_regex"});  // moves offsets only
    } else {
      step.Refuse("the post-processor " + step.value.at("type").dump());
    }
  }
  return out;
}

}  // namespace hone
