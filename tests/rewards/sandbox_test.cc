// The sandbox: what a run gets, what it is kept from, what its limits mean, and that nothing of it is left.
#include "rewards/code/sandbox.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "data/error.h"
#include "rewards/code/self_test.h"
#include "tests/rewards/sandbox_case.h"

namespace hone {
namespace {

using End = RunResult::End;

TEST_CASE("a run gets its program, files, input and environment, and its ends come back") {
  Sandbox sandbox(1);
  RunRequest request = Shell("cat; cat given; ./tool; echo oops >&2; pwd; exit 7");
  request.files = {{"given", "a file\n"}, {"tool", "#!/bin/sh\necho a tool\n", true}};
  request.stdin_text = "the input\n";
  RunResult result = sandbox.Run(request);
  CHECK(result.end == End::kExited);
  CHECK(result.exit_code == 7);
  CHECK(result.out == "the input\na file\na tool\n/work\n");
  CHECK(result.err == "oops\n");
  CHECK(result.memory_kb > 0);
  CHECK(result.wall_ms > 0);

  request = Shell("env; hostname; id -u; echo $$");
  setenv("HONE_TEST_SECRET", "secret", 1);
  request.environment = {"GREETING=hello", "LANG=C"};
  result = sandbox.Run(request);
  unsetenv("HONE_TEST_SECRET");
  CHECK(result.out.find("GREETING=hello\n") != std::string::npos);
  CHECK(result.out.find("LANG=C\n") != std::string::npos);
  CHECK(result.out.find("HOME=/work\n") != std::string::npos);
  CHECK(result.out.find("SECRET") == std::string::npos);
  CHECK(result.out.ends_with("box\n1000\n2\n"));

  result = sandbox.Run(Shell("kill -9 $$"));
  CHECK(result.end == End::kSignalled);
  CHECK(result.signal == SIGKILL);
  CHECK(sandbox.Run(Shell("kill -XCPU $$")).signal == SIGXCPU);  // no limit was reached
}

TEST_CASE("only plain files are fetched, and only by plain names") {
  Sandbox sandbox(1);
  RunRequest request = Shell(
      "printf data > plain; printf tool > run; chmod 755 run; ln -s /etc/ld.so.cache link; ln -s / root; "
      "mkfifo fifo; mkdir d");
  request.fetch = {"plain", "run", "link", "root", "fifo", "d", "absent"};
  const RunResult result = sandbox.Run(request);
  REQUIRE(result.fetched.size() == 2);
  CHECK(result.fetched[0].name == "plain");
  CHECK(result.fetched[0].content == "data");
  CHECK_FALSE(result.fetched[0].executable);
  CHECK(result.fetched[1].executable);
  for (const char* name : {"../x", "/etc/x", "a/b", "..", ""}) {
    request.fetch = {name};
    CHECK_THROWS_AS(sandbox.Run(request), Error);
    RunRequest giving = Shell("true");
    giving.files = {{name, ""}};
    CHECK_THROWS_AS(sandbox.Run(giving), Error);
  }
  RunRequest absent;
  absent.argv = {"./absent"};
  CHECK_THROWS_WITH_AS(sandbox.Run(absent), doctest::Contains("No such file"), Error);
  CHECK(sandbox.Run(Shell("echo still there")).out == "still there\n");
}

TEST_CASE("channels become descriptors from 3 on, and no others are there") {
  Sandbox sandbox(1);
  int first[2], second[2];
  REQUIRE(pipe(first) == 0);  // ours stay open across exec: the box must not see them
  REQUIRE(pipe(second) == 0);
  RunRequest request = CProgram(sandbox,
                                "write(3,\"three\",5); write(4,\"four\",4);"
                                "for(int i=5;i<2000;i++) if(fcntl(i,F_GETFD)!=-1) printf(\"%d\\n\",i);");
  request.channels = {first[1], second[1]};
  CHECK(sandbox.Run(request).out.empty());
  close(first[1]);
  close(second[1]);
  char bytes[16] = {};
  CHECK(read(first[0], bytes, sizeof bytes) == 5);
  CHECK(read(first[0], bytes, sizeof bytes) == 0);  // no copy of the other end is left anywhere
  CHECK(read(second[0], bytes, sizeof bytes) == 4);
  close(first[0]);
  close(second[0]);
}

// Each tries one way out and prints "breach" when it is one.
TEST_CASE("ways out are closed") {
  Sandbox sandbox(1);
  const std::vector<std::string> attempts = {
      "if(unshare(CLONE_NEWUSER|CLONE_NEWNS)==0) puts(\"breach\");",
      "if(syscall(SYS_clone,CLONE_NEWUSER|SIGCHLD,0,0,0,0)>=0) puts(\"breach\");",
      "for(int f=0;f<45;f++) if(f!=AF_UNIX && socket(f,SOCK_STREAM,0)>=0) puts(\"breach\");",
      "if(open(\"/etc/shadow\",O_RDONLY)>=0||open(\"/proc/self/mem\",O_RDWR)>=0||open(\"/work/../../etc/"
      "passwd\",O_RDONLY)>=0)"
      " puts(\"breach\");",
      "if(setuid(0)==0||setgid(0)==0||seteuid(0)==0) puts(\"breach\");",
      "mkdir(\"d\",0700); if(chroot(\"d\")==0) puts(\"breach\");",
      "if(syscall(SYS_ptrace,16,1,0,0)==0||syscall(SYS_mount,\"none\",\"/tmp\",\"tmpfs\",0,0)==0) "
      "puts(\"breach\");",
      "if(syscall(SYS_io_uring_setup,1,0)>=0||syscall(SYS_bpf,0,0,0)>=0||syscall(SYS_keyctl,0,0)>=0) "
      "puts(\"breach\");",
      "if(open(\"/usr/bin/x\",O_CREAT|O_WRONLY,0600)>=0||unlink(\"/usr/bin/env\")==0||chmod(\"/"
      "usr\",0777)==0) puts(\"breach\");",
      "char*a[]={\"su\",\"-c\",\"id\",0}; if(fork()==0){execv(\"/usr/bin/su\",a);_exit(1);} int s;wait(&s); "
      "if(s==0) puts(\"breach\");",
      "if(mknod(\"m\",S_IFBLK|0600,0x800)==0) puts(\"breach\");",
      "char c='x'; if(ioctl(0,0x5412,&c)==0) puts(\"breach\");",
      "struct rlimit r={RLIM_INFINITY,RLIM_INFINITY}; if(setrlimit(RLIMIT_NPROC,&r)==0) puts(\"breach\");"};
  CPrograms programs(sandbox, attempts);
  for (size_t i = 0; i < attempts.size(); ++i) {
    CAPTURE(attempts[i]);
    const RunResult result = sandbox.Run(programs.Get(i));
    CHECK(result.out.empty());
    CHECK(result.end == End::kExited);
  }
  // Signals reach no one but the run itself.
  const RunResult killer =
      sandbox.Run(CProgram(sandbox, "kill(getppid(),9); kill(-1,9); kill(0,9); pause();"));
  CHECK((killer.end == End::kSignalled || killer.end == End::kWallLimit));
  CHECK(sandbox.Run(Shell("echo alive")).out == "alive\n");
}

TEST_CASE("a compiler in the box reads nothing of the host and always ends") {
  Sandbox sandbox(1);
  for (const std::string code :
       {"#include \"/dev/zero\"\n", "#include \"/dev/urandom\"\n", "#include \"/etc/passwd\"\n",
        "#include \"/proc/self/environ\"\n", "asm(\".incbin \\\"/etc/shadow\\\"\");",
        "#include __FILE__\n#include __FILE__\n"}) {
    CAPTURE(code);
    const RunResult result = Compile(sandbox, code + "int main(){}");
    CHECK(result.fetched.empty());
    CHECK(result.err.find("root:") == std::string::npos);
  }
  CHECK(Compile(sandbox, "#include <vector>\nint main(){return std::vector<int>{1}.size()-1;}", "g++", "cc")
            .exit_code == 0);
  RunRequest request = Shell("ls /usr/include /usr/lib/gcc; cat /dev/zero");
  CHECK(sandbox.Run(request).out == "/usr/include:\n\n/usr/lib/gcc:\n");  // runs need none of it
}

void Expect(Sandbox& sandbox, const RunRequest& request, End end) {
  const auto start = std::chrono::steady_clock::now();
  const RunResult result = sandbox.Run(request);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  CAPTURE(result.err.substr(0, 300));
  CAPTURE(result.exit_code);
  CAPTURE(result.signal);
  CAPTURE(result.cpu_ms);
  CHECK(static_cast<int>(result.end) == static_cast<int>(end));
  CHECK(static_cast<int64_t>(result.out.size()) <= request.limits.output_kb << 10);
  MESSAGE("CPU " << result.cpu_ms << " of " << 1000 * request.limits.cpu_s << " ms, wall "
                 << 1000 * took.count() << " of " << 1000 * request.limits.wall_s << " ms");
}

TEST_CASE("time is that of the whole tree") {
  Sandbox sandbox(1);
  const auto limited = [&](const std::string& body) {
    RunRequest request = CProgram(sandbox, body);
    request.limits.cpu_s = 0.3;
    request.limits.wall_s = 30;
    return request;
  };
  Expect(sandbox, limited("for(;;);"), End::kCpuLimit);
  Expect(sandbox, limited("for(int i=0;i<4;i++)if(!fork())for(;;); while(wait(0)>0);"), End::kCpuLimit);
  Expect(
      sandbox,
      limited("for(;;){int p=fork(); if(!p){for(volatile int i=0;i<3000000;i++);_exit(0);} waitpid(p,0,0);}"),
      End::kCpuLimit);
  RunRequest deaf = limited(
      "signal(SIGTERM,SIG_IGN);signal(SIGALRM,SIG_IGN);signal(SIGXCPU,SIG_IGN);alarm(0);for(;;)pause();");
  deaf.limits.wall_s = 0.3;
  Expect(sandbox, deaf, End::kWallLimit);
  RunRequest orphan = limited(
      "if(fork())return 0; setsid(); if(fork())return 0; for(int i=0;i<100;i++)close(i); for(;;)sleep(1);");
  orphan.limits.wall_s = 10;  // were it waited for, it would end so
  Expect(sandbox, orphan, End::kExited);
  orphan = Shell("sleep 50 & exit 0");
  orphan.limits.wall_s = 10;
  Expect(sandbox, orphan, End::kExited);
}

TEST_CASE("memory is that of the whole tree, and only what is touched") {
  Sandbox sandbox(1);
  const auto limited = [&](const std::string& body) {
    RunRequest request = CProgram(sandbox, body);
    request.limits.memory_mb = 64;
    return request;
  };
  Expect(sandbox, limited("for(;;){char*p=malloc(1<<20); if(p)memset(p,1,1<<20);}"), End::kMemoryLimit);
  Expect(sandbox,
         limited("for(int i=0;i<8;i++)if(!fork()){for(int "
                 "j=0;j<16;j++){char*p=malloc(1<<20);memset(p,1,1<<20);} sleep(2);"
                 "_exit(0);} while(wait(0)>0);"),
         End::kMemoryLimit);
  const RunResult lazy =
      sandbox.Run(limited("char*p=mmap(0,1L<<36,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE,"
                          "-1,0); if(p==MAP_FAILED)return 1; p[0]=1;"));
  CHECK(lazy.end == End::kExited);
  CHECK(lazy.exit_code == 0);
  const RunResult touched =
      sandbox.Run(limited("char*volatile p=malloc(20<<20); memset(p,1,20<<20); return p[5]-1;"));
  CHECK(touched.end == End::kExited);
  CHECK(touched.memory_kb > 20 << 10);
  CHECK(touched.memory_kb < 30 << 10);
  const RunResult refused = sandbox.Run(limited("return malloc(1L<<60)==0?5:0;"));
  CHECK(refused.exit_code == 5);  // an allocation refused is the program's own affair
}

TEST_CASE("outputs, files, processes and descriptors have bounds") {
  Sandbox sandbox(1);
  RunRequest flood = Shell("yes");
  flood.limits.output_kb = 256;
  Expect(sandbox, flood, End::kOutputLimit);
  flood.argv.back() = "yes >&2";
  Expect(sandbox, flood, End::kOutputLimit);
  flood.argv.back() = "head -c 262144 /dev/urandom | tr '\\0-\\377' x";
  const RunResult exact = sandbox.Run(flood);
  CHECK(exact.end == End::kExited);
  CHECK(exact.out == std::string(262144, 'x'));

  RunRequest disk = CProgram(sandbox,
                             "signal(SIGXFSZ,SIG_IGN); static char b[1<<20]; int n=0,i=0; "
                             "for(;i<64;i++){char s[9];sprintf(s,\"f%d\",i);"
                             "int f=open(s,O_CREAT|O_WRONLY,0600); if(write(f,b,sizeof b)==sizeof b)n++; "
                             "close(f);} printf(\"%d\",n);");
  disk.limits.file_mb = 8;
  const int written = std::atoi(sandbox.Run(disk).out.c_str());
  CHECK(written >= 7);
  CHECK(written <= 9);
  RunRequest large = CProgram(sandbox,
                              "static char b[1<<20]; int f=open(\"x\",O_CREAT|O_WRONLY,0600); "
                              "for(;;)if(write(f,b,sizeof b)<0)return 3;");
  large.limits.file_mb = 8;
  const RunResult full = sandbox.Run(large);
  CHECK((full.exit_code == 3 || full.end == End::kFileLimit || full.signal == SIGXFSZ));

  RunRequest many = CProgram(
      sandbox,
      "int n=0; for(;n<200;n++){int p=fork(); if(p<0)break; if(!p)for(;;)pause();} printf(\"%d\",n);");
  many.limits.processes = 10;
  CHECK(sandbox.Run(many).out == "9");  // with the program itself
  RunRequest open_many = CProgram(sandbox, "int n=0; while(n<500&&dup(0)>=0)n++; printf(\"%d\",n);");
  open_many.limits.open_files = 20;
  CHECK(sandbox.Run(open_many).out == "17");
}

TEST_CASE("input that no one reads and large streams block no one") {
  Sandbox sandbox(1);
  const std::string large(4 << 20, 'y');
  RunRequest request = Shell("exec <&-; sleep 0.1; echo done");
  request.stdin_text = large;
  CHECK(sandbox.Run(request).out == "done\n");
  request = Shell("cat; echo >&2 $(head -c 100000 /dev/urandom | tr '\\0-\\377' z)");
  request.stdin_text = large;
  const RunResult echo = sandbox.Run(request);
  CHECK(echo.out == large);
  CHECK(echo.err.size() == 100001);
}

TEST_CASE("nothing persists from run to run") {
  Sandbox sandbox(1);
  const std::string leave =
      "ls -A /work /tmp; touch a .b /tmp/c; mkdir -p d/e; touch d/e/f; chmod 000 d; chmod 000 /work /tmp; "
      "(sleep 40 &) ; exit 0";
  for (int i = 0; i < 3; ++i) CHECK(sandbox.Run(Shell(leave)).out == "/tmp:\n\n/work:\n");
  const RunResult many = sandbox.Run(Shell("i=0; while [ $i -lt 500 ]; do : > f$i; i=$((i+1)); done"));
  CHECK(many.end == End::kExited);
  CHECK(sandbox.Run(Shell("ls -A; stat -c %a . /tmp")).out == "700\n700\n");
}

TEST_CASE("many threads at once, beside misbehaving neighbours") {
  Sandbox sandbox(3);
  const RunRequest hog = [&] {
    RunRequest request = CProgram(sandbox, "for(;;){char*p=malloc(1<<20); if(p)memset(p,1,1<<20);}");
    request.limits.memory_mb = 32;
    return request;
  }();
  std::vector<std::thread> threads;
  std::vector<std::string> wrong(12);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 8; ++i) {
        const std::string mark = std::to_string(t) + "." + std::to_string(i);
        if (t % 4 == 3) {
          if (sandbox.Run(hog).end != End::kMemoryLimit) wrong[t] = "not stopped";
        } else if (sandbox.Run(Shell("echo " + mark + " > x; sleep 0.01; cat x; ls")).out != mark + "\nx\n") {
          wrong[t] = mark;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : wrong) CHECK(text == "");
}

TEST_CASE("a box that dies is an Error, never a result, and is replaced") {
  const auto children = [] {
    std::istringstream text(TracesNow().children);
    std::set<pid_t> boxes(std::istream_iterator<pid_t>(text), {});
    std::erase_if(boxes, [](pid_t pid) { return NameOf(pid) != "hone-box\n"; });
    return boxes;
  };
  const std::set<pid_t> others = children();  // of a sandbox that other tests share
  Sandbox sandbox(1);
  std::set<pid_t> boxes = children();
  for (const pid_t pid : others) boxes.erase(pid);
  REQUIRE(boxes.size() == 2);  // one to run, one to compile
  for (const pid_t pid : boxes) kill(pid, SIGKILL);
  CHECK_THROWS_WITH_AS(sandbox.Run(Shell("echo no")), doctest::Contains("box failed"), Error);
  CHECK(sandbox.Run(Shell("echo yes")).out == "yes\n");
}

TEST_CASE("nothing is left when the sandbox is gone") {
  const Traces before = TracesNow();
  {
    Sandbox sandbox(2);
    CHECK_FALSE(sandbox.Describe().empty());
    for (const std::string& line : sandbox.Describe()) MESSAGE(line);
    RunRequest request = Shell("sleep 30 & sleep 30");
    request.limits.wall_s = 0.1;
    CHECK(sandbox.Run(request).end == End::kWallLimit);
    const Traces busy = TracesNow();
    for (int i = 0; i < 50; ++i) sandbox.Run(Shell("sleep 30 & exit 0"));
    CHECK(TracesNow().descriptors == busy.descriptors);
    CHECK(TracesNow().children == busy.children);
  }
  const Traces after = TracesNow();
  CHECK(after.children == before.children);
  CHECK(after.mounts == before.mounts);
  CHECK(after.descriptors == before.descriptors);
  CHECK(after.groups == before.groups);
}

TEST_CASE("host directories are seen, read-only, and follow the host") {
  const std::filesystem::path host =
      std::filesystem::temp_directory_path() / ("hone-shared-" + std::to_string(getpid()));
  std::filesystem::create_directory(host);
  {
    Sandbox sandbox(1, {{host.string(), "/opt/shared"}});
    std::ofstream(host / "later") << "text";
    CHECK(
        sandbox
            .Run(Shell("cat /opt/shared/later; echo x > /opt/shared/later || rm /opt/shared/later || exit 4"))
            .out == "text");
    CHECK(TextOf(host / "later") == "text");
  }
  std::filesystem::remove_all(host);
  CHECK_THROWS_AS(Sandbox(1, {{host.string(), "/opt/shared"}}), Error);
  CHECK_THROWS_AS(Sandbox(1, {{"/usr/bin", "opt"}}), Error);
}

TEST_CASE("a probe that finds something, or does not come to its end, is a breach") {
  RunResult result;
  result.out = "done\n";
  CHECK(FirstBreach(result).empty());
  result.out = "mount\ndone\n";
  CHECK(FirstBreach(result) == "mount");
  result.out = "";
  CHECK_FALSE(FirstBreach(result).empty());
  result.out = "done\n";
  result.exit_code = 1;
  CHECK_FALSE(FirstBreach(result).empty());
  result.end = End::kSignalled;
  CHECK_FALSE(FirstBreach(result).empty());
}

}  // namespace
}  // namespace hone
