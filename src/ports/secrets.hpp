// Secrets by name. Values never reach plans, journals, logs or errors; only drivers that authenticate read them.
#pragma once

#include <map>
#include <string>

#include "base/result.hpp"

namespace drover {

class Secrets {
 public:
  virtual ~Secrets() = default;
  /// not_found names the secret and says how to set it.
  virtual Result<std::string> get(const std::string& name) = 0;
  /// Durable when it returns.
  virtual Status put(const std::string& name, const std::string& value) = 0;
};

class MemorySecrets final : public Secrets {
 public:
  Result<std::string> get(const std::string& name) override {
    const auto it = values_.find(name);
    if (it == values_.end()) return fail(Code::not_found, "no secret named " + name, "drover secret set " + name);
    return it->second;
  }
  Status put(const std::string& name, const std::string& value) override {
    values_[name] = value;
    return {};
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace drover
