// The commands of the hone binary. Each adds itself to the parser and runs when it was chosen; the return value is the exit
// code. Covered by tests/recipes/cli_test.cc.
#ifndef HONE_RECIPES_COMMANDS_H_
#define HONE_RECIPES_COMMANDS_H_

#include <functional>

namespace CLI {
class App;
}

namespace hone {

using Command = std::function<int()>;

// Each returns what to call once parsing is over and its subcommand was chosen.
Command AddRunCommand(CLI::App& app);
Command AddEvalCommand(CLI::App& app);
Command AddGenerateCommand(CLI::App& app);
Command AddChatCommand(CLI::App& app);
Command AddLogProbsCommand(CLI::App& app);
Command AddGradientsCommand(CLI::App& app);
Command AddTokenizeCommand(CLI::App& app);
Command AddDetokenizeCommand(CLI::App& app);
Command AddTemplateCommand(CLI::App& app);
Command AddExportCommand(CLI::App& app);
Command AddInfoCommand(CLI::App& app);
Command AddReportCommand(CLI::App& app);
Command AddDoctorCommand(CLI::App& app);
Command AddVerifyResumeCommand(CLI::App& app);
Command AddRecipeKeysCommand(CLI::App& app);
Command AddJudgeCommand(CLI::App& app);
Command AddRewardCommand(CLI::App& app);
Command AddGradeCommand(CLI::App& app);
Command AddLossCommand(CLI::App& app);
Command AddDataCommand(CLI::App& app);

// Stops asked for by SIGINT or SIGTERM. The first is for the run loop to see; a second one ends the process at once.
void CatchStopSignals();
int StopSignal();  // 0: none yet

}  // namespace hone

#endif  // HONE_RECIPES_COMMANDS_H_
