// Progress lines and the live view (rl/progress.h).
#include "rl/progress.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

#include "data/utf8.h"

namespace hone {
namespace {

// What Progress writes to a stream that is no terminal.
class Capture {
 public:
  Capture() : file_(open_memstream(&text_, &size_)) {}
  ~Capture() {
    std::fclose(file_);
    std::free(text_);
  }
  FILE* file() { return file_; }
  std::string Text() {
    std::fflush(file_);
    return std::string(text_, size_);
  }

 private:
  char* text_ = nullptr;
  size_t size_ = 0;
  FILE* file_;
};

size_t Count(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++count;
  return count;
}

TEST_CASE("plain lines: declared order first, then the rest, six digits") {
  CHECK(StepLine(3, 80, {{"zebra", 1}, {"kl", 0.00123456789}, {"reward", 0.5}, {"loss", NAN}}) ==
        "step=3 total=80 reward=0.5 kl=0.00123457 loss=nan zebra=1");
  Capture capture;
  {
    Progress progress(capture.file(), false, 2, "r1_zero");
    progress.Step(1, {{"accuracy", 0.25}});
    progress.Note("a\x1b[31m note\nof two lines");
    progress.Step(2, {{"accuracy", 0.5}});
    progress.Finish();
    progress.Step(3, {});
  }
  CHECK(capture.Text() ==
        "step=1 total=2 accuracy=0.25\na [31m note of two lines\nstep=2 total=2 accuracy=0.5\n");
}

TEST_CASE("the live view fits any width") {
  LiveState state;
  state.title = "r1_zero 漢字";
  state.total_steps = 80;
  for (int i = 1; i <= 60; ++i) {
    state.step = i;
    state.history.push_back({i,
                             {{"accuracy", i / 60.0},
                              {"reward", 1.1},
                              {"length", 48.2},
                              {"entropy", i == 60 ? NAN : 0.5},
                              {"tokens_per_second", 51234},
                              {"faults", 1},
                              {"held_out/pass@1", 0.9}}});
  }
  state.elapsed = 60;
  state.seconds_left = 20;
  for (const int width : {1, 2, 7, 20, 39, 79, 200}) {
    CAPTURE(width);
    for (const std::string& line : RenderLiveView(state, width, false)) {
      CAPTURE(line);
      CHECK(line.find('\x1b') == std::string::npos);
      int columns = 0;
      for (size_t at = 0; at < line.size();) {
        const Utf8Char c = NextUtf8(line, at);
        CHECK(c.valid);
        columns += c.code_point >= 0x4E00 && c.code_point < 0xA000 ? 2 : 1;
        at += c.size;
      }
      CHECK(columns <= width);
    }
  }
  std::string all;
  for (const std::string& line : RenderLiveView(state, 100, true)) all += line + "\n";
  CHECK(all.find("60/80") != std::string::npos);
  CHECK(all.find("20 s left") != std::string::npos);
  CHECK(all.find("█") != std::string::npos);
  CHECK(all.find("60 reward faults") != std::string::npos);
  CHECK(all.find("\x1b[") != std::string::npos);
}

TEST_CASE("the live view leaves the cursor visible after every write and moves up over what it drew") {
  setenv("NO_COLOR", "1", 1);
  Capture capture;
  {
    Progress progress(capture.file(), true, 0, "sft");
    progress.Step(1, {{"loss", 2.5}});
    CHECK(Count(capture.Text(), "\x1b[?25l") == Count(capture.Text(), "\x1b[?25h"));
    progress.Note("checkpoint written");
    progress.Step(2, {{"loss", 2.25}});
  }
  unsetenv("NO_COLOR");
  const std::string text = capture.Text();
  CHECK(Count(text, "\x1b[?25l") == Count(text, "\x1b[?25h"));
  CHECK(Count(text, "checkpoint written\n") == 1);
  CHECK(text.find("\x1b[1A\r\x1b[J") != std::string::npos);  // over the title line
  CHECK(text.find("\x1b[2A\r\x1b[J") != std::string::npos);  // over the title and the loss
  CHECK(Count(text, "\x1b[3") == 0);                         // no colours
  CHECK_FALSE(Progress::CanBeLive(capture.file()));
}

}  // namespace
}  // namespace hone
