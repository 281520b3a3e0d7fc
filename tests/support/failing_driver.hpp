// A store whose calls fail when told to: what an outage looks like to those above a Store.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "store/driver.hpp"

namespace larder::test {

class FailingDriver;
using FailingBase = store::RunsEach<FailingDriver, store::Operations, StoreDriver>;

/// While `error` is set every call is answered with it, and does nothing.
class FailingDriver final : public FailingBase {
 public:
  explicit FailingDriver(std::shared_ptr<StoreDriver> behind) : behind_(std::move(behind)) {}

  std::string_view url() const noexcept override { return behind_->url(); }
  std::string metrics_text() const override { return behind_->metrics_text(); }
  bool answers_at_once() const noexcept override { return true; }

  template <class Op>
  Result<typename Op::Answer> answer(const Op& op, const CallOptions& call) {
    ++calls;
    if (error && !executes) {
      ++failed;
      return *error;
    }
    if (on_way) on_way();
    auto answered = behind_->run(op, call);
    if (on_way) on_way();
    if (!error) return answered;
    ++failed;
    return *error;
  }

  std::optional<Error> error;
  bool executes = false;         ///< The call is run all the same, and its answer lost.
  std::function<void()> on_way;  ///< Called as the request arrives, and as the answer does.
  int calls = 0;
  int failed = 0;

 private:
  std::shared_ptr<StoreDriver> behind_;
};

}  // namespace larder::test
