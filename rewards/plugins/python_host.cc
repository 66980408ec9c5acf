// See python_host.h. Covered by tests/rewards/plugins_python_test.cc.
#include "rewards/plugins/python_host.h"

namespace hone {

PythonReward::PythonReward(const std::string& file, const std::string& function, const std::string& python,
                           double deadline)
    : pool_({.argv = {python, "-c", kPythonWorker, file, function},
             .directory = "",
             .says_ready = true,
             .deadline = deadline},
            file + ":" + function) {}

}  // namespace hone
