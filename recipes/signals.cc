// See commands.h: stop signals. A handler can only reach a global, so this file has the project's one.
// Covered by tests/recipes/run_command_test.cc.
#include <unistd.h>

#include <csignal>

#include "recipes/commands.h"

namespace hone {
namespace {

volatile std::sig_atomic_t stop_signal = 0;

void OnStopSignal(int signal) {
  if (stop_signal != 0) _exit(128 + signal);  // the run directory stays resumable whenever this happens
  stop_signal = signal;
}

}  // namespace

void CatchStopSignals() {
  struct sigaction action {};
  action.sa_handler = OnStopSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int StopSignal() { return stop_signal; }

}  // namespace hone
