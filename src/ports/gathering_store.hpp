// A store that spares commits: writes that need not be durable at once go with the next ones that must. Everybody who
// reads through it sees them meanwhile. A crash before then loses them, so only what can be made again may wait.
#pragma once

#include <functional>
#include <map>

#include "ports/store.hpp"

namespace drover {

class GatheringStore final : public Store {
 public:
  /// `inner` must outlive it.
  explicit GatheringStore(Store& inner) : inner_(inner), later_(*this) {}
  GatheringStore(const GatheringStore&) = delete;
  GatheringStore& operator=(const GatheringStore&) = delete;

  /// With these goes what waits; on an error that goes on waiting.
  Status commit(const std::vector<StoreWrite>& writes) override;
  Result<std::optional<std::string>> get(std::string_view key) override;
  Result<std::vector<std::pair<std::string, std::string>>> scan(std::string_view prefix) override;

  /// The same store, where commit() lets the writes wait.
  Store& later() { return later_; }
  bool has_waiting() const { return !waiting_.empty(); }
  /// Makes durable what waits.
  Status flush() { return waiting_.empty() ? Status() : commit({}); }

 private:
  class Later final : public Store {
   public:
    explicit Later(GatheringStore& all) : all_(all) {}
    Status commit(const std::vector<StoreWrite>& writes) override;
    Result<std::optional<std::string>> get(std::string_view key) override { return all_.get(key); }
    Result<std::vector<std::pair<std::string, std::string>>> scan(std::string_view prefix) override {
      return all_.scan(prefix);
    }

   private:
    GatheringStore& all_;
  };

  Store& inner_;
  Later later_;
  std::map<std::string, std::optional<std::string>, std::less<>> waiting_;  ///< by key; nullopt erases it
};

}  // namespace drover
