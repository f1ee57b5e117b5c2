// The real terminal, the real files and the real environment.
#pragma once

#include "drivers/system/files.hpp"
#include "ports/files.hpp"
#include "ports/terminal.hpp"

namespace drover::app {

class Console final : public Terminal {
 public:
  void out(std::string_view text) override;
  void err(std::string_view text) override;
  bool is_live() const override;
  int width() const override;
  std::optional<std::string> ask(std::string_view question) override;
  std::optional<std::string> ask_secret(std::string_view question) override;
};

class DiskFiles final : public Files {
 public:
  explicit DiskFiles(system::Pipes pipes = system::Pipes::refused) : pipes_(pipes) {}
  Result<std::string> read(const std::string& path) override;
  Status write(const std::string& path, std::string_view bytes) override;
  Status write_secret(const std::string& path, std::string_view bytes) override;
  bool exists(const std::string& path) override;

 private:
  system::Pipes pipes_;
};

}  // namespace drover::app
