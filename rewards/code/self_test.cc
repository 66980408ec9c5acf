// Covered by tests/rewards/sandbox_test.cc.
#include "rewards/code/self_test.h"

#include "data/error.h"

namespace hone {

void SelfTest(Sandbox& sandbox) {
  RunRequest request;
  request.argv = {"/bin/sh", "-c", "echo ok"};
  const RunResult result = sandbox.Run(request);
  if (result.out != "ok\n") throw Error("the sandbox's self-test failed: " + result.out + result.err, "", "");
}

}  // namespace hone
