#include "base/child.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.hpp"

namespace larder::base {
namespace {

class ChildTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/larder-child-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  void TearDown() override {
    if (child_.id != 0) {
      ::kill(child_.id, SIGKILL);
      ::waitpid(child_.id, nullptr, 0);
    }
    ::unlink((folder_ + "/log").c_str());
    ::rmdir(folder_.c_str());
  }
  void start(const std::string& script, std::vector<std::string> without = {}) {
    child_ = start_detached({.program = "/bin/sh",
                             .arguments = {"-c", script},
                             .folder = folder_,
                             .log = folder_ + "/log",
                             .without = std::move(without)})
                 .value();
  }
  int wait_for_end() {
    int status = 0;
    ::waitpid(child_.id, &status, 0);
    child_ = {};
    return status;
  }

  std::string folder_;
  ProcessMark child_;
};

TEST_F(ChildTest, WorksInItsFolderAndPrintsIntoItsLog) {
  ::setenv("LARDER_TEST_SECRET", "sesame", 1);
  start("pwd; echo \"[$LARDER_TEST_SECRET]\" >&2; ls /proc/self/fd | wc -l",
        {"LARDER_TEST_SECRET"});
  EXPECT_EQ(wait_for_end(), 0);
  // 0, 1, 2, and the folder that ls reads.
  EXPECT_EQ(*read_file(folder_ + "/log", 1000), folder_ + "\n[]\n4\n");
  ::unsetenv("LARDER_TEST_SECRET");
}

TEST_F(ChildTest, IsToldApartFromAllOthersAndSignalledOnlyAsItself) {
  start("exec sleep 600");
  const auto facts = process_facts(child_.id);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->mark, child_);
  EXPECT_EQ(facts->folder, folder_);

  auto stranger = child_;
  stranger.started_ticks -= 1;
  EXPECT_FALSE(signal_process(stranger, Signal::kill).value());
  EXPECT_TRUE(process_facts(child_.id));

  const auto mark = child_;
  EXPECT_TRUE(signal_process(mark, Signal::terminate).value());
  EXPECT_EQ(WTERMSIG(wait_for_end()), SIGTERM);
  EXPECT_FALSE(signal_process(mark, Signal::kill).value());
}

TEST_F(ChildTest, OneThatWasHaltedHearsThatItIsToEnd) {
  start("trap 'exit 3' TERM; echo ready; while :; do sleep 600 & wait; done");
  while (read_file(folder_ + "/log", 1000)->empty()) ::usleep(1000);
  ::kill(child_.id, SIGSTOP);
  EXPECT_TRUE(signal_process(child_, Signal::terminate).value());
  EXPECT_EQ(WEXITSTATUS(wait_for_end()), 3);
}

TEST_F(ChildTest, OneThatEndedIsGoneThoughItsParentHasNotLooked) {
  start("exit 0");
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(child_.id), &info, WEXITED | WNOWAIT);
  EXPECT_FALSE(process_facts(child_.id));
}

TEST_F(ChildTest, AProgramThatIsNotThereIsNamed) {
  const auto mark = start_detached({.program = "/no/such/program"});
  ASSERT_FALSE(mark);
  EXPECT_EQ(mark.error().code, Errc::io);
  EXPECT_NE(mark.error().detail.find("/no/such/program"), std::string::npos);
  EXPECT_NE(become("/no/such/program", {}, {}).detail.find("No such file"), std::string::npos);
}

TEST(FindProgramTest, LooksThroughPathForWhatCanBeRun) {
  EXPECT_TRUE(find_program("sh").ends_with("/sh"));
  EXPECT_EQ(find_program("larder-no-such-program"), "");
}

}  // namespace
}  // namespace larder::base
