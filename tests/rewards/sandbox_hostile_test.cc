// Hostile programs: our own, and opt-in those of a directory that HONE_SHARED names, in cases/hostile_examples.jsonl. The judge has its own test of verdicts; here each
// program runs alone in a box, and the box's own promises are checked.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "data/json.h"
#include "tests/rewards/sandbox_case.h"

namespace hone {
namespace {

using End = RunResult::End;

std::string VerdictOf(const RunResult& result) {
  switch (result.end) {
    case End::kExited:
      return result.exit_code != 0 ? "RE" : result.out == "6\n3\n" ? "AC" : "WA";
    case End::kSignalled:
      return "RE";
    case End::kCpuLimit:
    case End::kWallLimit:
      return "TLE";
    case End::kMemoryLimit:
      return "MLE";
    case End::kOutputLimit:
    case End::kFileLimit:
      return "OLE";
  }
  return "";
}

std::string Judge(Sandbox& sandbox, const nlohmann::json& row, double& over_ms) {
  RunRequest request;
  const std::string lang = row["lang"], code = row["code"];
  if (lang == "python") {
    request.files = {{"main.py", code}};
    request.argv = {"/usr/bin/python3", "main.py"};
  } else {
    const RunResult compiled = lang == "c" ? Compile(sandbox, code) : Compile(sandbox, code, "g++", "cc");
    if (compiled.end != End::kExited || compiled.exit_code != 0) return "CE";
    request.files = compiled.fetched;
    request.argv = {"./main"};
  }
  request.stdin_text = "3\n1 2 3\n";
  const auto start = std::chrono::steady_clock::now();
  const RunResult result = sandbox.Run(request);
  const double took =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  over_ms = took - request.limits.wall_s * 1000;
  for (const char* secret : {"root:", "daemon:"}) {
    CHECK(result.out.find(secret) == std::string::npos);
    CHECK(result.err.find(secret) == std::string::npos);
  }
  return VerdictOf(result);
}

struct Hostile {
  std::string name;
  const char* body;  // of a C function; prints "breach" for what must not be possible
  std::set<std::string> allowed;
};

const std::vector<Hostile>& HostilePrograms() {
  static const std::vector<Hostile> all = {
      {"threads without end",
       "pthread_t t; int n=0; while(n<5000&&pthread_create(&t,0,(void*(*)(void*))pause,0)==0)n++; return "
       "n<5000?3:0;",
       {"RE", "TLE"}},
      {"vfork and exec in a chain",
       "for(int i=0;;i++){int p=vfork(); if(p<0)return 1; "
       "if(p==0){execl(\"./main\",\"main\",\"98\",(char*)0);_exit(1);} "
       "waitpid(p,0,0); if(i>100000)return 0;}",
       {"RE", "TLE"}},
      {"memory shared by all",
       "char*p=mmap(0,1L<<30,3,MAP_SHARED|MAP_ANONYMOUS,-1,0); if(p==MAP_FAILED)return 1; for(long "
       "i=0;i<1L<<30;i+=4096)p[i]=1;",
       {"MLE", "RE"}},
      {"files in memory",
       "int f=syscall(SYS_memfd_create,\"x\",0); static char b[1<<20]; for(;;)if(write(f,b,sizeof "
       "b)<0)return 1;",
       {"MLE", "RE"}},
      {"descriptors without end", "while(dup(0)>=0); return errno==EMFILE?1:0;", {"RE"}},
      {"a sparse file", "int f=open(\"x\",O_CREAT|O_WRONLY,0600); return ftruncate(f,1L<<40)!=0;", {"RE"}},
      {"inodes without end",
       "for(int i=0;;i++){char n[20];sprintf(n,\"%d\",i); int f=open(n,O_CREAT|O_WRONLY,0600); if(f<0)return "
       "1; close(f);}",
       {"RE", "TLE"}},
      {"an alarm set back",
       "signal(SIGALRM,SIG_IGN); struct rlimit r={100,100}; setrlimit(RLIMIT_CPU,&r); for(;;)alarm(0);",
       {"TLE"}},
      {"stdout closed", "close(1); close(2); for(;;)pause();", {"TLE"}},
      {"the clock moved",
       "struct timespec t={0}; if(clock_settime(CLOCK_REALTIME,&t)==0)puts(\"breach\"); return 1;",
       {"RE"}},
      {"stderr without end", "static char b[4096]; for(;;)write(2,b,sizeof b);", {"OLE"}},
      {"files in all of the memory",
       "static char b[1<<20]; for(int i=0;;i++){char n[20];sprintf(n,\"%d\",i); int "
       "f=open(n,O_CREAT|O_WRONLY,0600); if(f<0||write(f,b,sizeof b)<sizeof b)return 1; close(f);}",
       {"RE", "MLE"}},
      {"limits for the first process",
       "struct rlimit r={0,0}; if(syscall(SYS_prlimit64,1,RLIMIT_CPU,&r,0)==0)puts(\"breach\"); return 1;",
       {"RE"}},
      {"zombies", "for(int i=0;i<1000;i++){int p=fork(); if(p==0)_exit(0); if(p<0)return 0;}", {"WA"}},
      {"a deep stack", "for(;;){volatile char*p=__builtin_alloca(4096); p[0]=1;}", {"RE"}},
      {"a false time limit", "raise(SIGXCPU);", {"RE"}},
      {"a neighbour by an abstract address",
       "int s=socket(AF_UNIX,SOCK_STREAM,0); char a[110]={1,0,0,'h'}; bind(s,(void*)a,8); listen(s,1); "
       "if(fork()==0){setsid();for(;;)pause();} return 0;",
       {"WA"}},
      {"a pipe in the place of a file",
       "mkfifo(\"x\",0600); symlink(\"/dev/null\",\"output\"); return 0;",
       {"WA"}},
      {"locked memory", "return mlockall(3)==0&&mlock(malloc(64<<20),64<<20)==0?0:1;", {"RE"}},
      {"the highest priority",
       "setpriority(PRIO_PROCESS,0,-20); struct {int p;} s={1}; "
       "if(syscall(SYS_sched_setscheduler,0,1,&s)==0)puts(\"breach\"); "
       "return 1;",
       {"RE"}},
  };
  return all;
}

TEST_CASE("programs that mean harm get an allowed verdict and leave nothing") {
  Sandbox sandbox(1);
  std::vector<std::string> bodies;
  for (const Hostile& hostile : HostilePrograms()) bodies.push_back(hostile.body);
  CPrograms programs(sandbox, bodies);
  const Traces idle = TracesNow();
  for (size_t i = 0; i < bodies.size(); ++i) {
    RunRequest request = programs.Get(i);
    request.limits.cpu_s = 0.3;
    request.limits.wall_s = 1;
    request.limits.memory_mb = 64;
    request.limits.file_mb = 64;
    const RunResult result = sandbox.Run(request);
    CAPTURE(HostilePrograms()[i].name);
    CAPTURE(VerdictOf(result));
    CHECK(HostilePrograms()[i].allowed.count(VerdictOf(result)) == 1);
    CHECK(result.out.find("breach") == std::string::npos);
    CHECK(TracesNow() == idle);
  }
  CHECK(sandbox.Run(Shell("ls -A /work /tmp")).out == "/tmp:\n\n/work:\n");
}

TEST_CASE("hostile programs get an allowed verdict in time and leave nothing") {
  const char* shared = std::getenv("HONE_SHARED");
  if (shared == nullptr) {
    MESSAGE("skipped: HONE_SHARED is not set");
    return;
  }
  const Traces before = TracesNow();
  {
    Sandbox sandbox(1);
    std::ifstream file(std::string(shared) + "/cases/hostile_examples.jsonl");
    const Traces idle = TracesNow();
    for (std::string line; std::getline(file, line);) {
      const nlohmann::json row = ParseStrictJson(line, "hostile_examples.jsonl");
      if (row["mode"] != "stdio") continue;  // calls are the judge's
      CAPTURE(row["id"].get<std::string>());
      double over_ms = 0;
      const std::string verdict = Judge(sandbox, row, over_ms);
      const auto allowed = row["expect"].get<std::set<std::string>>();
      MESSAGE(row["id"].get<std::string>()
              << ": " << verdict << ", " << over_ms << " ms past the wall limit");
      CHECK(allowed.count(verdict) == 1);
      CHECK(over_ms < 100);
      CHECK(TracesNow() == idle);
    }
  }
  CHECK(TracesNow() == before);
}

}  // namespace
}  // namespace hone
